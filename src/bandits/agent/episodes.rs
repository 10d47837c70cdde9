//! Q-learning on blocks of episodes, with one discount within an episode and another across its end.
//!
//! ```text
//! y = r + γ_step max_a Q(o', a)      inside an episode
//! y = r + γ_episode max_a Q(o', a)   where an episode ends and the block goes on
//! y = r                              where the block ends
//! ```
//! γ_episode is what credits an episode for what later ones gain by it; o is what the agent sees of a state. Step sizes are n(o, a)^-0.7,
//! ε falls from 1 to 0.05 over the first 80 % of the blocks.
//!
//! Source: the two discounts are those of Rentschler and Roberts (arXiv 2508.01287), as reconstructed from their published code.

use crate::mdp::{DecisionRule, Mdp, Policy};
use crate::rng::{self, Purpose};
use crate::{Error, Result};

/// A table whose runs are blocks of episodes.
#[derive(Debug, Clone, Copy)]
pub struct Blocks<'a> {
    /// The table; a run ends in a terminal state.
    pub mdp: &'a Mdp,
    /// The episode that each state belongs to, `[S]`: a step to a state of another one ends an episode.
    pub episode: &'a [u32],
    /// What the agent sees of each state, `[S]`. States that look alike must have as many actions.
    pub seen: &'a [u32],
    /// Most steps of a block: nothing follows the last of them, though the agent does not see which it is.
    pub horizon: usize,
}

/// Settings of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// γ_step.
    pub step_discount: f64,
    /// γ_episode.
    pub episode_discount: f64,
    /// Blocks of training.
    pub blocks: u64,
    /// Seed.
    pub seed: u64,
}

/// Trains, and returns the greedy policy; of equal actions it takes the first.
///
/// ```
/// use tabrl::bandits::agent::episodes::{Blocks, Options, train};
/// use tabrl::mdp::{MdpBuilder, evaluate_finite};
///
/// // Two episodes of one step. In the first one may earn 1, or nothing and be shown where 3 are in the second.
/// let mut builder = MdpBuilder::new(4);
/// builder.terminal(3).choice(0, 0, &[(1.0, 1, 1.0)]).choice(0, 1, &[(1.0, 2, 0.0)]);
/// builder.choice(1, 0, &[(1.0, 3, 0.0)]).choice(1, 1, &[(1.0, 3, 0.0)]);
/// builder.choice(2, 0, &[(1.0, 3, 3.0)]).choice(2, 1, &[(1.0, 3, 0.0)]);
/// let mdp = builder.build()?;
/// let blocks = Blocks { mdp: &mdp, episode: &[0, 1, 1, 2], seen: &[0, 1, 2, 3], horizon: 2 };
/// let value = |episode_discount| {
///     let options = Options { step_discount: 1.0, episode_discount, blocks: 1000, seed: 1 };
///     evaluate_finite(&mdp, &train(&blocks, &options)?, 2).map(|found| found.values[0])
/// };
/// assert_eq!((value(1.0)?, value(0.0)?), (3.0, 1.0));
/// # Ok::<(), tabrl::Error>(())
/// ```
///
/// # Errors
/// A discount outside [0, 1], no block or step, lists of another length than the table's states, or states that look alike with different
/// numbers of actions.
pub fn train(blocks: &Blocks, options: &Options) -> Result<Policy> {
    let Blocks { mdp, episode, seen, horizon } = *blocks;
    for (name, value) in [("step discount", options.step_discount), ("episode discount", options.episode_discount)] {
        if !(0.0..=1.0).contains(&value) {
            return Err(Error::Parameter { name, value, expected: "in [0, 1]" });
        }
    }
    for (name, value) in [("blocks", options.blocks), ("horizon", horizon as u64)] {
        if value == 0 {
            return Err(Error::Parameter { name, value: 0.0, expected: "at least 1" });
        }
    }
    let states = mdp.num_states();
    for (what, found) in [("the episodes of states", episode.len()), ("what is seen of states", seen.len())] {
        if found != states {
            return Err(Error::Shape { what: what.into(), found: vec![found], expected: vec![states] });
        }
    }
    // What is seen may have any numbers; values are kept by rank.
    let mut known = seen.to_vec();
    known.sort_unstable();
    known.dedup();
    let class: Vec<usize> = seen.iter().map(|o| known.partition_point(|k| k < o)).collect();
    let classes = known.len();
    let mut actions = vec![None; classes];
    for s in (0..states).filter(|&s| !mdp.is_terminal(s)) {
        let (known, here) = (&mut actions[class[s]], mdp.choices(s).len());
        if known.is_some_and(|known| known != here) {
            let reason = format!("state {s} has {here} actions, and another one that looks like it has not");
            return Err(Error::NotApplicable { method: "Q-learning on what is seen", reason });
        }
        *known = Some(here);
    }
    let width = mdp.num_actions();
    let mut values = vec![0.0; classes * width];
    let mut visits = vec![0u32; classes * width];
    let mut environment = rng::fast(options.seed, Purpose::Environment, 0);
    let mut own = rng::fast(options.seed, Purpose::Policy, 0);
    let row = |s: usize| class[s] * width..class[s] * width + mdp.choices(s).len();
    for block in 0..options.blocks {
        let epsilon = (1.0 - 0.95 * block as f64 / (0.8 * options.blocks as f64)).max(0.05);
        let starts = mdp.initial().iter().map(|&(s, p)| (s as usize, p));
        let mut s = draw(starts, rng::uniform(&mut environment)).0;
        for step in 0..horizon {
            if mdp.is_terminal(s) {
                break;
            }
            let explores = rng::uniform(&mut own) < epsilon;
            let action =
                if explores { rng::below(&mut own, mdp.choices(s).len()) } else { first_best(&values[row(s)]) };
            let choice = mdp.choices(s).start + action;
            let (next, branch) = draw(mdp.branches(choice), rng::uniform(&mut environment));
            let reward = mdp.branch_reward(choice, mdp.branch_range(choice).start + branch);
            let discount = if episode[next] == episode[s] { options.step_discount } else { options.episode_discount };
            let later = if mdp.is_terminal(next) || step + 1 == horizon {
                0.0
            } else {
                discount * values[row(next)].iter().copied().fold(f64::NEG_INFINITY, f64::max)
            };
            let entry = row(s).start + action;
            visits[entry] += 1;
            values[entry] += f64::from(visits[entry]).powf(-0.7) * (reward + later - values[entry]);
            s = next;
        }
    }
    let mut rule = vec![0.0; mdp.num_choices()];
    for s in (0..states).filter(|&s| !mdp.is_terminal(s)) {
        rule[mdp.choices(s).start + first_best(&values[row(s)])] = 1.0;
    }
    Policy::stationary(mdp, DecisionRule::Stochastic(rule))
}

fn first_best(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// The item at which the sum of probabilities passes `u`, and its number.
fn draw(items: impl Iterator<Item = (usize, f64)>, u: f64) -> (usize, usize) {
    let (mut left, mut last) = (u, (0, 0));
    for (i, (item, p)) in items.enumerate() {
        last = (item, i);
        left -= p;
        if left < 0.0 {
            break;
        }
    }
    last
}
