//! `tabrl learn --metric regret`: exact regret of episodic agents, as a run on disk.

use std::fs;

use serde_json::Value;

use crate::shell::{Shell, keys};

const LINE: &str = "learn --env riverswim --agent ucbvi --metric regret --episodes 60 --seeds 3 --points 6";

#[test]
fn it_answers_with_regrets_and_says_where_the_files_are() {
    let shell = Shell::new();
    let answer = shell.done(&format!("{LINE} --format json")).json();
    assert_eq!((&answer["complete"], &answer["units"], &answer["horizon"]), (&true.into(), &3.into(), &20.into()));
    // RiverSwim, p01 = 0.6, H = 20: `mex.md` section 7.
    assert!((answer["optimal"].as_f64().unwrap() - 3.397264).abs() < 1e-6);
    let agent = &answer["agents"][0];
    assert_eq!(keys(agent), ["agent", "least_optimism", "regret_ci95", "regret_mean", "stuck_fraction"]);
    let regret = agent["regret_mean"].as_f64().unwrap();
    assert!(0.0 < regret && regret <= 60.0 * 3.3973, "{regret}");
    assert!((0.0..=1.0).contains(&agent["stuck_fraction"].as_f64().unwrap()));
    for file in ["csv", "svg", "png", "report"] {
        assert!(shell.path(answer[file].as_str().unwrap()).is_file(), "no {file}");
    }
    let csv = fs::read_to_string(shell.run("results", "regret").join("curves.csv")).unwrap();
    // Three seeds, the start and six points; regret never falls.
    assert_eq!(csv.lines().count(), 1 + 3 * 7);
    let row = |line: &str| {
        let words: Vec<&str> = line.split(',').collect();
        (words[1].to_owned(), words[3].parse::<f64>().unwrap())
    };
    let rows: Vec<(String, f64)> = csv.lines().skip(1).map(row).collect();
    assert!(rows.windows(2).all(|pair| pair[0].0 != pair[1].0 || pair[0].1 <= pair[1].1));
}

#[test]
fn threads_and_shards_change_no_byte() {
    let shell = Shell::new();
    shell.done(&format!("{LINE} --jobs 1 --out one"));
    shell.done(&format!("{LINE} --jobs 2 --out two"));
    assert_eq!(shell.results("one"), shell.results("two"));
    for i in 1..=2 {
        let part = shell.done(&format!("{LINE} --shard {i}/2 --out part{i} --format json")).json();
        assert_eq!((&part["complete"], &part["agents"], &part["optimal"]), (&false.into(), &Value::Null, &Value::Null));
    }
    shell.done("merge part1 part2 --out joined");
    assert_eq!(shell.results("joined"), shell.results("one"));
}

#[test]
fn bad_input_is_refused() {
    let shell = Shell::new();
    for (line, words) in [
        ("--env riverswim --agent ucbv", ["`ucbv`", "`ucbvi`"]),
        ("--env riverswim --agent q-learning", ["q-learning", "--metric value"]),
        ("--env riverswim --agent ucbvi --episodes 0", ["--episodes", "0"]),
        ("--env riverswim --agent ucbvi --horizon 0", ["--horizon", "0"]),
        ("--env riverswim --agent ucbvi --steps 5", ["--steps", "--episodes"]),
        ("--env riverswim --agent ucbvi --aggregate median", ["--aggregate", "--metric value"]),
        ("--env riverswim --agent ucbvi --reward-range 1", ["--reward-range", "two numbers"]),
        ("--env riverswim --agent ucbvi --reward-range 1,0", ["[1, 0]", "the lower first"]),
        ("--env riverswim --agent ucbvi --set bonus=-1", ["bonus", "at least 0"]),
        ("--env riverswim --agent mex-mb --set eta=0", ["eta = 0", "positive"]),
        ("--env riverswim --agent mex-mf --set eta=-1", ["eta = -1", "positive"]),
        ("--env riverswim --agent mex-mf --reward-range 0,0.5", ["[0, 1]", "range of the rewards"]),
        ("--env chain --agent mex-mb", ["chain", "--horizon"]),
        ("--env riverswim --agent ucbvi --set counts=some", ["counts", "pooled or staged"]),
        ("--env sixarms --agent ucbvi --horizon 20", ["[0, 6000]", "range of the rewards"]),
        ("--env taxi --agent ucbvi", ["taxi", "--horizon"]),
    ] {
        shell.refuses(&format!("learn --metric regret {line}"), &words);
    }
    shell.refuses("learn --env riverswim --agent ucbvi", &["--metric regret"]);
    shell.refuses("learn --env riverswim --agent sarsa --episodes 5", &["--metric regret"]);
}
