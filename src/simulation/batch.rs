//! `N` copies of one environment, stepped together.

use std::hash::{DefaultHasher, Hash, Hasher};

use rand::Rng;
use rayon::prelude::*;

use super::statistics::Totals;
use super::{Dynamics, EpisodeStatistics, ModelDynamics, PolicySampler, TableDynamics};
use crate::mdp::{Mdp, Model};
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// Copies in a chunk. Fixed, so that the split of the work never depends on the number of threads.
pub const CHUNK: usize = 1024;

/// `N` copies of an environment with automatic reset, as a struct of arrays.
///
/// ```
/// use tabrl::mdp::MdpBuilder;
/// use tabrl::simulation::TableBatch;
///
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(0.5, 0, 0.0), (0.5, 1, 1.0)]).terminal(1);
/// let mut batch = TableBatch::from_mdp(&builder.build()?, 4, 7, None)?;
/// batch.step(&[0; 4])?;
/// for i in 0..4 {
///     assert_eq!(batch.terminated()[i], batch.next()[i] == 1); // the true successor
///     assert_eq!(batch.states()[i], 0); // after the automatic reset
/// }
/// # Ok::<(), tabrl::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batch<D: Dynamics> {
    dynamics: D,
    time_limit: u64,
    state: Vec<D::State>,
    next: Vec<D::State>,
    reward: Vec<f64>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
    elapsed: Vec<u64>,
    episode_return: Vec<f64>,
    totals: Vec<Totals>,
    environment: Vec<Fast>,
    policy: Vec<Fast>,
    scratch: Vec<D::Scratch>,
}

/// A batch that samples the rows of a table; an action is a choice of the table.
pub type TableBatch = Batch<TableDynamics>;

/// A batch that samples a model's law step by step; an action is an action number.
pub type ModelBatch<M> = Batch<ModelDynamics<M>>;

impl TableBatch {
    /// `copies` copies of a table; see [`Batch::new`].
    ///
    /// # Errors
    /// As [`Batch::new`], and if an episode may start in a terminal state.
    pub fn from_mdp(mdp: &Mdp, copies: usize, seed: u64, time_limit: Option<u64>) -> Result<TableBatch> {
        Batch::new(TableDynamics::new(mdp)?, copies, seed, time_limit)
    }

    /// `steps` steps of every copy under a policy of the table, fused: no outputs but the last step's and the statistics.
    ///
    /// Copy `i` draws its choices from the stream `(seed, Policy, i)`, one word a step, so the environment's randomness is the
    /// same for every policy. `policy` must have been packed for this table, and for this time limit if it has stages.
    pub fn run_policy(&mut self, policy: &PolicySampler, steps: usize) {
        self.run(steps, |_, turn, environment, own| {
            (policy.choose(turn.state, turn.elapsed, own.next_u64()), environment.next_u64())
        });
    }
}

impl<M: Model> ModelBatch<M> {
    /// `copies` copies of a model, which is never enumerated; see [`Batch::new`].
    ///
    /// # Errors
    /// As [`Batch::new`].
    pub fn from_model(model: M, copies: usize, seed: u64, time_limit: Option<u64>) -> Result<ModelBatch<M>> {
        Batch::new(ModelDynamics::new(model), copies, seed, time_limit)
    }
}

/// What an action is chosen by: which copy, where it is, and for how long its episode has run.
struct Turn<S> {
    copy: usize,
    state: S,
    elapsed: u64,
}

impl<D: Dynamics> Batch<D> {
    /// `copies` copies in fresh initial states. Copy `i` draws from the stream `(seed, Environment, i)`: one word a step,
    /// one more at a reset. After `time_limit` steps an episode is truncated.
    ///
    /// # Errors
    /// No copy, or a time limit of 0.
    pub fn new(dynamics: D, copies: usize, seed: u64, time_limit: Option<u64>) -> Result<Batch<D>> {
        if copies == 0 {
            return Err(Error::Parameter { name: "copies", value: 0.0, expected: "at least 1" });
        }
        if time_limit == Some(0) {
            return Err(Error::Parameter { name: "time_limit", value: 0.0, expected: "at least 1" });
        }
        let streams = |purpose| (0..copies as u64).map(|i| rng::fast(seed, purpose, i)).collect::<Vec<Fast>>();
        let mut environment = streams(Purpose::Environment);
        let state: Vec<D::State> = environment.iter_mut().map(|rng| dynamics.reset(rng.next_u64())).collect();
        Ok(Batch {
            dynamics,
            time_limit: time_limit.unwrap_or(u64::MAX),
            next: state.clone(),
            state,
            reward: vec![0.0; copies],
            terminated: vec![false; copies],
            truncated: vec![false; copies],
            elapsed: vec![0; copies],
            episode_return: vec![0.0; copies],
            totals: vec![Totals::default(); copies],
            environment,
            policy: streams(Purpose::Policy),
            scratch: (0..copies.div_ceil(CHUNK)).map(|_| D::Scratch::default()).collect(),
        })
    }

