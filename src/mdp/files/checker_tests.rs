//! The formats of model checkers: round trips, files written by other tools, damaged files, what the messages say.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::rows::TERMINAL;
use super::tests::random;
use super::*;
use crate::mdp::{CsrParts, Rewards};
use crate::rng::{self, Purpose};
use crate::testing::storm_models;

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
    let terminal: Vec<u32> = (0..mdp.num_states() as u32).filter(|&s| mdp.is_terminal(s as usize)).collect();
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

/// No choice leads to the same state twice, with different rewards: text formats of model checkers cannot say that.
fn distinct_successors(mdp: Mdp) -> Mdp {
    let mut builder = crate::mdp::MdpBuilder::new(mdp.num_states());
    for s in 0..mdp.num_states() {
        if mdp.is_terminal(s) {
            builder.terminal(s);
        }
        for c in mdp.choices(s) {
            let reward = |t: usize| {
                mdp.branch_range(c).find(|&b| mdp.successors()[b] as usize == t).map(|b| mdp.branch_reward(c, b))
            };
            let branches: Vec<_> = mdp.branches(c).map(|(t, p)| (p, t, reward(t).unwrap())).collect();
            builder.choice(s, mdp.action_of(s, c), &branches);
        }
    }
    let mut parts = parts_of(&builder.build().unwrap());
    let given = parts_of(&mdp);
    (parts.initial, parts.labels) = (given.initial, given.labels);
    (parts.reward_name, parts.other_rewards) = (given.reward_name, given.other_rewards);
    parts.action_names = given.action_names;
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
    #![proptest_config(ProptestConfig::with_cases(30))]

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn npz_round_trips_are_exact_with_every_reward(seed in any::<u64>()) {
        let mut parts = parts_of(&rich(seed, true));
        if let Some(rewards) = parts.other_rewards.values_mut().next() {
            rewards.per_branch = Some((0..parts.next.len()).map(|b| b as f64).collect());
        }
        let mdp = Mdp::from_csr(parts).unwrap();
        prop_assert_eq!(&round_trip(&mdp, "table.npz"), &mdp);
    }

    #[test]
    fn prism_round_trips_are_exact(seed in any::<u64>()) {
        let named = labelled(distinct_successors(rich(seed, true)));
        let again = round_trip(&named, "table.tra");
        // Names of actions come back in the order of their appearance; all else is compared without them.
        let words = |mdp: &Mdp| -> Vec<String> {
            let words = actions::action_words(mdp);
            let of_state = |s: usize| mdp.choices(s).map(move |c| mdp.action_of(s, c));
            let mut found: Vec<String> =
                (0..mdp.num_states()).flat_map(|s| of_state(s).map(move |a| (s, a))).map(|(s, a)| format!("{s} {}", words[a])).collect();
            found.sort();
            found
        };
        prop_assert_eq!(words(&again), words(&named));
        let mut parts = parts_of(&named);
        parts.action_names.clear();
        let mdp = Mdp::from_csr(parts).unwrap();
        let again = round_trip(&mdp, "table.tra");
        for (a, b) in again.rewards().iter().zip(mdp.rewards()) {
            prop_assert!((a - b).abs() <= 1e-15);
        }
        let mut parts = parts_of(&again);
        parts.reward = mdp.rewards().to_vec();
        prop_assert_eq!(&Mdp::from_csr(parts).unwrap(), &mdp);
        prop_assert_eq!(&round_trip(&again, "table.tra"), &again);
    }

    #[test]
    fn umb_round_trips_are_exact(seed in any::<u64>()) {
        let mdp = labelled(rich(seed, false));
        for name in ["table.umb", "table.umb.gz"] {
            prop_assert_eq!(&round_trip(&mdp, name), &mdp);
        }
        // Expectations are computed anew from the rewards of the branches: once more and nothing changes.
        let outcomes = labelled(rich(seed, true));
        let again = round_trip(&outcomes, "table.umb");
        prop_assert_eq!(again.branch_rewards(), outcomes.branch_rewards());
        for (a, b) in again.rewards().iter().zip(outcomes.rewards()) {
            prop_assert!((a - b).abs() <= 1e-15);
        }
        prop_assert_eq!(&round_trip(&again, "table.umb"), &again);
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
        assert_eq!(round_trip(&mdp, "t.drn"), mdp, "{name}");
        assert_eq!(round_trip(&mdp, "t.umb"), mdp, "{name}");
        // Doubles are exact in the binary file, and have ten digits in the text.
        let exact = read(&folder.join(format!("{name}.umb"))).unwrap();
        assert_eq!((exact.successors(), exact.branch_starts()), (mdp.successors(), mdp.branch_starts()), "{name}");
        assert_eq!((exact.initial(), exact.reward_names()), (mdp.initial(), mdp.reward_names()), "{name}");
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(x, y)| (x - y).abs() <= 1e-9 * x.abs());
        assert!(near(exact.probabilities(), mdp.probabilities()) && near(exact.rewards(), mdp.rewards()), "{name}");
        for (label, members) in mdp.labels() {
            assert_eq!(&exact.labels()[label], members, "{name}: {label}");
        }
        assert_eq!(round_trip(&exact, "t.umb.gz"), exact, "{name}");
    }
}

