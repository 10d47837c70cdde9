//! Numbers that the claims compare with: the authors' golden files, and tables of an independent implementation.

/// KeyCorridorS3R1, `Q¹` at the start: turn left, turn right, anything else.
pub const CORRIDOR_START: [f64; 3] = [0.00272750036, 0.00428443315, 0.00310058613];

/// KeyCorridorS3R1, smallest occupancies (golden file): state, state-action, and the same summed over time.
pub const CORRIDOR_OCCUPANCY: [f64; 4] = [2.1750839e-6, 3.62513984e-7, 2.90881211e-5, 4.84802018e-6];

/// Exact GORP(1, m): environment, least m, success probability with m and with m - 1.
pub const GORP: [(&str, u64, f64, Option<f64>); 6] = [
    ("Empty-5x5", 1, 0.86746, None),
    ("Empty-6x6", 1, 0.72506, None),
    ("Empty-8x8", 3, 0.62819, Some(0.42716)),
    ("LavaGapS5", 1, 0.91136, None),
    ("DoorKey-5x5", 17, 0.50832, Some(0.47887)),
    ("KeyCorridorS3R1", 50, 0.50248, Some(0.49383)),
];

/// GORP(1, m) by sampling (101 runs, bisection noise of about 15 % in m): environment, m.
pub const SAMPLED_GORP: [(&str, u64); 13] = [
    ("KeyCorridorS3R1", 46),
    ("DoorKey-6x6", 125),
    ("SimpleCrossingS9N1", 14),
    ("SimpleCrossingS9N2", 25),
    ("SimpleCrossingS9N3", 50),
    ("LavaCrossingS9N1", 21),
    ("LavaCrossingS9N2", 38),
    ("LavaCrossingS9N3", 136),
    ("DistShift1", 34),
    ("DistShift2", 10),
    ("Unlock", 91),
    ("FourRooms", 179),
    ("RedBlueDoors-6x6", 8),
];

/// A row of the shaping study: environment, shaping, `J*`, `J_rand` (four decimals), `k_min`, `W`.
pub type ShapedRow = (&'static str, &'static str, f64, f64, usize, usize);

/// The exact columns of the shaping study.
pub const SHAPED: [ShapedRow; 18] = [
    ("Empty-8x8", "none", 1.0, 0.1784, 1, 11),
    ("Empty-8x8", "distance", 2.1, 0.6972, 1, 1),
    ("SimpleCrossingS9N1", "none", 1.0, 0.0053, 1, 14),
    ("SimpleCrossingS9N1", "distance", 2.3, 0.2973, 1, 9),
    ("KeyCorridorS3R1", "none", 1.0, 0.0032, 1, 15),
    ("KeyCorridorS3R1", "distance", 1.3, -0.0555, 4, 15),
    ("KeyCorridorS3R1", "open-doors", 1.4, 0.1558, 1, 15),
    ("KeyCorridorS3R1", "pickup", 1.4, 0.1060, 1, 15),
    ("KeyCorridorS3R1", "open-doors+pickup", 1.8, 0.2586, 1, 15),
    ("KeyCorridorS3R1", "distance+open-doors+pickup", 2.1, 0.1999, 1, 15),
    ("DoorKey-5x5", "none", 1.0, 0.0086, 1, 11),
    ("DoorKey-5x5", "open-doors", 1.2, 0.0351, 1, 11),
    ("DoorKey-5x5", "pickup", 1.2, 0.1999, 1, 11),
    ("DoorKey-5x5", "open-doors+pickup", 1.4, 0.2264, 1, 11),
    ("DoorKey-5x5", "distance", 1.4, 0.0155, 3, 10),
    ("Unlock", "none", 1.0, 0.0016, 1, 15),
    ("Unlock", "open-doors", 1.2, 0.0019, 1, 15),
    ("Unlock", "pickup", 1.2, 0.0562, 1, 15),
];

/// GORP(1, m) with shaped rewards by sampling (51 runs): environment, shaping, m (`None`: unsolved within 10⁸ steps).
pub const SAMPLED_SHAPED_GORP: [(&str, &str, Option<u64>); 18] = [
    ("Empty-8x8", "none", Some(3)),
    ("Empty-8x8", "distance", Some(1)),
    ("SimpleCrossingS9N1", "none", Some(16)),
    ("SimpleCrossingS9N1", "distance", Some(2)),
    ("KeyCorridorS3R1", "none", Some(51)),
    ("KeyCorridorS3R1", "distance", None),
    ("KeyCorridorS3R1", "open-doors", Some(4)),
    ("KeyCorridorS3R1", "pickup", Some(6)),
    ("KeyCorridorS3R1", "open-doors+pickup", Some(3)),
    ("KeyCorridorS3R1", "distance+open-doors+pickup", Some(3)),
    ("DoorKey-5x5", "none", Some(17)),
    ("DoorKey-5x5", "open-doors", Some(3)),
    ("DoorKey-5x5", "pickup", Some(14)),
    ("DoorKey-5x5", "open-doors+pickup", Some(2)),
    ("DoorKey-5x5", "distance", None),
    ("Unlock", "none", Some(104)),
    ("Unlock", "open-doors", Some(104)),
    ("Unlock", "pickup", Some(6)),
];
