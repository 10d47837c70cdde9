//! How much each choice loses against the best one.
//!
//! ```text
//! q*(s, a) = r(s, a) + γ Σ_s' p(s'|s, a) v*(s')      A*(s, a) = q*(s, a) − v*(s) ≤ 0      gap(s, a) = −A*(s, a)
//! ```
//! From certified bounds `lower ≤ v* ≤ upper` follow bounds of `q*`, and with them of each gap; a choice whose gap is above 0
//! for certain is not optimal (MacQueen 1967, the test of action elimination). Rounding is included. Which choices tie
//! cannot be decided by numbers that are not exact, so it is not pretended: a choice is suboptimal for certain, or it may
//! be optimal.
//!
//! Cost: one pass over the branches.

use crate::mdp::Mdp;
use crate::numeric::directed::{add_down, add_up, rounding_factor};
use crate::planning::{Criterion, Objective, Solution};
use crate::{Error, Result};

/// Action values, advantages and bounds of the gaps of all choices.
#[derive(Debug, Clone, PartialEq)]
pub struct GapTable {
    /// `q*(s, a)` from the midpoints of the bounds, `[C]`.
    pub action_values: Vec<f64>,
    /// `A*(s, a) = q*(s, a) − v*(s)` from the midpoints, `[C]`: at most 0 up to the accuracy of the solution.
    pub advantages: Vec<f64>,
    /// Certified lower bound of `gap(s, a)`, at least 0, `[C]`.
    pub lower: Vec<f64>,
    /// Certified upper bound of `gap(s, a)`, `[C]`.
    pub upper: Vec<f64>,
}

impl GapTable {
    /// Whether choice `c` is not optimal for certain.
    pub fn is_suboptimal(&self, c: usize) -> bool {
        self.lower[c] > 0.0
    }

    /// The smallest gap of the choices of state `s` that are suboptimal for certain, as bounds; `None` if there is no such
    /// choice.
    pub fn smallest_gap(&self, mdp: &Mdp, s: usize) -> Option<(f64, f64)> {
        let gaps = mdp.choices(s).filter(|&c| self.is_suboptimal(c)).map(|c| (self.lower[c], self.upper[c]));
        gaps.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1)))
    }

    /// The smallest gap over all states, `Δ_min` of instance-dependent bounds, as bounds; `None` if no choice is suboptimal
    /// for certain. It is `Δ_min` itself if [`GapTable::undecided`] is 0.
    pub fn minimum(&self, mdp: &Mdp) -> Option<(f64, f64)> {
        let gaps = (0..mdp.num_states()).filter_map(|s| self.smallest_gap(mdp, s));
        gaps.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1)))
    }

    /// Number of states with two or more choices that may be optimal: they tie, or the bounds are too wide to tell.
    pub fn undecided(&self, mdp: &Mdp) -> usize {
        let open = |s: usize| mdp.choices(s).filter(|&c| !self.is_suboptimal(c)).count() > 1;
        (0..mdp.num_states()).filter(|&s| open(s)).count()
    }
}

