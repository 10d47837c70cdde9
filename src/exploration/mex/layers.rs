//! Which states may follow a step without ever having been seen there.
//!
//! The full class of laws lets any choice lead to any state, at a price. In a problem with layers (DeepSea: each step goes one row
//! down) that imagines the goal at every step of an episode, and exploration is long. Where the layers are known, a choice at step
//! `h` can only lead to the states that occur at step `h + 1`; the true law is still in the class.

use super::super::Setup;
use crate::learning::Value;

/// The states that an unseen transition may lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Successors {
    /// All states.
    All,
    /// The states that can be reached in so many steps, which the agent is told.
    Layered,
}

impl Value for Successors {
    fn read(text: &str) -> Option<Successors> {
        match text.trim() {
            "all" => Some(Successors::All),
            "layered" => Some(Successors::Layered),
            _ => None,
        }
    }

    fn write(self) -> String {
        match self {
            Successors::All => "all".into(),
            Successors::Layered => "layered".into(),
        }
    }
}

/// The states of each step `0..=H`, ascending, one step after another.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    states: Vec<u32>,
    starts: Vec<usize>,
}

impl Layers {
    /// The states that can be reached in exactly `h` steps.
    pub fn new(setup: &Setup) -> Layers {
        let mdp = setup.mdp;
        let mut states: Vec<u32> = mdp.initial().iter().map(|&(s, _)| s).collect();
        let mut starts = vec![0, states.len()];
        for stage in 0..setup.horizon {
            let mut next: Vec<u32> = states[starts[stage]..]
                .iter()
                .flat_map(|&s| mdp.choices(s as usize))
                .flat_map(|c| mdp.branches(c).map(|(t, _)| t as u32))
                .collect();
            next.sort_unstable();
            next.dedup();
            states.extend(next);
            starts.push(states.len());
        }
        Layers { states, starts }
    }

    /// Those of one step.
    pub fn at(&self, stage: usize) -> &[u32] {
        &self.states[self.starts[stage]..self.starts[stage + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::EpisodicAgent;
    use super::super::{MexModelBased, MexModelBasedParams};
    use super::*;
    use crate::mdp::{Mdp, MdpBuilder};

    /// A chain of four cells that is always walked to its end; the last step pays 1 for one of two actions.
    fn corridor() -> Mdp {
        let mut builder = MdpBuilder::new(4);
        for s in 0..3 {
            for a in 0..2 {
                builder.choice(s, a, &[(1.0, s + 1, if s == 2 && a == 1 { 1.0 } else { 0.0 })]);
            }
        }
        builder.terminal(3).build().unwrap()
    }

    #[test]
    fn layers_are_what_can_be_reached_in_so_many_steps() {
        let mdp = corridor();
        let setup = Setup { mdp: &mdp, horizon: 5, episodes: 1, reward_range: (0.0, 1.0), seed: 0 };
        let layers = Layers::new(&setup);
        for stage in 0..6 {
            let expected: &[u32] = if stage < 4 { &[stage as u32] } else { &[] };
            assert_eq!(layers.at(stage), expected);
        }
    }

    /// Before anything was seen, all laws together promise the last cell at once and for ever; with layers, what is true.
    #[test]
    fn known_layers_leave_nothing_to_imagine_in_a_corridor() {
        let mdp = corridor();
        let setup = Setup { mdp: &mdp, horizon: 3, episodes: 20, reward_range: (0.0, 1.0), seed: 0 };
        let promised = |successors| {
            let params = MexModelBasedParams { successors, ..MexModelBasedParams::default() };
            let mut agent = MexModelBased::new(&setup, &params).unwrap();
            agent.begin(0);
            agent.optimistic_value().unwrap()
        };
        assert_eq!((promised(Successors::Layered), promised(Successors::All)), (1.0, 2.0));
    }
}
