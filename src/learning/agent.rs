//! What an agent is.

use std::ops::Range;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::horizon::sqirl::Pool;
use crate::mdp::{DecisionRule, Mdp, View};
use crate::planning::Criterion;
use crate::{Error, Result};

/// One step as an agent sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Experience {
    /// The state before the step.
    pub state: usize,
    /// The choice taken (an index into the table's choices).
    pub choice: usize,
    /// The reward.
    pub reward: f64,
    /// The true successor, never the state after a reset.
    pub next: usize,
    /// Whether the successor is terminal: nothing follows, so its value is 0.
    pub terminated: bool,
    /// Whether a time limit interrupted the episode: the successor keeps its value.
    pub truncated: bool,
}

/// A learning agent.
///
/// Its behaviour is a function of its settings, its seed and what it has observed; nothing else. The trainer calls
/// [`Agent::act`] and [`Agent::observe`] in turn.
pub trait Agent {
    /// The choice to take in the non-terminal `state`.
    fn act(&mut self, state: usize) -> usize;

    /// Learns from the step that followed.
    fn observe(&mut self, step: &Experience);

    /// The rule the agent is judged by: greedy for value-based agents, the current policy for policy gradients.
    fn rule(&self) -> DecisionRule;

    /// Whether the agent only learns when an episode ends.
    fn needs_episodes(&self) -> bool {
        false
    }

    /// The least number of steps from which it can learn anything: one for each episode that it waits for.
    fn least_steps(&self) -> u64 {
        0
    }

    /// How many steps of an episode it looks ahead; an episode must not be cut shorter than that.
    fn lookahead(&self) -> u64 {
        0
    }

    /// Everything the agent has learnt, its random stream included, as text. Settings and the table are not part of it.
    fn save(&self) -> String;

    /// Goes back to a saved state of an agent with the same settings on the same table.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] if the text is not such a state.
    fn load(&mut self, saved: &str) -> Result<()>;
}

/// What every agent is built from.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    /// The table; sampling agents use its shape only, exact ones its numbers too.
    pub mdp: &'a Mdp,
    /// Discount `γ` in (0, 1]; 1 only for episodic problems.
    pub discount: f64,
    /// Root seed; an agent draws from the stream `(seed, Policy, 0)`.
    pub seed: u64,
    /// What is known of the states beyond their numbers, for agents that generalise over them.
    pub view: View<'a>,
}

impl<'a> Setup<'a> {
    /// A table of whose states nothing is known but their numbers.
    pub fn new(mdp: &'a Mdp, discount: f64, seed: u64) -> Setup<'a> {
        Setup { mdp, discount, seed, view: View::default() }
    }

    /// Checks the discount.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless `0 < γ <= 1`.
    pub fn validate(&self) -> Result<()> {
        if self.discount == 1.0 {
            return Ok(());
        }
        Criterion::Discounted { gamma: self.discount }.validate()
    }
}

/// The shape of a table: which choices belong to a state.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    starts: Vec<u32>,
}

impl Shape {
    pub fn of(mdp: &Mdp) -> Shape {
        Shape { starts: mdp.choice_starts().to_vec() }
    }

    #[inline]
    pub fn choices(&self, s: usize) -> Range<usize> {
        self.starts[s] as usize..self.starts[s + 1] as usize
    }

    /// First choice of each state, `[S + 1]`.
    pub fn starts(&self) -> &[u32] {
        &self.starts
    }

    pub fn num_states(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn num_choices(&self) -> usize {
        self.starts[self.starts.len() - 1] as usize
    }
}

/// What an agent has learnt, as text.
pub(super) fn to_text(memory: &impl Serialize) -> String {
    // Plain numbers, vectors and strings: nothing in them can fail to be written.
    serde_json::to_string(memory).expect("an agent's memory is plain data")
}

/// The inverse of [`to_text`].
pub(super) fn from_text<T: DeserializeOwned>(agent: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|problem| Error::NotApplicable {
        method: agent,
        reason: format!("the saved state cannot be read ({problem}); it must come from `save` of the same agent"),
    })
}

/// Checks that a saved array belongs to a table of this size.
pub(super) fn check_size(agent: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Shape { what: format!("the saved state of {agent}"), found: vec![found], expected: vec![expected] })
}

/// Checks that saved choices are choices of the table.
pub(super) fn check_choices(agent: &'static str, saved: impl IntoIterator<Item = usize>, choices: usize) -> Result<()> {
    match saved.into_iter().find(|&choice| choice >= choices) {
        None => Ok(()),
        Some(choice) => Err(Error::NotApplicable {
            method: agent,
            reason: format!("the saved state names choice {choice}, but the table's are 0..{choices}"),
        }),
    }
}

/// Checks that saved states are states of the table.
pub(super) fn check_successors(
    agent: &'static str,
    saved: impl IntoIterator<Item = usize>,
    states: usize,
) -> Result<()> {
    match saved.into_iter().find(|&state| state >= states) {
        None => Ok(()),
        Some(state) => Err(Error::NotApplicable {
            method: agent,
            reason: format!("the saved state names state {state}, but the table's are 0..{states}"),
        }),
    }
}

/// Checks that saved experience is of a table of this size.
pub(super) fn check_pool(agent: &'static str, pool: &Pool, choices: usize, states: usize) -> Result<()> {
    if pool.fits(choices, states) {
        return Ok(());
    }
    let reason = format!("the saved experience is not of a table with {choices} choices and {states} states");
    Err(Error::NotApplicable { method: agent, reason })
}
