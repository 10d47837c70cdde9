//! BPI-UCBVI: find an ε-optimal policy, and say when it is one (Ménard et al. 2021).
//!
//! ```text
//! Q̄_h = min( cap_h, r + 3 √(Var_p̂(V̄) β*/n) + 14 H² β/n + (1/H) p̂ · (V̄ − V̲) + p̂ · V̄ )
//! Q̲_h = max( floor_h, r − 3 √(Var_p̂(V̄) β*/n) − 14 H² β/n − (1/H) p̂ · (V̄ − V̲) + p̂ · V̲ )      V̲ = max_a Q̲
//! G_h = min( span_h, 6 √(Var_p̂(V̄) β*/n) + 36 H² β/n + (1 + 3/H) p̂ · G_{h+1} )  at the greedy choice of Q̄; stop when G_0 ≤ ε
//!
//! β* = scale · [ ln(3 S A H / δ) + ln(8e (n + 1)) ],   β = scale · [ ln(3 S A H / δ) + S ln(8e (n + 1)) ]     scale = 1 in theory
//! ```
//! As in the paper, the expected rewards `r` are known (the table's): nothing in the bounds would cover the error of a mean reward
//! that is estimated, and it falls more slowly than `β/n`. `H²` stands for `R H²`, with `R` the width of their range. Untried choices
//! have the most, the least and the difference that the steps left can earn: `cap_h`, `floor_h`, `span_h`.
//! Once stopped, the policy is kept: with probability `1 − δ` it loses at most `ε` an episode.

use super::optimism::Plan;
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of BPI-UCBVI.
    BpiUcbviParams {
        /// Accuracy ε that ends exploration.
        epsilon: f64 = 1.0, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Factor of β and β*; 1 in theory.
        scale: f64 = 1.0, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
        /// How visits are counted.
        counts: Counting = Counting::Staged, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct BpiUcbvi<'a> {
    setup: Setup<'a>,
    params: BpiUcbviParams,
    counts: Counts,
    plan: Plan,
    /// `V̲` and `G` at the greedy choice, `[(H + 1) · S]` each.
    lower: Vec<f64>,
    gap: Vec<f64>,
    stopped: Option<u64>,
    rng: Fast,
}

/// The bonuses of a row: `(β*, β)`-terms of the variance and of `1/n`.
struct Terms {
    union: f64,
    scale: f64,
    states: f64,
    most: f64,
}

impl Terms {
    /// `(√(Var_p̂(V̄) β*/n), H² β/n)` in units of reward.
    fn of(&self, counts: &Counts, row: usize, upper: &[f64], horizon: f64) -> (f64, f64) {
        let n = f64::from(counts.visits(row));
        let grown = (8.0 * std::f64::consts::E * (n + 1.0)).ln();
        let star = self.scale * (self.union + grown);
        let beta = self.scale * (self.union + self.states * grown);
        ((counts.variance(row, upper) * star / n).sqrt(), self.most * horizon * beta / n)
    }
}

impl<'a> BpiUcbvi<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &BpiUcbviParams) -> Result<BpiUcbvi<'a>> {
        params.validate()?;
        setup.validate()?;
        let size = (setup.horizon + 1) * setup.mdp.num_states();
        Ok(BpiUcbvi {
            setup: *setup,
            params: *params,
            counts: Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon),
            plan: Plan::new(setup),
            lower: vec![0.0; size],
            gap: vec![0.0; size],
            stopped: None,
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }

    /// The episode before which exploration ended, if it has.
    pub fn stopped(&self) -> Option<u64> {
        self.stopped
    }

    /// `G_0` from the initial distribution: what the policy may lose at most, with probability `1 − δ`.
    pub fn gap(&self) -> f64 {
        self.setup.mdp.initial_value(&self.gap[..self.setup.mdp.num_states()])
    }
}

