//! Exact solution in rational numbers, for small tables: a test oracle, and a way to see what is true.
//!
//! [`solve`] finds the optimal value of every state as a fraction (or an infinity) and a policy, for every criterion and
//! both objectives; [`blackwell`](blackwell()) a policy that is optimal for every discount near one. It shares no code with the methods in 64-bit numbers: its own graph analysis, its own policy
//! iteration, and linear systems of integers solved by p-adic lifting and checked.
//!
//! **What the numbers mean** ([`Reading`]). A table holds 64-bit numbers, and 0.1 is not one of them.
//! - [`Reading::Intended`] takes each number for the simplest fraction that rounds to it, and makes rows sum to one: it answers what was meant, 66/13 and not a fraction of 2⁵³.
//! - [`Reading::Stored`] takes each number for what it is. Certified bounds of the other methods are about these numbers. Where rows sum
//!   to exactly one, nothing needs to be said. Where they do not,
//!   - discounted: the fixed point of `v = max_a r + γ P v`, which exists if `γ` times every row sum (terminal successors
//!     apart) is below one;
//!   - finite horizon: the recursion `v_t = max_a r + P v_{t+1}`;
//!   - reachability and total reward: where the graph of positive branches decides (probability zero or one, an infinity), it does; the other
//!     values solve the stored optimality equations, missing mass being lost without a reward;
//!   - average: rows are divided by their sums, since no gain exists otherwise.
//!
//! Cost: a step of policy iteration solves a linear system of `n` unknowns, with `O(n³)` word operations and then `O(n²)`
//! for each 31 bits that the answer's fractions have, of which a table of `n` states with random 53-bit probabilities makes about
//! `100 n`. So tables with a structure and short fractions may have hundreds of states, others tens.
//!
//! ```
//! use tabrl::mdp::MdpBuilder;
//! use tabrl::planning::exact::{self, Reading};
//! use tabrl::planning::{Criterion, Objective};
//!
//! // Stay for 1 a step with probability 0.9, else end: 1 / (1 − 0.9) steps.
//! let mut builder = MdpBuilder::new(2);
//! builder.choice(0, 0, &[(0.9, 0, 1.0), (0.1, 1, 1.0)]).terminal(1);
//! let mdp = builder.build()?;
//! let criterion = Criterion::TotalReward { goal: Some(vec![1]) };
//! let solution = exact::solve(&mdp, &criterion, Objective::Maximise, Reading::Intended)?;
//! assert_eq!(solution.values[0].to_string(), "10");
//! # Ok::<(), tabrl::Error>(())
//! ```

mod average;
mod blackwell;
mod discounted;
mod fractions;
mod graph;
mod improvement;
mod laurent;
mod lifting;
mod method;
mod reachability;
mod solution;
mod table;
#[cfg(test)]
mod tests;
mod total;

use num_rational::BigRational;
use num_traits::Zero;

pub(super) use method::run;

pub use blackwell::{Blackwell, blackwell};
pub use fractions::{exactly, nearest_above, nearest_below, simplest};
pub use method::solve_as_method;
pub use solution::{ExactSolution, Value};
pub use table::Reading;

use self::improvement::{Optimum, Problem};
use self::table::Table;
use super::{Criterion, Objective};
use crate::mdp::{DecisionRule, Mdp, NO_CHOICE, Policy};
use crate::planning::graph::membership;
use crate::{Error, Result};

