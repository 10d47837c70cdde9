//! Random dense MDPs: every state can follow every other.
//!
//! `P(· | s, a) ~ Dirichlet(alpha, …, alpha)`, expected rewards uniform on [0, 1], uniform initial distribution. Row (s, a) is
//! drawn from its own stream (seed, s · actions + a). The Dirichlet is a vector of Gamma(alpha) draws divided by its sum, in
//! logarithms so that a small `alpha` cannot underflow: `log G(alpha) = log G(alpha + 1) + log(U) / alpha`.
//!
//! Source: the random tabular MDPs of PSRL (Osband, Russo and Van Roy 2013) and of RL teaching code (5 states, 3 actions, alpha 0.5).

use rand_distr::{Distribution, Gamma};
use tabrl::mdp::{Branch, Branches, Model};
use tabrl::rng::{self, Purpose};

use crate::{Param, Spec, erase};

/// Most branches a table of this family may have.
const LARGEST: usize = 1_000_000_000;

/// A random MDP with dense rows.
#[derive(Debug, Clone)]
pub struct RandomMdp {
    states: u32,
    actions: u32,
    alpha: f64,
    /// Gamma(alpha + 1).
    gamma: Gamma<f64>,
    seed: u64,
}

impl RandomMdp {
    /// At least one state and one action; `None` unless `alpha` is positive and finite.
    pub fn new(states: u32, actions: u32, alpha: f64, seed: u64) -> Option<RandomMdp> {
        let gamma = Gamma::new(alpha + 1.0, 1.0).ok().filter(|_| alpha > 0.0 && alpha.is_finite())?;
        Some(RandomMdp { states, actions, alpha, gamma, seed })
    }
}

impl Model for RandomMdp {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        (0..self.states).map(|s| (1.0 / f64::from(self.states), s)).collect()
    }

    fn num_actions(&self) -> usize {
        self.actions as usize
    }

    /// Five, as in the code of the 5 states and 3 actions.
    fn episode_length(&self) -> Option<usize> {
        Some(5)
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let row = u64::from(s) * u64::from(self.actions) + action as u64;
        let mut rng = rng::fast(self.seed, Purpose::Generation, row);
        let reward = rng::uniform(&mut rng);
        let mut weights: Vec<f64> = (0..self.states)
            .map(|_| self.gamma.sample(&mut rng).ln() + (1.0 - rng::uniform(&mut rng)).ln() / self.alpha)
            .collect();
        let largest = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        weights.iter_mut().for_each(|w| *w = (*w - largest).exp());
        let sum: f64 = weights.iter().sum();
        let branch = |(next, weight)| Branch { probability: weight / sum, next, reward, terminal: false };
        out.extend((0..self.states).zip(weights).map(branch));
    }
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "random-mdp".into(),
        summary: "a random MDP with Dirichlet transitions to all states".into(),
        source: "Osband, Russo and Van Roy 2013",
        params: vec![
            Param { name: "states", default: "5", doc: "number of states, 1 to 10,000" },
            Param { name: "actions", default: "3", doc: "number of actions, 1 to 1000" },
            Param { name: "alpha", default: "0.5", doc: "concentration of the Dirichlet, 0.001 to 1000000" },
            Param { name: "seed", default: "0", doc: "root of the streams it is drawn from" },
        ],
        build: Box::new(|settings| {
            let states = settings.count("states", 1, 10_000)?;
            let actions = settings.count("actions", 1, 1000)?;
            if states * states * actions > LARGEST {
                return Err(settings.fault("states", &format!("states² x actions must be at most {LARGEST}")));
            }
            let range = "must be a number from 0.001 to 1000000";
            let alpha = settings.get("alpha", range, |a: &f64| (0.001..=1e6).contains(a))?;
            let model = RandomMdp::new(states as u32, actions as u32, alpha, settings.seed("seed")?);
            model.map(erase).ok_or_else(|| settings.fault("alpha", range))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tabrl::mdp::enumerate;

    use super::*;
    use crate::solved::finite;

    #[test]
    fn seeds_and_shape() {
        let table = |seed| enumerate(&RandomMdp::new(5, 3, 0.5, seed).unwrap(), 100).unwrap().mdp;
        assert_eq!((table(0).num_states(), table(0).num_choices()), (5, 15));
        assert_eq!(table(0), table(0));
        assert_ne!(table(0), table(1));
    }

    /// Each probability is Beta(alpha, (S − 1) alpha): mean 1/S, variance (S − 1) / (S² (S alpha + 1)).
    #[test]
    fn moments_of_the_rows() {
        for alpha in [0.05, 0.5, 3.0] {
            let mdp = enumerate(&RandomMdp::new(4, 20_000, alpha, 5).unwrap(), 100).unwrap().mdp;
            let (p, _) = mdp.to_dense().unwrap();
            let rows = 80_000.0;
            for t in 0..4 {
                let (mut mean, mut square) = (0.0, 0.0);
                for s in 0..4 {
                    for a in 0..20_000 {
                        mean += p[[s, a, t]] / rows;
                        square += (p[[s, a, t]] - 0.25).powi(2) / rows;
                    }
                }
                let variance = 3.0 / (16.0 * (4.0 * alpha + 1.0));
                assert!((mean - 0.25).abs() < 4.0 * (variance / rows).sqrt(), "{alpha}: {mean}");
                assert!((square / variance - 1.0).abs() < 0.03, "{alpha}: {square} {variance}");
            }
        }
    }

    #[test]
    fn a_tiny_concentration_gives_almost_sure_rows() {
        let mdp = enumerate(&RandomMdp::new(20, 2, 0.001, 5).unwrap(), 100).unwrap().mdp;
        let sure = mdp.probabilities().iter().filter(|&&p| p > 0.999).count();
        assert!(sure > 30, "{sure}");
    }

    /// Five steps of the teaching code's size are worth between the mean reward and one a step; its own seed gives 3.664.
    #[test]
    fn values_are_of_the_known_size() {
        let mean = (0..200)
            .map(|seed| {
                let mdp = enumerate(&RandomMdp::new(5, 3, 0.5, seed).unwrap(), 100).unwrap().mdp;
                mdp.initial_value(&finite(&mdp, 5).values)
            })
            .sum::<f64>()
            / 200.0;
        assert!((3.4..4.1).contains(&mean), "{mean}");
    }
}
