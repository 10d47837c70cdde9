//! The maze: tables, features, and values that are known.

use ndarray::Array2;
use tabrl::mdp::{DecisionRule, Mdp, Policy, evaluate_finite};
use tabrl::planning::{Criterion, SolveOptions, solve};
use tabrl::reward::bilevel::{Flow, Parametrisation};
use tabrl_envs::barfi_grid::{Auxiliary, BarfiTables, tables};

use crate::Result;

/// Actions of an episode.
pub const HORIZON: usize = 50;
/// The discount.
pub const GAMMA: f64 = 0.99;
/// The published probability of a random action.
const SLIP: f64 = 0.1;

/// The maze with an auxiliary reward and features.
pub struct Maze {
    /// The tables.
    pub tables: BarfiTables,
    /// Coupled Fourier features of order 3 and a constant, `[S, 17]`.
    pub features: Array2<f64>,
    /// Policies that are linear in them.
    pub class: Parametrisation,
}

impl Maze {
    /// With the auxiliary reward of that name.
    ///
    /// # Errors
    /// An unknown name.
    pub fn new(auxiliary: &str) -> Result<Maze> {
        let tables = tables(SLIP, Auxiliary::named(auxiliary)?)?;
        let features = Array2::from_shape_fn((tables.positions.len(), 17), |(s, k)| match tables.positions[s] {
            _ if k == 16 => 1.0,
            Some((x, y)) => (std::f64::consts::PI * ((k % 4) as f64 * x + (k / 4) as f64 * y)).cos(),
            None => 0.0,
        });
        let class = Parametrisation::Linear(features.clone());
        Ok(Maze { tables, features, class })
    }

    /// The table, with the reward that counts.
    pub fn mdp(&self) -> &Mdp {
        &self.tables.mdp
    }

    /// `r_p + weight · r_aux`, `[C]`.
    pub fn sum(&self, weight: f64) -> Vec<f64> {
        self.mdp().rewards().iter().zip(&self.tables.auxiliary).map(|(p, a)| p + weight * a).collect()
    }

    /// The mean auxiliary reward of each state's actions, `[S]`; 0 at the goal.
    pub fn potential(&self) -> Vec<f64> {
        self.by_state(&self.tables.auxiliary)
    }

    /// The mean over actions of numbers by choice, `[S]`.
    pub fn by_state(&self, numbers: &[f64]) -> Vec<f64> {
        let mean = |s: usize| {
            let row = self.mdp().choices(s);
            if row.is_empty() { 0.0 } else { numbers[row.clone()].iter().sum::<f64>() / row.len() as f64 }
        };
        (0..self.mdp().num_states()).map(mean).collect()
    }

    /// `J_p` over an episode, not discounted, of a policy with parameters.
    ///
    /// # Errors
    /// Parameters that are not finite.
    pub fn episode_value(&self, theta: &[f64]) -> Result<f64> {
        let flow = Flow::new(self.mdp(), &self.class.logits(self.mdp(), theta)?, GAMMA)?;
        self.value_of(&Policy::stationary(self.mdp(), DecisionRule::Stochastic(flow.policy))?)
    }

    fn value_of(&self, policy: &Policy) -> Result<f64> {
        Ok(self.mdp().initial_value(&evaluate_finite(self.mdp(), policy, HORIZON)?.values))
    }

    /// `J_p` over an episode of the policy that is best for `rewards`, `[C]`.
    ///
    /// # Errors
    /// None for finite rewards.
    pub fn value_of_best(&self, rewards: Vec<f64>) -> Result<f64> {
        let other = self.mdp().clone().with_rewards(rewards)?;
        let found = solve(&other, Criterion::FiniteHorizon { horizon: HORIZON }, &SolveOptions::default())?;
        self.value_of(&found.policy)
    }
}

/// `(what, known value, value here)`.
///
/// # Errors
/// None.
pub fn known_values() -> Result<Vec<(String, f64, f64)>> {
    let (bad, good) = (Maze::new("bad")?, Maze::new("good")?);
    let uniform = bad.value_of(&Policy::uniform(bad.mdp()))?;
    let mut found = vec![
        ("best policy".to_owned(), 99.12256, bad.value_of_best(bad.sum(0.0))?),
        ("uniform policy".to_owned(), 33.66038, uniform),
        ("best policy for the sum, bad".to_owned(), -4.65526, bad.value_of_best(bad.sum(1.0))?),
        ("best policy for the sum, good".to_owned(), 99.11735, good.value_of_best(good.sum(1.0))?),
    ];
    let discounted = solve(bad.mdp(), Criterion::Discounted { gamma: GAMMA }, &SolveOptions::default())?;
    found.push(("optimum, discounted, without end".to_owned(), 91.64797, bad.mdp().initial_value(&discounted.values)));
    Ok(found)
}
