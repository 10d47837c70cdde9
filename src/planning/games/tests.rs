use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SupportedConeT};
use ndarray::{Array2, arr2};

use super::*;
use crate::mdp::{CsrParts, Mdp};
use crate::planning::{Criterion, Objective, SolveOptions, Status, solve};
use crate::rng::{self, Fast, Purpose};

fn random(seed: u64) -> Fast {
    rng::fast(seed, Purpose::Generation, 0)
}

/// Solves, and checks the certificate by sums of its own.
fn solved(m: &Array2<f64>) -> MatrixSolution {
    let solution = solve_matrix(m.view()).unwrap();
    let (x, y) = (&solution.row_strategy, &solution.column_strategy);
    for strategy in [x, y] {
        assert!(strategy.iter().all(|&p| (0.0..=1.0).contains(&p)));
        assert!((strategy.iter().sum::<f64>() - 1.0).abs() <= 1e-14);
    }
    let scale = m.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    let worst = m.columns().into_iter().map(|c| c.iter().zip(x).map(|(m, x)| m * x).sum::<f64>());
    let best = m.rows().into_iter().map(|r| r.iter().zip(y).map(|(m, y)| m * y).sum::<f64>());
    let (worst, best) = (worst.fold(f64::INFINITY, f64::min), best.fold(f64::NEG_INFINITY, f64::max));
    assert!(best - worst <= 1e-12 * scale, "gap {} of {m}", best - worst);
    assert!(solution.duality_gap() >= 0.0 && solution.duality_gap() <= 1e-12 * scale, "{solution:?} of {m}");
    assert!(solution.lower <= solution.value && solution.value <= solution.upper);
    solution
}

fn near(a: &[f64], b: &[f64], tolerance: f64) {
    assert!(a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance), "{a:?} {b:?}");
}

