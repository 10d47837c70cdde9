//! The model-based objective: optimal value less the price of the likelihood lost.
//!
//! ```text
//! J(P, r) = V*_0(P, r) − η [ Σ_rows N KL(p̂ ‖ P) + Σ_rows N (r − r̂)² ]
//!
//! rows: (h, s, a) with staged counts, (s, a) with pooled ones, whose law then is the same at every step
//! ```
//! Likelihood is counted less its maximum, so that the true model loses the same in any two episodes with the same counts.
//! Rewards are either known (`r` is the table's and costs nothing) or learnt with a squared loss. `J` obeys no Bellman
//! recursion, since its penalty is not weighted by how likely a row is reached. Source: `mex.md` section 2.2.

use super::super::optimism::Plan;
use super::super::{Counts, Setup};
use super::block::{Block, Worths};
use crate::learning::Value;
use crate::mdp::Mdp;
use crate::rng::Fast;

/// Whether an agent knows the rewards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewards {
    /// The expected rewards of the table.
    Known,
    /// Learnt; a choice never tried may pay the most.
    Learnt,
}

impl Value for Rewards {
    fn read(text: &str) -> Option<Rewards> {
        match text.trim() {
            "known" => Some(Rewards::Known),
            "learnt" => Some(Rewards::Learnt),
            _ => None,
        }
    }

    fn write(self) -> String {
        match self {
            Rewards::Known => "known".into(),
            Rewards::Learnt => "learnt".into(),
        }
    }
}

/// What the objective is made of.
#[derive(Debug, Clone, Copy)]
pub struct Objective<'a> {
    /// The shape, the horizon and, if they are known, the rewards.
    pub setup: &'a Setup<'a>,
    /// The data.
    pub counts: &'a Counts,
    /// Price of a nat.
    pub eta: f64,
    /// Whether rewards are known.
    pub rewards: Rewards,
}

/// A law for each row, dense: for small problems.
#[derive(Debug, Clone, PartialEq)]
pub struct Law {
    /// `P(s' | row)`, `[rows · S]`.
    pub p: Vec<f64>,
    /// Expected reward of each row, `[rows]`.
    pub r: Vec<f64>,
    states: usize,
}

impl Law {
    /// `P(· | row)`, `[S]`.
    #[inline]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.p[row * self.states..(row + 1) * self.states]
    }

    /// As [`Law::row`], to be changed.
    #[inline]
    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.p[row * self.states..(row + 1) * self.states]
    }

    /// `(1 − share) · self + share · other`.
    pub fn mixed(&self, other: &Law, share: f64) -> Law {
        let mix = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (1.0 - share) * x + share * y).collect();
        Law { p: mix(&self.p, &other.p), r: mix(&self.r, &other.r), states: self.states }
    }
}

