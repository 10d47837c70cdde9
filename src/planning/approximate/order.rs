//! The order of a sweep in place.
//!
//! Values flow from where a problem ends backwards along its branches. A sweep in place that takes the states nearest to
//! the end first carries a value all the way in one pass, where one in another order carries it a step.

use crate::mdp::Mdp;
use crate::planning::graph::{Predecessors, attraction};

/// All states that are not terminal, by the smallest number of steps to a terminal one, those that cannot end last; `None` if no state is
/// terminal, or if that is the order of the table anyway. Cost `O(B)`.
pub(in crate::planning) fn from_the_end(mdp: &Mdp) -> Option<Vec<u32>> {
    let terminal: Vec<bool> = (0..mdp.num_states()).map(|s| mdp.is_terminal(s)).collect();
    if !terminal.contains(&true) {
        return None;
    }
    let mut order = Vec::with_capacity(terminal.len());
    let reached = attraction(&Predecessors::new(mdp), &terminal, |_| true, |s, _| order.push(s as u32));
    order.extend((0..terminal.len() as u32).filter(|&s| !reached[s as usize]));
    (!order.is_sorted()).then_some(order)
}
