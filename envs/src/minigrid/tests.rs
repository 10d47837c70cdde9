//! State counts, rewards of whole problems, and the registry.

use tabrl::mdp::{Mdp, enumerate};

use super::*;

fn model(name: &str, shaping: &str) -> MiniGrid {
    MiniGrid::new(layout(name).unwrap(), Rules::Paper, Shaping::parse(shaping).unwrap()).unwrap()
}

fn table(name: &str, shaping: &str) -> Mdp {
    enumerate(&model(name, shaping), 200_000).unwrap().mdp
}

fn living(mdp: &Mdp) -> usize {
    mdp.num_states() - mdp.num_terminal()
}

#[test]
fn numbers_of_states() {
    // Reachable states that do not end the episode, counted by an independent implementation.
    for (name, states) in [
        ("Empty-5x5", 32),
        ("Empty-6x6", 60),
        ("Empty-8x8", 140),
        ("Empty-16x16", 780),
        ("DoorKey-5x5", 260),
        ("DoorKey-6x6", 1272),
        ("DoorKey-8x8", 9152),
        ("MultiRoom-N4-S5", 5696),
        ("MultiRoom-N6", 11200),
        ("KeyCorridorS3R1", 156),
        ("KeyCorridorS3R2", 4688),
        ("KeyCorridorS3R3", 104_960),
        ("LavaCrossingS9N1", 168),
        ("LavaCrossingS9N2", 128),
        ("LavaCrossingS9N3", 48),
        ("LavaCrossingS11N5", 80),
        ("SimpleCrossingS9N1", 168),
        ("SimpleCrossingS9N3", 48),
        ("SimpleCrossingS11N5", 80),
        ("LavaGapS5", 16),
        ("LavaGapS7", 80),
        ("DistShift1", 112),
        ("FourRooms", 1036),
        ("Unlock", 1024),
        ("UnlockPickup", 17164),
        ("ObstructedMaze-1Dl", 3140),
        ("ObstructedMaze-1Dlh", 4164),
        ("ObstructedMaze-1Dlhb", 62520),
        ("RedBlueDoors-6x6", 196),
        ("RedBlueDoors-8x8", 436),
    ] {
        assert_eq!(living(&table(name, "none")), states, "{name}");
    }
}