/// The table of a discounted solution that maximises.
///
/// # Errors
/// A solution of another criterion or objective, or of a table with another number of states.
///
/// ```
/// use tabrl::mdp::MdpBuilder;
/// use tabrl::planning::analysis::gap_table;
/// use tabrl::planning::{Criterion, SolveOptions, solve};
///
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(1.0, 1, 1.0)]).choice(0, 1, &[(1.0, 1, 0.25)]).terminal(1);
/// let mdp = builder.build()?;
/// let gaps = gap_table(&mdp, &solve(&mdp, Criterion::Discounted { gamma: 0.9 }, &SolveOptions::default())?)?;
/// assert!(!gaps.is_suboptimal(0) && gaps.is_suboptimal(1));
/// assert!(gaps.lower[1] <= 0.75 && 0.75 <= gaps.upper[1]);
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn gap_table(mdp: &Mdp, solution: &Solution) -> Result<GapTable> {
    let (Criterion::Discounted { gamma }, Objective::Maximise) = (&solution.criterion, solution.objective) else {
        return Err(Error::NotApplicable {
            method: "a gap table",
            reason: format!("the solution is {}; a discounted one that maximises is needed", solution.criterion),
        });
    };
    let (gamma, states) = (*gamma, mdp.num_states());
    if solution.values.len() != states {
        let found = vec![solution.values.len()];
        return Err(Error::Shape { what: "the solution".into(), found, expected: vec![states] });
    }
    let choices = mdp.num_choices();
    let mut table = GapTable {
        action_values: vec![0.0; choices],
        advantages: vec![0.0; choices],
        lower: vec![0.0; choices],
        upper: vec![0.0; choices],
    };
    let largest = solution.lower.iter().chain(&solution.upper).fold(0.0, |m: f64, v| m.max(v.abs()));
    for s in 0..states {
        for c in mdp.choices(s) {
            let reward = mdp.rewards()[c];
            let q = |v: &[f64]| reward + gamma * mdp.expect(c, v);
            // n products, n sums, one product and one sum; every term is at most |r| + 1.01 · largest, rows sum to 1 + 1e-9.
            let terms = 2 * mdp.branch_range(c).len() + 2;
            let rounding = rounding_factor(terms) * (reward.abs() + 1.01 * largest);
            table.action_values[c] = q(&solution.values);
            table.advantages[c] = table.action_values[c] - solution.values[s];
            let q_upper = add_up(q(&solution.upper), rounding);
            let minus_q_lower = add_up(-q(&solution.lower), rounding);
            table.lower[c] = add_down(solution.lower[s], -q_upper).max(0.0);
            table.upper[c] = add_up(solution.upper[s], minus_q_lower).max(0.0);
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::super::testing::rules;
    use super::*;
    use crate::mdp::{DecisionRule, MdpBuilder, Policy, evaluate_discounted};
    use crate::planning::tests::random;
    use crate::planning::{SolveOptions, solve};

    fn solved(mdp: &Mdp, gamma: f64, epsilon: f64) -> Solution {
        solve(mdp, Criterion::Discounted { gamma }, &SolveOptions { epsilon, ..SolveOptions::default() }).unwrap()
    }

    /// `v*` by trying all deterministic policies.
    fn optimum(mdp: &Mdp, gamma: f64) -> Vec<f64> {
        let mut best = vec![f64::NEG_INFINITY; mdp.num_states()];
        for rule in rules(mdp) {
            let policy = Policy::stationary(mdp, DecisionRule::Deterministic(rule)).unwrap();
            let values = evaluate_discounted(mdp, &policy, gamma).unwrap().values;
            best.iter_mut().zip(values).for_each(|(b, v)| *b = b.max(v));
        }
        best
    }

    #[test]
    fn gaps_lie_within_their_bounds() {
        let mut suboptimal = 0;
        for seed in 0..40 {
            let mdp = random(5, 1, seed);
            for (gamma, epsilon) in [(0.9, 1e-9), (0.9, 1e-2), (0.5, 0.5)] {
                let best = optimum(&mdp, gamma);
                let table = gap_table(&mdp, &solved(&mdp, gamma, epsilon)).unwrap();
                for s in 0..mdp.num_states() {
                    for c in mdp.choices(s) {
                        let gap = best[s] - (mdp.rewards()[c] + gamma * mdp.expect(c, &best));
                        assert!(table.lower[c] <= gap + 1e-12 && gap <= table.upper[c] + 1e-12, "{gap}");
                        assert!((table.advantages[c] + gap).abs() <= 2.0 * epsilon);
                        suboptimal += usize::from(table.is_suboptimal(c));
                    }
                    // The best choice is never called suboptimal.
                    assert!(mdp.is_terminal(s) || mdp.choices(s).any(|c| !table.is_suboptimal(c)));
                }
            }
        }
        assert!(suboptimal > 200, "{suboptimal}");
    }

    #[test]
    fn ties_stay_undecided_and_the_smallest_gap_is_found() {
        let mut builder = MdpBuilder::new(3);
        builder.choice(0, 0, &[(1.0, 2, 1.0)]).choice(0, 1, &[(1.0, 2, 1.0)]).choice(0, 2, &[(1.0, 2, 0.5)]);
        builder.choice(1, 0, &[(1.0, 2, 1.0)]).choice(1, 1, &[(1.0, 2, 0.75)]).terminal(2);
        let mdp = builder.build().unwrap();
        let table = gap_table(&mdp, &solved(&mdp, 0.9, 1e-9)).unwrap();
        assert_eq!(table.undecided(&mdp), 1);
        let (low, high) = table.minimum(&mdp).unwrap();
        assert!(low <= 0.25 && 0.25 <= high && high - low < 1e-8);
        assert_eq!(table.smallest_gap(&mdp, 2), None);
    }

    #[test]
    fn other_solutions_are_refused() {
        let mdp = random(4, 1, 0);
        let finite = solve(&mdp, Criterion::FiniteHorizon { horizon: 3 }, &SolveOptions::default()).unwrap();
        assert!(gap_table(&mdp, &finite).unwrap_err().to_string().contains("3 steps"));
        assert!(matches!(gap_table(&random(5, 1, 0), &solved(&mdp, 0.9, 1e-6)), Err(Error::Shape { .. })));
    }
}
