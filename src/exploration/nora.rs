//! NORA: an actor-critic with an optimistic critic for Q* and rare switches (Tan, Fan and Wei 2025), in tables.
//!
//! ```text
//! critic   f_h(s, a) = min( cap_h, 𝒯̂ f_{h+1} + b/√n ),   𝒯̂ f = r̂ + p̂ · max_a f        frozen between switches; cap_h where n = 0
//! switch   when n_h(s, a) (f_h − 𝒯̂ f_{h+1})² ≥ excess · b² for some (h, s, a):  new critic, actor back to uniform
//! actor    π_h(a | s) ∝ exp( rate · η · t · f_h(s, a) ),   t episodes since the switch: Hedge in every state
//!
//! theory      b = R H √β,  β = ln(H K / δ) + S A H ln K          practical   b = bonus · R
//! η           anytime: √(ln A / t) / (R H)                       fixed: √(ln A / K) / (R H)
//! ```
//! In general function classes the critic is the largest function of a confidence set and the switch looks at its excess Bellman
//! loss, summed over all data; in tables the sum falls apart into pairs, and each is tested by itself (the sum of a fresh critic
//! would already exceed `5 b²`). A pair is then switched for about every `excess`-fold visit: `O(S A H log K)` switches. With the fixed
//! rate of the paper the actor is off by at most `2 R H √(K ln A)` in a segment between switches; with the anytime rate by
//! `2 R H √(T ln A)` for a segment of `T` episodes.
//!
//! Variants: `offline=N` starts with the counts of `N` episodes of a behaviour policy, which takes an optimal choice with
//! probability `coverage` and a uniform one otherwise (hybrid learning; only these episodes use the probabilities of the table).
//! `optimism=false` leaves the bonus out and gives untried choices the value 0: with offline data the non-optimistic hybrid, and
//! without it an actor-critic that does not explore.

use rand::Rng;

use super::optimism::Plan;
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::Value;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};
use crate::simulation::{Dynamics, TableDynamics};

/// The learning rate of the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorRate {
    /// `√(ln A / t) / (R H)`.
    Anytime,
    /// `√(ln A / K) / (R H)`.
    Fixed,
}

impl Value for ActorRate {
    fn read(text: &str) -> Option<ActorRate> {
        match text.trim() {
            "anytime" => Some(ActorRate::Anytime),
            "fixed" => Some(ActorRate::Fixed),
            _ => None,
        }
    }
    fn write(self) -> String {
        if self == ActorRate::Anytime { "anytime" } else { "fixed" }.into()
    }
}

