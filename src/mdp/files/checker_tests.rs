//! The formats of model checkers: round trips, files written by other tools, damaged files, what the messages say.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::rows::TERMINAL;
use super::tests::random;
use super::*;
use crate::mdp::{CsrParts, Rewards};
use crate::rng::{self, Purpose};

/// A random table with what only files of model checkers hold: several named rewards, names of actions, and a start that is
/// uniform. Rewards depend on the outcome only if `per_branch`.
fn rich(seed: u64, per_branch: bool) -> Mdp {
    let mdp = random(seed);
    let mut rng = rng::fast(seed, Purpose::Generation, 4);
    let mut parts = CsrParts {
        choice_start: mdp.choice_starts().to_vec(),
        branch_start: mdp.branch_starts().to_vec(),
        next: mdp.successors().to_vec(),
        probability: mdp.probabilities().to_vec(),
        reward: mdp.rewards().to_vec(),
        branch_reward: mdp.branch_rewards().filter(|_| per_branch).map(<[f64]>::to_vec),
        action: mdp.choice_actions().map(<[u32]>::to_vec),
        labels: mdp.labels().clone(),
        ..CsrParts::default()
    };
    let starts = 1 + rng::below(&mut rng, mdp.num_states());
    parts.initial = rows::uniform(&(0..starts as u32).collect::<Vec<_>>());
    if rng::below(&mut rng, 2) == 0 {
        parts.reward_name = Some("steps".into());
        for name in ["cost", "a b"].into_iter().take(rng::below(&mut rng, 3)) {
            let expected = (0..mdp.num_choices()).map(|_| rng::uniform(&mut rng) * 1e-9).collect();
            parts.other_rewards.insert(name.into(), Rewards { expected, per_branch: None });
        }
    }
    if rng::below(&mut rng, 2) == 0 {
        parts.action_names = ["go left", "stay", "übung"].map(str::to_owned).to_vec();
    }
    Mdp::from_csr(parts).unwrap()
}

/// What a table is after a file without terminal states: the same, with a label for them.
fn labelled(mdp: Mdp) -> Mdp {
    let terminal = rows::terminal_label(&mdp);
    if terminal.is_empty() { mdp } else { mdp.with_label(TERMINAL, terminal).unwrap() }
}

fn round_trip(mdp: &Mdp, name: &str) -> Mdp {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    write(&path, mdp, Format::of_path(&path).unwrap()).unwrap();
    read(&path).unwrap()
}

fn read_text(name: &str, text: &str) -> Result<Mdp> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    read(&path)
}

/// `a b` is `a_b` where blanks separate names.
fn one_word_rewards(mdp: Mdp) -> Mdp {
    if !mdp.other_rewards().contains_key("a b") {
        return mdp;
    }
    let mut parts = parts_of(&mdp);
    let rewards = parts.other_rewards.remove("a b").unwrap();
    parts.other_rewards.insert("a_b".into(), rewards);
    Mdp::from_csr(parts).unwrap()
}

