//! `tabrl submodular`: what a method makes of a walk paid by a set function, and how far it can be from the best.

use serde::Serialize;
use tabrl::submodular::function::{AnyFunction, require};
use tabrl::submodular::planner::{
    EpsilonBandit, Modular, Ties, beam, greedy, greedy_sampled, recursive_greedy, rollout, semi_gradient,
    semi_gradient_policy, uniform_sampled,
};
use tabrl::submodular::subpo::{Estimator, Inputs, Memory, Options, Parameters, Pay, train};
use tabrl::submodular::{Lattice, MarkovPolicy, Problem, SetFunction};
use tabrl_envs::submodular::{self, Given, NamedWalk};

use super::numbers::whole;
use crate::Result;
use crate::cli::Finish;
use crate::output::{self, Format};
use crate::plot::{CellMark, text_map};

/// Solves a walk that is paid by a submodular function of the states it visits.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A problem (see `tabrl list submodular`).
    #[arg(value_name = "PROBLEM")]
    problem: String,
    /// How.
    #[arg(long, value_enum, value_name = "M", default_value = "greedy")]
    method: Method,
    /// Number of states of a walk, one more than its actions; by default the problem's.
    #[arg(long, value_name = "H", allow_negative_numbers = true, value_parser = whole::<usize>(1..=100_000))]
    horizon: Option<usize>,
    /// Probability that a uniform action takes the place of the one chosen.
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    slip: Option<f64>,
    /// Seed of random fields, of walks and of training.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Walks kept a state, for beam; orders tried, for semi-gradient; steps, for frank-wolfe.
    #[arg(long, value_name = "N", default_value_t = 100, allow_negative_numbers = true, value_parser = whole::<usize>(1..=1_000_000))]
    width: usize,
    /// Walks of which a mean is taken where it is not computed exactly.
    #[arg(long, value_name = "N", default_value_t = 10_000, allow_negative_numbers = true, value_parser = whole::<usize>(2..=100_000_000))]
    episodes: usize,
    /// Gradient steps of training.
    #[arg(long, value_name = "N", default_value_t = 150, allow_negative_numbers = true, value_parser = whole::<usize>(1..=1_000_000))]
    epochs: usize,
    /// Walks a gradient step.
    #[arg(long, value_name = "N", default_value_t = 500, allow_negative_numbers = true, value_parser = whole::<usize>(1..=1_000_000))]
    batch: usize,
    /// Step size of training.
    #[arg(long, value_name = "A", default_value_t = 0.1, allow_negative_numbers = true)]
    step_size: f64,
    /// Weights of the policy gradient: rtgb, rtg, full, fullb, prefix, marg, margb.
    #[arg(long, value_name = "E", default_value = "rtgb")]
    estimator: String,
    /// A small network in place of a table: its inputs, as they are or scaled to [-1, 1].
    #[arg(long, value_enum, value_name = "I")]
    network: Option<NetworkInputs>,
    /// How to answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Method {
    /// The best history-dependent policy, by dynamic programming over collected sets.
    Optimal,
    /// The choice with the largest expected gain at each step.
    Greedy,
    /// Every choice alike.
    Uniform,
    /// The optimal policy of the additive version.
    Modular,
    /// The best Markov policy that local search finds from the uniform and the additive one.
    Markov,
    /// Beam search.
    Beam,
    /// Recursive greedy (Chekuri and Pál).
    RecursiveGreedy,
    /// Semi-gradients: modular lower bounds, maximised again and again.
    SemiGradient,
    /// Continuous greedy over policies that do not look at the state, for the bandit.
    FrankWolfe,
    /// Policy gradient with a Markovian policy.
    Subpo,
    /// Policy gradient with a history-dependent policy.
    SubpoNm,
    /// The same as subpo, paid by the additive version.
    Modpo,
}

/// [`Inputs`] on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum NetworkInputs {
    /// As they are.
    Raw,
    /// Scaled.
    Scaled,
}

/// The answer; the field names are the keys of the JSON.
#[derive(Serialize)]
struct Answer {
    problem: String,
    method: String,
    horizon: usize,
    value: f64,
    /// Of the value, where it is a mean over walks.
    standard_error: Option<f64>,
    /// No policy is worth more.
    upper_bound: f64,
    /// Where that comes from.
    bound: &'static str,
    /// States of a walk of the method; null for methods without a typical one.
    trajectory: Option<Vec<usize>>,
    /// Rows and columns of it, on a map.
    cells: Option<Vec<(usize, usize)>>,
}

