//! Each rule on a map made for it.

use tabrl::mdp::Branch;

use crate::minigrid::rules::{DONE, DROP, FORWARD, LEFT, PICKUP, RIGHT, TOGGLE};
use crate::minigrid::*;

fn world(text: &str) -> MiniGrid {
    MiniGrid::new(Layout::parse("world", text).unwrap(), Rules::Paper, Shaping::default()).unwrap()
}

/// Plays a word of actions: l, r, f, p, d, t and `.` for done. No step before the last one may end the episode.
fn play(model: &MiniGrid, actions: &str) -> Branch<State> {
    let start = Branch { probability: 1.0, next: model.start(), reward: 0.0, terminal: false };
    actions.chars().fold(start, |before, action| {
        assert!(!before.terminal, "ended before {action} of {actions}:\n{}", model.render(before.next));
        let action = match action {
            'l' => LEFT,
            'r' => RIGHT,
            'f' => FORWARD,
            'p' => PICKUP,
            'd' => DROP,
            't' => TOGGLE,
            _ => DONE,
        };
        model.step(before.next, action)
    })
}

/// The map after a word of actions, without its walls above and below.
fn drawn(model: &MiniGrid, actions: &str) -> String {
    let text = model.render(play(model, actions).next);
    text.lines().filter(|line| line.chars().any(|c| c != '#')).collect::<Vec<_>>().join(" | ")
}

#[test]
fn turning_and_walking() {
    let room = world("task goal\n\n####\n#..#\n#>.#\n####\n");
    assert_eq!(drawn(&room, "l"), "#..# | #^.#");
    assert_eq!(drawn(&room, "lf"), "#^.# | #..#");
    assert_eq!(drawn(&room, "lffff"), "#^.# | #..#");
    assert_eq!(drawn(&room, "r"), "#..# | #v.#");
    assert_eq!(drawn(&room, "ff"), "#..# | #.>#");
    for action in ["llll", "rrrr", "lr", "p", "d", "t", "."] {
        assert_eq!(play(&room, action).next, room.start(), "{action}");
    }
}

#[test]
fn the_edge_of_a_map_without_walls_is_a_wall() {
    let open = world("task goal\nk key red\n\n>k.\n...\n");
    for (turns, beyond) in [("l", "ftpd"), ("ll", "ftpd")] {
        assert_eq!(play(&open, &format!("{turns}{beyond}")).next, play(&open, turns).next);
    }
    assert_eq!(play(&open, "pld").next, play(&open, "pl").next);
}

#[test]
fn a_key_of_the_right_colour_unlocks_and_is_kept() {
    let hall = world("task goal\nk key yellow\nD door yellow locked\n\n######\n#>.D.#\n#k...#\n######\n");
    assert_eq!(drawn(&hall, "ftf"), "#.>D.# | #k...#");
    assert_eq!(drawn(&hall, "rplf"), "#.>D.# | #....# | carrying the yellow key");
    assert_eq!(drawn(&hall, "rplft"), "#.>/.# | #....# | carrying the yellow key");
    // From then on it opens and closes without the key, and is never locked again.
    assert_eq!(drawn(&hall, "rplftt"), "#.>d.# | #....# | carrying the yellow key");
    assert_eq!(drawn(&hall, "rplftrdlt"), "#.>d.# | #.k..#");
    assert_eq!(drawn(&hall, "rplftrdltt"), "#.>/.# | #.k..#");
}

#[test]
fn a_key_of_the_wrong_colour_or_a_ball_does_not_unlock() {
    for thing in ["key red", "ball yellow", "box yellow"] {
        let hall = world(&format!("task goal\nk {thing}\nD door yellow locked\n\n######\n#>kD.#\n######\n"));
        let carrying = play(&hall, "pf").next;
        assert_eq!(carrying.carried(), Some(0));
        assert_eq!(play(&hall, "pft").next, carrying, "{thing}");
    }
}

