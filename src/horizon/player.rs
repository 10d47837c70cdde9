//! Episodes of a [`Process`], sampled step by step.
//!
//! One episode after the other, sticky actions included, at a few tens of nanoseconds a step. All random words come from the
//! generator that the caller hands in: one for an action of the exploration policy, one for stickiness (from the second step on,
//! if actions stick) and one for the outcome (where some choice has several).

use rand::Rng;

use super::process::Process;
use crate::Result;
use crate::mdp::Policy;
use crate::rng::{self, Fast};
use crate::simulation::{PolicySampler, Rows, TableDynamics};

/// No action has been executed yet.
const NONE: u32 = u32::MAX;

/// Where an episode is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The state.
    pub state: usize,
    /// The action executed last ([`u32::MAX`] before the first step); 0 where actions do not stick.
    executed: u32,
}

/// One step of an episode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The state before it.
    pub state: usize,
    /// The choice that was *made* (another one may have been executed).
    pub choice: usize,
    /// The branch of the table that was taken: one of the choice that was executed.
    pub branch: usize,
    /// The reward.
    pub reward: f64,
    /// The state after it.
    pub next: usize,
    /// Whether that state is terminal.
    pub terminal: bool,
}

/// Samples episodes of a process.
#[derive(Debug, Clone)]
pub struct Player<'a> {
    process: Process<'a>,
    /// A random word below this repeats the last action.
    repeat: u64,
    /// The branches of each choice; `None` where every choice has one.
    branches: Option<Rows>,
    initial: Rows,
    /// The exploration policy; uniformly random if there is none.
    exploration: Option<PolicySampler>,
}

impl<'a> Player<'a> {
    /// Prepares sampling: 24 bytes a branch where outcomes are random, nothing otherwise.
    ///
    /// # Errors
    /// An episode that may start in a terminal state.
    pub fn new(process: Process<'a>) -> Result<Player<'a>> {
        let mdp = process.mdp();
        TableDynamics::check_initial(mdp)?;
        let branches = (mdp.num_branches() != mdp.num_choices()).then(|| {
            let mut rows = Rows::new();
            for c in 0..mdp.num_choices() {
                rows.push(mdp.branch_range(c).map(|b| (mdp.probabilities()[b], b as u32, 0.0)));
            }
            rows
        });
        let mut initial = Rows::new();
        initial.push(mdp.initial().iter().map(|&(s, p)| (p, s, 0.0)));
        // The product is below 2^64, because stickiness is below 1.
        let repeat = (process.sticky() * 18_446_744_073_709_551_616.0) as u64;
        Ok(Player { process, repeat, branches, initial, exploration: None })
    }

    /// The same with another exploration policy than uniformly random choices. It sees the state and the time, not the last
    /// executed action.
    ///
    /// # Errors
    /// A policy of another table, or one with fewer stages than the horizon.
    pub fn exploring(self, policy: &Policy) -> Result<Player<'a>> {
        let steps = self.process.horizon() as u64;
        let sampler = PolicySampler::new(self.process.mdp(), policy, Some(steps))?;
        Ok(Player { exploration: Some(sampler), ..self })
    }

    /// The process.
    pub fn process(&self) -> &Process<'a> {
        &self.process
    }

    /// The start of an episode.
    #[inline]
    pub fn start(&self, rng: &mut Fast) -> Place {
        let initial = self.process.mdp().initial();
        let state = if initial.len() == 1 { initial[0].0 } else { self.initial.sample(0, rng.next_u64()).item };
        Place { state: state as usize, executed: NONE }
    }

    /// A choice drawn uniformly.
    #[inline]
    pub fn random_choice(&self, place: &Place, rng: &mut Fast) -> usize {
        let row = self.process.mdp().choices(place.state);
        row.start + rng::below(rng, row.len())
    }

    /// The choice of the exploration policy at step `t` of an episode (counted from 0).
    #[inline]
    pub fn explore(&self, place: &Place, t: usize, rng: &mut Fast) -> usize {
        match &self.exploration {
            None => self.random_choice(place, rng),
            Some(policy) => policy.choose(place.state as u32, t as u64, rng.next_u64()) as usize,
        }
    }

    /// Makes `choice`, which must be one of the state's, and moves on.
    #[inline]
    pub fn step(&self, place: &mut Place, choice: usize, rng: &mut Fast) -> Step {
        let mdp = self.process.mdp();
        let state = place.state;
        let mut executed = choice;
        if self.repeat > 0 {
            let first = mdp.choice_starts()[state];
            if place.executed != NONE {
                // A select: the processor cannot predict when an action sticks.
                let again = (first + place.executed) as usize;
                executed = std::hint::select_unpredictable(rng.next_u64() < self.repeat, again, choice);
            }
            place.executed = executed as u32 - first;
        }
        let branch = match &self.branches {
            None => executed,
            Some(rows) => rows.sample(executed, rng.next_u64()).item as usize,
        };
        let next = mdp.successors()[branch] as usize;
        place.state = next;
        let reward = mdp.branch_reward(executed, branch);
        Step { state, choice, branch, reward, next, terminal: mdp.is_terminal(next) }
    }
}
