//! What is computed: one unit for each problem, numbers by name.

use std::collections::BTreeMap;

use tabrl::bandits::Counts;
use tabrl::bandits::exact::{
    BetaBernoulli, BlockBandit, GittinsPolicy, GittinsTable, GridSearch, RunLengthFilter, SafeArm, SafeExit,
    best_window, doors_value, exploration_horizon, gittins_index, lai_robbins, myopic_doors_value,
};
use tabrl::bandits::policy::{self, Myopic};

use super::config::{Config, cell};
use super::reference::{DOORS, GITTINS, GRIDS, SAFE_EXITS};
use crate::Result;

/// The prior of all exact problems.
pub const UNIFORM: (f64, f64) = (1.0, 1.0);

/// The longest horizon in which exploring is looked for.
pub const LONGEST: usize = 200;

/// A problem.
#[derive(Debug, Clone, PartialEq)]
pub enum Exact {
    /// Optimal value and those of policies.
    Values(usize, usize),
    /// Gittins indices at a discount.
    Gittins(f64),
    /// The index of a fresh arm at each block length.
    Fresh,
    /// Reward a pull in blocks: mean length, pulls looked at.
    Block(usize, usize),
    /// The best window: steps, memory.
    Window(usize, usize),
    /// A safe arm of this mean.
    Safe(f64),
    /// Each condition taken away.
    Conditions,
    /// N doors.
    Doors,
    /// Hidden goals and safe exits.
    Grids,
    /// Constants of the lower bound.
    LaiRobbins,
}

/// All problems.
///
/// # Errors
/// A cell of another form.
pub fn tasks(config: &Config) -> Result<Vec<Exact>> {
    let mut tasks: Vec<Exact> = config.horizons.iter().map(|&horizon| Exact::Values(2, horizon)).collect();
    for text in &config.more_arms {
        let (arms, horizon) = cell(text)?;
        tasks.push(Exact::Values(arms, horizon));
    }
    tasks.extend(GITTINS.iter().map(|table| Exact::Gittins(table.discount)));
    tasks.push(Exact::Fresh);
    for text in &config.block_rewards {
        let (length, depth) = cell(text)?;
        tasks.push(Exact::Block(length, depth));
    }
    for &horizon in &config.windows {
        tasks.extend((0..=3).map(|memory| Exact::Window(horizon, memory)));
    }
    tasks.extend(config.safe.iter().map(|&safe| Exact::Safe(safe)));
    tasks.extend([Exact::Conditions, Exact::Doors, Exact::Grids, Exact::LaiRobbins]);
    Ok(tasks)
}

impl Exact {
    /// The name of the unit.
    pub fn name(&self) -> String {
        match self {
            Exact::Values(arms, horizon) => format!("values {arms}x{horizon}"),
            Exact::Gittins(discount) => format!("gittins {discount}"),
            Exact::Fresh => "fresh arm".into(),
            Exact::Block(length, _) => format!("block {length}"),
            Exact::Window(horizon, memory) => format!("window {memory} of {horizon}"),
            Exact::Safe(safe) => format!("safe arm {safe}"),
            Exact::Conditions => "conditions".into(),
            Exact::Doors => "doors".into(),
            Exact::Grids => "grids".into(),
            Exact::LaiRobbins => "lai-robbins".into(),
        }
    }

