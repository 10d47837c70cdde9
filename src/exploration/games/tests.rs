use ndarray::{Array2, arr2};

use super::nash_vi::Correlated;
use super::*;
use crate::learning::EvaluationPoints;
use crate::planning::games::tests::markov;
use crate::planning::games::{MarkovGame, MatrixSolver, Player, solve_matrix, staged_response};
use crate::rng::{self, Purpose};

/// Rock, paper, scissors with payoffs in [0, 1], halved.
fn rock_paper_scissors() -> Array2<f64> {
    arr2(&[[0.5, 0.0, 1.0], [1.0, 0.5, 0.0], [0.0, 1.0, 0.5]])
}

fn play(payoffs: &Array2<f64>, eta: f64, episodes: u64, seed: u64) -> GameCurve {
    let game = MarkovGame::one_shot(payoffs.view()).unwrap();
    let setup = GameSetup { game: &game, horizon: 1, episodes, reward_range: (0.0, 1.0), seed };
    let mut agent = MexMatrix::new(&setup, &MexMatrixParams { eta, ..MexMatrixParams::default() }).unwrap();
    run_game(&setup, &mut agent, EvaluationPoints::Even(10)).unwrap()
}

/// In every episode the estimate is at least as good an objective as the truth, and as thousands of other matrices.
#[test]
fn the_estimate_of_mex_beats_the_truth_in_every_episode() {
    let payoffs = arr2(&[[0.5, 0.2, 0.9], [0.8, 0.5, 0.45], [0.1, 0.55, 0.5]]);
    let truth: Vec<f64> = payoffs.iter().copied().collect();
    let game = MarkovGame::one_shot(payoffs.view()).unwrap();
    let mut environment = rng::fast(5, Purpose::Environment, 0);
    for eta in [0.05, 0.2, 1.0] {
        let setup = GameSetup { game: &game, horizon: 1, episodes: 100, reward_range: (0.0, 1.0), seed: 1 };
        let mut agent = MexMatrix::new(&setup, &MexMatrixParams { eta, ..MexMatrixParams::default() }).unwrap();
        for episode in 0..100 {
            agent.begin(episode).unwrap();
            let held = agent.objective();
            assert!(held >= agent.objective_of(&truth).unwrap() - 1e-9, "episode {episode}");
            for _ in 0..20 {
                let other: Vec<f64> = truth.iter().map(|m| m + 2.0 * rng::uniform(&mut environment) - 1.0).collect();
                assert!(held >= agent.objective_of(&other).unwrap() - 1e-9, "episode {episode}");
            }
            let choice = agent.draw(0, 0, &mut environment);
            let reward = f64::from(u8::from(rng::uniform(&mut environment) < truth[choice]));
            agent.observe(&crate::exploration::Step { stage: 0, state: 0, choice, reward, next: 1 });
        }
    }
}

/// Nor does it fall behind where the equilibrium, a third each, is far from every point of the lattice, and much was
/// seen: with the lattice as the only start it did from episode 829 on.
#[test]
fn the_estimate_of_mex_beats_the_truth_off_the_lattice() {
    let payoffs = rock_paper_scissors();
    let truth: Vec<f64> = payoffs.iter().copied().collect();
    let game = MarkovGame::one_shot(payoffs.view()).unwrap();
    let setup = GameSetup { game: &game, horizon: 1, episodes: 1200, reward_range: (0.0, 1.0), seed: 0 };
    let mut agent = MexMatrix::new(&setup, &MexMatrixParams { eta: 0.05, ..MexMatrixParams::default() }).unwrap();
    let mut environment = rng::fast(0, Purpose::Environment, 0);
    for episode in 0..1200 {
        agent.begin(episode).unwrap();
        assert!(agent.objective() >= agent.objective_of(&truth).unwrap() - 1e-9, "episode {episode}");
        let choice = agent.draw(0, 0, &mut environment);
        let reward = f64::from(u8::from(rng::uniform(&mut environment) < truth[choice]));
        agent.observe(&crate::exploration::Step { stage: 0, state: 0, choice, reward, next: 1 });
    }
}

/// Target 10: with a price of `2/√K` the mean strategy approaches equilibrium, and of fixed prices those in the middle
/// do best: small ones explore for long, large ones stick to what they saw first.
#[test]
fn mex_on_rock_paper_scissors() {
    let payoffs = rock_paper_scissors();
    let mean = |of: &dyn Fn(u64) -> f64| (0..6).map(of).sum::<f64>() / 6.0;
    let loss = |episodes: u64| {
        let eta = 2.0 / (episodes as f64).sqrt();
        mean(&|seed| play(&payoffs, eta, episodes, seed).average_loss)
    };
    let (short, long) = (loss(100), loss(1600));
    assert!(long < 0.02 && long < 0.5 * short, "{short} {long}");
    let total = |eta: f64| mean(&|seed| play(&payoffs, eta, 1000, seed).total());
    let (small, middle, large) = (total(0.01), total(0.1), total(5.0));
    assert!(middle < 0.6 * small && middle < 0.6 * large, "{small} {middle} {large}");
    let curve = play(&payoffs, 0.2, 300, 0);
    assert!(curve.points.windows(2).all(|w| w[0].regret <= w[1].regret));
    assert_eq!(curve, play(&payoffs, 0.2, 300, 0));
}

