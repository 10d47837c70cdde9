//! Policies by name.

use super::{
    BayesUcb, EpsilonGreedy, ExploreThenCommit, Ids, Information, KlUcb, KnowledgeGradient, LinearUcb, Moss, Myopic,
    NormalDraws, Thompson, Ucb, Uniform, Weighting,
};
use crate::bandits::CountPolicy;
use crate::bandits::exact::GittinsPolicy;
use crate::{Error, Result};

/// The names of policies, and what they do; some may be followed by `:number`, as the table of the module shows.
pub const RULES: [(&str, &str); 20] = [
    ("uniform", "every arm alike"),
    ("myopic", "largest posterior mean"),
    ("greedy", "largest empirical mean"),
    ("epsilon-greedy", "uniform with probability e (`:e`, 0.1), else the largest empirical mean"),
    ("ucb1", "Auer, Cesa-Bianchi and Fischer 2002"),
    ("ucb", "empirical mean + √(α ln t / (2 n)) (`:α`, 1)"),
    ("kl-ucb", "Garivier and Cappé 2011"),
    ("moss", "Audibert and Bubeck 2009"),
    ("bayes-ucb", "quantile 1 - 1/t of the posterior (Kaufmann, Cappé and Garivier 2012)"),
    ("thompson", "one draw from each posterior (Thompson 1933)"),
    ("thompson-normal", "one draw from each N(empirical mean, σ²/n) (`:σ`, 0.5)"),
    ("perturbed-myopic", "posterior mean + c posterior deviations times a fresh normal draw (`:c`, 0.5)"),
    ("explore-then-commit", "every arm m times, then the best for ever (`:m`, ⌈T^{2/3}/K⌉)"),
    ("linucb", "a unit vector for each arm (`:α`, 1) (Li et al. 2010)"),
    ("ids", "least squared expected regret by information gained (Russo and Van Roy 2014)"),
    ("v-ids", "the same, with variance for information"),
    ("knowledge-gradient", "posterior mean + steps left times the expected gain by one pull"),
    ("gittins", "largest index: undiscounted for the steps left, or at a discount (`:γ`)"),
    ("exp3", "exponential weights of estimated losses; simulated only"),
    ("tsallis-inf", "Tsallis-regularised weights of estimated losses; simulated only"),
];

/// The names of policies.
pub const NAMES: [&str; 20] = {
    let mut names = [""; 20];
    let mut i = 0;
    while i < 20 {
        names[i] = RULES[i].0;
        i += 1;
    }
    names
};

/// The names that take a number.
const NUMBERED: [&str; 7] =
    ["epsilon-greedy", "ucb", "gittins", "thompson-normal", "perturbed-myopic", "explore-then-commit", "linucb"];

/// Largest a + b of a prior whose density is still integrated accurately.
const WIDEST: f64 = 1e5;

/// Least a and b of such a prior: below, its mass lies within what numbers can tell from 0 and 1.
const NEAREST: f64 = 0.05;

/// A policy that can be simulated.
pub enum Policy {
    /// One that looks at counts alone.
    Counts(Box<dyn CountPolicy>),
    /// One that looks at estimated losses.
    Weights(Weighting),
}

impl Policy {
    /// The policy of this name, see [`make`].
    ///
    /// # Errors
    /// As [`make`], which also refuses policies that look at more than counts.
    pub fn named(text: &str, prior: (f64, f64), horizon: usize) -> Result<Policy> {
        Ok(match text {
            "exp3" => Policy::Weights(Weighting::Exponential),
            "tsallis-inf" => Policy::Weights(Weighting::Tsallis),
            _ => Policy::Counts(make(text, prior, horizon)?),
        })
    }
}

/// Builds the policy `name` or `name:number` for play of at most `horizon` steps under the prior Beta(a, b).
///
/// # Errors
/// An unknown name (the nearest one is suggested), a number that is none, is out of range, or belongs to no number, a prior that is
/// none, or a policy that looks at more than counts.
pub fn make(text: &str, prior: (f64, f64), horizon: usize) -> Result<Box<dyn CountPolicy>> {
    for (name, value) in [("prior a", prior.0), ("prior b", prior.1)] {
        if !(value > 0.0 && value <= 1e9) {
            return Err(Error::Parameter { name, value, expected: "positive and at most 1e9" });
        }
    }
    let plain = text.split(':').next().unwrap_or(text);
    let whole_posteriors = ["thompson", "ids", "v-ids"].contains(&plain);
    if (whole_posteriors || plain == "perturbed-myopic") && prior.0 + prior.1 > WIDEST {
        let expected = "at most 1e5 for a policy that compares whole posteriors";
        return Err(Error::Parameter { name: "prior a + b", value: prior.0 + prior.1, expected });
    }
    if whole_posteriors && prior.0.min(prior.1) < NEAREST {
        let expected = "a and b of at least 0.05 for a policy that compares whole posteriors";
        return Err(Error::Parameter { name: "prior", value: prior.0.min(prior.1), expected });
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
    if number.is_some() && !NUMBERED.contains(&name) && NAMES.contains(&name) {
        let expected = "a name without a number; epsilon-greedy, ucb, gittins, thompson-normal, perturbed-myopic, \
                        explore-then-commit and linucb take one";
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
        "thompson-normal" => Box::new(NormalDraws::thompson(number.unwrap_or(0.5))?),
        "perturbed-myopic" => Box::new(NormalDraws::perturbed_myopic(prior, number.unwrap_or(0.5))?),
        "explore-then-commit" => Box::new(ExploreThenCommit { given: number.map(pulls).transpose()? }),
        "linucb" => match number.unwrap_or(1.0) {
            alpha if alpha >= 0.0 => Box::new(LinearUcb { alpha }),
            value => return Err(Error::Parameter { name: "alpha of linucb", value, expected: "not negative" }),
        },
        "exp3" | "tsallis-inf" => {
            let reason = format!("{name} looks at more than counts; its regret can be simulated (`regret`)");
            return Err(Error::NotApplicable { method: "an exact value", reason });
        }
        "ids" => Box::new(Ids::new(prior, Information::Gain)),
        "v-ids" => Box::new(Ids::new(prior, Information::Variance)),
        "knowledge-gradient" => Box::new(KnowledgeGradient { prior }),
        "gittins" => Box::new(match number {
            Some(discount) => GittinsPolicy::discounted(prior, discount, horizon)?,
            None => GittinsPolicy::finite(prior, horizon)?,
        }),
        _ => return Err(Error::unknown("policy", name, NAMES)),
    })
}

fn pulls(number: f64) -> Result<u32> {
    if number >= 1.0 && number.fract() == 0.0 && number <= 1e9 {
        return Ok(number as u32);
    }
    let expected = "a whole number of pulls, at least 1";
    Err(Error::Parameter { name: "pulls of explore-then-commit", value: number, expected })
}
