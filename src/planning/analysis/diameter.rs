//! How many steps it takes, at best, to get from one state to another.
//!
//! ```text
//! h*(s → g) = min_π E_π[first t ≥ 0 with s_t = g | s_0 = s]             D = max_{s ≠ g} h*(s → g)
//! ```
//! (Jaksch, Ortner and Auer 2010, definition 1.) For a goal `g` this is the smallest total cost until the goal with cost 1 a
//! step, which [`solve`] bounds; where no policy reaches the goal with probability one, `h*` is infinite.

use crate::Result;
use crate::mdp::Mdp;
use crate::planning::{Criterion, Objective, Solution, SolveOptions, solve};

/// The diameter, and between which states it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diameter {
    /// Approximation of `D` in steps; infinite if some state cannot be reached from some other one with probability one.
    pub steps: f64,
    /// Certified lower bound.
    pub lower: f64,
    /// Certified upper bound.
    pub upper: f64,
    /// Where the longest way starts.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
}

/// Fewest expected numbers of steps to `goal`, one state or several: bounds for each state and a policy that attains the
/// upper ones. The objective of `options` does not count, steps are minimised.
///
/// # Errors
/// A goal that is empty or outside the table, and those of [`solve`].
///
/// ```
/// use tabrl::mdp::MdpBuilder;
/// use tabrl::planning::SolveOptions;
/// use tabrl::planning::analysis::hitting_times;
///
/// // Two tries on average, or a detour of three steps.
/// let mut builder = MdpBuilder::new(4);
/// builder.choice(0, 0, &[(0.5, 0, 0.0), (0.5, 3, 0.0)]).choice(0, 1, &[(1.0, 1, 0.0)]);
/// builder.choice(1, 0, &[(1.0, 2, 0.0)]).choice(2, 0, &[(1.0, 3, 0.0)]).terminal(3);
/// let times = hitting_times(&builder.build()?, &[3], &SolveOptions::default())?;
/// assert!(times.lower[0] <= 2.0 && 2.0 <= times.upper[0] && times.max_gap() <= 1e-6);
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn hitting_times(mdp: &Mdp, goal: &[u32], options: &SolveOptions) -> Result<Solution> {
    to_goal(&steps(mdp)?, goal, options)
}

/// The diameter. A table with one state has diameter 0.
///
/// Cost: [`hitting_times`] for every state as the goal, until one cannot be reached.
///
/// # Errors
/// Those of [`solve`]; an infinite diameter is an answer.
pub fn diameter(mdp: &Mdp, options: &SolveOptions) -> Result<Diameter> {
    let steps = steps(mdp)?;
    let mut longest = Diameter { steps: 0.0, lower: 0.0, upper: 0.0, from: 0, to: 0 };
    for to in 0..mdp.num_states() {
        let times = to_goal(&steps, &[to as u32], options)?;
        for from in 0..mdp.num_states() {
            if times.values[from] > longest.steps {
                (longest.steps, longest.from, longest.to) = (times.values[from], from, to);
            }
            // The bounds of a maximum are the maxima of the bounds, whichever pair attains them.
            longest.lower = longest.lower.max(times.lower[from]);
            longest.upper = longest.upper.max(times.upper[from]);
        }
        if longest.lower == f64::INFINITY {
            break;
        }
    }
    Ok(longest)
}

/// The table with cost 1 a step.
fn steps(mdp: &Mdp) -> Result<Mdp> {
    mdp.clone().with_rewards(vec![1.0; mdp.num_choices()])
}

