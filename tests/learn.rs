//! `tabrl learn`: a run on disk that resumes, can be shared out, and leaves the same bytes whatever happened to it.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::shell::{Shell, keys, units};

const LINE: &str = "learn --env riverswim --agent q-learning,sarsa --seeds 3 --steps 500 --points 5";

#[test]
fn it_answers_with_the_final_values_and_says_where_the_files_are() {
    let shell = Shell::new();
    let answer = shell.done(&format!("{LINE} --discount 0.9 --aggregate iqm --format json")).json();
    for key in ["problem", "discount", "horizon", "steps", "seeds", "optimal", "agents", "csv", "svg", "png", "run_id"]
    {
        assert!(answer.get(key).is_some(), "no key {key}");
    }
    assert_eq!((&answer["complete"], &answer["units"], &answer["horizon"]), (&true.into(), &6.into(), &Value::Null));
    let solved = shell.done("solve riverswim --discount 0.9 --format json").json();
    assert_eq!(answer["optimal"], solved["value_initial"]);
    let agents = answer["agents"].as_array().unwrap();
    assert_eq!(agents.iter().map(|a| a["agent"].as_str().unwrap()).collect::<Vec<_>>(), ["q-learning", "sarsa"]);
    assert_eq!(keys(&agents[0]), ["agent", "final_ci95", "final_value"]);
    for agent in agents {
        let value = agent["final_value"].as_f64().unwrap();
        assert!(value <= answer["optimal"].as_f64().unwrap() + 1e-6, "{value}");
    }
    for file in ["csv", "svg", "png", "report"] {
        assert!(shell.path(answer[file].as_str().unwrap()).is_file(), "no {file}");
    }
    let run = shell.run("results", "learn");
    for file in ["config.toml", "manifest.json", "claims.json", "curves.csv", "final.csv"] {
        assert!(run.join(file).is_file(), "no {file}");
    }
    let csv = fs::read_to_string(run.join("curves.csv")).unwrap();
    // Two agents, three seeds, the start and five points; each seed has its own curve.
    assert_eq!(csv.lines().count(), 1 + 2 * 3 * 6);
    let last: Vec<f64> = csv
        .lines()
        .filter(|line| line.starts_with("q-learning,") && line.split(',').nth(2) == Some("500"))
        .map(|line| line.split(',').nth(4).unwrap().parse().unwrap())
        .collect();
    assert_eq!(last.len(), 3);
    let report = fs::read_to_string(run.join("report.md")).unwrap();
    for word in ["common random numbers", "figures/curves.svg", "step_size=", "Watkins 1989", "| optimal |"] {
        assert!(report.contains(word), "{word}: {report}");
    }
    assert!(!report.contains("claim"), "a learning curve claims nothing: {report}");
}

#[test]
fn the_configuration_it_writes_holds_every_default_and_repeats_the_run() {
    let shell = Shell::new();
    shell.done(&format!("{LINE} --set n=4 --set agent.step_size=0.25 --set sarsa.epsilon=0.2"));
    let run = shell.run("results", "learn");
    let config = fs::read_to_string(run.join("config.toml")).unwrap();
    for word in ["\"n=4\"", "\"slip=0\"", "\"step_size=0.25\"", "\"epsilon=0.1\"", "\"epsilon=0.2\"", "steps = 500"] {
        assert!(config.contains(word), "{word}: {config}");
    }
    let before = shell.results("results");
    let call = shell.done(&format!("reproduce {} --out again", run.join("config.toml").display()));
    assert!(call.stdout.ends_with("report.md\n"), "{}", call.stdout);
    assert_eq!(shell.results("again"), before);
    // Spelling a default out is the same run, anything else is another one.
    shell.done(&format!("{LINE} --set n=4 --set slip=0 --set agent.step_size=0.25 --set sarsa.epsilon=0.2"));
    assert_eq!(shell.results("results"), before);
    shell.done(&format!("{LINE} --set n=5"));
    assert_eq!(fs::read_dir(shell.path("results/learn")).unwrap().count(), 2);
}

