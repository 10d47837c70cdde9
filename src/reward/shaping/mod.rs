//! Potential-based reward shaping: what it changes, what it leaves alone, and when that fails.
//!
//! Adding `F(s, s') = γ Φ(s') − Φ(s)` to the reward moves no optimum (Ng, Harada and Russell 1999). With the same discount and `Φ = 0`
//! wherever an episode ends, for every policy, every optimum, hard or soft, and every law of motion:
//! ```text
//! v'_π = v_π − Φ     q'_π = q_π − Φ     v'* = v* − Φ     advantages, occupancies and near-optimality as before
//! ```
//!
//! **Conditions.** The sum of terms is `γᵀ Φ(s_T) − Φ(s_0)`, and what is said above holds where its first part vanishes: with a discount below 1; or
//! without discount, for policies that surely end, `Φ` being 0 there. Over a fixed number of steps it does not vanish, unless `Φ` is 0 after the last one:
//! optima may move. Long-run averages do not change at all.
//!
//! | kind | term of a step | what holds | where |
//! |---|---|---|---|
//! | state | `γ Φ(s') − Φ(s)` | the identities above | [`Potential`], [`shape`] |
//! | at the end | the same, `Φ(terminal) ≠ 0` | fails: the return gains `γᵀ Φ(s_T)` (Grzes 2017) | [`AtEnd`], [`step_term`] |
//! | another discount | `γ_Φ Φ(s') − Φ(s)` | fails: the reward changes by `(γ_Φ − γ) P Φ` | [`mismatch`] |
//! | dynamic | `γ Φ(s', t') − Φ(s, t)` | returns change by `−Φ(s_0, t_0)` (Devlin and Kudenko 2012) | [`Dynamic`] |
//! | advice, ahead | `γ Φ(s', a') − Φ(s, a)` | `q' = q − Φ`: act greedily for `q' + Φ` (Wiewiora et al. 2003) | [`advice`] |
//! | advice, learnt | the same, `Φ` learnt from `−R†` | `q' = q_{R + R†}`, and `q' + Φ = q_R` (Harutyunyan et al. 2015) | [`AdviceLearner`] |
//! | bootstrapped | `Φ = η V` of the moment | `V → v* / (1 + η)` (Adamczyk et al. 2025) | [`bootstrapped`] |
//!
//! Shaping is the same as another start: Q-learning that is shaped and one that starts at `q₀ + Φ` take the same steps (Wiewiora
//! 2003). [`Learner`] shows it, and how much the scale and the shift of a potential matter to learning all the same.

pub mod advice;
pub mod bootstrapped;
mod episodes;
mod learner;
mod monte_carlo;
mod potential;
#[cfg(test)]
mod tests;

pub use advice::AdviceLearner;
pub use episodes::{Dynamic, Ending, step_term, telescoped};
pub use learner::{Exploration, Learner, LearnerSettings, steps_to_goal};
pub use monte_carlo::{GradientMoments, reinforce_moments};
pub use potential::{AtEnd, Potential, Shaped, mismatch, shape};
