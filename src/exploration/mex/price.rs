//! The price `η` of a unit of loss, and what theory says it should be.
//!
//! ```text
//! η* = √( d / (2 Σ_{h,k} Δ_h) )      Reg(K) ≤ 2√2 √( d Σ_{h,k} Δ_h ) + burn-in      (mex.md section 1.4)
//!
//! model-based   Δ_h = β = ln(H |𝓗| / δ),  ln |𝓗| ≈ H S² A ln K (staged) or S² A ln K (pooled),  d = 4 H³ S A ln(1 + K);
//!               η* is then for half the negative log-likelihood, and half of it for the whole
//! model-free    Δ_h = H² ln(H K |𝓗| / δ),  ln |𝓗| ≈ H S A ln K,  d = 2 H S A ln(1 + K)
//! ```
//! The model-free constants are those of the same argument with Bellman errors in place of Hellinger distances and 1 for the
//! constant that the source hides in `O(H²)`. `S A` is the number of choices; values scale with the width of the rewards.

use super::super::{Counting, Setup};
use crate::learning::Value;
use crate::learning::params::hyper_parameters;

/// How the price depends on the episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// `η`.
    Fixed,
    /// `η / √K` for `K` planned episodes.
    Planned,
    /// `η / √k` in episode `k = 1, 2, …`.
    Anytime,
    /// `η*`.
    Theory,
}

impl Value for Schedule {
    fn read(text: &str) -> Option<Schedule> {
        match text.trim() {
            "fixed" => Some(Schedule::Fixed),
            "planned" => Some(Schedule::Planned),
            "anytime" => Some(Schedule::Anytime),
            "theory" => Some(Schedule::Theory),
            _ => None,
        }
    }

    fn write(self) -> String {
        match self {
            Schedule::Fixed => "fixed",
            Schedule::Planned => "planned",
            Schedule::Anytime => "anytime",
            Schedule::Theory => "theory",
        }
        .into()
    }
}

hyper_parameters! {
    /// The price of a unit of loss.
    PriceParams {
        /// The price η, or what the schedule scales.
        eta: f64 = 0.3, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// How the price depends on the episode.
        schedule: Schedule = Schedule::Fixed, "fixed, planned (eta/√K), anytime (eta/√k) or theory", |_| true;
        /// Probability δ with which the theory may fail.
        delta: f64 = 0.1, "in (0, 1)", |x: f64| x > 0.0 && x < 1.0;
    }
}

impl PriceParams {
    /// The price in an episode (counted from 0); `theory` is `η*`.
    pub fn at(&self, episode: u64, setup: &Setup, theory: f64) -> f64 {
        match self.schedule {
            Schedule::Fixed => self.eta,
            Schedule::Planned => self.eta / (setup.episodes as f64).sqrt(),
            Schedule::Anytime => self.eta / ((episode + 1) as f64).sqrt(),
            Schedule::Theory => theory,
        }
    }
}

/// `η*` of the model-based objective, for the whole negative log-likelihood.
pub fn model_based_theory(setup: &Setup, counting: Counting, delta: f64) -> f64 {
    let (states, choices) = (setup.mdp.num_states() as f64, setup.mdp.num_choices() as f64);
    let (horizon, episodes) = (setup.horizon as f64, setup.episodes as f64);
    let sets = match counting {
        Counting::Pooled => 1.0,
        Counting::Staged => horizon,
    };
    let d = 4.0 * horizon.powi(3) * choices * episodes.ln_1p();
    let beta = sets * states * choices * episodes.ln() + (horizon / delta).ln();
    let width = setup.value_span(0) / horizon;
    0.5 * width * (d / (2.0 * horizon * episodes * beta)).sqrt()
}

/// `η*` of the model-free objective.
pub fn model_free_theory(setup: &Setup, delta: f64) -> f64 {
    let choices = setup.mdp.num_choices() as f64;
    let (horizon, episodes) = (setup.horizon as f64, setup.episodes as f64);
    let d = 2.0 * horizon * choices * episodes.ln_1p();
    let log_class = horizon * choices * episodes.ln() + (horizon * episodes / delta).ln();
    let loss = setup.value_span(0).powi(2) * log_class;
    (d / (2.0 * horizon * episodes * loss)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::testing::random_mdp;
    use super::*;

    /// `mex.md` section 1.5: S = 4, A = 2, H = 8, K = 400 gives about 0.05 for the whole negative log-likelihood.
    #[test]
    fn theory_gives_the_price_of_the_example() {
        let mdp = random_mdp(4, 2, 0);
        let setup = Setup { mdp: &mdp, horizon: 8, episodes: 400, reward_range: (0.0, 1.0), seed: 0 };
        let eta = model_based_theory(&setup, Counting::Staged, 0.1);
        assert!((eta - 0.05).abs() < 0.001, "{eta}");
        assert!(model_based_theory(&setup, Counting::Pooled, 0.1) > eta);
        // Twice the rewards, twice the price of a nat; half the price of a squared error.
        let wide = Setup { reward_range: (0.0, 2.0), ..setup };
        assert!((model_based_theory(&wide, Counting::Staged, 0.1) - 2.0 * eta).abs() < 1e-12);
        assert!((model_free_theory(&wide, 0.1) - 0.5 * model_free_theory(&setup, 0.1)).abs() < 1e-12);
    }

    #[test]
    fn schedules_scale_as_they_say() {
        let mdp = random_mdp(2, 2, 0);
        let setup = Setup { mdp: &mdp, horizon: 3, episodes: 400, reward_range: (0.0, 1.0), seed: 0 };
        let at = |schedule, episode| PriceParams { eta: 2.0, schedule, delta: 0.1 }.at(episode, &setup, 7.0);
        assert_eq!([at(Schedule::Fixed, 9), at(Schedule::Planned, 9), at(Schedule::Theory, 9)], [2.0, 0.1, 7.0]);
        assert_eq!([at(Schedule::Anytime, 0), at(Schedule::Anytime, 99)], [2.0, 0.2]);
        assert!(PriceParams::from_text(&[("eta", "0")]).is_err() && PriceParams::from_text(&[("eta", "-1")]).is_err());
    }
}
