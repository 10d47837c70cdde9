//! MEX on a finite class of models: the argmax is exact, which makes it the place to check the theory.
//!
//! ```text
//! k_t = argmax_i  V*_0(M_i) + η log-likelihood_i          π greedy for M_{k_t}
//! ```
//! Ties are broken at random. In the limit of a large price it is maximum likelihood, which may also be asked for with ties broken
//! against optimism: then an unlucky tie is never left (closed identifiability, Kumar and Becker 1982). The likelihood is that of
//! successors; rewards are functions of state, action and successor that the models agree on where it matters.
//! Source: `mex.md` section 2.1. The price is that of the whole log-likelihood, half of the source's.

use super::super::certificate::Truth;
use super::super::optimism::greedy;
use super::super::{EpisodicAgent, Setup, StageRules, Step};
use crate::mdp::{Mdp, NO_CHOICE};
use crate::rng::{self, Fast, Purpose};
use crate::{Error, Result};

/// How a model is selected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Selection {
    /// MEX with this price of a nat.
    Price(f64),
    /// Maximum likelihood, ties going to the least value.
    PessimisticLikelihood,
}

struct Hypothesis<'m> {
    mdp: &'m Mdp,
    value: f64,
    rules: Vec<u32>,
    log_likelihood: f64,
}

/// The agent.
pub struct FiniteMex<'m> {
    hypotheses: Vec<Hypothesis<'m>>,
    selection: Selection,
    current: usize,
    rng: Fast,
}

impl<'m> FiniteMex<'m> {
    /// An agent that believes that one of `models` is true.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no models or a price that is not positive; [`Error::NotApplicable`] for a model of another shape than
    /// the table of the setup.
    pub fn new(setup: &Setup<'_>, models: &'m [Mdp], selection: Selection) -> Result<FiniteMex<'m>> {
        setup.validate()?;
        if models.is_empty() {
            return Err(Error::Parameter { name: "models", value: 0.0, expected: "at least 1" });
        }
        if let Selection::Price(eta) = selection
            && !(eta > 0.0 && eta.is_finite())
        {
            return Err(Error::Parameter { name: "eta", value: eta, expected: "a positive number" });
        }
        let mut rng = rng::fast(setup.seed, Purpose::Policy, 0);
        let mut hypotheses = Vec::with_capacity(models.len());
        for (i, mdp) in models.iter().enumerate() {
            if mdp.choice_starts() != setup.mdp.choice_starts() {
                let reason = format!("model {i} of the class does not have the states and actions of the table");
                return Err(Error::NotApplicable { method: "MEX on a finite class", reason });
            }
            let truth = Truth::solve(mdp, setup.horizon);
            let states = mdp.num_states();
            let mut rules = vec![NO_CHOICE; setup.horizon * states];
            let mut q = vec![0.0; mdp.num_choices()];
            for (i, rule) in rules.iter_mut().enumerate() {
                let (stage, row) = (i / states, mdp.choices(i % states));
                if !row.is_empty() {
                    row.clone().for_each(|c| q[c] = truth.action_value(stage, c));
                    *rule = greedy(row, &q, &mut rng) as u32;
                }
            }
            hypotheses.push(Hypothesis { mdp, value: truth.optimal(), rules, log_likelihood: 0.0 });
        }
        Ok(FiniteMex { hypotheses, selection, current: 0, rng })
    }

    /// The model selected in this episode.
    pub fn current(&self) -> usize {
        self.current
    }

    /// `ln` of the largest likelihood.
    fn largest(&self) -> f64 {
        self.hypotheses.iter().map(|hypothesis| hypothesis.log_likelihood).fold(f64::NEG_INFINITY, f64::max)
    }

    fn score(&self, hypothesis: &Hypothesis) -> (f64, f64) {
        match self.selection {
            Selection::Price(eta) => (hypothesis.value + eta * hypothesis.log_likelihood, 0.0),
            Selection::PessimisticLikelihood => (hypothesis.log_likelihood, -hypothesis.value),
        }
    }
}

impl EpisodicAgent for FiniteMex<'_> {
    fn begin(&mut self, _episode: u64) {
        let (mut best, mut ties) = (self.score(&self.hypotheses[0]), 1);
        self.current = 0;
        for i in 1..self.hypotheses.len() {
            let score = self.score(&self.hypotheses[i]);
            if score > best {
                (best, ties, self.current) = (score, 1, i);
            } else if score == best {
                ties += 1;
                if rng::below(&mut self.rng, ties) == 0 {
                    self.current = i;
                }
            }
        }
    }

    fn rules(&self) -> StageRules<'_> {
        StageRules::Deterministic(&self.hypotheses[self.current].rules)
    }

    fn observe(&mut self, step: &Step) {
        for hypothesis in &mut self.hypotheses {
            let p: f64 = hypothesis.mdp.branches(step.choice).filter(|b| b.0 == step.next).map(|b| b.1).sum();
            hypothesis.log_likelihood += p.ln();
        }
    }

    /// The value of the model selected, less the price of its likelihood relative to the largest.
    fn optimistic_value(&self) -> Option<f64> {
        let Selection::Price(eta) = self.selection else { return None };
        let selected = &self.hypotheses[self.current];
        Some(selected.value - eta * (self.largest() - selected.log_likelihood))
    }

    /// The price of the truth's likelihood; infinite if it is not in the class, of which then nothing is claimed.
    fn penalty_of_truth(&self, truth: &Truth) -> f64 {
        let Selection::Price(eta) = self.selection else { return 0.0 };
        let same = |mdp: &Mdp| std::ptr::eq(mdp, truth.mdp) || mdp == truth.mdp;
        let found = self.hypotheses.iter().find(|hypothesis| same(hypothesis.mdp));
        found.map_or(f64::INFINITY, |hypothesis| eta * (self.largest() - hypothesis.log_likelihood))
    }
}
