//! `tabrl bandit`: exact Bayes values, Gittins indices, and simulated regret of Bernoulli bandits.

use rayon::prelude::*;
use serde::Serialize;
use tabrl::bandits::exact::{
    BestWindow, BetaBernoulli, IndexBracket, best_window, finite_gittins_index, gittins_index, gittins_index_lower,
    gittins_index_upper, lai_robbins,
};
use tabrl::bandits::policy::{self, NAMES, Policy};
use tabrl::bandits::policy_regret;
use tabrl::bandits::problem::Bernoulli;
use tabrl::stats::{Aggregate, Bootstrap, Estimate, PROFILE_REPETITIONS};

use super::numbers::whole;
use crate::cli::Finish;
use crate::output::{self, Format};
use crate::{Error, Result};

/// Bernoulli bandits: exact Bayes values, Gittins indices, regret.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    /// The exact Bayes value of a policy: arms with independent Beta means, played for a number of steps.
    Value(ValueArguments),
    /// The Gittins index of an arm, between proven bounds.
    Gittins(GittinsArguments),
    /// Pseudo-regret of policies on arms of given means, averaged over seeds.
    Regret(RegretArguments),
}

#[derive(Debug, clap::Args)]
struct ValueArguments {
    /// Number of arms.
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = whole::<usize>(1..=1_000_000))]
    arms: usize,
    /// Number of steps.
    #[arg(long, value_name = "T", allow_negative_numbers = true, value_parser = whole::<usize>(1..=1_000_000))]
    horizon: usize,
    /// optimal, window:k (the best rule for the last k pulls that depends on neither the step nor the arm's number), or a policy by name (`tabrl list
    /// bandit-policies` shows them).
    #[arg(long, value_name = "P", default_value = "optimal")]
    policy: String,
    /// Prior of each mean, a,b of Beta(a, b).
    #[arg(long, value_name = "A,B", default_value = "1,1", allow_hyphen_values = true)]
    prior: String,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, clap::Args)]
struct GittinsArguments {
    /// Pulls of the arm that paid.
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = whole::<u32>(0..=1_000_000))]
    successes: u32,
    /// Pulls of the arm that did not.
    #[arg(long, value_name = "F", allow_negative_numbers = true, value_parser = whole::<u32>(0..=1_000_000))]
    failures: u32,
    /// Discount factor, at least 0 and below 1.
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    discount: Option<f64>,
    /// Steps left, undiscounted, instead of a discount.
    #[arg(long, value_name = "M", allow_negative_numbers = true, value_parser = whole::<usize>(1..=5000))]
    steps: Option<usize>,
    /// Prior of the mean, a,b of Beta(a, b).
    #[arg(long, value_name = "A,B", default_value = "1,1", allow_hyphen_values = true)]
    prior: String,
    /// Largest distance between the bounds.
    #[arg(long, value_name = "E", default_value_t = 1e-9, allow_negative_numbers = true)]
    epsilon: f64,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, clap::Args)]
struct RegretArguments {
    /// Means of the arms, such as 0.9,0.8.
    #[arg(long, value_name = "MEANS", allow_hyphen_values = true)]
    means: String,
    /// Policies by name, such as thompson,ucb1,kl-ucb.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    policies: Vec<String>,
    /// Number of steps.
    #[arg(long, value_name = "T", allow_negative_numbers = true, value_parser = whole::<usize>(1..=10_000_000))]
    horizon: usize,
    /// Number of runs, seeded from 0.
    #[arg(long, value_name = "N", default_value = "100", allow_negative_numbers = true, value_parser = whole::<u64>(1..=1_000_000))]
    seeds: u64,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Answers the question.
///
/// # Errors
/// Numbers out of range, unknown policies, or a problem too large for the exact method.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    match &arguments.question {
        Question::Value(arguments) => value(arguments),
        Question::Gittins(arguments) => gittins(arguments),
        Question::Regret(arguments) => regret(arguments),
    }
}

/// Numbers separated by commas.
fn list(option: &str, text: &str, right: &str) -> Result<Vec<f64>> {
    let fault = |entry: &str| Error::Config {
        place: format!("{option} {text}"),
        problem: format!("`{entry}` is no number; {right}"),
    };
    text.split(',').map(|entry| entry.trim().parse::<f64>().map_err(|_| fault(entry))).collect()
}

fn prior(text: &str) -> Result<(f64, f64)> {
    let right = "a prior is two positive numbers, such as 1,1";
    match list("--prior", text, right)?[..] {
        [a, b] => Ok((a, b)),
        _ => Err(Error::Config { place: format!("--prior {text}"), problem: right.into() }),
    }
}

/// The field names are the keys of the JSON.
#[derive(Serialize)]
struct ValueAnswer<'a> {
    policy: &'a str,
    arms: usize,
    horizon: usize,
    prior: (f64, f64),
    /// Expected number of successes.
    value: f64,
    /// T E[max mean].
    oracle: f64,
    /// The difference of the two.
    bayes_regret: f64,
    /// After which windows the best rule of a window switches.
    #[serde(skip_serializing_if = "Option::is_none")]
    switches_after: Option<Vec<String>>,
    /// Whether the value of a window is proven to be the best.
    #[serde(skip_serializing_if = "Option::is_none")]
    exhaustive: Option<bool>,
}

