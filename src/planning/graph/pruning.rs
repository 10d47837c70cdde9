//! Taking away choices, and with them the states that have none left and the choices that lead to those.

use super::Predecessors;
use crate::mdp::Mdp;

/// What is left of a table.
pub(super) struct Pruning<'a> {
    predecessors: &'a Predecessors,
    /// Whether a choice is left, `[C]`.
    pub usable: Vec<bool>,
    /// How many choices of a state are left, `[S]`.
    pub choices_left: Vec<u32>,
    /// States removed whose predecessors still have to be looked at.
    pub gone: Vec<u32>,
}

impl<'a> Pruning<'a> {
    /// Starts with the choices that are true in `usable` (`[C]`). States without one are not removed yet.
    pub fn new(mdp: &Mdp, predecessors: &'a Predecessors, usable: Vec<bool>) -> Pruning<'a> {
        let left = |s: usize| mdp.choices(s).filter(|&c| usable[c]).count() as u32;
        let choices_left = (0..mdp.num_states()).map(left).collect();
        Pruning { predecessors, usable, choices_left, gone: Vec::new() }
    }

    /// Removes a choice, and its state if it was the last.
    pub fn remove_choice(&mut self, c: usize) {
        if std::mem::replace(&mut self.usable[c], false) {
            let s = self.predecessors.owner(c);
            self.choices_left[s] -= 1;
            if self.choices_left[s] == 0 {
                self.gone.push(s as u32);
            }
        }
    }

    /// Removes a state with its choices.
    pub fn remove_state(&mut self, mdp: &Mdp, s: usize) {
        self.usable[mdp.choices(s)].fill(false);
        self.choices_left[s] = 0;
        self.gone.push(s as u32);
    }

    /// Removes the choices that lead to what was removed, until there is none.
    pub fn cascade(&mut self) {
        let predecessors = self.predecessors;
        while let Some(s) = self.gone.pop() {
            for &c in predecessors.of(s as usize) {
                self.remove_choice(c as usize);
            }
        }
    }
}