/// A UMB archive with these members.
fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        out.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    out.into_inner().unwrap()
}

fn read_archive(members: &[(&str, Vec<u8>)]) -> Result<Mdp> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.umb");
    fs::write(&path, archive(members)).unwrap();
    read(&path)
}

fn long(values: &[u64]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

const INDEX: &str = r##"{"format-version": 1, "format-revision": 0, "transition-system": {"time": "discrete", "#players": 1,
  "#states": 2, "#initial-states": 1, "#choices": 3, "#choice-actions": 2, "#branches": 4, "#branch-actions": 0,
  "#observations": 0, "branch-probability-type": {"type": "rational"}},
  "annotations": {"rewards": {"z": {"alias": "Z z", "applies-to": ["states", "choices", "branches"], "type": {"type": "double"}},
                              "cost": {"applies-to": ["choices"], "type": {"type": "int", "size": 32}}},
                  "aps": {"goal": {"applies-to": ["states"], "type": {"type": "bool", "size": 1}}}}}"##;

/// State 0 with two choices, the second in the order of actions first; state 1 with one.
fn members() -> Vec<(&'static str, Vec<u8>)> {
    let third = |n: i64| [n.to_le_bytes(), 3i64.to_le_bytes()].concat();
    let doubles = |values: &[f64]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    vec![
        ("index.json", INDEX.into()),
        ("state-to-choices.bin", long(&[0, 2, 3])),
        ("state-is-initial.bin", vec![0b10]),
        ("choice-to-branches.bin", long(&[0, 2, 3, 4])),
        ("branch-to-target.bin", long(&[0, 1, 1, 1])),
        ("branch-to-probability.bin", [third(1), third(2), third(3), third(3)].concat()),
        ("actions/choices/values.bin", [1u32, 0, 0].iter().flat_map(|x| x.to_le_bytes()).collect()),
        ("actions/choices/string-mapping.bin", long(&[0, 2, 5])),
        ("actions/choices/strings.bin", b"upfar".to_vec()),
        ("annotations/rewards/z/states/values.bin", doubles(&[10.0, 20.0])),
        ("annotations/rewards/z/choices/values.bin", doubles(&[1.0, 2.0, 3.0])),
        ("annotations/rewards/z/branches/values.bin", doubles(&[0.0, 0.75, 0.5, 0.0])),
        ("annotations/rewards/cost/choices/values.bin", [-1i32, 2, 3].iter().flat_map(|x| x.to_le_bytes()).collect()),
        ("annotations/aps/goal/states/values.bin", vec![2, 0, 0, 0, 0, 0, 0, 0]),
    ]
}

