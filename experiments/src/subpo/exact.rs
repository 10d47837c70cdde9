//! What can be computed: the reference instances, the estimators' bias and variance, and the price of curvature.

use serde::{Deserialize, Serialize};
use tabrl::submodular::function::{AnyFunction, Coverage, Mixture};
use tabrl::submodular::planner::{EpsilonBandit, Modular, Ties, beam, greedy, recursive_greedy, semi_gradient_policy};
use tabrl::submodular::subpo::exact::expected_gradient;
use tabrl::submodular::subpo::{ESTIMATORS, Options, train, variance};
use tabrl::submodular::{Lattice, MarkovPolicy, Problem};
use tabrl_envs::submodular::{Given, NamedWalk, make};

use super::Config;
use crate::Result;

/// What was computed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Named numbers.
    pub values: Vec<(String, f64)>,
    /// Estimators on weighted coverage with 8 states.
    pub estimators: Vec<EstimatorRecord>,
    /// Mixtures on weighted coverage with 6 states.
    pub curvature: Vec<CurvatureRecord>,
    /// Prices of a policy that cannot remember: best Markov and optimum, by problem.
    pub memory: Vec<(String, f64, f64)>,
}

/// An estimator for the uniform policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EstimatorRecord {
    /// Its name.
    pub name: String,
    /// Trace of the covariance for a single walk.
    pub variance: f64,
    /// Distance of its expectation from ∇J, over the length of ∇J.
    pub bias: f64,
    /// The same for the part of the last action.
    pub last_bias: f64,
}

/// A mixture F_λ.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CurvatureRecord {
    /// λ, its curvature.
    pub lambda: f64,
    /// The optimum.
    pub optimum: f64,
    /// J of the modular optimum's policy.
    pub modular: f64,
    /// What SubPO comes to, by seed.
    pub subpo: Vec<f64>,
}

