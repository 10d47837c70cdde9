//! `tabrl solve`, as a user types it.

use std::fs;

use serde_json::Value;

use crate::shell::Shell;

#[test]
fn solve_gives_certified_bounds() {
    let shell = Shell::new();
    let answer = shell.done("solve riverswim --set p01=0.6 --criterion finite --horizon 20 --format json").json();
    for key in [
        "states",
        "choices",
        "branches",
        "method",
        "iterations",
        "value_initial",
        "lower_initial",
        "upper_initial",
        "max_gap",
        "load_seconds",
        "solve_seconds",
        "peak_bytes",
        "status",
        "reason",
        "sweeps",
    ] {
        assert!(answer.get(key).is_some(), "no key {key}");
    }
    assert!((answer["value_initial"].as_f64().unwrap() - 3.397264).abs() < 1e-6);
    assert_eq!(answer["status"], "certified");
    let one =
        shell.done("solve sixarms --discount 0.95 --method value-iteration --epsilon 1e-4 --threads 1 --format json");
    let two =
        shell.done("solve sixarms --discount 0.95 --method value-iteration --epsilon 1e-4 --threads 2 --format json");
    let (one, two) = (one.json(), two.json());
    assert_eq!(one["value_initial"], two["value_initial"]);
    assert!(one["lower_initial"].as_f64() <= Some(19159.663866) && one["upper_initial"].as_f64() >= Some(19159.663865));
    assert!(shell.done("solve riverswim --discount 0.95").stdout.contains("certified"));
}

#[test]
fn solve_writes_the_value_of_every_state() {
    let shell = Shell::new();
    shell.done("solve riverswim --discount 0.95 --values v.npy");
    let values: ndarray::Array1<f64> = ndarray_npy::read_npy(shell.path("v.npy")).unwrap();
    assert_eq!(values.len(), 6);
    assert!(values.windows(2).into_iter().all(|pair| pair[0] < pair[1]));
    shell.refuses("solve riverswim --discount 0.95 --values v.txt", &["--values v.txt", ".npy"]);
    shell.refuses("solve riverswim --discount 0.95 --values no/v.npy", &["no folder no"]);
}

#[test]
fn an_iteration_limit_is_visible_in_the_answer_and_in_the_exit_code() {
    let call =
        Shell::new().tabrl("solve riverswim --discount 0.99 --method value-iteration --max-iterations 3 --format json");
    assert_eq!(call.code, 1);
    assert!(call.stderr.starts_with("warning: "), "{}", call.stderr);
    let answer: Value = serde_json::from_str(&call.stdout).unwrap();
    assert_eq!(answer["status"], "iteration_limit");
}

#[test]
fn solve_refuses_bad_input_and_says_what_would_be_right() {
    let shell = Shell::new();
    for gamma in ["0", "1", "2", "-0.5", "NaN", "inf"] {
        shell.refuses(&format!("solve riverswim --discount {gamma}"), &["discount", "strictly between 0 and 1"]);
    }
    shell.refuses("solve riverswim", &["--discount G", "--horizon H"]);
    shell.refuses("solve riverswim --criterion finite", &["--horizon H"]);
    shell.refuses("solve riverswim --criterion finit --horizon 3", &["unknown criterion `finit`", "`finite`"]);
    shell.refuses("solve riverswim --discount 0.9 --horizon 3", &["--discount", "--horizon"]);
    shell.refuses("solve riverswim --horizon 0", &["horizon", "at least 1"]);
    shell.refuses("solve riverswim --discount 0.9 --epsilon 0", &["epsilon", "positive"]);
    shell.refuses("solve riverswim --discount 0.9 --epsilon nan", &["epsilon", "positive"]);
    shell.refuses("solve riverswim --discount 0.9 --method value-iterations", &["did you mean `value-iteration`?"]);
    shell.refuses("solve riverswim --discount 0.9 --method backward-induction", &["backward-induction", "discounted"]);
    shell.refuses("solve rivrswim --discount 0.9", &["unknown environment `rivrswim`", "did you mean `riverswim`?"]);
    shell.refuses("solve riverswim --discount 0.9 --set p10=0.5", &["unknown parameter `p10`", "did you mean `p01`?"]);
    shell.refuses("solve riverswim --discount 0.9 --set p01=1.5", &["p01=1.5"]);
    shell.refuses("solve riverswim --discount 0.9 --set p01", &["key=value"]);
    shell.refuses("solve garnet --discount 0.9 --state-limit 10", &["more than 10 reachable states"]);
    shell.refuses("solve riverswim --discount 0.9 --threads 0", &["--threads"]);
    shell.refuses("solve riverswim --discont 0.9", &["--discount"]);
    shell.refuses("slove riverswim", &["solve"]);
}

