//! The command line, as a user types it: what comes out, the exit code, and what is left on the disk.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::shell::{Shell, keys, units};
use serde_json::Value;

#[test]
fn list_names_everything_with_sizes_and_parameters() {
    let shell = Shell::new();
    let all = shell.done("list --format json").json();
    assert_eq!(keys(&all).len(), 8);
    let environments = all["environments"].as_array().unwrap();
    let riverswim = environments.iter().find(|e| e["name"] == "riverswim").unwrap();
    assert_eq!(
        (&riverswim["states"], &riverswim["choices"], &riverswim["branches"]),
        (&6.into(), &12.into(), &22.into())
    );
    assert_eq!(riverswim["parameters"][0]["name"], "n");
    let few = shell.done("list environments --format json --state-limit 5").json();
    assert!(
        few["environments"].as_array().unwrap().iter().find(|e| e["name"] == "riverswim").unwrap()["states"].is_null()
    );
    assert_eq!((&all["games"][0]["name"], &all["games"][0]["states"]), (&"soccer".into(), &760.into()));
    assert!(shell.done("list games").stdout.contains("Littman 1994"));
    assert_eq!(all["submodular"][0]["name"], "submodular/coverage-5x5");
    assert!(shell.done("list solvers").stdout.contains("modified-policy-iteration"));
    assert!(shell.done("list experiments").stdout.contains("known-answers"));
    assert!(shell.done("list agents").stdout.contains("q-learning"));
    shell.refuses("list environment", &["environments"]);
}

#[test]
fn a_table_survives_the_trip_through_every_format() {
    let shell = Shell::new();
    let value =
        |name: &str| shell.done(&format!("solve {name} --discount 0.95 --format json")).json()["value_initial"].clone();
    let known = value("riverswim");
    for (file, option) in [
        ("t.npz", ""),
        ("d.npz", " --to npz-dense"),
        ("t.json", ""),
        ("u.json", " --to gymnasium"),
        ("t.drn", ""),
        ("t.drn.gz", ""),
        ("t.umb", ""),
        ("t.tra", ""),
    ] {
        shell.done(&format!("export riverswim {file}{option}"));
        assert_eq!(value(file), known, "{file}");
    }
    shell.done("export t.npz again.json");
    assert_eq!(value("again.json"), known);
    let answer = shell.done("export riverswim t.npz --format json").json();
    assert_eq!((&answer["file_format"], &answer["states"]), (&"npz".into(), &6.into()));
}

#[test]
fn files_that_are_no_table_are_refused() {
    let shell = Shell::new();
    shell.done("export riverswim t.npz");
    shell.done("export riverswim t.json");
    let whole = fs::read(shell.path("t.npz")).unwrap();
    fs::write(shell.path("half.npz"), &whole[..whole.len() / 2]).unwrap();
    fs::write(shell.path("empty.npz"), b"").unwrap();
    let bad = r#"{"0": {"0": [[0.5, 0, 1.0, false], [0.4, 1, 0.0, false]]}, "1": {"0": [[1.0, 1, 0.0, true]]}}"#;
    fs::write(shell.path("sum.json"), bad).unwrap();
    fs::write(shell.path("negative.json"), bad.replace("0.5", "-0.5").replace("0.4", "1.5")).unwrap();
    fs::write(shell.path("dangling.json"), bad.replace("0.4, 1", "0.5, 7")).unwrap();
    shell.refuses("solve half.npz --discount 0.9", &["half.npz"]);
    shell.refuses("solve empty.npz --discount 0.9", &["empty.npz"]);
    shell.refuses("solve sum.json --discount 0.9", &["state 0, action 0", "0.9"]);
    shell.refuses("solve negative.json --discount 0.9", &["-0.5"]);
    shell.refuses("solve dangling.json --discount 0.9", &["7"]);
    shell.refuses("solve none.npz --discount 0.9", &["none.npz", "No such file"]);
    shell.refuses("solve t.npz --discount 0.9 --set n=3", &["a file has no parameters"]);
    shell.refuses("export riverswim t.csv", &["t.csv", ".npz, .json"]);
    shell.refuses("export riverswim t.npz --to nzp", &["did you mean `npz`?"]);
    shell.refuses("export riverswim none/t.npz", &["none/t.npz"]);
}