#[test]
fn umb_rewards_add_up_and_quotients_are_rounded() {
    let mdp = read_archive(&members()).unwrap();
    assert_eq!(mdp.probabilities(), [1.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]);
    assert_eq!((mdp.initial(), &mdp.labels()["goal"]), (&[(1, 1.0)][..], &vec![1]));
    // The reward that comes first in the file is in use, whatever its name.
    assert_eq!((mdp.reward_name(), mdp.reward_names()), (Some("Z z"), vec!["Z z", "cost"]));
    assert_eq!(mdp.branch_rewards(), Some(&[12.5, 11.0, 11.75, 23.0][..]));
    assert_eq!((mdp.rewards()[0], mdp.rewards()[2]), (12.5, 23.0));
    assert!((mdp.rewards()[1] - 11.5).abs() < 1e-14);
    assert_eq!(mdp.other_rewards()["cost"].expected, [2.0, -1.0, 3.0]);
    assert_eq!((mdp.action_names(), mdp.choice_actions()), (&["up".to_owned(), "far".into()][..], None));
    assert_eq!(round_trip(&mdp, "t.umb"), mdp);
}

#[test]
fn umb_rewards_that_apply_to_nothing_are_zero() {
    let mut members = members();
    members[0].1 = INDEX.replacen("[\"choices\"]", "[]", 1).into();
    let mdp = read_archive(&members).unwrap();
    assert_eq!(mdp.other_rewards()["cost"].expected, [0.0; 3]);
}

#[test]
fn umb_row_starts_may_be_left_out_where_every_row_has_one() {
    let index = r##"{"format-version": 0, "transition-system": {"time": "discrete", "#players": 0, "#states": 2,
        "#initial-states": 0, "#choices": 2, "#branches": 2}}"##;
    let mdp = read_archive(&[("./index.json", index.into()), ("branch-to-target.bin", long(&[1, 0]))]).unwrap();
    assert_eq!((mdp.successors(), mdp.probabilities(), mdp.rewards()), (&[1, 0][..], &[1.0, 1.0][..], &[0.0, 0.0][..]));
}