#[test]
fn the_criterion_and_its_goal_are_checked_before_the_work() {
    let shell = Shell::new();
    let refuses = |rest: &str, words: &[&str]| shell.refuses(&format!("solve frozenlake/4x4 {rest}"), words);
    refuses("--criterion reach", &["--goal X"]);
    refuses("--goal terminal", &["--criterion total", "reach"]);
    refuses("--criterion avrage", &["unknown criterion `avrage`", "`average`"]);
    refuses("--criterion total --discount 0.9", &["--discount does not belong to --criterion total"]);
    refuses("--criterion average --horizon 3", &["--horizon does not belong to --criterion average"]);
    refuses("--criterion average --goal 3", &["--goal does not belong to --criterion average"]);
    refuses("--criterion reach --goal trminal", &["unknown label `trminal`", "`terminal`"]);
    refuses("--criterion reach --goal 999", &["--goal names state 999"]);
    refuses("--discount 0.9 --reward cost", &["no names", "--reward"]);
    shell.refuses("solve riverswim --criterion reach --goal terminal", &["no state of this table is terminal"]);
}

#[test]
fn solve_minimises_on_request() {
    let shell = Shell::new();
    let largest = shell.done("solve sixarms --discount 0.9 --format json").json();
    let smallest = shell.done("solve sixarms --discount 0.9 --minimise --format json").json();
    assert_eq!((&largest["objective"], &smallest["objective"]), (&"maximise".into(), &"minimise".into()));
    assert!(smallest["upper_initial"].as_f64() < largest["lower_initial"].as_f64());
}

