//! Constrained Markov decision processes: the most reward among policies whose expected costs stay within bounds.
//!
//! ```text
//! max_π  E_μ,π Σ_t γᵗ r_t     subject to     E_μ,π Σ_t γᵗ c_k,t ≤ b_k,   k = 1..K
//! ```
//! The discounted occupancies of all policies from `μ` are a polytope, on which objective and constraints are linear, so the
//! problem is a linear program, and a stationary policy that randomises in at most `K` states solves it (Altman 1999,
//! theorems 3.2 and 3.8). Variables are the states that can be reached from `μ`.
//!
//! **What is returned.** The policy is that of the occupancies found, and in states that it visits no more than rounding
//! would, one that is optimal for the multipliers. Value, costs and occupancies are those of this policy, from its linear
//! system. **What is proven**: by weak duality, for the multipliers `λ ≥ 0` found,
//! ```text
//! max over all policies that keep the constraints  ≤  Σ_k λ_k b_k + max_π E_μ,π Σ_t γᵗ (r_t − Σ_k λ_k c_k,t)
//! ```
//! and the maximum on the right is a discounted problem without constraints, solved with certified bounds.
//! Optimality is thus certain up to `upper − value`, but only for policies that keep the constraints exactly, and this one
//! does so up to [`ACCURACY`].
//!
//! Cost: an interior-point run (see [`linear_program`](super)), one discounted problem, and `K + 1` linear systems.

use super::{Program, unless_zero};
use crate::mdp::{DecisionRule, Mdp, Occupancy, Policy, evaluate_discounted, occupancy};
use crate::numeric::directed::{add_up, mul_up, rounding_factor};
use crate::numeric::magnitude;
use crate::planning::bounds::Certifier;
use crate::planning::graph::reachable;
use crate::planning::{Criterion, SolveOptions, solve};
use crate::{Error, Result};

/// By how much a constraint may be broken and the value fall short of the upper bound, as a share of the largest absolute
/// cost or reward, times `1 / (1 − γ)`.
pub const ACCURACY: f64 = 1e-6;

/// States of a smaller share of the occupancy than this are left to the multipliers: it is the noise of the solver.
const VISITED: f64 = 1e-9;

/// By how much the least cost must exceed a bound for the constraint to be called the one that cannot be kept, counted as
/// [`ACCURACY`] is.
const DETECTABLE: f64 = 1e-8;

/// A bound on an expected discounted cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    /// The expected cost of each choice, `[C]`.
    pub costs: Vec<f64>,
    /// The largest expected discounted sum of costs that is allowed.
    pub bound: f64,
}

impl Constraint {
    /// `E Σ_t γᵗ c_t ≤ bound`, with a cost for each choice, `[C]`.
    pub fn at_most(costs: Vec<f64>, bound: f64) -> Constraint {
        Constraint { costs, bound }
    }

    /// `E Σ_t γᵗ r_t ≥ bound`, with a reward for each choice, `[C]`: a constraint on the costs `−r`.
    pub fn at_least(mut rewards: Vec<f64>, bound: f64) -> Constraint {
        rewards.iter_mut().for_each(|r| *r = 0.0 - *r);
        Constraint { costs: rewards, bound: 0.0 - bound }
    }
}

/// The solution of a constrained problem.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstrainedSolution {
    /// The expected discounted reward of the policy from the initial distribution.
    pub value: f64,
    /// A proven bound: no policy that keeps the constraints earns more, and one with costs `C_k` at most `Σ_k λ_k (C_k − b_k)`
    /// more than this.
    pub upper: f64,
    /// The expected discounted cost of the policy for each constraint, `[K]`.
    pub costs: Vec<f64>,
    /// By how much `value` or a cost can be off at most.
    pub error_bound: f64,
    /// `λ_k ≥ 0`, `[K]`: by how much the optimal value rises as the bound does (its one-sided derivatives enclose `λ_k`
    /// where they differ). Zero where a constraint does not bind.
    pub multipliers: Vec<f64>,
    /// The discounted occupancy of the policy, in the normalisation of [`occupancy::discounted`].
    pub occupancy: Occupancy,
    /// A stationary stochastic policy.
    pub policy: Policy,
}