#[test]
fn a_closed_door_blocks_and_an_open_one_can_be_stood_on() {
    let hall = world("task goal\nd door grey closed\n\n######\n#>d..#\n######\n");
    assert_eq!(drawn(&hall, "f"), "#>d..#");
    assert_eq!(drawn(&hall, "tf"), "#.>..#");
    // From on top of it, toggle acts on the cell ahead: the door stays open.
    assert_eq!(play(&hall, "tft").next, play(&hall, "tf").next);
    assert_eq!(drawn(&hall, "tff"), "#./>.#");
    assert_eq!(drawn(&hall, "tffllt"), "#.d<.#");
    assert_eq!(drawn(&hall, "tffllff"), "#</..#");
}

#[test]
fn hands_hold_one_thing() {
    let hall = world("task goal\nk key red\no ball blue\n\n######\n#>ko.#\n######\n");
    assert_eq!(drawn(&hall, "p"), "#>.o.# | carrying the red key");
    assert_eq!(drawn(&hall, "pfp"), "#.>o.# | carrying the red key");
    assert_eq!(play(&hall, "pf").next, play(&hall, "pfp").next);
    assert_eq!(play(&hall, "pp").next, play(&hall, "p").next);
    // Things block the way.
    assert_eq!(play(&hall, "f").next, hall.start());
}

#[test]
fn things_are_dropped_onto_empty_cells_only() {
    let header = "task goal\nk key red\no ball blue\n_ floor green\nd door grey closed\n/ door grey open\nb box red\n";
    for (ahead, lands) in [
        ('.', true),
        ('#', false),
        ('o', false),
        ('b', false),
        ('_', false),
        ('d', false),
        ('/', false),
        ('G', false),
        ('L', false),
    ] {
        // The key is below; the cell in question ahead.
        let room = world(&format!("{header}\n####\n#>{ahead}#\n#k.#\n####\n"));
        let dropped = play(&room, "rpld").next;
        assert_eq!(dropped.carried().is_none(), lands, "{ahead}");
        let key = room.layout().object_at(9).unwrap();
        assert_eq!(dropped.objects[usize::from(key)], if lands { 6 } else { CARRIED }, "{ahead}");
    }
    let bare = world("task goal\n\n###\n#>.\n###\n");
    assert_eq!(play(&bare, "d").next, bare.start());
}

#[test]
fn floor_tiles_can_be_walked_on() {
    let hall = world("task goal\n_ floor green\n\n####\n#>_#\n####\n");
    assert_eq!(drawn(&hall, "f"), "#.>#");
    assert_eq!(drawn(&hall, "fllf"), "#<_#");
}

#[test]
fn a_box_is_replaced_by_what_is_in_it() {
    let hall = world("task goal\nb box grey key purple\nD door purple locked\n\n######\n#>b.D#\n######\n");
    assert_eq!(drawn(&hall, "t"), "#>k.D#");
    assert_eq!(drawn(&hall, "tpfft"), "#..>/# | carrying the purple key");
    // Carried, the box is no key; what is in it comes along.
    assert_eq!(drawn(&hall, "pfft"), "#..>D# | carrying the grey box");
    assert_eq!(drawn(&hall, "pfd"), "#.>bD#");
    assert_eq!(drawn(&hall, "pfdt"), "#.>kD#");
    let opened = play(&hall, "pfdtp").next;
    assert_eq!(opened.objects, [GONE, CARRIED, GONE, GONE]);
}

#[test]
fn an_empty_box_leaves_nothing() {
    let hall = world("task goal\nb box grey\n\n#####\n#>b.#\n#####\n");
    assert_eq!(drawn(&hall, "t"), "#>..#");
    assert_eq!(drawn(&hall, "tff"), "#..>#");
    assert_eq!(play(&hall, "t").next.objects[0], GONE);
}

#[test]
fn lava_ends_without_and_goal_with_reward() {
    let fork = world("task goal\n\n#####\n#L>G#\n#####\n");
    let goal = play(&fork, "f");
    assert_eq!((goal.reward, goal.terminal), (1.0, true));
    let lava = play(&fork, "llf");
    assert_eq!((lava.reward, lava.terminal), (0.0, true));
}

#[test]
fn picking_up_the_target_succeeds_and_destroying_it_does_not() {
    let room = world("task pickup b\nb box purple\nk key red\n\n####\n#>b#\n#k.#\n####\n");
    let done = play(&room, "p");
    assert_eq!((done.reward, done.terminal), (1.0, true));
    let destroyed = play(&room, "t");
    assert_eq!((destroyed.reward, destroyed.terminal, destroyed.next.objects[0]), (0.0, false, GONE));
    let other = play(&room, "rp");
    assert_eq!((other.reward, other.terminal), (0.0, false));
    assert!(!play(&room, "rplp").terminal); // hands full
}