#[test]
fn umb_messages_say_what_is_supported() {
    let with = |name: &str, bytes: Option<Vec<u8>>| {
        let mut members = members();
        let place = members.iter().position(|(known, _)| *known == name).unwrap();
        match bytes {
            Some(bytes) => members[place].1 = bytes,
            None => drop(members.remove(place)),
        }
        read_archive(&members).unwrap_err().to_string()
    };
    for (from, to, part) in [
        ("\"format-version\": 1", "\"format-version\": 2", "says format version 2; supported is version 1"),
        ("\"discrete\"", "\"stochastic\"", "continuous; supported is `discrete`"),
        ("\"discrete\"", "\"urgent-stochastic\"", "continuous; supported is `discrete`"),
        ("\"discrete\"", "\"lunar\"", "time is `lunar`; supported is `discrete`"),
        ("\"#players\": 1", "\"#players\": 2", "2 players; supported are one"),
        ("\"#observations\": 0", "\"#observations\": 3", "only partly observable"),
        ("\"rational\"", "\"rational-interval\"", "intervals of probabilities (rational-interval); supported"),
        ("\"rational\"", "\"float\"", "type `float`; supported are double and rational"),
        ("\"rational\"", "\"rational\", \"size\": 100", "rational (a multiple of 16 bits)"),
        ("\"#states\": 2", "\"#states\": 4294967296", "fewer than 2^32"),
        ("\"#states\": 2", "\"#states\": 4000000000", "has 24 bytes; there should be 4000000001 times 8"),
        ("\"#branches\": 4", "\"#branches\": 4000000000", "has 32 bytes; there should be 4000000000 times 8"),
        ("\"int\"", "\"string\"", "type `string` with 32 bits; supported"),
        ("[\"choices\"]", "[\"players\"]", "reward `cost` of `players`; supported"),
        ("\"type\": \"bool\"", "\"type\": \"int\"", "not of type bool"),
        ("{\"alias\"", "{\"probability-type\": {\"type\": \"double\"}, \"alias\"", "a random reward `z`"),
        ("\"Z z\"", "\"cost\"", "two rewards are called `cost`"),
        ("{\"time\"", "[{\"time\"", "is not an index"),
    ] {
        assert!(INDEX.contains(from), "{from}");
        let message = with("index.json", Some(INDEX.replacen(from, to, 1).into()));
        assert!(message.contains(part), "{to}: {message}");
    }
    for (name, bytes, part) in [
        ("index.json", None, "no member `index.json`; it has"),
        ("branch-to-target.bin", None, "no member `branch-to-target.bin`"),
        ("state-to-choices.bin", None, "says 2 rows with 3 items, but there is no `state-to-choices.bin`"),
        ("state-to-choices.bin", Some(long(&[0, 3, 2])), "must start at 0, never fall, and end at 3"),
        ("branch-to-target.bin", Some(long(&[0, 1, 1, 9])), "leads to state 9"),
        ("branch-to-target.bin", Some(long(&[0, 1, 1, 1 << 40])), "indices should be below 2^32"),
        ("branch-to-probability.bin", Some(vec![0; 64]), "has denominator 0 in place 0"),
        ("state-is-initial.bin", Some(vec![]), "has 0 bytes, which is not 2 bits"),
        ("actions/choices/values.bin", Some(vec![7; 12]), "names action 117901063; there are 2"),
        ("actions/choices/string-mapping.bin", Some(long(&[0, 2, 9])), "must start at 0, never fall, and end at 5"),
        ("actions/choices/strings.bin", Some(vec![0xff; 5]), "is not UTF-8"),
    ] {
        let message = with(name, bytes);
        assert!(message.contains(part), "{name}: {message}");
    }
    let folder = TempDir::new().unwrap();
    let refused = write(&folder.path().join("t.umb.xz"), &rich(1, true), Format::Umb).unwrap_err().to_string();
    assert!(refused.contains("only read"), "{refused}");
}

/// Writes these files and reads the first.
fn read_files(files: &[(&str, &str)]) -> Result<Mdp> {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    read(&folder.path().join(files[0].0))
}

const PRISM: [(&str, &str); 4] = [
    ("m.tra", "3 4 5\n0 0 1 0.5 go\n0 0 2 0.5 go\n0 1 2 1 stop\n1 0 2 1\n2 0 2 1\n"),
    ("m.lab", "0=\"init\" 1=\"deadlock\" 2=\"my goal\"\n0: 0\n2: 1 2\n"),
    ("m1.srew", "# Reward structure \"time\"\n# State rewards\n3 2\n0 1\n1 0.5\n"),
    ("m2.trew", "3 4 2\n0 0 2 3\n0 1 2 7\n"),
];

#[test]
fn prism_files_are_found_by_their_stem() {
    let mdp = read_files(&PRISM).unwrap();
    assert_eq!((mdp.num_states(), mdp.num_choices(), mdp.num_branches()), (3, 4, 5));
    assert_eq!((mdp.reward_name(), mdp.reward_names()), (Some("time"), vec!["default", "time"]));
    assert_eq!(mdp.rewards(), [1.0, 1.0, 0.5, 0.0]);
    let second = mdp.clone().select_reward("default").unwrap();
    assert_eq!(
        (second.rewards(), second.branch_rewards()),
        (&[1.5, 7.0, 0.0, 0.0][..], Some(&[0.0, 3.0, 7.0, 0.0, 0.0][..]))
    );
    assert_eq!((&mdp.labels()["my goal"], mdp.initial()), (&vec![2], &[(0, 1.0)][..]));
    assert_eq!(mdp.action_names(), ["go", "stop", "0"]);
    // A chain has no column of choices.
    let chain = [("c.tra", "2 2\n0 1 1\n1 1 1\n"), ("c.trew", "2 1\n0 1 4\n"), ("c.srew", "2 1\n0 1\n")];
    assert_eq!(read_files(&chain).unwrap().rewards(), [5.0, 0.0]);
}

