//! The claims, in the papers' order. Learning is sampled, so most are statistical: the intervals come from resampling seeds,
//! or are Wilson's for proportions.

mod gorp;
mod literal;
mod pooled;

pub(super) use pooled::best_steps;

use super::summary::{Attempt, least_interval};
use super::{Config, Results, reference};
use crate::Result;
use crate::runner::Claim;

const INDEPENDENT: &str = "independent implementation, validated against the authors' golden files";
const PAPER_1: &str = "Laidlaw, Russell, Dragan (NeurIPS 2023)";
const PAPER_2: &str = "Laidlaw, Zhu, Russell, Dragan (ICLR 2024)";

/// Judges every claim.
///
/// # Errors
/// Statistics that cannot be computed.
pub fn judge(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = vec![
        gorp::gorp_agrees(results),
        gorp::gorp_median(results)?,
        gorp::gorp_search(config, results),
        gorp::gorp_reference(results),
        gorp::steps_within_the_bound(config, results),
        gorp::shaped_agrees(results),
        gorp::distance_breaks_gorp(config, results),
        gorp::hints_help(results),
        literal::literal_table(config, results),
        literal::literal_improves(config, results),
        literal::literal_exact(config, results),
        literal::short_room(results)?,
        literal::literal_and_gorp(config, results),
        literal::below_the_bound(config, results),
    ];
    claims.extend(pooled::solved_counts(config, results));
    claims.extend([
        pooled::lookahead_helps(config, results)?,
        pooled::ranks(config, results)?,
        pooled::pooled_table(config, results),
        pooled::pooled_closer(config, results),
        gorp::collapse(config, results),
        pooled::pooled_survives(config, results),
    ]);
    claims.extend(quoted());
    Ok(claims)
}

fn quoted() -> Vec<Claim> {
    let draft = |id, what| Claim::draft(id, what, PAPER_2).note("needs the whole BRIDGE data set and deep networks");
    vec![
        draft("share-of-deep-rl", "SQIRL succeeds in 78 % of the environments where PPO or DQN do well").quoted(0.78),
        draft("deep-counts", "Sticky BRIDGE environments solved of 155 by PPO, DQN, SQIRL, GORP (from memory)")
            .quoted("98, 78, 77, 29"),
    ]
}

fn comparable(config: &Config) -> bool {
    config.horizon == reference::HORIZON && config.sticky == reference::STICKY
}

/// How often the least m itself, without its interval, is within a factor 2 of the reference.
#[derive(Debug, Default)]
struct Points {
    within: usize,
    all: usize,
}

impl Points {
    fn add(&mut self, found: Option<&Attempt>, expected: f64) {
        self.all += 1;
        self.within += usize::from(found.is_some_and(|at| (0.5..=2.0).contains(&(at.m as f64 / expected))));
    }
}

impl std::fmt::Display for Points {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "the least m itself is within the factor in {} of {}", self.within, self.all)
    }
}

/// Whether the 95 % interval of the least m that solves meets `expected / 2 ..= 2 expected`; the interval in words.
fn near(attempts: &[Attempt], threshold: f64, expected: f64) -> (bool, String) {
    let (low, high) = least_interval(attempts, threshold);
    (low <= 2.0 * expected && high >= expected / 2.0, format!("m in [{low}, {high}], expected {expected}"))
}
