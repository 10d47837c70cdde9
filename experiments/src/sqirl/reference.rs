//! Values of an independent implementation (7 seeds pooled, 21 literal; powers of two for m). They are sampled, so claims
//! compare with slack.

/// The settings of the reference values.
pub const HORIZON: usize = 100;
/// Their stickiness.
pub const STICKY: f64 = 0.25;

/// Pooled SQIRL with sticky actions: environment, least m for k = 1, 2, 3 (`None`: none within 5 million steps).
pub type PooledRow = (&'static str, [Option<u64>; 3]);

/// The table of pooled SQIRL.
pub const POOLED: [PooledRow; 23] = [
    ("Empty-5x5", [Some(1), Some(1), Some(1)]),
    ("Empty-6x6", [Some(8), Some(2), Some(2)]),
    ("Empty-8x8", [Some(64), Some(8), Some(4)]),
    ("Empty-16x16", [None, None, None]),
    ("MultiRoom-N2-S4", [Some(128), Some(4), Some(1)]),
    ("LavaGapS5", [Some(16), Some(4), Some(2)]),
    ("LavaGapS6", [None, None, Some(16)]),
    ("LavaGapS7", [None, None, None]),
    ("SimpleCrossingS9N1", [Some(256), Some(64), Some(32)]),
    ("SimpleCrossingS9N2", [None, Some(256), Some(64)]),
    ("SimpleCrossingS9N3", [Some(64), Some(64), Some(16)]),
    ("LavaCrossingS9N1", [None, Some(256), Some(64)]),
    ("LavaCrossingS9N2", [None, Some(128), Some(64)]),
    ("LavaCrossingS9N3", [Some(256), Some(32), Some(32)]),
    ("DistShift1", [None, Some(128), Some(256)]),
    ("DistShift2", [None, Some(256), Some(256)]),
    ("DoorKey-5x5", [None, Some(64), Some(8)]),
    ("DoorKey-6x6", [None, None, Some(256)]),
    ("RedBlueDoors-6x6", [Some(128), Some(32), Some(16)]),
    ("KeyCorridorS3R1", [None, Some(128), Some(32)]),
    ("Unlock", [None, None, Some(128)]),
    ("FourRooms", [None, None, Some(256)]),
    ("SimpleCrossingS11N5", [None, None, None]),
];

/// GORP without stickiness: environment, least m for k = 1, 2, 3, by bisection with so many runs for each m.
pub type GorpRow = (&'static str, [u64; 3]);
/// Those runs.
pub const GORP_RUNS: u64 = 101;

/// The table of GORP by sampling.
pub const GORP: [GorpRow; 15] = [
    ("KeyCorridorS3R1", [46, 10, 2]),
    ("DoorKey-6x6", [125, 23, 4]),
    ("SimpleCrossingS9N1", [14, 3, 1]),
    ("SimpleCrossingS9N2", [25, 5, 1]),
    ("SimpleCrossingS9N3", [50, 9, 2]),
    ("LavaCrossingS9N1", [21, 4, 1]),
    ("LavaCrossingS9N2", [38, 8, 2]),
    ("LavaCrossingS9N3", [136, 27, 5]),
    ("DistShift1", [34, 6, 1]),
    ("DistShift2", [10, 2, 1]),
    ("Unlock", [91, 15, 3]),
    ("FourRooms", [179, 33, 5]),
    ("RedBlueDoors-6x6", [8, 2, 1]),
    ("LavaGapS7", [13, 3, 1]),
    ("Empty-16x16", [1240, 559, 348]),
];

/// The least m of GORP that the reference found.
pub fn gorp(environment: &str, k: usize) -> Option<u64> {
    GORP.iter().find(|row| row.0 == environment)?.1.get(k.checked_sub(1)?).copied()
}

/// Seeds of the reference's pooled and literal runs.
pub const SEEDS: [u64; 2] = [7, 21];

/// Literal SQIRL: environment, horizon, least m for k = 1, 2, 3 without and with sticky actions.
pub type LiteralRow = (&'static str, usize, [Option<u64>; 3], [Option<u64>; 3]);

/// The table of literal SQIRL (at most 20 million steps).
pub const LITERAL: [LiteralRow; 8] = [
    ("Empty-5x5", 8, [Some(16), Some(16), Some(16)], [Some(512), Some(512), Some(512)]),
    ("Empty-5x5", 12, [Some(8), Some(8), Some(8)], [Some(512), Some(1024), Some(1024)]),
    ("Empty-6x6", 12, [Some(128), Some(128), Some(64)], [Some(2048), Some(1024), Some(1024)]),
    ("LavaGapS5", 10, [Some(1024), Some(1024), Some(1024)], [Some(32768), Some(32768), Some(32768)]),
    ("LavaGapS5", 15, [Some(512), Some(512), Some(256)], [Some(65536), Some(16384), Some(16384)]),
    ("MultiRoom-N2-S4", 12, [Some(4096), Some(4096), Some(2048)], [None, Some(131072), Some(16384)]),
    ("MultiRoom-N2-S4", 20, [Some(1024), Some(256), Some(512)], [None, None, Some(16384)]),
    ("LavaGapS6", 15, [Some(8192), Some(8192), Some(8192)], [None, None, None]),
];

/// The expected least m of literal SQIRL.
pub fn literal(environment: &str, horizon: usize, sticky: bool, k: usize) -> Option<Option<u64>> {
    let row = LITERAL.iter().find(|row| row.0 == environment && row.1 == horizon)?;
    (if sticky { row.3 } else { row.2 }).get(k.checked_sub(1)?).copied()
}

/// The expected least m of pooled SQIRL.
pub fn pooled(environment: &str, k: usize) -> Option<Option<u64>> {
    let row = POOLED.iter().find(|row| row.0 == environment)?;
    row.1.get(k.checked_sub(1)?).copied()
}
