//! Rewards that are learnt for what they lead to, exactly.
//!
//! Papers: Gupta, Chandak, Jordan, Thomas and da Silva (2023, BARFI), Thoma et al. (2024, HPGD), Hu et al. (2020, BiPaRS), Zheng, Oh and Singh
//! (2018, LIRPG), Sorg, Singh and Lewis (2010, PGRD). The maze of BARFI is a finite problem of 265 states, so that all but the learning from
//! episodes is exact.
//!
//! | file | what is in it |
//! |---|---|
//! | [`maze`] | the maze, its features, and values that are known |
//! | [`gradient`] | the gradient against differences, the policy's parameters, and the Neumann series |
//! | [`exact`] | BARFI with exact gradients, with the inner problem solved to the end or followed |
//! | [`episodes`] | BARFI and its rivals from episodes |
//! | [`sweep`] | BARFI from episodes at many settings |
//! | [`leader`] | the leader of HPGD |
//! | [`short_plans`] | weights of shaping rewards, rewards for short plans |
//! | [`claims`], [`tables`], [`figures`] | what is judged, written and drawn |

pub mod claims;
pub mod episodes;
pub mod exact;
pub mod figures;
pub mod gradient;
pub mod leader;
pub mod maze;
pub mod short_plans;
pub mod sweep;
pub mod tables;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Result;
use crate::runner::{Bounds, Experiment, Finished, Outcome, Spec, Unit, record};

/// The experiment's entry.
pub fn spec() -> Spec {
    Spec {
        name: "barfi",
        title: "Bi-level reward learning, exactly: BARFI, HPGD, and others",
        source: "Gupta et al. 2023; Thoma et al. 2024; Hu et al. 2020; Zheng et al. 2018; Sorg et al. 2010",
        config: include_str!("../../configs/barfi.toml"),
        build: |settings| Ok(Box::new(Barfi::new(settings.parse()?)?)),
    }
}

/// The settings; see `configs/barfi.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Seeds of learning from episodes.
    pub seeds: u64,
    /// The gradient.
    pub gradient: gradient::Settings,
    /// BARFI with the inner problem solved to the end.
    pub converged: exact::Converged,
    /// Policies that follow fixed rewards.
    pub climb: exact::Climb,
    /// BARFI with exact gradients.
    pub exact: exact::Settings,
    /// Learning from episodes.
    pub episodes: episodes::Settings,
    /// Learning from episodes at many settings.
    pub sweep: sweep::Settings,
    /// The leader of HPGD.
    pub leader: leader::Settings,
    /// Weights and short plans.
    pub tables: short_plans::Settings,
}

/// What a unit of work finds.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Record {
    Gradient(gradient::Record),
    Converged(Vec<exact::ConvergedRun>),
    Climb(Vec<exact::ClimbRun>),
    Tables(short_plans::Record),
    Exact(Vec<exact::Run>),
    Episodes(episodes::Record),
    Sweep(Vec<sweep::Run>),
    Leader(leader::Record),
}

/// All results.
#[derive(Debug, Clone, Default)]
pub struct Results {
    /// The gradient.
    pub gradient: Option<gradient::Record>,
    /// Ascents with the inner problem solved to the end.
    pub converged: Vec<exact::ConvergedRun>,
    /// Policies that follow fixed rewards.
    pub climb: Vec<exact::ClimbRun>,
    /// Weights and short plans.
    pub tables: Option<short_plans::Record>,
    /// BARFI with exact gradients, by start.
    pub exact: Vec<exact::Run>,
    /// Learning from episodes, by seed.
    pub episodes: Vec<episodes::Record>,
    /// Learning from episodes at many settings.
    pub sweep: Vec<sweep::Run>,
    /// The leader, by cell, rate and start.
    pub leader: Vec<leader::Record>,
}

/// The units without seeds.
const SINGLE: [&str; 4] = ["gradient", "converged", "climb", "tables"];

struct Barfi {
    config: Config,
}