#[test]
fn threads_and_shards_change_no_byte_and_another_seed_does() {
    let shell = Shell::new();
    shell.done(&format!("{LINE} --jobs 1 --out one"));
    shell.done(&format!("{LINE} --jobs 2 --out two"));
    assert_eq!(shell.results("one"), shell.results("two"));
    for i in 1..=2 {
        let part = shell.done(&format!("{LINE} --shard {i}/2 --out part{i} --format json")).json();
        assert_eq!((&part["complete"], &part["finished"], &part["agents"]), (&false.into(), &3.into(), &Value::Null));
    }
    shell.refuses("merge part1 --out lacking", &["are in none of the shares", "sarsa seed="]);
    shell.done("merge part1 part2 --out joined");
    assert_eq!(shell.results("joined"), shell.results("one"));
    // Seeds 1 and 2 are in both runs with the same curves.
    let lines = |out: &str, seed: &str| -> Vec<String> {
        let csv = fs::read_to_string(shell.run(out, "learn").join("curves.csv")).unwrap();
        csv.lines().filter(|line| line.split(',').nth(1) == Some(seed)).map(str::to_owned).collect()
    };
    shell.done(&format!("{LINE} --seed 1 --out other"));
    for seed in ["1", "2"] {
        assert_eq!(lines("one", seed), lines("other", seed));
    }
    let without_seed = |lines: Vec<String>, seed: &str| -> Vec<String> {
        lines.iter().map(|line| line.replacen(&format!(",{seed},"), ",,", 1)).collect()
    };
    assert_ne!(without_seed(lines("one", "0"), "0"), without_seed(lines("other", "3"), "3"));
}

#[test]
fn a_killed_run_goes_on_where_it_was_and_equals_an_uninterrupted_one() {
    let shell = Shell::new();
    let line = "learn --env riverswim --agent q-learning --seeds 20 --steps 4000000 --points 5";
    let arguments: Vec<&str> = line.split(' ').chain(["--jobs", "1", "--out", "killed"]).collect();
    let mut child = shell.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    let finished = || {
        let run = fs::read_dir(shell.path("killed/learn")).into_iter().flatten().flatten().next();
        run.map_or(0, |run| units(&run.path()).len())
    };
    while finished() < 2 {
        assert!(started.elapsed() < Duration::from_secs(60), "no unit was finished");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let run = shell.run("killed", "learn");
    assert!(!run.join("report.md").exists(), "it was killed before the end");
    let stored = units(&run);
    let times = || stored.iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect::<Vec<_>>();
    let before = times();
    shell.done(&format!("{line} --out killed"));
    assert_eq!(times(), before, "finished units are not computed again");
    shell.done(&format!("{line} --out whole"));
    assert_eq!(shell.results("killed"), shell.results("whole"));
}

#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_loses_no_curve() {
    let shell = Shell::new();
    let stored = |out: &str| -> Vec<_> {
        let units = units(&shell.run(out, "learn"));
        units.into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect()
    };
    shell.done(&format!("{LINE} --shard 1/2 --out results"));
    let before = stored("results");
    let call = shell.on_a_full_disk(&format!("{LINE} --out results"), 0);
    assert_eq!((call.code, call.stdout.as_str()), (2, ""), "{}", call.stderr);
    for word in ["error: cannot store a result in results/learn/", "(3 of 6 units", "intact", "make room"] {
        assert!(call.stderr.contains(word), "{word}: {}", call.stderr);
    }
    assert_eq!(stored("results"), before);
    // Room for the units but not for the curves of all: everything is computed, nothing concluded.
    let call = shell.on_a_full_disk(&format!("{LINE} --out results"), 2);
    assert!(call.code == 2 && call.stderr.contains("curves.csv"), "{}", call.stderr);
    assert_eq!(stored("results").len(), 6);
    shell.done(&format!("{LINE} --out results"));
    shell.done(&format!("{LINE} --out whole"));
    assert_eq!(shell.results("results"), shell.results("whole"));
}