fn value(arguments: &ValueArguments) -> Result<Finish> {
    let ValueArguments { arms, horizon, .. } = *arguments;
    let prior = prior(&arguments.prior)?;
    let problem = BetaBernoulli::new(arms, horizon, prior)?;
    let mut window = None;
    let value = match arguments.policy.split_once(':') {
        None if arguments.policy == "optimal" => problem.optimal_value(),
        Some(("window", memory)) => {
            let found = best_of_window(arguments, prior, memory)?;
            let value = found.value;
            window = Some(found);
            value
        }
        _ => {
            let policy = policy::make(listed(&arguments.policy)?, prior, horizon)?;
            let integrates = ["thompson", "thompson-normal", "perturbed-myopic", "ids", "v-ids"];
            let name = arguments.policy.split(':').next().unwrap_or_default();
            if arms > MOST_COMPARED && integrates.contains(&name) {
                return Err(Error::Config {
                    place: format!("--arms {arms} --policy {}", arguments.policy),
                    problem: format!(
                        "this policy integrates over all pairs of arms; at most {MOST_COMPARED} arms are allowed"
                    ),
                });
            }
            problem.policy_value(policy.as_ref())
        }
    };
    let oracle = problem.oracle_value();
    let answer = ValueAnswer {
        policy: &arguments.policy,
        arms,
        horizon,
        prior,
        value,
        oracle,
        // No policy beats whoever knows the means; what is negative is rounding.
        bayes_regret: if value > oracle && value <= oracle * (1.0 + 1e-12) { 0.0 } else { oracle - value },
        switches_after: window.as_ref().map(|found| found.rule.switch_names()),
        exhaustive: window.as_ref().map(|found| found.exhaustive),
    };
    match arguments.format {
        Format::Json => output::json(&answer)?,
        Format::Text => {
            let mut lines = vec![
                ("problem", format!("{arms} arms, means Beta({}, {}), {horizon} steps", prior.0, prior.1)),
                ("policy", answer.policy.to_owned()),
                ("value", format!("{value}")),
                ("oracle", format!("{oracle}")),
                ("Bayes regret", format!("{}", answer.bayes_regret)),
            ];
            if let Some(found) = &window {
                let names = found.rule.switch_names().join(", ");
                lines.push(("switches after", if names.is_empty() { "nothing".into() } else { names }));
                let how =
                    if found.exhaustive { "all rules compared" } else { "local search: a lower bound of the best" };
                lines.push(("found by", how.to_owned()));
            }
            output::text(&in_lines(&lines))?;
        }
    }
    Ok(Finish::Done)
}

/// Most arms of a policy that integrates over all pairs of them.
const MOST_COMPARED: usize = 200;

/// Random starts of the local search.
const STARTS: usize = 40;

fn best_of_window(arguments: &ValueArguments, prior: (f64, f64), memory: &str) -> Result<BestWindow> {
    let fault = |problem: &str| Error::Config { place: format!("--policy window:{memory}"), problem: problem.into() };
    let memory = memory.parse::<usize>().map_err(|_| fault("the window must be a whole number of pulls, 0 to 3"))?;
    if arguments.arms != 2 {
        return Err(fault("windows are known for two arms; give --arms 2"));
    }
    let whole = |x: f64| (x.fract() == 0.0 && (1.0..=20.0).contains(&x)).then_some(x as u32);
    match (whole(prior.0), whole(prior.1)) {
        (Some(a), Some(b)) => Ok(best_window(arguments.horizon, (a, b), memory, STARTS)?),
        _ => Err(fault("windows need a prior of whole numbers from 1 to 20")),
    }
}

/// For the name `list`, an error that lists what there is.
fn listed(name: &str) -> Result<&str> {
    if name == "list" {
        let text = format!("policies are {}; and, for an exact value, optimal and window:k", NAMES.join(", "));
        return Err(Error::Usage(text));
    }
    Ok(name)
}

/// The field names are the keys of the JSON.
#[derive(Serialize)]
struct GittinsAnswer {
    successes: u32,
    failures: u32,
    prior: (f64, f64),
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<usize>,
    /// The middle of the bounds.
    index: f64,
    lower: f64,
    upper: f64,
    posterior_mean: f64,
    /// index - posterior mean: what exploring is worth.
    exploration_bonus: f64,
    /// The index of whoever decides for good after one pull.
    #[serde(skip_serializing_if = "Option::is_none")]
    one_pull_lower: Option<f64>,
    /// The index of whoever is told the mean after a success.
    #[serde(skip_serializing_if = "Option::is_none")]
    told_upper: Option<f64>,
}