    /// One step of every copy: copy `i` takes `actions[i]`.
    ///
    /// # Errors
    /// A wrong length, or an action that a copy may not take; then no copy has moved.
    pub fn step(&mut self, actions: &[u32]) -> Result<()> {
        if actions.len() != self.copies() {
            let (found, expected) = (vec![actions.len()], vec![self.copies()]);
            return Err(Error::Shape { what: "actions".into(), found, expected });
        }
        for (state, action) in self.state.iter().zip(actions) {
            self.dynamics.check(*state, *action)?;
        }
        self.run(1, |_, turn, environment, _| (actions[turn.copy], environment.next_u64()));
        Ok(())
    }

    /// `steps` steps of every copy under uniformly random actions, fused: no outputs but the last step's and the statistics.
    ///
    /// Action and outcome come from one word of the copy's environment stream, and `run_random(a)` followed by
    /// `run_random(b)` is `run_random(a + b)`.
    pub fn run_random(&mut self, steps: usize) {
        self.run(steps, |dynamics, turn, environment, _| dynamics.random_action(turn.state, environment.next_u64()));
    }

    /// Steps every copy `steps` times, chunk by chunk; within a chunk one copy after the other, its state in registers.
    /// `pick` gives the action and the word that its outcome is drawn with.
    fn run(&mut self, steps: usize, pick: impl Fn(&D, &Turn<D::State>, &mut Fast, &mut Fast) -> (u32, u64) + Sync) {
        if steps == 0 {
            return;
        }
        let (dynamics, limit) = (&self.dynamics, self.time_limit);
        let arrays = (
            self.state.par_chunks_mut(CHUNK),
            self.next.par_chunks_mut(CHUNK),
            self.reward.par_chunks_mut(CHUNK),
            self.terminated.par_chunks_mut(CHUNK),
            self.truncated.par_chunks_mut(CHUNK),
            self.elapsed.par_chunks_mut(CHUNK),
            self.episode_return.par_chunks_mut(CHUNK),
            self.totals.par_chunks_mut(CHUNK),
            self.environment.par_chunks_mut(CHUNK),
            self.policy.par_chunks_mut(CHUNK),
            self.scratch.par_iter_mut(),
        );
        arrays.into_par_iter().enumerate().for_each(|(chunk, arrays)| {
            let (state, next, reward, terminated, truncated, elapsed, returns, totals, environment, policy, scratch) =
                arrays;
            for i in 0..state.len() {
                let mut turn = Turn { copy: chunk * CHUNK + i, state: state[i], elapsed: elapsed[i] };
                let (mut episode_return, mut sums) = (returns[i], totals[i]);
                let (mut environment_rng, mut policy_rng) = (environment[i].clone(), policy[i].clone());
                for step in 0..steps {
                    let (action, word) = pick(dynamics, &turn, &mut environment_rng, &mut policy_rng);
                    let outcome = dynamics.step(turn.state, action, word, scratch);
                    turn.state = outcome.next;
                    turn.elapsed += 1;
                    episode_return += outcome.reward;
                    let out_of_time = !outcome.terminal && turn.elapsed >= limit;
                    if outcome.terminal || out_of_time {
                        sums.finish(turn.elapsed, episode_return, outcome.terminal);
                        (turn.elapsed, episode_return) = (0, 0.0);
                        turn.state = dynamics.reset(environment_rng.next_u64());
                    }
                    if step + 1 == steps {
                        (next[i], reward[i]) = (outcome.next, outcome.reward);
                        (terminated[i], truncated[i]) = (outcome.terminal, out_of_time);
                    }
                }
                (state[i], elapsed[i], returns[i], totals[i]) = (turn.state, turn.elapsed, episode_return, sums);
                (environment[i], policy[i]) = (environment_rng, policy_rng);
            }
        });
    }

    /// Number of copies `N`.
    pub fn copies(&self) -> usize {
        self.state.len()
    }

    /// What the copies step by.
    pub fn dynamics(&self) -> &D {
        &self.dynamics
    }

    /// Where each copy is now, after any automatic reset, `[N]`.
    pub fn states(&self) -> &[D::State] {
        &self.state
    }

    /// The true successor of the last step, before any reset, `[N]`.
    pub fn next(&self) -> &[D::State] {
        &self.next
    }

    /// The reward of the last step, `[N]`.
    pub fn rewards(&self) -> &[f64] {
        &self.reward
    }

    /// Whether the last step ended in a terminal state, `[N]`.
    pub fn terminated(&self) -> &[bool] {
        &self.terminated
    }

    /// Whether the last step met the time limit in a state that is not terminal, `[N]`.
    pub fn truncated(&self) -> &[bool] {
        &self.truncated
    }

    /// Steps taken in the running episode, `[N]`.
    pub fn elapsed(&self) -> &[u64] {
        &self.elapsed
    }

    /// Statistics of the episodes finished so far.
    pub fn statistics(&self) -> EpisodeStatistics {
        EpisodeStatistics::reduce(&self.totals)
    }

    /// A hash of everything visible: states, successors, rewards, flags and sums, to the last bit.
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.state.hash(&mut hasher);
        self.next.hash(&mut hasher);
        self.terminated.hash(&mut hasher);
        self.truncated.hash(&mut hasher);
        self.elapsed.hash(&mut hasher);
        for x in self.reward.iter().chain(&self.episode_return).chain(self.totals.iter().map(|t| &t.return_sum)) {
            x.to_bits().hash(&mut hasher);
        }
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::MdpBuilder;