#[test]
fn horizon_reports_every_key() {
    let shell = Shell::new();
    let report = shell.done("horizon minigrid/Empty-5x5 --horizon 20 --format json").json();
    for key in [
        "states",
        "actions",
        "horizon",
        "k_min",
        "k_return95",
        "epw",
        "h_simple",
        "j_optimal",
        "j_random",
        "j_worst",
        "greedy_returns",
        "gorp_m1",
        "gorp_p",
        "gorp_h1",
    ] {
        assert!(report.get(key).is_some(), "no key {key}");
    }
    assert_eq!((&report["horizon"], &report["k_min"], &report["j_optimal"]), (&20.into(), &1.into(), &1.0.into()));
    assert_eq!(shell.done("horizon minigrid/Empty-5x5 --format json").json()["horizon"], 100);
    let sticky = shell.done("horizon minigrid/Empty-5x5 --sticky 0.25 --format json").json();
    assert_eq!(sticky["sticky"], 0.25);
    assert!(shell.done("horizon minigrid/Empty-5x5").stdout.contains("planning window"));
    shell.refuses("horizon minigrid/Empty-5x5 --sticky 1.5", &["sticky", "1.5"]);
    shell.refuses("horizon minigrid/Empty-5x5 --horizon 0", &["horizon"]);
    shell.refuses("horizon minigrid/Emty-5x5", &["did you mean `minigrid/Empty-5x5`?"]);
}

