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
