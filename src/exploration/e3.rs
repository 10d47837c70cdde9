//! E³ in episodes: explore where an unknown state is within reach, exploit otherwise (Kearns and Singh 2002).
//!
//! ```text
//! known state     each of its choices was tried m times (balanced wandering: the least tried choice first)
//! escape plan     the largest probability of reaching an unknown state in the steps left, in the empirical model
//! exploit plan    the most that can be earned among known states, where an unknown state is worth nothing more
//!
//! episode:  the escape plan if its probability from the start exceeds the threshold, else the exploit plan
//! practical   threshold          theory   ε / (2 R H) = accuracy / 2 for an ε = accuracy · R H
//! ```
//! In an unknown state both plans wander. Adapted to episodes: `H` takes the part of the mixing time, the plan is chosen once an
//! episode, the least tried choice is that at its beginning, and known states go on being counted although their plan is made
//! again only when another state becomes known.

use super::optimism::{Plan, greedy};
use super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use crate::Result;
use crate::learning::params::hyper_parameters;
use crate::mdp::NO_CHOICE;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of E³.
    E3Params {
        /// Trials of each choice after which a state is known.
        known: u32 = 20, "at least 1", |n| n >= 1;
        /// Escape probability above which an episode explores, in practice.
        threshold: f64 = 0.05, "in [0, 1]", |x: f64| (0.0..=1.0).contains(&x);
        /// Whether to take the threshold of theory.
        theory: bool = false, "true or false", |_| true;
        /// Accuracy as a share of the most that an episode can earn; for theory.
        accuracy: f64 = 0.1, "in (0, 1]", |x: f64| x > 0.0 && x <= 1.0;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct E3<'a> {
    setup: Setup<'a>,
    known_at: u32,
    threshold: f64,
    counts: Counts,
    /// `[S]`; terminal states are known.
    known: Vec<bool>,
    stale: bool,
    escape: Plan,
    exploit: Plan,
    explores: bool,
    /// The least tried choice of each unknown state, `[S]`.
    wander: Vec<u32>,
    rules: Vec<u32>,
    rng: Fast,
}

impl<'a> E3<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &E3Params) -> Result<E3<'a>> {
        params.validate()?;
        setup.validate()?;
        let states = setup.mdp.num_states();
        Ok(E3 {
            setup: *setup,
            known_at: params.known,
            threshold: if params.theory { params.accuracy / 2.0 } else { params.threshold },
            counts: Counts::new(Counting::Pooled, setup.mdp.num_choices(), setup.horizon),
            known: (0..states).map(|s| setup.mdp.is_terminal(s)).collect(),
            stale: true,
            escape: Plan::new(setup),
            exploit: Plan::new(setup),
            explores: true,
            wander: vec![NO_CHOICE; states],
            rules: vec![NO_CHOICE; setup.horizon * states],
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }

    /// Whether the current episode explores.
    pub fn explores(&self) -> bool {
        self.explores
    }

    /// Both plans in the known part of the empirical model.
    fn plan(&mut self) {
        let (setup, counts, known) = (&self.setup, &self.counts, &self.known);
        let of: Vec<bool> = (0..known.len()).flat_map(|s| setup.choices(s).map(move |_| known[s])).collect();
        for stage in (0..setup.horizon).rev() {
            self.escape.step(setup, stage, &mut self.rng, |c, next| if of[c] { counts.expect(c, next) } else { 1.0 });
            self.exploit.step(setup, stage, &mut self.rng, |c, next| {
                if of[c] { counts.mean_reward(c) + counts.expect(c, next) } else { 0.0 }
            });
        }
    }
}

impl EpisodicAgent for E3<'_> {
    fn begin(&mut self, _episode: u64) {
        if std::mem::take(&mut self.stale) {
            self.plan();
            self.explores = self.escape.initial_value(&self.setup) > self.threshold;
        }
        let states = self.known.len();
        for s in (0..states).filter(|&s| !self.known[s]) {
            // The least tried choice, as the largest of the negative counts.
            let row = self.setup.choices(s);
            let tried: Vec<f64> = row.clone().map(|c| -f64::from(self.counts.visits(c))).collect();
            self.wander[s] = (row.start + greedy(0..tried.len(), &tried, &mut self.rng)) as u32;
        }
        let plan = if self.explores { &self.escape } else { &self.exploit };
        for (place, rule) in self.rules.iter_mut().enumerate() {
            let s = place % states;
            *rule = if self.known[s] { plan.rules[place] } else { self.wander[s] };
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.rules)
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(step.choice, step.reward, step.next);
        let tried = |c| self.counts.visits(c) >= self.known_at;
        if !self.known[step.state] && self.setup.choices(step.state).all(tried) {
            self.known[step.state] = true;
            self.stale = true;
        }
    }
}