#[test]
fn opening_the_door_succeeds() {
    let hall = world("task unlock D\nk key red\nD door red locked\nd door grey closed\n\n######\n#d>kD#\n######\n");
    assert!(!play(&hall, "llt").terminal);
    let done = play(&hall, "pft");
    assert_eq!((done.reward, done.terminal), (1.0, true));
}

#[test]
fn the_red_door_comes_before_the_blue_one() {
    let hall = world("task redblue r b\nr door red closed\nb door blue closed\n\n#####\n#r>b#\n#####\n");
    let right = play(&hall, "lltllt");
    assert_eq!((right.reward, right.terminal), (1.0, true));
    let wrong = play(&hall, "t");
    assert_eq!((wrong.reward, wrong.terminal), (0.0, true));
    // Closed again before the blue one opens: failure.
    let closed = play(&hall, "llttllt");
    assert_eq!((closed.reward, closed.terminal), (0.0, true));
}

#[test]
fn fetching_the_wrong_thing_ends_without_reward() {
    let hall = world("task fetch key blue\nk key blue\no ball blue\n\n#####\n#k>o#\n#####\n");
    let wrong = play(&hall, "p");
    assert_eq!((wrong.reward, wrong.terminal), (0.0, true));
    let right = play(&hall, "llp");
    assert_eq!((right.reward, right.terminal), (1.0, true));
}

#[test]
fn in_memory_two_cells_end_and_pickup_toggles() {
    let hall = world("task memory s f\ns empty\nf empty\nb box red\n\n#####\n#s>f#\n##b##\n#####\n");
    let wrong = play(&hall, "f");
    assert_eq!((wrong.reward, wrong.terminal), (0.0, true));
    let right = play(&hall, "llf");
    assert_eq!((right.reward, right.terminal), (1.0, true));
    let toggled = play(&hall, "rp").next;
    assert_eq!((toggled.carried(), toggled.objects[0]), (None, GONE));
}

#[test]
fn the_reward_of_minigrid_falls_with_time_and_its_counter_stops() {
    let layout = Layout::parse("world", "task goal\nmax_steps 10\n\n#####\n#>.G#\n#####\n").unwrap();
    let model = MiniGrid::new(layout, Rules::MiniGrid, Shaping::default()).unwrap();
    let done = play(&model, "ff");
    assert_eq!((done.next.steps, done.reward), (2, 1.0 - 0.9 * 0.2));
    let waited = play(&model, "............");
    assert_eq!((waited.next.steps, waited.terminal), (10, false));
    assert_eq!(play(&model, "............ff").reward, 1.0 - 0.9);
    // No counter under the papers' rules.
    assert_eq!(play(&world("task goal\n\n###\n#>#\n###\n"), "...").next.steps, 0);
}

#[test]
fn distance_counts_moves_and_turns() {
    use crate::minigrid::shaping::distance;
    let layout = Layout::parse("world", "task goal\n\n...\n.G.\n>..\n").unwrap();
    let from = |cell, direction| distance(&layout, State { cell, direction, ..State::start(&layout) }).unwrap();
    assert_eq!([0, 1, 2, 3].map(|d| from(4, d)), [0, 0, 0, 0]);
    // On a line: none, a quarter, a half turn.
    assert_eq!([0, 1, 2, 3].map(|d| from(3, d)), [1, 2, 3, 2]);
    assert_eq!([0, 1, 2, 3].map(|d| from(1, d)), [2, 1, 2, 3]);
    // Down left of it: looking right or up is as good, left or down as bad.
    assert_eq!([0, 1, 2, 3].map(|d| from(6, d)), [3, 4, 4, 3]);
    let target = Layout::parse("world", "task pickup b\nb box red\n\n>.b\n").unwrap();
    let start = State::start(&target);
    let with = |place| distance(&target, State { objects: [place, GONE, GONE, GONE], ..start });
    assert_eq!([with(2), with(CARRIED), with(GONE)], [Some(2), Some(0), None]);
}