fn parts_of(mdp: &Mdp) -> CsrParts {
    CsrParts {
        choice_start: mdp.choice_starts().to_vec(),
        branch_start: mdp.branch_starts().to_vec(),
        next: mdp.successors().to_vec(),
        probability: mdp.probabilities().to_vec(),
        reward: mdp.rewards().to_vec(),
        branch_reward: mdp.branch_rewards().map(<[f64]>::to_vec),
        action: mdp.choice_actions().map(<[u32]>::to_vec),
        initial: mdp.initial().to_vec(),
        labels: mdp.labels().clone(),
        reward_name: mdp.reward_name().map(str::to_owned),
        other_rewards: mdp.other_rewards().clone(),
        action_names: mdp.action_names().to_vec(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn drn_round_trips_are_exact(seed in any::<u64>()) {
        let mdp = one_word_rewards(labelled(rich(seed, false)));
        for name in ["table.drn", "table.drn.gz"] {
            prop_assert_eq!(&round_trip(&mdp, name), &mdp);
        }
        // Rewards of outcomes become expectations.
        let outcomes = rich(seed, true);
        let again = round_trip(&outcomes, "table.drn");
        prop_assert_eq!(again.rewards(), outcomes.rewards());
        prop_assert_eq!(again.branch_rewards(), None);
    }
}

const DRN: &str = "// a comment
@type: mdp
@value_type: rational
@parameters

@reward_models
steps  cost
@placeholders
$0 : 1/3
@nr_states
3
@nr_choices
4
@model
state 0 [1, 0.5] init goal
//[x=1]
\taction up [0, -2]
\t\t1 : $0
\t\t2 : 2/3
\taction __NOLABEL__
\t\t1 : 1
state 1 [3, 0] \"a b\" init
\taction __NOLABEL__ [0, 0]
\t\t1 : 1
state 2 terminal
\taction up [0, 0]
\t\t2 : 1
";

#[test]
fn drn_as_storm_writes_it() {
    let mdp = read_text("t.drn", DRN).unwrap();
    assert_eq!((mdp.num_states(), mdp.num_choices(), mdp.num_terminal()), (3, 3, 1));
    assert_eq!(mdp.probabilities(), [1.0 / 3.0, 2.0 / 3.0, 1.0, 1.0]);
    assert_eq!(mdp.initial(), [(0, 0.5), (1, 0.5)]);
    assert_eq!((mdp.reward_name(), mdp.reward_names()), (Some("steps"), vec!["cost", "steps"]));
    // The reward of a state counts once for whatever is done there.
    assert_eq!(mdp.rewards(), [1.0, 1.0, 3.0]);
    assert_eq!(mdp.other_rewards()["cost"].expected, [-1.5, 0.5, 0.0]);
    assert_eq!(mdp.action_names(), ["up", "__NOLABEL__"]);
    assert_eq!(mdp.action_of(1, 2), 1);
    assert_eq!(
        (&mdp.labels()["a b"], &mdp.labels()["goal"], &mdp.labels()["terminal"]),
        (&vec![1], &vec![0], &vec![2])
    );
    // A state that is called terminal but earns something stays as it is.
    let earns = read_text("t.drn", &DRN.replace("action up [0, 0]", "action up [0, 1]")).unwrap();
    assert_eq!(earns.num_terminal(), 0);
    // Actions in another order in another state, and an action twice in one state.
    let twice = DRN
        .replace("__NOLABEL__ [0, 0]", "x")
        .replace("\t\t1 : 1\nstate 2", "\t\t1 : 1\n\taction x\n\t\t0 : 1\n\taction up\n\t\t2 : 1\nstate 2");
    let twice = read_text("t.drn", &twice.replace("@nr_choices\n4", "@nr_choices\n6")).unwrap();
    assert_eq!(twice.action_names(), ["up", "__NOLABEL__", "x", "x"]);
    assert_eq!(twice.choices(1).map(|c| twice.action_of(1, c)).collect::<Vec<_>>(), [0, 2, 3]);
    assert_eq!(twice.branches(2).collect::<Vec<_>>(), [(2, 1.0)]);
    assert_eq!(twice.branches(4).collect::<Vec<_>>(), [(0, 1.0)]);
    // A chain is a process with one action; a reward without a name; no rewards at all.
    let chain = "@type: DTMC\n@parameters\n\n@reward_models\n \n@nr_states\n1\n@model\nstate 0 [2] init\n\taction 0 [0]\n\t\t0 : 1\n";
    let mdp = read_text("t.drn", chain).unwrap();
    assert_eq!((mdp.rewards(), mdp.reward_name(), mdp.action_names().len()), (&[2.0][..], None, 0));
    assert_eq!(read_text("t.drn", &chain.replace(" [2]", "").replace(" [0]", "")).unwrap().rewards(), [0.0]);
}

#[test]
fn drn_messages_say_what_is_supported() {
    let replaced = |from: &str, to: &str| {
        assert!(DRN.contains(from), "{from}");
        read_text("t.drn", &DRN.replacen(from, to, 1)).unwrap_err().to_string()
    };
    for (from, to, part) in [
        (
            "@type: mdp",
            "@type: CTMC",
            "line 2: the model is of type `CTMC`, whose time is continuous; supported are MDP",
        ),
        ("@type: mdp", "@type: MA", "continuous"),
        ("@type: mdp", "@type: POMDP", "partly observable; supported"),
        ("@type: mdp", "@type: XYZ", "of type `XYZ`; supported"),
        ("rational", "parametric", "supported are double and rational"),
        ("@parameters\n", "@parameters\np q", "line 5: the model has the parameters `p q`; supported"),
        ("@placeholders", "@surprise", "unknown entry `@surprise`"),
        ("$0\n", "$1\n", "line 18: the placeholder `$1` has no value"),
        ("2/3", "[0.1, 0.2]", "is an interval; supported are single probabilities"),
        ("2/3", "2/0", "`2/0` should be a number"),
        ("2/3", "0.6", "state 0, action 0 sum to 0.9333"),
        ("2 : 2/3", "7 : 2/3", "leads to state 7"),
        ("2 : 2/3", "2 = 2/3", "`2 = 2/3` should be `SUCCESSOR : PROBABILITY`"),
        ("state 1 ", "state 2 ", "state 2 should be state 1"),
        ("state 1 ", "state 1 !3.5 ", "exit rate, as in continuous time"),
        ("state 1 ", "state 1 {0} ", "an observation, as in a POMDP"),
        ("[0, -2]", "[0]", "there are 1 rewards here, but 2 reward models"),
        ("[0, -2]", "[0, x]", "`x` should be a number"),
        ("\"a b\"", "\"a b", "no closing quote"),
        ("[0, -2]", "[0, -2", "no closing bracket"),
        ("@nr_states\n3", "@nr_states\n4", "it has 3 states, but @nr_states says 4"),
        ("@nr_choices\n4", "@nr_choices\n5", "it has 4 choices, but @nr_choices says 5"),
        ("@model", "@nr_states", "should be a whole number"),
    ] {
        let message = replaced(from, to);
        assert!(message.contains(part), "{to}: {message}");
    }
    let empty = read_text("t.drn", "").unwrap_err().to_string();
    assert!(empty.contains("ends before `@model`"), "{empty}");
    let skewed = random_start();
    let folder = TempDir::new().unwrap();
    let refused = write(&folder.path().join("t.drn"), &skewed, Format::Drn).unwrap_err().to_string();
    assert!(refused.contains("state 0 with probability 0.25") && refused.contains(".npz"), "{refused}");
    let quoted = rich(1, false).with_label("a\"b", vec![0]).unwrap();
    assert!(write(&folder.path().join("t.drn"), &quoted, Format::Drn).unwrap_err().to_string().contains("quotes"));
}

fn random_start() -> Mdp {
    let mut builder = crate::mdp::MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 1, 0.0)]).terminal(1).initial(0, 0.25).initial(1, 0.75);
    builder.build().unwrap()
}

/// The folder with models written by Storm, if it is there.
fn storm_models() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/storm");
    if !folder.is_dir() {
        eprintln!("not run: {} is absent", folder.display());
        return None;
    }
    Some(folder)
}

const STORM_MODELS: [(&str, usize, usize, usize); 6] = [
    ("qv_ij10", 1023, 5120, 8960),
    ("qv_pacman5", 498, 592, 620),
    ("st_coin2_2", 272, 400, 492),
    ("st_maze2", 15, 54, 66),
    ("st_slipgrid", 16, 48, 96),
    ("st_two_dice", 169, 254, 436),
];

#[test]
fn models_written_by_storm_have_their_sizes() {
    let Some(folder) = storm_models() else { return };
    for (name, states, choices, branches) in STORM_MODELS {
        let mdp = read(&folder.join(format!("{name}.drn.gz"))).unwrap();
        assert_eq!((mdp.num_states(), mdp.num_choices(), mdp.num_branches()), (states, choices, branches), "{name}");
        let mdp = one_word_rewards(mdp);
        assert_eq!(round_trip(&mdp, "t.drn"), mdp, "{name}");
    }
}