/// The most expected discounted reward from the initial distribution, among all policies that keep the constraints.
///
/// The numbers are for the initial distribution scaled to sum to one.
///
/// # Errors
/// - [`Error::Infeasible`]: no policy keeps all constraints.
/// - [`Error::Parameter`]: a discount outside (0, 1), or a bound that is not finite; [`Error::Shape`], [`Error::Reward`]: costs
///   that are not one finite number a choice.
/// - [`Error::NotApplicable`]: more than 200,000 choices, or numbers so far apart in size that [`ACCURACY`] is out of reach.
///
/// ```
/// use tabrl::mdp::MdpBuilder;
/// use tabrl::planning::linear_program::{Constraint, occupancy_lp};
///
/// // Work earns 1 and costs 1, rest neither; γ = 0.9, so the total of steps is 10. At most 4 of them may be work.
/// let mut builder = MdpBuilder::new(1);
/// builder.choice(0, 0, &[(1.0, 0, 1.0)]).choice(0, 1, &[(1.0, 0, 0.0)]);
/// let mdp = builder.build()?;
/// let solution = occupancy_lp(&mdp, 0.9, &[Constraint::at_most(vec![1.0, 0.0], 4.0)])?;
/// assert!((solution.value - 4.0).abs() < 1e-6 && (solution.multipliers[0] - 1.0).abs() < 1e-6);
/// assert!((solution.policy.rule(0).probability(0, 0) - 0.4).abs() < 1e-6);
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn occupancy_lp(mdp: &Mdp, gamma: f64, constraints: &[Constraint]) -> Result<ConstrainedSolution> {
    Criterion::Discounted { gamma }.validate()?;
    // Costs are checked as rewards are, by making them so.
    let costs: Vec<Mdp> =
        constraints.iter().map(|k| mdp.clone().with_rewards(k.costs.clone())).collect::<Result<_>>()?;
    if let Some(k) = constraints.iter().find(|k| !k.bound.is_finite()) {
        return Err(Error::Parameter { name: "bound", value: k.bound, expected: "a finite number" });
    }
    let mass: f64 = mdp.initial().iter().map(|&(_, p)| p).sum();
    let reachable = reachable(mdp);
    let states: Vec<u32> =
        (0..mdp.num_states()).filter(|&s| reachable[s] && !mdp.is_terminal(s)).map(|s| s as u32).collect();
    let mut start = vec![0.0; mdp.num_states()];
    mdp.initial().iter().for_each(|&(s, p)| start[s as usize] = p / mass);
    let weights: Vec<f64> = states.iter().map(|&s| start[s as usize]).collect();
    let program =
        Program { mdp, gamma, states: &states, weights: &weights, pinned: None, rewards: mdp.rewards(), constraints };
    let answer = program.solve(usize::MAX)?;
    let steps = 1.0 / (1.0 - gamma);
    if !answer.is_point() {
        return Err(first_broken(&program, steps, not_accurate(f64::INFINITY)));
    }

    let Proof { upper, best, .. } = weak_duality(mdp, gamma, constraints, &answer.multipliers, 1e-9)?;
    let policy = policy_of(mdp, &answer.occupancy, &best)?;
    let own = evaluate_discounted(mdp, &policy, gamma)?;
    let mut error_bound = own.error_bound;
    let mut expected = Vec::with_capacity(costs.len());
    for cost in &costs {
        let evaluation = evaluate_discounted(cost, &policy, gamma)?;
        error_bound = error_bound.max(evaluation.error_bound);
        expected.push(mdp.initial_value(&evaluation.values) / mass);
    }
    let value = mdp.initial_value(&own.values) / mass;
    let solution = ConstrainedSolution {
        value,
        upper,
        costs: expected,
        error_bound,
        multipliers: answer.multipliers,
        occupancy: occupancy::discounted(mdp, &policy, gamma)?,
        policy,
    };
    match distance(mdp, steps, constraints, &solution) {
        distance if distance <= ACCURACY => Ok(solution),
        distance => Err(first_broken(&program, steps, not_accurate(distance))),
    }
}

/// What weak duality proves for some multipliers.
pub(in crate::planning) struct Proof {
    /// No policy that keeps the constraints earns more.
    pub upper: f64,
    /// A policy that is optimal for `r − Σ_k λ_k c_k`.
    pub best: Policy,
    /// `max (|r| + Σ_k λ_k |c_k|)`, or 1 where that is 0.
    pub largest: f64,
}