fn to_goal(steps: &Mdp, goal: &[u32], options: &SolveOptions) -> Result<Solution> {
    let mut goal = goal.to_vec();
    goal.sort_unstable();
    goal.dedup();
    let options = SolveOptions { objective: Objective::Minimise, ..*options };
    solve(steps, Criterion::TotalReward { goal: Some(goal) }, &options)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{communicating, rules};
    use super::*;
    use crate::Error;
    use crate::mdp::MdpBuilder;
    use crate::planning::tests::random;
    use nalgebra::{DMatrix, DVector};

    fn precise() -> SolveOptions {
        SolveOptions { epsilon: 1e-9, ..SolveOptions::default() }
    }

    /// Expected steps to `goal` under a rule by a dense system over the states that reach it for certain; infinite elsewhere.
    fn by_rule(mdp: &Mdp, rule: &[u32], goal: usize) -> Vec<f64> {
        let n = mdp.num_states();
        let edges = |s: usize| -> Vec<(usize, f64)> {
            if s == goal || mdp.is_terminal(s) { vec![] } else { mdp.branches(rule[s] as usize).collect() }
        };
        let reaches = |from: usize, avoid: usize, wanted: &dyn Fn(usize) -> bool| {
            let (mut seen, mut open) = (vec![false; n], vec![from]);
            while let Some(s) = open.pop() {
                if wanted(s) {
                    return true;
                }
                if !std::mem::replace(&mut seen[s], true) && s != avoid {
                    open.extend(edges(s).into_iter().filter(|(_, p)| *p > 0.0).map(|(t, _)| t));
                }
            }
            false
        };
        let can: Vec<bool> = (0..n).map(|s| reaches(s, n, &|t| t == goal)).collect();
        let sure: Vec<bool> = (0..n).map(|s| !reaches(s, goal, &|t| !can[t])).collect();
        let mut a = DMatrix::identity(n, n);
        let mut b = DVector::zeros(n);
        for s in (0..n).filter(|&s| sure[s] && s != goal) {
            b[s] = 1.0;
            edges(s).into_iter().for_each(|(t, p)| a[(s, t)] -= p);
        }
        let x = a.lu().solve(&b).unwrap();
        (0..n).map(|s| if sure[s] { x[s] } else { f64::INFINITY }).collect()
    }

    fn brute_force(mdp: &Mdp, goal: usize) -> Vec<f64> {
        let mut best = vec![f64::INFINITY; mdp.num_states()];
        for rule in rules(mdp) {
            best.iter_mut().zip(by_rule(mdp, &rule, goal)).for_each(|(b, h)| *b = b.min(h));
        }
        best
    }

    fn check(mdp: &Mdp) -> (f64, usize) {
        let (mut most, mut infinite) = (0.0, 0);
        for goal in 0..mdp.num_states() {
            let best = brute_force(mdp, goal);
            let times = hitting_times(mdp, &[goal as u32], &precise()).unwrap();
            for s in 0..mdp.num_states() {
                let (low, high) = (times.lower[s], times.upper[s]);
                if best[s].is_infinite() {
                    assert!(low.is_infinite() && high.is_infinite());
                    infinite += 1;
                } else {
                    assert!(low <= best[s] * (1.0 + 1e-12) && best[s] <= high * (1.0 + 1e-12));
                    assert!(high - low <= 1e-9, "{low} {high}");
                    assert!(low <= times.values[s] && times.values[s] <= high);
                }
            }
            most = best.into_iter().fold(most, f64::max);
        }
        (most, infinite)
    }

    #[test]
    fn the_diameter_is_the_worst_pair_under_the_best_policy() {
        for seed in 0..12 {
            let mdp = communicating(5, 2, seed);
            let (most, infinite) = check(&mdp);
            let diameter = diameter(&mdp, &precise()).unwrap();
            assert_eq!(infinite, 0);
            assert!((diameter.steps - most).abs() <= 1e-9);
            assert!(diameter.lower <= diameter.steps && diameter.steps <= diameter.upper);
            let times = hitting_times(&mdp, &[diameter.to as u32], &precise()).unwrap();
            assert_eq!(times.values[diameter.from], diameter.steps);
        }
    }

    #[test]
    fn goals_that_are_missed_are_infinitely_far() {
        let mut infinite = 0;
        for seed in 0..25 {
            let mdp = random(5, 1, seed);
            infinite += check(&mdp).1;
            let all = diameter(&mdp, &precise()).unwrap();
            // A terminal state is never left.
            assert!(all.lower.is_infinite() && all.steps.is_infinite());
        }
        assert!(infinite > 100);
    }

    #[test]
    fn a_chain_with_closed_form() {
        // Forward with probability p, else stay: (n − 1) / p steps to the end; one step back to the start from anywhere.
        let (n, p) = (500, 0.25);
        let mut builder = MdpBuilder::new(n);
        for s in 0..n {
            builder.choice(s, 0, &[(p, (s + 1).min(n - 1), 0.0), (1.0 - p, s, 0.0)]).choice(s, 1, &[(1.0, 0, 0.0)]);
        }
        let mdp = builder.build().unwrap();
        let times = hitting_times(&mdp, &[n as u32 - 1], &SolveOptions::default()).unwrap();
        let exact = (n - 1) as f64 / p;
        assert!(times.lower[0] <= exact && exact <= times.upper[0]);
        assert!(times.max_gap() <= 1e-6);
        let back = hitting_times(&mdp, &[0], &SolveOptions::default()).unwrap();
        assert!((back.values[n - 1] - 1.0).abs() <= 1e-6);
    }

    #[test]
    fn goals_are_checked() {
        let mdp = communicating(3, 1, 0);
        assert!(matches!(hitting_times(&mdp, &[3], &precise()), Err(Error::StateIndex { .. })));
        assert!(hitting_times(&mdp, &[], &precise()).is_err());
        let both = hitting_times(&mdp, &[1, 0, 1], &precise()).unwrap();
        assert_eq!((both.values[0], both.values[1]), (0.0, 0.0));
        let one = MdpBuilder::new(1).terminal(0).build().unwrap();
        assert_eq!(diameter(&one, &precise()).unwrap().upper, 0.0);
    }
}
