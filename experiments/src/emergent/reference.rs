//! Numbers computed independently, published numbers, and numbers that are quoted.

/// Where independent computations stand.
pub const COMPUTED: &str = "independent computation";
/// The paper.
pub const PAPER: &str = "Rentschler and Roberts (2025)";

/// V*, myopic, Thompson, UCB1, KL-UCB and MOSS of two uniform arms over T steps.
pub const TWO_ARMS: [(usize, [f64; 6]); 11] = [
    (1, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]),
    (2, [1.083333, 1.083333, 1.027778, 1.0, 1.0, 1.0]),
    (3, [1.666667, 1.666667, 1.576389, 1.583333, 1.583333, 1.583333]),
    (4, [2.277778, 2.275, 2.140486, 2.180556, 2.1875, 2.138889]),
    (5, [2.888889, 2.884722, 2.716380, 2.727778, 2.795833, 2.727778]),
    (6, [3.508333, 3.502282, 3.301515, 3.320833, 3.413021, 3.2]),
    (8, [4.759524, 4.749385, 4.492730, 4.405476, 4.647635, 4.366667]),
    (10, [6.021786, 6.005811, 5.704544, 5.600919, 5.898579, 5.548611]),
    (20, [12.431265, 12.365352, 11.931792, 11.523745, 12.231796, 11.642238]),
    (50, [31.996712, 31.660925, 31.207518, 29.810193, 31.573067, 30.472411]),
    (100, [64.918421, 63.975203, 63.880462, 61.078812, 64.195585, 62.648405]),
];
/// The policies of [`TWO_ARMS`].
pub const TWO_ARMS_POLICIES: [&str; 6] = ["optimal", "myopic", "thompson", "ucb1", "kl-ucb", "moss"];

/// Arms, steps, V*, myopic.
pub const MORE_ARMS: [(usize, usize, f64, f64); 7] = [
    (3, 5, 3.006944, 3.000926),
    (3, 10, 6.409643, 6.383116),
    (5, 5, 3.052083, 3.048611),
    (5, 10, 6.659988, 6.626225),
    (5, 15, 10.431543, 10.338891),
    (10, 5, 3.052083, 3.050386),
    (10, 10, 6.713951, 6.693082),
];

/// Gittins indices at a discount: a row for each number of failures from 0, a column for each of successes from 0.
pub struct GittinsRows {
    /// The discount.
    pub discount: f64,
    /// The rows.
    pub rows: &'static [[f64; 6]],
}

/// Gittins indices of arms with uniform prior.
#[allow(clippy::approx_constant)] // an index of 0.4342 is not a logarithm
pub const GITTINS: [GittinsRows; 3] = [
    GittinsRows {
        discount: 0.5,
        rows: &[[0.5590, 0.7060, 0.7772, 0.8199, 0.8485, 0.8691], [0.3758, 0.5359, 0.6289, 0.6899, 0.7333, 0.7658]],
    },
    GittinsRows {
        discount: 0.9,
        rows: &[
            [0.7029, 0.8001, 0.8452, 0.8723, 0.8905, 0.9039],
            [0.5001, 0.6346, 0.7072, 0.7539, 0.7869, 0.8115],
            [0.3796, 0.5163, 0.6010, 0.6579, 0.6996, 0.7318],
            [0.3021, 0.4342, 0.5184, 0.5809, 0.6276, 0.6642],
            [0.2488, 0.3720, 0.4561, 0.5179, 0.5676, 0.6071],
            [0.2103, 0.3245, 0.4058, 0.4677, 0.5168, 0.5581],
        ],
    },
    GittinsRows {
        discount: 0.99,
        rows: &[
            [0.8699, 0.9102, 0.9285, 0.9395, 0.9470, 0.9525],
            [0.7005, 0.7844, 0.8268, 0.8533, 0.8719, 0.8857],
            [0.5671, 0.6726, 0.7308, 0.7697, 0.7973, 0.8184],
            [0.4701, 0.5806, 0.6491, 0.6952, 0.7295, 0.7561],
        ],
    },
];

/// The index of a fresh arm in blocks of mean length n.
pub const FRESH: [(usize, f64); 15] = [
    (1, 0.5),
    (2, 0.5590),
    (3, 0.5951),
    (4, 0.6211),
    (5, 0.6413),
    (6, 0.6578),
    (7, 0.6716),
    (8, 0.6834),
    (10, 0.7029),
    (12, 0.7187),
    (15, 0.7378),
    (20, 0.7614),
    (30, 0.7927),
    (50, 0.8284),
    (100, 0.8699),
];

/// Reward a pull of two uniform arms in blocks of mean length n: optimal, myopic.
pub const BLOCKS: [(usize, f64, f64); 4] =
    [(2, 0.545507, 0.545229), (3, 0.565668, 0.565039), (5, 0.586855, 0.585658), (10, 0.609641, 0.607198)];