/// What a method finds.
struct Found {
    value: f64,
    standard_error: Option<f64>,
    trajectory: Option<Vec<usize>>,
    /// Whether the value is the optimum.
    optimal: bool,
}

/// Transitions up to which values are computed exactly rather than sampled.
const EXACT: usize = 2_000_000;

/// Most calls of recursive greedy.
const MOST_CALLS: u64 = 50_000_000;

/// Solves and prints.
///
/// # Errors
/// An unknown problem, numbers out of range, or a method that does not apply to the problem.
pub fn run(arguments: &Arguments) -> Result<Finish> {
    let given = Given { horizon: arguments.horizon, slip: arguments.slip, seed: arguments.seed };
    let walk = submodular::make(&arguments.problem, &given)?;
    // Reading the estimator first: a wrong name is wrong for every method.
    let estimator = Estimator::named(&arguments.estimator)?;
    let found = solve(&walk, arguments, estimator)?;
    let (upper_bound, bound) = upper_bound(&walk.problem, &found);
    let cells = |states: &Vec<usize>| states.iter().map(|&s| walk.cells[s]).collect();
    let answer = Answer {
        problem: arguments.problem.clone(),
        method: word(arguments.method),
        horizon: walk.problem.horizon,
        // An empty sum is -0, which one would not write.
        value: found.value + 0.0,
        standard_error: found.standard_error,
        upper_bound: upper_bound + 0.0,
        bound,
        cells: found.trajectory.as_ref().filter(|_| walk.map.is_some()).map(cells),
        trajectory: found.trajectory,
    };
    match arguments.format {
        Format::Json => output::json(&answer)?,
        Format::Text => output::text(&in_text(&answer, &walk))?,
    }
    Ok(Finish::Done)
}

fn word(method: Method) -> String {
    clap::ValueEnum::to_possible_value(&method).map_or_else(String::new, |value| value.get_name().to_owned())
}

fn solve(walk: &NamedWalk, arguments: &Arguments, estimator: Estimator) -> Result<Found> {
    let (problem, seed, width) = (&walk.problem, arguments.seed, arguments.width);
    let plan =
        |states: Vec<usize>, value| Found { value, standard_error: None, trajectory: Some(states), optimal: false };
    let exact = |value, trajectory| Found { value, standard_error: None, trajectory, optimal: false };
    let sampled = |sampled: tabrl::submodular::planner::Sampled, trajectory| Found {
        value: sampled.mean,
        standard_error: Some(sampled.standard_error),
        trajectory,
        optimal: false,
    };
    let lattice = || Lattice::within(problem, EXACT).ok();
    Ok(match arguments.method {
        Method::Optimal => {
            let best = Lattice::new(problem)?.optimum();
            Found { optimal: true, ..plan(best.trajectory, best.value) }
        }
        Method::Greedy => {
            require(&problem.function, "greedy", true)?;
            let (states, value) = greedy(problem, Ties::First, seed);
            match lattice() {
                _ if problem.is_deterministic() => plan(states, value),
                Some(lattice) => exact(lattice.greedy(), Some(states)),
                None => sampled(greedy_sampled(problem, Ties::First, arguments.episodes, seed)?, Some(states)),
            }
        }
        Method::Uniform => match lattice() {
            Some(lattice) => exact(lattice.value(&MarkovPolicy::uniform(&problem.mdp, problem.horizon)), None),
            None => sampled(uniform_sampled(problem, arguments.episodes, seed)?, None),
        },
        Method::Modular => {
            let modular = Modular::new(problem);
            let states = modular.trajectory(problem);
            match lattice() {
                _ if problem.is_deterministic() => plan(states.clone(), problem.function.value(&states)),
                Some(lattice) => exact(lattice.value(&modular.policy(problem)), Some(states)),
                None => {
                    let follow = |_: &_, step: usize, state: usize, _: &mut _| modular.plan[step][state];
                    sampled(rollout(problem, arguments.episodes, seed, follow)?, Some(states))
                }
            }
        }
        Method::Markov => {
            let lattice = Lattice::new(problem)?;
            let starts = [MarkovPolicy::uniform(&problem.mdp, problem.horizon), Modular::new(problem).policy(problem)];
            let values = starts.map(|start| lattice.improve(start).0);
            exact(values[0].max(values[1]), None)
        }
        Method::Beam => {
            let found = beam(problem, width)?;
            plan(found.states, found.value)
        }
        Method::RecursiveGreedy => {
            let found = recursive_greedy(problem, MOST_CALLS)?.plan;
            plan(found.states, found.value)
        }
        Method::SemiGradient if !problem.is_deterministic() => {
            exact(semi_gradient_policy(problem, &Lattice::new(problem)?, width, seed).0, None)
        }
        Method::SemiGradient => {
            let found = semi_gradient(problem, width, seed)?;
            plan(found.states, found.value)
        }
        Method::FrankWolfe => frank_wolfe(walk, width)?,
        Method::Subpo | Method::SubpoNm | Method::Modpo => {
            let parameters = match arguments.network {
                None => Parameters::Table,
                Some(NetworkInputs::Raw) => Parameters::Network(Inputs::Raw),
                Some(NetworkInputs::Scaled) => Parameters::Network(Inputs::Scaled),
            };
            let options = Options {
                memory: if arguments.method == Method::SubpoNm { Memory::History } else { Memory::Markov },
                parameters,
                estimator,
                pay: if arguments.method == Method::Modpo { Pay::Modular } else { Pay::Submodular },
                epochs: arguments.epochs,
                batch: arguments.batch,
                step_size: arguments.step_size,
                entropy: 0.0,
                seed,
            };
            let run = train(problem, &options)?;
            let standard_error = Some(run.late_error(5, arguments.batch)).filter(|error| error.is_finite());
            Found { value: run.late(5), standard_error, trajectory: Some(run.last), optimal: false }
        }
    })
}