hyper_parameters! {
    /// Hyper-parameters of NORA.
    NoraParams {
        /// Factor of the practical bonus.
        bonus: f64 = 0.3, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Whether to take the bonus of theory.
        theory: bool = false, "true or false", |_| true;
        /// Excess loss, in units of the square of the bonus, that makes the critic switch.
        excess: f64 = 5.0, "a number above 1", |x: f64| x > 1.0 && x.is_finite();
        /// Factor of the actor's learning rate, in practice; theory has 1.
        rate: f64 = 100.0, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// How the actor's learning rate is chosen.
        schedule: ActorRate = ActorRate::Anytime, "anytime or fixed", |_| true;
        /// Whether the critic is optimistic.
        optimism: bool = true, "true or false", |_| true;
        /// Offline episodes.
        offline: u64 = 0, "a whole number", |_| true;
        /// Probability with which the offline policy takes an optimal choice.
        coverage: f64 = 0.5, "in [0, 1]", |x: f64| (0.0..=1.0).contains(&x);
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
        /// How visits are counted.
        counts: Counting = Counting::Staged, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct Nora<'a> {
    setup: Setup<'a>,
    params: NoraParams,
    bonus: f64,
    counts: Counts,
    critic: Plan,
    /// `π`, `[H · C]`.
    actor: Vec<f64>,
    /// Episodes since the last switch.
    age: u64,
    switches: u64,
    started: bool,
    rng: Fast,
}

impl<'a> Nora<'a> {
    /// An agent that has seen nothing but its offline episodes.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &NoraParams) -> Result<Nora<'a>> {
        params.validate()?;
        setup.validate()?;
        let episodes = setup.episodes as f64;
        let size = (setup.mdp.num_choices() * setup.horizon) as f64;
        let bonus = if params.theory {
            let beta = (setup.horizon as f64 * episodes / params.delta).ln() + size * episodes.ln();
            setup.value_span(0) * beta.sqrt()
        } else {
            params.bonus * setup.reward_width()
        };
        let mut agent = Nora {
            setup: *setup,
            params: *params,
            bonus,
            counts: Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon),
            critic: Plan::new(setup),
            actor: vec![0.0; setup.horizon * setup.mdp.num_choices()],
            age: 0,
            switches: 0,
            started: false,
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        };
        agent.collect()?;
        Ok(agent)
    }

    /// New critics since the first.
    pub fn switches(&self) -> u64 {
        self.switches
    }

    /// Counts the offline episodes.
    fn collect(&mut self) -> Result<()> {
        if self.params.offline == 0 {
            return Ok(());
        }
        let (setup, mdp) = (self.setup, self.setup.mdp);
        let mut best = Plan::new(&setup);
        for stage in (0..setup.horizon).rev() {
            best.step(&setup, stage, &mut self.rng, |c, next| mdp.rewards()[c] + mdp.expect(c, next));
        }
        let dynamics = TableDynamics::new(mdp)?;
        let mut rng = rng::fast(setup.seed, Purpose::Initialisation, 0);
        for _ in 0..self.params.offline {
            let mut state = dynamics.reset(rng.next_u64());
            for stage in 0..setup.horizon {
                let row = setup.choices(state as usize);
                let choice = if rng::uniform(&mut rng) < self.params.coverage {
                    best.rules[stage * mdp.num_states() + state as usize] as usize
                } else {
                    row.start + rng::below(&mut rng, row.len())
                };
                let outcome = dynamics.step(state, choice as u32, rng.next_u64(), &mut ());
                self.counts.add(self.counts.row(stage, choice), outcome.reward, outcome.next as usize);
                state = outcome.next;
                if outcome.terminal {
                    break;
                }
            }
        }
        Ok(())
    }

    fn fit(&mut self) {
        let (setup, counts, optimism) = (&self.setup, &self.counts, self.params.optimism);
        for stage in (0..setup.horizon).rev() {
            let cap = setup.value_cap(stage);
            self.critic.step(setup, stage, &mut self.rng, |c, next| {
                let row = counts.row(stage, c);
                match (counts.visits(row), optimism) {
                    (0, true) => cap,
                    (0, false) => 0.0,
                    (_, false) => counts.mean_reward(row) + counts.expect(row, next),
                    (n, true) => {
                        cap.min(counts.mean_reward(row) + counts.expect(row, next) + self.bonus / f64::from(n).sqrt())
                    }
                }
            });
        }
    }

    /// Whether some pair's excess Bellman loss is too large.
    fn is_off(&self) -> bool {
        let choices = self.setup.mdp.num_choices();
        let limit = self.params.excess * self.bonus * self.bonus;
        (0..self.setup.horizon).any(|stage| {
            let (f, next) = (&self.critic.q[stage * choices..], self.critic.values(stage + 1));
            (0..choices).any(|c| {
                let row = self.counts.row(stage, c);
                let n = f64::from(self.counts.visits(row));
                n > 0.0 && {
                    let target = self.counts.mean_reward(row) + self.counts.expect(row, next);
                    n * (f[c] - target).powi(2) >= limit
                }
            })
        })
    }

    /// Hedge after `age` episodes with the same critic.
    fn act(&mut self) {
        let setup = &self.setup;
        let rounds = match self.params.schedule {
            ActorRate::Anytime => self.age.max(1),
            ActorRate::Fixed => setup.episodes,
        };
        let eta = ((setup.mdp.num_actions() as f64).ln() / rounds as f64).sqrt() / setup.value_span(0);
        let rate = if self.params.theory { 1.0 } else { self.params.rate };
        let exponent = rate * eta * self.age as f64;
        let (choices, states) = (setup.mdp.num_choices(), setup.mdp.num_states());
        for stage in 0..setup.horizon {
            let f = &self.critic.q[stage * choices..(stage + 1) * choices];
            let actor = &mut self.actor[stage * choices..(stage + 1) * choices];
            for s in 0..states {
                softmax(exponent, self.critic.values(stage)[s], &f[setup.choices(s)], &mut actor[setup.choices(s)]);
            }
        }
    }
}

/// `π ∝ exp(exponent · (f − most))`, where `most` is the largest of `f`.
fn softmax(exponent: f64, most: f64, f: &[f64], out: &mut [f64]) {
    let mut sum = 0.0;
    for (out, f) in out.iter_mut().zip(f) {
        *out = (exponent * (f - most)).exp();
        sum += *out;
    }
    out.iter_mut().for_each(|p| *p /= sum);
}

