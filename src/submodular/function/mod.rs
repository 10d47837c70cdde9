//! Set functions over the states of a walk, read by marginal gains.
//!
//! The ground set of submodular reinforcement learning is augmented with time: its elements are pairs (h, s), of a step and
//! the state visited there (Prajapat et al., ICLR 2024). A walk is then a *set* of pairs even where it comes back to a state, and
//! a function of it is a function of the multiset of visited states, which is how it is represented here: states are pushed one
//! after the other, and a state that is pushed twice is two elements.
//!
//! ```text
//! F(∅) = 0,   gain(v | A) = F(A ∪ {v}) − F(A),   F(τ) = Σ_j gain(s_j | τ_{0:j})
//! ```
//!
//! | function | what it pays |
//! |---|---|
//! | [`Coverage`] | cells covered, each once |
//! | [`Items`] | items of several groups, up to the demand for each |
//! | [`GaussianInformation`] | information about a Gaussian field |
//! | [`LinearDesign`] | D- and A-optimal design |
//! | [`FacilityLocation`] | for each client the best state visited |
//! | [`Mixture`] | between one of them and its additive version: a curvature of one's choice |
//!
//! [`violation`], [`require`] and [`curvature`] check what the theory assumes.

mod any;
mod bits;
mod check;
mod coverage;
mod design;
mod facility;
mod gaussian;
mod items;
mod mixture;
#[cfg(test)]
mod tests;

pub use any::{AnyCollected, AnyFunction};
pub use check::{Search, Violation, curvature, require, violation};
pub use coverage::{Coverage, Covered};
pub use design::{Criterion, LinearDesign, Posterior};
pub use facility::FacilityLocation;
pub use gaussian::{GaussianInformation, Measured};
pub use items::{Items, Taken};
pub use mixture::{Mixture, singles};

/// A set function F with F(∅) = 0, known by its marginal gains.
///
/// What has been collected so far is a value of its own ([`SetFunction::Collected`]), so that many walks share one function, and a
/// walk's memory is allocated once and cleared between episodes.
pub trait SetFunction: Sync {
    /// The set collected so far, in whatever form makes gains cheap.
    type Collected: Clone + Send;

    /// Number n of states; elements are the states 0..n, each at any number of times.
    fn num_states(&self) -> usize;

    /// The empty set.
    fn empty(&self) -> Self::Collected;

    /// Makes `collected` the empty set again, without allocating.
    fn clear(&self, collected: &mut Self::Collected);

    /// F(A ∪ {state}) − F(A); changes nothing.
    fn gain(&self, collected: &Self::Collected, state: usize) -> f64;

    /// Adds `state` to A and returns its gain, equal to the one that [`SetFunction::gain`] gives just before.
    fn push(&self, collected: &mut Self::Collected, state: usize) -> f64;

    /// The gains of all states at once, `[n]`; functions for which this is cheaper than n single gains override it.
    fn gains(&self, collected: &Self::Collected, out: &mut [f64]) {
        for (state, gain) in out.iter_mut().enumerate() {
            *gain = self.gain(collected, state);
        }
    }

    /// F of a sequence of states.
    fn value(&self, states: &[usize]) -> f64 {
        let mut collected = self.empty();
        states.iter().map(|&state| self.push(&mut collected, state)).sum()
    }

    /// A word of at most 128 bits that determines all further gains, if the collected set has one: what exact dynamic programming
    /// over (step, state, collected) is keyed on. For coverage, the mask of covered cells that count.
    fn key(&self, collected: &Self::Collected) -> Option<u128>;
}
