//! How well a distribution of data covers what policies can do: concentrability coefficients.
//!
//! There are several in use; these three are defined by:
//! ```text
//! one step:    C(μ) = max_{s,a,s'} p(s'|s, a) / μ(s')                         Munos 2003
//! all policies: C(ν) = max_{t<T} max_π max_{s,a} P_π(s_t = s, a_t = a) / ν(s, a)   Chen and Jiang 2019, assumption 1
//! one policy:  C(π, ν) = max_{s,a} d_ρ^π(s, a) / ν(s, a)                      Rashidinejad et al. 2021, definition 1
//! ```
//! with `μ` over states, `ν` over choices, `ρ` the table's initial distribution. `0 / 0` counts 0.

use super::mismatch::{check_distribution, largest_ratio, normalised_occupancy};
use crate::mdp::{Mdp, Policy};
use crate::planning::Criterion;
use crate::planning::bellman::Sweeper;
use crate::{Error, Result};

/// `max p(s'|s, a) / μ(s')` for a distribution `mu` over states, `[S]`. Branches of one choice with the same successor are
/// added up. Terminal states stay where they are with probability one.
///
/// # Errors
/// A `mu` that is not a distribution over the states.
pub fn transition_concentrability(mdp: &Mdp, mu: &[f64]) -> Result<f64> {
    check_distribution("mu", mu, mdp.num_states())?;
    let mut row = vec![0.0; mdp.num_states()];
    let mut most = 0.0;
    for s in 0..mdp.num_states() {
        if mdp.is_terminal(s) {
            most = f64::max(most, 1.0 / mu[s]);
        }
        for c in mdp.choices(s) {
            mdp.branches(c).for_each(|(t, p)| row[t] += p);
            for (t, _) in mdp.branches(c) {
                // Taken once: a second branch to the same successor finds 0.
                let p = std::mem::take(&mut row[t]);
                most = f64::max(most, if p > 0.0 { p / mu[t] } else { 0.0 });
            }
        }
    }
    Ok(most)
}

/// `max_{t<T} max_π max_{s,a} P_π(s_t = s, a_t = a) / ν(s, a)` for a distribution `nu` over choices, `[C]`, over all policies,
/// time-dependent and stochastic ones included.
///
/// For each state `g`, `max_π P_π(s_t = g)` is `ρᵀ w_t` with `w_0 = 1_g` and `w_{k+1} = max_a P w_k`, since a policy that
/// reaches it best may take any choice there. Cost `O(S T B)`.
///
/// # Errors
/// A horizon of 0, or a `nu` that is not a distribution over the choices.
pub fn concentrability(mdp: &Mdp, horizon: usize, nu: &[f64]) -> Result<f64> {
    Criterion::FiniteHorizon { horizon }.validate()?;
    check_distribution("nu", nu, mdp.num_choices())?;
    let silent = mdp.clone().with_rewards(vec![0.0; mdp.num_choices()])?;
    let sweeper = Sweeper::new(&silent, 1.0);
    let states = mdp.num_states();
    let (mut w, mut next) = (vec![0.0; states], vec![0.0; states]);
    let mut policy = vec![0; states];
    let mut most = 0.0;
    for g in (0..states).filter(|&g| !mdp.is_terminal(g)) {
        let rarest = mdp.choices(g).map(|c| nu[c]).fold(f64::INFINITY, f64::min);
        w.fill(0.0);
        w[g] = 1.0;
        for t in 0..horizon {
            if t > 0 {
                sweeper.improve(&w, &mut next, &mut policy);
                std::mem::swap(&mut w, &mut next);
            }
            let reach = mdp.initial_value(&w);
            most = f64::max(most, if reach > 0.0 { reach / rarest } else { 0.0 });
        }
    }
    Ok(most)
}

