//! `tabrl bandit`, as a user types it.

use serde_json::Value;

use crate::shell::Shell;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn exact_values_have_the_known_digits() {
    let shell = Shell::new();
    let value =
        |arguments: &str| number(&shell.done(&format!("bandit value --format json {arguments}")).json()["value"]);
    for (arguments, expected) in [
        ("--arms 2 --horizon 10", 6.021786),
        ("--arms 2 --horizon 10 --policy optimal", 6.021786),
        ("--arms 2 --horizon 10 --policy myopic", 6.005811),
        ("--arms 2 --horizon 10 --policy thompson", 5.704544),
        ("--arms 2 --horizon 100", 64.918421),
        ("--arms 2 --horizon 20 --policy kl-ucb", 12.231796),
        ("--arms 2 --horizon 20 --policy ucb1", 11.523745),
        ("--arms 2 --horizon 20 --policy ucb:4", 11.523745),
        ("--arms 2 --horizon 20 --policy moss", 11.642238),
        ("--arms 5 --horizon 10", 6.659988),
        ("--arms 10 --horizon 10", 6.713951),
        ("--arms 1 --horizon 8 --prior 3,1", 6.0),
    ] {
        let measured = value(arguments);
        assert!((measured - expected).abs() < 1e-6, "{arguments}: {measured}");
    }
    assert!((value("--arms 2 --horizon 10 --policy window:1") - 5.79620).abs() < 1e-5);
    assert_eq!(value("--arms 2 --horizon 10 --policy window:0"), 5.0);
    let best = value("--arms 2 --horizon 12");
    for policy in ["bayes-ucb", "gittins", "gittins:0.9", "uniform", "greedy", "epsilon-greedy:0.2"] {
        assert!(value(&format!("--arms 2 --horizon 12 --policy {policy}")) <= best + 1e-12, "{policy}");
    }
    let answer = shell.done("bandit value --arms 2 --horizon 10 --policy thompson --format json").json();
    assert!((number(&answer["bayes_regret"]) - (20.0 / 3.0 - 5.704544)).abs() < 1e-6);
    let text = shell.done("bandit value --arms 2 --horizon 10 --policy window:2").stdout;
    assert!(text.contains("all rules compared") && text.contains("switches after"), "{text}");
}

#[test]
fn indices_come_with_their_bounds() {
    let shell = Shell::new();
    let answer = shell.done("bandit gittins --successes 0 --failures 0 --discount 0.9 --format json").json();
    let (lower, index, upper) = (number(&answer["lower"]), number(&answer["index"]), number(&answer["upper"]));
    assert!(lower <= index && index <= upper && upper - lower <= 1e-9 && (index - 0.7029).abs() < 1e-4);
    assert!(number(&answer["one_pull_lower"]) <= index && index <= number(&answer["told_upper"]));
    let none = shell.done("bandit gittins --successes 2 --failures 1 --discount 0 --format json").json();
    assert!((number(&none["index"]) - 0.6).abs() < 1e-9);
    let finite = shell.done("bandit gittins --successes 0 --failures 0 --steps 1 --format json").json();
    assert!((number(&finite["index"]) - 0.5).abs() < 1e-9);
    assert!(
        shell
            .done("bandit gittins --successes 9 --failures 1 --discount 0.9")
            .stdout
            .contains("index             0.869")
    );
}

