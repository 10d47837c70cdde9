//! What is simulated: pseudo-regret of policies, and of myopic play with an error.

use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use tabrl::bandits::policy::Policy;
use tabrl::bandits::problem::{Arms, Bernoulli};
use tabrl::bandits::{Counts, policy_regret, pseudo_regret};
use tabrl::rng::{self, Fast, Purpose, uniform};

use super::config::{Config, cell};
use super::exact::UNIFORM;
use super::normal::{self, Agent};
use crate::Result;

/// Simulated work: some runs of one agent in one problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// What is run.
    pub what: What,
    /// Which runs, in chunks of equal size.
    pub chunk: u64,
    /// How many.
    runs: u64,
}

/// An agent in a problem.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A policy on arms of given means: group, policy.
    Regret(String, String),
    /// A policy on arms whose means are drawn: group, policy.
    Bayes(String, String),
    /// Myopic play with an error: arms, steps, noise.
    Noise(usize, usize, Noise),
    /// Thompson sampling in a task of RL²: arms, pulls; what is recorded is expected reward.
    Rl2(usize, usize),
    /// Normal arms in blocks.
    Normal(Agent),
}

/// What is added to the posterior mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Noise {
    /// Scale times the posterior's standard deviation times a normal draw, fresh in each step and arm.
    Fresh(f64),
    /// Scale times the prior's standard deviation times a normal draw, fresh in each step and arm.
    Constant(f64),
    /// As `Fresh`, with one draw for each arm and run.
    Frozen(f64),
}

impl Noise {
    /// Its name in tables.
    pub fn name(self) -> String {
        match self {
            Noise::Fresh(scale) => format!("fresh {scale}"),
            Noise::Constant(scale) => format!("constant {scale}"),
            Noise::Frozen(scale) => format!("frozen {scale}"),
        }
    }
}

/// All simulated work.
///
/// # Errors
/// Unknown policies, means that are no probabilities, cells of another form.
pub fn tasks(config: &Config) -> Result<Vec<Sampled>> {
    let mut all: Vec<(What, u64)> = Vec::new();
    for (name, group) in &config.regret {
        // What is wrong with the settings is said before the work starts.
        Bernoulli::new(group.means.clone())?;
        for text in &group.policies {
            Policy::named(text, UNIFORM, group.horizon)?;
            all.push((What::Regret(name.clone(), text.clone()), group.runs));
        }
    }
    for (name, group) in &config.bayes {
        for (text, &runs) in &group.runs {
            Policy::named(text, UNIFORM, group.horizon)?;
            all.push((What::Bayes(name.clone(), text.clone()), runs));
        }
    }
    let noise = &config.noise;
    for text in &noise.cells {
        let (arms, horizon) = cell(text)?;
        let fresh = noise.scales.iter().map(|&scale| Noise::Fresh(scale));
        let constant = noise.constant.iter().map(|&scale| Noise::Constant(scale));
        let frozen = noise.frozen.iter().map(|&scale| Noise::Frozen(scale));
        for kind in fresh.chain(constant).chain(frozen) {
            all.push((What::Noise(arms, horizon, kind), noise.runs));
        }
    }
    for text in &config.rl2.cells {
        let (arms, horizon) = cell(text)?;
        all.push((What::Rl2(arms, horizon), config.rl2.runs));
    }
    all.extend(normal::AGENTS.map(|agent| (What::Normal(agent), config.normal.runs)));
    let chunk = config.chunk;
    let mut tasks = Vec::new();
    for (what, runs) in all {
        for i in 0..runs.div_ceil(chunk) {
            tasks.push(Sampled { what: what.clone(), chunk: i, runs: chunk.min(runs - i * chunk) });
        }
    }
    Ok(tasks)
}

/// Numbers of steps evenly on a logarithmic axis, the last one being `horizon`.
pub fn points(horizon: usize) -> Vec<usize> {
    let mut points: Vec<usize> =
        (0..=40).map(|i| (horizon as f64).powf(f64::from(i) / 40.0).round() as usize).filter(|&n| n > 0).collect();
    points.dedup();
    points
}

/// Arms whose means are drawn uniformly.
fn draw(arms: usize, seed: u64) -> Result<Bernoulli> {
    let mut stream = rng::fast(seed, Purpose::Generation, 0);
    Ok(Bernoulli::new((0..arms).map(|_| uniform(&mut stream)).collect())?)
}

