//! What scalar weights can reach: the corners of the set of all `(C(π), J(π))` that face more reward and less cost.

use super::lexicographic::{Vertex, lexicographic};
use crate::Result;
use crate::mdp::Mdp;
use crate::numeric::magnitude;
use crate::planning::Criterion;

/// Two values this close are the same, as a share of the most that any policy can have.
const SAME: f64 = 1e-10;

/// A problem with one kind of cost, and how large its numbers can be.
pub(super) struct Trade<'a> {
    pub mdp: &'a Mdp,
    pub gamma: f64,
    pub costs: &'a [f64],
    /// `−c`.
    saved: Vec<f64>,
    /// `max |r| / (1 − γ)`: no policy earns more.
    most_value: f64,
    /// `max |c| / (1 − γ)`: no policy costs more.
    pub most_cost: f64,
}

/// The deterministic policies that maximise `J − λ C` for some `λ ≥ 0`, one a corner, from the dearest to the cheapest; `costs` is one number
/// a choice, `[C]`.
///
/// Between neighbours `(C, J)` and `(C', J')` lies the weight `(J − J') / (C − C')`, at which both are optimal; no weight makes any
/// other deterministic policy between them strictly better. Every mixture of neighbours is on the frontier of all policies. Corners that differ by
/// less than a share of 1e-10 of the most that a policy can earn or cost are one.
///
/// # Errors
/// Costs that are not one finite number a choice, or a discount outside (0, 1).
pub fn frontier(mdp: &Mdp, gamma: f64, costs: &[f64]) -> Result<Vec<Vertex>> {
    let trade = Trade::new(mdp, gamma, costs)?;
    let (dear, cheap) = trade.ends()?;
    let mut corners = vec![dear];
    // Corners that are still to be reached, the cheapest first.
    let mut ahead = vec![cheap];
    while let (Some(dear), Some(cheap)) = (corners.last(), ahead.last()) {
        if trade.same(dear, cheap) {
            ahead.pop();
        } else if let Some(middle) = trade.beyond(dear, cheap)? {
            ahead.push(middle);
        } else {
            corners.extend(ahead.pop());
        }
    }
    Ok(corners)
}

impl<'a> Trade<'a> {
    pub fn new(mdp: &'a Mdp, gamma: f64, costs: &'a [f64]) -> Result<Trade<'a>> {
        Criterion::Discounted { gamma }.validate()?;
        // Costs are checked as rewards are.
        mdp.clone().with_rewards(costs.to_vec())?;
        let steps = 1.0 / (1.0 - gamma);
        let saved = costs.iter().map(|c| 0.0 - c).collect();
        let (most_value, most_cost) = (magnitude(mdp.rewards()) * steps, magnitude(costs) * steps);
        Ok(Trade { mdp, gamma, costs, saved, most_value, most_cost })
    }

    /// The most reward at the least cost, and the least cost with the most reward; twice the same if one policy has both.
    pub fn ends(&self) -> Result<(Vertex, Vertex)> {
        let dear = self.vertex(lexicographic(self.mdp, self.gamma, self.mdp.rewards(), &self.saved)?)?;
        let cheap = self.vertex(lexicographic(self.mdp, self.gamma, &self.saved, self.mdp.rewards())?)?;
        let apart = |a: f64, b: f64, most: f64| a - b > SAME * most;
        Ok(match (apart(dear.cost, cheap.cost, self.most_cost), apart(dear.value, cheap.value, self.most_value)) {
            (true, true) => (dear, cheap),
            // What costs no more earns the most there is, or what earns no less costs the least.
            (false, _) => (dear.clone(), dear),
            (true, false) => (cheap.clone(), cheap),
        })
    }

    pub fn vertex(&self, choice: Vec<u32>) -> Result<Vertex> {
        Vertex::of(self.mdp, self.gamma, self.costs, choice)
    }

    /// `r − λ c`, `[C]`.
    pub fn priced(&self, weight: f64) -> Vec<f64> {
        self.mdp.rewards().iter().zip(self.costs).map(|(r, c)| r - weight * c).collect()
    }

    /// The cheapest policy that is optimal for `r − λ c`.
    pub fn cheapest_at(&self, weight: f64) -> Result<Vec<u32>> {
        lexicographic(self.mdp, self.gamma, &self.priced(weight), &self.saved)
    }

    /// The dearest policy that is optimal for `r − λ c`.
    pub fn dearest_at(&self, weight: f64) -> Result<Vec<u32>> {
        lexicographic(self.mdp, self.gamma, &self.priced(weight), self.costs)
    }

    /// Whether two corners are one.
    pub fn same(&self, a: &Vertex, b: &Vertex) -> bool {
        (a.cost - b.cost).abs() <= SAME * self.most_cost && (a.value - b.value).abs() <= SAME * self.most_value
    }

    /// The cheapest policy that is optimal for the weight at which two corners tie, or `None` if it is no better than they are, or one of them.
    pub fn beyond(&self, dear: &Vertex, cheap: &Vertex) -> Result<Option<Vertex>> {
        let weight = crossing(dear, cheap);
        let found = self.vertex(self.cheapest_at(weight)?)?;
        let (here, there) = (found.value - weight * found.cost, dear.value - weight * dear.cost);
        let better = here > there + SAME * (self.most_value + weight * self.most_cost);
        Ok((better && !self.same(&found, dear) && !self.same(&found, cheap)).then_some(found))
    }
}

/// Where `J − λ C` is the same for both, if the dearer one costs and earns more; 0 if it does not.
pub(super) fn crossing(dear: &Vertex, cheap: &Vertex) -> f64 {
    let weight = (dear.value - cheap.value) / (dear.cost - cheap.cost);
    if weight.is_finite() { weight.max(0.0) } else { 0.0 }
}
