//! Round trips, damaged files, and the meaning of each format.

use std::fs;
use std::path::PathBuf;

use ndarray::{Array2, ShapeBuilder, arr1, arr2, arr3};
use ndarray_npy::NpzWriter;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::mdp::{MdpBuilder, evaluate_finite};
use crate::rng::{self, Purpose};

/// A random table: with or without terminal states, gaps in the actions, rewards per outcome, labels and starts.
pub(super) fn random(seed: u64) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 3);
    let states = 1 + rng::below(&mut rng, 8);
    let gaps = rng::below(&mut rng, 2) == 1;
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        if s > 0 && rng::below(&mut rng, 5) == 0 {
            builder.terminal(s);
            continue;
        }
        for a in 0..3 {
            if gaps && a > 0 && rng::below(&mut rng, 2) == 0 {
                continue;
            }
            let p = rng::uniform(&mut rng);
            let r = rng::uniform(&mut rng) - 0.5;
            let second = if rng::below(&mut rng, 2) == 0 { r } else { -r / 3.0 };
            builder.choice(
                s,
                a,
                &[(p, rng::below(&mut rng, states), r), (1.0 - p, rng::below(&mut rng, states), second)],
            );
        }
    }
    if rng::below(&mut rng, 2) == 0 {
        let p = rng::uniform(&mut rng);
        builder
            .initial(0, p)
            .initial(rng::below(&mut rng, states), 1.0 - p)
            .label("goal", states - 1)
            .label("odd one", 0);
    }
    builder.build().unwrap()
}

fn file(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn sparse_and_gymnasium_round_trips_are_exact(seed in any::<u64>()) {
        let mdp = random(seed);
        let folder = TempDir::new().unwrap();
        let path = file(&folder, "table.npz");
        write(&path, &mdp, Format::Npz).unwrap();
        prop_assert_eq!(&read(&path).unwrap(), &mdp);
        let bytes = fs::read(&path).unwrap();
        write(&path, &mdp, Format::Npz).unwrap();
        prop_assert_eq!(bytes, fs::read(&path).unwrap());
        // A start in a terminal state cannot be told from an ordinary one in Gymnasium's dictionary.
        if mdp.initial().iter().all(|&(s, _)| !mdp.is_terminal(s as usize)) {
            let path = file(&folder, "table.json");
            write(&path, &mdp, Format::Gymnasium).unwrap();
            prop_assert_eq!(&read(&path).unwrap(), &mdp);
        }
    }

    #[test]
    fn dense_round_trips_keep_every_value(seed in any::<u64>()) {
        let mdp = random(seed);
        let folder = TempDir::new().unwrap();
        let path = file(&folder, "table.npz");
        if write(&path, &mdp, Format::NpzDense).is_ok() {
            let again = read(&path).unwrap();
            prop_assert_eq!(again.num_terminal(), mdp.num_terminal());
            let value = |mdp: &Mdp| evaluate_finite(mdp, &crate::mdp::Policy::uniform(mdp), 7).unwrap().values;
            for (a, b) in value(&mdp).iter().zip(value(&again)) {
                prop_assert!((a - b).abs() <= 1e-14);
            }
        } else {
            prop_assert!(!mdp.has_uniform_actions());
        }
    }

    #[test]
    fn damaged_files_are_errors_and_never_panics(seed in any::<u64>(), cut in 0usize..3000, flip in 0usize..3000, bits in 1u8..=255) {
        let folder = TempDir::new().unwrap();
        for name in ["table.npz", "table.json"] {
            let path = file(&folder, name);
            write(&path, &random(seed), Format::of_path(&path).unwrap()).unwrap();
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..cut % bytes.len()]).unwrap();
            prop_assert!(read(&path).is_err());
            let mut flipped = bytes.clone();
            flipped[flip % bytes.len()] ^= bits;
            fs::write(&path, flipped).unwrap();
            let _ = read(&path); // a flipped digit may still be a table; what matters is that it returns
        }
    }
}

/// Writes named arrays and reads them back as a table.
fn npz(fill: impl FnOnce(&mut NpzWriter<fs::File>)) -> Result<Mdp> {
    let folder = TempDir::new().unwrap();
    let path = file(&folder, "t.npz");
    let mut writer = NpzWriter::new_compressed(fs::File::create(&path).unwrap());
    fill(&mut writer);
    writer.finish().unwrap();
    read(&path)
}

#[test]
fn scipy_rows_with_terminal_states_and_fortran_rewards() {
    // Rows of states 0 and 1 with two actions; state 1 is terminal. Entries are unsorted, and one is a duplicate.
    let mdp = npz(|w| {
        w.add_array("data", &arr1(&[0.25, 0.25, 0.5, 1.0, 1.0, 1.0])).unwrap();
        w.add_array("indices", &arr1(&[1i32, 1, 0, 0, 1, 1])).unwrap();
        w.add_array("indptr", &arr1(&[0i32, 3, 4, 5, 6])).unwrap();
        let rewards = Array2::from_shape_vec((2, 2).f(), vec![1.0f32, 0.0, 2.0, 0.0]).unwrap();
        w.add_array("R", &rewards).unwrap();
        w.add_array("terminal", &arr1(&[false, true])).unwrap();
    })
    .unwrap();
    assert_eq!((mdp.num_states(), mdp.num_choices(), mdp.num_branches()), (2, 2, 4));
    assert!(mdp.is_terminal(1));
    assert_eq!(mdp.rewards(), [1.0, 2.0]);
}

