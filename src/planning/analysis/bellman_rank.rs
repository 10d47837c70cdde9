//! Average Bellman errors of a class of functions, and their rank.
//!
//! For `f(t, s, a)`, `t = 0..T`, with `f(T, ·) = 0`, and its greedy policy `π_f` (ties to the first choice), at stage `t`:
//! ```text
//! E_t(π, f) = E[ f(t, s_t, a_t) − r_t − f(t + 1, s_{t+1}, a_{t+1}) | a_{0..t−1} ~ π,  a_t, a_{t+1} ~ π_f ]
//! ```
//! (Jiang, Krishnamurthy, Agarwal, Langford and Schapire 2017, definition 2). The matrix has one row a policy that
//! gets there and one column a function; its rank is the Bellman rank at that stage, the largest over the stages that of the
//! class (their definition 5, without the norms). The error factors as `E_t(π, f) = Σ_s P_π(s_t = s) ξ_t(f, s)`, so the rank is at
//! most the number of states at that stage; columns of functions that satisfy the Bellman equation (`Q*`) are 0.

use nalgebra::DMatrix;

use crate::mdp::{DecisionRule, Mdp, NO_CHOICE, Policy, occupancy};
use crate::numeric::{Spectrum, spectrum};
use crate::planning::Criterion;
use crate::{Error, Result};

/// The errors at one stage.
#[derive(Debug, Clone, PartialEq)]
pub struct StageErrors {
    /// `E_t(π, f)`, `[policies, functions]`.
    pub errors: DMatrix<f64>,
    /// Its singular values and rank.
    pub spectrum: Spectrum,
}

/// The errors at all stages.
#[derive(Debug, Clone, PartialEq)]
pub struct BellmanErrors {
    /// By stage, `[T]`.
    pub stages: Vec<StageErrors>,
    /// The Bellman rank: the largest rank over the stages.
    pub rank: usize,
}

/// The average Bellman errors of `functions` under `policies`, over `horizon` steps.
///
/// A function has one entry a stage, each of shape `[C]`. `policies` are those that get to a stage; without any, the greedy
/// policies of the functions are taken, as the definition has it.
///
/// Rank is numerical: entries count as known up to the rounding of their computation.
///
/// # Errors
/// A horizon of 0, no function, a function with another number of stages or choices, a policy with too few stages.
pub fn bellman_errors(
    mdp: &Mdp,
    horizon: usize,
    functions: &[Vec<Vec<f64>>],
    policies: &[Policy],
) -> Result<BellmanErrors> {
    Criterion::FiniteHorizon { horizon }.validate()?;
    check(mdp, horizon, functions)?;
    let greedy: Vec<Vec<Vec<u32>>> =
        functions.iter().map(|f| f.iter().map(|q| greedy_rule(mdp, q)).collect()).collect();
    let own: Result<Vec<Policy>> = match policies {
        [] => greedy.iter().map(|rules| time_indexed(mdp, rules)).collect(),
        given => Ok(given.to_vec()),
    };
    let visits = own?.iter().map(|policy| occupancy::per_step(mdp, policy, horizon)).collect::<Result<Vec<_>>>()?;
    let states = mdp.num_states();
    let largest = functions.iter().flatten().flatten().chain(mdp.rewards()).fold(0.0, |m: f64, x| m.max(x.abs()));
    // Each step of the occupancies and each backup rounds a few times a state; the sum over states once more.
    let entry_error = 4.0 * (horizon + states) as f64 * f64::EPSILON * 3.0 * largest;
    let mut stages = Vec::with_capacity(horizon);
    for t in 0..horizon {
        let reach = DMatrix::from_fn(visits.len(), states, |i, s| visits[i][[t, s]]);
        let mut residuals = DMatrix::zeros(states, functions.len());
        for (j, f) in functions.iter().enumerate() {
            let next = next_values(mdp, f.get(t + 1), greedy[j].get(t + 1));
            for s in (0..states).filter(|&s| !mdp.is_terminal(s)) {
                let c = greedy[j][t][s] as usize;
                residuals[(s, j)] = f[t][c] - mdp.rewards()[c] - mdp.expect(c, &next);
            }
        }
        let errors = reach * residuals;
        let spectrum = spectrum(&errors, entry_error);
        stages.push(StageErrors { errors, spectrum });
    }
    let rank = stages.iter().map(|stage| stage.spectrum.rank).max().unwrap_or(0);
    Ok(BellmanErrors { stages, rank })
}

