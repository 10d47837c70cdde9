//! Blocks of T pulls of two arms, and the exact value of a policy that is deterministic given what it has seen.

use rand_distr::{Beta, Distribution};

use crate::bandits::Counts;
use crate::bandits::exact::{check_prior, check_probability};
use crate::rng::{self, Fast};
use crate::{Error, Result};

/// Where the mean of an arm comes from, at the start of each block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ArmLaw {
    /// The same in every block.
    Known(f64),
    /// Drawn from Beta(a, b).
    Beta(f64, f64),
}

/// T pulls of two Bernoulli arms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Task {
    arms: [ArmLaw; 2],
    pulls: usize,
    redrawn: bool,
}

impl Task {
    /// An arm of known mean and an unknown one: exploring pays only later.
    ///
    /// # Errors
    /// A mean outside [0, 1], or no pull.
    pub fn safe_arm(mean: f64, pulls: usize) -> Result<Task> {
        Task::new([ArmLaw::Known(mean), ArmLaw::Beta(1.0, 1.0)], pulls)
    }

    /// Two unknown arms, Beta(1, 1) each.
    ///
    /// # Errors
    /// No pull.
    pub fn exchangeable(pulls: usize) -> Result<Task> {
        Task::new([ArmLaw::Beta(1.0, 1.0); 2], pulls)
    }

    /// Two arms of any law, with means that last for a block.
    ///
    /// # Errors
    /// A mean outside [0, 1], parameters that are no prior's, or no pull.
    pub fn new(arms: [ArmLaw; 2], pulls: usize) -> Result<Task> {
        if pulls == 0 {
            return Err(Error::Parameter { name: "horizon", value: 0.0, expected: "at least 1" });
        }
        for arm in arms {
            match arm {
                ArmLaw::Known(mean) => check_probability("mean", mean)?,
                ArmLaw::Beta(a, b) => check_prior((a, b))?,
            }
        }
        Ok(Task { arms, pulls, redrawn: false })
    }

    /// The task with means that are drawn again before every pull, or not: without structure there is nothing to learn about a block.
    pub fn redrawn(self, redrawn: bool) -> Task {
        Task { redrawn, ..self }
    }

    /// T.
    pub fn pulls(&self) -> usize {
        self.pulls
    }

    /// Whether the means are drawn again before every pull.
    pub fn is_redrawn(&self) -> bool {
        self.redrawn
    }

    /// Means of the arms, drawn.
    pub(super) fn draw(&self, random: &mut Fast) -> [f64; 2] {
        self.arms.map(|arm| match arm {
            ArmLaw::Known(mean) => mean,
            // Beta(1, 1) is uniform, which costs one number.
            ArmLaw::Beta(1.0, 1.0) => rng::uniform(random),
            ArmLaw::Beta(a, b) => Beta::new(a, b).map_or(a / (a + b), |law| law.sample(random)),
        })
    }

    /// Probability that the next pull of an arm with these counts pays.
    pub(super) fn predictive(&self, arm: usize, counts: Counts) -> f64 {
        match self.arms[arm] {
            ArmLaw::Known(mean) => mean,
            ArmLaw::Beta(a, b) if self.redrawn => a / (a + b),
            ArmLaw::Beta(a, b) => counts.posterior_mean((a, b)),
        }
    }
}

/// A policy that is a function of what was seen: of a state that pulls and rewards change.
pub trait Greedy {
    /// What the policy knows.
    type State: Clone;
    /// At the start of a block.
    fn start(&self) -> Self::State;
    /// Probability of the second arm.
    fn second(&self, state: &Self::State, step: usize) -> f64;
    /// After pulling `arm` at `step` and seeing whether it paid.
    fn after(&self, state: &Self::State, step: usize, arm: usize, paid: bool) -> Self::State;
}

/// What a policy does when deployed, exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Deployed {
    /// Expected reward of a block.
    pub value: f64,
    /// Probability that the second arm is pulled at all.
    pub tried: f64,
    /// Expected number of pulls of an arm whose posterior mean is below that of the other one: exploration that costs reward now.
    pub directed: f64,
    /// Entropy of the arms of the first two pulls, in nats.
    pub entropy: f64,
}

/// Most pulls of a block that is expanded, and most nodes of its tree.
const MOST_PULLS: usize = 26;
const MOST_NODES: u64 = 1 << 28;

/// Plays a policy, exactly: by expanding every sequence of rewards (2^T of them for a deterministic policy).
///
/// # Errors
/// More than 26 pulls, or a policy that draws its arms so often that the tree has more than 2^28 nodes.
pub fn exact_value<P: Greedy>(task: &Task, policy: &P) -> Result<Deployed> {
    let refused = |reason: String| Err(Error::NotApplicable { method: "the expansion of all rewards", reason });
    if task.pulls > MOST_PULLS {
        let reason = format!("{0} pulls have 2^{0} sequences of rewards; take at most {MOST_PULLS} pulls", task.pulls);
        return refused(reason);
    }
    let mut walk = Walk { task, policy, found: Deployed::default(), first: [0.0; 4], nodes: 0 };
    walk.expand(&policy.start(), 0, [Counts::default(); 2], 1.0, 0);
    if walk.nodes > MOST_NODES {
        return refused(
            "the policy draws its arms, so that there are more than 2^28 histories; take fewer pulls".into(),
        );
    }
    let terms = walk.first.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln());
    // Adding 0 makes the empty sum 0 and not -0.
    walk.found.entropy = terms.sum::<f64>() + 0.0;
    Ok(walk.found)
}

struct Walk<'a, P> {
    task: &'a Task,
    policy: &'a P,
    found: Deployed,
    /// Probability of each pair of first arms (of each first arm, if there is one pull).
    first: [f64; 4],
    nodes: u64,
}

impl<P: Greedy> Walk<'_, P> {
    /// `arms`: the first arms so far, as a binary number.
    fn expand(&mut self, state: &P::State, step: usize, counts: [Counts; 2], reach: f64, arms: usize) {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return;
        }
        if step == 2.min(self.task.pulls) {
            self.first[arms] += reach;
        }
        if step == self.task.pulls || reach == 0.0 {
            self.found.tried += if counts[1].pulls() > 0 { reach } else { 0.0 };
            return;
        }
        let second = self.policy.second(state, step);
        let means = [0, 1].map(|arm| self.task.predictive(arm, counts[arm]));
        for (arm, chosen) in [(0, 1.0 - second), (1, second)] {
            if chosen == 0.0 {
                continue;
            }
            let pays = means[arm];
            self.found.value += reach * chosen * pays;
            self.found.directed += if pays < means[1 - arm] - 1e-12 { reach * chosen } else { 0.0 };
            let arms = if step < 2 { 2 * arms + arm } else { arms };
            for (paid, p) in [(true, pays), (false, 1.0 - pays)] {
                let mut more = counts;
                more[arm] = counts[arm].after(paid);
                let next = self.policy.after(state, step, arm, paid);
                self.expand(&next, step + 1, more, reach * chosen * p, arms);
            }
        }
    }
}
