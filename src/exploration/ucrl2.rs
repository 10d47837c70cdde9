//! UCRL2 and KL-UCRL in episodes: plan in the best model of a confidence set, seldom (Jaksch, Ortner and Auer 2010; Filippi,
//! Cappé and Garivier 2010).
//!
//! ```text
//! Q_h(s, a) = min( cap_h, r̃(s, a) + max { p · V_{h+1} : p near p̂(· | s, a) } )          counts pooled
//! ```
//! Both papers maximise the average reward of one endless run, see [`average`](super::average) for that. Here the extended value
//! iteration runs backwards over the `H` steps of an episode, as in the comparison of PSRL with UCRL2. They plan again, at the
//! start of the next episode, when the visits of some choice since the last plan have reached those before it:
//! `ν(s, a) ≥ max(1, N(s, a))`. The sets are those of theory for `scale=1`; `scale` multiplies their radii. They hold for
//! rewards learnt and with probability `1 − δ` for all times at once.

pub use super::confidence::Region;
use super::confidence::{Confidence, order_by_value};
use super::inner::Outcome;
use super::optimism::Plan;
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of UCRL2.
    Ucrl2Params {
        /// Which distributions are near.
        region: Region = Region::L1, "l1, bernstein or kl", |_| true;
        /// Factor of all radii; 1 in theory.
        scale: f64 = 1.0, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
    }
}

hyper_parameters! {
    /// Hyper-parameters of KL-UCRL.
    KlUcrlParams {
        /// Factor of all radii; 1 in theory.
        scale: f64 = 1.0, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Probability δ with which the bounds may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
    }
}

impl From<KlUcrlParams> for Ucrl2Params {
    fn from(KlUcrlParams { scale, delta }: KlUcrlParams) -> Ucrl2Params {
        Ucrl2Params { region: Region::Kl, scale, delta }
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct Ucrl2<'a> {
    setup: Setup<'a>,
    params: Ucrl2Params,
    counts: Counts,
    /// `N(s, a)` at the last plan, `[C]`.
    before: Vec<u32>,
    steps: u64,
    stale: bool,
    plans: u64,
    plan: Plan,
    order: Vec<u32>,
    room: Vec<Outcome>,
    rng: Fast,
}

impl<'a> Ucrl2<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &Ucrl2Params) -> Result<Ucrl2<'a>> {
        params.validate()?;
        setup.validate()?;
        Ok(Ucrl2 {
            setup: *setup,
            params: *params,
            counts: Counts::new(Counting::Pooled, setup.mdp.num_choices(), setup.horizon),
            before: vec![0; setup.mdp.num_choices()],
            steps: 0,
            stale: true,
            plans: 0,
            plan: Plan::new(setup),
            order: (0..setup.mdp.num_states() as u32).collect(),
            room: Vec::new(),
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }

    /// Plans so far: at most `S A log₂(8 T / (S A))` after `T ≥ S A` steps.
    pub fn plans(&self) -> u64 {
        self.plans
    }

    /// KL-UCRL.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn kl(setup: &Setup<'a>, params: &KlUcrlParams) -> Result<Ucrl2<'a>> {
        Ucrl2::new(setup, &Ucrl2Params::from(*params))
    }
}

impl EpisodicAgent for Ucrl2<'_> {
    fn begin(&mut self, _episode: u64) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        self.plans += 1;
        let Ucrl2 { setup, params, counts, plan, order, room, rng, .. } = self;
        let confidence = Confidence {
            region: params.region,
            scale: params.scale,
            delta: params.delta,
            time: (self.steps as f64).max(1.0),
        };
        for (c, before) in self.before.iter_mut().enumerate() {
            *before = counts.visits(c);
        }
        for stage in (0..setup.horizon).rev() {
            let cap = setup.value_cap(stage);
            order_by_value(plan.values(stage + 1), order);
            plan.step(setup, stage, rng, |c, next| cap.min(confidence.worth(setup, counts, c, next, order, room)));
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.plan.rules)
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(step.choice, step.reward, step.next);
        self.steps += 1;
        let before = self.before[step.choice];
        self.stale |= self.counts.visits(step.choice) - before >= before.max(1);
    }

    fn optimistic_value(&self) -> Option<f64> {
        (self.params.scale >= 1.0).then(|| self.plan.initial_value(&self.setup))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exploration::testing::random_table;
    use crate::exploration::{RegretOptions, run};
    use crate::learning::EvaluationPoints;

    #[test]
    fn plans_are_as_few_as_doubling_allows() {
        for seed in 0..3 {
            let mdp = random_table(seed, 4, 2);
            let setup = Setup { mdp: &mdp, horizon: 5, episodes: 1000, reward_range: (0.0, 1.0), seed };
            for region in [Region::L1, Region::Bernstein, Region::Kl] {
                let mut agent = Ucrl2::new(&setup, &Ucrl2Params { region, ..Ucrl2Params::default() }).unwrap();
                run(&setup, &mut agent, &RegretOptions { points: EvaluationPoints::Even(1) }).unwrap();
                let (pairs, steps) = (8.0f64, 5000.0);
                assert!((agent.plans() as f64) <= pairs * (8.0 * steps / pairs).log2(), "{}", agent.plans());
            }
        }
    }
}