/// The games of section 9.3 of the reference values.
#[test]
fn known_games_have_their_known_values() {
    let third = [1.0 / 3.0; 3];
    let rps = solved(&arr2(&[[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]));
    near(&[rps.value], &[0.0], 1e-9);
    near(&rps.row_strategy, &third, 1e-9);
    near(&rps.column_strategy, &third, 1e-9);
    let biased = solved(&arr2(&[[0.0, -25.0, 50.0], [25.0, 0.0, -5.0], [-50.0, 5.0, 0.0]]));
    near(&[biased.value], &[0.0], 1e-9);
    near(&biased.row_strategy, &[1.0 / 16.0, 10.0 / 16.0, 5.0 / 16.0], 1e-9);
    near(&biased.column_strategy, &[1.0 / 16.0, 10.0 / 16.0, 5.0 / 16.0], 1e-9);
    near(&[solved(&arr2(&[[1.0, -1.0], [-1.0, 1.0]])).value], &[0.0], 1e-9);
    let seventh = solved(&arr2(&[[3.0, -1.0], [-2.0, 1.0]]));
    near(&[seventh.value], &[1.0 / 7.0], 1e-9);
    near(&seventh.row_strategy, &[3.0 / 7.0, 4.0 / 7.0], 1e-9);
    near(&seventh.column_strategy, &[2.0 / 7.0, 5.0 / 7.0], 1e-9);
    let saddle = solved(&arr2(&[[4.0, 2.0], [3.0, 1.0]]));
    assert_eq!((saddle.value, saddle.pivots, saddle.duality_gap()), (2.0, 0, 0.0));
    assert_eq!((saddle.row_strategy, saddle.column_strategy), (vec![1.0, 0.0], vec![0.0, 1.0]));
}

/// `max v, M'x ≥ v, x in the simplex` by an interior point.
fn interior_point(m: &Array2<f64>) -> f64 {
    let (rows, columns) = m.dim();
    // Variables x, v; rows of the constraints: sum of x = 1, v − M'x ≤ 0, −x ≤ 0.
    let height = 1 + columns + rows;
    let mut dense = Array2::zeros((height, rows + 1));
    for i in 0..rows {
        dense[[0, i]] = 1.0;
        (0..columns).for_each(|j| dense[[1 + j, i]] = -m[[i, j]]);
        dense[[1 + columns + i, i]] = -1.0;
    }
    (0..columns).for_each(|j| dense[[1 + j, rows]] = 1.0);
    let (mut starts, mut indices, mut numbers) = (vec![0], vec![], vec![]);
    for column in dense.columns() {
        column.iter().enumerate().filter(|(_, x)| **x != 0.0).for_each(|(i, &x)| {
            indices.push(i);
            numbers.push(x);
        });
        starts.push(indices.len());
    }
    let matrix = CscMatrix::new(height, rows + 1, starts, indices, numbers);
    let mut objective = vec![0.0; rows + 1];
    objective[rows] = -1.0;
    let mut sides = vec![0.0; height];
    sides[0] = 1.0;
    let cones = [SupportedConeT::ZeroConeT(1), SupportedConeT::NonnegativeConeT(columns + rows)];
    let settings = DefaultSettings { verbose: false, ..DefaultSettings::default() };
    let quadratic = CscMatrix::zeros((rows + 1, rows + 1));
    let mut solver = DefaultSolver::new(&quadratic, &objective, &matrix, &sides, &cones, settings).unwrap();
    solver.solve();
    solver.solution.x[rows]
}

#[test]
fn random_games_agree_with_an_interior_point() {
    let mut rng = random(1);
    for round in 0..150 {
        let (m, n) = (1 + rng::below(&mut rng, 9), 1 + rng::below(&mut rng, 9));
        let game = Array2::from_shape_simple_fn((m, n), || 20.0 * rng::uniform(&mut rng) - 10.0);
        let solution = solved(&game);
        near(&[solution.value], &[interior_point(&game)], 1e-6);
        assert!(solution.pivots > 0 || solution.row_strategy.contains(&1.0), "round {round}");
    }
    let large = Array2::from_shape_simple_fn((60, 80), || rng::uniform(&mut rng));
    near(&[solved(&large).value], &[interior_point(&large)], 1e-6);
}

/// Small integers and repeated rows and columns: ties in every ratio test, and many optimal bases.
#[test]
fn degenerate_games_are_solved_too() {
    let mut rng = random(2);
    for _ in 0..300 {
        let (m, n) = (1 + rng::below(&mut rng, 8), 1 + rng::below(&mut rng, 8));
        let kinds = 2 + rng::below(&mut rng, 2);
        let mut game = Array2::from_shape_simple_fn((m, n), || rng::below(&mut rng, kinds) as f64);
        let (i, j) = (rng::below(&mut rng, m), rng::below(&mut rng, n));
        let (row, column) = (game.row(0).to_owned(), game.column(0).to_owned());
        game.row_mut(i).assign(&row);
        game.column_mut(j).assign(&column);
        near(&[solved(&game).value], &[interior_point(&game)], 1e-6);
    }
    for n in [1, 2, 7, 40] {
        assert_eq!(solved(&Array2::from_elem((n, 3), -4.25)).value, -4.25);
        near(&[solved(&Array2::eye(n)).value], &[1.0 / n as f64], 1e-15);
    }
}

/// Units and offsets change the value by themselves, and what is near a saddle point is no less exact.
#[test]
fn huge_tiny_and_nearly_equal_payoffs() {
    let seventh = arr2(&[[3.0, -1.0], [-2.0, 1.0]]);
    for scale in [1e-300, 1e-12, 1e12, 3e299] {
        let value = solved(&(&seventh * scale)).value;
        assert!((value / scale - 1.0 / 7.0).abs() <= 1e-12, "{value}");
    }
    near(&[solved(&(&seventh + 1e6)).value], &[1e6 + 1.0 / 7.0], 1e-9);
    for spread in [1e-15, 1e-12, 1e-9] {
        let value = solved(&arr2(&[[1.0, 0.5 - spread], [0.0, 0.5 + spread]])).value;
        assert!((value - 0.5).abs() <= 2.0 * spread, "{value}");
    }
}

#[test]
fn what_is_no_matrix_is_refused() {
    let said = |m: Array2<f64>| solve_matrix(m.view()).unwrap_err().to_string();
    assert!(said(Array2::zeros((0, 3))).contains("0 rows and 3 columns"));
    assert!(said(arr2(&[[1.0, 2.0], [f64::NAN, 0.0]])).contains("NaN in row 2, column 1"));
    assert!(said(arr2(&[[f64::INFINITY]])).contains("inf in row 1, column 1"));
    assert!(MatrixSolver::default().solve(2, 2, &[0.0; 3]).is_err());
}

/// A random game with up to 3 actions a player, some terminal states, and 1 to 3 branches a pair.
pub(crate) fn markov(states: usize, terminal: usize, seed: u64) -> MarkovGame {
    let mut rng = random(seed);
    let mut parts = CsrParts { choice_start: vec![0], branch_start: vec![0], ..CsrParts::default() };
    let mut shape = Vec::new();
    for s in 0..states {
        let mut actions = || if s + terminal >= states { 0 } else { 1 + rng::below(&mut rng, 3) };
        let (m, n) = (actions(), actions());
        shape.push((m, n));
        for _ in 0..m * n {
            let branches = 1 + rng::below(&mut rng, 3);
            let weights: Vec<f64> = (0..branches).map(|_| rng::uniform(&mut rng) + 0.1).collect();
            let sum: f64 = weights.iter().sum();
            for weight in &weights {
                parts.next.push(rng::below(&mut rng, states) as u32);
                parts.probability.push(weight / sum);
            }
            parts.reward.push(2.0 * rng::uniform(&mut rng) - 1.0);
            parts.branch_start.push(parts.next.len() as u32);
        }
        parts.choice_start.push(parts.reward.len() as u32);
    }
    MarkovGame::new(Mdp::from_csr(parts).unwrap(), &shape).unwrap()
}

/// The same game from the other side: players change places, rewards their sign.
fn mirrored(game: &MarkovGame) -> MarkovGame {
    let joint = game.joint();
    let mut parts = CsrParts {
        choice_start: joint.choice_starts().to_vec(),
        branch_start: vec![0],
        initial: joint.initial().to_vec(),
        ..CsrParts::default()
    };
    let mut shape = Vec::new();
    for s in 0..game.num_states() {
        let (first, (m, n)) = (joint.choices(s).start, game.shape(s));
        shape.push((n, m));
        for (j, i) in (0..n).flat_map(|j| (0..m).map(move |i| (j, i))) {
            let c = first + i * n + j;
            joint.branches(c).for_each(|(t, p)| {
                parts.next.push(t as u32);
                parts.probability.push(p);
            });
            parts.reward.push(-joint.rewards()[c]);
            parts.branch_start.push(parts.next.len() as u32);
        }
    }
    MarkovGame::new(Mdp::from_csr(parts).unwrap(), &shape).unwrap()
}

#[test]
fn both_methods_certify_the_same_value_and_strategies_that_prove_it() {
    for seed in 0..12 {
        let game = markov(12, seed as usize % 3, seed);
        let shapley = solve_game(&game, 0.9, &GameOptions::default()).unwrap();
        let options = GameOptions { method: GameMethod::HoffmanKarp, ..GameOptions::default() };
        let karp = solve_game(&game, 0.9, &options).unwrap();
        assert!(karp.iterations < shapley.iterations);
        for solution in [&shapley, &karp] {
            assert_eq!(solution.status, Status::Certified);
            assert!(solution.duality_gap <= 1e-9 && solution.max_gap() <= 1e-8);
            let strict = SolveOptions { epsilon: 1e-9, ..SolveOptions::default() };
            for (player, strategy) in
                [(Player::Column, &solution.row_strategy), (Player::Row, &solution.column_strategy)]
            {
                let response = best_response(&game, player, strategy, 0.9, &strict).unwrap();
                for s in 0..game.num_states() {
                    match player {
                        Player::Column => assert!(response.upper[s] >= solution.lower[s]),
                        Player::Row => assert!(response.lower[s] <= solution.upper[s]),
                    }
                }
            }
            let loss = exploitability(&game, &solution.row_strategy, &solution.column_strategy, 0.9, &strict).unwrap();
            assert!(loss.gap() <= 2e-8 && loss.gap() <= loss.gap_upper(), "{loss:?}");
        }
        let overlap = |s: usize| shapley.lower[s] <= karp.upper[s] && karp.lower[s] <= shapley.upper[s];
        assert!((0..game.num_states()).all(overlap));
        // A contraction by γ a sweep, up to rounding.
        assert!(shapley.changes.windows(2).all(|w| w[1] <= 0.9 * w[0] + 1e-14), "{:?}", shapley.changes);
        let mirror = solve_game(&mirrored(&game), 0.9, &GameOptions::default()).unwrap();
        assert!((0..game.num_states()).all(|s| (mirror.values[s] + shapley.values[s]).abs() <= 1e-8));
    }
}

#[test]
fn a_game_with_one_player_is_an_mdp() {
    let game = markov(20, 2, 7);
    let sure = |player| {
        let mut strategy = vec![0.0; game.num_actions(player)];
        (0..18).for_each(|s| strategy[game.actions(player, s).start] = 1.0);
        strategy
    };
    let (row, column) = (sure(Player::Row), sure(Player::Column));
    for (player, opponent, objective) in
        [(Player::Row, &column, Objective::Maximise), (Player::Column, &row, Objective::Minimise)]
    {
        let mdp = response_mdp(&game, player, opponent).unwrap();
        let shape: Vec<(usize, usize)> = (0..20)
            .map(|s| match (player, mdp.choices(s).len()) {
                (_, 0) => (0, 0),
                (Player::Row, n) => (n, 1),
                (Player::Column, n) => (1, n),
            })
            .collect();
        let alone = MarkovGame::new(mdp.clone(), &shape).unwrap();
        let options = SolveOptions { objective, epsilon: 1e-9, ..SolveOptions::default() };
        let known = solve(&mdp, Criterion::Discounted { gamma: 0.8 }, &options).unwrap();
        near(&solve_game(&alone, 0.8, &GameOptions::default()).unwrap().values, &known.values, 1e-8);
        let known = solve(&mdp, Criterion::FiniteHorizon { horizon: 6 }, &options).unwrap();
        near(&solve_game_finite(&alone, 6).unwrap().values, &known.values, 1e-12);
    }
}

#[test]
fn over_a_horizon_strategies_keep_what_they_promise() {
    let game = markov(10, 1, 3);
    let solution = solve_game_finite(&game, 5).unwrap();
    let mut v = vec![0.0; 20];
    for (player, strategy) in [(Player::Column, &solution.row_strategy), (Player::Row, &solution.column_strategy)] {
        staged_response(&game, 5, player, strategy, &mut v);
        near(&v[..10], &solution.values, 1e-12);
    }
    assert!((0..10).all(|s| solution.lower[s] <= solution.values[s] && solution.values[s] <= solution.upper[s]));
    assert!(solution.initial(&game).upper - solution.initial(&game).lower <= 1e-12);
    // Any other strategy wins less against its worst opponent.
    let uniform = game.uniform(Player::Row).repeat(5);
    staged_response(&game, 5, Player::Column, &uniform, &mut v);
    assert!((0..10).all(|s| v[s] <= solution.values[s] + 1e-12) && v[0] < solution.values[0]);
    // The response is that of an MDP with the opponent built in.
    let mdp = response_mdp(&game, Player::Column, &uniform[..game.num_actions(Player::Row)]).unwrap();
    let options = SolveOptions { objective: Objective::Minimise, ..SolveOptions::default() };
    near(&v[..10], &solve(&mdp, Criterion::FiniteHorizon { horizon: 5 }, &options).unwrap().values, 1e-12);
}

#[test]
fn one_play_is_worth_its_matrix() {
    let payoffs = arr2(&[[0.5, 0.2, 0.9], [0.8, 0.5, 0.45], [0.1, 0.55, 0.5]]);
    let game = MarkovGame::one_shot(payoffs.view()).unwrap();
    let value = solve_matrix(payoffs.view()).unwrap().value;
    near(&[solve_game_finite(&game, 1).unwrap().values[0]], &[value], 1e-12);
    near(&[solve_game(&game, 0.9, &GameOptions::default()).unwrap().values[0]], &[value], 1e-8);
}

#[test]
fn what_is_no_game_or_strategy_is_refused() {
    let game = markov(4, 1, 0);
    let joint = game.joint().clone();
    assert!(MarkovGame::new(joint.clone(), &[(1, 1); 3]).is_err());
    assert!(MarkovGame::new(joint, &[(9, 9); 4]).unwrap_err().to_string().contains("state 0"));
    assert!(MarkovGame::one_shot(arr2(&[[1.5]]).view()).is_err());
    let mut row = game.uniform(Player::Row);
    row[0] += 0.1;
    assert!(response_mdp(&game, Player::Column, &row).unwrap_err().to_string().contains("state 0"));
    assert!(response_mdp(&game, Player::Column, &row[1..]).is_err());
    assert!(solve_game(&game, 1.0, &GameOptions::default()).is_err());
    assert!(solve_game_finite(&game, 0).is_err());
    let few = GameOptions { max_iterations: 2, ..GameOptions::default() };
    let stopped = solve_game(&game, 0.99, &few).unwrap();
    let exact = solve_game(&game, 0.99, &GameOptions::default()).unwrap();
    assert_eq!((stopped.status, stopped.iterations), (Status::IterationLimit, 2));
    assert!((0..4).all(|s| stopped.lower[s] <= exact.upper[s] && exact.lower[s] <= stopped.upper[s]));
    let impossible = GameOptions { epsilon: 1e-18, ..GameOptions::default() };
    assert_eq!(solve_game(&game, 0.9, &impossible).unwrap().status, Status::RoundingLimit);
}
