//! Promises that every model and every simulator must keep, checked; public, so that users check their own.
//!
//! | check | promise |
//! |---|---|
//! | `law` | probabilities in `[0, 1]` that sum to one within `1e-9`, finite rewards, an action in every state |
//! | `samples` | what is sampled through the table and straight from the model follows the law of the step |
//! | `same seed` | the same seed gives the same bytes |
//! | `other seed` | another seed gives other bytes, where there is chance at all |
//! | `threads` | one and two threads give the same bytes |
//!
//! `samples` draws `samples` outcomes of every choice of the first `states` states in breadth-first order. An outcome that the law
//! does not have fails at once; each choice is judged by Pearson's chi-square test at the significance divided by the number of tests
//! (Bonferroni), and so is the sum of all statistics, which sees deviations too small for any one row. With the default
//! significance of `1e-6` a right model fails for one seed in a million.

use std::collections::{HashSet, VecDeque};

use rand::Rng;

use super::{Dynamics, ModelBatch, ModelDynamics, Simulator, TableDynamics};
use crate::mdp::{Branches, Enumeration, Model, ROW_SUM_TOLERANCE, enumerate};
use crate::rng::{self, Purpose};
use crate::stats::{ChiSquare, chi_square};
use crate::{Error, Result};

/// How much to check.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConformanceOptions {
    /// Most states visited, in breadth-first order.
    pub states: usize,
    /// Outcomes sampled of each choice.
    pub samples: usize,
    /// Probability with which a right model may fail.
    pub significance: f64,
    /// Root seed.
    pub seed: u64,
}

impl Default for ConformanceOptions {
    fn default() -> Self {
        ConformanceOptions { states: 1_000, samples: 400, significance: 1e-6, seed: 1 }
    }
}

/// What was checked, and how well the samples agree.
#[derive(Debug, Clone, PartialEq)]
pub struct ConformanceReport {
    /// States visited.
    pub states: usize,
    /// Whether these are all that can be reached.
    pub complete: bool,
    /// Choices sampled.
    pub choices: usize,
    /// Those with more than one outcome.
    pub stochastic: usize,
    /// The pooled test of the samples from the model.
    pub model: ChiSquare,
    /// The pooled test of the samples from the table.
    pub table: ChiSquare,
}

/// Checks a model, its table, and the simulator that steps it.
///
/// # Errors
/// [`Error::Conformance`] for the first promise that is broken, with the state and the action.
///
/// ```
/// use tabrl::mdp::MdpBuilder;
/// use tabrl::simulation::conformance::{ConformanceOptions, check_model};
///
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(0.3, 0, 0.0), (0.7, 1, 1.0)]).terminal(1);
/// let report = check_model(&builder.build()?, &ConformanceOptions::default())?; // a table is a model too
/// assert!(report.complete && report.stochastic == 1 && report.model.p_value() > 1e-6);
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn check_model<M: Model>(model: &M, options: &ConformanceOptions) -> Result<ConformanceReport> {
    let (kept, complete) = visit(model, options.states)?;
    let states = kept.len();
    let clipped = Clipped { model, kept };
    let mut report = check_table(&clipped, &enumerate(&clipped, usize::MAX)?, options)?;
    (report.states, report.complete) = (states, complete);
    let make = |seed| -> Result<Box<dyn Simulator + '_>> {
        Ok(Box::new(ModelBatch::from_model(model, COPIES, seed, Some(TIME_LIMIT))?))
    };
    check_simulator(make, chance(model, options.seed)? < LOG_CERTAIN, options.seed)?;
    Ok(report)
}