/// `max_{s,a} d_ρ^π(s, a) / ν(s, a)` for a stationary policy under discount `gamma` and a distribution `nu` over choices,
/// `[C]`, with `d` as in [`normalised_occupancy`] times the policy (terminal states have no choice and do not count).
///
/// # Errors
/// A discount outside (0, 1), a time-indexed policy, or a `nu` that is not a distribution over the choices.
pub fn policy_concentrability(mdp: &Mdp, policy: &Policy, gamma: f64, nu: &[f64]) -> Result<f64> {
    check_distribution("nu", nu, mdp.num_choices())?;
    if let Some(stages) = policy.stages() {
        let reason = format!("the policy has {stages} stages; a stationary one is needed");
        return Err(Error::NotApplicable { method: "concentrability", reason });
    }
    let states = normalised_occupancy(mdp, policy, gamma)?;
    let mut d = vec![0.0; mdp.num_choices()];
    for s in 0..mdp.num_states() {
        mdp.choices(s).for_each(|c| d[c] = states[s] * policy.rule(0).probability(s, c));
    }
    Ok(largest_ratio(&d, nu))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{communicating, rules};
    use super::*;
    use crate::mdp::{DecisionRule, MdpBuilder, occupancy};
    use crate::planning::tests::random;

    fn uniform(n: usize) -> Vec<f64> {
        vec![1.0 / n as f64; n]
    }

    #[test]
    fn one_step_by_hand() {
        let mut builder = MdpBuilder::new(3);
        // Two branches to the same successor, 0.3 + 0.4.
        builder.choice(0, 0, &[(0.3, 1, 0.0), (0.3, 0, 1.0), (0.4, 1, 2.0)]).choice(1, 0, &[(1.0, 2, 0.0)]).terminal(2);
        let mdp = builder.build().unwrap();
        let of = |mu: [f64; 3]| transition_concentrability(&mdp, &mu).unwrap();
        assert!((of([0.4, 0.1, 0.5]) - 7.0).abs() < 1e-12);
        assert!((of([0.05, 0.45, 0.5]) - 6.0).abs() < 1e-12);
        assert_eq!(of([0.5, 0.5, 0.0]), f64::INFINITY);
    }

    #[test]
    fn all_policies_are_the_best_of_all_time_dependent_ones() {
        for seed in 0..6 {
            let mdp = random(4, 1, seed);
            let nu = uniform(mdp.num_choices());
            let mut most: f64 = 0.0;
            let all = rules(&mdp);
            // Three stages: the first two rules decide where the third state is.
            for first in &all {
                for second in &all {
                    let stages = [first, second, first].map(|r| DecisionRule::Deterministic(r.clone()));
                    let policy = Policy::time_indexed(&mdp, stages.to_vec()).unwrap();
                    let d = occupancy::per_step(&mdp, &policy, 3).unwrap();
                    let weight = |(t, s): (usize, usize)| if mdp.is_terminal(s) { 0.0 } else { d[[t, s]] };
                    most = (0..3).flat_map(|t| (0..4).map(move |s| (t, s))).map(weight).fold(most, f64::max);
                }
                if all.len() > 60 {
                    break; // one first rule is a lower bound; checked below
                }
            }
            let c = concentrability(&mdp, 3, &nu).unwrap();
            let brute = most * mdp.num_choices() as f64;
            assert!(brute <= c * (1.0 + 1e-12), "{brute} {c}");
            if all.len() <= 60 {
                assert!((brute - c).abs() <= 1e-9 * c, "{brute} {c}");
            }
        }
    }

    #[test]
    fn one_policy_is_covered_by_all() {
        for seed in 0..10 {
            let mdp = communicating(5, 2, seed);
            let nu = uniform(mdp.num_choices());
            let policy = Policy::uniform(&mdp);
            let one = policy_concentrability(&mdp, &policy, 0.8, &nu).unwrap();
            // d is an average of d_t over t.
            assert!(one <= concentrability(&mdp, 400, &nu).unwrap() + 1e-9);
            let d = normalised_occupancy(&mdp, &policy, 0.8).unwrap();
            let exact = d.iter().map(|d| 0.5 * d * 10.0).fold(0.0, f64::max);
            assert!((one - exact).abs() < 1e-12);
        }
    }

    #[test]
    fn shapes_and_horizons_are_checked() {
        let mdp = communicating(3, 2, 0);
        assert!(matches!(concentrability(&mdp, 3, &uniform(3)), Err(Error::Shape { .. })));
        assert!(concentrability(&mdp, 0, &uniform(6)).is_err());
        assert!(transition_concentrability(&mdp, &uniform(6)).is_err());
        assert!(policy_concentrability(&mdp, &Policy::uniform(&mdp), 1.5, &uniform(6)).is_err());
    }
}
