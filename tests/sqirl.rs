//! `tabrl reproduce sqirl` on a few small settings: complete, the same bytes however it is run, and plain about mistakes.

use std::fs;

use crate::shell::{Call, Shell};

/// Small enough for a second.
const SMALL: [&str; 16] = [
    "environments=[\"Empty-5x5\", \"Empty-6x6\"]",
    "m_max=8",
    "budget=20000",
    "seeds=3",
    "closer=[\"Empty-6x6 3 5\"]",
    "literal=[\"Empty-5x5 8\"]",
    "literal_budget=20000",
    "literal_seeds=5",
    "short_room_seeds=21",
    "gorp=[\"Empty-5x5\", \"Empty-8x8\"]",
    "gorp_runs=30",
    "shaped=[\"Empty-8x8 none\", \"Empty-8x8 distance\"]",
    "open_loop=[\"Empty-5x5\"]",
    "open_loop_budget=300000",
    "curves=[\"Empty-5x5\"]",
    "points=8",
];

/// With further arguments; a key that they set takes the place of the small one.
fn reproduce(shell: &Shell, more: &[&str]) -> Call {
    let mut arguments = vec!["reproduce", "sqirl", "--quick"];
    let key = |set: &str| set.split('=').next().unwrap_or_default().to_owned();
    let given: Vec<String> = more.iter().map(|argument| key(argument)).collect();
    SMALL.iter().filter(|set| !given.contains(&key(set))).for_each(|set| arguments.extend(["--set", *set]));
    arguments.extend(more);
    Call::of(shell.command(&arguments).output().unwrap(), "reproduce sqirl")
}

#[test]
fn a_small_run_is_complete_and_the_same_bytes_for_any_number_of_threads_and_shards() {
    let shell = Shell::new();
    let call = reproduce(&shell, &["--out", "one", "--jobs", "1"]);
    assert!(call.code < 2, "{}{}", call.stdout, call.stderr);
    let run = shell.run("one", "sqirl");
    for table in ["gorp", "shaped", "literal", "pooled", "closer", "runs", "open-loop", "baselines"] {
        let text = fs::read_to_string(run.join(format!("{table}.csv"))).unwrap();
        assert!(text.lines().count() > 1, "{table} is empty");
    }
    for figure in ["complexity", "solved", "curves-Empty-5x5", "against", "open-loop", "bound"] {
        assert!(run.join("figures").join(format!("{figure}.png")).is_file(), "no figure {figure}");
    }
    let claims = fs::read_to_string(run.join("claims.json")).unwrap();
    for id in [
        "gorp-sampled",
        "gorp-search",
        "literal-exact",
        "pooled-closer",
        "shaping-hints",
        "literal-table",
        "short-room",
        "solved-k3",
        "ranks",
        "open-loop",
    ] {
        assert!(claims.contains(&format!("\"{id}\"")), "no claim {id}");
    }
    assert!(reproduce(&shell, &["--out", "two", "--jobs", "2"]).code < 2);
    assert!(shell.results("one") == shell.results("two"));
    assert_eq!(reproduce(&shell, &["--out", "three", "--shard", "1/2"]).code, 0);
    assert!(reproduce(&shell, &["--out", "three"]).code < 2, "the rest is added to what is there");
    assert!(shell.results("one") == shell.results("three"));
}

#[test]
fn mistakes_in_the_settings_are_named() {
    let shell = Shell::new();
    let refuses = |set: &str, word: &str| {
        let call = reproduce(&shell, &["--set", set]);
        assert!(call.code == 2 && call.stderr.contains(word), "{set}: {} {}", call.code, call.stderr);
    };
    refuses("ks=[0]", "every k must be from 1 to the horizon, 100");
    refuses("ks=[101]", "every k must be from 1 to the horizon, 100");
    refuses("m_max=0", "must be at least 1");
    refuses("budget=99", "one iteration takes up to 100 steps");
    refuses("share=1.5", "must be in (0, 1]");
    refuses("literal=[\"Empty-5x5\"]", "`environment horizon`");
    refuses("closer=[\"Empty-5x5 1\"]", "`environment k seeds`");
    refuses("closer=[\"Empty-16x16 1 5\"]", "the reference has no m for it");
    refuses("shaped=[\"Empty-5x5\"]", "`environment shaping`");
    refuses("baselines=[\"mine: q-lerning\"]", "did you mean `q-learning`?");
    refuses("baselines=[\"q-learning\"]", "`name: agent key=value ...`");
    refuses("oracle=tabel", "unknown oracle `tabel`; did you mean `table`?");
    refuses("features=til", "did you mean `tile`?");
    refuses("features=tile", "a table sees the state itself");
    refuses("environments=[\"Empty-5x6\"]", "Empty-5x");
}

#[test]
fn another_oracle_on_other_features_is_another_run_that_says_so() {
    let shell = Shell::new();
    let fewer = [
        "environments=[\"Empty-5x5\"]",
        "m_max=2",
        "seeds=2",
        "literal=[]",
        "gorp=[]",
        "shaped=[]",
        "open_loop=[]",
        "curves=[]",
        "short_room_seeds=0",
        "baselines=[]",
        "oracle=trees",
        "features=full-grid",
    ];
    let arguments: Vec<&str> = fewer.iter().flat_map(|set| ["--set", *set]).collect();
    let call = reproduce(&shell, &arguments);
    assert!(call.code < 2, "{}{}", call.stdout, call.stderr);
    let run = shell.run("results", "sqirl");
    let report = fs::read_to_string(run.join("report.md")).unwrap();
    assert!(report.contains("oracle = trees on features = full-grid"), "{report}");
    assert!(fs::read_to_string(run.join("pooled.csv")).unwrap().lines().count() > 1);
}
