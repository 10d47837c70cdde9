//! A tabular policy packed for sampling.

use super::rows::Rows;
use crate::mdp::{DecisionRule, Mdp, Policy};
use crate::{Error, Result};

/// Draws choices of a policy: one lookup for a deterministic rule, one packed row for a stochastic one.
#[derive(Debug, Clone)]
pub struct PolicySampler {
    stages: Vec<Stage>,
    stationary: bool,
}

#[derive(Debug, Clone)]
enum Stage {
    Deterministic(Vec<u32>),
    Stochastic(Rows),
}

impl PolicySampler {
    /// Packs `policy`, which must be a policy of `mdp` that acts for at least `steps` steps of an episode (`None`: for ever).
    ///
    /// # Errors
    /// A policy of another table, or a time-indexed policy with fewer stages than an episode may have steps.
    pub fn new(mdp: &Mdp, policy: &Policy, steps: Option<u64>) -> Result<PolicySampler> {
        let stages = policy.stages();
        if let Some(stages) = stages
            && steps.is_none_or(|steps| steps > stages as u64)
        {
            let length = steps.map_or("any number of".to_owned(), |n| n.to_string());
            return Err(Error::NotApplicable {
                method: "sampling this policy",
                reason: format!("it has {stages} stages, but an episode may have {length} steps; set a time limit"),
            });
        }
        let rules = (0..stages.unwrap_or(1)).map(|t| pack(mdp, policy.rule(t))).collect::<Result<_>>()?;
        Ok(PolicySampler { stages: rules, stationary: stages.is_none() })
    }

    /// The choice taken in the non-terminal `state` at `step` of the episode, drawn with `word`.
    #[inline]
    pub fn choose(&self, state: u32, step: u64, word: u64) -> u32 {
        let stage = if self.stationary { 0 } else { step as usize };
        match &self.stages[stage] {
            Stage::Deterministic(choice) => choice[state as usize],
            Stage::Stochastic(rows) => rows.sample(state as usize, word).item,
        }
    }
}

fn pack(mdp: &Mdp, rule: &DecisionRule) -> Result<Stage> {
    let (found, expected) = match rule {
        DecisionRule::Deterministic(choice) => (choice.len(), mdp.num_states()),
        DecisionRule::Stochastic(probability) => (probability.len(), mdp.num_choices()),
    };
    if found != expected {
        return Err(Error::Shape { what: "the policy".into(), found: vec![found], expected: vec![expected] });
    }
    Ok(match rule {
        DecisionRule::Deterministic(choice) => Stage::Deterministic(choice.clone()),
        DecisionRule::Stochastic(probability) => {
            let mut rows = Rows::new();
            for s in 0..mdp.num_states() {
                rows.push(mdp.choices(s).map(|c| (probability[c], c as u32, 0.0)));
            }
            Stage::Stochastic(rows)
        }
    })
}