impl EpisodicAgent for BpiUcbvi<'_> {
    fn begin(&mut self, episode: u64) {
        if self.stopped.is_some() {
            return;
        }
        let (setup, counts) = (&self.setup, &self.counts);
        let rewards = setup.mdp.rewards();
        let (states, horizon) = (setup.mdp.num_states(), setup.horizon as f64);
        let union = (3.0 * setup.mdp.num_choices() as f64 * horizon / self.params.delta).ln();
        let terms = Terms { union, scale: self.params.scale, states: states as f64, most: setup.value_span(0) };
        for stage in (0..setup.horizon).rev() {
            let (cap, span) = (setup.value_cap(stage), setup.value_span(stage));
            let floor = cap - span;
            let (before, after) = self.lower.split_at_mut((stage + 1) * states);
            let (lower, lower_next) = (&mut before[stage * states..], &after[..states]);
            self.plan.step(setup, stage, &mut self.rng, |c, next| {
                let row = counts.row(stage, c);
                if counts.visits(row) == 0 {
                    return cap;
                }
                let (wide, fast) = terms.of(counts, row, next, horizon);
                let (upper, below) = (counts.expect(row, next), counts.expect(row, lower_next));
                let bonus = 3.0 * wide + 14.0 * fast + (upper - below) / horizon;
                cap.min(rewards[c] + bonus + upper)
            });
            let next = self.plan.values(stage + 1);
            let (before, after) = self.gap.split_at_mut((stage + 1) * states);
            let (gap, gap_next) = (&mut before[stage * states..], &after[..states]);
            for s in (0..states).filter(|&s| !setup.choices(s).is_empty()) {
                lower[s] = floor;
                for c in setup.choices(s) {
                    let row = counts.row(stage, c);
                    if counts.visits(row) > 0 {
                        let (wide, fast) = terms.of(counts, row, next, horizon);
                        let (upper, below) = (counts.expect(row, next), counts.expect(row, lower_next));
                        let bonus = 3.0 * wide + 14.0 * fast + (upper - below) / horizon;
                        lower[s] = lower[s].max(rewards[c] - bonus + below);
                    }
                }
                let row = counts.row(stage, self.plan.rules[stage * states + s] as usize);
                gap[s] = span;
                if counts.visits(row) > 0 {
                    let (wide, fast) = terms.of(counts, row, next, horizon);
                    let ahead = (1.0 + 3.0 / horizon) * counts.expect(row, gap_next);
                    gap[s] = span.min(6.0 * wide + 36.0 * fast + ahead);
                }
            }
        }
        if self.gap() <= self.params.epsilon {
            self.stopped = Some(episode);
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.plan.rules)
    }

    fn observe(&mut self, step: &Step) {
        if self.stopped.is_none() {
            self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
        }
    }

    fn optimistic_value(&self) -> Option<f64> {
        (self.params.scale >= 1.0).then(|| self.plan.initial_value(&self.setup))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exploration::testing::{random_table, walk};
    use crate::exploration::{RegretOptions, run};
    use crate::learning::EvaluationPoints;
    use crate::mdp::MdpBuilder;

    /// Random rewards do not spoil the bounds, even where the bonuses are next to nothing.
    #[test]
    fn optimism_does_not_depend_on_the_noise_of_rewards() {
        let mut builder = MdpBuilder::new(3);
        builder.choice(0, 0, &[(0.5, 1, 1.0), (0.5, 2, 0.0)]).terminal(1).terminal(2);
        let mdp = builder.build().unwrap();
        for seed in 0..5 {
            let setup = Setup { mdp: &mdp, horizon: 1, episodes: 200, reward_range: (0.0, 1.0), seed };
            let params = BpiUcbviParams { epsilon: 1e-12, scale: 1e-6, ..BpiUcbviParams::default() };
            let mut agent = BpiUcbvi::new(&setup, &params).unwrap();
            for episode in 0..setup.episodes {
                agent.begin(episode);
                assert!(agent.plan.initial_value(&setup) >= 0.5, "{episode}");
                walk(&setup, 1, 1000 * seed + episode, |step| agent.observe(step));
            }
        }
    }

    /// Once stopped, the policy is kept and loses at most ε; a smaller ε stops no sooner.
    #[test]
    fn what_is_returned_is_good_enough() {
        let mdp = random_table(4, 2, 2);
        let setup = Setup { mdp: &mdp, horizon: 2, episodes: 60_000, reward_range: (0.0, 1.0), seed: 5 };
        let mut ends = Vec::new();
        for epsilon in [1.5, 1.0] {
            let params = BpiUcbviParams { epsilon, ..BpiUcbviParams::default() };
            let mut agent = BpiUcbvi::new(&setup, &params).unwrap();
            let curve = run(&setup, &mut agent, &RegretOptions { points: EvaluationPoints::Even(1) }).unwrap();
            ends.push(agent.stopped());
            assert!(agent.stopped().is_some_and(|end| end < 54_000), "{:?} {}", agent.stopped(), agent.gap());
            assert!(agent.gap() <= epsilon && curve.late <= epsilon && curve.least_optimism >= Some(-1e-12));
        }
        assert!(ends.is_sorted() && ends[0] < ends[1], "{ends:?}");
    }
}
