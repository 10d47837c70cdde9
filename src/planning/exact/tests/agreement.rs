//! Every method against the rational answer, and so against every other method, on thousands of random models a criterion.
//!
//! The tables are small, and full of what makes undiscounted problems hard: traps, cycles that earn nothing, several end
//! components, steps that are hardly ever taken. What is compared is exact: the answer of the oracle is a fraction of the
//! numbers as stored, and each bound is a fraction too.

use super::*;
use crate::planning::graph::{Predecessors, end_components, prob0_all};
use crate::planning::{Method, SolveOptions, Status, methods};

/// Every method of the registry for a criterion, but the one that is compared with.
fn others(criterion: &str) -> Vec<Method> {
    let able = methods().iter().filter(|info| info.criteria.split(", ").any(|name| name == criterion));
    able.map(|info| info.method).filter(|&method| method != Method::Exact).collect()
}

/// What the models of a run were like, and what became of them.
#[derive(Debug, Default)]
struct Tally {
    /// Models, each compared for all methods.
    models: usize,
    /// Models that no method takes, as rewards of both signs have no total.
    refused: usize,
    /// Answers of a method.
    answers: usize,
    /// Answers whose bounds contain the fractions of every state.
    compared: usize,
    /// Answers within the accuracy asked for.
    certified: usize,
    /// Models with a state that no policy takes to the goal.
    traps: usize,
    /// Models with an end component of choices that earn nothing.
    free_cycles: usize,
    /// Models with more than one maximal end component.
    several_components: usize,
}

impl Tally {
    fn look_at(&mut self, mdp: &Mdp, goal: Option<&[u32]>) {
        let predecessors = Predecessors::new(mdp);
        let components = |usable: Vec<bool>| end_components(mdp, &predecessors, usable).len();
        self.models += 1;
        if let Some(goal) = goal {
            let never = prob0_all(&predecessors, &membership(mdp.num_states(), goal));
            self.traps += usize::from(never.contains(&true));
        }
        self.free_cycles += usize::from(components(mdp.rewards().iter().map(|&r| r == 0.0).collect()) > 0);
        self.several_components += usize::from(components(vec![true; mdp.num_choices()]) > 1);
    }

    /// All bounds of all methods contain the fractions, wherever the iterations end.
    fn compare(&mut self, mdp: &Mdp, criterion: &Criterion, methods: &[Method], options: &SolveOptions, what: &str) {
        // Both objectives, but where problems take long: there models take turns.
        let both = !matches!(criterion, Criterion::Discounted { .. });
        for objective in BOTH.into_iter().filter(|&objective| both || objective == options.objective) {
            let exact = solve(mdp, criterion, objective, Reading::Stored);
            for &method in methods {
                let options = SolveOptions { method, objective, ..*options };
                let what = || format!("{criterion}, {objective:?}, {method}, {what}");
                let solution = match crate::planning::solve(mdp, criterion.clone(), &options) {
                    Ok(solution) => solution,
                    // If one refuses, all do.
                    Err(error) if method == Method::Auto => {
                        assert!(matches!(error, Error::NotApplicable { .. }), "{}: {error}", what());
                        self.refused += 1;
                        return;
                    }
                    Err(error) => panic!("{}: {error}", what()),
                };
                self.answers += 1;
                self.certified += usize::from(solution.status == Status::Certified);
                let exact = match &exact {
                    Ok(exact) => exact,
                    // Rows that sum to one but for a rounding may have no exact meaning.
                    Err(error) if error.to_string().contains("stored rows") => continue,
                    Err(error) => panic!("{}: {error}", what()),
                };
                self.compared += 1;
                for (s, value) in exact.values.iter().enumerate() {
                    let (lower, upper) = (solution.lower[s], solution.upper[s]);
                    assert!(value.is_within(lower, upper), "{}, state {s}: {lower} {upper} {value}", what());
                }
            }
        }
    }
}

/// Random rows of 53-bit probabilities, which rarely sum to exactly one.
pub(super) fn rough(states: usize, seed: u64) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 22);
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        if s + 1 == states && seed.is_multiple_of(3) {
            builder.terminal(s);
            continue;
        }
        for a in 0..1 + rng::below(&mut rng, 3) {
            let weights: Vec<f64> = (0..1 + rng::below(&mut rng, 4)).map(|_| rng::uniform(&mut rng) + 1e-3).collect();
            let total: f64 = weights.iter().sum();
            let row: Vec<(f64, usize, f64)> = weights
                .iter()
                .map(|w| (w / total, rng::below(&mut rng, states), 2.0 * rng::uniform(&mut rng) - 1.0))
                .collect();
            builder.choice(s, a, &row);
        }
    }
    builder.build().unwrap()
}

/// States that often can stay where they are, and so are end components of their own.
fn islands(states: usize, seed: u64, low: i64, high: i64) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 23);
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        let mut reward = |odds| {
            if rng::below(&mut rng, odds) == 0 {
                0
            } else {
                low + rng::below(&mut rng, (high - low) as usize + 1) as i64
            }
        };
        let (stay, go) = (reward(2) as f64, reward(4) as f64);
        let (t, u) = (rng::below(&mut rng, states), rng::below(&mut rng, states));
        builder.choice(s, 0, &[(0.875, t, go), (0.125, u, go)]);
        if rng::below(&mut rng, 2) == 0 {
            builder.choice(s, 1, &[(1.0, s, stay)]);
        }
    }
    builder.build().unwrap()
}