#[test]
fn a_file_is_part_of_the_configuration() {
    let shell = Shell::new();
    shell.done("export riverswim t.npz");
    let line = "learn --env t.npz --agent q-learning --seeds 1 --steps 200";
    shell.done(line);
    let config = shell.run("results", "learn").join("config.toml");
    let again = format!("reproduce {}", config.display());
    shell.done(&again);
    shell.done("export riverswim t.npz --set n=7");
    shell.refuses(&again, &["t.npz", "not the file this run is about", "checksum", "tabrl learn --env t.npz"]);
    shell.done(line);
    assert_eq!(fs::read_dir(shell.path("results/learn")).unwrap().count(), 2, "another file is another run");
}

#[test]
fn bad_input_is_refused() {
    let shell = Shell::new();
    let few = "--seeds 1 --steps 10";
    shell.refuses(&format!("learn --env rivrswim --agent sarsa {few}"), &["did you mean `riverswim`?"]);
    shell.refuses(&format!("learn --env riverswim --agent sarsaa {few}"), &["did you mean `sarsa`?"]);
    shell.refuses(&format!("learn --env riverswim --agent sarsa,sarsa {few}"), &["sarsa seed=0 is listed twice"]);
    shell.refuses(&format!("learn --env riverswim --agent sarsa --set m=3 {few}"), &["unknown parameter `m`"]);
    shell
        .refuses(&format!("learn --env riverswim --agent sarsa --set sarsa.eps=1 {few}"), &["unknown parameter `eps`"]);
    shell.refuses(&format!("learn --env riverswim --agent sarsa --set agent.epsilon=2 {few}"), &["epsilon = 2"]);
    shell.refuses(&format!("learn --env riverswim --agent sarsa --set q-learning.epsilon=1 {few}"), &["q-learning"]);
    shell.refuses(&format!("learn --env riverswim --agent sarsa --discount 1 {few}"), &["--horizon"]);
    shell.refuses(&format!("learn --env riverswim --agent sarsa --discount 1.5 {few}"), &["discount"]);
    shell.refuses(&format!("learn --env riverswim --agent sarsa --discount nan {few}"), &["discount"]);
    shell.refuses(&format!("learn --env riverswim --agent monte-carlo {few}"), &["time limit"]);
    shell.refuses(&format!("learn --env none.npz --agent sarsa {few}"), &["none.npz", "No such file"]);
    shell.refuses("learn --env riverswim --agent sarsa --seeds 0", &["--seeds"]);
    shell.refuses("learn --env riverswim --agent sarsa --seed 18446744073709551615", &["--seed"]);
    shell.refuses("learn --env riverswim --agent sarsa --shard 3/2", &["i/n"]);
    fs::write(shell.path("file"), "").unwrap();
    shell.refuses(&format!("learn --env riverswim --agent sarsa --out file {few}"), &["cannot write file/learn"]);
    let bad =
        |line: &str| fs::write(shell.path("bad.toml"), format!("experiment = \"learn\"\nscale = \"full\"\n{line}\n"));
    for (line, words) in [
        ("seeds = 0", ["seeds = 0", "from 1 to 100000"]),
        ("points = 0", ["points = 0", "from 1 to 10000"]),
        ("steps = -1", ["steps", "learn"]),
        ("spacing = \"odd\"", ["odd", "`even`"]),
        ("agents = []", ["leaves no work", "at least one"]),
        ("stps = 3", ["unknown key `stps`", "did you mean `steps`?"]),
        ("[[agents]]\nname = \"sarsa\"", ["agents", "`set`"]),
    ] {
        bad(line).unwrap();
        shell.refuses("reproduce bad.toml", &words);
    }
}