/// Best values under a memory of 0 to 3 pulls over T steps; the last column stems from a local search, so it is a lower bound.
pub const WINDOWS: [(usize, [f64; 4]); 5] = [
    (5, [2.5, 2.84444, 2.87778, 2.88889]),
    (10, [5.0, 5.79620, 5.96134, 5.99927]),
    (20, [10.0, 11.70391, 12.18577, 12.32593]),
    (50, [25.0, 29.42950, 31.02498, 31.51998]),
    (100, [50.0, 58.97260, 62.47791, 63.76699]),
];

/// The least number of steps over which exploring beside a safe arm pays.
pub const SAFE: [(f64, f64); 9] = [
    (0.5, 2.0),
    (0.55, 2.0),
    (0.6, 4.0),
    (0.65, 6.0),
    (0.7, 11.0),
    (0.75, 19.0),
    (0.8, 35.0),
    (0.85, 73.0),
    (0.9, 190.0),
];

/// Doors, safe reward, pulls, value.
pub const DOORS: [(usize, f64, usize, f64); 14] = [
    (4, 0.4, 1, 0.4),
    (4, 0.4, 2, 0.8),
    (4, 0.4, 3, 1.5),
    (4, 0.4, 4, 2.5),
    (4, 0.4, 5, 3.5),
    (4, 0.4, 10, 8.5),
    (8, 0.3, 3, 0.9),
    (8, 0.3, 4, 1.325),
    (8, 0.3, 5, 1.9),
    (8, 0.3, 6, 2.625),
    (8, 0.3, 8, 4.5),
    (8, 0.3, 10, 6.5),
    (8, 0.8, 10, 8.0),
    (8, 0.8, 20, 16.5),
];

/// Width, steps, values of blocks of 1, 2, ... episodes.
pub const GRIDS: [(usize, usize, &[f64]); 2] =
    [(3, 4, &[0.5, 1.5, 2.5, 3.5, 4.5, 5.5]), (4, 6, &[0.4, 1.2, 2.2, 3.2, 4.2])];

/// Reward of the safe exit, episodes, value, value of the myopic searcher.
pub const SAFE_EXITS: [(f64, usize, f64, f64); 8] = [
    (0.5, 2, 1.57143, 1.35714),
    (0.5, 5, 4.57143, 4.35714),
    (0.6, 2, 1.57143, 1.42857),
    (0.6, 5, 4.57143, 3.57143),
    (0.6, 8, 7.57143, 5.71429),
    (0.7, 5, 4.57143, 3.92857),
    (0.9, 3, 2.78571, 2.78571),
    (0.9, 8, 7.64286, 7.42857),
];

/// Group, constant of Lai and Robbins.
pub const LAI_ROBBINS: [(&str, f64); 6] = [
    ("two", 2.2521),
    ("nine-short", 7.5165),
    ("three", 3.5536),
    ("nine", 7.5165),
    ("rare", 17.4452),
    ("close", 44.6971),
];

/// Group, steps, and for each policy the mean pseudo-regret with half of its 95 % interval.
pub type RegretRow = (&'static str, usize, [(&'static str, f64, f64); 11]);