/// The table number `seed`, with rewards in `low..=high`: of eighths and small whole rewards, or one in four of random bits.
fn table(seed: u64, low: i64, high: i64) -> Mdp {
    let mdp = match seed % 4 {
        2 => islands(2 + seed as usize / 4 % 5, seed, low, high),
        3 => rough(2 + seed as usize / 4 % 4, seed),
        _ => lumpy(seed, 2 + seed as usize / 4 % 5, low, high),
    };
    let clamped = mdp.rewards().iter().map(|r| r.clamp(low as f64, high as f64)).collect();
    mdp.with_rewards(clamped).unwrap()
}

const SIGNS: [(i64, i64); 3] = [(0, 3), (-3, 0), (-3, 3)];

/// Accuracies from coarse to finer than 64 bits allow.
fn accuracy(seed: u64) -> SolveOptions {
    let epsilon = [1e-2, 1e-6, 1e-9, 1e-13][seed as usize / 16 % 4];
    let objective = BOTH[(seed / 64 % 2) as usize];
    SolveOptions { epsilon, objective, max_iterations: 200, ..SolveOptions::default() }
}

fn discounted(seeds: std::ops::Range<u64>) -> Tally {
    let (methods, mut tally) = (others("discounted"), Tally::default());
    for seed in seeds {
        let mdp = table(seed, -3, 3);
        let gamma = [0.3, 0.9, 0.999, 0.99999][(seed % 16 / 4) as usize];
        tally.look_at(&mdp, None);
        tally.compare(&mdp, &Criterion::Discounted { gamma }, &methods, &accuracy(seed), &format!("seed {seed}"));
    }
    tally
}

fn finite(seeds: std::ops::Range<u64>) -> Tally {
    let (methods, mut tally) = (others("finite"), Tally::default());
    for seed in seeds {
        let mdp = table(seed, -3, 3);
        let horizon = 1 + seed as usize % 20;
        tally.look_at(&mdp, None);
        tally.compare(&mdp, &Criterion::FiniteHorizon { horizon }, &methods, &accuracy(seed), &format!("seed {seed}"));
    }
    tally
}

fn reachability(seeds: std::ops::Range<u64>) -> Tally {
    let (methods, mut tally) = (others("reach"), Tally::default());
    for seed in seeds {
        let mdp = table(seed, 0, 0);
        let goal = goal_of(seed, mdp.num_states());
        tally.look_at(&mdp, Some(&goal));
        tally.compare(&mdp, &Criterion::Reachability { goal }, &methods, &accuracy(seed), &format!("seed {seed}"));
    }
    tally
}

/// Totals until a goal, or for ever.
fn total(seeds: std::ops::Range<u64>, until: bool) -> Tally {
    let (methods, mut tally) = (others("total"), Tally::default());
    for seed in seeds {
        let (low, high) = SIGNS[seed as usize / 4 % 3];
        let mdp = table(seed, low, high);
        let goal = until.then(|| goal_of(seed, mdp.num_states()));
        tally.look_at(&mdp, goal.as_deref());
        tally.compare(&mdp, &Criterion::TotalReward { goal }, &methods, &accuracy(seed), &format!("seed {seed}"));
    }
    tally
}

fn average(seeds: std::ops::Range<u64>) -> Tally {
    let (methods, mut tally) = (others("average"), Tally::default());
    for seed in seeds {
        let mdp = table(seed, -3, 3);
        tally.look_at(&mdp, None);
        tally.compare(&mdp, &Criterion::AverageReward, &methods, &accuracy(seed), &format!("seed {seed}"));
    }
    tally
}

/// Thousands of models were solved by all methods, and hundreds of them had each of the difficulties.
fn check_tally(tally: &Tally, goal: bool) {
    eprintln!("{tally:?}");
    assert!(tally.models - tally.refused >= 2000, "{tally:?}");
    assert!(2 * tally.certified > tally.answers && 10 * tally.compared > 9 * tally.answers, "{tally:?}");
    assert!(tally.free_cycles >= 300 && tally.several_components >= 300, "{tally:?}");
    assert!(!goal || tally.traps >= 300, "{tally:?}");
}

#[test]
fn discounted_bounds_contain_the_rational_answer() {
    check_tally(&discounted(0..2000), false);
}

#[test]
fn finite_horizon_bounds_contain_the_rational_answer() {
    check_tally(&finite(0..2000), false);
}

#[test]
fn reachability_bounds_contain_the_rational_answer() {
    check_tally(&reachability(0..2000), true);
}

#[test]
fn bounds_of_totals_to_a_goal_contain_the_rational_answer() {
    check_tally(&total(0..2400, true), true);
}

#[test]
fn bounds_of_totals_for_ever_contain_the_rational_answer() {
    check_tally(&total(0..2700, false), false);
}

#[test]
fn average_bounds_contain_the_rational_answer() {
    check_tally(&average(0..2000), false);
}

/// Twenty times as many other models: `cargo test --release -- --ignored a_long_run`.
#[test]
#[ignore = "takes minutes"]
fn a_long_run_of_all_criteria() {
    for from in (10_000..50_000).step_by(4000) {
        let seeds = from..from + 4000;
        for (tally, goal) in [
            (discounted(seeds.clone()), false),
            (finite(seeds.clone()), false),
            (reachability(seeds.clone()), true),
            (total(seeds.clone(), true), true),
            (total(seeds.clone(), false), false),
            (average(seeds.clone()), false),
        ] {
            check_tally(&tally, goal);
        }
    }
}