    /// ```text
    ///  0 ──½── 1 ──1── 2 (end)      action 0 goes on with probability ½ (reward 1 on success), action 1 stays (reward −1)
    /// ```
    fn chain() -> Mdp {
        let mut builder = MdpBuilder::new(3);
        for s in 0..2 {
            builder.choice(s, 0, &[(0.5, s + 1, 1.0), (0.5, s, 0.0)]).choice(s, 1, &[(1.0, s, -1.0)]);
        }
        builder.terminal(2).build().unwrap()
    }

    #[test]
    fn a_step_tells_the_successor_from_the_state_after_the_reset() {
        let mut batch = TableBatch::from_mdp(&chain(), 50, 1, Some(3)).unwrap();
        let (mut ended, mut out_of_time) = (0, 0);
        for t in 0..30 {
            let before = batch.states().to_vec();
            let elapsed = batch.elapsed().to_vec();
            let actions: Vec<u32> = before.iter().map(|s| 2 * s + u32::from(t % 4 == 3)).collect();
            batch.step(&actions).unwrap();
            for i in 0..50 {
                let (s, t) = (before[i], batch.next()[i]);
                assert!(t == s || (t == s + 1 && before[i] * 2 == actions[i]));
                assert_eq!(batch.rewards()[i], if actions[i] % 2 == 1 { -1.0 } else { f64::from(t - s) });
                assert_eq!(batch.terminated()[i], t == 2);
                assert_eq!(batch.truncated()[i], t != 2 && elapsed[i] == 2);
                let over = batch.terminated()[i] || batch.truncated()[i];
                assert_eq!(batch.states()[i], if over { 0 } else { t });
                ended += u64::from(batch.terminated()[i]);
                out_of_time += u64::from(batch.truncated()[i]);
            }
        }
        let statistics = batch.statistics();
        assert!(ended > 0 && out_of_time > 0);
        assert_eq!((statistics.terminated, statistics.episodes), (ended, ended + out_of_time));
    }

    #[test]
    fn random_runs_are_additive_and_do_not_depend_on_threads() {
        let mdp = chain();
        let run = |threads: usize, parts: &[usize], seed: u64| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut batch = TableBatch::from_mdp(&mdp, 3 * CHUNK + 5, seed, Some(7)).unwrap();
                parts.iter().for_each(|&n| batch.run_random(n));
                (batch.digest(), batch.statistics())
            })
        };
        assert_eq!(run(1, &[40], 3), run(2, &[40], 3));
        assert_eq!(run(1, &[40], 3), run(3, &[13, 0, 27], 3));
        assert_ne!(run(1, &[40], 3).0, run(1, &[40], 4).0);
    }

    #[test]
    fn episode_statistics_agree_with_the_closed_form() {
        // Always action 0: the return is 2, the length a sum of two geometric variables (mean 4, variance 4).
        let mdp = chain();
        let mut batch = TableBatch::from_mdp(&mdp, 2_000, 9, None).unwrap();
        let greedy = PolicySampler::new(&mdp, &crate::mdp::Policy::greedy(&mdp, &[1.0, 0.0, 1.0, 0.0]), None).unwrap();
        batch.run_policy(&greedy, 400);
        let statistics = batch.statistics();
        assert_eq!((statistics.mean_return, statistics.std_return), (2.0, 0.0));
        assert_eq!(statistics.terminated, statistics.episodes);
        let error = 2.0 / (statistics.episodes as f64).sqrt();
        assert!((statistics.mean_length - 4.0).abs() < 5.0 * error + 4.0 * 4.0 / 400.0, "{statistics:?}");
    }

    #[test]
    fn bad_input_is_refused_before_any_copy_moves() {
        let mdp = chain();
        assert!(TableBatch::from_mdp(&mdp, 0, 1, None).is_err());
        assert!(TableBatch::from_mdp(&mdp, 1, 1, Some(0)).is_err());
        let mut batch = TableBatch::from_mdp(&mdp, 2, 1, None).unwrap();
        let before = batch.digest();
        assert!(matches!(batch.step(&[0]), Err(Error::Shape { .. })));
        let message = batch.step(&[0, 2]).unwrap_err().to_string();
        assert!(message.contains("choice 2 is not one of 0..2 of state 0"), "{message}");
        assert_eq!(batch.digest(), before);
        let ends = mdp.with_initial(vec![(2, 1.0)]).unwrap();
        assert!(TableBatch::from_mdp(&ends, 1, 1, None).is_err());
    }

    #[test]
    fn a_model_batch_refuses_what_its_table_refuses() {
        let mdp = chain();
        let mut batch = ModelBatch::from_model(&mdp, 2, 1, None).unwrap();
        assert!(batch.step(&[0, 2]).unwrap_err().to_string().contains("those allowed are [0, 1]"));
        batch.step(&[0, 1]).unwrap();
        assert_eq!(batch.rewards()[1], -1.0);
    }
}