/// Checks that `table` and `model` are samples of the same law: the second half of [`check_model`], for a table that came from
/// elsewhere. Both are sampled at every state of the table.
///
/// # Errors
/// [`Error::Conformance`] with the state, the action and the p-value.
pub fn check_table<M: Model>(
    model: &M,
    table: &Enumeration<M::State>,
    options: &ConformanceOptions,
) -> Result<ConformanceReport> {
    let mdp = &table.mdp;
    let by_model = ModelDynamics::new(model);
    let by_table = TableDynamics::new(mdp)?;
    let mut random = rng::fast(options.seed, Purpose::Evaluation, 0);
    let mut report = ConformanceReport {
        states: mdp.num_states(),
        complete: true,
        choices: mdp.num_choices(),
        stochastic: 0,
        model: ChiSquare::default(),
        table: ChiSquare::default(),
    };
    let per_test = options.significance / (2.0 * (mdp.num_choices() as f64 + 2.0));
    let mut scratch = Branches::new();
    let mut law = Law::new();
    let initial = model.initial();
    law.set(initial.iter().map(|&(p, s)| (p, (s, false, 0))));
    let at_start = || "the initial distribution".to_owned();
    for _ in 0..options.samples {
        let state = by_model.reset(random.next_u64());
        law.count(0, (state, false, 0)).map_err(|fault| fault.at("from the model", at_start()))?;
        let state = table.states[by_table.reset(random.next_u64()) as usize];
        law.count(1, (state, false, 0)).map_err(|fault| fault.at("through the table", at_start()))?;
    }
    law.judge(&mut report, per_test, at_start)?;
    for s in 0..mdp.num_states() {
        let state = table.states[s];
        for c in mdp.choices(s) {
            let action = mdp.action_of(s, c);
            let place = || format!("state {}, action {}", model.state_name(state), model.action_name(action));
            scratch.clear();
            model.step_law(state, action, &mut scratch);
            law.set(scratch.iter().map(|b| (b.probability, (b.next, b.terminal, b.reward.to_bits()))));
            report.stochastic += usize::from(law.outcomes.len() > 1);
            // A row with one outcome has nothing to test but that it is the one.
            let samples = if law.outcomes.len() > 1 { options.samples } else { 2 };
            for _ in 0..samples {
                let out = by_model.step(state, action as u32, random.next_u64(), &mut scratch);
                let key = (out.next, out.terminal, out.reward.to_bits());
                law.count(0, key).map_err(|fault| fault.at("from the model", place()))?;
                let out = by_table.step(s as u32, c as u32, random.next_u64(), &mut ());
                let key = (table.states[out.next as usize], out.terminal, out.reward.to_bits());
                law.count(1, key).map_err(|fault| fault.at("through the table", place()))?;
            }
            law.judge(&mut report, per_test, place)?;
        }
    }
    let everywhere = || format!("all {} choices together", mdp.num_choices());
    judge("from the model", &report.model, per_test, everywhere)?;
    judge("through the table", &report.table, per_test, everywhere)?;
    Ok(report)
}

/// Checks a simulator made by `make(seed)`: same seed, other seed (if `chance_matters`, that is, if some step it takes is truly
/// stochastic), and threads. The actions are the same in every run.
///
/// # Errors
/// [`Error::Conformance`], or whatever `make` and the steps report.
pub fn check_simulator<'a>(
    make: impl Fn(u64) -> Result<Box<dyn Simulator + 'a>> + Sync,
    chance_matters: bool,
    seed: u64,
) -> Result<()> {
    let run = |seed: u64, threads: usize| -> Result<Vec<u64>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|problem| {
            Error::NotApplicable { method: "the threads check", reason: format!("no threads to be had: {problem}") }
        })?;
        pool.install(|| trace(make(seed)?.as_mut()))
    };
    let fault = |check, problem: String| Err(Error::Conformance { subject: "the simulator".into(), check, problem });
    let first = run(seed, 1)?;
    if let Some(step) = differs(&first, &run(seed, 1)?) {
        return fault("same seed", format!("two runs with seed {seed} differ at step {step}; nothing else may decide"));
    }
    if let Some(step) = differs(&first, &run(seed, 2)?) {
        return fault("threads", format!("with seed {seed}, one and two threads differ at step {step}"));
    }
    if chance_matters && differs(&first, &run(seed + 1, 1)?).is_none() {
        return fault("other seed", format!("seeds {seed} and {} give the same bytes though chance matters", seed + 1));
    }
    Ok(())
}

const COPIES: usize = super::CHUNK + 37;
const STEPS: usize = 24;
const TIME_LIMIT: u64 = 20;
/// Two seeds must differ where the probability that they do not is below `e^-30`.
const LOG_CERTAIN: f64 = -30.0;

fn differs(a: &[u64], b: &[u64]) -> Option<usize> {
    a.iter().zip(b).position(|(a, b)| a != b)
}

/// Digests of a run whose actions do not depend on the seed.
fn trace(simulator: &mut dyn Simulator) -> Result<Vec<u64>> {
    let mut random = rng::fast(0, Purpose::Policy, 0);
    let mut actions = vec![0; simulator.copies()];
    (0..STEPS)
        .map(|_| {
            choose(simulator, &mut random, &mut actions);
            simulator.step(&actions)?;
            Ok(simulator.digest())
        })
        .collect()
}

