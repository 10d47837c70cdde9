//! MEX, model-based: play the optimal policy of the law that is best in value less the price of its unlikeliness.
//!
//! ```text
//! f_k = argmax_P  V*_0(P) − η Σ N KL(p̂ ‖ P)          π_k greedy for f_k         (Liu et al. 2023)
//!
//! relaxation   V̄_0 ≥ J* from penalised extended value iteration; π_k greedy for V̄
//! ascent       the best of block ascents (pooled counts: growth transforms) from several starts: J ≤ J*
//! ```
//! No confidence set and no constrained optimisation. What the proof of the regret bound uses is `J(f_k) ≥ J(truth)`: it holds
//! by construction for the relaxation, and is checked in every episode for either. The relaxation re-plans only where counts
//! changed, which is exact (`sweep`); the ascent plans from scratch. Sources: arXiv 2305.18258; `mex.md` sections 1 to 2.3.

use super::super::certificate::Truth;
use super::super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use super::ascent::AscentOptions;
use super::bracket::{STARTS, bracket};
use super::layers::{Layers, Successors};
use super::objective::{Law, Objective, Rewards};
use super::price::{PriceParams, model_based_theory};
use super::sweep::Sweep;
use crate::learning::Value;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// How the objective is maximised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solver {
    /// Dynamic programming on the relaxation.
    Relaxation,
    /// Ascent from several starts.
    Ascent,
}

impl Value for Solver {
    fn read(text: &str) -> Option<Solver> {
        match text.trim() {
            "relaxation" => Some(Solver::Relaxation),
            "ascent" => Some(Solver::Ascent),
            _ => None,
        }
    }

    fn write(self) -> String {
        match self {
            Solver::Relaxation => "relaxation".into(),
            Solver::Ascent => "ascent".into(),
        }
    }
}

hyper_parameters! {
    /// Hyper-parameters of model-based MEX.
    MexModelBasedParams {
        ..price: PriceParams;
        /// How the objective is maximised.
        solver: Solver = Solver::Relaxation, "relaxation or ascent", |_| true;
        /// Starts of the ascent, besides the law of the last episode.
        starts: usize = 10, "in 1 to 10", |n| (1..=STARTS.len()).contains(&n);
        /// How visits are counted.
        counts: Counting = Counting::Staged, "pooled or staged", |_| true;
        /// The states that an unseen transition may lead to.
        successors: Successors = Successors::All, "all or layered", |_| true;
        /// Whether rewards are known.
        rewards: Rewards = Rewards::Known, "known or learnt", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct MexModelBased<'a> {
    setup: Setup<'a>,
    params: MexModelBasedParams,
    counts: Counts,
    sweep: Sweep,
    /// The law of the last ascent and its `J`.
    found: Option<(Law, f64)>,
    theory: f64,
    eta: f64,
    rng: Fast,
}

impl<'a> MexModelBased<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range; [`Error::NotApplicable`] for an ascent that is to learn rewards with pooled
    /// counts, or to know layers.
    pub fn new(setup: &Setup<'a>, params: &MexModelBasedParams) -> Result<MexModelBased<'a>> {
        params.validate()?;
        setup.validate()?;
        let refused = |reason: &str| Err(Error::NotApplicable { method: "mex-mb", reason: reason.into() });
        if params.solver == Solver::Ascent {
            if params.counts == Counting::Pooled && params.rewards == Rewards::Learnt {
                return refused(
                    "an ascent with pooled counts needs known rewards; take rewards=known, or counts=staged",
                );
            }
            if params.successors == Successors::Layered {
                return refused("an ascent considers all successors; take successors=all, or solver=relaxation");
            }
        }
        let counts = Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon);
        let layers = (params.successors == Successors::Layered).then(|| Layers::new(setup));
        Ok(MexModelBased {
            setup: *setup,
            params: *params,
            sweep: Sweep::new(setup, &counts, layers),
            counts,
            found: None,
            theory: model_based_theory(setup, params.counts, params.price.delta),
            eta: 0.0,
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }

    /// The objective of the current episode.
    pub fn objective(&self) -> Objective<'_> {
        Objective { setup: &self.setup, counts: &self.counts, eta: self.eta, rewards: self.params.rewards }
    }

    /// `V` of the plan: `V*_0(f_k)` after an ascent, whose excess over `J` is the price paid for `f_k`. The proof of the regret bound reads
    /// `V*_0 − V*_0(f_k) ≤ η (L(truth) − L(f_k))`.
    pub fn model_value(&self) -> f64 {
        self.sweep.plan.initial_value(&self.setup)
    }

    /// Action values computed so far; planning afresh every time would have computed `H · C` an episode.
    pub fn computed(&self) -> u64 {
        self.sweep.computed
    }
}

impl EpisodicAgent for MexModelBased<'_> {
    fn begin(&mut self, episode: u64) {
        self.eta = self.params.price.at(episode, &self.setup, self.theory);
        let Self { setup, params, counts, sweep, found, eta, rng, .. } = self;
        let objective = Objective { setup, counts, eta: *eta, rewards: params.rewards };
        match params.solver {
            Solver::Relaxation => {
                sweep.run(setup, counts, *eta, rng, |stage, c, next| objective.relaxed(stage, c, next));
            }
            Solver::Ascent => {
                let options = AscentOptions { tolerance: 1e-8, iterations: 100 };
                let previous = found.take();
                let best = bracket(&objective, previous.as_ref().map(|found| &found.0), params.starts, &options, rng);
                objective.plan(&best.law, &mut sweep.plan, rng);
                *found = Some((best.law, best.lower));
            }
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.sweep.plan.rules)
    }

    fn observe(&mut self, step: &Step) {
        self.counts.add(self.counts.row(step.stage, step.choice), step.reward, step.next);
        self.sweep.mark(&self.counts, step.stage, step.choice);
    }

    /// `V̄_0`, or `J` of the law found.
    fn optimistic_value(&self) -> Option<f64> {
        Some(self.found.as_ref().map_or_else(|| self.sweep.plan.initial_value(&self.setup), |found| found.1))
    }

    fn penalty_of_truth(&self, truth: &Truth) -> f64 {
        match self.params.solver {
            Solver::Relaxation => self.objective().relaxed_penalty(truth.mdp),
            Solver::Ascent => self.objective().penalty_of_table(truth.mdp),
        }
    }
}