#[test]
fn dense_rewards_per_outcome_become_expectations() {
    let mdp = npz(|w| {
        w.add_array("P", &arr3(&[[[0.5, 0.5]], [[0.0, 1.0]]])).unwrap();
        w.add_array("R", &arr3(&[[[2.0, 4.0]], [[0.0, 1.0]]])).unwrap();
        w.add_array("mu0", &arr1(&[0.25, 0.75])).unwrap();
    })
    .unwrap();
    assert_eq!(mdp.rewards(), [3.0, 1.0]);
    assert_eq!(mdp.initial(), [(0, 0.25), (1, 0.75)]);
}

#[test]
fn messages_say_what_where_and_what_would_be_right() {
    let message = |fill: fn(&mut NpzWriter<fs::File>)| npz(fill).unwrap_err().to_string();
    let missing = message(|w| w.add_array("Q", &arr1(&[1.0])).unwrap());
    assert!(missing.contains("holds the arrays [Q]") && missing.contains("transitions and rewards"), "{missing}");
    let rows = message(|w| {
        w.add_array("data", &arr1(&[1.0])).unwrap();
        w.add_array("indices", &arr1(&[0i64])).unwrap();
        w.add_array("indptr", &arr1(&[0i64, 1])).unwrap();
        w.add_array("R", &arr2(&[[0.0, 0.0]])).unwrap();
    });
    assert!(rows.contains("describes 1 rows") && rows.contains("there should be 2"), "{rows}");
    let sums = message(|w| {
        w.add_array("P", &arr3(&[[[0.6, 0.3], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]])).unwrap();
        w.add_array("R", &arr2(&[[0.0, 0.0], [0.0, 0.0]])).unwrap();
    });
    assert!(sums.contains("state 0, action 0") && sums.contains("0.89"), "{sums}");
    let negative = message(|w| {
        w.add_array("data", &arr1(&[1.0])).unwrap();
        w.add_array("indices", &arr1(&[-1i64])).unwrap();
        w.add_array("indptr", &arr1(&[0i64, 1])).unwrap();
        w.add_array("R", &arr2(&[[0.0]])).unwrap();
    });
    assert!(negative.contains("`indices` holds -1"), "{negative}");
    let typed = message(|w| {
        w.add_array("data", &arr1(&[1.0])).unwrap();
        w.add_array("indices", &arr1(&[0.5])).unwrap();
        w.add_array("indptr", &arr1(&[0i64, 1])).unwrap();
        w.add_array("R", &arr2(&[[f64::NAN]])).unwrap();
    });
    assert!(typed.contains("`indices` has type <f8"), "{typed}");
    let away = message(|w| {
        w.add_array("transitions", &arr2(&[[0i64, 7]])).unwrap();
        w.add_array("rewards", &arr2(&[[0.0f32, 1.0]])).unwrap();
    });
    assert!(away.contains("state 0, action 1 to 7"), "{away}");
    let folder = TempDir::new().unwrap();
    fs::write(file(&folder, "empty.npz"), b"").unwrap();
    let empty = read(&file(&folder, "empty.npz")).unwrap_err().to_string();
    assert!(empty.contains("empty or cut off"), "{empty}");
    assert!(read(&file(&folder, "absent.npz")).is_err());
    assert!(read(&file(&folder, "table.csv")).unwrap_err().to_string().contains("one of .npz, .json"));
}

#[test]
fn an_unwritable_place_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("missing").join("table.npz");
    assert!(matches!(write(&path, &random(1), Format::Npz), Err(Error::Io { .. })));
    let kept = file(&folder, "kept.npz");
    fs::write(&kept, b"old").unwrap();
    let full = write_atomically(&kept, |_| Err(std::io::Error::other("disk full")));
    assert!(full.unwrap_err().to_string().contains("disk full"));
    assert_eq!(fs::read(&kept).unwrap(), b"old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

fn gym(text: &str) -> Result<Mdp> {
    let folder = TempDir::new().unwrap();
    let path = file(&folder, "p.json");
    fs::write(&path, text).unwrap();
    read(&path)
}

#[test]
fn gymnasium_states_entered_only_at_the_end_are_terminal() {
    // 0 → 1 goes on, 1 → 2 ends; 2 is entered by ending transitions only.
    let mdp = gym(r#"{"0": {"0": [[1.0, 1, 0.0, false]]}, "1": {"0": [[0.5, 2, 1.0, true], [0.5, 0, 0.0, false]]},
                      "2": {"0": [[1.0, 2, 0.0, true]]}}"#)
    .unwrap();
    assert_eq!((mdp.num_states(), mdp.num_terminal()), (3, 1));
    assert_eq!(mdp.rewards(), [0.0, 0.5]);
    // State 1 is entered both ways, so the ending transition leads to an appended state.
    let mdp = gym(r#"[[[[1.0, 1, 0.0, false]], [[1.0, 1, 5.0, true]]], [[[1.0, 0, 0.0, false]]]]"#).unwrap();
    assert_eq!((mdp.num_states(), mdp.num_terminal()), (3, 1));
    assert_eq!(mdp.successors(), [1, 2, 0]);
}

#[test]
fn gymnasium_messages_name_the_place() {
    for (text, part) in [
        ("{", "not JSON"),
        (r#"{"a": []}"#, "key `a`"),
        (r#"{"1": [[[1.0, 0, 0.0, false]]]}"#, "keys should be 0..1"),
        (r#"[[[[1.0, 3, 0.0, false]]]]"#, "leads to state 3"),
        (r#"[[[[1.0, 0, 0.0]]]]"#, "[probability, next, reward, done]"),
        (r#"[[[[0.9, 0, 0.0, false]]]]"#, "sum to 0.9"),
        (r#"[[]]"#, "state 0 has no action"),
    ] {
        let message = gym(text).unwrap_err().to_string();
        assert!(message.contains(part), "{text}: {message}");
    }
}