/// Uniformly random allowed actions.
fn choose(simulator: &dyn Simulator, random: &mut impl Rng, actions: &mut [u32]) {
    for (copy, action) in actions.iter_mut().enumerate() {
        let start = rng::below(random, simulator.num_actions());
        let turn = (0..simulator.num_actions()).map(|k| (start + k) % simulator.num_actions());
        *action = turn.into_iter().find(|&a| simulator.allows(copy, a)).unwrap_or(start) as u32;
    }
}

/// Log of the probability that another seed repeats the run of [`trace`], outcome by outcome: `Σ log Σ_i p_i²`.
fn chance<M: Model>(model: &M, seed: u64) -> Result<f64> {
    let mut batch = ModelBatch::from_model(model, COPIES, seed, Some(TIME_LIMIT))?;
    let mut random = rng::fast(0, Purpose::Policy, 0);
    let mut actions = vec![0; COPIES];
    let mut law: Law<M::State> = Law::new();
    law.set(model.initial().iter().map(|&(p, s)| (p, (s, false, 0))));
    let mut log_same = COPIES as f64 * law.log_same();
    let mut branches = Branches::new();
    for _ in 0..STEPS {
        choose(&batch, &mut random, &mut actions);
        for (&state, &action) in batch.states().iter().zip(&actions) {
            if log_same < LOG_CERTAIN {
                return Ok(log_same);
            }
            branches.clear();
            model.step_law(state, action as usize, &mut branches);
            law.set(branches.iter().map(|b| (b.probability, (b.next, b.terminal, b.reward.to_bits()))));
            log_same += law.log_same();
        }
        batch.step(&actions)?;
    }
    Ok(log_same)
}

/// Successor, terminal flag and reward (its bits): what makes two outcomes the same.
type Key<S> = (S, bool, u64);

/// The distinct outcomes of one row with their probabilities, and how often each reading has drawn them.
struct Law<S> {
    outcomes: Vec<Key<S>>,
    probabilities: Vec<f64>,
    counts: [Vec<u64>; 2],
}

/// An outcome that the law does not have.
struct Impossible(String);

impl Impossible {
    fn at(self, reading: &str, place: String) -> Error {
        let problem = format!("{place}: sampling {reading} gave {}, which the law does not have", self.0);
        Error::Conformance { subject: "the model".into(), check: "samples", problem }
    }
}

impl<S: Copy + Eq + std::fmt::Debug> Law<S> {
    fn new() -> Law<S> {
        Law { outcomes: Vec::new(), probabilities: Vec::new(), counts: [Vec::new(), Vec::new()] }
    }

    /// Takes over a row: outcomes of probability 0 go, equal ones are joined.
    fn set(&mut self, row: impl Iterator<Item = (f64, Key<S>)>) {
        self.outcomes.clear();
        self.probabilities.clear();
        for (p, key) in row.filter(|&(p, _)| p > 0.0) {
            match self.outcomes.iter().position(|&known| known == key) {
                Some(i) => self.probabilities[i] += p,
                None => {
                    self.outcomes.push(key);
                    self.probabilities.push(p);
                }
            }
        }
        for counts in &mut self.counts {
            counts.clear();
            counts.resize(self.outcomes.len(), 0);
        }
    }

    fn count(&mut self, reading: usize, key: Key<S>) -> std::result::Result<(), Impossible> {
        match self.outcomes.iter().position(|&known| known == key) {
            Some(i) => {
                self.counts[reading][i] += 1;
                Ok(())
            }
            None => {
                let (next, terminal, reward) = key;
                let end = if terminal { " (terminal)" } else { "" };
                Err(Impossible(format!("successor {next:?}{end} with reward {}", f64::from_bits(reward))))
            }
        }
    }

    fn log_same(&self) -> f64 {
        self.probabilities.iter().map(|p| p * p).sum::<f64>().ln().min(0.0)
    }

    /// Tests both readings of this row, and adds them to the pool.
    fn judge(&self, report: &mut ConformanceReport, level: f64, place: impl Fn() -> String) -> Result<()> {
        let tests = [0, 1].map(|reading| chi_square(&self.counts[reading], &self.probabilities));
        judge("from the model", &tests[0], level, &place)?;
        judge("through the table", &tests[1], level, &place)?;
        report.model.add(tests[0]);
        report.table.add(tests[1]);
        Ok(())
    }
}

