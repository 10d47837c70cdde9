//! The loop: walk, weigh, climb.

use rand::SeedableRng;

use super::actor::{Actor, Memory, Parameters};
use super::estimator::Estimator;
use crate::rng::{self, Fast, Purpose};
use crate::submodular::{Problem, SetFunction};
use crate::{Error, Result};

/// What the weights are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pay {
    /// Marginal gains of F: SubPO.
    Submodular,
    /// F({s}) at every visit: ModPO.
    Modular,
}

/// A run's settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// What the policy remembers.
    pub memory: Memory,
    /// What it is made of.
    pub parameters: Parameters,
    /// The weights.
    pub estimator: Estimator,
    /// What they are made of.
    pub pay: Pay,
    /// Gradient steps.
    pub epochs: usize,
    /// Walks a gradient step.
    pub batch: usize,
    /// Adam's step size.
    pub step_size: f64,
    /// α: at epoch t the mean entropy is climbed with weight α/(t + 1).
    pub entropy: f64,
    /// Seed of the walks and of a network's weights.
    pub seed: u64,
}

impl Default for Options {
    /// SubPO-M with a table, as the instances of the tests are trained.
    fn default() -> Self {
        Options {
            memory: Memory::Markov,
            parameters: Parameters::Table,
            estimator: Estimator::RewardToGoBaseline,
            pay: Pay::Submodular,
            epochs: 150,
            batch: 200,
            step_size: 0.1,
            entropy: 0.0,
            seed: 0,
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Mean of F(τ) over the batch, epoch by epoch: the value of the policy before the epoch's step.
    pub curve: Vec<f64>,
    /// Variance of F(τ) within the batch, epoch by epoch; infinite for one walk.
    pub variances: Vec<f64>,
    /// The best walk seen, and its value.
    pub best: (Vec<usize>, f64),
    /// A walk of the last batch, its first.
    pub last: Vec<usize>,
}

impl Run {
    /// Mean of the last `epochs` entries of the curve.
    pub fn late(&self, epochs: usize) -> f64 {
        let tail = &self.curve[self.curve.len() - epochs.clamp(1, self.curve.len())..];
        tail.iter().sum::<f64>() / tail.len() as f64
    }
}

impl Run {
    /// The standard error of [`Run::late`] as the mean value of the policies of those epochs.
    pub fn late_error(&self, epochs: usize, batch: usize) -> f64 {
        let tail = &self.variances[self.variances.len() - epochs.clamp(1, self.variances.len())..];
        (tail.iter().sum::<f64>() / batch as f64).sqrt() / tail.len() as f64
    }
}

/// A batch of walks and what they gained.
struct Batch {
    /// States, `[walks · H]`.
    states: Vec<u32>,
    /// Slots and local choices of the actions, `[walks · (H - 1)]`.
    taken: Vec<(u32, u32)>,
    /// Gains of F, `[walks · H]`.
    gains: Vec<f64>,
    /// What the weights are made of, `[walks · H]`.
    pay: Vec<f64>,
}

/// Trains a policy. Walks draw from streams of their own, which go on from epoch to epoch.
///
/// # Errors
/// No epoch or walk, a batch of one walk with a baseline (its mean would leave nothing), a step size that is not positive, an entropy
/// weight that is negative.
pub fn train<F: SetFunction>(problem: &Problem<F>, options: &Options) -> Result<Run> {
    check(options)?;
    let Options { memory, parameters, estimator, epochs, batch, step_size, entropy, seed, .. } = *options;
    let mut actor = Actor::new((memory, parameters), &problem.mdp, problem.horizon, step_size, seed);
    let mut walker = Walker::new(problem, options);
    let mut weights = Vec::new();
    let mut run = Run {
        curve: Vec::with_capacity(epochs),
        variances: Vec::with_capacity(epochs),
        best: (Vec::new(), f64::NEG_INFINITY),
        last: Vec::new(),
    };
    let (horizon, steps) = (problem.horizon, problem.horizon - 1);
    for epoch in 0..epochs {
        walker.walk(problem, &mut actor);
        let Batch { states, taken, gains, pay } = &walker.batch;
        let mut sum = 0.0;
        for (walk, gains) in states.chunks_exact(horizon).zip(gains.chunks_exact(horizon)) {
            let value: f64 = gains.iter().sum();
            sum += value;
            if value > run.best.1 {
                run.best = (walk.iter().map(|&s| s as usize).collect(), value);
            }
        }
        let mean = sum / batch as f64;
        run.curve.push(mean);
        let off = |gains: &[f64]| (gains.iter().sum::<f64>() - mean).powi(2);
        let squares: f64 = gains.chunks_exact(horizon).map(off).sum();
        run.variances.push(if batch > 1 { squares / (batch - 1) as f64 } else { f64::INFINITY });
        run.last = states[..horizon].iter().map(|&s| s as usize).collect();
        estimator.weights(pay, horizon, &mut weights);
        let share = 1.0 / (batch * steps.max(1)) as f64;
        let alpha = share * entropy / (epoch + 1) as f64;
        for (&(slot, choice), weight) in taken.iter().zip(&weights) {
            actor.add(slot, choice as usize, share * weight, alpha);
        }
        actor.ascend();
    }
    Ok(run)
}

/// The trace of the covariance of a single walk's gradient estimate for the uniform softmax table, and the norm of its mean.
///
/// The gradient of a walk is Σ_i weight_i ∇log π(a_i|s_i), unscaled; a baseline is the mean over all `batch` walks.
///
/// # Errors
/// As [`train`].
pub fn variance<F: SetFunction>(problem: &Problem<F>, options: &Options) -> Result<(f64, f64)> {
    check(options)?;
    let mut actor = Actor::new((Memory::Markov, Parameters::Table), &problem.mdp, problem.horizon, 1.0, 0);
    let mut walker = Walker::new(problem, options);
    walker.walk(problem, &mut actor);
    let mut weights = Vec::new();
    options.estimator.weights(&walker.batch.pay, problem.horizon, &mut weights);
    let mut squares = 0.0;
    // Different steps are different rows of the table, so the squared norm of a walk's gradient is a sum over steps.
    for (&(slot, choice), weight) in walker.batch.taken.iter().zip(&weights) {
        let row = actor.probabilities(slot);
        let norm: f64 =
            row.iter().enumerate().map(|(a, p)| (f64::from(u8::from(a == choice as usize)) - p).powi(2)).sum();
        squares += weight * weight * norm;
    }
    let walks = options.batch as f64;
    for (&(slot, choice), weight) in walker.batch.taken.iter().zip(&weights) {
        actor.add(slot, choice as usize, weight / walks, 0.0);
    }
    let mean = actor.take_table_gradient().unwrap_or_default();
    let square: f64 = mean.iter().map(|g| g * g).sum();
    Ok((squares / walks - square, square.sqrt()))
}

fn check(options: &Options) -> Result<()> {
    let whole = |name, value: usize| match value {
        0 => Err(Error::Parameter { name, value: 0.0, expected: "at least 1" }),
        _ => Ok(()),
    };
    whole("epochs", options.epochs)?;
    whole("batch", options.batch)?;
    if options.batch == 1 && options.estimator.has_baseline() {
        let expected = "at least 2 for an estimator that takes the mean of the batch off";
        return Err(Error::Parameter { name: "batch", value: 1.0, expected });
    }
    if !(options.step_size > 0.0 && options.step_size.is_finite()) {
        return Err(Error::Parameter { name: "step_size", value: options.step_size, expected: "a positive number" });
    }
    if !(options.entropy >= 0.0 && options.entropy.is_finite()) {
        return Err(Error::Parameter { name: "entropy", value: options.entropy, expected: "a number of at least 0" });
    }
    Ok(())
}

/// Walks a batch, again and again.
struct Walker<C> {
    batch: Batch,
    collected: Vec<C>,
    random: Vec<Fast>,
    situation: Vec<u32>,
    single: Option<Vec<f64>>,
}

impl<C: Clone> Walker<C> {
    fn new<F: SetFunction<Collected = C>>(problem: &Problem<F>, options: &Options) -> Walker<C> {
        let walks = options.batch;
        let mut stream = rng::stream(options.seed, Purpose::Policy, 0);
        Walker {
            batch: Batch {
                states: vec![0; walks * problem.horizon],
                taken: vec![(0, 0); walks * (problem.horizon - 1)],
                gains: vec![0.0; walks * problem.horizon],
                pay: vec![0.0; walks * problem.horizon],
            },
            collected: vec![problem.function.empty(); walks],
            random: (0..walks).map(|_| Fast::from_rng(&mut stream)).collect(),
            situation: vec![0; walks],
            single: (options.pay == Pay::Modular).then(|| problem.modular_rewards()),
        }
    }

    /// All walks one step after the other, so that those in the same situation are evaluated once.
    fn walk<F: SetFunction<Collected = C>>(&mut self, problem: &Problem<F>, actor: &mut Actor) {
        let (horizon, steps) = (problem.horizon, problem.horizon - 1);
        let function = &problem.function;
        for w in 0..self.collected.len() {
            function.clear(&mut self.collected[w]);
            let state = problem.draw_start(&mut self.random[w]);
            self.arrive(function, w, horizon, 0, state);
            self.situation[w] = 0;
        }
        for step in 0..steps {
            for w in 0..self.collected.len() {
                let walk = &self.batch.states[w * horizon..(w + 1) * horizon];
                let choices = problem.mdp.choices(walk[step] as usize);
                let (slot, situation) = actor.situate(step, walk, self.situation[w], choices.len());
                self.situation[w] = situation;
                let choice = draw(actor.probabilities(slot), &mut self.random[w]);
                self.batch.taken[w * steps + step] = (slot, choice as u32);
                let next = problem.draw(choices.start + choice, &mut self.random[w]);
                self.arrive(function, w, horizon, step + 1, next);
            }
        }
    }

    fn arrive<F: SetFunction<Collected = C>>(
        &mut self,
        function: &F,
        w: usize,
        horizon: usize,
        step: usize,
        state: usize,
    ) {
        let at = w * horizon + step;
        self.batch.states[at] = state as u32;
        self.batch.gains[at] = function.push(&mut self.collected[w], state);
        self.batch.pay[at] = self.single.as_ref().map_or(self.batch.gains[at], |single| single[state]);
    }
}

/// A number drawn from a distribution.
fn draw(probabilities: &[f64], random: &mut Fast) -> usize {
    let mut left = rng::uniform(random);
    for (i, p) in probabilities.iter().enumerate() {
        left -= p;
        if left < 0.0 {
            return i;
        }
    }
    probabilities.len() - 1
}
