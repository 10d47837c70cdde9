//! The table read backwards.

use crate::mdp::Mdp;

/// Which choices can lead to a state, and which state a choice belongs to. Takes `4 (S + C + B)` bytes.
#[derive(Debug, Clone)]
pub struct Predecessors {
    start: Vec<u32>,
    choice: Vec<u32>,
    owner: Vec<u32>,
}

impl Predecessors {
    /// Sorts the branches of positive probability by their end. Cost `O(B)`.
    pub fn new(mdp: &Mdp) -> Predecessors {
        let (states, choices) = (mdp.num_states(), mdp.num_choices());
        let mut start = vec![0u32; states + 1];
        for (&t, &p) in mdp.successors().iter().zip(mdp.probabilities()) {
            start[t as usize + 1] += u32::from(p > 0.0);
        }
        for s in 0..states {
            start[s + 1] += start[s];
        }
        let mut choice = vec![0u32; start[states] as usize];
        let mut owner = vec![0u32; choices];
        let mut fill = start.clone();
        for s in 0..states {
            for c in mdp.choices(s) {
                owner[c] = s as u32;
                for (t, p) in mdp.branches(c) {
                    if p > 0.0 {
                        choice[fill[t] as usize] = c as u32;
                        fill[t] += 1;
                    }
                }
            }
        }
        Predecessors { start, choice, owner }
    }

    /// The choices with a branch to state `s`, ascending; once for each such branch.
    #[inline]
    pub fn of(&self, s: usize) -> &[u32] {
        &self.choice[self.start[s] as usize..self.start[s + 1] as usize]
    }

    /// The state that choice `c` belongs to.
    #[inline]
    pub fn owner(&self, c: usize) -> usize {
        self.owner[c] as usize
    }
}
