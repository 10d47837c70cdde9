//! Experience of a known table as counts: one addition a step.
//!
//! What a learner without the table keeps in a [`super::Pool`] is here one number for each pair (choice made, branch taken), at a
//! place that is known beforehand, so that keeping count does not wait for anything. Returns are added up after the
//! episode, and only where there was a reward. Size: `B` counts; where actions stick, any action of the state may be executed, so
//! `A` times as many.

use super::{Data, RegressionOracle};
use crate::Result;
use crate::horizon::player::Step;
use crate::horizon::process::Process;
use crate::mdp::Mdp;

/// Counts of (choice, branch), sums of returns, and the episode that is being played.
#[derive(Debug, Clone)]
pub(super) struct Tally<'a> {
    mdp: &'a Mdp,
    /// Reward of each branch, `[B]`.
    rewards: Vec<f64>,
    /// The branches that may follow choice `c` are `first[c]..last[c]`, and `counts[place[c] + b]` counts branch `b`
    /// (modulo 2³²).
    first: Vec<u32>,
    last: Vec<u32>,
    place: Vec<u32>,
    counts: Vec<u64>,
    /// Sums of returns, `[C]`.
    returns: Vec<f64>,
    /// `(choice, reward)` of the episode so far.
    episode: Vec<(u32, f64)>,
    rewarded: bool,
    steps: u64,
}

impl<'a> Tally<'a> {
    /// No experience.
    pub fn new(process: &Process<'a>) -> Tally<'a> {
        let mdp = process.mdp();
        let starts = mdp.branch_starts();
        let choices = mdp.num_choices();
        let (mut first, mut last, mut place) = (starts[..choices].to_vec(), starts[1..].to_vec(), vec![0; choices]);
        let mut size = mdp.num_branches();
        if process.sticky() > 0.0 {
            size = 0;
            for s in 0..mdp.num_states() {
                let row = mdp.choices(s);
                for c in row.clone() {
                    (first[c], last[c]) = (starts[row.start], starts[row.end]);
                    place[c] = (size as u32).wrapping_sub(first[c]);
                    size += (last[c] - first[c]) as usize;
                }
            }
        }
        let reward = |c: usize| mdp.branch_range(c).map(move |b| mdp.branch_reward(c, b));
        Tally {
            mdp,
            rewards: (0..choices).flat_map(reward).collect(),
            first,
            last,
            place,
            counts: vec![0; size],
            returns: vec![0.0; choices],
            episode: Vec::with_capacity(process.horizon()),
            rewarded: false,
            steps: 0,
        }
    }

    /// The next step of the episode.
    #[inline]
    pub fn observe(&mut self, step: &Step) {
        self.counts[self.place[step.choice].wrapping_add(step.branch as u32) as usize] += 1;
        self.episode.push((step.choice as u32, step.reward));
        self.rewarded |= step.reward != 0.0;
    }

    /// Ends the episode: adds its discounted returns `G_t = r_t + γ G_{t+1}`.
    #[inline]
    pub fn finish_episode(&mut self, discount: f64) {
        if self.rewarded {
            let mut ret = 0.0;
            for &(choice, reward) in self.episode.iter().rev() {
                ret = reward + discount * ret;
                self.returns[choice as usize] += ret;
            }
        }
        self.rewarded = false;
        self.steps += self.episode.len() as u64;
        self.episode.clear();
    }

    /// Steps counted.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// `Q̂¹`: regresses the returns.
    ///
    /// # Errors
    /// The oracle's.
    pub fn fit_returns(&self, oracle: &mut dyn RegressionOracle, data: &mut Data, values: &mut [f64]) -> Result<()> {
        self.fit(oracle, data, values, |c, _, _| self.returns[c])
    }

    /// One step of fitted Q-iteration: regresses `r + γ v(s')`, where `v` is `next` `[S]`, 0 in terminal states.
    ///
    /// # Errors
    /// The oracle's.
    pub fn fit_backup(
        &self,
        oracle: &mut dyn RegressionOracle,
        discount: f64,
        next: &[f64],
        data: &mut Data,
        values: &mut [f64],
    ) -> Result<()> {
        let successors = self.mdp.successors();
        self.fit(oracle, data, values, |_, branches, counts| {
            let term = |(b, &n): (usize, &u64)| n as f64 * (self.rewards[b] + discount * next[successors[b] as usize]);
            branches.zip(counts).map(term).sum()
        })
    }

    /// Regresses `sum(choice, branches, counts) / visits` of every choice that was made.
    fn fit(
        &self,
        oracle: &mut dyn RegressionOracle,
        data: &mut Data,
        values: &mut [f64],
        sum: impl Fn(usize, std::ops::Range<usize>, &[u64]) -> f64,
    ) -> Result<()> {
        data.clear();
        for c in 0..self.returns.len() {
            let branches = self.first[c] as usize..self.last[c] as usize;
            let start = self.place[c].wrapping_add(self.first[c]) as usize;
            let counts = &self.counts[start..start + branches.len()];
            let visits: u64 = counts.iter().sum();
            if visits > 0 {
                data.push(c, visits as f64, sum(c, branches, counts) / visits as f64);
            }
        }
        oracle.fit(data, values)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Pool, TableOracle};
    use super::*;
    use crate::horizon::Player;
    use crate::horizon::tests::random_mdp;
    use crate::rng::{self, Purpose};

    #[test]
    fn counts_hold_what_a_pool_holds() {
        let (mdp, horizon, discount) = (random_mdp(4, 6, 3, 3), 9, 0.9);
        for sticky in [None, Some(0.3)] {
            let process = Process::new(&mdp, horizon, sticky).unwrap();
            let player = Player::new(process).unwrap();
            let (mut tally, mut pool) = (Tally::new(&process), Pool::new(mdp.num_choices()));
            let mut rng = rng::fast(5, Purpose::Environment, 0);
            let mut total = 0;
            for _ in 0..50 {
                let (mut place, mut steps) = (player.start(&mut rng), Vec::new());
                for _ in 0..horizon {
                    let choice = player.random_choice(&place, &mut rng);
                    let step = player.step(&mut place, choice, &mut rng);
                    tally.observe(&step);
                    steps.push(step);
                    if step.terminal {
                        break;
                    }
                }
                tally.finish_episode(discount);
                total += steps.len() as u64;
                let mut ret = 0.0;
                for step in steps.iter().rev() {
                    ret = step.reward + discount * ret;
                    pool.add(step.choice, step.reward, step.next, ret);
                }
            }
            assert_eq!(tally.steps(), total);
            let (mut data, mut by_tally, mut by_pool) = (Data::default(), vec![0.0; 18], vec![0.0; 18]);
            let oracle = &mut TableOracle::default();
            let v: Vec<f64> = (0..mdp.num_states()).map(|s| if mdp.is_terminal(s) { 0.0 } else { s as f64 }).collect();
            let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
            tally.fit_returns(oracle, &mut data, &mut by_tally).unwrap();
            pool.fit_returns(oracle, &mut data, &mut by_pool).unwrap();
            assert!(close(&by_tally, &by_pool), "{sticky:?}: {by_tally:?} {by_pool:?}");
            tally.fit_backup(oracle, discount, &v, &mut data, &mut by_tally).unwrap();
            pool.fit_backup(oracle, discount, &v, &mut data, &mut by_pool).unwrap();
            assert!(close(&by_tally, &by_pool), "{sticky:?}: {by_tally:?} {by_pool:?}");
        }
    }
}