#[test]
fn solve_lists_the_bounds_and_draws_the_gap() {
    let shell = Shell::new();
    let line = "solve riverswim --discount 0.95 --method value-iteration --bounds --plot out/gap --format json";
    let answer = shell.done(line).json();
    let column =
        |key: &str| -> Vec<f64> { answer[key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect() };
    let (values, lower, upper) = (column("values"), column("lower"), column("upper"));
    assert_eq!(values.len(), 6);
    assert!((0..6).all(|s| lower[s] <= values[s] && values[s] <= upper[s] && upper[s] - lower[s] <= 1e-6));
    assert!(fs::read_to_string(shell.path("out/gap.svg")).unwrap().contains("certified gap [reward]"));
    assert!(shell.path("out/gap.png").is_file());
    let text = shell.done("solve riverswim --discount 0.95 --bounds").stdout;
    assert_eq!(text.lines().filter(|line| line.trim_start().starts_with(['0', '1', '2', '3', '4', '5'])).count(), 6);
}

#[test]
fn undiscounted_problems_end_at_a_goal() {
    let shell = Shell::new();
    let answer = |rest: &str| shell.done(&format!("solve {rest} --format json")).json();
    // Thirteen steps along the cliff, each of which costs 1.
    let cliff = answer("cliffwalking --criterion total --goal terminal");
    let (lower, upper) = (cliff["lower_initial"].as_f64().unwrap(), cliff["upper_initial"].as_f64().unwrap());
    assert!(lower <= -13.0 && -13.0 <= upper && upper - lower <= 1e-6);
    let lake = answer("frozenlake/4x4 --criterion reach --goal terminal --minimise");
    assert_eq!(lake["value_initial"], 0.0);
    let swim = answer("riverswim --criterion average");
    assert_eq!(swim["status"], "certified");
    // Under the policy that may miss the goal, nothing bounds the costs.
    let endless = answer("cliffwalking --criterion total --goal terminal --minimise --bounds");
    assert_eq!(endless["value_initial"], "-inf");
    let apart = r#"{"0": {"0": [[1.0, 0, 1.0, false]]}, "1": {"0": [[1.0, 1, 1.0, false]]}}"#;
    fs::write(shell.path("apart.json"), apart).unwrap();
    for criterion in ["reach", "total"] {
        let line = format!("solve apart.json --criterion {criterion} --goal 1");
        shell.refuses(&line, &["--goal 1", "no policy reaches it", "state 0", "1 of 2 states"]);
    }
}

#[test]
fn solve_adds_entropy_on_request() {
    let shell = Shell::new();
    let answer = |rest: &str| shell.done(&format!("solve riverswim --discount 0.9{rest} --format json")).json();
    let (hard, soft) = (answer(""), answer(" --temperature 0.1"));
    let (hard, soft) = (hard["value_initial"].as_f64().unwrap(), soft["value_initial"].as_f64().unwrap());
    // Between the hard optimum and the most that entropy can add, τ ln(A) / (1 − γ).
    assert!(hard <= soft && soft <= hard + 0.1 * 2f64.ln() / 0.1);
    // Until a goal, at a cost a step, with a border beyond which going round pays.
    let line = "solve cliffwalking --criterion total --goal terminal --format json --temperature";
    let soft = shell.done(&format!("{line} 0.1")).json();
    let value = soft["value_initial"].as_f64().unwrap();
    assert!(soft["status"] == "certified" && (-13.0..-12.0).contains(&value), "{soft}");
    shell.refuses(&format!("{line} 100"), &["the value is infinite", "lower the temperature"]);
    shell.refuses("solve cliffwalking --criterion total --temperature 1", &["--goal"]);
    shell.refuses("solve riverswim --discount 0.9 --temperature 0", &["temperature"]);
    shell.refuses("solve riverswim --criterion average --temperature 1", &["regularised", "discounted"]);
}

#[test]
fn the_bounds_of_the_initial_value_are_those_of_a_mean() {
    // Taxi starts in one of 300 states, whose shares do not sum to one in 64 bits. Any policy that never delivers loses 1, or
    // 10 for a wrong attempt, a step.
    let shell = Shell::new();
    let bounds = |rest: &str| {
        let answer = shell.done(&format!("solve taxi {rest} --format json")).json();
        (answer["lower_initial"].as_f64().unwrap(), answer["upper_initial"].as_f64().unwrap())
    };
    assert_eq!(bounds("--criterion reach --goal terminal"), (1.0, 1.0));
    for (rest, truth) in
        [("--minimise --criterion finite --horizon 20", -200.0), ("--minimise --criterion average", -10.0)]
    {
        let (lower, upper) = bounds(rest);
        assert!(lower <= truth && truth <= upper, "{rest}: [{lower}, {upper}]");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_at_once() {
    let shell = Shell::new();
    fs::create_dir(shell.path("folder")).unwrap();
    shell.refuses("solve folder --discount 0.9", &["folder is a folder", ".npz"]);
    shell.refuses("solve riverswim --discount 0.9 --threads 4000", &["--threads", "512"]);
    shell.refuses("solve riverswim --discount 0.9 --state-limit 0", &["--state-limit", "at least 1"]);
    shell.refuses("horizon riverswim --horizon 99999999", &["99999999 steps", "shorten the horizon"]);
    shell.refuses("export riverswim no/folder/t.npz", &["no folder no/folder", "make it first"]);
    shell.refuses("reproduce known-answers --set epsilon=-1 --out results", &["epsilon"]);
    assert!(!shell.path("results").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_error_that_is_full_changes_no_exit_code() {
    let shell = Shell::new();
    let code = |line: &str| {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let arguments: Vec<&str> = line.split(' ').collect();
        shell.command(&arguments).stderr(full).output().unwrap().status.code()
    };
    assert_eq!(code("solve riverswin --discount 0.9"), Some(2));
    assert_eq!(code("solve riverswim --discount 0.9 --epsilon 1e-300"), Some(1));
    assert_eq!(code("learn --env riverswim --agent sarsa --steps 100 --seeds 2"), Some(0));
}

#[test]
fn the_exact_method_answers_with_fractions() {
    let shell = Shell::new();
    // Stay for 1/10 with probability 9/10: worth 1.
    let table = r#"{"0": {"0": [[0.9, 0, 0.1, false], [0.1, 1, 0.1, true]]}, "1": {"0": [[1.0, 1, 0.0, true]]}}"#;
    fs::write(shell.path("stay.json"), table).unwrap();
    let line = "solve stay.json --criterion total --method exact";
    let intended = shell.done(&format!("{line} --reading intended --bounds --format json")).json();
    assert_eq!(intended["value_exact"], "1");
    assert_eq!(intended["reading"], "intended");
    assert_eq!(intended["values_exact"], serde_json::json!(["1", "0"]));
    let text = shell.done(&format!("{line} --reading intended")).stdout;
    assert!(text.lines().any(|line| line == "exact value    1"), "{text}");
    // As stored it is another fraction, and its neighbours are the bounds.
    let stored = shell.done(&format!("{line} --format json")).json();
    assert_ne!(stored["value_exact"], "1");
    assert_eq!(stored["reading"], "stored");
    assert_eq!(stored, {
        let mut other = shell.done(&format!("{line} --reading stored --format json")).json();
        for key in ["load_seconds", "solve_seconds", "peak_bytes"] {
            other[key] = stored[key].clone();
        }
        other
    });
    assert!(stored.get("values_exact").is_none(), "without --bounds");
    let (n, d) = stored["value_exact"].as_str().unwrap().split_once('/').unwrap();
    let value = n.parse::<f64>().unwrap() / d.parse::<f64>().unwrap();
    assert!((value - 1.0).abs() < 1e-14 && (stored["value_initial"].as_f64().unwrap() - value).abs() < 1e-14);
    assert_eq!(
        shell.done("solve frozenlake/4x4 --criterion reach --goal terminal --method exact --format json").json()["value_exact"],
        "1"
    );
    // An infinity, and a fraction that is too long for a line.
    let endless = shell.done("solve riverswim --criterion total --method exact --format json").json();
    assert_eq!(endless["value_exact"], "inf");
    let long = shell.done("solve riverswim --discount 0.95 --method exact").stdout;
    assert!(long.contains("digits)/(") && long.contains("--format json writes them out"), "{long}");
    // Other methods have none.
    let other = shell.done("solve riverswim --discount 0.95 --format json").json();
    assert!(other.get("value_exact").is_none() && other.get("reading").is_none(), "{other}");
    shell.refuses(
        "solve riverswim --discount 0.95 --reading intended",
        &["--reading belongs to --method exact", "--method auto"],
    );
    shell.refuses("solve riverswim --discount 0.95 --method exact --reading meant", &["--reading", "intended"]);
    shell.refuses("solve garnet --set states=501 --discount 0.9 --method exact", &["at most 500"]);
    shell.refuses(
        "solve riverswim --discount 0.95 --temperature 0.1 --method exact --reading stored",
        &["regularised solution", "use value-iteration or policy-iteration"],
    );
}

#[test]
fn settings_and_numbers_that_cannot_be_meant() {
    let shell = Shell::new();
    let twice = ["p01=0.2: p01 is set already, by --set p01=0.6", "give it once"];
    shell.refuses("solve riverswim --discount 0.9 --set p01=0.6 --set p01=0.2", &twice);
    shell.refuses("show riverswim --set p01=0.6 --set p01=0.2", &twice);
    shell.refuses("learn --env riverswim --agent sarsa --set p01=0.6 --set env.p01=0.2", &twice);
    shell.refuses(
        "learn --env riverswim --agent sarsa --set epsilon=0.1,agent.epsilon=0.2",
        &["epsilon is set already"],
    );
    shell.refuses(
        "reproduce known-answers --set epsilon=1e-3 --set epsilon=1e-4",
        &["epsilon is set already, by --set epsilon=1e-3"],
    );
    for line in ["solve riverswim", "horizon riverswim", "learn --env riverswim --agent sarsa"] {
        for number in ["-5", "0", "many", "1.5"] {
            let words = [&format!("'{number}'"), "--horizon <", "it must be a whole number, at least 1"];
            shell.refuses(&format!("{line} --horizon {number}"), &words);
        }
    }
    shell.refuses("horizon riverswim --max-k 0", &["--max-k", "whole number, at least 1"]);
    shell.refuses("learn --env riverswim --agent sarsa --seeds -3", &["--seeds", "whole number, at least 1"]);
    shell.refuses("learn --env riverswim --agent sarsa --seed -3", &["--seed", "whole number, at least 0"]);
    shell.refuses("reproduce known-answers --seeds -3", &["--seeds", "whole number, at least 1"]);
    for goal in [",", "3,", ",terminal", "3,,4"] {
        let line = format!("solve frozenlake/4x4 --criterion reach --goal {goal}");
        shell.refuses(&line, &[&format!("--goal {goal}: there is an empty word"), "such as --goal terminal,3"]);
    }
}

#[test]
fn help_says_what_files_there_are_and_what_a_goal_means() {
    let shell = Shell::new();
    for command in ["solve", "learn", "horizon", "export"] {
        let help = shell.done(&format!("{command} --help")).stdout;
        assert!(help.contains(".npz, .json, .drn, .umb, .tra"), "{command}: {help}");
    }
    let help = shell.done("solve --help").stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        help.contains(
            "`total` counts until the goal; it is infinite where the goal is not reached with probability one"
        ),
        "{help}"
    );
}

/// Sixteen gigabytes of blanks in a small file, with a gigabyte of memory to read them.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_unpacks_without_end_is_refused_in_little_memory() {
    use std::io::Write;

    let shell = Shell::new();
    let mut blank = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    blank.write_all(&vec![b' '; 1 << 20]).unwrap();
    fs::write(shell.path("bomb.drn.gz"), blank.finish().unwrap().repeat(1 << 14)).unwrap();
    let script = format!(
        "ulimit -v 1000000; exec '{}' solve bomb.drn.gz --discount 0.9 --threads 1",
        env!("CARGO_BIN_EXE_tabrl")
    );
    let output =
        std::process::Command::new("sh").args(["-c", &script]).current_dir(shell.folder.path()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.starts_with("error: bomb.drn.gz: line 1 is longer than 64 MiB"), "{stderr}");
}

#[test]
fn a_budget_of_lava_is_kept_and_paid_for() {
    let shell = Shell::new();
    let answer = shell.done("solve lava-grid --discount 0.95 --constraint lava=0.05 --format json").json();
    let number = |key: &str| answer[key].as_f64().unwrap();
    for (key, expected) in [("value_initial", 0.637806), ("cost", 0.05), ("multiplier", 1.630005)] {
        assert!((number(key) - expected).abs() <= 1e-5, "{key}: {}", number(key));
    }
    assert_eq!((answer["randomised_states"].as_u64(), answer["status"].as_str()), (Some(1), Some("certified")));
    assert!(
        shell.done("solve lava-grid --discount 0.95 --constraint lava=0.05").stdout.contains("randomises in state ")
    );
    assert_eq!(answer["randomised_in"].as_array().unwrap().len(), 1);
    // Two budgets go to the linear program.
    let twice =
        shell.done("solve lava-grid --discount 0.95 --constraint lava=0.05 --constraint lava=0.1 --format json");
    assert!((twice.json()["value_initial"].as_f64().unwrap() - 0.637806).abs() <= 1e-5);
    shell.refuses(
        "solve lava-grid --discount 0.95 --constraint lava=0.005",
        &["no policy spends", "`lava`", "0.00503", "0.005"],
    );
    shell.refuses("solve riverswim --discount 0.95 --constraint lava=0.05", &["labels no states"]);
    shell.refuses("solve lava-grid --discount 0.95 --constraint larva=0.05", &["did you mean `lava`"]);
    shell.refuses("solve lava-grid --discount 0.95 --constraint lava", &["--constraint lava", "LABEL=BOUND"]);
    shell.refuses("solve lava-grid --discount 0.95 --constraint lava=2", &["[0, 1]"]);
    shell.refuses("solve lava-grid --horizon 5 --constraint lava=0.05", &["--discount"]);
    shell.refuses("solve lava-grid --discount 0.95 --constraint lava=0.05 --bounds", &["--bounds"]);
}