/// Headers of PRISM before and after version 4.7, which writes comments; actions in chains; files that are left out.
#[test]
fn prism_files_of_all_versions() {
    let tra = ("m.tra", "2 3 4\n0 0 0 0.5\n0 0 1 0.5\n0 1 1 1 b\n1 0 1 1\n");
    let plain = [("m.srew", "2 1\n0 2\n"), ("m.trew", "2 3 1\n0 0 1 4\n")];
    let titled = [
        ("m.srew", "# Reward structure \"r\"\n# State rewards\n2 1\n0 2\n"),
        ("m.trew", "# Reward structure \"r\"\n# Transition rewards\n2 3 1\n0 0 1 4\n"),
    ];
    // A reward without a name has a title without quotes.
    let untitled = [
        ("m.srew", "# Reward structure\n# State rewards\r\n2 1\r\n0 2\r\n"),
        ("m.trew", "# Reward structure\n# Transition rewards\n2 3 1\n0 0 1 4\n"),
    ];
    for (name, rewards) in [(None, plain), (Some("r"), titled), (None, untitled)] {
        let mdp = read_files(&[tra, rewards[0], rewards[1]]).unwrap();
        assert_eq!((mdp.rewards(), mdp.reward_name()), (&[4.0, 2.0, 0.0][..], name));
        assert_eq!(mdp.branch_rewards(), Some(&[2.0, 6.0, 2.0, 0.0][..]));
        assert_eq!(mdp.initial(), [(0, 1.0)], "without a file of labels the first state is initial");
        // Either file alone.
        assert_eq!(read_files(&[tra, rewards[0]]).unwrap().rewards(), [2.0, 2.0, 0.0]);
        assert_eq!(read_files(&[tra, rewards[1]]).unwrap().rewards(), [2.0, 0.0, 0.0]);
    }
    // A chain, with and without actions; rewards of its transitions; comments and blank lines anywhere.
    for line in ["0 1 1\n", "0 1 1 go\n", "# here\n\n0 1 1 go\n"] {
        let text = format!("2 2\n{line}1 1 1\n");
        let mdp = read_files(&[("c.tra", &text), ("c.trew", "# Transition rewards\n2 1\n0 1 3\n")]).unwrap();
        assert_eq!((mdp.rewards(), mdp.num_choices()), (&[3.0, 0.0][..], 2));
        assert_eq!(mdp.action_names().iter().any(|name| name == "go"), line.contains("go"));
    }
    // Labels without members, in any order, and none of a state.
    let lab = ("m.lab", "0=\"init\" 1=\"deadlock\" 2=\"a b\"\n1: 2 0\n");
    let mdp = read_files(&[tra, lab]).unwrap();
    assert_eq!((mdp.initial(), &mdp.labels()["a b"], &mdp.labels()["deadlock"]), (&[(1, 1.0)][..], &vec![1], &vec![]));
    // An interval of probabilities, as PRISM 4.8 writes for uncertain models.
    let interval = read_files(&[("i.tra", "1 1 1\n0 0 0 [0.9,1]\n")]).unwrap_err().to_string();
    assert!(interval.contains("line 2: `[0.9,1]` should be a number"), "{interval}");
    let far = read_files(&[("i.tra", "1 1 1\n0 4294967295 0 1\n")]).unwrap_err().to_string();
    assert!(far.contains("choice 4294967295 should be choice 0"), "{far}");
}