#[test]
fn regret_is_a_mean_with_an_interval() {
    let shell = Shell::new();
    let command = "bandit regret --means 0.9,0.8 --policies thompson,ucb1 --horizon 500 --seeds 40 --format json";
    let answer = shell.done(command);
    assert_eq!(answer.stdout, shell.done(command).stdout);
    let answer = answer.json();
    assert!((number(&answer["lai_robbins"]) - 2.2521).abs() < 1e-3);
    let policies = answer["policies"].as_array().unwrap();
    let means: Vec<f64> = policies.iter().map(|policy| number(&policy["regret_mean"])).collect();
    assert!(means[0] < means[1], "{means:?}");
    for (policy, mean) in policies.iter().zip(&means) {
        let interval = policy["regret_ci95"].as_array().unwrap();
        assert!(number(&interval[0]) < *mean && *mean < number(&interval[1]));
    }
    let text = shell.done("bandit regret --means 0.5 --policies uniform --horizon 5 --seeds 1").stdout;
    assert!(text.contains("uniform           0\n") && text.contains("5, 1 seed\n"), "{text}");
    let spaced = ["bandit", "regret", "--means", "0.9, 0.8", "--policies", "ucb1, moss", "--horizon", "9"];
    let answer = shell.command(&spaced).output().unwrap();
    assert!(String::from_utf8(answer.stdout).unwrap().contains("moss"));
    // Names of any length stand apart from their numbers.
    let long = shell
        .done("bandit regret --means 0.5 --policies explore-then-commit:1000,knowledge-gradient --horizon 5 --seeds 1");
    assert!(
        long.stdout.contains("explore-then-commit:1000  0\n") && long.stdout.contains("knowledge-gradient        0\n")
    );
    // One arm leaves nothing to regret, and rounding no debt.
    assert_eq!(number(&shell.done("bandit value --arms 1 --horizon 30 --format json").json()["bayes_regret"]), 0.0);
    assert!(shell.done("list bandit-policies").stdout.contains("knowledge-gradient"));
}

#[test]
fn bad_input_is_refused_in_words() {
    let shell = Shell::new();
    shell.refuses("bandit value --arms 2 --horizon 0", &["horizon", "at least 1"]);
    shell.refuses("bandit value --arms 0 --horizon 3", &["arms", "at least 1"]);
    shell.refuses("bandit value --arms 2 --horizon -3", &["horizon", "at least 1"]);
    shell.refuses("bandit regret --means 0.5 --policies list --horizon 3", &["bayes-ucb"]);
    shell.refuses("bandit value --arms 10 --horizon 100", &["10 arms over 100 steps", "more than", "simulate"]);
    shell.refuses("bandit value --arms 2 --horizon 10 --policy tompson", &["did you mean `thompson`"]);
    shell.refuses("bandit value --arms 2 --horizon 10 --policy list", &["bayes-ucb", "window:k"]);
    shell.refuses("bandit value --arms 2 --horizon 10 --prior 0,1", &["prior a = 0"]);
    shell.refuses("bandit value --arms 2 --horizon 10 --prior 1", &["two positive numbers"]);
    shell.refuses("bandit value --arms 2 --horizon 2 --policy window:3", &["longer than the horizon 2"]);
    shell.refuses("bandit value --arms 3 --horizon 9 --policy window:1", &["--arms 2"]);
    shell.refuses("bandit value --arms 2 --horizon 9 --policy window:x", &["whole number"]);
    shell.refuses("bandit gittins --successes 1 --failures 1 --discount 1", &["discount = 1", "[0, 1)"]);
    shell.refuses("bandit gittins --successes 1 --failures 1 --discount -0.1", &["discount = -0.1"]);
    shell.refuses("bandit gittins --successes 10 --failures 0 --prior -5,1 --discount 0.5", &["prior a = -5"]);
    shell.refuses("bandit gittins --successes 0 --failures 0 --steps 5 --epsilon nan", &["accuracy"]);
    shell.refuses("bandit value --arms 100000 --horizon 3 --policy ids", &["at most 200 arms"]);
    shell.refuses("bandit gittins --successes -1 --failures 1 --discount 0.5", &["--successes"]);
    shell.refuses("bandit gittins --successes 1 --failures 1", &["--discount", "--steps"]);
    shell.refuses("bandit gittins --successes 1 --failures 1 --discount 0.5 --steps 3", &["--discount", "--steps"]);
    shell.refuses("bandit gittins --successes 1 --failures 1 --discount 0.99999", &["pulls ahead"]);
    shell.refuses("bandit regret --means 0.9,1.2 --policies ucb1 --horizon 10", &["mean = 1.2", "[0, 1]"]);
    shell.refuses("bandit regret --means 0.9,x --policies ucb1 --horizon 10", &["`x` is no number"]);
    shell.refuses("bandit regret --means 0.9 --policies ucb2 --horizon 10", &["unknown policy `ucb2`"]);
    shell.refuses("bandit regret --means 0.9 --policies ucb1 --horizon 0", &["horizon"]);
    shell.refuses("bandit regret --means 0.9 --horizon 10", &["--policies"]);
}
