//! One constraint, exactly: the kink of the dual function, and a policy that randomises in one state.
//!
//! Two deterministic policies, one dearer than the bound and one cheaper, tie at some weight. Whichever policy is better still at that
//! weight replaces one of them, until there is none: the weight is then `λ*`, since `D` has its kink there. This is bisection of `D`
//! with the crossing of two known lines in the place of the middle, so that it ends after finitely many steps.
//!
//! All policies that take choices optimal for `r − λ* c` are optimal for it. From the dearest of them to the cheapest one goes by changing
//! one state after the other; the cost passes the bound at one change, and mixing the occupancies of the policies before and after it gives
//! a policy that randomises in that state alone, and costs exactly what is allowed.

use super::frontier::{beyond, crossing, ends, same};
use super::lexicographic::{Vertex, lexicographic, mass};
use super::randomised_states;
use crate::mdp::{DecisionRule, Mdp, Occupancy, Policy, evaluate_discounted, occupancy};
use crate::numeric::directed::{add_up, mul_up};
use crate::planning::linear_program::Constraint;
use crate::planning::{Criterion, SolveOptions, solve};
use crate::{Error, Result};

/// Most improvements of the pair of policies.
const MOST_STEPS: usize = 10_000;

/// By how much, as a share of the largest cost, a bound below the least cost counts as that.
const SLACK: f64 = 1e-10;

/// The solution of a problem with one constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct DualSolution {
    /// The expected discounted reward of the policy.
    pub value: f64,
    /// A proven bound: no policy that keeps the constraint earns more.
    pub upper: f64,
    /// The expected discounted cost of the policy.
    pub cost: f64,
    /// `λ*`: the slope of the optimal value in the bound (its least, where it has several); 0 if the constraint does not bind.
    pub multiplier: f64,
    /// The two deterministic policies that are mixed, dearer first, and the weight of the dearer one in the occupancies; none if one policy does.
    pub mixed: Option<([Vertex; 2], f64)>,
    /// The policy.
    pub policy: Policy,
    /// Its discounted occupancy.
    pub occupancy: Occupancy,
    /// States in which it randomises.
    pub randomised_states: usize,
    /// Weights that were tried.
    pub steps: usize,
}

/// The most expected discounted reward among the policies that keep one constraint.
///
/// ```
/// use tabrl::mdp::MdpBuilder;
/// use tabrl::planning::constrained::dual;
/// use tabrl::planning::linear_program::Constraint;
///
/// // Work earns 1 and costs 1, rest neither; of the 10 discounted steps at most 4 may be work.
/// let mut builder = MdpBuilder::new(1);
/// builder.choice(0, 0, &[(1.0, 0, 1.0)]).choice(0, 1, &[(1.0, 0, 0.0)]);
/// let solution = dual(&builder.build()?, 0.9, &Constraint::at_most(vec![1.0, 0.0], 4.0))?;
/// assert!((solution.value - 4.0).abs() < 1e-12 && (solution.multiplier - 1.0).abs() < 1e-12);
/// assert!((solution.policy.rule(0).probability(0, 0) - 0.4).abs() < 1e-12);
/// # Ok::<(), tabrl::Error>(())
/// ```
///
/// # Errors
/// - [`Error::Infeasible`] with the least cost that any policy has.
/// - [`Error::Parameter`]: a discount outside (0, 1), or a bound that is not finite; [`Error::Shape`], [`Error::Reward`]: costs that are not
///   one finite number a choice.
pub fn dual(mdp: &Mdp, gamma: f64, constraint: &Constraint) -> Result<DualSolution> {
    let Constraint { costs, bound } = constraint;
    Criterion::Discounted { gamma }.validate()?;
    mdp.clone().with_rewards(costs.clone())?;
    if !bound.is_finite() {
        return Err(Error::Parameter { name: "bound", value: *bound, expected: "a finite number" });
    }
    let slack = SLACK * costs.iter().fold(0.0, |m: f64, c| m.max(c.abs())) / (1.0 - gamma);
    let (mut dear, mut cheap) = ends(mdp, gamma, costs)?;
    if cheap.cost > bound + slack {
        return Err(Error::Infeasible { constraint: 0, bound: *bound, least: cheap.cost });
    }
    if dear.cost <= bound + slack {
        return finish(mdp, gamma, constraint, 0.0, None, dear.choice, 0);
    }
    let mut steps = 0;
    while let Some((_, found)) = beyond(mdp, gamma, costs, &dear, &cheap)? {
        steps += 1;
        if same(&found, &dear) || same(&found, &cheap) || steps > MOST_STEPS {
            break;
        }
        if found.cost > *bound {
            dear = found;
        } else {
            cheap = found;
        }
    }
    // Where the cheap end is the bound itself, a smaller weight may do: the least slope is that of the pair.
    let multiplier = crossing(&dear, &cheap);
    let weighted: Vec<f64> = mdp.rewards().iter().zip(costs).map(|(r, c)| r - multiplier * c).collect();
    let saved: Vec<f64> = costs.iter().map(|c| 0.0 - c).collect();
    let from = lexicographic(mdp, gamma, &weighted, costs)?;
    let to = lexicographic(mdp, gamma, &weighted, &saved)?;
    let (before, after) = neighbours(mdp, gamma, constraint, from, &to)?;
    let choice = after.choice.clone();
    finish(mdp, gamma, constraint, multiplier, Some((before, after)), choice, steps)
}