impl Barfi {
    fn new(config: Config) -> Result<Barfi> {
        let bounds = Bounds("barfi");
        let Config { gradient, converged, climb, exact, episodes, sweep, leader, tables, .. } = &config;
        bounds.at_least(
            1,
            &[
                ("gradient.tables", gradient.tables as usize),
                ("gradient.actions", gradient.actions),
                ("converged.steps", converged.steps),
                ("converged.naive_steps", converged.naive_steps),
                ("climb.steps", climb.steps),
                ("exact.starts", exact.starts as usize),
                ("exact.outer_steps", exact.outer_steps),
                ("episodes.episodes", episodes.episodes),
                ("episodes.block", episodes.block),
                ("episodes.last", episodes.last),
                ("leader.starts", leader.starts as usize),
                ("leader.scored", leader.scored),
                ("tables.tables", tables.tables as usize),
                ("tables.actions", tables.actions),
                ("tables.steps", tables.steps),
                ("tables.depths", tables.depths.iter().copied().min().unwrap_or(1)),
                ("seeds", config.seeds as usize),
            ],
        )?;
        bounds.at_least(2, &[("gradient.states", gradient.states), ("tables.states", tables.states)])?;
        bounds.some(&[
            ("gradient.terms", gradient.terms.len()),
            ("gradient.shares", gradient.shares.len()),
            ("leader.rates", leader.rates.len()),
            ("leader.temperatures", leader.temperatures.len()),
            ("leader.prices", leader.prices.len()),
            ("tables.depths", tables.depths.len()),
            ("sweep.policy_rates", sweep.policy_rates.len()),
            ("sweep.discount_regularisers", sweep.discount_regularisers.len()),
            ("sweep.reward_regularisers", sweep.reward_regularisers.len()),
        ])?;
        bounds.positive(&[
            ("gradient.temperature", gradient.temperature),
            ("converged.temperature", converged.temperature),
            ("climb.rate", climb.rate),
            ("exact.step", exact.step),
            ("tables.temperature", tables.temperature),
            ("tables.sharpness", tables.sharpness),
        ])?;
        leader.temperatures.iter().try_for_each(|&x| bounds.positive(&[("leader.temperatures", x)]))?;
        leader.rates.iter().try_for_each(|&x| bounds.positive(&[("leader.rates", x)]))?;
        sweep.policy_rates.iter().try_for_each(|&x| bounds.positive(&[("sweep.policy_rates", x)]))?;
        gradient.shares.iter().try_for_each(|&x| bounds.positive(&[("gradient.shares", x)]))?;
        for (name, most, of, count) in [
            ("episodes.block", episodes.block, "episodes.episodes", episodes.episodes),
            ("episodes.last", episodes.last, "episodes.episodes", episodes.episodes),
            ("leader.scored", leader.scored, "leader.iterations", leader.iterations),
        ] {
            if most > count {
                return Err(bounds.fault(name, format!("it is {most}, and must be at most {of}, which is {count}")));
            }
        }
        Ok(Barfi { config })
    }
}

impl Experiment for Barfi {
    fn units(&self) -> Result<Vec<Unit>> {
        let mut units = Unit::exact(&SINGLE);
        let seeded = |setting: usize, name: &str, seed: u64| Unit { id: format!("{name} seed={seed}"), setting, seed };
        for (i, cell) in self.config.leader.cells().iter().enumerate() {
            units.extend((0..self.config.leader.starts).map(|seed| seeded(7 + i, &cell.name(), seed)));
        }
        units.extend((0..self.config.exact.starts).map(|seed| seeded(4, "exact", seed)));
        units.extend((0..self.config.seeds).map(|seed| seeded(5, "episodes", seed)));
        units.extend((0..self.config.seeds).map(|seed| seeded(6, "sweep", seed)));
        Ok(units)
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let config = &self.config;
        record(&match unit.setting {
            0 => Record::Gradient(gradient::measure(&config.gradient)?),
            1 => Record::Converged(exact::converged(&config.converged)?),
            2 => Record::Climb(exact::climb(&config.climb)?),
            3 => Record::Tables(short_plans::measure(&config.tables)?),
            4 => Record::Exact(exact::measure(&config.exact, unit.seed)?),
            5 => Record::Episodes(episodes::measure(&config.episodes, unit.seed)?),
            6 => {
                let episodes = (config.episodes.episodes, config.episodes.last);
                Record::Sweep(sweep::measure(&config.sweep, episodes, unit.seed)?)
            }
            i => Record::Leader(leader::measure(&config.leader, config.leader.cells()[i - 7], unit.seed)?),
        })
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let mut results = Results::default();
        for unit in finished {
            match unit.read()? {
                Record::Gradient(found) => results.gradient = Some(found),
                Record::Converged(found) => results.converged = found,
                Record::Climb(found) => results.climb = found,
                Record::Tables(found) => results.tables = Some(found),
                Record::Exact(found) => results.exact.extend(found),
                Record::Episodes(found) => results.episodes.push(found),
                Record::Sweep(found) => results.sweep.extend(found),
                Record::Leader(found) => results.leader.push(found),
            }
        }
        Ok(Outcome {
            claims: claims::claims(&self.config, &results)?,
            tables: tables::tables(&self.config, &results)?,
            figures: figures::figures(&self.config, &results)?,
            notes: tables::notes(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::runner::{Scale, Settings};

    fn build(changes: &[&str]) -> Result<Box<dyn Experiment>> {
        let changes: Vec<String> = changes.iter().map(|text| (*text).to_owned()).collect();
        let settings = Settings::resolve("barfi", spec().config, Scale::Quick, Some(2), &changes)?;
        (spec().build)(&settings)
    }

    #[test]
    fn units_have_names_of_their_own() {
        let units = build(&["leader.rates=[0.5,0.1]"]).unwrap().units().unwrap();
        assert_eq!(units.len(), SINGLE.len() + 2 + 2 + 2 + 2);
        let mut names: Vec<&str> = units.iter().map(|unit| unit.id.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), units.len());
    }

    #[test]
    fn settings_that_leave_nothing_to_do_are_refused() {
        for change in [
            "episodes.block=0",
            "episodes.last=501",
            "leader.scored=101",
            "exact.outer_steps=0",
            "exact.starts=0",
            "climb.steps=0",
            "gradient.tables=0",
            "gradient.terms=[]",
            "gradient.shares=[]",
            "gradient.shares=[0.0]",
            "gradient.temperature=nan",
            "tables.tables=0",
            "tables.depths=[0]",
            "leader.rates=[]",
            "sweep.policy_rates=[]",
        ] {
            let error = build(&[change]).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(change.split('=').next().unwrap()), "{change}: {error}");
        }
    }
}