fn gittins(arguments: &GittinsArguments) -> Result<Finish> {
    let &GittinsArguments { successes, failures, discount, steps, epsilon, .. } = arguments;
    let prior = prior(&arguments.prior)?;
    // The prior itself, before what was seen makes it look like one.
    BetaBernoulli::new(1, 1, prior)?;
    let posterior = (prior.0 + f64::from(successes), prior.1 + f64::from(failures));
    let bracket = match (discount, steps) {
        (Some(discount), None) => gittins_index(posterior, discount, epsilon)?,
        (None, Some(steps)) => finite_gittins_index(posterior, steps, epsilon)?,
        (None, None) => {
            return Err(Error::Usage("what is the future worth? give --discount G, or --steps M that are left".into()));
        }
        (Some(_), Some(_)) => {
            return Err(Error::Usage("--discount and --steps are two horizons; give one of them".into()));
        }
    };
    let IndexBracket { lower, upper } = bracket;
    let posterior_mean = posterior.0 / (posterior.0 + posterior.1);
    let answer = GittinsAnswer {
        successes,
        failures,
        prior,
        discount,
        steps,
        index: bracket.value(),
        lower,
        upper,
        posterior_mean,
        exploration_bonus: bracket.value() - posterior_mean,
        one_pull_lower: discount.map(|discount| gittins_index_lower(posterior, discount)),
        told_upper: discount.map(|discount| gittins_index_upper(posterior, discount)),
    };
    match arguments.format {
        Format::Json => output::json(&answer)?,
        Format::Text => {
            let horizon = match (discount, steps) {
                (Some(discount), _) => format!("discount {discount}"),
                (None, steps) => format!("{} steps left, undiscounted", steps.unwrap_or_default()),
            };
            let mut lines = vec![
                ("arm", format!("posterior Beta({}, {}), {horizon}", posterior.0, posterior.1)),
                ("index", format!("{} in [{lower}, {upper}]", answer.index)),
                ("posterior mean", format!("{posterior_mean}")),
                ("bonus", format!("{}", answer.exploration_bonus)),
            ];
            if let (Some(low), Some(high)) = (answer.one_pull_lower, answer.told_upper) {
                lines.push(("simple bounds", format!("[{low}, {high}]")));
            }
            output::text(&in_lines(&lines))?;
        }
    }
    Ok(Finish::Done)
}

/// The field names are the keys of the JSON.
#[derive(Serialize)]
struct RegretAnswer<'a> {
    means: &'a [f64],
    horizon: usize,
    seeds: u64,
    /// C of the lower bound C ln T.
    lai_robbins: f64,
    policies: Vec<PolicyRegret<'a>>,
}

#[derive(Serialize)]
struct PolicyRegret<'a> {
    policy: &'a str,
    /// Mean pseudo-regret after the last step.
    regret_mean: f64,
    /// Its 95 % bootstrap interval; null for a single seed.
    regret_ci95: Option<(f64, f64)>,
}

fn regret(arguments: &RegretArguments) -> Result<Finish> {
    let RegretArguments { horizon, seeds, .. } = *arguments;
    let means = list("--means", &arguments.means, "means are probabilities, such as 0.9,0.8")?;
    let arms = Bernoulli::new(means.clone())?;
    if arguments.policies.is_empty() {
        return Err(Error::Usage(format!("which policies? give --policies with some of {}", NAMES.join(", "))));
    }
    let mut policies = Vec::new();
    for name in arguments.policies.iter().map(|name| name.trim()) {
        let policy = Policy::named(listed(name)?, (1.0, 1.0), horizon)?;
        let runs = (0..seeds).into_par_iter().map(|seed| policy_regret(&arms, &policy, &[horizon], seed));
        let regrets = runs.map(|curve| Ok(curve?[0])).collect::<Result<Vec<f64>>>()?;
        let bootstrap = Bootstrap { repetitions: PROFILE_REPETITIONS, ..Bootstrap::default() };
        let Estimate { value, interval } = bootstrap.estimate_column(regrets.as_slice().into(), Aggregate::Mean)?;
        policies.push(PolicyRegret { policy: name, regret_mean: value, regret_ci95: interval.filter(|_| seeds > 1) });
    }
    let answer = RegretAnswer { lai_robbins: lai_robbins(&means)?, means: &means, horizon, seeds, policies };
    match arguments.format {
        Format::Json => output::json(&answer)?,
        Format::Text => {
            let bound = answer.lai_robbins * (horizon as f64).ln();
            let mut text = in_lines(&[
                ("arms", arguments.means.clone()),
                ("steps", format!("{horizon}, {seeds} {}", if seeds == 1 { "seed" } else { "seeds" })),
                ("Lai–Robbins", format!("C = {}, C ln T = {bound}", answer.lai_robbins)),
            ]);
            let width = answer.policies.iter().map(|row| row.policy.chars().count() + 2).fold(18, usize::max);
            for PolicyRegret { policy, regret_mean, regret_ci95 } in &answer.policies {
                let interval =
                    regret_ci95.map_or(String::new(), |(low, high)| format!(", 95 % interval {low} to {high}"));
                text.push_str(&format!("{policy:<width$}{regret_mean}{interval}\n"));
            }
            output::text(&text)?;
        }
    }
    Ok(Finish::Done)
}

fn in_lines(lines: &[(&str, String)]) -> String {
    lines.iter().map(|(key, value)| format!("{key:<18}{value}\n")).collect()
}
