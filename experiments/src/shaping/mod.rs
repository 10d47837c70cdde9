//! Reward shaping, rewards guessed from behaviour, and rewards under constraints.
//!
//! Papers: Ng, Harada and Russell (1999), Wiewiora (2003), Grzes (2017), Devlin and Kudenko (2012), Harutyunyan et al. (2015), Müller and Kudenko
//! (2025), Adamczyk et al. (2025) on shaping; Ng and Russell (2000), Abbeel and Ng (2004), Ziebart (2010), Hadfield-Menell et al. (2017), Barde et
//! al. (2020) on rewards from behaviour; Roy et al. (2022) on constraints. All but Q-learning is exact.
//!
//! | file | what is in it |
//! |---|---|
//! | [`identities`] | what shaping leaves alone, on random tables |
//! | [`learning`] | the scale and the shift of a potential, in Q-learning |
//! | [`bootstrap`] | potentials that follow the learner's own values |
//! | [`budgets`] | constraints: front, scalar weights, Lagrangian iterations |
//! | [`behaviour`] | inverse reward learning |
//! | [`tables`], [`figures`] | what is written and drawn |

pub mod behaviour;
pub mod bootstrap;
pub mod budgets;
pub mod figures;
pub mod identities;
pub mod learning;
pub mod tables;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::mdp::{Mdp, MdpBuilder};
use tabrl::rng::{self, Fast, Purpose};

use crate::Result;
use crate::runner::{Bounds, Claim, Experiment, Finished, Outcome, Spec, Unit, record};

/// The experiment's entry.
pub fn spec() -> Spec {
    Spec {
        name: "shaping",
        title: "Reward shaping, inverse reward learning and constrained rewards, exactly",
        source: "Ng et al. 1999; Wiewiora 2003; Müller and Kudenko 2025; Adamczyk et al. 2025; Roy et al. 2022; and others",
        config: include_str!("../../configs/shaping.toml"),
        build: |settings| Ok(Box::new(Shaping::new(settings.parse()?)?)),
    }
}

/// The settings; see `configs/shaping.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Seeds of Q-learning.
    pub seeds: u64,
    /// Identities on random tables.
    pub identities: identities::Settings,
    /// Q-learning.
    pub learning: learning::Settings,
    /// Bootstrapped shaping.
    pub bootstrapped: bootstrap::Settings,
    /// Constraints.
    pub constrained: budgets::Settings,
    /// Inverse reward learning.
    pub inverse: behaviour::Settings,
}

/// What a unit of work finds.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Record {
    Identities(identities::Record),
    Learning(learning::Record),
    Bootstrapped(Vec<bootstrap::Record>),
    Constrained(budgets::Record),
    Inverse(behaviour::Record),
}

/// All results.
#[derive(Debug, Clone, Default)]
pub struct Results {
    /// Identities.
    pub identities: Option<identities::Record>,
    /// Q-learning, by seed.
    pub learning: Vec<learning::Record>,
    /// Bootstrapped shaping, by table and `η`.
    pub bootstrapped: Vec<bootstrap::Record>,
    /// Constraints.
    pub constrained: Option<budgets::Record>,
    /// Inverse reward learning.
    pub inverse: Option<behaviour::Record>,
}

/// The units that are exact; those of Q-learning follow.
const EXACT: [&str; 4] = ["identities", "bootstrapped", "constrained", "inverse"];

struct Shaping {
    config: Config,
}

impl Shaping {
    fn new(config: Config) -> Result<Shaping> {
        let bounds = Bounds("shaping");
        let Config { identities, learning, bootstrapped, constrained, inverse, .. } = &config;
        bounds.at_least(
            1,
            &[
                ("identities.tables", identities.tables as usize),
                ("identities.actions", identities.actions),
                ("learning.episodes", learning.episodes),
                ("learning.cap", learning.cap),
                ("bootstrapped.sweeps", bootstrapped.sweeps),
                ("inverse.tables", inverse.tables as usize),
                ("inverse.features", inverse.features),
                ("inverse.decisions", inverse.decisions),
                ("inverse.projections", inverse.projections),
                ("seeds", config.seeds as usize),
            ],
        )?;
        bounds.at_least(
            2,
            &[
                ("identities.states", identities.states),
                ("learning.side", learning.side),
                ("constrained.steps", constrained.steps),
                ("constrained.front_points", constrained.front_points),
                ("constrained.weights", constrained.weights),
            ],
        )?;
        bounds.some(&[
            ("learning.potentials", learning.potentials.len()),
            ("bootstrapped.etas", bootstrapped.etas.len()),
            ("constrained.bounds", constrained.bounds.len()),
        ])?;
        bounds.positive(&[
            ("constrained.step_size", constrained.step_size),
            ("constrained.temperature", constrained.temperature),
            ("constrained.largest_weight", constrained.largest_weight),
            ("identities.temperature", identities.temperature),
        ])?;
        Ok(Shaping { config })
    }
}