impl Objective<'_> {
    /// The law whose rows are written by `fill(row, choice, p)`, with the rewards that cost nothing.
    pub fn law(&self, mut fill: impl FnMut(usize, usize, &mut [f64])) -> Law {
        let mdp = self.setup.mdp;
        let (states, choices) = (mdp.num_states(), mdp.num_choices());
        let rows = self.counts.num_rows();
        let mut law = Law { p: vec![0.0; rows * states], r: vec![0.0; rows], states };
        for row in 0..rows {
            fill(row, row % choices, law.row_mut(row));
            law.r[row] = self.reward(row, row % choices, 0.0).0;
        }
        law
    }

    /// The true law.
    pub fn truth(&self, mdp: &Mdp) -> Law {
        let mut law = self.law(|_, c, p| mdp.branches(c).for_each(|(t, q)| p[t] += q));
        let choices = mdp.num_choices();
        law.r.iter_mut().enumerate().for_each(|(row, r)| *r = mdp.rewards()[row % choices]);
        law
    }

    /// The reward of a row that maximises `w r − η N (r − r̂)²` up to the largest reward, and what it costs, `η N (r − r̂)²`.
    #[inline]
    pub(super) fn reward(&self, row: usize, choice: usize, weight: f64) -> (f64, f64) {
        let visits = f64::from(self.counts.visits(row));
        match self.rewards {
            Rewards::Known => (self.setup.mdp.rewards()[choice], 0.0),
            Rewards::Learnt if visits == 0.0 => (self.setup.reward_range.1, 0.0),
            Rewards::Learnt => {
                let mean = self.counts.mean_reward(row);
                let bonus = (weight / (2.0 * self.eta * visits)).min(self.setup.reward_range.1 - mean).max(0.0);
                (mean + bonus, self.eta * visits * bonus * bonus)
            }
        }
    }

    /// `η Σ [ N KL(p̂ ‖ P) + N (r − r̂)² ]` over the rows; infinite if `P` excludes what was seen.
    pub fn penalty(&self, law: &Law) -> f64 {
        let mut loss = 0.0;
        for row in 0..self.counts.num_rows() {
            let visits = f64::from(self.counts.visits(row));
            let p = law.row(row);
            for &(t, n) in self.counts.successors(row) {
                loss += f64::from(n) * (f64::from(n) / (visits * p[t as usize])).ln();
            }
            if visits > 0.0 && self.rewards == Rewards::Learnt {
                loss += visits * (law.r[row] - self.counts.mean_reward(row)).powi(2);
            }
        }
        self.eta * loss
    }

    /// [`Objective::penalty`] of the law of a table, at the cost of its non-zeros.
    pub fn penalty_of_table(&self, mdp: &Mdp) -> f64 {
        let mut loss = 0.0;
        for row in 0..self.counts.num_rows() {
            let visits = f64::from(self.counts.visits(row));
            if visits == 0.0 {
                continue;
            }
            let choice = row % mdp.num_choices();
            for &(t, n) in self.counts.successors(row) {
                let p: f64 = mdp.branches(choice).filter(|branch| branch.0 == t as usize).map(|branch| branch.1).sum();
                loss += f64::from(n) * (f64::from(n) / (visits * p)).ln();
            }
            if self.rewards == Rewards::Learnt {
                loss += visits * (mdp.rewards()[choice] - self.counts.mean_reward(row)).powi(2);
            }
        }
        self.eta * loss
    }

    /// Plans in a law: optimal values and greedy rules, ties broken by `rng`.
    pub(super) fn plan(&self, law: &Law, plan: &mut Plan, rng: &mut Fast) {
        for stage in (0..self.setup.horizon).rev() {
            self.plan_step(law, stage, plan, rng);
        }
    }

    /// The step of it at one stage.
    pub(super) fn plan_step(&self, law: &Law, stage: usize, plan: &mut Plan, rng: &mut Fast) {
        plan.step(self.setup, stage, rng, |c, next| {
            let row = self.counts.row(stage, c);
            law.r[row] + law.row(row).iter().zip(next).map(|(p, v)| p * v).sum::<f64>()
        });
    }

    /// `J` of a law.
    pub fn value(&self, law: &Law, rng: &mut Fast) -> f64 {
        let mut plan = Plan::new(self.setup);
        self.plan(law, &mut plan, rng);
        plan.initial_value(self.setup) - self.penalty(law)
    }

    /// How likely each state is reached at each step under the rules of a plan and a law, `[H · S]`.
    pub(super) fn reach(&self, law: &Law, plan: &Plan, reach: &mut [f64]) {
        let Setup { mdp, horizon, .. } = *self.setup;
        let states = mdp.num_states();
        reach.fill(0.0);
        for &(s, p) in mdp.initial() {
            reach[s as usize] = p;
        }
        for stage in 0..horizon - 1 {
            let (now, next) = reach[stage * states..].split_at_mut(states);
            for s in (0..states).filter(|&s| now[s] > 0.0 && !mdp.is_terminal(s)) {
                let c = plan.rules[stage * states + s] as usize;
                for (next, p) in next.iter_mut().zip(law.row(self.counts.row(stage, c))) {
                    *next += now[s] * p;
                }
            }
        }
    }

    /// Sets a row to the solution of its block: its law and its reward. `weight` is how likely it is reached.
    pub(super) fn solve_row(&self, law: &mut Law, row: usize, choice: usize, weight: f64, next: Worths<'_>) {
        let successors = self.counts.successors(row);
        Block::solve(successors, self.eta, weight, next).write(successors, next.v, law.row_mut(row));
        law.r[row] = self.reward(row, choice, weight).0;
    }
}
