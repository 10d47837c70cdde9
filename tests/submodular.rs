//! `tabrl submodular`, as a user types it.

use serde_json::Value;

use crate::shell::Shell;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn methods_answer_with_value_bound_and_walk() {
    let shell = Shell::new();
    let value = |line: &str| {
        let answer = shell.done(&format!("submodular submodular/{line} --format json")).json();
        assert!(number(&answer["upper_bound"]) >= number(&answer["value"]) - 1e-9, "{line}: {answer}");
        (number(&answer["value"]), answer)
    };
    let (best, answer) = value("coverage-5x5 --method optimal");
    assert_eq!((best, number(&answer["upper_bound"])), (60.0, 60.0));
    assert_eq!(answer["trajectory"].as_array().unwrap().len(), 6);
    assert_eq!(answer["cells"][0], serde_json::json!([0, 0]));
    assert_eq!(value("coverage-5x5 --method greedy").0, 59.0);
    assert!((value("coverage-5x5 --method optimal --slip 0.1").0 - 57.2790).abs() < 1e-4);
    assert!((value("coverage-5x5 --method greedy --slip 0.1").0 - 56.0910).abs() < 1e-4);
    assert!((value("coverage-5x5 --method uniform").0 - 31.32864).abs() < 1e-5);
    assert!((value("coverage-5x5 --method markov --slip 0.1").0 - 57.2169).abs() < 1e-4);
    assert_eq!(value("coverage-5x5 --method modular --horizon 8").0, 24.0);
    assert_eq!(value("coverage-5x5 --method recursive-greedy --horizon 5").0, 51.0);
    assert_eq!(value("two-rooms --method beam --width 40").0, 68.0);
    assert!((value("bandit --method frank-wolfe").0 - 11.593063).abs() < 1e-6);
    assert!(value("two-rooms --method semi-gradient --width 20").0 >= 30.0);
    assert!(value("trap --method subpo --epochs 100 --batch 200").0 > 95.0);
    assert!(value("trap --method subpo --epochs 100 --batch 200 --estimator prefix").0 < 10.0);
    assert!(value("coverage-5x5 --method modpo --epochs 60 --batch 100").0 < 30.0);
    // Where a walk is sampled, the answer says how sure it is.
    let (_, sampled) = value("two-rooms --method uniform --episodes 200");
    assert!(number(&sampled["standard_error"]) > 0.0 && sampled["trajectory"].is_null());
    let text = shell.done("submodular submodular/two-rooms --method greedy").stdout;
    assert!(text.contains("upper bound    68.000000  (the value of all states)") && text.contains('o'), "{text}");
    assert!(shell.done("list submodular").stdout.contains("submodular/markov-gap"));
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let shell = Shell::new();
    shell.refuses("submodular submodular/trp", &["did you mean `submodular/trap`?"]);
    shell.refuses("submodular submodular/trap --horizon 0", &["--horizon"]);
    shell.refuses("submodular submodular/trap --slip 2", &["slip = 2", "[0, 1]"]);
    shell.refuses("submodular submodular/trap --method best", &["--method"]);
    shell.refuses("submodular submodular/trap --method frank-wolfe", &["submodular/bandit"]);
    shell.refuses("submodular submodular/trap --method beam --slip 0.1", &["several outcomes"]);
    shell.refuses("submodular submodular/field-30x30 --method optimal", &["mask of 128 bits", "beam"]);
    shell.refuses("submodular submodular/two-rooms --method optimal", &["transitions", "shorten the horizon"]);
    shell.refuses("submodular submodular/trap --estimator rtgx", &["unknown estimator `rtgx`"]);
    shell.refuses("submodular submodular/trap --method subpo --step-size 0", &["step_size = 0"]);
}