#[test]
fn sqirl_learns_on_environments_and_files_and_says_what_is_wrong() {
    let shell = Shell::new();
    let line = "learn --env minigrid/Empty-5x5 --agent sqirl --set k=2,m=8 --discount 0.99 --horizon 50 --steps 20000 --seeds 2";
    let answer = shell.done(&format!("{line} --points 4 --out first --format json")).json();
    let value = answer["agents"][0]["final_value"].as_f64().unwrap();
    assert!(value > 0.9 * answer["optimal"].as_f64().unwrap(), "{value}");
    let config = fs::read_to_string(shell.run("first", "learn").join("config.toml")).unwrap();
    assert!(config.contains("\"k=2\"") && config.contains("\"m=8\""), "{config}");

    shell.done("export minigrid/Empty-5x5 room.npz");
    let from_file = line.replace("minigrid/Empty-5x5", "room.npz");
    let again = shell.done(&format!("{from_file} --points 4 --out first --format json")).json();
    assert_eq!(again["agents"][0]["final_value"].as_f64().unwrap(), value, "the table is the same");

    for (changed, words) in [
        ("k=0,m=8", "k = 0 is not valid: it must be at least 1"),
        ("k=2,m=0", "m = 0 is not valid: it must be at least 1"),
        ("k=101,m=8", "k = 101 is not valid"),
        ("k=51,m=8", "k = 51 is larger than the 50 steps"),
        ("k=2,m=20001", "fewer than one iteration"),
        ("k=2,m=8,kk=2", "kk"),
    ] {
        shell.refuses(&line.replace("k=2,m=8", changed), &[words]);
    }
    // No reward anywhere.
    let idle = r#"{"0": {"0": [[1.0, 0, 0.0, false]], "1": [[1.0, 0, 0.0, false]]}}"#;
    fs::write(shell.path("idle.json"), idle).unwrap();
    shell.refuses("learn --env idle.json --agent sqirl --horizon 9 --steps 900 --seeds 1", &["every reward is 0"]);
}

#[test]
fn sqirl_regresses_with_any_oracle_on_any_features_that_the_problem_has() {
    let shell = Shell::new();
    let line = "learn --env minigrid/Empty-5x5 --agent sqirl --set sqirl.horizon=12,k=2,m=8 --discount 0.99 --horizon 12 \
                --steps 1500 --seeds 1 --points 2 --format json";
    let value = |set: &str| {
        let answer = shell.done(&format!("{line} --set {set}")).json();
        (answer["agents"][0]["final_value"].as_f64().unwrap(), answer["run_id"].clone())
    };
    let (table, run) = value("oracle=table");
    assert_eq!(value("oracle=table,features=one-hot"), (table, run), "spelling the defaults out changes nothing");
    for oracle in ["ridge", "neighbours", "trees"] {
        for features in ["one-hot", "tile", "coordinates", "full-grid"] {
            assert!(value(&format!("oracle={oracle},features={features}")).0 >= 0.0);
        }
    }
    // What wraps the problem hides nothing of it.
    shell.done(&format!("{line} --set oracle=trees,features=full-grid --set sticky=0.25"));

    shell.done("export minigrid/Empty-5x5 room.npz");
    let from_file = line.replace("minigrid/Empty-5x5", "room.npz");
    for oracle in ["table", "ridge", "neighbours", "trees"] {
        shell.done(&format!("{from_file} --set oracle={oracle} --out files"));
    }
    for (line, set, word) in [
        (line, "oracle=tree", "did you mean `trees`?"),
        (line, "oracle=ridge,features=coordinate", "did you mean `coordinates`?"),
        (line, "features=tile", "a table sees the state itself"),
        (line, "oracle=ridge,ridge=0", "ridge = 0 is not valid: it must be a positive number"),
        (line, "oracle=ridge,features=tile,tile=0", "tile = 0 is not valid"),
        (line, "oracle=neighbours,neighbours=0", "neighbours = 0 is not valid"),
        (&from_file, "oracle=ridge,features=tile", "has no map"),
        (&from_file, "oracle=ridge,features=coordinates", "has no map"),
        (&from_file, "oracle=ridge,features=full-grid", "does not say what is seen of its states"),
    ] {
        shell.refuses(&format!("{line} --set {set}"), &[word]);
    }
    if !cfg!(feature = "network") {
        shell.refuses(&format!("{line} --set oracle=network"), &["build it with the feature `network`"]);
    }
}
