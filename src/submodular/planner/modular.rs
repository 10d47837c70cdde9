//! The additive version of a walk: dynamic programming on r(s) = F({s}), paid at every visit.

use crate::submodular::lattice::first_best;
use crate::submodular::{MarkovPolicy, Problem, SetFunction};

/// The optimal Markov policy of the additive version, and its value there.
///
/// For a submodular F, F(τ) <= Σ_j F({s_j}), so the value bounds J of *every* policy from above. For curvature c its policy has
/// J >= (1 - c) max J: J(π_m) >= (1 - c) Σ F({s}) of π_m >= (1 - c) Σ F({s}) of π* >= (1 - c) J(π*).
#[derive(Debug, Clone)]
pub struct Modular {
    /// max_π E[Σ_j F({s_j})].
    pub value: f64,
    /// The first best choice of each step and state, `[H - 1][S]`.
    pub plan: Vec<Vec<usize>>,
}

impl Modular {
    /// Solves the additive version, in O(H · branches).
    pub fn new<F: SetFunction>(problem: &Problem<F>) -> Modular {
        let mdp = &problem.mdp;
        let rewards = problem.modular_rewards();
        let mut worth = rewards.clone();
        let mut plan = Vec::new();
        for _ in 1..problem.horizon {
            let pick = |s: usize| {
                let values: Vec<f64> = mdp.choices(s).map(|c| mdp.expect(c, &worth)).collect();
                let best = first_best(&values);
                (mdp.choices(s).start + best, rewards[s] + values[best])
            };
            let (choices, values): (Vec<usize>, Vec<f64>) = (0..mdp.num_states()).map(pick).unzip();
            plan.push(choices);
            worth = values;
        }
        plan.reverse();
        Modular { value: mdp.initial_value(&worth), plan }
    }

    /// The policy.
    pub fn policy<F: SetFunction>(&self, problem: &Problem<F>) -> MarkovPolicy {
        MarkovPolicy::deterministic(&problem.mdp, problem.horizon, |h, s| self.plan[h][s])
    }

    /// The states visited if every action has its most probable outcome.
    pub fn trajectory<F: SetFunction>(&self, problem: &Problem<F>) -> Vec<usize> {
        let mut states = vec![problem.start()];
        for row in &self.plan {
            states.push(problem.meant(row[states[states.len() - 1]]));
        }
        states
    }
}
