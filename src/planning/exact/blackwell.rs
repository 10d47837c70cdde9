//! Blackwell-optimal policies, exactly.
//!
//! A stationary policy is *Blackwell optimal* if there is a `γ₀ < 1` such that it is optimal for every discount in `[γ₀, 1)`
//! (Blackwell 1962, who shows that one exists). It has the largest gain, among the policies of that gain the largest bias,
//! and so on: for every `n` it is `n`-discount optimal (Veinott 1969; Puterman 2005, sections 10.1 to 10.3).
//!
//! **Algorithm.** Policy iteration by the coefficients of the Laurent series of the discounted value, one level after
//! another, see `laurent.rs`: a state switches to the action whose first coefficient `ψ_n ≠ 0` is positive, at the first level
//! where some state has one.
//!
//! **How many levels.** With `P` and `r` those of the policy, `m` its recurrent classes, terminal states included, and `c` the
//! difference of an action's row of probabilities and the policy's, the equations of the coefficients give
//! ```text
//! y_{n+1} = −H y_n,   y_n ∈ range(I − P)   for n ≥ 0       ψ_n = c · y_n   for n ≥ 1
//! ```
//! with the deviation matrix `H`, which maps `range(I − P)` onto itself. That space has `S − m` dimensions, so by Cayley and
//! Hamilton `ψ_1 = … = ψ_{S−m} = 0` implies that all further `ψ_n` are zero, and the action ties with the policy's own at every
//! discount (with `ψ_{−1} = ψ_0 = 0`). So level `S − m` decides, at most `S − 1`: `(S − 1)`-discount optimality is Blackwell
//! optimality. Some tables need that many. Actions that tie for ever are recognised once the bias is known, by
//! `c · Pᵏ y_0 = 0` for `k < S − m`, since these vectors span the same space; so only actions that differ are followed, to the
//! level where they do.
//!
//! **Guarantee.** At the end every action has a series that is zero or starts with a negative coefficient, so for some
//! `γ₀ < 1` no action improves the policy at any discount in `[γ₀, 1)`, and it is optimal there. Fractions make ties exact. The
//! number `γ₀` is not computed: it depends on the roots of polynomials of degree up to `S`.
//!
//! **Cost.** As for the long-run average, and `S` products with `P` where the bias leaves ties. Fractions of level `n` are about
//! `n` times as long as those of the gain, but few tables have actions that differ at a high level only.

use num_rational::BigRational;
use num_traits::Zero;

use super::table::Table;
use super::{Answer, Reading, average, laurent, refused};
use crate::Result;
use crate::mdp::{Mdp, Policy};
use crate::planning::Objective;

/// Most states.
const MOST_STATES: usize = 200;

/// A policy that is optimal for every discount close enough to one.
///
/// Every deterministic policy that is optimal for all those discounts has this gain and this bias.
#[derive(Debug, Clone, PartialEq)]
pub struct Blackwell {
    /// Whether more is better.
    pub objective: Objective,
    /// What the table's numbers were taken for.
    pub reading: Reading,
    /// The policy: stationary and deterministic.
    pub policy: Policy,
    /// The optimal reward a step in the long run from each state, `[S]`.
    pub gain: Vec<BigRational>,
    /// The policy's bias `y_0` in each state, `[S]`: the limit of `v_γ − gain / (1 − γ)`.
    pub bias: Vec<BigRational>,
    /// The largest `n` whose coefficient `y_n` was needed to see that no action improves the policy: 0 where the bias
    /// leaves no ties but those that hold at every discount.
    pub level: usize,
    /// Policies that were evaluated.
    pub iterations: usize,
}

/// A Blackwell-optimal policy, with its gain and its bias.
///
/// Multichain tables and terminal states (worth 0) are fine. Rows that do not sum to exactly one as they are read are divided
/// by their sums, as for the long-run average. (A discounted problem of such a table as stored is another one.)
///
/// # Errors
/// [`Error::NotApplicable`](crate::Error::NotApplicable): more than 200 states.
///
/// ```
/// use tabrl::mdp::{DecisionRule, MdpBuilder, NO_CHOICE};
/// use tabrl::planning::Objective;
/// use tabrl::planning::exact::{Reading, blackwell};
///
/// // 1 now and 2 a step later, or 3 now: both have gain 0 and bias 3, but with any discount 3 now is better.
/// let mut builder = MdpBuilder::new(3);
/// builder.choice(0, 0, &[(1.0, 1, 1.0)]).choice(0, 1, &[(1.0, 2, 3.0)]).choice(1, 0, &[(1.0, 2, 2.0)]).terminal(2);
/// let mdp = builder.build()?;
/// let best = blackwell(&mdp, Objective::Maximise, Reading::Intended)?;
/// assert_eq!((best.bias[0].to_string().as_str(), best.level), ("3", 1));
/// assert_eq!(best.policy.rule(0), &DecisionRule::Deterministic(vec![1, 2, NO_CHOICE]));
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn blackwell(mdp: &Mdp, objective: Objective, reading: Reading) -> Result<Blackwell> {
    let states = mdp.num_states();
    if states > MOST_STATES {
        return Err(refused(format!(
            "the table has {states} states; Blackwell-optimal policies are for at most {MOST_STATES}"
        )));
    }
    let minimise = objective == Objective::Minimise;
    let table = Table::new(mdp, reading, minimise).normalised();
    let problem = average::whole(&table);
    let found = laurent::maximise(&problem, problem.policy(|_| None), states)?;
    let mut answer = Answer::new(&table, &vec![None; states]);
    let (mut gain, mut bias) = (vec![BigRational::zero(); states], vec![BigRational::zero(); states]);
    let signed = |x: &BigRational| if minimise { -x } else { x.clone() };
    for (i, &s) in problem.states.iter().enumerate() {
        (gain[s], bias[s]) = (signed(&found.terms[0][i]), signed(&found.terms[1][i]));
        answer.policy[s] = problem.origin[found.policy[i]];
    }
    let policy = Policy::stationary(mdp, answer.rule(mdp))?;
    let (level, iterations) = (found.terms.len() - 2, found.iterations);
    Ok(Blackwell { objective, reading, policy, gain, bias, level, iterations })
}
