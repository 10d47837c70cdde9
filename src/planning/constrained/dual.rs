//! One constraint, exactly: the kink of the dual function, and a policy that randomises in one state.
//!
//! Two deterministic policies, one dearer than the bound and one cheaper, tie at some weight. Whichever policy is better still at that
//! weight replaces one of them, until there is none: the weight is then `λ*`, since `D` has its kink there. This is bisection of `D`
//! with the crossing of two known lines in the place of the middle, so that it ends after finitely many steps.
//!
//! All policies that take choices optimal for `r − λ* c` are optimal for it. From the dearest of them to the cheapest one goes by changing
//! one state after the other; the cost passes the bound at one change, and mixing the occupancies of the policies before and after it gives
//! a policy that randomises in that state alone, and costs exactly what is allowed.

use super::frontier::{Trade, crossing};
use super::lexicographic::{Vertex, mass};
use super::randomised_states;
use crate::mdp::{DecisionRule, Mdp, Occupancy, Policy, evaluate_discounted, occupancy};
use crate::planning::linear_program::{Constraint, weak_duality};
use crate::{Error, Result};

/// Most improvements of the pair of policies.
const MOST_STEPS: usize = 10_000;

/// By how much the cost may exceed the bound, as a share of `max |c| / (1 − γ)`; a bound that is lower than the least cost by no more counts as that.
const SLACK: f64 = 1e-9;

/// By how much the value may fall short of the proven bound, as a share of `max |r − λ c| / (1 − γ)`.
const ACCURACY: f64 = 1e-7;

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
    /// The states in which it randomises.
    pub randomised_states: Vec<usize>,
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
/// - [`Error::Infeasible`] with the least cost that any policy has, if that is above the bound by more than a share of 1e-9 of the largest cost
///   times `1 / (1 − γ)`.
/// - [`Error::Parameter`]: a discount outside (0, 1), or a bound that is not finite; [`Error::Shape`], [`Error::Reward`]: costs that are not
///   one finite number a choice.
/// - [`Error::NotApplicable`]: numbers so far apart in size that rounding keeps the policy from the optimum.
pub fn dual(mdp: &Mdp, gamma: f64, constraint: &Constraint) -> Result<DualSolution> {
    let bound = constraint.bound;
    let trade = Trade::new(mdp, gamma, &constraint.costs)?;
    if !bound.is_finite() {
        return Err(Error::Parameter { name: "bound", value: bound, expected: "a finite number" });
    }
    let slack = SLACK * trade.most_cost;
    let (mut dear, mut cheap) = trade.ends()?;
    if cheap.cost > bound + slack {
        return Err(Error::Infeasible { constraint: 0, bound, least: cheap.cost });
    }
    if dear.cost <= bound + slack {
        return finish(&trade, constraint, 0.0, None, dear.choice, 0);
    }
    let mut steps = 0;
    while let Some(found) = trade.beyond(&dear, &cheap)? {
        steps += 1;
        if steps > MOST_STEPS {
            break;
        }
        if found.cost > bound {
            dear = found;
        } else {
            cheap = found;
        }
    }
    // Where the cheap end is the bound itself, a smaller weight may do: the least slope is that of the pair.
    let multiplier = crossing(&dear, &cheap);
    let (from, to) = (trade.dearest_at(multiplier)?, trade.cheapest_at(multiplier)?);
    let (before, after) = neighbours(&trade, bound, from, &to)?;
    let choice = after.choice.clone();
    finish(&trade, constraint, multiplier, Some((before, after)), choice, steps)
}

/// The two policies, one change of a state apart, between which the cost passes the bound on the way from `from` to `to`.
fn neighbours(trade: &Trade, bound: f64, from: Vec<u32>, to: &[u32]) -> Result<(Vertex, Vertex)> {
    let mut before = trade.vertex(from)?;
    for s in 0..to.len() {
        if before.choice[s] == to[s] {
            continue;
        }
        let mut choice = before.choice.clone();
        choice[s] = to[s];
        let after = trade.vertex(choice)?;
        if after.cost <= bound {
            return Ok((before, after));
        }
        before = after;
    }
    // Only rounding keeps the last one from being cheap enough.
    Ok((before.clone(), before))
}

/// The mixture of the pair that costs what is allowed (or the one policy), with its proof.
fn finish(
    trade: &Trade,
    constraint: &Constraint,
    multiplier: f64,
    pair: Option<(Vertex, Vertex)>,
    choice: Vec<u32>,
    steps: usize,
) -> Result<DualSolution> {
    let (mdp, gamma) = (trade.mdp, trade.gamma);
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
    let (value, cost) = (evaluate(mdp, &policy, gamma)?, total(&constraint.costs));
    let proof = weak_duality(mdp, gamma, std::slice::from_ref(constraint), &[multiplier], 1e-11)?;
    let (broken, short) = (cost - constraint.bound, proof.upper - value);
    if !(broken <= 2.0 * SLACK * trade.most_cost && short <= ACCURACY * proof.largest / (1.0 - gamma)) {
        return Err(Error::NotApplicable {
            method: "the dual of a constraint",
            reason: format!(
                "rounding left a policy that costs {broken:e} more than allowed and falls {short:e} short of the proven optimum; bring \
                 rewards and costs nearer to each other in size, or lower the discount"
            ),
        });
    }
    Ok(DualSolution {
        value,
        upper: proof.upper,
        cost,
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
