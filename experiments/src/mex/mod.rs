//! MEX: one objective, estimation minus planning, and no confidence set, played exactly in tabular models.
//!
//! Paper: Liu, Lu, Xiong, Zhong, Hu, Zhang, Zheng, Yang, Wang (NeurIPS 2023). Which policy is played is random; what it is worth is
//! computed exactly, so a run's regret has no sampling error of returns.
//!
//! The experiment is made of parts, each with its own units of work, claims, tables and figures.
//!
//! | file | what is in it |
//! |---|---|
//! | [`groups`] | agents on one problem: RiverSwim, SixArms, a lock, DeepSea, rooms, random MDPs |
//! | [`mod@reference`] | regrets that others measured |
//! | [`claims`], [`tables`], [`figures`] | what is concluded from groups, written and drawn |
//! | [`finite`] | finite classes of models, where the argmax is exact |
//! | [`bracket`] | the maximum of the objective between certified bounds, episode by episode |
//! | [`identity`] | the model-free objective against brute force |
//! | [`depth`] | DeepSea over its depth: when it is solved |
//! | [`matrix`], [`markov`], [`soccer`] | two-player zero-sum games |
//! | [`actor_critic`] | the optimistic actor-critic and its hybrid |
//! | [`average`], [`reward_free`] | UCRL2 by its own theorem, and exploration without rewards |

pub mod actor_critic;
pub mod average;
pub mod bracket;
pub mod claims;
pub mod depth;
pub mod figures;
pub mod finite;
pub mod groups;
pub mod identity;
pub mod long_runs;
pub mod markov;
pub mod matrix;
pub mod reference;
pub mod reward_free;
pub mod soccer;
pub mod tables;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::runner::{Experiment, Finished, Outcome, Spec, Unit};
use crate::{Error, Result};
use groups::{Group, GroupRecord, Groups};

/// The experiment's entry.
pub fn spec() -> Spec {
    Spec {
        name: "mex",
        title: "MEX and provably efficient exploration, with exact regret",
        source: "Liu et al. (NeurIPS 2023); the papers of the other agents",
        config: include_str!("../../configs/mex.toml"),
        build: |settings| Ok(Box::new(Mex::new(settings.parse()?)?)),
    }
}

/// The settings; see `configs/mex.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Most states of a table.
    pub state_limit: usize,
    /// Points of a regret curve.
    pub points: usize,
    /// Groups of agents by name.
    pub groups: BTreeMap<String, Group>,
    /// Finite classes.
    pub finite: finite::Settings,
    /// Certified bounds.
    pub bracket: bracket::Settings,
    /// The model-free objective.
    pub identity: identity::Settings,
    /// DeepSea over its depth.
    pub depth: depth::Settings,
    /// Matrix games.
    pub matrix: matrix::Settings,
    /// Markov games.
    pub markov: markov::Settings,
    /// Soccer.
    pub soccer: soccer::Settings,
    /// Actor-critics.
    pub actor_critic: actor_critic::Settings,
    /// Average reward.
    pub average: average::Settings,
    /// Exploration without rewards.
    pub reward_free: reward_free::Settings,
}

/// All results of groups.
#[derive(Debug, Clone, Default)]
pub struct Results {
    /// Runs of groups, by group, agent and seed.
    pub runs: Vec<GroupRecord>,
}

impl Results {
    /// The runs of an agent in a group, by seed.
    pub fn of<'a>(&'a self, group: &'a str, label: &'a str) -> impl Iterator<Item = &'a GroupRecord> + Clone {
        self.runs.iter().filter(move |run| run.group == group && run.label == label)
    }

    /// The regrets of an agent's runs, by seed.
    pub fn regrets(&self, group: &str, label: &str) -> Vec<f64> {
        self.of(group, label).map(|run| run.run.total()).collect()
    }
}

/// The parts, and the units of all of them one after another.
struct Mex {
    parts: Vec<Box<dyn Experiment>>,
    units: Vec<(usize, Unit)>,
}

fn fault<T>(problem: String) -> Result<T> {
    Err(Error::Config { place: "the configuration of mex".into(), problem })
}

impl Mex {
    fn new(config: Config) -> Result<Mex> {
        let parts: Vec<Box<dyn Experiment>> = vec![
            Box::new(Groups::new(config.clone())?),
            Box::new(finite::Finite(config.finite)),
            Box::new(bracket::Brackets(config.bracket)),
            Box::new(identity::Identity(config.identity)),
            Box::new(depth::Depths(config.depth)),
            Box::new(matrix::Matrices(config.matrix)),
            Box::new(markov::Markov(config.markov)),
            Box::new(soccer::SoccerPart(config.soccer)),
            Box::new(actor_critic::ActorCritics(config.actor_critic)),
            Box::new(average::Averages(config.average)),
            Box::new(reward_free::RewardFreePart(config.reward_free)),
        ];
        let mut units = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            units.extend(part.units()?.into_iter().map(|unit| (i, unit)));
        }
        Ok(Mex { parts, units })
    }
}

impl Experiment for Mex {
    fn units(&self) -> Result<Vec<Unit>> {
        let unit = |(setting, (_, unit)): (usize, &(usize, Unit))| Unit { setting, ..unit.clone() };
        Ok(self.units.iter().enumerate().map(unit).collect())
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let (part, own) = &self.units[unit.setting];
        self.parts[*part].run(own)
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let mut all = Outcome::default();
        for (i, part) in self.parts.iter().enumerate() {
            let own = finished.iter().filter_map(|done| {
                let (part, unit) = &self.units[done.unit.setting];
                (*part == i).then(|| Finished { unit: unit.clone(), result: done.result.clone() })
            });
            let Outcome { claims, tables, figures, notes } = part.conclude(&own.collect::<Vec<_>>())?;
            all.claims.extend(claims);
            all.tables.extend(tables);
            all.figures.extend(figures);
            all.notes.extend(notes);
        }
        Ok(all)
    }
}
