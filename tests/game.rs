//! `tabrl game`, as a user types it.

use serde_json::Value;

use crate::shell::Shell;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn a_matrix_gives_value_strategies_and_the_gap_that_proves_them() {
    let shell = Shell::new();
    let coordination = shell.done("game --matrix [[0,1],[1,0]] --format json").json();
    assert!((number(&coordination["value"]) - 0.5).abs() <= 1e-12);
    for player in ["row_strategy", "column_strategy"] {
        assert!(numbers(&coordination[player]).iter().all(|p| (p - 0.5).abs() <= 1e-12));
    }
    assert!(number(&coordination["duality_gap"]) <= 1e-9);
    let saddle = shell.done("game --matrix [[4,2],[3,1]] --format json").json();
    assert_eq!((number(&saddle["value"]), number(&saddle["duality_gap"])), (2.0, 0.0));
    let seventh = shell.done("game --matrix [[3,-1],[-2,1]] --format json").json();
    assert!((number(&seventh["value"]) - 1.0 / 7.0).abs() <= 1e-9);
    assert!((numbers(&seventh["column_strategy"])[0] - 2.0 / 7.0).abs() <= 1e-9);
    let text = shell.done("game --matrix [[4,2],[3,1]]").stdout;
    assert!(text.contains("value          2 in [2, 2]") && text.contains("saddle point"), "{text}");
    assert!(shell.done("game --matrix [[-1,2]]").stdout.contains("value          -1 in [-1, -1]"));
}

#[test]
fn what_is_no_matrix_is_refused_in_words() {
    let shell = Shell::new();
    shell.refuses("game --matrix [[1,2],[3]]", &["row 2 has 1 entries", "first has 2", "[[0, 1], [1, 0]]"]);
    shell.refuses("game --matrix [[1,NaN]]", &["not JSON"]);
    shell.refuses("game --matrix [[1,\"x\"]]", &["row 1, column 2", "not a number"]);
    shell.refuses("game --matrix [[1,null]]", &["row 1, column 2", "null"]);
    shell.refuses("game --matrix [[1e400]]", &["not JSON", "out of range"]);
    shell.refuses("game --matrix [[1e301]]", &["1e301", "row 1, column 1", "1e300"]);
    shell.refuses("game --matrix []", &["0 rows"]);
    shell.refuses("game --matrix [[],[]]", &["0 columns"]);
    shell.refuses("game --matrix 3", &["not a list of rows"]);
    shell.refuses("game --matrix [3]", &["row 1 is 3"]);
    shell.refuses("game --matrix penny", &["not JSON", "penny"]);
    shell.refuses("game --matrix [[1]] --discount 0.9", &["--discount", "played once"]);
    shell.refuses("game", &["--matrix", "soccer"]);
}

#[test]
fn soccer_is_worth_what_it_is_known_to_be_worth() {
    let shell = Shell::new();
    let answer = shell.done("game soccer --discount 0.9 --format json").json();
    assert_eq!((&answer["states"], &answer["status"]), (&760.into(), &"certified".into()));
    assert!(number(&answer["value_initial"]).abs() <= 1e-8 && number(&answer["max_gap"]) <= 1e-8);
    let start = answer["start"].as_array().unwrap();
    let value = |owner: &str| {
        let entry = start.iter().find(|e| e["name"].as_str().unwrap().ends_with(owner)).unwrap();
        (number(&entry["lower"]), number(&entry["value"]), number(&entry["upper"]))
    };
    for (owner, known) in [("ball A", 0.218_484_448_2), ("ball B", -0.218_484_448_2)] {
        let (lower, value, upper) = value(owner);
        assert!(lower <= value && value <= upper && (value - known).abs() <= 1e-8, "{owner}: {value}");
    }
    let karp = shell.done("game soccer --discount 0.9 --method hoffman-karp --format json").json();
    assert!(karp["iterations"].as_u64() < answer["iterations"].as_u64());
    let text = shell.done("game soccer --horizon 3").stdout;
    assert!(text.contains("backward-induction") && text.contains("total over 3 steps"), "{text}");
    let few = shell.tabrl("game soccer --discount 0.9 --max-iterations 3");
    assert_eq!(few.code, 1);
    assert!(few.stdout.contains("NOT certified") && few.stderr.contains("--max-iterations"), "{}", few.stderr);
}

#[test]
fn a_game_needs_its_name_and_one_criterion() {
    let shell = Shell::new();
    shell.refuses("game socer --discount 0.9", &["unknown game `socer`", "did you mean `soccer`?"]);
    shell.refuses("game soccer", &["--discount", "--horizon"]);
    shell.refuses("game soccer --discount 0.9 --horizon 3", &["--discount", "--horizon"]);
    shell.refuses("game soccer --discount 1", &["discount = 1"]);
    shell.refuses("game soccer --discount -0.5", &["discount = -0.5"]);
    shell.refuses("game soccer --horizon 0", &["horizon"]);
    shell.refuses("game soccer --discount 0.9 --epsilon 0", &["epsilon"]);
    shell.refuses("game soccer --horizon 3 --epsilon 0.1", &["--epsilon", "--discount"]);
    shell.refuses("game soccer --matrix [[1]] --discount 0.9", &["soccer", "--matrix"]);
}
