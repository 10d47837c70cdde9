//! Every episodic agent by name. Adding one touches its own file and one line here.

use super::*;
use crate::learning::Param;
use crate::{Error, Result};

/// An entry of the registry.
pub struct ExplorerSpec {
    /// Its name, such as `ucbvi`.
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
type Build = for<'a> fn(&[(&str, &str)], &Setup<'a>) -> Result<Box<dyn EpisodicAgent + 'a>>;

/// An entry: its texts, its agent and its hyper-parameters.
macro_rules! spec {
    ($name:literal, $summary:literal, $source:literal, $room:ident :: $agent:ident, $params:ident) => {
        spec!($name, $summary, $source, $room::$agent, new, $params)
    };
    ($name:literal, $summary:literal, $source:literal, $room:ident :: $agent:ident, $new:ident, $params:ident) => {
        ExplorerSpec {
            name: $name,
            summary: $summary,
            source: $source,
            params: $room::$params::params(),
            build: |given, setup| Ok(Box::new($room::$agent::$new(setup, &$room::$params::from_text(given)?)?)),
        }
    };
}

/// All episodic agents, in the order in which they are listed.
#[rustfmt::skip] // one line an agent
pub fn registry() -> Vec<ExplorerSpec> {
    vec![
        spec!("ucbvi", "value iteration on the empirical model with a bonus for what was tried little", "Azar, Osband and Munos 2017", ucbvi::Ucbvi, UcbviParams),
        spec!("ucbvi-bernstein", "UCBVI whose bonus follows the variance of the next value", "Azar, Osband and Munos 2017", ucbvi_bernstein::UcbviBernstein, UcbviBernsteinParams),
        spec!("euler", "UCBVI with bonuses from upper and lower values", "Zanette and Brunskill 2019", euler::Euler, EulerParams),
        spec!("ucb-q", "optimistic Q-learning with Hoeffding's bonus", "Jin et al. 2018", ucb_q::UcbQ, UcbQParams),
        spec!("ucb-q-bernstein", "optimistic Q-learning with Bernstein's bonus", "Jin et al. 2018", ucb_q_bernstein::UcbQBernstein, UcbQBernsteinParams),
        spec!("psrl", "acts as is best in a model drawn from the posterior", "Osband, Russo and Van Roy 2013", psrl::Psrl, PsrlParams),
        spec!("rlsvi", "value iteration with Gaussian noise in place of a bonus", "Osband, Van Roy and Wen 2016", rlsvi::Rlsvi, RlsviParams),
        spec!("epsilon-greedy", "Q-learning with uniform choices now and then", "Watkins 1989", epsilon_greedy::EpsilonGreedyQ, EpsilonGreedyParams),
        spec!("ucrl2", "plans in the best model of a confidence set, seldom", "Jaksch, Ortner and Auer 2010", ucrl2::Ucrl2, new, Ucrl2Params),
        spec!("kl-ucrl", "UCRL2 with a confidence set of Kullback-Leibler balls", "Filippi, Cappé and Garivier 2010", ucrl2::Ucrl2, kl, KlUcrlParams),
        spec!("r-max", "what was not tried often is worth the most possible", "Brafman and Tennenholtz 2002", r_max::RMax, RMaxParams),
        spec!("mbie-eb", "an unclipped bonus on pooled counts", "Strehl and Littman 2008", mbie_eb::MbieEb, MbieEbParams),
        spec!("e3", "explores where an unknown state is within reach, exploits otherwise", "Kearns and Singh 2002", e3::E3, E3Params),
        spec!("delayed-q", "optimistic Q-learning that moves after several targets in a row", "Strehl et al. 2006", delayed_q::DelayedQ, DelayedQParams),
        spec!("lsvi-ucb", "least squares in features with an elliptical bonus (one-hot features here)", "Jin et al. 2020", lsvi_ucb::LsviUcb, LsviUcbParams),
        spec!("mex-mb", "the model that is best in value less the price of its unlikeliness", "Liu et al. 2023", mex::MexModelBased, MexModelBasedParams),
        spec!("mex-mf", "the action values that are best in value less the price of their Bellman residuals", "Liu et al. 2023", mex::MexModelFree, MexModelFreeParams),
        spec!("nora", "an actor-critic with an optimistic critic that switches rarely", "Tan, Fan and Wei 2025", nora::Nora, NoraParams),
        spec!("rf-ucrl", "explores for every reward at once, then plays the best", "Kaufmann et al. 2021", rf_ucrl::RewardFree, ucrl, RewardFreeParams),
        spec!("rf-express", "RF-UCRL with a bound in 1/n", "Ménard et al. 2021", rf_ucrl::RewardFree, express, RewardFreeParams),
        spec!("bpi-ucbvi", "explores until its policy is good enough, then keeps it", "Ménard et al. 2021", bpi_ucbvi::BpiUcbvi, BpiUcbviParams),
        spec!("certainty-equivalence", "plans in the empirical model as if it were true", "Kumar and Varaiya 1986", certainty_equivalence::CertaintyEquivalence, CertaintyEquivalenceParams),
    ]
}

/// Builds the agent `name`; hyper-parameters not `given` keep their defaults.
///
/// # Errors
/// An unknown name or hyper-parameter (the nearest one is suggested), a value out of range, or a setup that is not valid.
pub fn make<'a>(name: &str, given: &[(&str, &str)], setup: &Setup<'a>) -> Result<Box<dyn EpisodicAgent + 'a>> {
    setup.validate()?;
    let specs = registry();
    match specs.iter().find(|spec| spec.name == name) {
        Some(spec) => (spec.build)(given, setup),
        None => Err(Error::unknown("episodic agent", name, specs.iter().map(|spec| spec.name))),
    }
}
