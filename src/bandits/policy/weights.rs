//! Policies of adversarial bandits: probabilities from estimated losses, each loss weighted with the inverse of the probability with
//! which it was seen. They depend on the order of what was seen, not on counts alone, so that only simulation can evaluate them.
//!
//! Losses are 1 - reward. Sources: Auer et al. 2002 (EXP3), Zimmert and Seldin 2021 (Tsallis-INF).

use crate::bandits::counts::draw;
use crate::rng::Fast;

/// How estimated losses L̂ become probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighting {
    /// p ∝ exp(-η L̂) with η = √(2 ln K / (T K)).
    Exponential,
    /// p = argmin ⟨p, L̂⟩ - (4/η_t) Σ √p with η_t = 2/√t: p_i = 4 (η_t (L̂_i - x))⁻², x such that they sum to one.
    Tsallis,
}

/// A run of such a policy.
#[derive(Debug, Clone)]
pub struct Weighted {
    weighting: Weighting,
    /// η of [`Weighting::Exponential`].
    rate: f64,
    losses: Vec<f64>,
    probabilities: Vec<f64>,
}

impl Weighted {
    /// For K arms over at most T steps.
    pub fn new(weighting: Weighting, arms: usize, horizon: usize) -> Weighted {
        let k = arms as f64;
        let rate = (2.0 * k.ln() / (horizon.max(1) as f64 * k)).sqrt();
        Weighted { weighting, rate, losses: vec![0.0; arms], probabilities: vec![1.0 / k; arms] }
    }

    /// The probability of each arm at the 1-based step t, `[K]`.
    pub fn probabilities(&mut self, step: usize) -> &[f64] {
        match self.weighting {
            Weighting::Exponential => {
                let least = self.losses.iter().copied().fold(f64::INFINITY, f64::min);
                let rate = self.rate;
                self.probabilities.iter_mut().zip(&self.losses).for_each(|(p, l)| *p = (-rate * (l - least)).exp());
                let sum: f64 = self.probabilities.iter().sum();
                self.probabilities.iter_mut().for_each(|p| *p /= sum);
            }
            Weighting::Tsallis => self.tsallis(2.0 / (step as f64).sqrt()),
        }
        &self.probabilities
    }

    /// Newton's method on Σ 4 (η (L̂_i - x))⁻² = 1, which rises and is convex in x below the least loss: from the right of the root it
    /// comes down to it and never passes it.
    fn tsallis(&mut self, eta: f64) {
        let least = self.losses.iter().copied().fold(f64::INFINITY, f64::min);
        // There the largest term alone is 1, so the root is not to the right.
        let mut x = least - 2.0 / eta;
        for _ in 0..100 {
            let (mut sum, mut slope) = (0.0, 0.0);
            for (p, l) in self.probabilities.iter_mut().zip(&self.losses) {
                let gap = eta * (l - x);
                *p = 4.0 / (gap * gap);
                sum += *p;
                slope += 2.0 * eta * *p / gap;
            }
            if sum - 1.0 <= 1e-12 {
                break;
            }
            x -= (sum - 1.0) / slope;
        }
        let sum: f64 = self.probabilities.iter().sum();
        self.probabilities.iter_mut().for_each(|p| *p /= sum);
    }

    /// Draws an arm at the 1-based step t.
    pub fn choose(&mut self, step: usize, rng: &mut Fast) -> usize {
        self.probabilities(step);
        draw(&self.probabilities, rng)
    }

    /// After a pull of `arm`, drawn by the last [`Weighted::choose`], paid `reward` in `[0, 1]`.
    pub fn learn(&mut self, arm: usize, reward: f64) {
        self.losses[arm] += (1.0 - reward) / self.probabilities[arm];
    }
}
