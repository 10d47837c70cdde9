//! Walks paid by a set function, by name: the reference instances and the grids of the paper. Adding one touches its function here and
//! one line of [`registry`].
//!
//! ```
//! let walk = tabrl_envs::submodular::make("submodular/two-rooms", &Default::default())?;
//! assert_eq!(walk.problem.mdp.num_states(), 68);
//! # Ok::<(), tabrl_envs::EnvError>(())
//! ```
//!
//! Source: Prajapat, Mutný, Zeilinger and Krause, "Submodular reinforcement learning" (ICLR 2024), and their code's settings. Fields and items
//! are drawn here by the generators described there; no data of theirs is used.

mod field;
mod ground;
#[cfg(test)]
mod tests;

use ndarray::Array2;
use tabrl::Error;
use tabrl::mdp::{GridMap, MdpBuilder};
use tabrl::rng::{self, Purpose};
use tabrl::submodular::Problem;
use tabrl::submodular::function::{AnyFunction, Coverage, GaussianInformation};

use crate::Result;
use crate::grid::check_slip;
use field::{gaussian_field, posterior_covariance};
use ground::Ground;

/// A named walk.
#[derive(Debug, Clone)]
pub struct NamedWalk {
    /// The problem; states of grids are free cells, row by row.
    pub problem: Problem<AnyFunction>,
    /// The map, if it is a grid.
    pub map: Option<GridMap>,
    /// Row and column of each state, on a map.
    pub cells: Vec<(usize, usize)>,
    /// What each state is worth alone or weighs, for drawing, `[S]`.
    pub worth: Vec<f64>,
    /// ε and T, if choices can be made from anywhere: the ε-bandit class.
    pub bandit: Option<(f64, usize)>,
}

/// What may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Given {
    /// H, the number of states of a walk.
    pub horizon: Option<usize>,
    /// Probability that a uniform action takes the place of the one chosen; on `submodular/bandit` that another one than it does.
    pub slip: Option<f64>,
    /// Which random field or arrangement of items.
    pub seed: u64,
}

/// An entry of the list of walks.
pub struct WalkSpec {
    /// Its name, such as `submodular/trap`.
    pub name: &'static str,
    /// One line on what it is.
    pub summary: &'static str,
    /// Its number of states H.
    pub horizon: usize,
    build: fn(usize, f64, u64) -> Result<NamedWalk>,
}

/// All walks, in the order in which they are listed.
pub fn registry() -> Vec<WalkSpec> {
    let spec = |name, horizon, summary, build| WalkSpec { name, summary, horizon, build };
    vec![
        spec("submodular/coverage-5x5", 6, "weighted coverage, cells weigh ((3r + 5c) mod 7) + 1", coverage_5x5),
        spec("submodular/trap", 4, "a line on which the nearer reward is a trap", trap),
        spec("submodular/gp-5x5", 6, "information about a Gaussian field", gp_5x5),
        spec("submodular/items-5x5", 6, "items of three groups with demands", items_5x5),
        spec("submodular/markov-gap", 4, "only memory collects both", markov_gap),
        spec("submodular/bandit", 4, "three choices from anywhere, followed with probability 1 - slip", bandit),
        spec("submodular/two-rooms", 40, "two rooms joined by a corridor, to be covered", two_rooms),
        spec("submodular/field-30x30", 40, "coverage weighted by a Gaussian field drawn by seed", field_30x30),
        spec("submodular/bimodal-30x30", 40, "coverage with two high corners", bimodal_30x30),
        spec("submodular/constant-30x30", 80, "coverage of cells that all weigh 1", constant_30x30),
        spec("submodular/entropy-30x30", 40, "information about a Gaussian field, D-design", entropy_30x30),
        spec("submodular/items-7x15", 40, "93 items of six groups, arranged by seed", items_7x15),
    ]
}

/// Builds the walk `name`.
///
/// # Errors
/// An unknown name (the nearest one is suggested), H = 0, a slip outside [0, 1], or one that the problem has no use for.
pub fn make(name: &str, given: &Given) -> Result<NamedWalk> {
    let specs = registry();
    let Some(spec) = specs.iter().find(|spec| spec.name == name) else {
        return Err(Error::unknown("submodular problem", name, specs.iter().map(|spec| spec.name)).into());
    };
    let slip = given.slip.unwrap_or(if name == "submodular/bandit" { 0.1 } else { 0.0 });
    check_slip(slip)?;
    let horizon = given.horizon.unwrap_or(spec.horizon);
    if horizon == 0 {
        let expected = "at least 1 (it counts the states of a walk)";
        return Err(Error::Parameter { name: "horizon", value: 0.0, expected }.into());
    }
    if name == "submodular/markov-gap" && slip > 0.0 {
        let reason = "its chances are part of what it shows; leave slip at 0";
        return Err(Error::NotApplicable { method: "slip on submodular/markov-gap", reason: reason.into() }.into());
    }
    (spec.build)(horizon, slip, given.seed)
}

fn coverage_5x5(horizon: usize, slip: f64, _: u64) -> Result<NamedWalk> {
    let ground = Ground::open(5, 5, (0, 0));
    let weights = (0..25).map(|s| ((3 * (s / 5) + 5 * (s % 5)) % 7 + 1) as f64).collect();
    ground.coverage(horizon, slip, weights)
}

fn trap(horizon: usize, slip: f64, _: u64) -> Result<NamedWalk> {
    let ground = Ground::open(1, 7, (0, 3));
    let weights = vec![0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 100.0];
    let function = Coverage::new((0..7).map(|s| vec![s]).collect(), weights.clone())?;
    ground.walk(horizon, slip, AnyFunction::Coverage(function), weights)
}

