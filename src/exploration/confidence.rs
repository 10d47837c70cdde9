//! The most that a step can be worth if the true law is only known to be near the empirical one: what UCRL2 and KL-UCRL share.
//!
//! ```text
//! r̃ = min(r_max, r̂ + d_r(n)),     max { p · V : p within d_p(n) of p̂ }         (all of the simplex where n = 0)
//! ```

use super::inner::{self, Outcome};
use super::{Counts, Setup};
use crate::learning::Value;

/// Which distributions are near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// `‖p − p̂‖₁ ≤ √(14 S ln(2 A t / δ) / n)` (UCRL2).
    L1,
    /// `|p_i − p̂_i| ≤ √(14 p̂_i (1 − p̂_i) ℓ / n) + 49 ℓ / (3 (n − 1))`, `ℓ = ln(2 S A (t + 1) / δ)` (UCRL2 with Bernstein's bound).
    Bernstein,
    /// `KL(p̂ ‖ p) ≤ S (B + ln G (1 + 1/G)) / n`, `B = ln(2 e S² A ln t / δ)`, `G = B + 1 / ln t` (KL-UCRL).
    Kl,
}

impl Value for Region {
    fn read(text: &str) -> Option<Region> {
        match text.trim() {
            "l1" => Some(Region::L1),
            "bernstein" => Some(Region::Bernstein),
            "kl" => Some(Region::Kl),
            _ => None,
        }
    }
    fn write(self) -> String {
        match self {
            Region::L1 => "l1",
            Region::Bernstein => "bernstein",
            Region::Kl => "kl",
        }
        .into()
    }
}

/// A set of models around what was counted, at some time `t`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Confidence {
    pub region: Region,
    /// Factor of all radii: 1 in theory.
    pub scale: f64,
    pub delta: f64,
    /// Steps so far, at least 1.
    pub time: f64,
}

impl Confidence {
    /// `(radius of the mean reward, radius of p)` of a row with `n` visits; for `Bernstein` the second is unused.
    fn radii(&self, setup: &Setup, n: f64) -> (f64, f64) {
        let (states, actions) = (setup.mdp.num_states() as f64, setup.mdp.num_actions() as f64);
        let Confidence { delta, time, scale, .. } = *self;
        let reward = setup.reward_width() * (3.5 * (2.0 * states * actions * time / delta).ln() / n).sqrt();
        let p = match self.region {
            Region::L1 => (14.0 * states * (2.0 * actions * time / delta).ln() / n).sqrt(),
            Region::Bernstein => 0.0,
            Region::Kl => {
                let log = time.max(3.0).ln();
                let b = (2.0 * std::f64::consts::E * states * states * actions * log / delta).ln();
                let g = b + 1.0 / log;
                states * (b + g.ln() * (1.0 + 1.0 / g)) / n
            }
        };
        (scale * reward, scale * p)
    }

    /// `r̃ + max p · v` of a row. `order` lists all states from the best `v` to the worst; `room` is working space.
    pub fn worth(
        &self,
        setup: &Setup,
        counts: &Counts,
        row: usize,
        v: &[f64],
        order: &[u32],
        room: &mut Vec<Outcome>,
    ) -> f64 {
        let best = v[order[0] as usize];
        if counts.visits(row) == 0 {
            return setup.reward_range.1 + best;
        }
        let n = f64::from(counts.visits(row));
        let (reward, radius) = self.radii(setup, n);
        let reward = (counts.mean_reward(row) + reward).min(setup.reward_range.1);
        room.clear();
        match self.region {
            Region::Bernstein => {
                room.extend(order.iter().map(|&s| Outcome { index: s, value: v[s as usize], p: 0.0 }));
                for &(s, m) in counts.successors(row) {
                    if let Some(outcome) = room.iter_mut().find(|outcome| outcome.index == s) {
                        outcome.p = f64::from(m) / n;
                    }
                }
                let size = (setup.mdp.num_states() * setup.mdp.num_actions()) as f64;
                let log = (2.0 * size * (self.time + 1.0) / self.delta).ln();
                let fast = if n > 1.0 { 49.0 * log / (3.0 * (n - 1.0)) } else { 1.0 };
                inner::boxed(room, |outcome| {
                    self.scale.sqrt() * (14.0 * outcome.p * (1.0 - outcome.p) * log / n).sqrt() + self.scale * fast
                });
            }
            Region::L1 | Region::Kl => {
                room.extend(counts.successors(row).iter().map(|&(s, m)| Outcome {
                    index: s,
                    value: v[s as usize],
                    p: f64::from(m) / n,
                }));
                inner::sort(room);
                if room[0].value < best {
                    room.insert(0, Outcome { index: order[0], value: best, p: 0.0 });
                }
                if self.region == Region::L1 { inner::l1(room, radius) } else { inner::kl(room, radius) }
            }
        }
        reward + inner::mean(room)
    }
}

/// All states from the best `v` to the worst; equals by index.
pub(super) fn order_by_value(v: &[f64], order: &mut [u32]) {
    order.sort_unstable_by(|&a, &b| v[b as usize].total_cmp(&v[a as usize]).then(a.cmp(&b)));
}