/// The two policies, one change of a state apart, between which the cost passes the bound on the way from `from` to `to`.
fn neighbours(mdp: &Mdp, gamma: f64, constraint: &Constraint, from: Vec<u32>, to: &[u32]) -> Result<(Vertex, Vertex)> {
    let vertex = |choice: Vec<u32>| Vertex::of(mdp, gamma, &constraint.costs, choice);
    let mut before = vertex(from)?;
    for s in 0..to.len() {
        if before.choice[s] == to[s] {
            continue;
        }
        let mut choice = before.choice.clone();
        choice[s] = to[s];
        let after = vertex(choice)?;
        if after.cost <= constraint.bound {
            return Ok((before, after));
        }
        before = after;
    }
    // Only rounding keeps the last one from being cheap enough.
    Ok((before.clone(), before))
}

/// The mixture of the pair that costs what is allowed (or the one policy), with its proof.
fn finish(
    mdp: &Mdp,
    gamma: f64,
    constraint: &Constraint,
    multiplier: f64,
    pair: Option<(Vertex, Vertex)>,
    choice: Vec<u32>,
    steps: usize,
) -> Result<DualSolution> {
    let occupancy_of = |choice: &[u32]| -> Result<(Policy, Occupancy)> {
        let policy = Policy::stationary(mdp, DecisionRule::Deterministic(choice.to_vec()))?;
        let visits = occupancy::discounted(mdp, &policy, gamma)?;
        Ok((policy, visits))
    };
    let (mut policy, mut visits) = occupancy_of(&choice)?;
    let mut mixed = None;
    if let Some((before, after)) = pair.filter(|(before, after)| before.cost > after.cost) {
        let weight = ((constraint.bound - after.cost) / (before.cost - after.cost)).clamp(0.0, 1.0);
        let dear = occupancy_of(&before.choice)?.1;
        let blend = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| weight * a + (1.0 - weight) * b).collect();
        let joint: Vec<f64> = blend(&dear.choices, &visits.choices);
        policy = mixture(mdp, &joint, &choice)?;
        visits = occupancy::discounted(mdp, &policy, gamma)?;
        mixed = Some(([before, after], weight));
    }
    let total = |of: &[f64]| visits.choices.iter().zip(of).map(|(d, x)| d * x).sum::<f64>() / mass(mdp);
    Ok(DualSolution {
        value: evaluate(mdp, &policy, gamma)?,
        upper: proof(mdp, gamma, constraint, multiplier)?,
        cost: total(&constraint.costs),
        multiplier,
        mixed,
        randomised_states: randomised_states(mdp, &policy, &visits),
        policy,
        occupancy: visits,
        steps,
    })
}

fn evaluate(mdp: &Mdp, policy: &Policy, gamma: f64) -> Result<f64> {
    Ok(mdp.initial_value(&evaluate_discounted(mdp, policy, gamma)?.values) / mass(mdp))
}

/// `x / Σ_a x`, and the choice given in states that are not visited.
fn mixture(mdp: &Mdp, x: &[f64], otherwise: &[u32]) -> Result<Policy> {
    let mut probability = vec![0.0; x.len()];
    for s in 0..mdp.num_states() {
        let here: f64 = mdp.choices(s).map(|c| x[c]).sum();
        for c in mdp.choices(s) {
            let chosen = f64::from(u8::from(otherwise[s] as usize == c));
            probability[c] = if here > 0.0 { x[c] / here } else { chosen };
        }
    }
    Policy::stationary(mdp, DecisionRule::Stochastic(probability))
}

/// Weak duality: `max_π [J − λ C] + λ d`, with the certified upper bound of the maximum.
fn proof(mdp: &Mdp, gamma: f64, constraint: &Constraint, multiplier: f64) -> Result<f64> {
    let weighted = mdp.rewards().iter().zip(&constraint.costs).map(|(r, c)| r - multiplier * c).collect();
    let relaxed = mdp.clone().with_rewards(weighted)?;
    let (low, high) = relaxed.reward_range();
    let epsilon = 1e-11 * low.abs().max(high.abs()).max(f64::MIN_POSITIVE) / (1.0 - gamma);
    let options = SolveOptions { epsilon, ..SolveOptions::default() };
    let best = solve(&relaxed, Criterion::Discounted { gamma }, &options)?;
    Ok(add_up(best.initial(mdp).upper / mass(mdp), mul_up(multiplier, constraint.bound)))
}
