//! How well one can play while remembering only the last k pulls.
//!
//! Two Bernoulli arms. A rule says, for each window of the last (at most) k pulls, whether to stay on the arm or to switch; what
//! counts is which pulls were on the arm pulled last, and what they paid, so that both arms are treated alike. The first pull is
//! on either arm. Given the means (p₁, p₂) the windows are a Markov chain, and the value is a polynomial in them of degree at most T
//! in each; Gauss–Legendre quadrature integrates it exactly. Rules do not depend on time.

use rayon::prelude::*;

use super::quadrature::gauss_legendre;
use super::size::check_prior;
use crate::rng::{self, Purpose};
use crate::{Error, Result};

/// Longest window.
const LONGEST: usize = 3;

/// Where to switch: one entry for each window, in the order of [`WindowRule::window_name`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowRule {
    memory: usize,
    switch: Vec<bool>,
}

/// The best rule found, and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct BestWindow {
    /// Its exact Bayes value.
    pub value: f64,
    /// The rule; with no memory there is none to speak of.
    pub rule: WindowRule,
    /// Whether all rules were compared; otherwise the value is a lower bound of the best, by local search from many starts.
    pub exhaustive: bool,
}

/// Number of windows of length 1..=k: 2 (1 + 4 + ... + 4^(k-1)).
fn num_windows(memory: usize) -> usize {
    (0..memory).map(|i| 2 << (2 * i)).sum()
}

/// A window: its length, and for each pull from the last one back, whether it was on the arm pulled last and whether it paid.
/// The bits of `code` from the lowest: paid, then (other arm, paid) for each pull further back.
fn decode(mut window: usize) -> (usize, usize) {
    let mut length = 1;
    while window >= 2 << (2 * (length - 1)) {
        window -= 2 << (2 * (length - 1));
        length += 1;
    }
    (length, window)
}

fn encode(length: usize, code: usize) -> usize {
    num_windows(length - 1) + code
}

/// The window after a pull that stayed or switched and paid or not, of at most `memory` pulls.
fn follow(memory: usize, window: usize, switch: bool, paid: bool) -> usize {
    let (length, code) = decode(window);
    // The pull before gets its own bit "other arm", and those before it are seen from the new arm.
    let mut back = usize::from(switch) | (code & 1) << 1;
    for i in 0..length - 1 {
        let pull = code >> (1 + 2 * i) & 3;
        back |= (pull ^ usize::from(switch)) << (2 * (i + 1));
    }
    let length = (length + 1).min(memory);
    let mask = (1 << (2 * (length - 1))) - 1;
    encode(length, usize::from(paid) | (back & mask) << 1)
}

impl WindowRule {
    /// The rule that remembers `memory` pulls and switches where `switch` says so, one entry for each of the 2 (1 + 4 + ... + 4^(k-1)) windows.
    ///
    /// # Errors
    /// More than 3 pulls, or another number of entries.
    pub fn new(memory: usize, switch: Vec<bool>) -> Result<WindowRule> {
        if memory > LONGEST {
            let expected = "at most 3 pulls (longer ones have too many rules)";
            return Err(Error::Parameter { name: "window", value: memory as f64, expected });
        }
        if switch.len() != num_windows(memory) {
            let (found, expected) = (vec![switch.len()], vec![num_windows(memory)]);
            return Err(Error::Shape { what: "the switches of a window".into(), found, expected });
        }
        Ok(WindowRule { memory, switch })
    }

    /// k.
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// Whether to switch after each window.
    pub fn switches(&self) -> &[bool] {
        &self.switch
    }

    /// A window from the last pull back: `W` or `L` for a win or a loss on the arm pulled last, `w` or `l` on the other arm.
    pub fn window_name(window: usize) -> String {
        let (length, code) = decode(window);
        let mut name = String::from(if code & 1 == 1 { "W" } else { "L" });
        for i in 0..length - 1 {
            let pull = code >> (1 + 2 * i) & 3;
            name.push(['L', 'l', 'W', 'w'][pull]);
        }
        name
    }

    /// The windows after which the rule switches, by name.
    pub fn switch_names(&self) -> Vec<String> {
        (0..self.switch.len()).filter(|&window| self.switch[window]).map(WindowRule::window_name).collect()
    }
}

/// Pairs of means with their weights, and the steps: what a value is computed from.
struct Evaluator {
    horizon: usize,
    /// The smaller and the larger of two means.
    means: [Vec<f64>; 2],
    weights: Vec<f64>,
    /// Weight of the first pull.
    total: f64,
}