impl Sampled {
    /// The name of what is run.
    pub fn name(&self) -> String {
        match &self.what {
            What::Regret(group, policy) => format!("regret {group} {policy}"),
            What::Bayes(group, policy) => format!("bayes {group} {policy}"),
            What::Noise(arms, horizon, noise) => format!("noise {arms}x{horizon} {}", noise.name()),
            What::Rl2(arms, horizon) => format!("rl2 {arms}x{horizon}"),
            What::Normal(agent) => format!("normal {}", agent.name()),
        }
    }

    /// One row a run, see [`super::Results::runs`].
    ///
    /// # Errors
    /// Settings out of range.
    pub fn simulate(&self, config: &Config) -> Result<Vec<Vec<f64>>> {
        let first = self.chunk * config.chunk.max(1);
        let seeds = first..first + self.runs;
        let each = |run: &(dyn Fn(u64) -> Result<Vec<f64>> + Sync)| seeds.clone().into_par_iter().map(run).collect();
        match &self.what {
            What::Regret(group, policy) => {
                let group = &config.regret[group];
                let (arms, points) = (Bernoulli::new(group.means.clone())?, points(group.horizon));
                let policy = Policy::named(policy, UNIFORM, group.horizon)?;
                each(&|seed| Ok(policy_regret(&arms, &policy, &points, seed)?))
            }
            What::Bayes(group, policy) => {
                let group = &config.bayes[group];
                let points = points(group.horizon);
                let policy = Policy::named(policy, UNIFORM, group.horizon)?;
                each(&|seed| Ok(policy_regret(&draw(group.arms, seed)?, &policy, &points, seed)?))
            }
            What::Noise(arms, horizon, noise) => each(&|seed| perturbed(&draw(*arms, seed)?, *horizon, *noise, seed)),
            What::Rl2(arms, horizon) => {
                let policy = Policy::named("thompson", UNIFORM, *horizon)?;
                each(&|seed| {
                    let arms = draw(*arms, seed)?;
                    let regret = policy_regret(&arms, &policy, &[*horizon], seed)?[0];
                    Ok(vec![*horizon as f64 * arms.best_mean() - regret])
                })
            }
            What::Normal(agent) => {
                let indices = normal::indices(&config.normal, *agent)?;
                each(&|seed| Ok(vec![normal::reward(&config.normal, *agent, &indices, seed)]))
            }
        }
    }
}

/// The pseudo-regret after all steps of myopic play with an error: the arm of largest posterior mean plus noise.
fn perturbed(arms: &Bernoulli, horizon: usize, noise: Noise, seed: u64) -> Result<Vec<f64>> {
    let k = arms.num_arms();
    let normal = |rng: &mut Fast| -> f64 { StandardNormal.sample(rng) };
    let mut stream = rng::fast(seed, Purpose::Initialisation, 0);
    let frozen: Vec<f64> = (0..k).map(|_| normal(&mut stream)).collect();
    // The standard deviation of a uniform mean.
    let prior_deviation = (1.0_f64 / 12.0).sqrt();
    let choose = |counts: &[Counts], _step: usize, rng: &mut Fast| {
        let (mut best, mut chosen, mut ties) = (f64::NEG_INFINITY, 0, 0_u32);
        for (i, arm) in counts.iter().enumerate() {
            let mean = arm.posterior_mean(UNIFORM);
            let deviation = (mean * (1.0 - mean) / (f64::from(arm.pulls()) + 3.0)).sqrt();
            let score = mean
                + match noise {
                    Noise::Fresh(0.0) => 0.0,
                    Noise::Fresh(scale) => scale * deviation * normal(rng),
                    Noise::Constant(scale) => scale * prior_deviation * normal(rng),
                    Noise::Frozen(scale) => scale * deviation * frozen[i],
                };
            if score > best + 1e-12 {
                (best, chosen, ties) = (score, i, 1);
            } else if score >= best - 1e-12 {
                // Equal scores share evenly.
                ties += 1;
                if rng::below(rng, ties as usize) == 0 {
                    chosen = i;
                }
            }
        }
        chosen
    };
    Ok(pseudo_regret(arms, &[horizon], seed, choose)?)
}