#[test]
fn mex_takes_one_shot_games_only() {
    let game = markov(4, 1, 0);
    let setup = GameSetup { game: &game, horizon: 1, episodes: 10, reward_range: (-1.0, 1.0), seed: 0 };
    let refused = MexMatrix::new(&setup, &MexMatrixParams::default()).unwrap_err().to_string();
    assert!(refused.contains("single matrix"), "{refused}");
    let single = MarkovGame::one_shot(rock_paper_scissors().view()).unwrap();
    let setup = GameSetup { game: &single, ..setup };
    assert!(MexMatrix::new(&GameSetup { horizon: 2, ..setup }, &MexMatrixParams::default()).is_err());
    assert!(MexMatrix::new(&GameSetup { episodes: 0, ..setup }, &MexMatrixParams::default()).is_err());
    assert!(MexMatrix::new(&GameSetup { reward_range: (0.0, 0.5), ..setup }, &MexMatrixParams::default()).is_err());
    let eta = MexMatrixParams { eta: 0.0, ..MexMatrixParams::default() };
    assert!(MexMatrix::new(&setup, &eta).unwrap_err().to_string().contains("eta"));
}

#[test]
fn correlated_equilibria_leave_nothing_to_gain() {
    let mut rng = rng::fast(9, Purpose::Generation, 0);
    let mut correlated = Correlated::default();
    for _ in 0..100 {
        let (m, n) = (1 + rng::below(&mut rng, 4), 1 + rng::below(&mut rng, 4));
        let upper: Vec<f64> = (0..m * n).map(|_| rng::uniform(&mut rng)).collect();
        let lower: Vec<f64> = upper.iter().map(|u| u - rng::uniform(&mut rng)).collect();
        let pi = correlated.solve(m, n, &upper, &lower).unwrap();
        let expected = |q: &dyn Fn(usize, usize) -> f64| (0..m * n).map(|k| pi[k] * q(k / n, k % n)).sum::<f64>();
        let (above, below) = (expected(&|i, j| upper[i * n + j]), expected(&|i, j| lower[i * n + j]));
        assert!((pi.iter().sum::<f64>() - 1.0).abs() <= 1e-12);
        assert!((0..m).all(|other| above >= expected(&|_, j| upper[other * n + j]) - 1e-12));
        assert!((0..n).all(|other| below <= expected(&|i, _| lower[i * n + other]) + 1e-12));
    }
    // Where both have one matrix, the marginals of an equilibrium are optimal.
    let payoffs = [3.0, -1.0, -2.0, 1.0];
    let pi = correlated.solve(2, 2, &payoffs, &payoffs).unwrap().to_vec();
    assert!((pi[0] + pi[1] - 3.0 / 7.0).abs() < 1e-9 && (pi[0] + pi[2] - 2.0 / 7.0).abs() < 1e-9, "{pi:?}");
    assert!(MatrixSolver::default().solve(0, 0, &[]).is_err());
}

/// Its bounds hold in every episode, cover what its marginals lose, and close in.
#[test]
fn nash_vi_on_small_games() {
    for seed in 0..3 {
        let game = markov(5, 1, 40 + seed);
        let setup = GameSetup { game: &game, horizon: 3, episodes: 3000, reward_range: (-1.0, 1.0), seed };
        let params =
            NashViParams { counts: crate::exploration::Counting::Pooled, bonus: 0.1, ..NashViParams::default() };
        let mut agent = NashVi::new(&setup, &params).unwrap();
        let curve = run_game(&setup, &mut agent, EvaluationPoints::Even(10)).unwrap();
        assert!(curve.least_optimism.unwrap() >= 0.0, "{curve:?}");
        assert!(curve.late < 0.1 * curve.points[1].regret / 300.0 + 0.02, "{curve:?}");
        let (low, high) = agent.bounds();
        assert!(low <= curve.optimal && curve.optimal <= high && high - low < 3.0, "{low} {high}");
        let mut v = vec![0.0; 2 * game.num_states()];
        staged_response(&game, 3, Player::Row, agent.column(), &mut v);
        let paid = game.joint().initial_value(&v[..game.num_states()]);
        staged_response(&game, 3, Player::Column, agent.row(), &mut v);
        let won = game.joint().initial_value(&v[..game.num_states()]);
        assert!(low <= won + 1e-12 && paid <= high + 1e-12, "{low} {won} {paid} {high}");
    }
}