#[test]
fn prism_messages_name_the_line() {
    for (file, from, to, part) in [
        (0, "3 4 5", "3 4 6", "4 choices and 5 transitions, but the first line says 4 choices and 6 transitions"),
        (0, "3 4 5", "4 4 5", "state 3 has no transition"),
        (0, "3 4 5", "2 4 5", "line 6: state 2 is none of the 2 states"),
        (0, "3 4 5", "mdp", "should be `states choices transitions`"),
        (0, "1 0 2 1\n", "1 1 2 1\n", "line 5: choice 1 should be choice 0"),
        (0, "0 1 2 1 stop", "1 0 2 1 stop", "choice"),
        (0, "0 0 2 0.5", "0 0 2 0.4", "sum to 0.9"),
        (0, "0 0 2 0.5", "0 0 2 x", "line 3: `x` should be a number"),
        (1, "0=", "0:", "should be `NUMBER=\"NAME\"`"),
        (1, "2: 1 2", "2: 1 5", "label 5 is not declared"),
        (1, "2: 1 2", "9: 1", "state 9 is none of the 3 states"),
        (1, "2: 1 2", "2 1", "should be `STATE: LABEL LABEL"),
        (2, "3 2", "4 2", "it is for 4 states, but the table has 3"),
        (2, "3 2", "3 3", "there are 2 rewards, but the first line says 3"),
        (3, "0 1 2 7", "0 1 1 7", "line 3: there is no transition from state 0, choice 1 to state 1"),
        (3, "0 1 2 7", "0 4 1 7", "there is no transition from state 0, choice 4"),
    ] {
        let mut files = PRISM;
        assert!(files[file].1.contains(from), "{from}");
        let text = files[file].1.replacen(from, to, 1);
        files[file].1 = &text;
        let message = read_files(&files).unwrap_err().to_string();
        assert!(message.contains(part), "{to}: {message}");
    }
    // Files of an older table would be taken for rewards of this one.
    let folder = TempDir::new().unwrap();
    let mdp = read_files(&PRISM).unwrap();
    fs::write(folder.path().join("t3.srew"), "old").unwrap();
    let refused = write(&folder.path().join("t.tra"), &mdp, Format::Prism).unwrap_err().to_string();
    assert!(refused.contains("t3.srew would be read as a reward of this table"), "{refused}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn archives_written_by_other_tools() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    // Storm 2.0, xz: rewards of states, choices and branches, names that are no identifiers, named actions.
    let xz = data.join("storm-xz.umb");
    let mdp = read(&xz).unwrap();
    assert_eq!((mdp.num_states(), mdp.num_choices(), mdp.num_branches()), (3, 3, 4));
    assert_eq!(mdp.probabilities(), [0.25, 0.75, 1.0, 1.0]);
    assert_eq!((mdp.reward_names(), mdp.reward_name()), (vec!["r", "s t", "z"], Some("r")));
    assert_eq!(mdp.other_rewards()["z"].per_branch.as_deref(), Some(&[9.0, 11.0, 6.0, 0.0][..]));
    assert_eq!(mdp.other_rewards()["s t"].expected, [3.0, 4.0, 0.0]);
    assert_eq!((&mdp.labels()["q\"x"], &mdp.labels()["naïve,é"]), (&vec![1], &vec![2]));
    assert_eq!(mdp.action_names().len(), 3);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.umb");
    let bytes = fs::read(&xz).unwrap();
    for seed in 0..200 {
        fs::write(&path, &bytes[..bytes.len() * seed / 200]).unwrap();
        assert!(read(&path).is_err());
        fs::write(&path, damage(&bytes, seed as u64)).unwrap();
        let _ = read(&path);
    }
    // umbi 0.2.5: quotients of 256 bits.
    let mdp = read(&data.join("umbi-rational.umb")).unwrap();
    assert_eq!(mdp.probabilities(), [1.0 / 3.0, 2.0 / 3.0, 1.0, 0.5, 0.5]);
}

/// One model written by Storm 2.0 in both formats: rewards of states and of actions, named actions and one without a name,
/// labels.
#[test]
fn rewards_of_states_and_actions_by_storm() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in ["storm-rewards.umb", "storm-rewards.drn"] {
        let mdp = read(&data.join(name)).unwrap();
        assert_eq!((mdp.num_states(), mdp.num_choices(), mdp.num_branches()), (5, 7, 12), "{name}");
        let rows = |reward: &str| -> Vec<(usize, String, f64)> {
            let mdp = mdp.clone().select_reward(reward).unwrap();
            let of_state =
                |s: usize| mdp.choices(s).map(|c| (s, mdp.action_of(s, c), mdp.rewards()[c])).collect::<Vec<_>>();
            let named = |(s, a, r): (usize, usize, f64)| (s, mdp.action_names()[a].replace("__NOLABEL__", ""), r);
            let mut rows: Vec<_> = (0..5).flat_map(of_state).map(named).collect();
            rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
            rows
        };
        let row = |s: usize, a: &str, r: f64| (s, a.to_owned(), r);
        let energy =
            [(0, "go", 3.5), (0, "jump", 1.5), (1, "go", 3.5), (1, "jump", 1.625), (2, "go", 3.5), (3, "stop", 0.0)];
        let expected = |rows: &[(usize, &str, f64)]| -> Vec<_> {
            rows.iter().map(|&(s, a, r)| row(s, a, r)).chain([row(4, "", 0.0)]).collect()
        };
        assert_eq!(rows("energy"), expected(&energy), "{name}");
        assert_eq!(rows("steps"), expected(&energy.map(|(s, a, _)| (s, a, 1.0))), "{name}");
        assert_eq!(
            (&mdp.labels()["goal"], &mdp.labels()["odd"], mdp.initial()),
            (&vec![4], &vec![1, 3], &[(0, 1.0)][..])
        );
        for again in ["t.umb", "t.umb.gz", "t.npz"] {
            assert_eq!(round_trip(&mdp, again), mdp, "{name} as {again}");
        }
    }
}

