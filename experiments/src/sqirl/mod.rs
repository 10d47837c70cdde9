//! SQIRL and GORP on MiniGrid: when random exploration is enough, how many steps it takes, and against what.
//!
//! Papers: Laidlaw, Russell, Dragan (NeurIPS 2023) for GORP; Laidlaw, Zhu, Russell, Dragan (ICLR 2024) for SQIRL. Learning is
//! sampled; what was learned is evaluated exactly.
//!
//! | file | what is in it |
//! |---|---|
//! | [`gorp`] | GORP by sampling against its exact law, with shaped rewards, and with sticky actions |
//! | [`literal`], [`pooled`] | SQIRL as analysed and as used |
//! | [`baselines`] | other learners under the same budget |
//! | [`mod@reference`] | values of an independent implementation |
//! | [`claims`], [`tables`], [`figures`] | what is concluded, written and drawn |

pub mod baselines;
pub mod claims;
pub mod figures;
pub mod gorp;
pub mod literal;
pub mod pooled;
pub mod reference;
mod summary;
pub mod tables;

use serde::Deserialize;
use serde_json::Value;
use tabrl::learning::OracleParams;
use tabrl::mdp::Mdp;
use tabrl_envs::EnvTable;

use crate::runner::{Experiment, Finished, Outcome, Spec, Unit, record};
use crate::{Error, Result};
use baselines::{Baseline, BaselineRecord, CurveRecord};
use gorp::{GorpRecord, OpenLoopRecord, ShapedRecord};
use literal::{LiteralRecord, ShortRoom};
use pooled::{CloserRecord, PooledRecord};

/// The experiment's entry.
pub fn spec() -> Spec {
    Spec {
        name: "sqirl",
        title: "When random exploration is enough: SQIRL and GORP on MiniGrid",
        source: "Laidlaw, Zhu, Russell, Dragan (ICLR 2024); Laidlaw, Russell, Dragan (NeurIPS 2023)",
        config: include_str!("../../configs/sqirl.toml"),
        build: |settings| Ok(Box::new(Sqirl::new(settings.parse()?)?)),
    }
}

/// The settings; see `configs/sqirl.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Steps of an episode.
    pub horizon: usize,
    /// Stickiness of the sticky half.
    pub sticky: f64,
    /// Discount of the pooled algorithm.
    pub discount: f64,
    /// Share of the optimal return that counts as solved.
    pub share: f64,
    /// Steps of lookahead.
    pub ks: Vec<usize>,
    /// Most states of a table.
    pub state_limit: usize,
    /// Where pooled SQIRL and the baselines run.
    pub environments: Vec<String>,
    /// Largest m of pooled SQIRL.
    pub m_max: u64,
    /// Environment steps of a run.
    pub budget: u64,
    /// Regression oracle of pooled SQIRL.
    pub oracle: String,
    /// What it sees of a state.
    pub features: String,
    /// Rows of pooled SQIRL that are looked at with many seeds, `environment k seeds`.
    pub closer: Vec<String>,
    /// Seeds of pooled SQIRL, the baselines, and GORP with sticky actions.
    pub seeds: u64,
    /// Where literal SQIRL runs, `environment horizon`.
    pub literal: Vec<String>,
    /// Environment steps of a run of literal SQIRL.
    pub literal_budget: u64,
    /// Seeds of literal SQIRL.
    pub literal_seeds: u64,
    /// Seeds of the one claim about m = 16 in the smallest room.
    pub short_room_seeds: u64,
    /// Where GORP is sampled.
    pub gorp: Vec<String>,
    /// Runs of each.
    pub gorp_runs: u64,
    /// Most environment steps of a run there.
    pub gorp_max_steps: f64,
    /// Most environment steps of a run at `m_k` where the least m is searched for by sampling too.
    pub gorp_search_steps: f64,
    /// Shaped rewards, `environment shaping`.
    pub shaped: Vec<String>,
    /// m where there is no exact one.
    pub shaped_m: u64,
    /// Where GORP meets sticky actions.
    pub open_loop: Vec<String>,
    /// Environment steps of a run there.
    pub open_loop_budget: u64,
    /// Lengths of its sequences there.
    pub open_loop_ks: Vec<usize>,
    /// Other learners.
    pub baselines: Vec<String>,
    /// Evaluations of a learner.
    pub points: usize,
    /// Where learning curves are drawn.
    pub curves: Vec<String>,
}

/// What one unit of work does.
#[derive(Debug, Clone, PartialEq)]
enum Task {
    Gorp { environment: String, k: usize },
    Shaped { environment: String, shaping: String },
    OpenLoop { environment: String, k: usize },
    Literal { environment: String, horizon: usize, sticky: bool, k: usize },
    ShortRoom,
    Pooled { environment: String, k: usize },
    Closer { environment: String, k: usize, seeds: u64 },
    Baseline { environment: String, baseline: usize },
    Curve { environment: String, learner: Option<usize> },
}