    /// The numbers.
    ///
    /// # Errors
    /// Settings out of range.
    pub fn compute(&self, config: &Config) -> Result<BTreeMap<String, f64>> {
        let mut facts = BTreeMap::new();
        let mut tell = |name: String, value: f64| {
            facts.insert(name, value);
        };
        match *self {
            Exact::Values(arms, horizon) => {
                let problem = BetaBernoulli::new(arms, horizon, UNIFORM)?;
                tell(format!("value {arms}x{horizon} optimal"), problem.optimal_value());
                tell(format!("value {arms}x{horizon} oracle"), problem.oracle_value());
                let all: Vec<&str> =
                    if arms == 2 { config.policies.iter().map(String::as_str).collect() } else { vec!["myopic"] };
                for name in all {
                    let policy = policy::make(name, UNIFORM, horizon)?;
                    tell(format!("value {arms}x{horizon} {name}"), problem.policy_value(policy.as_ref()));
                }
            }
            Exact::Gittins(discount) => {
                let table = GittinsTable::new(UNIFORM, discount, 12)?;
                for successes in 0..6 {
                    for failures in 0..6 {
                        let index = table.index(Counts { successes, failures }).unwrap_or(f64::NAN);
                        tell(format!("index {discount} {successes}:{failures}"), index);
                    }
                }
            }
            Exact::Fresh => {
                for &length in &config.lengths {
                    let index = gittins_index(UNIFORM, 1.0 - 1.0 / length as f64, 1e-7)?.value();
                    tell(format!("fresh {length}"), index);
                }
            }
            Exact::Block(length, depth) => {
                let blocks = BlockBandit::new(UNIFORM, length as f64, 1.0)?;
                let (lower, upper) = blocks.optimal_reward(depth)?;
                let middle = |(low, high): (f64, f64)| 0.5 * (low + high);
                let gittins = GittinsPolicy::discounted(UNIFORM, blocks.effective_discount(), depth)?;
                tell(format!("block {length} lower"), lower);
                tell(format!("block {length} upper"), upper);
                tell(format!("block {length} gittins"), blocks.policy_reward(depth, &gittins)?.0);
                tell(
                    format!("block {length} myopic"),
                    middle(blocks.policy_reward(depth, &Myopic { prior: UNIFORM })?),
                );
            }
            Exact::Window(horizon, memory) => {
                let found = best_window(horizon, (1, 1), memory, config.window_starts)?;
                tell(format!("window {memory} of {horizon}"), found.value);
                for name in found.rule.switch_names() {
                    tell(format!("window {memory} of {horizon} leaves after {name}"), 1.0);
                }
            }
            Exact::Safe(safe) => {
                let least = exploration_horizon(safe, UNIFORM, LONGEST)?;
                tell(format!("safe {safe} horizon"), least.map_or(f64::NAN, |steps| steps as f64));
                tell(format!("safe {safe} discount"), boundary(safe)?);
            }
            Exact::Conditions => conditions(config, &mut tell)?,
            Exact::Doors => {
                for (doors, safe, pulls, _) in DOORS {
                    tell(format!("doors {doors} {safe} {pulls}"), doors_value(doors, pulls, safe)?);
                    tell(format!("doors {doors} {safe} {pulls} myopic"), myopic_doors_value(doors, pulls, safe)?);
                }
            }
            Exact::Grids => {
                for (width, steps, values) in GRIDS {
                    let solved = GridSearch::new(width, steps, None)?.values(values.len())?;
                    for m in 1..=values.len() {
                        tell(format!("grid {width} {steps} {m}"), solved.optimal[m]);
                        tell(format!("grid {width} {steps} {m} myopic"), solved.myopic[m]);
                    }
                }
                for (reward, m, ..) in SAFE_EXITS {
                    let solved = GridSearch::new(3, 4, Some(SafeExit { cell: (0, 1), reward }))?.values(m)?;
                    tell(format!("exit {reward} {m}"), solved.optimal[m]);
                    tell(format!("exit {reward} {m} myopic"), solved.myopic[m]);
                }
            }
            Exact::LaiRobbins => {
                for (name, group) in &config.regret {
                    tell(format!("lai-robbins {name}"), lai_robbins(&group.means)?);
                }
            }
        }
        Ok(facts)
    }
}

/// The discount at which the index of a fresh arm is the safe mean: above it exploring pays. Not a number if there is none up to 0.995.
fn boundary(safe: f64) -> Result<f64> {
    let index = |discount: f64| Ok::<f64, crate::Error>(gittins_index(UNIFORM, discount, 1e-4)?.value());
    // Long futures are dear to compute, so the least that is long enough is looked for first.
    let mut low = 0.0;
    let mut above = None;
    for discount in [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995] {
        if index(discount)? > safe {
            above = Some(discount);
            break;
        }
        low = discount;
    }
    let Some(mut high) = above else { return Ok(f64::NAN) };
    for _ in 0..12 {
        let middle = 0.5 * (low + high);
        if index(middle)? > safe { high = middle } else { low = middle }
    }
    Ok(0.5 * (low + high))
}

/// The value over a block of T pulls of the optimal agent, and of the best agent without structure (arms drawn anew at every pull,
/// so that each pull is a first one), without memory (one arm for ever, or arms drawn by chance), and without credit (myopic).
fn conditions(config: &Config, tell: &mut impl FnMut(String, f64)) -> Result<()> {
    let (horizon, safe) = (config.conditions_horizon, config.conditions_safe);
    let steps = horizon as f64;
    let safe_arm = SafeArm::new(safe, UNIFORM, horizon)?;
    tell("conditions safe full".into(), safe_arm.optimal_value(horizon));
    tell("conditions safe structure".into(), steps * safe_arm.optimal_value(1));
    tell("conditions safe memory".into(), steps * safe.max(0.5));
    tell("conditions safe credit".into(), safe_arm.myopic_value(horizon));
    let two = BetaBernoulli::new(2, horizon, UNIFORM)?;
    let one = BetaBernoulli::new(2, 1, UNIFORM)?;
    tell("conditions alike full".into(), two.optimal_value());
    tell("conditions alike structure".into(), steps * one.optimal_value());
    tell("conditions alike memory".into(), best_window(horizon, (1, 1), 0, 0)?.value);
    tell("conditions alike credit".into(), two.policy_value(&Myopic { prior: UNIFORM }));
    // For comparison: the same blocks when their ends are not signalled, over a few pulls.
    for (name, hazard) in [("never", 0.0), ("fifth", 0.2), ("always", 1.0)] {
        tell(format!("unsignalled {name}"), RunLengthFilter::new(2, UNIFORM, hazard)?.optimal_value(6)?);
    }
    Ok(())
}
