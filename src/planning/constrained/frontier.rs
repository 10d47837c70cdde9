//! What scalar weights can reach: the corners of the set of all `(C(π), J(π))` that face more reward and less cost.

use super::lexicographic::{Vertex, lexicographic};
use crate::Result;
use crate::mdp::Mdp;

/// Two values this close are the same, as a share of the larger.
const SAME: f64 = 1e-9;

/// The deterministic policies that maximise `J − λ C` for some `λ ≥ 0`, one a corner, from the dearest to the cheapest; `costs` is one number
/// a choice, `[C]`.
///
/// Between neighbours `(C, J)` and `(C', J')` lies the weight `(J − J') / (C − C')`, at which both are optimal; no weight makes any
/// other deterministic policy between them strictly better. Every mixture of neighbours is on the frontier of all policies.
///
/// # Errors
/// Costs that do not fit the table, or a discount outside (0, 1).
pub fn frontier(mdp: &Mdp, gamma: f64, costs: &[f64]) -> Result<Vec<Vertex>> {
    let (dear, cheap) = ends(mdp, gamma, costs)?;
    let mut corners = vec![dear];
    between(mdp, gamma, costs, &cheap, &mut corners)?;
    Ok(corners)
}

/// The most reward at the least cost, and the least cost with the most reward.
pub(super) fn ends(mdp: &Mdp, gamma: f64, costs: &[f64]) -> Result<(Vertex, Vertex)> {
    let saved: Vec<f64> = costs.iter().map(|c| 0.0 - c).collect();
    let dear = lexicographic(mdp, gamma, mdp.rewards(), &saved)?;
    let cheap = lexicographic(mdp, gamma, &saved, mdp.rewards())?;
    Ok((Vertex::of(mdp, gamma, costs, dear)?, Vertex::of(mdp, gamma, costs, cheap)?))
}

/// Where `J − λ C` is the same for both.
pub(super) fn crossing(dear: &Vertex, cheap: &Vertex) -> f64 {
    (dear.value - cheap.value) / (dear.cost - cheap.cost)
}

/// Whether two corners are one.
pub(super) fn same(a: &Vertex, b: &Vertex) -> bool {
    let near = |x: f64, y: f64| (x - y).abs() <= SAME * x.abs().max(y.abs()).max(1e-3);
    near(a.cost, b.cost) && near(a.value, b.value)
}

/// The cheapest policy that is optimal for the weight at which two corners tie, or `None` if it is no better than they are.
pub(super) fn beyond(
    mdp: &Mdp,
    gamma: f64,
    costs: &[f64],
    dear: &Vertex,
    cheap: &Vertex,
) -> Result<Option<(f64, Vertex)>> {
    let weight = crossing(dear, cheap);
    let weighted: Vec<f64> = mdp.rewards().iter().zip(costs).map(|(r, c)| r - weight * c).collect();
    let saved: Vec<f64> = costs.iter().map(|c| 0.0 - c).collect();
    let found = Vertex::of(mdp, gamma, costs, lexicographic(mdp, gamma, &weighted, &saved)?)?;
    let (here, there) = (found.value - weight * found.cost, dear.value - weight * dear.cost);
    let better = here > there + SAME * there.abs().max(dear.value.abs()).max(1e-3);
    Ok(better.then_some((weight, found)))
}

/// Appends the corners after the last one, down to `cheap`.
fn between(mdp: &Mdp, gamma: f64, costs: &[f64], cheap: &Vertex, corners: &mut Vec<Vertex>) -> Result<()> {
    let Some(dear) = corners.last().cloned().filter(|dear| !same(dear, cheap)) else { return Ok(()) };
    match beyond(mdp, gamma, costs, &dear, cheap)? {
        Some((_, middle)) => {
            between(mdp, gamma, costs, &middle, corners)?;
            between(mdp, gamma, costs, cheap, corners)
        }
        None => {
            corners.push(cheap.clone());
            Ok(())
        }
    }
}