impl Experiment for Shaping {
    fn units(&self) -> Result<Vec<Unit>> {
        let mut units = Unit::exact(&EXACT);
        let learning = |seed| Unit { id: format!("q-learning seed={seed}"), setting: EXACT.len(), seed };
        units.extend((0..self.config.seeds).map(learning));
        Ok(units)
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let config = &self.config;
        record(&match unit.setting {
            0 => Record::Identities(identities::measure(&config.identities)?),
            1 => Record::Bootstrapped(bootstrap::measure(&config.bootstrapped)?),
            2 => Record::Constrained(budgets::measure(&config.constrained)?),
            3 => Record::Inverse(behaviour::measure(&config.inverse)?),
            _ => Record::Learning(learning::measure(&config.learning, unit.seed)?),
        })
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let mut results = Results::default();
        for unit in finished {
            match unit.read()? {
                Record::Identities(found) => results.identities = Some(found),
                Record::Bootstrapped(found) => results.bootstrapped = found,
                Record::Constrained(found) => results.constrained = Some(found),
                Record::Inverse(found) => results.inverse = Some(found),
                Record::Learning(found) => results.learning.push(found),
            }
        }
        Ok(Outcome {
            claims: judge(&self.config, &results)?,
            tables: tables::tables(&self.config, &results)?,
            figures: figures::figures(&self.config, &results)?,
            notes: tables::notes(),
        })
    }
}

/// Judges every claim.
fn judge(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    if let Some(found) = &results.identities {
        claims.extend(identities::claims(found));
    }
    claims.extend(bootstrap::claims(&config.bootstrapped, &results.bootstrapped));
    claims.extend(learning::claims(&config.learning, &results.learning)?);
    if let Some(found) = &results.constrained {
        claims.extend(budgets::claims(&config.constrained, found));
    }
    if let Some(found) = &results.inverse {
        claims.extend(behaviour::claims(found));
    }
    Ok(claims)
}

/// A table of random laws with four successors a choice and rewards in [−½, ½), of which the last `terminal` states end the episode.
///
/// # Errors
/// None for at least one state that is not terminal.
pub fn random_table(states: usize, actions: usize, terminal: usize, seed: u64) -> Result<(Mdp, Fast)> {
    let mut rng = rng::fast(seed, Purpose::Generation, 0);
    let acting = states - terminal;
    let mut builder = MdpBuilder::new(states);
    for s in 0..acting {
        for a in 0..actions {
            let weights: Vec<f64> = (0..4).map(|_| 0.05 + rng::uniform(&mut rng)).collect();
            let total: f64 = weights.iter().sum();
            let mut to = |w: &f64| (w / total, rng::below(&mut rng, states), rng::uniform(&mut rng) - 0.5);
            let branches: Vec<_> = weights.iter().map(&mut to).collect();
            builder.choice(s, a, &branches);
        }
        builder.initial(s, 1.0 / acting as f64);
    }
    (acting..states).for_each(|s| _ = builder.terminal(s));
    Ok((builder.build()?, rng))
}

/// The largest `|a − b|`.
pub(crate) fn apart(a: &[f64], b: impl IntoIterator<Item = f64>) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::runner::{Scale, Settings};

    fn build(changes: &[&str]) -> Result<Box<dyn Experiment>> {
        let changes: Vec<String> = changes.iter().map(|text| (*text).to_owned()).collect();
        let settings = Settings::resolve("shaping", spec().config, Scale::Quick, Some(2), &changes)?;
        (spec().build)(&settings)
    }

    #[test]
    fn units_are_the_exact_ones_and_one_a_seed() {
        let units = build(&[]).unwrap().units().unwrap();
        assert_eq!(units.len(), EXACT.len() + 2);
        assert_eq!(units.last().map(|unit| unit.id.as_str()), Some("q-learning seed=1"));
    }

    #[test]
    fn settings_that_leave_nothing_to_do_are_refused() {
        for change in ["learning.episodes=0", "identities.states=1", "constrained.steps=1"] {
            assert!(build(&[change]).err().unwrap().to_string().contains("at least"), "{change}");
        }
    }
}