/// Pairs that are followed together: few enough for their masses to stay near the processor.
const TOGETHER: usize = 256;

impl Evaluator {
    /// Exact if `nodes` is at least (T + a + b - 1)/2.
    fn new(horizon: usize, (a, b): (u32, u32), nodes: usize) -> Evaluator {
        let density = |x: f64| x.powi(a as i32 - 1) * (1.0 - x).powi(b as i32 - 1);
        let nodes = gauss_legendre(nodes);
        let norm: f64 = nodes.iter().map(|&(x, w)| w * density(x)).sum();
        let weighted: Vec<(f64, f64)> = nodes.iter().map(|&(x, w)| (x, w * density(x) / norm)).collect();
        // Both arms are alike, so that a pair stands for itself and its mirror image.
        let (mut means, mut weights) = ([Vec::new(), Vec::new()], Vec::new());
        for (i, &(x, w)) in weighted.iter().enumerate() {
            for (j, &(y, v)) in weighted[..=i].iter().enumerate() {
                means[0].push(x);
                means[1].push(y);
                weights.push(if i == j { w * v } else { 2.0 * w * v });
            }
        }
        Evaluator { horizon, means, weights, total: weighted.iter().map(|&(x, w)| x * w).sum() }
    }

    /// The value of a rule. The first pull is on either arm with the same probability; by symmetry of the prior that is no loss.
    fn value(&self, rule: &WindowRule) -> f64 {
        let starts = (0..self.weights.len()).step_by(TOGETHER);
        self.total + starts.map(|from| self.later(rule, from..(from + TOGETHER).min(self.weights.len()))).sum::<f64>()
    }

    /// What all pulls after the first are worth, of some pairs.
    fn later(&self, rule: &WindowRule, range: std::ops::Range<usize>) -> f64 {
        let (pairs, weights) = (range.len(), &self.weights[range.clone()]);
        let means = [&self.means[0][range.clone()], &self.means[1][range]];
        let states = 2 * rule.switch.len();
        // Mass of (window, arm pulled last), for each pair of means.
        let mut now = vec![0.0; states * pairs];
        let mut next = now.clone();
        let mut live = vec![false; states];
        for paid in [false, true] {
            for arm in [0, 1] {
                let state = 2 * usize::from(paid) + arm;
                live[state] = true;
                for i in 0..pairs {
                    let p = means[arm][i];
                    now[state * pairs + i] = 0.5 * weights[i] * if paid { p } else { 1.0 - p };
                }
            }
        }
        let mut value = 0.0;
        for _ in 1..self.horizon {
            let mut reached = vec![false; states];
            next.fill(0.0);
            for state in (0..states).filter(|&state| live[state]) {
                let (window, arm) = (state / 2, state % 2);
                let switch = rule.switch[window];
                let arm = arm ^ usize::from(switch);
                let mass = &now[state * pairs..(state + 1) * pairs];
                let p = means[arm];
                for paid in [false, true] {
                    let to = 2 * follow(rule.memory, window, switch, paid) + arm;
                    reached[to] = true;
                    let into = &mut next[to * pairs..(to + 1) * pairs];
                    if paid {
                        for i in 0..pairs {
                            into[i] += mass[i] * p[i];
                        }
                    } else {
                        for i in 0..pairs {
                            into[i] += mass[i] * (1.0 - p[i]);
                        }
                    }
                }
                value += mass.iter().zip(p).map(|(m, p)| m * p).sum::<f64>();
            }
            std::mem::swap(&mut now, &mut next);
            live = reached;
        }
        value
    }
}

/// Nodes that integrate the value exactly.
fn exact_nodes(horizon: usize, (a, b): (u32, u32)) -> usize {
    (horizon + (a + b) as usize - 1).div_ceil(2).max(1)
}

fn check(horizon: usize, memory: usize, prior: (u32, u32)) -> Result<()> {
    check_prior((f64::from(prior.0), f64::from(prior.1)))?;
    if prior.0.max(prior.1) > 20 {
        let (name, value) = ("prior", f64::from(prior.0.max(prior.1)));
        return Err(Error::Parameter { name, value, expected: "at most 20" });
    }
    if !(1..=200).contains(&horizon) {
        return Err(Error::Parameter { name: "horizon", value: horizon as f64, expected: "from 1 to 200" });
    }
    if memory > LONGEST {
        let value = memory as f64;
        return Err(Error::Parameter {
            name: "window",
            value,
            expected: "at most 3 pulls (longer ones have too many rules)",
        });
    }
    if memory > horizon {
        let reason = format!("a window of {memory} pulls is longer than the horizon {horizon}; take at most {horizon}");
        return Err(Error::NotApplicable { method: "a memory window", reason });
    }
    Ok(())
}