impl Task {
    fn id(&self, config: &Config) -> String {
        match self {
            Task::Gorp { environment, k } => format!("gorp {environment} k={k}"),
            Task::Shaped { environment, shaping } => format!("gorp {environment} shaping={shaping}"),
            Task::OpenLoop { environment, k } => format!("gorp-sticky {environment} k={k}"),
            Task::Literal { environment, horizon, sticky, k } => {
                format!("literal {environment} horizon={horizon} sticky={sticky} k={k}")
            }
            Task::ShortRoom => "literal short room".into(),
            Task::Pooled { environment, k } => format!("pooled {environment} k={k}"),
            Task::Closer { environment, k, .. } => format!("closer {environment} k={k}"),
            Task::Baseline { environment, baseline } => {
                format!("baseline {environment} {}", config.baselines[*baseline])
            }
            Task::Curve { environment, learner: None } => format!("curve {environment} sqirl"),
            Task::Curve { environment, learner: Some(i) } => format!("curve {environment} {}", config.baselines[*i]),
        }
    }
}

/// All results, sorted by what they are.
#[derive(Debug, Clone, Default)]
pub struct Results {
    /// GORP by sampling.
    pub gorp: Vec<GorpRecord>,
    /// GORP with shaped rewards.
    pub shaped: Vec<ShapedRecord>,
    /// GORP deterministic and sticky.
    pub open_loop: Vec<OpenLoopRecord>,
    /// Literal SQIRL.
    pub literal: Vec<LiteralRecord>,
    /// Literal SQIRL with m = 16 in the smallest room.
    pub short_room: Option<ShortRoom>,
    /// Pooled SQIRL.
    pub pooled: Vec<PooledRecord>,
    /// Rows of it with many seeds.
    pub closer: Vec<CloserRecord>,
    /// Other learners.
    pub baselines: Vec<BaselineRecord>,
    /// Learning curves.
    pub curves: Vec<CurveRecord>,
}

struct Sqirl {
    config: Config,
    baselines: Vec<Baseline>,
    tasks: Vec<Task>,
}

fn fault<T>(problem: String) -> Result<T> {
    Err(Error::Config { place: "the configuration of sqirl".into(), problem })
}

impl Config {
    /// The regression oracle of pooled SQIRL.
    fn regression(&self) -> Result<OracleParams> {
        Ok(OracleParams::from_text(&[("oracle", &self.oracle), ("features", &self.features)])?)
    }
}

impl Sqirl {
    fn new(config: Config) -> Result<Sqirl> {
        if config.ks.iter().chain(&config.open_loop_ks).any(|&k| k == 0 || k > config.horizon) {
            return fault(format!("ks: every k must be from 1 to the horizon, {}", config.horizon));
        }
        if config.seeds == 0 || config.literal_seeds == 0 || config.gorp_runs == 0 || config.m_max == 0 {
            return fault("seeds, literal_seeds, gorp_runs and m_max must be at least 1".into());
        }
        if config.budget < config.horizon as u64 {
            return fault(format!("budget = {}: one iteration takes up to {} steps", config.budget, config.horizon));
        }
        config.regression()?.check()?;
        if !(config.share > 0.0 && config.share <= 1.0) {
            return fault(format!("share = {}: it must be in (0, 1]", config.share));
        }
        let baselines: Vec<Baseline> =
            config.baselines.iter().map(|text| Baseline::parse(text)).collect::<Result<_>>()?;
        let mut tasks: Vec<Task> = Vec::new();
        let named = || config.environments.iter().cloned();
        let with_ks = |names: &[String], ks: &[usize]| {
            let pairs = names.iter().flat_map(|name| ks.iter().map(move |&k| (name.clone(), k)));
            pairs.collect::<Vec<_>>()
        };
        // The longest units come first, so that no thread is left alone with one in the end.
        let pooled = with_ks(&config.environments, &config.ks);
        tasks.extend(pooled.into_iter().rev().map(|(environment, k)| Task::Pooled { environment, k }));
        for text in &config.closer {
            let words: Vec<&str> = text.split_whitespace().collect();
            let parsed = match words[..] {
                [name, k, seeds] => {
                    k.parse().ok().zip(seeds.parse().ok()).map(|(k, seeds)| (name.to_owned(), k, seeds))
                }
                _ => None,
            };
            let Some((environment, k, seeds)) =
                parsed.filter(|&(_, k, seeds)| (1..=config.horizon).contains(&k) && seeds > 0)
            else {
                return fault(format!(
                    "closer = [\"{text}\"]: it must read `environment k seeds`, such as `Empty-6x6 1 1000`"
                ));
            };
            if reference::pooled(&environment, k).flatten().is_none() {
                return fault(format!("closer = [\"{text}\"]: the reference has no m for it"));
            }
            tasks.push(Task::Closer { environment, k, seeds });
        }
        for text in config.literal.iter().rev() {
            let parsed = text.split_once(' ').and_then(|(name, t)| Some((name, t.trim().parse::<usize>().ok()?)));
            let Some((environment, horizon)) = parsed.filter(|&(_, horizon)| horizon > 0) else {
                return fault(format!(
                    "literal = [\"{text}\"]: it must read `environment horizon`, such as `Empty-5x5 8`"
                ));
            };
            for (sticky, &k) in [true, false].iter().flat_map(|&s| config.ks.iter().map(move |k| (s, k))) {
                tasks.push(Task::Literal { environment: environment.into(), horizon, sticky, k });
            }
        }
        for (i, _) in baselines.iter().enumerate() {
            tasks.extend(named().rev().map(|environment| Task::Baseline { environment, baseline: i }));
        }
        tasks.extend(
            with_ks(&config.open_loop, &config.open_loop_ks)
                .into_iter()
                .map(|(environment, k)| Task::OpenLoop { environment, k }),
        );
        for environment in &config.curves {
            let learners = std::iter::once(None).chain((0..baselines.len()).map(Some));
            tasks.extend(learners.map(|learner| Task::Curve { environment: environment.clone(), learner }));
        }
        if config.short_room_seeds > 0 {
            tasks.push(Task::ShortRoom);
        }
        tasks.extend(
            with_ks(&config.gorp, &config.ks).into_iter().map(|(environment, k)| Task::Gorp { environment, k }),
        );
        for text in &config.shaped {
            let Some((environment, shaping)) = text.split_once(' ') else {
                return fault(format!(
                    "shaped = [\"{text}\"]: it must read `environment shaping`, such as `Empty-8x8 distance`"
                ));
            };
            tasks.push(Task::Shaped { environment: environment.into(), shaping: shaping.trim().into() });
        }
        Ok(Sqirl { config, baselines, tasks })
    }
}