/// The action values of all deterministic stationary policies over `horizon` steps: a class generated from the model, as
/// functions for [`bellman_errors`].
///
/// # Errors
/// A horizon of 0, or more than `limit` policies.
pub fn deterministic_class(mdp: &Mdp, horizon: usize, limit: usize) -> Result<Vec<Vec<Vec<f64>>>> {
    Criterion::FiniteHorizon { horizon }.validate()?;
    let count = (0..mdp.num_states()).map(|s| mdp.choices(s).len().max(1)).try_fold(1usize, usize::checked_mul);
    let Some(count) = count.filter(|&count| count <= limit) else {
        let reason = format!("it has more than {limit} deterministic policies");
        return Err(Error::NotApplicable { method: "the class of all deterministic policies", reason });
    };
    // Policy i in mixed radix: the choices of a state are its digits.
    let rule = |mut i: usize| -> Vec<u32> {
        let mut digit = |s: usize| {
            let choices = mdp.choices(s);
            let n = choices.len().max(1);
            let d = i % n;
            i /= n;
            if choices.is_empty() { NO_CHOICE } else { (choices.start + d) as u32 }
        };
        (0..mdp.num_states()).map(&mut digit).collect()
    };
    Ok((0..count).map(|i| action_values(mdp, horizon, &rule(i))).collect())
}

/// `q_t(s, a) = r(s, a) + E[q_{t+1}(s', π(s'))]`, `q_T = 0`, by stage.
fn action_values(mdp: &Mdp, horizon: usize, rule: &[u32]) -> Vec<Vec<f64>> {
    let mut stages = vec![Vec::new(); horizon];
    let mut next = vec![0.0; mdp.num_states()];
    for t in (0..horizon).rev() {
        let q: Vec<f64> = (0..mdp.num_choices()).map(|c| mdp.rewards()[c] + mdp.expect(c, &next)).collect();
        next = next_values(mdp, Some(&q), Some(&rule.to_vec()));
        stages[t] = q;
    }
    stages
}

/// `f(s, π(s))`, 0 in terminal states and after the last stage.
fn next_values(mdp: &Mdp, f: Option<&Vec<f64>>, rule: Option<&Vec<u32>>) -> Vec<f64> {
    let (Some(f), Some(rule)) = (f, rule) else { return vec![0.0; mdp.num_states()] };
    rule.iter().map(|&c| if c == NO_CHOICE { 0.0 } else { f[c as usize] }).collect()
}

fn greedy_rule(mdp: &Mdp, q: &[f64]) -> Vec<u32> {
    match Policy::greedy(mdp, q).rule(0) {
        DecisionRule::Deterministic(rule) => rule.clone(),
        DecisionRule::Stochastic(_) => unreachable!("a greedy policy is deterministic"),
    }
}

fn time_indexed(mdp: &Mdp, rules: &[Vec<u32>]) -> Result<Policy> {
    Policy::time_indexed(mdp, rules.iter().cloned().map(DecisionRule::Deterministic).collect())
}