fn judge(reading: &str, test: &ChiSquare, level: f64, place: impl Fn() -> String) -> Result<()> {
    let p = test.p_value();
    if p >= level {
        return Ok(());
    }
    let ChiSquare { statistic, degrees } = test;
    let problem = format!(
        "{}: samples drawn {reading} do not follow the law (chi-square {statistic:.1} at {degrees} degrees of freedom, \
         p = {p:e}, below {level:e})",
        place()
    );
    Err(Error::Conformance { subject: "the model".into(), check: "samples", problem })
}

/// The first `limit` states in breadth-first order, each with a checked law; whether these are all.
fn visit<M: Model>(model: &M, limit: usize) -> Result<(HashSet<M::State>, bool)> {
    let fault = |problem: String| Error::Conformance { subject: "the model".into(), check: "law", problem };
    let mut kept = HashSet::new();
    let mut queue = VecDeque::new();
    let mut sum = 0.0;
    for (p, state) in model.initial() {
        if !(0.0..=1.0 + ROW_SUM_TOLERANCE).contains(&p) {
            return Err(fault(format!("the initial probability of {} is {p}", model.state_name(state))));
        }
        sum += p;
        // Every initial state is kept, so that episodes can start anywhere they should.
        if p > 0.0 && kept.insert(state) {
            queue.push_back(state);
        }
    }
    if (sum - 1.0).abs() > ROW_SUM_TOLERANCE {
        return Err(fault(format!("the initial probabilities sum to {sum}, not to 1")));
    }
    let mut complete = true;
    let mut branches = Branches::new();
    while let Some(state) = queue.pop_front() {
        let mut actions = 0;
        for action in (0..model.num_actions()).filter(|&a| model.allows(state, a)) {
            actions += 1;
            branches.clear();
            model.step_law(state, action, &mut branches);
            let place = || format!("state {}, action {}", model.state_name(state), model.action_name(action));
            let mut sum = 0.0;
            for branch in &branches {
                if !(0.0..=1.0 + ROW_SUM_TOLERANCE).contains(&branch.probability) {
                    return Err(fault(format!("{}: probability {} is not in [0, 1]", place(), branch.probability)));
                }
                if !branch.reward.is_finite() {
                    return Err(fault(format!("{}: reward {} is not finite", place(), branch.reward)));
                }
                sum += branch.probability;
                if branch.terminal || branch.probability == 0.0 || kept.contains(&branch.next) {
                    continue;
                }
                if kept.len() < limit {
                    kept.insert(branch.next);
                    queue.push_back(branch.next);
                } else {
                    complete = false;
                }
            }
            if (sum - 1.0).abs() > ROW_SUM_TOLERANCE {
                return Err(fault(format!("{}: the probabilities sum to {sum}, not to 1", place())));
            }
        }
        if actions == 0 {
            return Err(fault(format!("state {} is not terminal but allows no action", model.state_name(state))));
        }
    }
    Ok((kept, complete))
}

/// A model whose episodes end on leaving a set of states, so that a part of a large model has a table.
struct Clipped<'a, M: Model> {
    model: &'a M,
    kept: HashSet<M::State>,
}

