//! Q-learning with shaping, made for comparing runs: runs whose action values differ by a constant in each state take the same steps.

use super::episodes::{Ending, step_term};
use super::potential::{Potential, check_discount};
use crate::mdp::Mdp;
use crate::numeric::magnitude;
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// Values this close are tied, as a share of the largest number that values are made of: rounding must not decide where two runs agree exactly.
const TIE: f64 = 1e-11;

/// How actions are drawn. All of them depend on differences of the action values of a state only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Exploration {
    /// Uniform with this probability, else greedy, ties shared evenly.
    Greedy(f64),
    /// With probabilities proportional to `exp(q / temperature)`.
    Boltzmann(f64),
}

/// Settings of a [`Learner`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearnerSettings {
    /// The discount, in (0, 1], of the values and of the shaping.
    pub gamma: f64,
    /// Step size, in (0, 1].
    pub step_size: f64,
    /// How actions are drawn.
    pub exploration: Exploration,
}

/// Tabular Q-learning on shaped rewards.
#[derive(Debug, Clone)]
pub struct Learner<'a> {
    mdp: &'a Mdp,
    potential: Option<&'a Potential>,
    settings: LearnerSettings,
    q: Vec<f64>,
    /// Values this close are tied.
    tie: f64,
    rng: Fast,
}

impl<'a> Learner<'a> {
    /// A learner that starts at the action values `initial`, `[C]`, and draws its actions and its steps from the streams of `seed`. The potential of
    /// terminal states is taken for 0.
    ///
    /// # Errors
    /// Settings out of range, action values that are not one finite number a choice, or a potential for another number of states.
    pub fn new(
        mdp: &'a Mdp,
        potential: Option<&'a Potential>,
        settings: LearnerSettings,
        initial: Vec<f64>,
        seed: u64,
    ) -> Result<Learner<'a>> {
        check_discount(settings.gamma)?;
        let (name, value, fine, expected) = match settings.exploration {
            Exploration::Greedy(e) => ("exploration", e, (0.0..=1.0).contains(&e), "in [0, 1]"),
            Exploration::Boltzmann(t) => ("temperature", t, t > 0.0 && t.is_finite(), "a positive number"),
        };
        if !fine {
            return Err(Error::Parameter { name, value, expected });
        }
        if !(settings.step_size > 0.0 && settings.step_size <= 1.0) {
            return Err(Error::Parameter { name: "step_size", value: settings.step_size, expected: "in (0, 1]" });
        }
        if initial.len() != mdp.num_choices() {
            let (found, expected) = (vec![initial.len()], vec![mdp.num_choices()]);
            return Err(Error::Shape { what: "the initial action values".into(), found, expected });
        }
        if let Some(&value) = initial.iter().find(|x| !x.is_finite()) {
            return Err(Error::Parameter { name: "an initial action value", value, expected: "a finite number" });
        }
        let shaped = match potential {
            Some(potential) => {
                potential.check(mdp)?;
                magnitude(potential.values())
            }
            None => 0.0,
        };
        let tie = TIE * magnitude(mdp.rewards()).max(shaped).max(magnitude(&initial));
        Ok(Learner { mdp, potential, settings, q: initial, tie, rng: rng::fast(seed, Purpose::Policy, 0) })
    }

    /// The action values, `[C]`.
    pub fn action_values(&self) -> &[f64] {
        &self.q
    }

    /// A state drawn from the initial distribution.
    pub fn start(&mut self) -> usize {
        let initial = self.mdp.initial();
        drawn(rng::uniform(&mut self.rng), initial.iter().map(|&(s, p)| (s as usize, p)))
    }

    /// One step from `state`: draws an action and a successor, and learns. Gives the successor. From a terminal state nothing happens.
    ///
    /// # Panics
    /// If the table has no such state.
    pub fn step(&mut self, state: usize) -> usize {
        if self.mdp.is_terminal(state) {
            return state;
        }
        let choice = self.choose(state);
        let mdp = self.mdp;
        let u = rng::uniform(&mut self.rng);
        let branch = drawn(u, mdp.branch_range(choice).map(|b| (b, mdp.probabilities()[b])));
        let next = mdp.successors()[branch] as usize;
        let gamma = self.settings.gamma;
        let ending = if mdp.is_terminal(next) { Ending::Terminated } else { Ending::Continues };
        let shaping = self
            .potential
            .map_or(0.0, |potential| step_term(potential.values()[state], potential.values()[next], gamma, ending));
        let future = mdp.choices(next).map(|c| self.q[c]).fold(f64::NEG_INFINITY, f64::max);
        let future = if ending == Ending::Terminated { 0.0 } else { future };
        let target = mdp.branch_reward(choice, branch) + shaping + gamma * future;
        self.q[choice] += self.settings.step_size * (target - self.q[choice]);
        next
    }

    fn choose(&mut self, state: usize) -> usize {
        let choices = self.mdp.choices(state);
        let largest = self.q[choices.clone()].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match self.settings.exploration {
            Exploration::Greedy(epsilon) => {
                if rng::uniform(&mut self.rng) < epsilon {
                    return choices.start + rng::below(&mut self.rng, choices.len());
                }
                let tied = |&c: &usize| self.q[c] >= largest - self.tie;
                let count = choices.clone().filter(tied).count();
                let drawn = rng::below(&mut self.rng, count);
                // `largest` is one of them, so that there is one at least.
                choices.clone().filter(tied).nth(drawn).unwrap_or(choices.start)
            }
            Exploration::Boltzmann(temperature) => {
                let weight = |c: usize| ((self.q[c] - largest) / temperature).exp();
                let total: f64 = choices.clone().map(weight).sum();
                let u = total * rng::uniform(&mut self.rng);
                drawn(u, choices.map(|c| (c, weight(c))))
            }
        }
    }
}

/// The first entry at which the running sum of weights exceeds `u`; the last one, if rounding leaves none.
fn drawn(mut u: f64, weights: impl Iterator<Item = (usize, f64)>) -> usize {
    let mut last = 0;
    for (i, weight) in weights {
        last = i;
        if u < weight {
            break;
        }
        u -= weight;
    }
    last
}

/// Steps that each of `episodes` episodes takes until a terminal state, or `cap` where the episode is cut off there. `initial` is the first
/// value of every action.
///
/// # Errors
/// As [`Learner::new`].
pub fn steps_to_goal(
    mdp: &Mdp,
    potential: Option<&Potential>,
    settings: LearnerSettings,
    initial: f64,
    (episodes, cap): (usize, usize),
    seed: u64,
) -> Result<Vec<u64>> {
    let mut learner = Learner::new(mdp, potential, settings, vec![initial; mdp.num_choices()], seed)?;
    let mut steps = Vec::new();
    for _ in 0..episodes {
        let mut state = learner.start();
        let mut count = 0;
        while count < cap && !mdp.is_terminal(state) {
            state = learner.step(state);
            count += 1;
        }
        steps.push(count as u64);
    }
    Ok(steps)
}