/// The table of a MiniGrid environment.
fn table(config: &Config, environment: &str, given: &[(&str, &str)]) -> Result<Mdp> {
    Ok(tabrl_envs::make(&format!("minigrid/{environment}"), given)?.table(config.state_limit)?.mdp)
}

/// The table with what the regression oracle of pooled SQIRL may see of its states.
fn seen_table(config: &Config, environment: &str) -> Result<EnvTable> {
    let environment = tabrl_envs::make(&format!("minigrid/{environment}"), &[])?;
    // What is seen of all cells takes memory.
    match config.features.as_str() {
        "full-grid" => Ok(environment.observed_table(config.state_limit)?),
        _ => Ok(environment.table(config.state_limit)?),
    }
}

impl Experiment for Sqirl {
    fn units(&self) -> Result<Vec<Unit>> {
        let ids: Vec<String> = self.tasks.iter().map(|task| task.id(&self.config)).collect();
        Ok(Unit::exact(&ids))
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let config = &self.config;
        match &self.tasks[unit.setting] {
            Task::Gorp { environment, k } => record(&gorp::sampled(config, environment, *k)?),
            Task::Shaped { environment, shaping } => record(&gorp::shaped(config, environment, shaping)?),
            Task::OpenLoop { environment, k } => record(&gorp::open_loop(config, environment, *k)?),
            Task::Literal { environment, horizon, sticky, k } => {
                record(&literal::measure(config, environment, *horizon, *sticky, *k)?)
            }
            Task::ShortRoom => record(&literal::short_room(config)?),
            Task::Pooled { environment, k } => record(&pooled::measure(config, environment, *k)?),
            Task::Closer { environment, k, seeds } => record(&pooled::closer(config, environment, *k, *seeds)?),
            Task::Baseline { environment, baseline } => {
                record(&baselines::measure(config, environment, &self.baselines[*baseline])?)
            }
            Task::Curve { environment, learner } => {
                record(&baselines::curve(config, environment, learner.map(|i| &self.baselines[i]))?)
            }
        }
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let mut results = Results::default();
        for done in finished {
            match &self.tasks[done.unit.setting] {
                Task::Gorp { .. } => results.gorp.push(done.read()?),
                Task::Shaped { .. } => results.shaped.push(done.read()?),
                Task::OpenLoop { .. } => results.open_loop.push(done.read()?),
                Task::Literal { .. } => results.literal.push(done.read()?),
                Task::ShortRoom => results.short_room = Some(done.read()?),
                Task::Pooled { .. } => results.pooled.push(done.read()?),
                Task::Closer { .. } => results.closer.push(done.read()?),
                Task::Baseline { .. } => results.baselines.push(done.read()?),
                Task::Curve { .. } => results.curves.push(done.read()?),
            }
        }
        // Work is ordered by its cost; tables are ordered as the configuration lists the environments.
        let place =
            |list: &[String], name: &str| list.iter().position(|text| text.starts_with(name)).unwrap_or(usize::MAX);
        let config = &self.config;
        results.pooled.sort_by_key(|row| (config.environments.iter().position(|e| *e == row.environment), row.k));
        results.baselines.sort_by_key(|row| config.environments.iter().position(|e| *e == row.environment));
        results.literal.sort_by_key(|row| {
            (place(&config.literal, &format!("{} {}", row.environment, row.horizon)), row.sticky, row.k)
        });
        Ok(Outcome {
            claims: claims::judge(config, &results)?,
            tables: tables::tables(config, &results),
            figures: figures::figures(config, &results)?,
            notes: tables::notes(config, &results),
        })
    }
}
