//! Updates of the policy and of the reward from episodes, with their derivatives.

use super::super::dot;
use super::super::reward_model::sigmoid;
use super::{Learner, Run};

impl Run<'_> {
    /// Writes the returns from each step of an episode on, in the learner's reward and less its baseline, to `self.targets`:
    /// ```text
    /// G_t = Σ_{k ≥ t} γ^{k−t} ρ_k r_k − ρ_t b(s_t, a_t),    ρ_k = Π_{j ≤ k} π(a_j|s_j) / π_made(a_j|s_j)
    /// ```
    /// A reward depends on all decisions up to its own, so it is weighed by all of their ratios; without `weighted`, `ρ = 1`.
    fn set_returns(&mut self, i: usize, learner: Learner, weighted: bool) {
        let gamma = self.inner_discount(learner);
        self.set_ratios(i, weighted);
        let episode = &self.episodes[i];
        let n = episode.states.len();
        self.targets.resize(n, 0.0);
        let mut sum = 0.0;
        for t in (0..n).rev() {
            let reward = match learner {
                Learner::Primary | Learner::StatePotential | Learner::ActionPotential => episode.primary[t],
                Learner::NaiveSum => episode.primary[t] + episode.auxiliary[t],
                Learner::Barfi { .. } => {
                    let row = &self.features[episode.states[t] as usize * self.k..][..self.k];
                    let (f1, f3) = self.phi.split_at(self.k);
                    dot(f1, row) + episode.primary[t] + dot(f3, row) * episode.auxiliary[t]
                }
            };
            sum = self.ratios[t] * reward + gamma * sum;
            let baseline = match learner {
                Learner::StatePotential => {
                    let choices = self.mdp.choices(episode.states[t] as usize);
                    choices.clone().map(|c| self.auxiliary[c]).sum::<f64>() / choices.len() as f64
                }
                Learner::ActionPotential => episode.auxiliary[t],
                _ => 0.0,
            };
            self.targets[t] = sum - self.ratios[t] * baseline;
        }
    }

    /// Writes `ρ` of each step of an episode, as in [`set_returns`](Run::set_returns), to `self.ratios`.
    fn set_ratios(&mut self, i: usize, weighted: bool) {
        let n = self.episodes[i].states.len();
        self.ratios.clear();
        self.ratios.resize(n, 1.0);
        if !weighted || self.settings.quirks.no_importance_weights {
            return;
        }
        let mut log_ratio = 0.0;
        for t in 0..n {
            let (s, a) = (self.episodes[i].states[t] as usize, self.episodes[i].actions[t] as usize);
            self.decide(s);
            log_ratio += self.policy[a].ln() - self.episodes[i].log_made[t];
            self.ratios[t] = log_ratio.exp();
        }
    }

    /// Writes what step `t` of an episode is weighed by to `self.targets`: `γᵗ G_t`, or `G_t` as published.
    pub(super) fn set_targets(&mut self, i: usize, learner: Learner, weighted: bool) {
        self.set_returns(i, learner, weighted);
        if !self.settings.quirks.undiscounted_steps {
            let (gamma, mut weight) = (self.inner_discount(learner), 1.0);
            self.targets.iter_mut().for_each(|g| {
                *g *= weight;
                weight *= gamma;
            });
        }
    }

    fn inner_discount(&self, learner: Learner) -> f64 {
        if matches!(learner, Learner::Barfi { .. }) { sigmoid(self.logit[0]) } else { self.settings.discount }
    }

    /// Adds `share · Δ` of episode `i` to `gradient`.
    pub(super) fn add_update(&mut self, i: usize, learner: Learner, gradient: &mut [f64], share: f64) {
        self.set_targets(i, learner, true);
        let n = self.targets.len();
        let scale = share / (self.settings.horizon as f64 + 1.0);
        let entropy = share * self.settings.entropy / n as f64;
        for t in 0..n {
            let (s, a) = (self.episodes[i].states[t] as usize, self.episodes[i].actions[t] as usize);
            self.decide(s);
            let h = entropy_of(&self.policy);
            let row = self.row(s);
            for b in 0..self.actions {
                let p = self.policy[b];
                let score = if a == b { 1.0 - p } else { -p };
                let x = scale * self.targets[t] * score - entropy * p * (p.max(f64::MIN_POSITIVE).ln() + h);
                gradient[b * self.k..(b + 1) * self.k].iter_mut().zip(row).for_each(|(g, f)| *g += x * f);
            }
        }
    }

    /// Adds `share · H v` of episode `i` to `product`.
    pub(super) fn add_curvature(&mut self, i: usize, v: &[f64], product: &mut [f64], share: f64) {
        self.set_targets(i, self.settings.learner, true);
        let n = self.targets.len();
        let scale = share / (self.settings.horizon as f64 + 1.0);
        let entropy = share * self.settings.entropy / n as f64;
        let mut u = vec![0.0; self.actions];
        for t in 0..n {
            let s = self.episodes[i].states[t] as usize;
            self.decide(s);
            let row = self.row(s);
            for b in 0..self.actions {
                u[b] = dot(row, &v[b * self.k..(b + 1) * self.k]);
            }
            let mean = dot(&u, &self.policy);
            let h = entropy_of(&self.policy);
            let slope = |p: f64| -p * (p.max(f64::MIN_POSITIVE).ln() + h);
            let dh: f64 = self.policy.iter().zip(&u).map(|(&p, u)| slope(p) * u).sum();
            for b in 0..self.actions {
                let p = self.policy[b];
                // d π = π (u − ū), and the entropy's slope −π (ln π + h) moves with it.
                let dp = p * (u[b] - mean);
                let bent = -dp * (p.max(f64::MIN_POSITIVE).ln() + h) - p * (u[b] - mean + dh);
                let x = -scale * self.targets[t] * dp + entropy * bent;
                product[b * self.k..(b + 1) * self.k].iter_mut().zip(row).for_each(|(g, f)| *g += x * f);
            }
        }
    }

    /// One step of the reward and of its discount.
    pub(super) fn outer_step(&mut self) {
        let Learner::Barfi { terms, step } = self.settings.learner else { return };
        let settings = self.settings;
        let held = self.episodes.len();
        let last = (settings.between + usize::from(settings.quirks.one_episode_more)).min(held);
        let mut v = vec![0.0; self.theta.len()];
        for i in held - last..held {
            self.add_primary(i, &mut v, 1.0 / last as f64);
        }
        let batch: Vec<usize> =
            (0..settings.between * settings.steps_per_episode).map(|_| self.draw_episode()).collect();
        let share = 1.0 / batch.len() as f64;
        let mut sum = v.clone();
        let mut product = v.clone();
        for _ in 0..terms {
            product.fill(0.0);
            for &i in &batch {
                self.add_curvature(i, &v, &mut product, share);
            }
            for ((x, h), s) in v.iter_mut().zip(&product).zip(&mut sum) {
                *x += step * h;
                *s += *x;
            }
        }
        sum.iter_mut().for_each(|s| *s *= step);
        let (mut by_reward, mut by_discount) = (vec![0.0; self.phi.len()], 0.0);
        for &i in &batch {
            by_discount += share * self.add_mixed(i, &sum, &mut by_reward, share);
        }
        for half in self.phi.chunks(self.k).zip(by_reward.chunks_mut(self.k)) {
            let (weights, constant) = half.0.split_at(self.k - 1);
            let (by_weights, by_constant) = half.1.split_at_mut(self.k - 1);
            shrink(weights, by_weights, settings.regulariser.reward);
            shrink(constant, by_constant, settings.regulariser.reward);
        }
        self.of_reward.ascend(&mut self.phi, &by_reward);
        let gamma = sigmoid(self.logit[0]);
        let slope = (by_discount - settings.regulariser.discount) * gamma * (1.0 - gamma);
        self.of_discount.ascend(&mut self.logit, &[slope]);
    }

    /// Adds `share · ∇J_p` of episode `i`, without entropy.
    fn add_primary(&mut self, i: usize, gradient: &mut [f64], share: f64) {
        self.set_targets(i, Learner::Primary, false);
        let scale = share / (self.settings.horizon as f64 + 1.0);
        for t in 0..self.targets.len() {
            let (s, a) = (self.episodes[i].states[t] as usize, self.episodes[i].actions[t] as usize);
            self.decide(s);
            let row = self.row(s);
            for b in 0..self.actions {
                let score = if a == b { 1.0 - self.policy[b] } else { -self.policy[b] };
                let x = scale * self.targets[t] * score;
                gradient[b * self.k..(b + 1) * self.k].iter_mut().zip(row).for_each(|(g, f)| *g += x * f);
            }
        }
    }

    /// Adds `share · v · ∂Δ/∂φ` of episode `i` to `by_reward`; returns `v · ∂Δ/∂γ`.
    pub(super) fn add_mixed(&mut self, i: usize, v: &[f64], by_reward: &mut [f64], share: f64) -> f64 {
        let gamma = sigmoid(self.logit[0]);
        let n = self.episodes[i].states.len();
        let scale = 1.0 / (self.settings.horizon as f64 + 1.0);
        self.set_returns(i, self.settings.learner, true);
        let (mut carried, mut by_discount) = (0.0, 0.0);
        // ∂G_t/∂γ = G_{t+1} + γ ∂G_{t+1}/∂γ, from the back.
        let mut by_gamma = vec![0.0; n + 1];
        for t in (0..n.saturating_sub(1)).rev() {
            by_gamma[t] = self.targets[t + 1] + gamma * by_gamma[t + 1];
        }
        // γᵗ and t γ^{t−1}.
        let (mut weight, mut slope) = (1.0, 0.0);
        for t in 0..n {
            let (s, a) = (self.episodes[i].states[t] as usize, self.episodes[i].actions[t] as usize);
            self.decide(s);
            let row = self.row(s);
            let along = |b: usize| dot(row, &v[b * self.k..(b + 1) * self.k]);
            let mean: f64 = (0..self.actions).map(|b| self.policy[b] * along(b)).sum();
            let score = scale * (along(a) - mean);
            carried = weight * score + gamma * carried;
            by_discount += score * (weight * by_gamma[t] + slope * self.targets[t]);
            if !self.settings.quirks.undiscounted_steps {
                slope = weight + gamma * slope;
                weight *= gamma;
            }
            // Reward t counts in the returns from all steps so far.
            let reached = share * self.ratios[t] * carried;
            let auxiliary = self.episodes[i].auxiliary[t];
            for (j, f) in row.iter().enumerate() {
                by_reward[j] += reached * f;
                by_reward[self.k + j] += reached * auxiliary * f;
            }
        }
        by_discount
    }
}

/// Takes the gradient of `λ ‖x‖` off.
fn shrink(x: &[f64], gradient: &mut [f64], lambda: f64) {
    let norm = dot(x, x).sqrt();
    if norm > 0.0 {
        gradient.iter_mut().zip(x).for_each(|(g, x)| *g -= lambda * x / norm);
    }
}

fn entropy_of(policy: &[f64]) -> f64 {
    -policy.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}