/// Mean pseudo-regret, simulated independently.
pub const REGRET: [RegretRow; 6] = [
    (
        "two",
        10000,
        [
            ("ucb1", 87.8, 2.0),
            ("ucb:1", 31.1, 1.4),
            ("kl-ucb", 16.0, 1.0),
            ("moss", 29.9, 1.3),
            ("thompson", 9.1, 0.7),
            ("thompson-normal:0.5", 17.8, 1.0),
            ("epsilon-greedy:0.1", 56.6, 1.9),
            ("greedy", 211.0, 46.0),
            ("explore-then-commit", 29.7, 8.8),
            ("exp3", 88.0, 1.5),
            ("tsallis-inf", 37.0, 1.3),
        ],
    ),
    (
        "nine-short",
        1000,
        [
            ("ucb1", 132.4, 0.6),
            ("ucb:1", 54.6, 0.6),
            ("kl-ucb", 35.2, 0.5),
            ("moss", 47.0, 0.5),
            ("thompson", 28.6, 0.7),
            ("thompson-normal:0.5", 43.3, 0.7),
            ("epsilon-greedy:0.1", 63.2, 2.0),
            ("greedy", 40.9, 4.1),
            ("explore-then-commit", 83.4, 4.3),
            ("exp3", 114.2, 0.7),
            ("tsallis-inf", 84.0, 0.8),
        ],
    ),
    (
        "nine",
        10000,
        [
            ("ucb1", 330.5, 3.0),
            ("ucb:1", 101.2, 1.9),
            ("kl-ucb", 58.4, 1.3),
            ("moss", 87.3, 1.5),
            ("thompson", 41.1, 1.1),
            ("thompson-normal:0.5", 68.9, 1.6),
            ("epsilon-greedy:0.1", 429.0, 7.0),
            ("greedy", 420.0, 82.0),
            ("explore-then-commit", 276.0, 33.0),
            ("exp3", 355.0, 3.0),
            ("tsallis-inf", 165.0, 2.0),
        ],
    ),
    (
        "three",
        1000,
        [
            ("ucb1", 46.1, 0.3),
            ("ucb:1", 22.4, 0.3),
            ("kl-ucb", 13.2, 0.3),
            ("moss", 22.7, 0.3),
            ("thompson", 11.1, 0.4),
            ("thompson-normal:0.5", 17.2, 0.4),
            ("epsilon-greedy:0.1", 19.2, 0.8),
            ("greedy", 34.3, 2.6),
            ("explore-then-commit", 24.3, 1.6),
            ("exp3", 41.7, 0.3),
            ("tsallis-inf", 28.5, 0.4),
        ],
    ),
    (
        "rare",
        10000,
        [
            ("ucb1", 500.0, 2.0),
            ("ucb:1", 297.0, 3.0),
            ("kl-ucb", 113.0, 2.0),
            ("moss", 189.0, 3.0),
            ("thompson", 83.0, 4.0),
            ("thompson-normal:0.5", 184.0, 3.0),
            ("epsilon-greedy:0.1", 149.0, 16.0),
            ("greedy", 480.0, 42.0),
            ("explore-then-commit", 227.0, 36.0),
            ("exp3", 445.0, 12.0),
            ("tsallis-inf", 432.0, 16.0),
        ],
    ),
    (
        "close",
        10000,
        [
            ("ucb1", 592.0, 6.0),
            ("ucb:1", 264.0, 6.0),
            ("kl-ucb", 255.0, 6.0),
            ("moss", 179.0, 6.0),
            ("thompson", 180.0, 12.0),
            ("thompson-normal:0.5", 165.0, 5.0),
            ("epsilon-greedy:0.1", 217.0, 25.0),
            ("greedy", 683.0, 64.0),
            ("explore-then-commit", 571.0, 66.0),
            ("exp3", 450.0, 13.0),
            ("tsallis-inf", 376.0, 18.0),
        ],
    ),
];

/// Noise, and mean Bayes regret with half of its 95 % interval for 2 arms and 100 steps, 10 and 100, 10 and 1000.
pub const NOISE: [(&str, [(f64, f64); 3]); 10] = [
    ("fresh 0", [(2.75, 0.09), (11.5, 0.2), (92.3, 3.9)]),
    ("fresh 0.25", [(2.20, 0.07), (9.2, 0.1), (48.9, 2.3)]),
    ("fresh 0.5", [(2.06, 0.05), (8.8, 0.1), (22.2, 1.1)]),
    ("fresh 0.75", [(2.30, 0.04), (11.4, 0.1), (22.5, 0.5)]),
    ("fresh 1", [(2.70, 0.03), (14.5, 0.1), (32.4, 0.4)]),
    ("fresh 2", [(4.58, 0.04), (24.6, 0.1), (83.0, 0.5)]),
    ("constant 0.25", [(2.16, 0.05), (9.2, 0.1), (38.8, 1.7)]),
    ("constant 1", [(6.26, 0.05), (19.9, 0.1), (126.0, 1.0)]),
    ("frozen 0.5", [(4.32, 0.13), (14.0, 0.2), (113.0, 4.0)]),
    ("frozen 1", [(7.41, 0.20), (15.6, 0.2), (117.0, 5.0)]),
];
/// The cells of [`NOISE`].
pub const NOISE_CELLS: [&str; 3] = ["2x100", "10x100", "10x1000"];

/// Cell, total reward of Thompson sampling (independent simulation), published by Duan et al. (2016) as remembered.
pub const RL2: [(&str, f64, f64); 9] = [
    ("5x10", 5.8, 5.7),
    ("10x10", 5.6, 5.5),
    ("50x10", 5.1, 5.2),
    ("5x100", 75.0, 74.7),
    ("10x100", 77.1, 76.7),
    ("50x100", 64.5, 64.5),
    ("5x500", 402.2, 402.0),
    ("10x500", 431.3, 429.5),
    ("50x500", 425.9, 427.2),
];

/// What the paper's agent and its baselines are said to have earned a pull, from an unreviewed secondary source.
pub const QUOTED: [(&str, &str, f64); 5] = [
    ("agent", "Mean reward of the paper's full agent, three arms", 0.704),
    ("thompson", "Mean reward of Thompson sampling beside it", 0.614),
    ("epsilon-greedy", "Mean reward of epsilon-greedy beside it", 0.499),
    ("no-structure", "Mean reward of the paper's agent with blocks of one pull", -0.083),
    ("no-memory", "Mean reward of the paper's agent with a context of 32 tokens", -0.052),
];