impl<M: Model> Model for Clipped<'_, M> {
    type State = M::State;

    fn initial(&self) -> Vec<(f64, M::State)> {
        self.model.initial()
    }
    fn num_actions(&self) -> usize {
        self.model.num_actions()
    }
    fn allows(&self, state: M::State, action: usize) -> bool {
        self.model.allows(state, action)
    }
    fn step_law(&self, state: M::State, action: usize, out: &mut Branches<M::State>) {
        self.model.step_law(state, action, out);
        for branch in out.iter_mut() {
            branch.terminal |= !self.kept.contains(&branch.next);
        }
    }
    fn state_name(&self, state: M::State) -> String {
        self.model.state_name(state)
    }
    fn action_name(&self, action: usize) -> String {
        self.model.action_name(action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::Branch;
    use crate::simulation::EpisodeStatistics;

    /// A walk on `0..30` that goes right with probability `right` and left else, with `missing` probability left out.
    struct Walk {
        right: f64,
        missing: f64,
    }

    impl Model for Walk {
        type State = u32;
        fn initial(&self) -> Vec<(f64, u32)> {
            vec![(0.5, 14), (0.5, 15)]
        }
        fn num_actions(&self) -> usize {
            2
        }
        fn allows(&self, s: u32, action: usize) -> bool {
            action == 0 || !s.is_multiple_of(3)
        }
        fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
            let right = if action == 0 { self.right } else { 1.0 };
            let mut to = |p, next| out.push(Branch { probability: p, next, reward: 0.1, terminal: next == 29 });
            to(right, (s + 1).min(29));
            to(1.0 - right - self.missing, s.saturating_sub(1));
        }
    }

    fn problem(result: Result<impl std::fmt::Debug>, expected: &str) -> String {
        match result {
            Err(Error::Conformance { check, problem, .. }) if check == expected => problem,
            other => panic!("the check `{expected}` should have failed: {other:?}"),
        }
    }

    #[test]
    fn a_right_model_passes_in_whole_and_in_part() {
        let walk = Walk { right: 0.7, missing: 0.0 };
        let report = check_model(&walk, &ConformanceOptions::default()).unwrap();
        assert_eq!((report.states, report.complete, report.choices, report.stochastic), (29, true, 29 + 19, 29));
        let part = check_model(&walk, &ConformanceOptions { states: 7, ..ConformanceOptions::default() }).unwrap();
        assert_eq!((part.states, part.complete), (7, false));
    }

    #[test]
    fn a_row_that_sums_to_less_than_one_is_caught_and_named() {
        let walk = Walk { right: 0.5, missing: 0.001 };
        let text = problem(check_model(&walk, &ConformanceOptions::default()), "law");
        assert_eq!(text, "state 14, action 0: the probabilities sum to 0.999, not to 1");
    }

    #[test]
    fn wrong_probabilities_are_caught_in_a_row_or_in_the_pool() {
        let table = enumerate(&Walk { right: 0.7, missing: 0.0 }, 100).unwrap();
        let check = |right| {
            let options = ConformanceOptions { samples: 2_000, ..ConformanceOptions::default() };
            check_table(&Walk { right, missing: 0.0 }, &table, &options)
        };
        check(0.7).unwrap();
        assert!(problem(check(0.5), "samples").contains("action 0: samples drawn through the table"));
        assert!(problem(check(0.67), "samples").contains("all 48 choices together: samples drawn through the table"));
        assert!(problem(check(1.0), "samples").contains("which the law does not have"));
    }

    /// A simulator of coins whose seed may be ignored, or whose bytes may depend on how often one was made.
    struct Coins {
        random: rng::Fast,
        reward: Vec<f64>,
        flags: Vec<bool>,
    }

    impl Coins {
        fn boxed(seed: u64) -> Box<dyn Simulator> {
            let random = rng::fast(seed, Purpose::Environment, 0);
            Box::new(Coins { random, reward: vec![0.0; 8], flags: vec![false; 8] })
        }
    }

    impl Simulator for Coins {
        fn copies(&self) -> usize {
            8
        }
        fn num_actions(&self) -> usize {
            1
        }
        fn allows(&self, _: usize, _: usize) -> bool {
            true
        }
        fn step(&mut self, _: &[u32]) -> Result<()> {
            self.reward.fill_with(|| rng::uniform(&mut self.random));
            Ok(())
        }
        fn run_random(&mut self, _: usize) {}
        fn rewards(&self) -> &[f64] {
            &self.reward
        }
        fn terminated(&self) -> &[bool] {
            &self.flags
        }
        fn truncated(&self) -> &[bool] {
            &self.flags
        }
        fn next_name(&self, _: usize) -> String {
            String::new()
        }
        fn state_name(&self, _: usize) -> String {
            String::new()
        }
        fn statistics(&self) -> EpisodeStatistics {
            EpisodeStatistics { episodes: 0, terminated: 0, mean_return: 0.0, std_return: 0.0, mean_length: 0.0 }
        }
        fn digest(&self) -> u64 {
            self.reward.iter().fold(0, |hash, r| hash ^ r.to_bits())
        }
    }

    #[test]
    fn an_inert_seed_is_caught_and_so_is_a_run_that_depends_on_more() {
        check_simulator(|seed| Ok(Coins::boxed(seed)), true, 5).unwrap();
        problem(check_simulator(|_| Ok(Coins::boxed(0)), true, 5), "other seed");
        check_simulator(|_| Ok(Coins::boxed(0)), false, 5).unwrap();
        let made = std::sync::atomic::AtomicU64::new(0);
        let count = || made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        problem(check_simulator(|_| Ok(Coins::boxed(count())), true, 5), "same seed");
        let threads = |_| Ok(Coins::boxed(rayon::current_num_threads() as u64));
        problem(check_simulator(threads, true, 5), "threads");
    }
}