#[test]
fn reproduce_leaves_a_folder_that_a_person_can_read() {
    let shell = Shell::new();
    let call = shell.done("reproduce known-answers --quick --out results --format json");
    let answer = &call.json()[0];
    assert_eq!((&answer["experiment"], &answer["complete"]), (&"known-answers".into(), &true.into()));
    assert!(answer["claims"].as_array().unwrap().iter().all(|claim| claim["verdict"] == "holds"));
    let run = shell.run("results", "known-answers");
    for file in ["config.toml", "manifest.json", "claims.json", "values.csv", "report.md"] {
        assert!(run.join(file).is_file(), "no {file}");
    }
    let report = fs::read_to_string(run.join("report.md")).unwrap();
    assert!(report.contains("| **puterman** optimal value of puterman, discount 0.95 |"), "{report}");
    let header = "case,method,states,choices,expected,value,lower,upper,max_gap,iterations,sweeps\n";
    assert!(fs::read_to_string(run.join("values.csv")).unwrap().starts_with(header));
    let manifest: Value = serde_json::from_slice(&fs::read(run.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["sessions"][0]["command_line"][1], "reproduce");

    // The configuration it wrote gives the same run, without any work to do.
    let before = shell.results("results");
    shell.done(&format!("reproduce {} --out results", run.join("config.toml").display()));
    assert_eq!(shell.results("results"), before);
    let manifest: Value = serde_json::from_slice(&fs::read(run.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["sessions"][1]["units_computed"], 0);
}

#[test]
fn a_claim_that_fails_stays_in_the_table_and_in_the_exit_code() {
    let shell = Shell::new();
    let call = shell.tabrl("reproduce known-answers --quick --set case.lock.expected=4 --out results");
    assert_eq!(call.code, 1, "{}", call.stderr);
    assert!(call.stdout.contains("fails             lock: "), "{}", call.stdout);
    let report = fs::read_to_string(shell.run("results", "known-answers").join("report.md")).unwrap();
    assert!(report.contains("| **fails** |"), "{report}");
}

#[test]
fn reproduce_refuses_bad_input() {
    let shell = Shell::new();
    shell.refuses("reproduce known-answer", &["did you mean `known-answers`?"]);
    shell.refuses("reproduce known-answers --set epsilo=1", &["unknown key `epsilo`", "did you mean `epsilon`?"]);
    shell.refuses("reproduce known-answers --set epsilon=small", &["epsilon", "text", "a number"]);
    shell.refuses("reproduce known-answers --set case.lock.environment=lok", &["lock", "did you mean `lock`?"]);
    shell.refuses("reproduce known-answers --quick --full", &["--quick", "--full"]);
    shell.refuses("reproduce known-answers --shard 3/2", &["i/n"]);
    shell.refuses("reproduce known-answers --jobs 0", &["--jobs"]);
    shell.refuses("reproduce known-answers --seeds 0", &["--seeds", "at least 1"]);
    shell.refuses("reproduce all --set epsilon=1", &["--set", "name it"]);
    shell.refuses("reproduce none.toml", &["none.toml", "No such file"]);
    fs::write(shell.path("broken.toml"), "experiment = \"known-answers\"\nscale = \n").unwrap();
    shell.refuses("reproduce broken.toml", &["broken.toml is not valid TOML", "line 2"]);
    fs::write(shell.path("wrong.toml"), "experiment = \"known-answers\"\nscale = \"quick\"\nepsilonn = 1\n").unwrap();
    shell.refuses("reproduce wrong.toml", &["wrong.toml", "did you mean `epsilon`?"]);
    fs::write(shell.path("file"), "").unwrap();
    shell
        .refuses("reproduce known-answers --quick --out file", &["cannot write file/known-answers", "Not a directory"]);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let shell = Shell::new();
    shell.done("reproduce known-answers --quick --jobs 1 --out one");
    shell.done("reproduce known-answers --quick --jobs 2 --out two");
    assert_eq!(shell.results("one"), shell.results("two"));
}

#[test]
fn shards_merged_are_what_one_machine_produces() {
    let shell = Shell::new();
    shell.done("reproduce known-answers --quick --out whole");
    for i in 1..=3 {
        let call = shell.done(&format!("reproduce known-answers --quick --shard {i}/3 --out part{i}"));
        assert!(call.stdout.contains("units are stored"), "{}", call.stdout);
    }
    shell.refuses("merge part1 part3 --out lacking", &["are in none of the shares"]);
    assert_eq!(shell.done("merge part1 part2 part3 --out joined").stdout.replace("joined", "whole"), {
        shell.done("reproduce known-answers --quick --out whole").stdout
    });
    assert_eq!(shell.results("joined"), shell.results("whole"));
    fs::create_dir(shell.path("nothing")).unwrap();
    shell.refuses("merge nothing --out x", &["nothing", "config.toml"]);
}

#[test]
fn shares_that_disagree_are_not_joined() {
    let shell = Shell::new();
    shell.done("reproduce known-answers --quick --shard 1/2 --out a");
    shell.done("reproduce known-answers --quick --shard 1/2 --out b");
    // Swap the results of one unit, checksum included: sound files with another content.
    let first = units(&shell.run("b", "known-answers")).remove(0);
    let mut stored: Value = serde_json::from_slice(&fs::read(&first).unwrap()).unwrap();
    let other: Value =
        serde_json::from_slice(&fs::read(units(&shell.run("a", "known-answers")).remove(1)).unwrap()).unwrap();
    stored["result"] = other["result"].clone();
    stored["checksum"] = other["checksum"].clone();
    fs::write(&first, stored.to_string()).unwrap();
    shell.refuses("merge a b --out c", &["differs from the one another share has"]);
}

/// Starts a run whose later units take long, kills it when some are finished, and returns its configuration.
fn killed_run(shell: &Shell, out: &str) -> String {
    let line = format!("reproduce known-answers --set case.garnet.set=states=20000 --jobs 1 --out {out}");
    let arguments: Vec<&str> = line.split(' ').collect();
    let mut child = shell.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    let finished = || {
        let run = fs::read_dir(shell.path(out).join("known-answers")).into_iter().flatten().flatten().next();
        run.map_or(0, |run| units(&run.path()).len())
    };
    while finished() < 5 {
        assert!(started.elapsed() < Duration::from_secs(60), "no unit was finished");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    line.replace(&format!("--jobs 1 --out {out}"), "")
}

#[test]
fn a_killed_run_goes_on_where_it_was_and_equals_an_uninterrupted_one() {
    let shell = Shell::new();
    let line = killed_run(&shell, "killed");
    let run = shell.run("killed", "known-answers");
    assert!(!run.join("report.md").exists(), "it was killed before the end");
    let stored = units(&run);
    let times: Vec<_> = stored.iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect();
    shell.done(&format!("{line}--out killed"));
    let after: Vec<_> = stored.iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect();
    assert_eq!(times, after, "finished units are not computed again");
    shell.done(&format!("{line}--out whole"));
    assert_eq!(shell.results("killed"), shell.results("whole"));
}

#[test]
fn a_damaged_unit_is_found_and_computed_again() {
    let shell = Shell::new();
    shell.done("reproduce known-answers --quick --out results");
    let whole = shell.results("results");
    let stored = units(&shell.run("results", "known-answers"));
    let bytes = fs::read(&stored[0]).unwrap();
    fs::write(&stored[0], &bytes[..bytes.len() / 2]).unwrap();
    fs::write(
        &stored[1],
        String::from_utf8(fs::read(&stored[1]).unwrap()).unwrap().replace("\"value\":0", "\"value\":1"),
    )
    .unwrap();
    fs::remove_file(&stored[2]).unwrap();
    let call = shell.done("reproduce known-answers --quick --out results");
    assert_eq!(call.stderr.matches("is damaged").count(), 2, "{}", call.stderr);
    assert_eq!(shell.results("results"), whole);
}

#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_loses_nothing_that_was_finished() {
    let shell = Shell::new();
    shell.done("reproduce known-answers --quick --shard 1/2 --out results");
    let run = shell.run("results", "known-answers");
    let before = units(&run).into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect::<Vec<_>>();
    let call = shell.on_a_full_disk("reproduce known-answers --quick --out results", 0);
    assert_eq!(call.code, 2, "{}", call.stderr);
    let stderr = call.stderr;
    let said = format!("{} of ", before.len());
    assert!(stderr.starts_with("error: cannot store a result in results/known-answers/"), "{stderr}");
    assert!(stderr.contains(&said) && stderr.contains("intact") && stderr.contains("make room"), "{stderr}");
    let after = units(&run).into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect::<Vec<_>>();
    assert_eq!(before, after);
    shell.done("reproduce known-answers --quick --out results");
    shell.done("reproduce known-answers --quick --out whole");
    assert_eq!(shell.results("results"), shell.results("whole"));
}

#[cfg(unix)]
#[test]
fn an_export_on_a_full_disk_leaves_the_old_file() {
    let shell = Shell::new();
    for (file, option) in [("t.npz", ""), ("t.json", ""), ("d.npz", " --to npz-dense")] {
        shell.done(&format!("export riverswim {file}{option}"));
        let before = fs::read(shell.path(file)).unwrap();
        // Room for a first part of the file: it breaks off in the middle.
        let call = shell.on_a_full_disk(&format!("export taxi {file}{option}"), 8);
        assert_eq!(call.code, 2, "{}", call.stderr);
        assert!(call.stderr.starts_with(&format!("error: {file}: ")), "{}", call.stderr);
        assert!(call.stderr.contains("make room") && call.stderr.lines().count() == 1, "{}", call.stderr);
        assert_eq!(fs::read(shell.path(file)).unwrap(), before);
    }
    assert_eq!(fs::read_dir(shell.folder.path()).unwrap().count(), 3, "no temporary file is left");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let shell = Shell::new();
    let mut child =
        shell.command(&["list", "--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let shell = Shell::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = shell.command(&["list", "solvers"]).stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.starts_with("error: cannot write to standard output: No space left on device"), "{stderr}");
}
