//! Three arms with normal means in blocks of geometric length whose end is signalled: a reconstruction of the paper's bandit.
//!
//! The paper does not say how means are drawn, how noisy rewards are, or how long blocks last. Means from N(0, 1) are what fits the
//! near-zero rewards it quotes for no structure and no memory; nothing else can be identified, so that only the order of agents
//! and the zero levels are compared.

use rand_distr::{Distribution, StandardNormal};
use tabrl::bandits::exact::gaussian_index;
use tabrl::bandits::problem::{Arms, BlockLaw, Blocks, Gaussian, MeanPrior, Task};
use tabrl::rng::{self, Fast, Purpose, below, uniform};

use super::config::NormalSettings;
use crate::Result;

/// Number of arms.
const ARMS: usize = 3;
/// Pulls of an arm after which its index is taken to be its mean plus that of the last one scaled.
const PULLS: [usize; 12] = [0, 1, 2, 3, 5, 8, 13, 21, 40, 80, 160, 320];

/// Who plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// The optimal agent: the largest Gittins index at 1 - 1/length.
    Full,
    /// The optimal agent where each block is one pull long.
    NoStructure,
    /// The best agent without memory: all arms are alike to it.
    NoMemory,
    /// The largest posterior mean.
    NoCredit,
    /// Thompson sampling that knows the noise.
    Thompson,
    /// Thompson sampling that takes the noise to be 1.
    ThompsonUnitNoise,
    /// ε-greedy on empirical means.
    EpsilonGreedy,
}

/// All agents.
pub const AGENTS: [Agent; 7] = [
    Agent::Full,
    Agent::NoStructure,
    Agent::NoMemory,
    Agent::NoCredit,
    Agent::Thompson,
    Agent::ThompsonUnitNoise,
    Agent::EpsilonGreedy,
];

impl Agent {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Agent::Full => "optimal",
            Agent::NoStructure => "no structure",
            Agent::NoMemory => "no memory",
            Agent::NoCredit => "no credit",
            Agent::Thompson => "Thompson",
            Agent::ThompsonUnitNoise => "Thompson, noise taken as 1",
            Agent::EpsilonGreedy => "epsilon-greedy",
        }
    }
}

/// Index minus posterior mean at `PULLS` pulls, for the agent that needs it: the noise σ is the unit, so that the prior counts for
/// σ² observations and the index is σ times that of a unit-noise arm.
///
/// # Errors
/// Settings out of range.
pub fn indices(settings: &NormalSettings, agent: Agent) -> Result<Vec<f64>> {
    if agent != Agent::Full {
        return Ok(Vec::new());
    }
    let beta = 1.0 - 1.0 / settings.length;
    let index = |&n: &usize| {
        let precision = settings.noise * settings.noise + n as f64;
        Ok(settings.noise * gaussian_index(precision, beta)?)
    };
    PULLS.iter().map(index).collect()
}

/// The bonus after n pulls: interpolated, on the scale of the posterior's standard deviation, between the pulls it is known for.
fn bonus(indices: &[f64], settings: &NormalSettings, n: usize) -> f64 {
    let deviation = |n: usize| 1.0 / (settings.noise * settings.noise + n as f64).sqrt();
    let scaled = |i: usize| indices[i] / deviation(PULLS[i]);
    let above = PULLS.partition_point(|&known| known < n);
    let shape = if above == PULLS.len() {
        scaled(above - 1)
    } else if PULLS[above] == n {
        scaled(above)
    } else {
        let place = |n: usize| (n as f64 + 1.0).ln();
        let (low, high) = (PULLS[above - 1], PULLS[above]);
        let share = (place(n) - place(low)) / (place(high) - place(low));
        (1.0 - share) * scaled(above - 1) + share * scaled(above)
    };
    shape * deviation(n)
}

/// Mean reward a pull of one run: the expected reward of the arms pulled.
pub fn reward(settings: &NormalSettings, agent: Agent, indices: &[f64], seed: u64) -> f64 {
    let mut environment = rng::fast(seed, Purpose::Environment, 0);
    let mut own = rng::fast(seed, Purpose::Policy, 0);
    let length = if agent == Agent::NoStructure { 1.0 } else { settings.length };
    // Lengths and priors are valid: the settings were checked, and these are constants.
    let (Ok(task), Ok(blocks)) =
        (Task::new(vec![MeanPrior::Normal(0.0, 1.0); ARMS]), Blocks::new(BlockLaw::Geometric(length), true))
    else {
        return f64::NAN;
    };
    let (mut means, mut sum, mut pulls) = (vec![0.0; ARMS], 0.0, 0);
    while pulls < settings.pulls {
        task.draw(&mut environment, &mut means);
        let Ok(arms) = Gaussian::new(means.clone(), settings.noise) else { return f64::NAN };
        let (mut n, mut totals) = ([0_usize; ARMS], [0.0; ARMS]);
        for t in 1.. {
            let arm = choose(settings, agent, indices, &n, &totals, &mut own);
            totals[arm] += arms.pull(arm, &mut environment);
            n[arm] += 1;
            sum += arms.mean(arm);
            pulls += 1;
            if blocks.ends(t, &mut environment) || pulls >= settings.pulls {
                break;
            }
        }
    }
    sum / settings.pulls as f64
}

fn choose(
    settings: &NormalSettings,
    agent: Agent,
    indices: &[f64],
    n: &[usize; ARMS],
    totals: &[f64; ARMS],
    rng: &mut Fast,
) -> usize {
    let variance = settings.noise * settings.noise;
    // Posterior under the prior N(0, 1) and noise of this variance.
    let mean = |a: usize, variance: f64| totals[a] / (n[a] as f64 + variance);
    let deviation = |a: usize, variance: f64| (variance / (n[a] as f64 + variance)).sqrt();
    let normal = |rng: &mut Fast| -> f64 { StandardNormal.sample(rng) };
    let scores: [f64; ARMS] = match agent {
        Agent::NoMemory => [0.0; ARMS],
        Agent::Full => std::array::from_fn(|a| mean(a, variance) + bonus(indices, settings, n[a])),
        Agent::NoStructure | Agent::NoCredit => std::array::from_fn(|a| mean(a, variance)),
        Agent::Thompson => std::array::from_fn(|a| mean(a, variance) + deviation(a, variance) * normal(rng)),
        Agent::ThompsonUnitNoise => std::array::from_fn(|a| mean(a, 1.0) + deviation(a, 1.0) * normal(rng)),
        Agent::EpsilonGreedy if uniform(rng) < settings.epsilon => [0.0; ARMS],
        Agent::EpsilonGreedy => {
            std::array::from_fn(|a| if n[a] == 0 { f64::INFINITY } else { totals[a] / n[a] as f64 })
        }
    };
    let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let tied = scores.iter().filter(|&&score| score == best).count();
    let drawn = if tied == 1 { 0 } else { below(rng, tied) };
    scores.iter().enumerate().filter(|(_, score)| **score == best).nth(drawn).map_or(0, |(a, _)| a)
}
