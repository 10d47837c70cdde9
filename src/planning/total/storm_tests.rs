//! Models of the PRISM benchmark suite with the answers of a model checker in rational arithmetic, where they are at hand.

use serde_json::Value;

use crate::mdp::files::read;
use crate::planning::{Criterion, Method, Objective, SolveOptions, Status, solve};
use crate::testing::storm_models;

#[test]
fn rational_answers_of_a_model_checker_lie_between_the_bounds() {
    let Some(folder) = storm_models() else { return };
    let answers = std::fs::read_to_string(folder.join("answers.json")).unwrap();
    let answers: Vec<Value> = serde_json::from_str(&answers).unwrap();
    assert!(answers.len() >= 14);
    for answer in &answers {
        let (model, property) = (answer["model"].as_str().unwrap(), answer["property"].as_str().unwrap());
        let quoted: Vec<&str> = property.split('"').collect();
        let (label, rewards) = (quoted[quoted.len() - 2], property.starts_with('R'));
        let objective = if property.contains("min=?") { Objective::Minimise } else { Objective::Maximise };
        let mut mdp = read(&folder.join(format!("{model}.umb"))).unwrap();
        if property.starts_with("R{") {
            mdp = mdp.select_reward(quoted[1]).unwrap();
        }
        let goal = mdp.labels()[label].clone();
        let criterion =
            if rewards { Criterion::TotalReward { goal: Some(goal) } } else { Criterion::Reachability { goal } };
        let parts: Vec<f64> =
            answer["value_rational"].as_str().unwrap().split('/').map(|part| part.parse().unwrap()).collect();
        let start = answer["init"].as_u64().unwrap() as usize;
        let mut truths = vec![(start, parts[0] / parts.get(1).unwrap_or(&1.0))];
        for (state, value) in answer["samples"].as_object().unwrap() {
            let value = value.as_f64().unwrap_or(f64::INFINITY);
            truths.push((state.parse().unwrap(), value));
        }
        for method in [
            Method::Auto,
            Method::ValueIteration,
            Method::ModifiedPolicyIteration,
            Method::PolicyIteration,
            Method::GaussSeidel,
            Method::Topological,
            Method::InexactPolicyIteration,
            Method::PrioritisedSweeping,
            Method::Anderson,
            Method::IntervalIteration,
            Method::OptimisticValueIteration,
        ] {
            let options = SolveOptions { method, objective, epsilon: 1e-6, ..SolveOptions::default() };
            let solution = solve(&mdp, criterion.clone(), &options).unwrap();
            assert_eq!(solution.status, Status::Certified, "{model} {property} {method}");
            for &(s, truth) in &truths {
                // The file rounds probabilities to doubles.
                let slack = 1e-12 * (1.0 + truth.abs());
                let (low, high) = (solution.lower[s], solution.upper[s]);
                assert!(
                    truth == low || low - slack <= truth && truth <= high + slack,
                    "{model} {property} {method} state {s}: {truth} not in [{low}, {high}]"
                );
            }
            let infinite = solution.lower.iter().filter(|x| x.is_infinite()).count();
            assert_eq!(infinite as u64, answer["n_inf"].as_u64().unwrap(), "{model} {property}");
        }
    }
}
