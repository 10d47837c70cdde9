//! The layouts that come with the toolkit: the maps MiniGrid draws for seed 0 (facts recorded from MiniGrid 2.2.1).

use super::Layout;

/// Name and text form of every layout.
const LAYOUTS: &[(&str, &str)] = &[
    ("Empty-5x5", include_str!("../../maps/minigrid/Empty-5x5.txt")),
    ("Empty-6x6", include_str!("../../maps/minigrid/Empty-6x6.txt")),
    ("Empty-8x8", include_str!("../../maps/minigrid/Empty-8x8.txt")),
    ("Empty-16x16", include_str!("../../maps/minigrid/Empty-16x16.txt")),
    ("Empty-Random-5x5", include_str!("../../maps/minigrid/Empty-Random-5x5.txt")),
    ("Empty-Random-6x6", include_str!("../../maps/minigrid/Empty-Random-6x6.txt")),
    ("DoorKey-5x5", include_str!("../../maps/minigrid/DoorKey-5x5.txt")),
    ("DoorKey-6x6", include_str!("../../maps/minigrid/DoorKey-6x6.txt")),
    ("DoorKey-8x8", include_str!("../../maps/minigrid/DoorKey-8x8.txt")),
    ("DoorKey-16x16", include_str!("../../maps/minigrid/DoorKey-16x16.txt")),
    ("MultiRoom-N2-S4", include_str!("../../maps/minigrid/MultiRoom-N2-S4.txt")),
    ("MultiRoom-N4-S5", include_str!("../../maps/minigrid/MultiRoom-N4-S5.txt")),
    ("MultiRoom-N6", include_str!("../../maps/minigrid/MultiRoom-N6.txt")),
    ("KeyCorridorS3R1", include_str!("../../maps/minigrid/KeyCorridorS3R1.txt")),
    ("KeyCorridorS3R2", include_str!("../../maps/minigrid/KeyCorridorS3R2.txt")),
    ("KeyCorridorS3R3", include_str!("../../maps/minigrid/KeyCorridorS3R3.txt")),
    ("KeyCorridorS4R3", include_str!("../../maps/minigrid/KeyCorridorS4R3.txt")),
    ("KeyCorridorS5R3", include_str!("../../maps/minigrid/KeyCorridorS5R3.txt")),
    ("KeyCorridorS6R3", include_str!("../../maps/minigrid/KeyCorridorS6R3.txt")),
    ("LavaCrossingS9N1", include_str!("../../maps/minigrid/LavaCrossingS9N1.txt")),
    ("LavaCrossingS9N2", include_str!("../../maps/minigrid/LavaCrossingS9N2.txt")),
    ("LavaCrossingS9N3", include_str!("../../maps/minigrid/LavaCrossingS9N3.txt")),
    ("LavaCrossingS11N5", include_str!("../../maps/minigrid/LavaCrossingS11N5.txt")),
    ("SimpleCrossingS9N1", include_str!("../../maps/minigrid/SimpleCrossingS9N1.txt")),
    ("SimpleCrossingS9N2", include_str!("../../maps/minigrid/SimpleCrossingS9N2.txt")),
    ("SimpleCrossingS9N3", include_str!("../../maps/minigrid/SimpleCrossingS9N3.txt")),
    ("SimpleCrossingS11N5", include_str!("../../maps/minigrid/SimpleCrossingS11N5.txt")),
    ("LavaGapS5", include_str!("../../maps/minigrid/LavaGapS5.txt")),
    ("LavaGapS6", include_str!("../../maps/minigrid/LavaGapS6.txt")),
    ("LavaGapS7", include_str!("../../maps/minigrid/LavaGapS7.txt")),
    ("DistShift1", include_str!("../../maps/minigrid/DistShift1.txt")),
    ("DistShift2", include_str!("../../maps/minigrid/DistShift2.txt")),
    ("FourRooms", include_str!("../../maps/minigrid/FourRooms.txt")),
    ("Unlock", include_str!("../../maps/minigrid/Unlock.txt")),
    ("UnlockPickup", include_str!("../../maps/minigrid/UnlockPickup.txt")),
    ("BlockedUnlockPickup", include_str!("../../maps/minigrid/BlockedUnlockPickup.txt")),
    ("RedBlueDoors-6x6", include_str!("../../maps/minigrid/RedBlueDoors-6x6.txt")),
    ("RedBlueDoors-8x8", include_str!("../../maps/minigrid/RedBlueDoors-8x8.txt")),
    ("LockedRoom", include_str!("../../maps/minigrid/LockedRoom.txt")),
    ("ObstructedMaze-1Dl", include_str!("../../maps/minigrid/ObstructedMaze-1Dl.txt")),
    ("ObstructedMaze-1Dlh", include_str!("../../maps/minigrid/ObstructedMaze-1Dlh.txt")),
    ("ObstructedMaze-1Dlhb", include_str!("../../maps/minigrid/ObstructedMaze-1Dlhb.txt")),
    ("ObstructedMaze-2Dl", include_str!("../../maps/minigrid/ObstructedMaze-2Dl.txt")),
    ("Fetch-5x5-N2", include_str!("../../maps/minigrid/Fetch-5x5-N2.txt")),
    ("Fetch-6x6-N2", include_str!("../../maps/minigrid/Fetch-6x6-N2.txt")),
    ("MemoryS7", include_str!("../../maps/minigrid/MemoryS7.txt")),
    ("MemoryS9", include_str!("../../maps/minigrid/MemoryS9.txt")),
    ("MemoryS11", include_str!("../../maps/minigrid/MemoryS11.txt")),
    ("MemoryS13", include_str!("../../maps/minigrid/MemoryS13.txt")),
];

/// The names of all layouts, in the order in which they are listed.
pub fn names() -> impl Iterator<Item = &'static str> {
    LAYOUTS.iter().map(|(name, _)| *name)
}

/// The layout of this name.
pub fn layout(name: &str) -> Option<Layout> {
    let (name, text) = LAYOUTS.iter().find(|(known, _)| *known == name)?;
    // Cannot fail: the maps are part of the program, and a test reads each of them.
    Some(Layout::parse(name, text).expect("a built-in layout is well formed"))
}
