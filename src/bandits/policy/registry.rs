//! Policies by name.

use super::{
    BayesUcb, EpsilonGreedy, Ids, Information, KlUcb, KnowledgeGradient, Moss, Myopic, Thompson, Ucb, Uniform,
};
use crate::bandits::CountPolicy;
use crate::bandits::exact::GittinsPolicy;
use crate::{Error, Result};

/// The names that [`make`] knows; `epsilon-greedy`, `ucb` and `gittins` may be followed by `:number`.
pub const NAMES: [&str; 14] = [
    "uniform",
    "myopic",
    "greedy",
    "epsilon-greedy",
    "ucb1",
    "ucb",
    "kl-ucb",
    "moss",
    "bayes-ucb",
    "thompson",
    "ids",
    "v-ids",
    "knowledge-gradient",
    "gittins",
];

/// Builds the policy `name` or `name:number` for play of at most `horizon` steps under the prior Beta(a, b).
///
/// # Errors
/// An unknown name (the nearest one is suggested), a number that is none, is out of range, or belongs to no number, or a prior that
/// is none.
pub fn make(text: &str, prior: (f64, f64), horizon: usize) -> Result<Box<dyn CountPolicy>> {
    for (name, value) in [("prior a", prior.0), ("prior b", prior.1)] {
        if !(value > 0.0 && value <= 1e9) {
            return Err(Error::Parameter { name, value, expected: "positive and at most 1e9" });
        }
    }
    let (name, number) = match text.split_once(':') {
        None => (text, None),
        Some((name, number)) => {
            let parsed = number.parse::<f64>().ok().filter(|x| x.is_finite());
            let fault = || Error::Setting {
                name: "policy",
                given: text.to_owned(),
                expected: "a name, or a name and a number such as ucb:1",
            };
            (name, Some(parsed.ok_or_else(fault)?))
        }
    };
    if number.is_some() && !["epsilon-greedy", "ucb", "gittins"].contains(&name) && NAMES.contains(&name) {
        let expected = "a name without a number; epsilon-greedy, ucb and gittins take one";
        return Err(Error::Setting { name: "policy", given: text.to_owned(), expected });
    }
    Ok(match name {
        "uniform" => Box::new(Uniform),
        "myopic" => Box::new(Myopic { prior }),
        "greedy" => Box::new(Ucb { alpha: 0.0 }),
        "epsilon-greedy" => Box::new(EpsilonGreedy::new(number.unwrap_or(0.1))?),
        "ucb1" => Box::new(Ucb { alpha: 4.0 }),
        "ucb" => match number.unwrap_or(1.0) {
            alpha if alpha >= 0.0 => Box::new(Ucb { alpha }),
            value => return Err(Error::Parameter { name: "alpha of ucb", value, expected: "not negative" }),
        },
        "kl-ucb" => Box::new(KlUcb),
        "moss" => Box::new(Moss),
        "bayes-ucb" => Box::new(BayesUcb { prior }),
        "thompson" => Box::new(Thompson::new(prior)),
        "ids" => Box::new(Ids { prior, information: Information::Gain }),
        "v-ids" => Box::new(Ids { prior, information: Information::Variance }),
        "knowledge-gradient" => Box::new(KnowledgeGradient { prior }),
        "gittins" => Box::new(match number {
            Some(discount) => GittinsPolicy::discounted(prior, discount, horizon)?,
            None => GittinsPolicy::finite(prior, horizon)?,
        }),
        _ => return Err(Error::unknown("policy", name, NAMES)),
    })
}