/// Continuous greedy, rounded; the rounded choices are the trajectory after the start.
fn frank_wolfe(walk: &NamedWalk, iterations: usize) -> Result<Found> {
    let (Some((epsilon, steps)), AnyFunction::Coverage(_)) = (walk.bandit, &walk.problem.function) else {
        let reason = "continuous greedy is for problems whose choices can be made from anywhere: submodular/bandit";
        return Err(tabrl::Error::NotApplicable { method: "frank-wolfe", reason: reason.into() }.into());
    };
    let bandit = EpsilonBandit::new(Choosable(&walk.problem.function), steps, epsilon)?;
    let choices = bandit.round(&bandit.continuous_greedy(iterations));
    let value = bandit.value_of(&choices);
    let trajectory = std::iter::once(0).chain(choices.iter().map(|a| a + 1)).collect();
    Ok(Found { value, standard_error: None, trajectory: Some(trajectory), optimal: false })
}

/// The bandit's function without its start, which cannot be chosen.
struct Choosable<'a>(&'a AnyFunction);

impl SetFunction for Choosable<'_> {
    type Collected = <AnyFunction as SetFunction>::Collected;

    fn num_states(&self) -> usize {
        self.0.num_states() - 1
    }
    fn empty(&self) -> Self::Collected {
        self.0.empty()
    }
    fn clear(&self, collected: &mut Self::Collected) {
        self.0.clear(collected);
    }
    fn gain(&self, collected: &Self::Collected, state: usize) -> f64 {
        self.0.gain(collected, state + 1)
    }
    fn push(&self, collected: &mut Self::Collected, state: usize) -> f64 {
        self.0.push(collected, state + 1)
    }
    fn key(&self, collected: &Self::Collected) -> Option<u128> {
        self.0.key(collected)
    }
}

/// The smallest of the bounds that are cheap.
fn upper_bound(problem: &Problem<AnyFunction>, found: &Found) -> (f64, &'static str) {
    if found.optimal {
        return (found.value, "the optimum itself");
    }
    let modular = Modular::new(problem).value;
    // What is paid once only cannot exceed the value of all there is.
    let once = matches!(problem.function, AnyFunction::Coverage(_) | AnyFunction::Items(_));
    let all = problem.function.value(&(0..problem.mdp.num_states()).collect::<Vec<_>>());
    match once && all < modular {
        true => (all, "the value of all states"),
        false => (modular, "the optimum of the additive version"),
    }
}

fn in_text(answer: &Answer, walk: &NamedWalk) -> String {
    let error = answer.standard_error.map_or_else(String::new, |error| format!(" ± {error:.6} (standard error)"));
    let mut text = format!(
        "{}, {}, {} states\n  value          {:.6}{error}\n  upper bound    {:.6}  ({})\n",
        answer.problem, answer.method, answer.horizon, answer.value, answer.upper_bound, answer.bound
    );
    match (&answer.trajectory, &walk.map) {
        (Some(states), Some(map)) => {
            let mut marks = vec![vec![CellMark::default(); map.rows[0].len()]; map.rows.len()];
            for &s in states {
                let (r, c) = walk.cells[s];
                marks[r][c].glyph = Some('o');
            }
            text.push_str("  a walk of it:\n");
            text.push_str(&text_map(map, &marks, 100));
        }
        (Some(states), None) => text.push_str(&format!("  a walk of it   {states:?}\n")),
        _ => {}
    }
    text
}
