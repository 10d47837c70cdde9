//! What a solver returns, and how it says that it is done.

use serde::{Deserialize, Serialize};

use super::{Criterion, Objective};
use crate::mdp::{Mdp, Policy};
use crate::numeric::directed::rounding_factor;
use crate::{Error, Result};

/// How to solve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Method {
    /// Picks by structure, and says why.
    Auto,
    /// Jacobi sweeps of the optimality operator.
    ValueIteration,
    /// Sweeps in place, in a good order (Puterman 2005, section 6.3.3).
    GaussSeidel,
    /// One strongly connected component after another (Dai et al. 2011).
    Topological,
    /// Greedy improvement followed by a few evaluation sweeps (Puterman and Shin 1978).
    ModifiedPolicyIteration,
    /// Howard's policy iteration.
    PolicyIteration,
    /// Policy iteration with evaluations only as accurate as the next improvement can use (Dembo et al. 1982).
    InexactPolicyIteration,
    /// The state whose value would change most comes first (Moore and Atkeson 1993).
    PrioritisedSweeping,
    /// Value iteration with safeguarded Anderson acceleration (Geist and Scherrer 2018).
    Anderson,
    /// Value iteration that drops choices its bounds prove to be worse than others (MacQueen 1967).
    ActionElimination,
    /// Sweeps from a proven lower and a proven upper bound towards each other (Haddad and Monmege 2018; Baier et al. 2017).
    IntervalIteration,
    /// Sweeps from below, and upper bounds that are guessed and then proven (Hartmanns and Kaminski 2020).
    OptimisticValueIteration,
    /// An interior point of the linear program, then policy iteration from there (Puterman 2005, section 6.9).
    LinearProgramming,
    /// Dynamic programming backwards from the horizon.
    BackwardInduction,
    /// Policy iteration in rational numbers.
    Exact,
}

/// How a solver ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// The optimal value lies between the bounds, and they are no further apart than was asked for.
    Certified,
    /// The bounds are valid, but the iteration limit came before the accuracy asked for.
    IterationLimit,
    /// The bounds are valid, but the accuracy asked for is finer than 64-bit numbers can certify on this problem.
    RoundingLimit,
}

/// What to aim for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SolveOptions {
    /// Largest `upper - lower` over the states that is accepted.
    pub epsilon: f64,
    /// Whether more is better.
    pub objective: Objective,
    /// The method.
    pub method: Method,
    /// Most improvement steps (sweeps of the optimality operator).
    pub max_iterations: usize,
}

impl Default for SolveOptions {
    fn default() -> Self {
        SolveOptions { epsilon: 1e-6, objective: Objective::Maximise, method: Method::Auto, max_iterations: 1_000_000 }
    }
}

impl SolveOptions {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an accuracy that is not a positive number, or an iteration limit of 0.
    pub fn validate(&self) -> Result<()> {
        if !(self.epsilon > 0.0 && self.epsilon.is_finite()) {
            return Err(Error::Parameter { name: "epsilon", value: self.epsilon, expected: "a positive number" });
        }
        if self.max_iterations == 0 {
            return Err(Error::Parameter { name: "max_iterations", value: 0.0, expected: "at least 1" });
        }
        Ok(())
    }
}

/// Values, a policy, and the proof of how good they are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Solution {
    /// What was optimised.
    pub criterion: Criterion,
    /// Whether more is better.
    pub objective: Objective,
    /// What was used (never [`Method::Auto`]).
    pub method: Method,
    /// Why this method, in words.
    pub reason: String,
    /// Value of each state (midpoint of the bounds), `[S]`; at the first stage for a finite horizon. May be infinite for the
    /// total reward.
    pub values: Vec<f64>,
    /// Certified lower bound of the optimal value, `[S]`; the policy attains it if we maximise.
    pub lower: Vec<f64>,
    /// Certified upper bound of the optimal value, `[S]`; the policy attains it if we minimise.
    pub upper: Vec<f64>,
    /// For the long-run average: the bias `h` of the policy, `[S]` (not certified, from its linear system).
    pub bias: Option<Vec<f64>>,
    /// A policy worth at least `lower` in every state (at most `upper` if we minimise); not where the total reward until a
    /// goal has rewards of both signs and an infinite optimum, which no policy attains.
    pub policy: Policy,
    /// How the solver ended.
    pub status: Status,
    /// Improvement steps.
    pub iterations: usize,
    /// Sweeps over the table, evaluations included (each reads every branch, or every branch of the policy).
    pub sweeps: usize,
    /// Bytes moved by the sweeps: every array that a sweep reads or writes, counted once, and 8 bytes for every gather.
    pub bytes: u64,
    /// The certified gap over time, one point an improvement step (thinned where there are very many).
    pub trace: Vec<TracePoint>,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// How far a solver had come at some time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TracePoint {
    /// Wall time since the solver began.
    pub seconds: f64,
    /// Sweeps so far.
    pub sweeps: usize,
    /// Bytes moved so far.
    pub bytes: u64,
    /// Largest certified `upper − lower` over the states.
    pub gap: f64,
}

/// The optimal value from the start: its initial distribution scaled to sum to one exactly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct InitialValue {
    /// The middle of the bounds, or the infinity.
    pub value: f64,
    /// Certified lower bound.
    pub lower: f64,
    /// Certified upper bound.
    pub upper: f64,
}

impl InitialValue {
    /// `Σ_s μ(s) v(s) / Σ_s μ(s)` of bounds `[S]` of the values, the rounding of the sums included. Never outside the
    /// smallest lower and the largest upper bound of the states one may start in.
    pub fn of(mdp: &Mdp, lower: &[f64], upper: &[f64]) -> InitialValue {
        let start = mdp.initial();
        let mean = |bounds: &[f64]| {
            let (mut sum, mut size, mut mass) = (0.0, 0.0, 0.0);
            for &(s, p) in start {
                sum += p * bounds[s as usize];
                size += p * bounds[s as usize].abs();
                mass += p;
            }
            // Each product and sum rounds once, and the quotient; infinite values stay what they are.
            let error = 2.0 * rounding_factor(start.len() + 3) * (size / mass);
            (sum / mass, if error.is_finite() { error } else { 0.0 })
        };
        let extreme = |bounds: &[f64], pick: fn(f64, f64) -> f64| {
            start.iter().map(|&(s, _)| bounds[s as usize]).reduce(pick).unwrap_or(0.0)
        };
        // Both infinities at once have no mean: nothing is known then.
        let known = |x: f64, otherwise: f64| if x.is_nan() { otherwise } else { x };
        let ((low, low_error), (high, high_error)) = (mean(lower), mean(upper));
        let lower = known(low - low_error, f64::NEG_INFINITY).max(extreme(lower, f64::min));
        let upper = known(high + high_error, f64::INFINITY).min(extreme(upper, f64::max));
        let value = if lower == upper { lower } else { lower + 0.5 * (upper - lower) };
        InitialValue { value, lower, upper }
    }
}

impl Solution {
    /// The value from the start, see [`InitialValue::of`].
    pub fn initial(&self, mdp: &Mdp) -> InitialValue {
        InitialValue::of(mdp, &self.lower, &self.upper)
    }

    /// The largest `upper - lower` over the states whose value is not a known infinity.
    pub fn max_gap(&self) -> f64 {
        self.lower.iter().zip(&self.upper).filter(|(lo, hi)| lo != hi).map(|(lo, hi)| hi - lo).fold(0.0, f64::max)
    }
}