/// The optimal values of all states as fractions, and a policy.
///
/// The policy attains the values wherever that is possible (an infinity under a goal that must be reached can be approached by
/// policies, but attained by none: a policy that earns for ever never reaches the goal).
///
/// # Errors
/// - [`Error::Parameter`]: a discount outside (0, 1), or a horizon of 0.
/// - [`Error::StateIndex`]: a goal outside the table.
/// - [`Error::NotApplicable`]: more than 2000 states to be solved at once; fractions too long for a finite horizon; an empty
///   goal; a total reward that does not exist; stored rows whose equations have no solution that means something.
pub fn solve(mdp: &Mdp, criterion: &Criterion, objective: Objective, reading: Reading) -> Result<ExactSolution> {
    criterion.validate()?;
    criterion.validate_goal(mdp)?;
    let minimise = objective == Objective::Minimise;
    let states = mdp.num_states();
    let goal_of = |goal: &[u32]| membership(states, goal);
    let mut stages = None;
    let mut answer = match criterion {
        Criterion::Discounted { gamma } => {
            discounted::infinite(&Table::new(mdp, reading, minimise).discounted(&reading.number(*gamma)))?
        }
        Criterion::FiniteHorizon { horizon } => {
            let (answer, rules) = discounted::finite(&Table::new(mdp, reading, minimise), *horizon)?;
            stages = Some(rules);
            answer
        }
        Criterion::TotalReward { goal: None } => total::forever(&Table::new(mdp, reading, minimise))?,
        Criterion::TotalReward { goal: Some(goal) } => {
            // Without a negative reward (that counts) missing the goal is worth +∞, without a positive one −∞, otherwise the
            // worst.
            let goal = goal_of(goal);
            let counts = (0..states).filter(|&s| !goal[s]).flat_map(|s| mdp.choices(s)).map(|c| mdp.rewards()[c]);
            let (gains, costs) = (counts.clone().any(|r| r > 0.0), counts.clone().any(|r| r < 0.0));
            let missed_is_best = if minimise { costs && !gains } else { !costs };
            total::until(&Table::new(mdp, reading, minimise), &goal, missed_is_best)?
        }
        Criterion::Reachability { goal } => {
            let mut table = Table::new(mdp, reading, false);
            table.rows.iter_mut().for_each(|row| row.reward = Zero::zero());
            reachability::solve(&table, &goal_of(goal), minimise)?
        }
        Criterion::AverageReward => average::solve(&Table::new(mdp, reading, minimise).normalised())?,
    };
    if minimise && !matches!(criterion, Criterion::Reachability { .. }) {
        answer.values.iter_mut().for_each(|value| *value = value.negated());
    }
    let policy = match stages {
        Some(rules) => Policy::time_indexed(mdp, rules)?,
        None => Policy::stationary(mdp, answer.rule(mdp))?,
    };
    let (criterion, values, iterations) = (criterion.clone(), answer.values, answer.iterations);
    Ok(ExactSolution { criterion, objective, reading, values, policy, iterations })
}

/// Values and choices being collected.
#[derive(Debug)]
struct Answer {
    values: Vec<Value>,
    policy: Vec<Option<usize>>,
    iterations: usize,
}

impl Answer {
    /// Zero everywhere, with these choices.
    fn new(table: &Table, policy: &[Option<usize>]) -> Answer {
        let values = vec![Value::Finite(BigRational::zero()); table.num_states()];
        Answer { values, policy: policy.to_vec(), iterations: 0 }
    }

    /// Takes over the solution of a part of the table.
    fn take(&mut self, problem: &Problem, optimum: &Optimum) {
        for (i, &s) in problem.states.iter().enumerate() {
            let value = BigRational::new(optimum.values.numerators[i].clone(), optimum.values.denominator.clone());
            self.values[s] = Value::Finite(value);
            self.policy[s] = problem.origin[optimum.policy[i]];
        }
        self.iterations += optimum.iterations;
    }

    /// The rule, with the first choice where any will do.
    fn rule(&self, mdp: &Mdp) -> DecisionRule {
        let choice = |s: usize| match self.policy[s] {
            _ if mdp.is_terminal(s) => NO_CHOICE,
            Some(c) => c as u32,
            None => mdp.choices(s).start as u32,
        };
        DecisionRule::Deterministic((0..mdp.num_states()).map(choice).collect())
    }
}

/// Says that a table is not for exact arithmetic.
fn refused(reason: impl Into<String>) -> Error {
    Error::NotApplicable { method: "exact arithmetic", reason: reason.into() }
}
