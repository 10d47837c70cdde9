//! Regrets that others measured with implementations of their own (`mex.md`, section 8), by group and label.

/// A mean regret measured elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// The group.
    pub group: &'static str,
    /// The agent's label.
    pub label: &'static str,
    /// The mean regret after all episodes.
    pub regret: f64,
}

/// Where they stand.
pub const SOURCE: &str = "an RL text book's code, RiverSwim p01 = 0.4, H = 20, K = 2000, 20 seeds";

/// How far means may be apart.
pub const TOLERANCE: f64 = 0.3;

/// The regrets on RiverSwim.
pub const RIVER_SWIM: [Reference; 5] = [
    Reference { group: "riverswim", label: "epsilon-greedy", regret: 5944.0 },
    Reference { group: "riverswim", label: "UCB-Q", regret: 579.0 },
    Reference { group: "riverswim", label: "UCBVI staged", regret: 132.0 },
    Reference { group: "riverswim", label: "UCBVI pooled", regret: 16.9 },
    Reference { group: "riverswim", label: "PSRL", regret: 46.7 },
];

/// A regret after 30,000 episodes measured elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct LongReference {
    /// The group.
    pub group: &'static str,
    /// The agent's label.
    pub label: &'static str,
    /// The mean regret.
    pub regret: f64,
    /// Its ratio to that after half of the episodes.
    pub ratio: f64,
}

/// Where they stand.
pub const SOURCE_LONG: &str = "an RL text book's code, K = 30000, 10 runs";

const fn long(group: &'static str, label: &'static str, regret: f64, ratio: f64) -> LongReference {
    LongReference { group, label, regret, ratio }
}

/// The regrets of long runs.
pub const LONG_RUNS: [LongReference; 10] = [
    long("long-random", "epsilon 0.1", 3864.0, 1.78),
    long("long-random", "epsilon root", 2814.0, 1.63),
    long("long-random", "UCB-H 1", 28088.0, 1.71),
    long("long-random", "UCB-H 0.1", 3055.0, 1.36),
    long("long-random", "UCBVI-H 0.1", 892.0, 1.51),
    long("long-lock", "epsilon 0.1", 77279.0, 2.0),
    long("long-lock", "epsilon root", 77073.0, 1.99),
    long("long-lock", "UCB-H 1", 82325.0, 1.98),
    long("long-lock", "UCB-H 0.1", 28991.0, 1.29),
    long("long-lock", "UCBVI-H 0.1", 732.0, 1.04),
];

/// When DeepSea is solved, measured elsewhere: agent, depth, number of episodes.
pub const DEPTHS: [(&str, usize, f64); 3] = [("UCB-Q", 40, 2034.0), ("RLSVI", 40, 609.0), ("PSRL", 30, 1840.0)];

/// The exponents `p` of `T ~ N^p` from depth 10 on, measured elsewhere.
pub const EXPONENTS: [(&str, f64); 3] = [("UCB-Q", 2.41), ("PSRL", 2.53), ("RLSVI", 1.77)];

/// Exploitability of MEX summed over 1500 episodes of matrix games, measured elsewhere with three seeds: game, price, regret against the
/// best strategy of a lattice with spacing 1/20.
pub const MATRIX: [(&str, f64, f64); 8] = [
    ("rock-paper-scissors", 0.05, 23.5),
    ("rock-paper-scissors", 0.2, 18.4),
    ("rock-paper-scissors", 1.0, 21.4),
    ("rock-paper-scissors", 5.0, 116.0),
    ("general", 0.05, 59.0),
    ("general", 0.2, 40.0),
    ("general", 1.0, 77.0),
    ("general", 5.0, 70.0),
];