#[test]
fn nash_vi_learns_a_matrix_game() {
    let payoffs = arr2(&[[0.9, 0.1], [0.2, 0.6]]);
    let game = MarkovGame::one_shot(payoffs.view()).unwrap();
    let setup = GameSetup { game: &game, horizon: 1, episodes: 4000, reward_range: (0.0, 1.0), seed: 0 };
    let mut agent = NashVi::new(&setup, &NashViParams { bonus: 0.1, ..NashViParams::default() }).unwrap();
    let curve = run_game(&setup, &mut agent, EvaluationPoints::Even(10)).unwrap();
    assert!((curve.optimal - solve_matrix(payoffs.view()).unwrap().value).abs() <= 1e-12);
    assert!(curve.late < 0.03 && curve.average_loss < 0.03, "{curve:?}");
    assert_eq!(curve, {
        let mut again = NashVi::new(&setup, &NashViParams { bonus: 0.1, ..NashViParams::default() }).unwrap();
        run_game(&setup, &mut again, EvaluationPoints::Even(10)).unwrap()
    });
}

/// `η Σ N KL(p̂ ‖ P)` of the true game.
fn price_of_truth(game: &MarkovGame, agent: &MexGame, eta: f64, horizon: usize) -> f64 {
    let (joint, counts) = (game.joint(), agent.counts());
    let mut loss = 0.0;
    for (stage, c) in (0..horizon).flat_map(|h| (0..joint.num_choices()).map(move |c| (h, c))) {
        let row = counts.row(stage, c);
        for &(s, n) in counts.successors(row) {
            let truth: f64 = joint.branches(c).filter(|&(t, _)| t == s as usize).map(|(_, p)| p).sum();
            loss += f64::from(n) * (f64::from(n) / f64::from(counts.visits(row)) / truth).ln();
        }
    }
    eta * loss
}

/// In every episode the learner's value is at least that of the truth less its price, and the exploiter's at most what
/// the truth says of the strategy that it exploits, plus its price.
#[test]
fn mex_in_markov_games_keeps_its_certificates() {
    for (seed, eta) in [(0, 0.1), (1, 0.3), (2, 1.0)] {
        let game = markov(4, 1, 60 + seed);
        let setup = GameSetup { game: &game, horizon: 3, episodes: 2000, reward_range: (-1.0, 1.0), seed };
        let mut agent = MexGame::new(&setup, &MexGameParams { eta, ..MexGameParams::default() }).unwrap();
        let optimal = crate::planning::games::solve_game_finite(&game, 3).unwrap().initial(&game).value;
        let mut environment = rng::fast(seed, Purpose::Environment, 1);
        let mut v = vec![0.0; 2 * game.num_states()];
        for episode in 0..150 {
            agent.begin(episode).unwrap();
            let (price, (low, high)) = (price_of_truth(&game, &agent, eta, 3), agent.bounds());
            assert!(high >= optimal - price - 1e-9, "episode {episode}: {high} {optimal} {price}");
            staged_response(&game, 3, Player::Column, agent.row(), &mut v);
            let won = game.joint().initial_value(&v[..game.num_states()]);
            assert!(low <= won + price + 1e-9, "episode {episode}: {low} {won} {price}");
            let mut state = game.joint().initial()[0].0 as usize;
            for stage in 0..3 {
                let choice = agent.draw(stage, state, &mut environment);
                let mut left = rng::uniform(&mut environment);
                let mut branches = game.joint().branches(choice);
                let next = branches.find(|&(_, p)| {
                    left -= p;
                    left < 0.0
                });
                let next = next.map_or(state, |(t, _)| t);
                let reward = game.joint().rewards()[choice];
                agent.observe(&crate::exploration::Step { stage, state, choice, reward, next });
                state = next;
                if game.joint().is_terminal(state) {
                    break;
                }
            }
        }
    }
}

/// A small price explores for long, a large one sticks; in between the regret of an episode falls to nearly nothing.
#[test]
fn mex_learns_a_markov_game_at_a_price_in_the_middle() {
    let game = markov(4, 1, 61);
    let run = |eta: f64| {
        let setup = GameSetup { game: &game, horizon: 3, episodes: 2000, reward_range: (-1.0, 1.0), seed: 1 };
        let mut agent = MexGame::new(&setup, &MexGameParams { eta, ..MexGameParams::default() }).unwrap();
        run_game(&setup, &mut agent, EvaluationPoints::Even(10)).unwrap()
    };
    let (small, middle, large) = (run(0.01), run(0.1), run(1.0));
    assert!(middle.total() < 0.6 * small.total() && middle.total() < 0.3 * large.total(), "{middle:?}");
    assert!(middle.late < 0.05 * middle.points[1].regret / 200.0, "{middle:?}");
    assert_eq!(middle, run(0.1));
}