fn gp_5x5(horizon: usize, slip: f64, _: u64) -> Result<NamedWalk> {
    let ground = Ground::open(5, 5, (2, 2));
    let covariance = Array2::from_shape_fn((25, 25), |(i, j)| {
        let (dr, dc) = ((i / 5) as f64 - (j / 5) as f64, (i % 5) as f64 - (j % 5) as f64);
        (-(dr * dr + dc * dc) / (2.0 * 1.5 * 1.5)).exp()
    });
    ground.walk(horizon, slip, AnyFunction::Gaussian(GaussianInformation::new(covariance, 0.1)?), vec![1.0; 25])
}

fn items_5x5(horizon: usize, slip: f64, _: u64) -> Result<NamedWalk> {
    let group = (0..25).map(|s| Some((2 * (s / 5) + 3 * (s % 5)) % 7).filter(|&k| k < 3)).collect();
    Ground::open(5, 5, (0, 0)).items(horizon, slip, group, vec![2, 2, 1])
}

fn markov_gap(horizon: usize, _: f64, _: u64) -> Result<NamedWalk> {
    let mut builder = MdpBuilder::new(4);
    builder.choice(0, 0, &[(0.5, 1, 0.0), (0.5, 2, 0.0)]);
    builder.choice(1, 0, &[(1.0, 3, 0.0)]).choice(2, 0, &[(1.0, 3, 0.0)]);
    builder.choice(3, 0, &[(1.0, 1, 0.0)]).choice(3, 1, &[(1.0, 2, 0.0)]);
    builder.initial(0, 1.0);
    let function = Coverage::new(vec![vec![], vec![0], vec![1], vec![]], vec![1.0, 1.0])?;
    let problem = Problem::new(builder.build()?, horizon, AnyFunction::Coverage(function))?;
    Ok(NamedWalk { problem, map: None, cells: Vec::new(), worth: vec![0.0, 1.0, 1.0, 0.0], bandit: None })
}

/// State 0 is the start, which covers nothing; a choice of a leads to state a + 1, or with probability ε to one of the others.
fn bandit(horizon: usize, epsilon: f64, _: u64) -> Result<NamedWalk> {
    let sets = [vec![0, 1, 2], vec![2, 3], vec![3, 4, 5], vec![5, 6], vec![0, 6, 7]];
    let mut builder = MdpBuilder::new(6);
    for (s, a) in (0..6).flat_map(|s| (0..5).map(move |a| (s, a))) {
        let to = |b: usize| (if b == a { 1.0 - epsilon } else { epsilon / 4.0 }, b + 1, 0.0);
        let row: Vec<_> = (0..5).map(to).filter(|branch| branch.0 > 0.0).collect();
        builder.choice(s, a, &row);
    }
    builder.initial(0, 1.0);
    let footprints = std::iter::once(Vec::new()).chain(sets).collect();
    let function = Coverage::new(footprints, vec![1.0, 2.0, 1.0, 3.0, 1.0, 2.0, 1.0, 1.5])?;
    let problem = Problem::new(builder.build()?, horizon, AnyFunction::Coverage(function))?;
    let worth = problem.modular_rewards();
    Ok(NamedWalk { problem, map: None, cells: Vec::new(), worth, bandit: Some((epsilon, horizon - 1)) })
}

fn two_rooms(horizon: usize, slip: f64, _: u64) -> Result<NamedWalk> {
    let free = |r: usize, c: usize| !(4..10).contains(&c) || r == 2 || r == 3;
    let ground = Ground::new(7, 14, (2, 6), free);
    let weights = vec![1.0; ground.states()];
    ground.coverage(horizon, slip, weights)
}

/// Where the grids of 30 by 30 cells start: cell 34.
const START: (usize, usize) = (1, 4);

fn field_30x30(horizon: usize, slip: f64, seed: u64) -> Result<NamedWalk> {
    Ground::open(30, 30, START).coverage(horizon, slip, gaussian_field(30, seed)?)
}

fn bimodal_30x30(horizon: usize, slip: f64, _: u64) -> Result<NamedWalk> {
    let at = |i: usize| -1.0 + 2.0 * i as f64 / 29.0;
    let weights = (0..900).map(|s| 1.0 / (1.0 + (-at(s / 30) * at(s % 30)).exp())).collect();
    Ground::open(30, 30, START).coverage(horizon, slip, weights)
}

fn constant_30x30(horizon: usize, slip: f64, _: u64) -> Result<NamedWalk> {
    Ground::open(30, 30, START).coverage(horizon, slip, vec![1.0; 900])
}

fn entropy_30x30(horizon: usize, slip: f64, seed: u64) -> Result<NamedWalk> {
    let covariance = posterior_covariance(30, seed)?;
    let worth = covariance.diag().to_vec();
    let function = AnyFunction::Gaussian(GaussianInformation::new(covariance, 1e-6)?);
    Ground::open(30, 30, START).walk(horizon, slip, function, worth)
}

fn items_7x15(horizon: usize, slip: f64, seed: u64) -> Result<NamedWalk> {
    let mut group: Vec<Option<usize>> =
        [18, 14, 13, 16, 18, 14].iter().enumerate().flat_map(|(k, &size)| vec![Some(k); size]).collect();
    group.resize(105, None);
    let mut random = rng::fast(seed, Purpose::Generation, 0);
    for i in (1..105).rev() {
        group.swap(i, rng::below(&mut random, i + 1));
    }
    Ground::open(7, 15, (2, 4)).items(horizon, slip, group, vec![3, 2, 3, 4, 6, 3])
}
