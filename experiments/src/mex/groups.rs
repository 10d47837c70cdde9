//! Groups of agents on one problem: what the configuration says, and one run.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::exploration::{self, EpisodicAgent, RegretOptions, Setup};
use tabrl::learning::EvaluationPoints;
use tabrl::mdp::Mdp;

use super::{Config, Results, claims, fault, figures, long_runs, tables};
use crate::Result;
use crate::regret::Record;
use crate::runner::{Experiment, Finished, Outcome, Unit, record};

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
    /// Whether regret is recorded evenly over the episodes instead of evenly on a logarithmic axis.
    #[serde(default)]
    pub even: bool,
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

/// What one unit of work does.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Task {
    group: String,
    player: Player,
    seed: u64,
}

/// The part of all groups.
pub struct Groups {
    config: Config,
    tasks: Vec<Task>,
}

impl Groups {
    /// Reads the players; whatever is wrong with a name or a number is said before the work starts.
    ///
    /// # Errors
    /// Unknown names, numbers out of range, rewards outside a group's range.
    pub fn new(mut config: Config) -> Result<Groups> {
        // A group without seeds is left out.
        config.groups.retain(|_, group| group.seeds > 0);
        let mut tasks = Vec::new();
        for (name, group) in &config.groups {
            let mdp = table(&config, group)?;
            for text in &group.agents {
                let player = Player::parse(text)?;
                agent(&player, &setup(&mdp, group, 0))?;
                let task = |seed| Task { group: name.clone(), player: player.clone(), seed };
                tasks.extend((0..group.seeds).map(task));
            }
        }
        Ok(Groups { config, tasks })
    }
}

impl Experiment for Groups {
    fn units(&self) -> Result<Vec<Unit>> {
        let id = |task: &Task| format!("{} {} seed={}", task.group, task.player.label, task.seed);
        let unit = |(setting, task): (usize, &Task)| Unit { id: id(task), setting, seed: task.seed };
        Ok(self.tasks.iter().enumerate().map(unit).collect())
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let Task { group, player, seed } = &self.tasks[unit.setting];
        record(&play(&self.config, group, &self.config.groups[group], player, *seed)?)
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let runs = finished.iter().map(Finished::read).collect::<Result<Vec<GroupRecord>>>()?;
        let results = Results { runs };
        let mut claims = claims::judge(&self.config, &results)?;
        claims.extend(long_runs::judge(&self.config, &results)?);
        Ok(Outcome {
            claims,
            tables: tables::tables(&self.config, &results)?,
            figures: figures::figures(&self.config, &results)?,
            notes: tables::notes(&self.config),
        })
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
    let points = if group.even { EvaluationPoints::Even(config.points) } else { EvaluationPoints::Log(config.points) };
    let options = RegretOptions { points };
    let run = Record::of(&exploration::run(&setup, agent.as_mut(), &options)?);
    Ok(GroupRecord { group: name.to_owned(), label: player.label.clone(), seed, run })
}
