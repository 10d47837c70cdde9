//! Policy gradients on named problems, and the planners that stand for the optimum there.

use serde::{Deserialize, Serialize};
use tabrl::submodular::planner::{Modular, Ties, beam, greedy, uniform_sampled};
use tabrl::submodular::subpo::{Estimator, Inputs, Memory, Options, Parameters, Pay, train};
use tabrl::submodular::{Lattice, SetFunction};
use tabrl_envs::submodular::{Given, NamedWalk, make};

use super::Config;
use crate::runner::split_setting;
use crate::{Error, Result};

/// Methods on one problem.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The problem's name.
    pub problem: String,
    /// H, unless it is the problem's own.
    pub horizon: Option<usize>,
    /// Probability of a uniform action.
    pub slip: Option<f64>,
    /// Whether the seed draws the field or the items too.
    #[serde(default)]
    pub fields: bool,
    /// Gradient steps.
    pub epochs: usize,
    /// Walks a gradient step.
    pub batch: usize,
    /// Number of seeds.
    pub seeds: u64,
    /// Methods, as `label: key=value ...`.
    pub methods: Vec<String>,
}

impl Group {
    /// The problem at a seed.
    ///
    /// # Errors
    /// An unknown name, or numbers out of range.
    pub fn problem(&self, seed: u64) -> Result<NamedWalk> {
        let seed = if self.fields { seed } else { 0 };
        Ok(make(&self.problem, &Given { horizon: self.horizon, slip: self.slip, seed })?)
    }
}

/// A method, as the configuration writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Method {
    /// Its label.
    pub label: String,
    /// Its settings; epochs, batch and seed are the group's.
    pub options: Options,
}

impl Method {
    /// Reads `label: key=value ...`.
    ///
    /// # Errors
    /// Text of another form, an unknown key or word.
    pub fn parse(text: &str) -> Result<Method> {
        let place = || format!("method `{text}` of the configuration of subpo");
        let fault = |problem: String| Error::Config { place: place(), problem };
        let (label, settings) =
            text.split_once(':').ok_or_else(|| fault("it must be written `label: key=value ...`".into()))?;
        let mut options = Options::default();
        for setting in settings.split_whitespace() {
            let (key, value) = split_setting(setting)?;
            match (key, value) {
                ("memory", "markov") => options.memory = Memory::Markov,
                ("memory", "history") => options.memory = Memory::History,
                ("parameters", "table") => options.parameters = Parameters::Table,
                ("parameters", "raw") => options.parameters = Parameters::Network(Inputs::Raw),
                ("parameters", "scaled") => options.parameters = Parameters::Network(Inputs::Scaled),
                ("pay", "submodular") => options.pay = Pay::Submodular,
                ("pay", "modular") => options.pay = Pay::Modular,
                ("estimator", name) => options.estimator = Estimator::named(name)?,
                ("step", number) => {
                    options.step_size = number.parse().map_err(|_| fault(format!("step={number} is not a number")))?;
                }
                ("memory" | "parameters" | "pay", word) => {
                    let known: &[&str] = match key {
                        "memory" => &["markov", "history"],
                        "parameters" => &["table", "raw", "scaled"],
                        _ => &["submodular", "modular"],
                    };
                    return Err(tabrl::Error::unknown("word", word, known.iter().copied()).into());
                }
                (key, _) => {
                    let known = ["memory", "parameters", "estimator", "pay", "step"];
                    return Err(tabrl::Error::unknown("key", key, known).into());
                }
            }
        }
        Ok(Method { label: label.trim().to_owned(), options })
    }
}

/// A run, and what it is compared with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trained {
    /// Its group.
    pub group: String,
    /// Its method's label.
    pub method: String,
    /// Its seed.
    pub seed: u64,
    /// Mean value of the batch, epoch by epoch.
    pub curve: Vec<f64>,
    /// A walk of the last batch.
    pub walk: Vec<usize>,
    /// The best known value: the optimum where it can be computed or is known, else the best of beam, greedy and this run's walks.
    pub best_known: f64,
    /// Whether that is the optimum.
    pub is_optimum: bool,
    /// What greedy walks, the walk of the additive optimum and uniform walks are worth, and those walks.
    pub greedy: (f64, Vec<usize>),
    /// As above.
    pub modular: (f64, Vec<usize>),
    /// The beam's, or the optimum's.
    pub plan: (f64, Vec<usize>),
    /// As above.
    pub uniform: f64,
}

impl Trained {
    /// Mean of the last five epochs.
    pub fn late(&self) -> f64 {
        let tail = &self.curve[self.curve.len().saturating_sub(5)..];
        tail.iter().sum::<f64>() / tail.len() as f64
    }
}

/// Trains a method of a group.
///
/// # Errors
/// Settings that the training refuses.
pub fn run(config: &Config, name: &str, method: &Method, seed: u64) -> Result<Trained> {
    let group = &config.groups[name];
    let walk = group.problem(seed)?;
    let problem = &walk.problem;
    let options = Options { epochs: group.epochs, batch: group.batch, seed, ..method.options };
    let run = train(problem, &options)?;
    let (mut states, mut value) = greedy(problem, Ties::First, 0);
    let modular = Modular::new(problem).trajectory(problem);
    let (plan, is_optimum, uniform);
    match Lattice::within(problem, 2_000_000) {
        Ok(lattice) => {
            let best = lattice.optimum();
            (plan, is_optimum) = ((best.value, best.trajectory), true);
            uniform = lattice.value(&tabrl::submodular::MarkovPolicy::uniform(&problem.mdp, problem.horizon));
            if !problem.is_deterministic() {
                (states, value) = (Vec::new(), lattice.greedy());
            }
        }
        Err(_) => {
            let found = beam(problem, config.beam_width)?;
            plan = (found.value, found.states);
            // Every cell covered, every demand met, or two new cells a move: there is no more.
            let most = match group.problem.as_str() {
                "submodular/two-rooms" => 68.0,
                "submodular/constant-30x30" => 2.0 * (problem.horizon as f64 + 1.0),
                "submodular/items-7x15" => 21.0,
                _ => f64::INFINITY,
            };
            is_optimum = plan.0 >= most;
            uniform = uniform_sampled(problem, 500, 0)?.mean;
        }
    }
    let best_known = if is_optimum { plan.0 } else { plan.0.max(value).max(run.best.1) };
    Ok(Trained {
        group: name.to_owned(),
        method: method.label.clone(),
        seed,
        curve: run.curve,
        walk: run.last,
        best_known,
        is_optimum,
        greedy: (value, states),
        modular: (problem.function.value(&modular), modular),
        plan,
        uniform,
    })
}
