//! The derivative of what behaviour is worth, by the reward and the discount that it is soft-optimal for.

use super::resolvent::{Discount, Resolvent};
use super::soft::SoftOptimum;
use super::{centre, check_choices, check_discount};
use crate::Result;
use crate::mdp::Mdp;

/// `F` and its derivatives.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypergradient {
    /// `F = μᵀ V_u^π`.
    pub value: f64,
    /// `W = ∂F/∂r`, `[C]`.
    pub reward: Vec<f64>,
    /// `∂F/∂γ(s)`, `[S]`.
    pub discounts: Vec<f64>,
    /// `x(s, a) = d(s) π(a|s)`, `[C]`, which is also the direct part `∂F/∂u`.
    pub occupancy: Vec<f64>,
    /// `A_u`, `[C]`.
    pub advantages: Vec<f64>,
}

impl Hypergradient {
    /// `∂F/∂γ` of a discount that is the same in all states.
    pub fn discount(&self) -> f64 {
        self.discounts.iter().sum()
    }
}

/// `F` of the behaviour `inner` in the rewards `outer_reward`, `[C]`, with its derivatives: the formulas of the [module](super).
///
/// Cost: three solutions with factors that are there, or with one more factorisation if the discounts of the two problems differ.
///
/// # Errors
/// Rewards that do not fit the table, or a discount outside [0, 1).
///
/// ```
/// use tabrl::mdp::MdpBuilder;
/// use tabrl::reward::bilevel::{Discount, hypergradient, soft_optimum};
///
/// // One decision; the learner is paid 0 for both actions, and only the first one counts. π = (½, ½), so ∂F/∂r = ±¼ / τ.
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(1.0, 1, 0.0)]).choice(0, 1, &[(1.0, 1, 0.0)]).terminal(1);
/// let mdp = builder.build()?;
/// let inner = soft_optimum(&mdp, &[0.0, 0.0], 0.5, &Discount::Constant(0.9), None)?;
/// let found = hypergradient(&mdp, &inner, &[1.0, 0.0], 0.9)?;
/// assert_eq!((found.value, found.reward[0], found.reward[1]), (0.5, 0.5, -0.5));
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn hypergradient(
    mdp: &Mdp,
    inner: &SoftOptimum,
    outer_reward: &[f64],
    outer_discount: f64,
) -> Result<Hypergradient> {
    check_choices("the outer reward", mdp, outer_reward)?;
    check_choices("the inner policy", mdp, &inner.policy)?;
    check_discount("the outer discount", outer_discount)?;
    let (states, policy) = (mdp.num_states(), &inner.policy);
    let own;
    let resolvent = if inner.discount == Discount::Constant(outer_discount) {
        &inner.resolvent
    } else {
        own = Resolvent::new(mdp, policy, &Discount::Constant(outer_discount))?;
        &own
    };
    let mut values: Vec<f64> = (0..states).map(|s| mdp.choices(s).map(|c| policy[c] * outer_reward[c]).sum()).collect();
    resolvent.solve(&mut values);
    let mut visits = vec![0.0; states];
    mdp.initial().iter().for_each(|&(s, p)| visits[s as usize] += p);
    let value = mdp.initial_value(&values);
    resolvent.solve_transposed(&mut visits);

    let mut advantages = vec![0.0; mdp.num_choices()];
    let (mut occupancy, mut w) = (advantages.clone(), advantages.clone());
    let mut flow = vec![0.0; states];
    for s in 0..states {
        mdp.choices(s)
            .for_each(|c| advantages[c] = outer_reward[c] + outer_discount * mdp.expect(c, &values) - values[s]);
    }
    centre(mdp, policy, &mut advantages);
    for s in 0..states {
        for c in mdp.choices(s) {
            occupancy[c] = visits[s] * policy[c];
            w[c] = occupancy[c] * advantages[c] / inner.temperature;
            let passed = inner.discount.at(s) * w[c];
            mdp.branches(c).for_each(|(t, p)| flow[t] += passed * p);
        }
    }
    inner.resolvent.solve_transposed(&mut flow);
    let mut discounts = vec![0.0; states];
    for s in 0..states {
        for c in mdp.choices(s) {
            w[c] += flow[s] * policy[c];
            discounts[s] += w[c] * inner.next_values[c];
        }
    }
    Ok(Hypergradient { value, reward: w, discounts, occupancy, advantages })
}

/// Forward derivatives along a change of the reward.
#[derive(Debug, Clone, PartialEq)]
pub struct Derivative {
    /// `dV = (I − γ P_π)⁻¹ Σ_a π dr`, `[S]`.
    pub values: Vec<f64>,
    /// `dπ = π (dQ − Σ_b π dQ) / τ` with `dQ = dr + γ P dV`, `[C]`.
    pub policy: Vec<f64>,
}

/// How values and policy of `inner` change with the reward, along `change`, `[C]`.
///
/// # Errors
/// A change that does not fit the table.
pub fn policy_derivative(mdp: &Mdp, inner: &SoftOptimum, change: &[f64]) -> Result<Derivative> {
    check_choices("the change of the reward", mdp, change)?;
    let policy = &inner.policy;
    let mut values: Vec<f64> =
        (0..mdp.num_states()).map(|s| mdp.choices(s).map(|c| policy[c] * change[c]).sum()).collect();
    inner.resolvent.solve(&mut values);
    let mut moved = change.to_vec();
    for s in 0..mdp.num_states() {
        // Σ_b π dQ is dV(s): the derivative of the soft Bellman equation.
        mdp.choices(s).for_each(|c| moved[c] += inner.discount.at(s) * mdp.expect(c, &values) - values[s]);
    }
    centre(mdp, policy, &mut moved);
    moved.iter_mut().zip(policy).for_each(|(x, p)| *x *= p / inner.temperature);
    Ok(Derivative { values, policy: moved })
}
