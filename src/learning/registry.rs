//! Every agent by name. Adding one touches its own file and one line here.

use super::double_q::DoubleQ;
use super::expected_sarsa::ExpectedSarsa;
use super::monte_carlo::{MonteCarlo, MonteCarloParams};
use super::n_step_sarsa::{NStepParams, NStepSarsa};
use super::optimistic_model::{OptimisticModel, RMaxParams, UcbParams};
use super::policy_gradient::{Direction, PolicyGradient, PolicyGradientParams};
use super::q_learning::QLearning;
use super::reinforce::{Reinforce, ReinforceParams};
use super::sarsa::Sarsa;
use super::sqirl::{Sqirl, SqirlParams};
use super::{Agent, Param, Setup, TdParams};
use crate::{Error, Result};

/// An entry of the registry.
pub struct AgentSpec {
    /// Its name, such as `q-learning`.
    pub name: &'static str,
    /// One line on what it is.
    pub summary: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its hyper-parameters.
    pub params: Vec<Param>,
    /// How to build it.
    build: Build,
}

/// Builds an agent from `(name, value)` pairs.
type Build = fn(&[(&str, &str)], &Setup) -> Result<Box<dyn Agent>>;

/// All agents, in the order in which they are listed.
pub fn registry() -> Vec<AgentSpec> {
    let spec = |name, summary, source, params, build| AgentSpec { name, summary, source, params, build };
    vec![
        spec("q-learning", "one-step off-policy control", "Watkins 1989", TdParams::params(), |given, setup| {
            Ok(Box::new(QLearning::new(setup, &TdParams::from_text(given)?)?))
        }),
        spec("sarsa", "one-step on-policy control", "Rummery and Niranjan 1994", TdParams::params(), |given, setup| {
            Ok(Box::new(Sarsa::new(setup, &TdParams::from_text(given)?)?))
        }),
        spec(
            "expected-sarsa",
            "one-step on-policy control, averaged over the next choice",
            "van Seijen et al. 2009",
            TdParams::params(),
            |given, setup| Ok(Box::new(ExpectedSarsa::new(setup, &TdParams::from_text(given)?)?)),
        ),
        spec(
            "double-q",
            "Q-learning with two tables against overestimation",
            "van Hasselt 2010",
            TdParams::params(),
            |given, setup| Ok(Box::new(DoubleQ::new(setup, &TdParams::from_text(given)?)?)),
        ),
        spec(
            "n-step-sarsa",
            "on-policy control with n rewards before the bootstrap",
            "Sutton and Barto 2018, section 7.2",
            NStepParams::params(),
            |given, setup| Ok(Box::new(NStepSarsa::new(setup, &NStepParams::from_text(given)?)?)),
        ),
        spec(
            "monte-carlo",
            "on-policy control by the returns of whole episodes",
            "Sutton and Barto 2018, section 5.4",
            MonteCarloParams::params(),
            |given, setup| Ok(Box::new(MonteCarlo::new(setup, &MonteCarloParams::from_text(given)?)?)),
        ),
        spec(
            "sqirl",
            "random exploration, regression of returns, a few steps of fitted Q-iteration",
            "Laidlaw et al. 2024",
            SqirlParams::params(),
            |given, setup| Ok(Box::new(Sqirl::new(setup, &SqirlParams::from_text(given)?)?)),
        ),
        spec(
            "r-max",
            "an empirical model in which what is not known is worth the most",
            "Brafman and Tennenholtz 2002",
            RMaxParams::params(),
            |given, setup| Ok(Box::new(OptimisticModel::r_max(setup, &RMaxParams::from_text(given)?)?)),
        ),
        spec(
            "ucb-vi",
            "value iteration on an empirical model with a bonus for what was tried little",
            "Azar, Osband and Munos 2017",
            UcbParams::params(),
            |given, setup| Ok(Box::new(OptimisticModel::ucb(setup, &UcbParams::from_text(given)?)?)),
        ),
        spec(
            "reinforce",
            "sampled policy gradient of the softmax policy, one step an episode",
            "Williams 1992",
            ReinforceParams::params(),
            |given, setup| Ok(Box::new(Reinforce::new(setup, &ReinforceParams::from_text(given)?)?)),
        ),
        spec(
            "policy-gradient",
            "exact policy gradient of the softmax policy; needs the model",
            "Sutton et al. 2000",
            PolicyGradientParams::params(),
            |given, setup| {
                let params = PolicyGradientParams::from_text(given)?;
                Ok(Box::new(PolicyGradient::new(setup, &params, Direction::Plain)?))
            },
        ),
        spec(
            "natural-policy-gradient",
            "exact natural policy gradient of the softmax policy; needs the model",
            "Kakade 2001",
            PolicyGradientParams::params(),
            |given, setup| {
                let params = PolicyGradientParams::from_text(given)?;
                Ok(Box::new(PolicyGradient::new(setup, &params, Direction::Natural)?))
            },
        ),
    ]
}

/// Builds the agent `name`; hyper-parameters not `given` keep their defaults.
///
/// # Errors
/// An unknown name or hyper-parameter (the nearest one is suggested), a value out of range, or an agent that does not apply to
/// the problem.
pub fn make(name: &str, given: &[(&str, &str)], setup: &Setup) -> Result<Box<dyn Agent>> {
    let specs = registry();
    match specs.iter().find(|spec| spec.name == name) {
        Some(spec) => (spec.build)(given, setup),
        None => Err(Error::unknown("agent", name, specs.iter().map(|spec| spec.name))),
    }
}
