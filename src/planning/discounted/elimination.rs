//! Value iteration with action elimination.
//!
//! After a sweep `t = T v` with the bounds `t + lower ≤ v* ≤ t + upper` of [`bounds`](crate::planning::bounds), a choice whose
//! computed value is
//! ```text
//! q(s, a) < t(s) − (upper − lower)
//! ```
//! is worth less than the optimum, for then `q*(s, a) ≤ q(s, a) + upper < t(s) + lower ≤ v*(s)` (MacQueen 1967; Porteus 1971;
//! Puterman 2005, proposition 6.7.3). It can be dropped for good: the optimum of the table that is left is the optimum, and so
//! are its bounds. Both sides count the rounding of the sweep, and the difference is rounded against dropping.
//!
//! The table is copied without the choices dropped whenever a quarter of its branches has gone, so all copies together cost less
//! than four sweeps. Cost: a sweep of the branches left a step, and 8 bytes a choice for its value.

use crate::Result;
use crate::mdp::{Mdp, NO_CHOICE};
use crate::numeric::directed::add_down;
use crate::planning::SolveOptions;
use crate::planning::bellman::Sweeper;
use crate::planning::bounds::Certifier;
use crate::planning::progress::{Outcome, Progress, Verdict};

/// The table is copied when no more than this share of its branches is left.
const COMPACTION: f64 = 0.75;

/// Sweeps, with fewer and fewer choices.
pub(super) fn run(mdp: &Mdp, gamma: f64, options: &SolveOptions) -> Result<Outcome> {
    let certifier = Certifier::new(mdp, gamma)?;
    let mut v = vec![0.0; mdp.num_states()];
    let (mut swept, mut policy) = (v.clone(), vec![NO_CHOICE; v.len()]);
    let mut values = vec![0.0; mdp.num_choices()];
    let mut progress = Progress::new(options, Some(certifier.modulus()));
    let mut magnitude = 0.0;
    // The table that is left, and which choice of `mdp` each of its choices is.
    let mut left: Option<(Mdp, Vec<u32>)> = None;
    loop {
        let table = left.as_ref().map_or(mdp, |(table, _)| table);
        let sweeper = Sweeper::new(table, gamma);
        let mut gap = f64::INFINITY;
        let mut kept = table.num_branches();
        while kept as f64 > COMPACTION * table.num_branches() as f64 || kept == 0 {
            let change = sweeper.improve_with_values(&v, &mut swept, &mut policy, &mut values);
            let bracket = certifier.bracket(&change, magnitude);
            progress.count(1, sweeper.bytes() + 8 * table.num_choices() as u64);
            if let Verdict::Stop(status) = progress.improved(&change, &bracket)? {
                if let Some((_, original)) = &left {
                    let named = policy.iter_mut().filter(|c| **c != NO_CHOICE);
                    named.for_each(|c| *c = original[*c as usize]);
                }
                return progress.finish(mdp, status, &bracket, &swept, policy);
            }
            gap = bracket.gap;
            magnitude = change.magnitude;
            std::mem::swap(&mut v, &mut swept);
            kept = survivors(table, &v, &values, gap).map(|c| table.branch_range(c).len()).sum();
        }
        let choices: Vec<u32> = survivors(table, &v, &values, gap).map(|c| c as u32).collect();
        let smaller = table.keeping(&choices);
        values.truncate(choices.len());
        let original = match &left {
            Some((_, original)) => choices.iter().map(|&c| original[c as usize]).collect(),
            None => choices,
        };
        left = Some((smaller, original));
    }
}

/// The choices not proven worse than others, by a sweep that ended in `swept` with the choices' `values`.
fn survivors(table: &Mdp, swept: &[f64], values: &[f64], gap: f64) -> impl Iterator<Item = usize> {
    (0..swept.len()).flat_map(move |s| {
        let least = add_down(swept[s], -gap);
        table.choices(s).filter(move |&c| values[c] >= least)
    })
}