impl EpisodicAgent for Nora<'_> {
    fn begin(&mut self, _episode: u64) {
        if !self.started || self.is_off() {
            self.switches += u64::from(self.started);
            self.started = true;
            self.fit();
            self.age = 0;
        }
        self.act();
        self.age += 1;
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Stochastic(&self.actor)
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exploration::testing::random_table;
    use crate::exploration::{RegretOptions, run};
    use crate::learning::EvaluationPoints;
    use crate::mdp::MdpBuilder;

    /// A pair is behind a switch for about every `excess`-fold visit: at most `S A H (1 + ln K / ln 5)` switches; a test on
    /// every episode would have 2000.
    #[test]
    fn switches_are_rare() {
        for seed in 0..3 {
            let mdp = random_table(seed, 4, 2);
            let setup = Setup { mdp: &mdp, horizon: 4, episodes: 2000, reward_range: (0.0, 1.0), seed };
            let mut agent = Nora::new(&setup, &NoraParams { bonus: 0.5, ..NoraParams::default() }).unwrap();
            let curve = run(&setup, &mut agent, &RegretOptions { points: EvaluationPoints::Even(1) }).unwrap();
            let pairs = f64::from(4 * 2 * 4);
            let bound = pairs * (1.0 + 2000f64.ln() / 5f64.ln());
            assert!(agent.switches() > 0 && (agent.switches() as f64) < bound, "{} {bound}", agent.switches());
            assert!(curve.late < 0.1 * curve.optimal, "{curve:?}");
        }
    }

    /// Offline data that cover the optimal choices are enough without optimism; without them nothing is found on a lock-like chain.
    #[test]
    fn hybrid_learning_needs_coverage() {
        // Forward twelve times pays 1; the other choice pays 0.01 and starts over.
        let mut builder = MdpBuilder::new(13);
        for s in 0..12 {
            builder.choice(s, 0, &[(1.0, 0, 0.01)]).choice(s, 1, &[(1.0, s + 1, 0.0)]);
        }
        builder.choice(12, 0, &[(1.0, 12, 1.0)]);
        let mdp = builder.build().unwrap();
        let setup = Setup { mdp: &mdp, horizon: 15, episodes: 600, reward_range: (0.0, 1.0), seed: 2 };
        let late = |params: NoraParams| {
            let mut agent = Nora::new(&setup, &params).unwrap();
            run(&setup, &mut agent, &RegretOptions { points: EvaluationPoints::Even(1) }).unwrap().late
        };
        let hybrid = NoraParams { optimism: false, offline: 100, coverage: 0.9, rate: 1000.0, ..NoraParams::default() };
        assert!(late(hybrid) < 0.3, "{}", late(hybrid));
        assert!(late(NoraParams { coverage: 0.0, ..hybrid }) > 2.0);
        assert!(late(NoraParams { offline: 0, ..hybrid }) > 2.0);
        assert!(late(NoraParams { offline: 0, optimism: true, ..hybrid }) < 1.0);
    }

    /// `Σ_t ⟨π* − π^t, f⟩` over a segment with one critic: within `2 √(H² T ln A)` for the anytime rate and every `T`, and within
    /// `2 √(H² K ln A)` for the fixed one, which exceeds the former for some `T < K`.
    #[test]
    fn the_actor_tracks_its_critic() {
        let (horizon, actions) = (10.0, 3usize);
        let log = (actions as f64).ln();
        let mut fixed_is_worse = false;
        for gaps in [[0.0, 1.0, 1.0], [0.0, 0.1, 1.0], [0.0, 0.0, 0.5], [0.0, 0.02, 0.03]] {
            let f: Vec<f64> = gaps.iter().map(|gap| horizon * (1.0 - gap)).collect();
            for total in [1u32, 10, 100, 5000] {
                for fixed in [false, true] {
                    let (mut error, mut pi) = (0.0, vec![0.0; actions]);
                    for t in 0..total {
                        let rounds = f64::from(if fixed { 5000 } else { t.max(1) });
                        softmax((log / rounds).sqrt() / horizon * f64::from(t), horizon, &f, &mut pi);
                        error += pi.iter().zip(&f).map(|(pi, f)| pi * (horizon - f)).sum::<f64>();
                    }
                    let bound = |rounds: u32| 2.0 * horizon * (f64::from(rounds) * log).sqrt();
                    assert!(error <= bound(if fixed { 5000 } else { total }), "{gaps:?} {total} {fixed}: {error}");
                    fixed_is_worse |= fixed && error > bound(total);
                }
            }
        }
        assert!(fixed_is_worse);
    }
}
