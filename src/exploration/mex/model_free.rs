//! MEX, model-free: play greedily for the action values that are best in value less the price of their Bellman residuals.
//!
//! ```text
//! f_k = argmax_f  max_a f_0(x_0, a) − η Σ n (f_h − T̂_h f_{h+1})²         (Liu et al. 2023, the loss of GOLF)
//!
//! relaxation   Q̄_h = min(cap_h, r̂ + p̂ V̄_{h+1} + 1 / (4 η n)),  cap_h where n = 0:  V̄_0 ≥ J(Q*)
//! ascent       local ascent on the closed form from the relaxation's and from random policies
//! ```
//! The relaxation re-plans only where counts changed, which is exact (`sweep`). Sources: arXiv 2305.18258; `mex.md` section 2.4.

use super::super::certificate::Truth;
use super::super::{Counting, Counts, EpisodicAgent, Setup, StageRules, Step};
use super::ascent::AscentOptions;
use super::model_based::Solver;
use super::price::{PriceParams, model_free_theory};
use super::residuals::Residuals;
use super::sweep::Sweep;
use crate::Result;
use crate::learning::params::hyper_parameters;
use crate::rng::{self, Fast, Purpose};

hyper_parameters! {
    /// Hyper-parameters of model-free MEX.
    MexModelFreeParams {
        ..price: PriceParams;
        /// How the objective is maximised.
        solver: Solver = Solver::Relaxation, "relaxation or ascent", |_| true;
        /// Random starts of the ascent, besides the relaxation.
        starts: usize = 10, "a number", |_| true;
        /// How visits are counted.
        counts: Counting = Counting::Staged, "pooled or staged", |_| true;
    }
}

/// The agent.
#[derive(Debug, Clone)]
pub struct MexModelFree<'a> {
    setup: Setup<'a>,
    params: MexModelFreeParams,
    counts: Counts,
    sweep: Sweep,
    /// `J` of the last ascent.
    found: Option<f64>,
    theory: f64,
    eta: f64,
    rng: Fast,
}

impl<'a> MexModelFree<'a> {
    /// An agent that has seen nothing.
    ///
    /// # Errors
    /// A hyper-parameter or the setup out of range.
    pub fn new(setup: &Setup<'a>, params: &MexModelFreeParams) -> Result<MexModelFree<'a>> {
        params.validate()?;
        setup.validate()?;
        let counts = Counts::new(params.counts, setup.mdp.num_choices(), setup.horizon);
        Ok(MexModelFree {
            setup: *setup,
            params: *params,
            sweep: Sweep::new(setup, &counts, None),
            counts,
            found: None,
            theory: model_free_theory(setup, params.price.delta),
            eta: 0.0,
            rng: rng::fast(setup.seed, Purpose::Policy, 0),
        })
    }
}

impl EpisodicAgent for MexModelFree<'_> {
    fn begin(&mut self, episode: u64) {
        self.eta = self.params.price.at(episode, &self.setup, self.theory);
        let Self { setup, params, counts, sweep, found, eta, rng, .. } = self;
        let residuals = Residuals { setup, counts, eta: *eta };
        match params.solver {
            Solver::Relaxation => {
                sweep.run(setup, counts, *eta, rng, |stage, c, next| residuals.relaxed(stage, c, next.v));
            }
            Solver::Ascent => {
                let options = AscentOptions { tolerance: 1e-10, iterations: 100 };
                *found = Some(residuals.maximise(&mut sweep.plan, params.starts, &options, rng));
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

    /// `V̄_0`, or `J` of the policy found.
    fn optimistic_value(&self) -> Option<f64> {
        Some(self.found.unwrap_or_else(|| self.sweep.plan.initial_value(&self.setup)))
    }

    /// `η Σ n (Q*_h − T̂_h Q*_{h+1})²`.
    fn penalty_of_truth(&self, truth: &Truth) -> f64 {
        let mut loss = 0.0;
        for stage in 0..self.setup.horizon {
            for c in 0..self.setup.mdp.num_choices() {
                let row = self.counts.row(stage, c);
                let visits = self.counts.visits(row);
                if visits > 0 {
                    let backed_up = self.counts.mean_reward(row) + self.counts.expect(row, truth.values(stage + 1));
                    loss += f64::from(visits) * (truth.action_value(stage, c) - backed_up).powi(2);
                }
            }
        }
        self.eta * loss
    }
}