impl Record {
    /// A named number.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

fn walk(name: &str, horizon: usize, slip: f64) -> Result<NamedWalk> {
    Ok(make(&format!("submodular/{name}"), &Given { horizon: Some(horizon), slip: Some(slip), seed: 0 })?)
}

/// Computes everything.
///
/// # Errors
/// None for the settings as they come.
pub fn measure(config: &Config) -> Result<Record> {
    let mut values = Vec::new();
    let mut memory = Vec::new();
    for (horizon, slip) in [(6, 0.0), (6, 0.1), (8, 0.0), (8, 0.1)] {
        let NamedWalk { problem, .. } = walk("coverage-5x5", horizon, slip)?;
        let lattice = Lattice::new(&problem)?;
        let name = |what: &str| format!("A {horizon} {slip} {what}");
        let uniform = MarkovPolicy::uniform(&problem.mdp, horizon);
        let modular = Modular::new(&problem);
        let optimum = lattice.optimum();
        values.push((name("optimum"), optimum.value));
        values.push((name("greedy"), lattice.greedy()));
        values.push((name("uniform"), lattice.value(&uniform)));
        values.push((name("modular"), modular.value));
        values.push((name("modular policy"), lattice.value(&modular.policy(&problem))));
        let follow = |h: usize, s: usize| {
            let onwards = |c: &usize| problem.meant(*c) == optimum.trajectory[h + 1];
            problem.mdp.choices(s).find(onwards).unwrap_or(problem.mdp.choices(s).start)
        };
        let starts = [uniform, modular.policy(&problem), MarkovPolicy::deterministic(&problem.mdp, horizon, follow)];
        let best = starts.map(|start| lattice.improve(start).0).into_iter().fold(f64::NEG_INFINITY, f64::max);
        values.push((name("markov"), best));
        values.push((name("semi-gradient"), semi_gradient_policy(&problem, &lattice, 100, 0).0));
        memory.push((format!("coverage, H = {horizon}, slip {slip}"), best, optimum.value));
    }
    for (name, horizon) in [("trap", 4), ("gp-5x5", 6), ("markov-gap", 4)] {
        let NamedWalk { problem, .. } = walk(name, horizon, 0.0)?;
        let lattice = Lattice::new(&problem)?;
        let uniform = MarkovPolicy::uniform(&problem.mdp, horizon);
        values.push((format!("{name} optimum"), lattice.optimum().value));
        values.push((format!("{name} greedy"), lattice.greedy()));
        values.push((format!("{name} uniform"), lattice.value(&uniform)));
        values.push((format!("{name} markov"), lattice.improve(uniform).0));
    }
    for (horizon, slip) in [(5, 0.0), (6, 0.0), (7, 0.0), (5, 0.1), (6, 0.1), (7, 0.1)] {
        let NamedWalk { problem, .. } = walk("items-5x5", horizon, slip)?;
        let lattice = Lattice::new(&problem)?;
        values.push((format!("D {horizon} {slip} optimum"), lattice.optimum().value));
        let uniform = lattice.value(&MarkovPolicy::uniform(&problem.mdp, horizon));
        values.push((format!("D {horizon} {slip} uniform"), uniform));
    }
    for moves in [4, 8] {
        let NamedWalk { problem, .. } = walk("coverage-5x5", moves + 1, 0.0)?;
        let found = recursive_greedy(&problem, 1_000_000)?;
        values.push((format!("recursive greedy {moves}"), found.plan.value));
        values.push((format!("recursive greedy {moves} calls"), found.calls as f64));
        values.push((format!("recursive greedy {moves} share"), found.share * Lattice::new(&problem)?.optimum().value));
    }
    for (name, width) in [("two-rooms", 40), ("constant-30x30", 2), ("bimodal-30x30", config.beam_width)] {
        let NamedWalk { problem, .. } = make(&format!("submodular/{name}"), &Given::default())?;
        values.push((format!("{name} beam"), beam(&problem, width)?.value));
        let drawn: Vec<f64> = (0..200).map(|seed| greedy(&problem, Ties::Drawn, seed).1).collect();
        values.push((format!("{name} greedy"), drawn.iter().sum::<f64>() / drawn.len() as f64));
        values.push((format!("{name} greedy at worst"), drawn.iter().copied().fold(f64::INFINITY, f64::min)));
        values.push((format!("{name} greedy at best"), drawn.iter().copied().fold(f64::NEG_INFINITY, f64::max)));
    }
    let given = Given { horizon: Some(40), ..Given::default() };
    let NamedWalk { problem, .. } = make("submodular/constant-30x30", &given)?;
    values.push(("constant-30x30, 40 states, beam".into(), beam(&problem, 2)?.value));
    let bandit = EpsilonBandit::new(bandit_function()?, 3, 0.1)?;
    let [best, worst] = bandit.extremes();
    values.push(("bandit optimum".into(), best.1));
    values.push(("bandit worst".into(), worst.1));
    values.push(("bandit greedy".into(), bandit.greedy().1));
    values.push(("bandit uniform".into(), bandit.value(&vec![vec![0.2; 5]; 3])));
    values.push(("bandit continuous greedy".into(), bandit.value(&bandit.continuous_greedy(100))));
    values.push(("bandit worst stationary".into(), bandit.worst_stationary().1));
    Ok(Record { values, estimators: estimators(config)?, curvature: curvature(config)?, memory })
}

fn bandit_function() -> Result<Coverage> {
    let sets = vec![vec![0, 1, 2], vec![2, 3], vec![3, 4, 5], vec![5, 6], vec![0, 6, 7]];
    Ok(Coverage::new(sets, vec![1.0, 2.0, 1.0, 3.0, 1.0, 2.0, 1.0, 1.5])?)
}

fn estimators(config: &Config) -> Result<Vec<EstimatorRecord>> {
    let NamedWalk { problem, .. } = walk("coverage-5x5", 8, 0.0)?;
    let lattice = Lattice::new(&problem)?;
    let uniform = MarkovPolicy::uniform(&problem.mdp, 8);
    let tables = lattice.tables(&uniform);
    let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let gradient = expected_gradient(&problem.mdp, &uniform, &tables, ESTIMATORS[1].1);
    let last = gradient.len() - problem.mdp.num_choices();
    let mut found = Vec::new();
    for (name, estimator) in ESTIMATORS {
        let expected = expected_gradient(&problem.mdp, &uniform, &tables, estimator);
        let off: Vec<f64> = expected.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        let options = Options { estimator, batch: config.variance_walks, seed: 2, ..Options::default() };
        found.push(EstimatorRecord {
            name: name.into(),
            variance: variance(&problem, &options)?.0,
            bias: length(&off) / length(&gradient),
            last_bias: length(&off[last..]) / length(&gradient[last..]),
        });
    }
    Ok(found)
}

fn curvature(config: &Config) -> Result<Vec<CurvatureRecord>> {
    let mut found = Vec::new();
    for &lambda in &config.lambdas {
        let NamedWalk { problem: Problem { mdp, horizon, function }, .. } = walk("coverage-5x5", 6, 0.0)?;
        let AnyFunction::Coverage(coverage) = function else { continue };
        let problem = Problem::new(mdp, horizon, Mixture::new(coverage, lambda)?)?;
        let lattice = Lattice::new(&problem)?;
        let runs = (0..config.curvature_seeds).map(|seed| train(&problem, &Options { seed, ..Options::default() }));
        let subpo = runs.map(|run| Ok(run?.late(10))).collect::<Result<Vec<f64>>>()?;
        let modular = lattice.value(&Modular::new(&problem).policy(&problem));
        found.push(CurvatureRecord { lambda, optimum: lattice.optimum().value, modular, subpo });
    }
    Ok(found)
}
