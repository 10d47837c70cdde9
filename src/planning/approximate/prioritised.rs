//! Prioritised sweeping: the state whose value would change most comes first.
//!
//! (Moore and Atkeson 1993; Peng and Williams 1993; the bound as priority: Wingate and Seppi 2005.) The priority of a state is an upper
//! bound of `|(T v)(s) − v(s)|`: a backup of `s` that changes it by `Δ` brings its own to at most `γ p(s|s, ·) |Δ|` and raises
//! that of each predecessor `t` by at most
//! ```text
//! γ max_a p(s|t, a) |Δ|
//! ```
//! So when no priority is above the target, neither is the residual. Priorities are kept in buckets by power of two, first come
//! first served within one, which costs `O(1)` a change where a heap costs `O(log S)`; what is backed up next is within a factor of
//! two of the largest.
//!
//! Cost: `4 (S + C + B)` bytes for the predecessors, `O(B)` once, and for a backup the branches of a state and of its
//! predecessors' choices. Pays where values change in few places at a time; on one thread.

use std::collections::VecDeque;

use super::Improvement;
use super::gauss_seidel::best_choice;
use crate::Result;
use crate::mdp::NO_CHOICE;
use crate::planning::bellman::Sweeper;
use crate::planning::graph::Predecessors;
use crate::planning::progress::{Progress, finite};

/// Backs up states by priority.
pub(super) fn run(sweeper: &Sweeper, v: &mut [f64], target: f64, progress: &mut Progress) -> Result<()> {
    let (mdp, gamma) = (sweeper.mdp(), sweeper.gamma());
    let predecessors = Predecessors::new(mdp);
    let mut step = Improvement::new(v.len());
    let mut queue = Queue::new(v.len(), target);
    let mut backups = 0;
    loop {
        // Rounding of the priorities, and of the values, is set right by a sweep.
        if step.residual(sweeper, v, progress)? <= target || progress.exhausted() {
            return Ok(());
        }
        progress.advance();
        queue.clear();
        (0..v.len())
            .filter(|&s| step.greedy[s] != NO_CHOICE)
            .for_each(|s| queue.raise(s, (step.swept[s] - v[s]).abs()));
        while let Some(s) = queue.pop() {
            let (best, _) = best_choice(sweeper, s, v);
            let change = (best - v[s]).abs();
            finite(change)?;
            v[s] = best;
            backups += 1;
            if backups == v.len() {
                backups = 0;
                progress.count(1, sweeper.bytes());
                if progress.exhausted() {
                    return Ok(());
                }
                progress.advance();
            }
            let choices = predecessors.of(s);
            for (i, &c) in choices.iter().enumerate() {
                if i > 0 && choices[i - 1] == c {
                    continue; // a second branch of the same choice
                }
                let p: f64 = mdp.branches(c as usize).map(|(t, p)| if t == s { p } else { 0.0 }).sum();
                queue.at_least(predecessors.owner(c as usize), gamma * p * change);
            }
            queue.settle();
        }
    }
}

/// Most powers of two above the target that are told apart.
const LEVELS: usize = 64;

/// States by priority, in buckets by power of two above the target.
struct Queue {
    target: f64,
    priority: Vec<f64>,
    /// The bucket that a state waits in; [`IDLE`] if none.
    level: Vec<u8>,
    buckets: Vec<VecDeque<u32>>,
    /// No bucket above holds a state.
    highest: usize,
    /// What a change adds to the predecessor at hand, so far.
    pending: Option<(usize, f64)>,
}

/// In no bucket.
const IDLE: u8 = u8::MAX;

impl Queue {
    fn new(states: usize, target: f64) -> Queue {
        let buckets = vec![VecDeque::new(); LEVELS];
        Queue { target, priority: vec![0.0; states], level: vec![IDLE; states], buckets, highest: 0, pending: None }
    }

    fn clear(&mut self) {
        self.priority.fill(0.0);
        self.level.fill(IDLE);
        self.buckets.iter_mut().for_each(VecDeque::clear);
        self.highest = 0;
    }

    /// Raises the priority of `s` by `change`.
    fn raise(&mut self, s: usize, change: f64) {
        self.priority[s] += change;
        let ratio = self.priority[s] / self.target;
        if ratio <= 1.0 {
            return;
        }
        // The exponent of a number is its place among the buckets.
        let exponent = (ratio.to_bits() >> 52) as usize;
        let level = (exponent.saturating_sub(1023)).min(LEVELS - 1);
        if self.level[s] == IDLE || usize::from(self.level[s]) < level {
            self.level[s] = level as u8;
            self.buckets[level].push_back(s as u32);
            self.highest = self.highest.max(level);
        }
    }

    /// One choice of `state` adds `change`; of all choices of a state, which come one after another, the largest counts.
    fn at_least(&mut self, state: usize, change: f64) {
        match &mut self.pending {
            Some((same, largest)) if *same == state => *largest = largest.max(change),
            _ => {
                self.settle();
                self.pending = Some((state, change));
            }
        }
    }

    /// Takes over what is pending.
    fn settle(&mut self) {
        if let Some((state, change)) = self.pending.take() {
            self.raise(state, change);
        }
    }

    /// The next state, its priority set to 0.
    fn pop(&mut self) -> Option<usize> {
        loop {
            while let Some(s) = self.buckets[self.highest].pop_front() {
                // An entry left behind when its state moved to a higher bucket is passed over.
                if usize::from(self.level[s as usize]) == self.highest {
                    self.level[s as usize] = IDLE;
                    self.priority[s as usize] = 0.0;
                    return Some(s as usize);
                }
            }
            if self.highest == 0 {
                return None;
            }
            self.highest -= 1;
        }
    }
}