/// Bits and lengths changed at random: what matters is that reading returns, with an error or with a valid table.
fn damage(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut rng = rng::fast(seed, Purpose::Generation, 5);
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + rng::below(&mut rng, 3) {
        let place = rng::below(&mut rng, bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        match rng::below(&mut rng, 4) {
            0 => bytes.truncate(place + 1),
            1 => bytes[place] = rng::below(&mut rng, 256) as u8,
            2 => bytes[place] ^= 1 << rng::below(&mut rng, 8),
            _ => drop(
                bytes.drain(place..(place + 1 + rng::below(&mut rng, 4)).min(bytes.len().saturating_sub(1)).max(place)),
            ),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(25))]

    #[test]
    fn damaged_files_are_errors_and_never_panics(seed in any::<u64>(), cut in any::<proptest::sample::Index>()) {
        let folder = TempDir::new().unwrap();
        for name in ["t.drn", "t.drn.gz", "t.umb", "t.umb.gz"] {
            let path = folder.path().join(name);
            write(&path, &rich(seed % 16, true), Format::of_path(&path).unwrap()).unwrap();
            let bytes = fs::read(&path).unwrap();
            for i in 0..8 {
                fs::write(&path, damage(&bytes, seed.wrapping_add(i))).unwrap();
                let _ = read(&path);
            }
            // A tar archive ends in blocks of zeros after a padded member; a text may lose its last digits.
            let end = bytes.len() - if name == "t.umb" { 1536 } else { 12 };
            fs::write(&path, &bytes[..cut.index(end)]).unwrap();
            prop_assert!(read(&path).is_err(), "{name}");
        }
        for i in 0..8 {
            fs::write(folder.path().join("t.umb"), damage(&archive(&members()), seed.wrapping_add(i))).unwrap();
            let _ = read(&folder.path().join("t.umb"));
            for (name, text) in PRISM {
                let bytes = if name == PRISM[i as usize % 4].0 { damage(text.as_bytes(), seed) } else { text.into() };
                fs::write(folder.path().join(name), bytes).unwrap();
            }
            let _ = read(&folder.path().join("m.tra"));
        }
    }
}