/// `max_π E Σ γᵗ (r − Σ_k λ_k c_k) + Σ_k λ_k b_k`, rounded upwards, the rounding of the rewards included; `accuracy` is that of the maximum, as a share
/// of the largest number times `1 / (1 − γ)`.
pub(in crate::planning) fn weak_duality(
    mdp: &Mdp,
    gamma: f64,
    constraints: &[Constraint],
    multipliers: &[f64],
    accuracy: f64,
) -> Result<Proof> {
    let sum = |c: usize, term: &dyn Fn(f64) -> f64| {
        constraints.iter().zip(multipliers).map(|(k, l)| l * term(k.costs[c])).sum::<f64>()
    };
    let size = |c: usize| mdp.rewards()[c].abs() + sum(c, &f64::abs);
    let largest = (0..mdp.num_choices()).map(size).fold(0.0, f64::max);
    let lagrangian = |c: usize| mdp.rewards()[c] - sum(c, &|x| x);
    let relaxed = mdp.clone().with_rewards((0..mdp.num_choices()).map(lagrangian).collect())?;
    let epsilon = accuracy * unless_zero(largest) / (1.0 - gamma);
    let best = solve(&relaxed, Criterion::Discounted { gamma }, &SolveOptions { epsilon, ..SolveOptions::default() })?;
    let each = mul_up(2.0 * rounding_factor(2 * constraints.len() + 2), largest);
    let rounding = Certifier::new(mdp, gamma)?.error_of(each);
    let upper = constraints
        .iter()
        .zip(multipliers)
        .fold(add_up(best.initial(mdp).upper, rounding), |sum, (k, &l)| add_up(sum, mul_up(l, k.bound)));
    Ok(Proof { upper, best: best.policy, largest: unless_zero(largest) })
}

/// How far the solution is from keeping the constraints and from the upper bound, as [`ACCURACY`] counts.
fn distance(mdp: &Mdp, steps: f64, constraints: &[Constraint], solution: &ConstrainedSolution) -> f64 {
    let short = share(solution.upper - solution.value, mdp.rewards(), steps);
    let broken = constraints.iter().zip(&solution.costs).map(|(k, cost)| share(cost - k.bound, &k.costs, steps));
    if short.is_nan() { f64::INFINITY } else { broken.fold(short, f64::max) }
}

fn not_accurate(distance: f64) -> Error {
    Error::NotApplicable {
        method: "the occupancy program",
        reason: format!(
            "the interior point came within {distance:e} of a solution only, not {ACCURACY:e} (as a share of the largest \
             number, times 1 / (1 − γ)); relax a bound that hardly any policy keeps, or scale the numbers"
        ),
    }
}

/// The policy with these occupancies, and that of `otherwise` where there are none.
fn policy_of(mdp: &Mdp, occupancy: &[f64], otherwise: &Policy) -> Result<Policy> {
    let total: f64 = occupancy.iter().sum();
    let mut probability = vec![0.0; mdp.num_choices()];
    for s in 0..mdp.num_states() {
        let here: f64 = mdp.choices(s).map(|c| occupancy[c]).sum();
        for c in mdp.choices(s) {
            let visited = here > VISITED * total;
            probability[c] = if visited { occupancy[c] / here } else { otherwise.rule(0).probability(s, c) };
        }
    }
    Policy::stationary(mdp, DecisionRule::Stochastic(probability))
}

/// Which constraint is the first that cannot be kept together with those before it, if one is found; else `otherwise`.
fn first_broken(program: &Program, steps: f64, otherwise: Error) -> Error {
    for (k, constraint) in program.constraints.iter().enumerate() {
        let turned: Vec<f64> = constraint.costs.iter().map(|c| 0.0 - c).collect();
        let cheapest = Program { rewards: &turned, constraints: &program.constraints[..k], ..*program };
        let Ok(answer) = cheapest.solve(usize::MAX) else { break };
        if !answer.is_point() {
            break;
        }
        let least: f64 = answer.occupancy.iter().zip(&constraint.costs).map(|(d, c)| d * c).sum();
        if share(least - constraint.bound, &constraint.costs, steps) > DETECTABLE {
            return Error::Infeasible { constraint: k, bound: constraint.bound, least };
        }
    }
    otherwise
}

/// `excess` as a share of the largest number times the number of steps.
fn share(excess: f64, of: &[f64], steps: f64) -> f64 {
    excess / (unless_zero(magnitude(of)) * steps)
}
