//! `tabrl show`: the text, the pictures, and what it says about bad input.

use std::path::Path;
use std::process::{Command, Output};

fn show(arguments: &[&str], out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tabrl"));
    command.arg("show").args(arguments).arg("--out").arg(out).env_remove("COLUMNS").output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_map_is_shown_as_text_and_as_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let output = show(&["minigrid/DoorKey-5x5", "--discount", "0.9"], folder.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    // The way out with the door open: up, right through the door, down to the goal.
    let map = [
        "███████→ 0.66 → 0.73 ↓ 0.90 ███████",
        "███████↑ 0.53 ███████↓ 1.00 ███████",
        "███████↑ 0.48 ███████G      ███████",
    ];
    assert!(text(&output.stdout).contains(&map.join("\n")), "{}", text(&output.stdout));
    let svg = std::fs::read_to_string(folder.path().join("minigrid-DoorKey-5x5.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("directions and objects"));
    let png = std::fs::read(folder.path().join("minigrid-DoorKey-5x5.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
}

#[test]
fn another_setting_is_another_picture_and_json_is_all_of_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let output = show(&["riverswim", "--set", "n=4", "--format", "json"], folder.path());
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["states"], &answer["actions"][3]), (&4.into(), &"right".into()));
    assert_eq!(answer["values"].as_array().unwrap().len(), 4);
    assert!(folder.path().join("riverswim-n=4.png").exists());
}

#[test]
fn bad_input_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "in the way").unwrap();
    let cases: [(&[&str], &Path, &str); 4] = [
        (&["riverswin"], folder.path(), "did you mean `riverswim`?"),
        (&["riverswim", "--set", "m=4"], folder.path(), "parameter"),
        (&["riverswim", "--discount", "1"], folder.path(), "discount = 1"),
        (&["riverswim"], &folder.path().join("file"), "cannot write"),
    ];
    for (arguments, out, says) in cases {
        let output = show(arguments, out);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(says), "{arguments:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
}