fn check(mdp: &Mdp, horizon: usize, functions: &[Vec<Vec<f64>>]) -> Result<()> {
    if functions.is_empty() {
        let reason = "the class has no function; give at least one".into();
        return Err(Error::NotApplicable { method: "average Bellman errors", reason });
    }
    for f in functions {
        let wrong = f.iter().map(Vec::len).find(|&n| n != mdp.num_choices());
        if f.len() != horizon || wrong.is_some() {
            let found = vec![f.len(), wrong.unwrap_or(mdp.num_choices())];
            let expected = vec![horizon, mdp.num_choices()];
            return Err(Error::Shape { what: "a function".into(), found, expected });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{communicating, rules};
    use super::*;
    use crate::mdp::{MdpBuilder, evaluate_finite};
    use crate::planning::tests::random;
    use crate::rng::{self, Purpose};

    fn random_class(mdp: &Mdp, horizon: usize, size: usize, seed: u64) -> Vec<Vec<Vec<f64>>> {
        let mut rng = rng::fast(seed, Purpose::Generation, 9);
        let mut stage = || (0..mdp.num_choices()).map(|_| rng::uniform(&mut rng)).collect();
        (0..size).map(|_| (0..horizon).map(|_| stage()).collect()).collect()
    }

    /// `E_t(π, f)` as a difference of values: play `π` for `t` steps, then `π_f` for two.
    fn by_values(mdp: &Mdp, t: usize, f: &[Vec<f64>], policy: &Policy) -> f64 {
        let d = occupancy::per_step(mdp, policy, t + 1).unwrap();
        let greedy = |t: usize| greedy_rule(mdp, &f[t]);
        let mut total = 0.0;
        for s in (0..mdp.num_states()).filter(|&s| !mdp.is_terminal(s)) {
            let c = greedy(t)[s] as usize;
            let mut error = f[t][c] - mdp.rewards()[c];
            for (next, p) in mdp.branches(c) {
                if t + 1 < f.len() && !mdp.is_terminal(next) {
                    error -= p * f[t + 1][greedy(t + 1)[next] as usize];
                }
            }
            total += d[[t, s]] * error;
        }
        total
    }

    #[test]
    fn entries_follow_the_definition_and_the_rank_is_at_most_the_states() {
        for seed in 0..8 {
            let mdp = random(5, 1, seed);
            let class = random_class(&mdp, 4, 12, seed);
            let found = bellman_errors(&mdp, 4, &class, &[]).unwrap();
            for (t, stage) in found.stages.iter().enumerate() {
                assert_eq!(stage.errors.shape(), (12, 12));
                for (i, g) in class.iter().enumerate() {
                    let rules: Vec<Vec<u32>> = g.iter().map(|q| greedy_rule(&mdp, q)).collect();
                    let policy = time_indexed(&mdp, &rules).unwrap();
                    for (j, f) in class.iter().enumerate() {
                        let exact = by_values(&mdp, t, f, &policy);
                        assert!((stage.errors[(i, j)] - exact).abs() < 1e-12);
                    }
                }
                assert!(stage.spectrum.rank <= 4, "terminal states do not count");
            }
            // One initial state: one row repeated.
            assert_eq!(found.stages[0].spectrum.rank, 1);
        }
    }

    #[test]
    fn errors_of_the_own_policy_sum_to_the_overestimate() {
        // Σ_t E_t(π_f, f) = E[f(0, s_0, a_0)] − J(π_f): lemma 1 of the paper.
        for seed in 0..10 {
            let mdp = communicating(5, 3, seed);
            let class = random_class(&mdp, 6, 3, seed);
            let found = bellman_errors(&mdp, 6, &class, &[]).unwrap();
            for (j, f) in class.iter().enumerate() {
                let sum: f64 = found.stages.iter().map(|stage| stage.errors[(j, j)]).sum();
                let rules: Vec<Vec<u32>> = f.iter().map(|q| greedy_rule(&mdp, q)).collect();
                let policy = time_indexed(&mdp, &rules).unwrap();
                let value = mdp.initial_value(&evaluate_finite(&mdp, &policy, 6).unwrap().values);
                let promised = mdp.initial_value(&next_values(&mdp, Some(&f[0]), Some(&rules[0])));
                assert!((sum - (promised - value)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn rank_one_transitions_have_bellman_rank_one() {
        // The next state does not depend on what is done: every policy gets everywhere alike.
        let mut builder = MdpBuilder::new(4);
        for s in 0..4 {
            for a in 0..2 {
                let reward = ((s * 2 + a) % 3) as f64;
                builder.choice(s, a, &[(0.1, 0, reward), (0.2, 1, reward), (0.3, 2, reward), (0.4, 3, reward)]);
            }
        }
        let mdp = builder.build().unwrap();
        let class = random_class(&mdp, 3, 10, 1);
        assert_eq!(bellman_errors(&mdp, 3, &class, &[]).unwrap().rank, 1);
    }

    #[test]
    fn the_class_of_all_policies() {
        let mdp = communicating(3, 2, 4);
        let class = deterministic_class(&mdp, 5, 8).unwrap();
        assert_eq!(class.len(), rules(&mdp).len());
        // Their values are those of the policies, each once.
        let mut found: Vec<f64> = Vec::new();
        for rule in rules(&mdp) {
            let policy = Policy::stationary(&mdp, DecisionRule::Deterministic(rule.clone())).unwrap();
            let value = mdp.initial_value(&evaluate_finite(&mdp, &policy, 5).unwrap().values);
            let matches = |f: &&Vec<Vec<f64>>| (f[0][rule[0] as usize] - value).abs() < 1e-12;
            assert!(class.iter().any(|f| matches(&f)));
            found.push(value);
        }
        // Q* satisfies the Bellman equation: its column is rounding.
        let mut q = vec![Vec::new(); 5];
        let mut next = vec![0.0; 3];
        for t in (0..5).rev() {
            q[t] = (0..6).map(|c| mdp.rewards()[c] + mdp.expect(c, &next)).collect::<Vec<f64>>();
            next = next_values(&mdp, Some(&q[t]), Some(&greedy_rule(&mdp, &q[t])));
        }
        let optimal = bellman_errors(&mdp, 5, &[q], &[]).unwrap();
        assert_eq!(optimal.rank, 0);
        assert!(bellman_errors(&mdp, 5, &class, &[]).unwrap().rank <= 3);
        assert!(deterministic_class(&mdp, 5, 7).unwrap_err().to_string().contains("more than 7"));
    }

    #[test]
    fn shapes_are_checked() {
        let mdp = communicating(3, 2, 0);
        assert!(bellman_errors(&mdp, 2, &[], &[]).is_err());
        assert!(matches!(bellman_errors(&mdp, 2, &random_class(&mdp, 3, 1, 0), &[]), Err(Error::Shape { .. })));
        assert!(matches!(bellman_errors(&mdp, 2, &[vec![vec![0.0; 5]; 2]], &[]), Err(Error::Shape { .. })));
        assert!(bellman_errors(&mdp, 0, &[vec![]], &[]).is_err());
    }
}