/// The exact Bayes value of a rule over `horizon` pulls, prior Beta(a, b) with whole a and b.
///
/// # Errors
/// Numbers out of range, or a window longer than the horizon.
pub fn window_value(horizon: usize, prior: (u32, u32), rule: &WindowRule) -> Result<f64> {
    check(horizon, rule.memory, prior)?;
    if rule.memory == 0 {
        return Ok(no_memory(horizon, prior));
    }
    Ok(Evaluator::new(horizon, prior, exact_nodes(horizon, prior)).value(rule))
}

/// Without memory every pull pays the prior mean.
fn no_memory(horizon: usize, (a, b): (u32, u32)) -> f64 {
    horizon as f64 * f64::from(a) / f64::from(a + b)
}

/// The best rule with a window of `memory` pulls (0 to 3). With up to 2 pulls all rules are compared; with 3, rules are improved
/// one entry at a time, from the best rule of 2 pulls and from `starts` random ones.
///
/// # Errors
/// Numbers out of range, or a window longer than the horizon.
pub fn best_window(horizon: usize, prior: (u32, u32), memory: usize, starts: usize) -> Result<BestWindow> {
    check(horizon, memory, prior)?;
    if memory == 0 {
        let rule = WindowRule { memory: 0, switch: Vec::new() };
        return Ok(BestWindow { value: no_memory(horizon, prior), rule, exhaustive: true });
    }
    let windows = num_windows(memory);
    let exhaustive = memory <= 2;
    // All rules are compared exactly, if all are; in a search few nodes tell good rules from bad ones, and what is returned is valued exactly.
    let nodes = exact_nodes(horizon, prior);
    let coarse = Evaluator::new(horizon, prior, if exhaustive { nodes } else { nodes.min(12) });
    let exact = Evaluator::new(horizon, prior, nodes);
    let mut candidates: Vec<WindowRule> = if exhaustive {
        let rule = |bits: usize| WindowRule { memory, switch: (0..windows).map(|i| bits >> i & 1 == 1).collect() };
        (0..1usize << windows).map(rule).collect()
    } else {
        let shorter = best_window(horizon, prior, memory - 1, starts)?.rule;
        let lifted = (0..windows).map(|window| {
            let (length, code) = decode(window);
            let length = length.min(memory - 1);
            shorter.switch[encode(length, code & ((2 << (2 * (length - 1))) - 1))]
        });
        let mut rules = vec![WindowRule { memory, switch: lifted.collect() }];
        rules.extend((0..starts).map(|start| {
            let mut stream = rng::fast(0, Purpose::Generation, start as u64);
            WindowRule { memory, switch: (0..windows).map(|_| rng::below(&mut stream, 2) == 1).collect() }
        }));
        rules.into_par_iter().map(|rule| climb(&coarse, rule)).collect()
    };
    let mut values: Vec<(usize, f64)> =
        candidates.par_iter().map(|rule| coarse.value(rule)).collect::<Vec<f64>>().into_iter().enumerate().collect();
    values.sort_by(|a, b| b.1.total_cmp(&a.1));
    let finalists: Vec<(usize, f64)> = values.iter().take(16).map(|&(i, _)| (i, exact.value(&candidates[i]))).collect();
    // Of equal rules the first stays.
    let best = finalists.into_iter().reduce(|best, other| if other.1 > best.1 + 1e-12 { other } else { best });
    let (index, value) = best.unwrap_or((0, 0.0));
    Ok(BestWindow { value, rule: candidates.swap_remove(index), exhaustive })
}

/// Changes one entry at a time while that helps.
fn climb(evaluator: &Evaluator, mut rule: WindowRule) -> WindowRule {
    let mut value = evaluator.value(&rule);
    let mut since = 0;
    let windows = rule.switch.len();
    for window in (0..windows).cycle() {
        rule.switch[window] ^= true;
        let changed = evaluator.value(&rule);
        if changed > value + 1e-13 {
            value = changed;
            since = 0;
        } else {
            rule.switch[window] ^= true;
            since += 1;
        }
        if since >= windows {
            break;
        }
    }
    rule
}
