//! Groups of agents on one problem: what the configuration says, and one run.

use serde::{Deserialize, Serialize};
use tabrl::exploration::{self, EpisodicAgent, RegretOptions, Setup};
use tabrl::learning::EvaluationPoints;
use tabrl::mdp::Mdp;

use super::{Config, fault};
use crate::Result;
use crate::regret::Record;

/// Agents that play the same problem.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The environment's name in the registry.
    pub environment: String,
    /// Its parameters, as `key=value`.
    pub set: Vec<String>,
    /// Steps of an episode.
    pub horizon: usize,
    /// The range that agents assume rewards to lie in.
    pub reward_range: [f64; 2],
    /// Episodes of a run.
    pub episodes: u64,
    /// Seeds, from 0.
    pub seeds: u64,
    /// The agents, as `label: agent key=value ...`.
    pub agents: Vec<String>,
}

/// An agent with its parameters and the name it has in tables and figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// In tables and figures.
    pub label: String,
    /// In the registry.
    pub agent: String,
    /// Its parameters.
    pub set: Vec<(String, String)>,
}

/// One agent, one seed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GroupRecord {
    /// The group.
    pub group: String,
    /// The agent's label.
    pub label: String,
    /// The seed.
    pub seed: u64,
    /// The run.
    pub run: Record,
}

impl Player {
    /// Reads `label: agent key=value ...`.
    ///
    /// # Errors
    /// Text of another form.
    pub fn parse(text: &str) -> Result<Player> {
        let form = || format!("agents = [\"{text}\"]: it must read `label: agent key=value ...`");
        let Some((label, rest)) = text.split_once(':') else { return fault(form()) };
        let mut words = rest.split_whitespace();
        let Some(agent) = words.next() else { return fault(form()) };
        let setting = |word: &str| match word.split_once('=') {
            Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
            None => fault(form()),
        };
        let set = words.map(setting).collect::<Result<_>>()?;
        Ok(Player { label: label.trim().into(), agent: agent.into(), set })
    }
}

/// The table of a group's problem.
///
/// # Errors
/// An unknown environment or parameter.
pub fn table(config: &Config, group: &Group) -> Result<Mdp> {
    let given: Vec<(&str, &str)> =
        group.set.iter().map(|text| crate::runner::split_setting(text)).collect::<Result<_>>()?;
    Ok(tabrl_envs::make(&group.environment, &given)?.table(config.state_limit)?.mdp)
}

/// What an agent is built from.
pub fn setup<'a>(mdp: &'a Mdp, group: &Group, seed: u64) -> Setup<'a> {
    let [low, high] = group.reward_range;
    Setup { mdp, horizon: group.horizon, episodes: group.episodes, reward_range: (low, high), seed }
}

/// Builds a player's agent.
///
/// # Errors
/// Unknown names, numbers out of range, rewards outside the group's range.
pub fn agent<'a>(player: &Player, setup: &Setup<'a>) -> Result<Box<dyn EpisodicAgent + 'a>> {
    let set: Vec<(&str, &str)> = player.set.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    Ok(exploration::make(&player.agent, &set, setup)?)
}

/// Plays one agent with one seed.
///
/// # Errors
/// Unknown names, numbers out of range.
pub fn play(config: &Config, name: &str, group: &Group, player: &Player, seed: u64) -> Result<GroupRecord> {
    let mdp = table(config, group)?;
    let setup = setup(&mdp, group, seed);
    let mut agent = agent(player, &setup)?;
    let options = RegretOptions { points: EvaluationPoints::Log(config.points) };
    let run = Record::of(&exploration::run(&setup, agent.as_mut(), &options)?);
    Ok(GroupRecord { group: name.to_owned(), label: player.label.clone(), seed, run })
}
