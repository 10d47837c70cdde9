//! A table in integers.

use std::ops::Range;

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use serde::Serialize;

use super::fractions::{exactly, simplest};
use super::lifting::Fractions;
use crate::mdp::Mdp;

/// What a stored number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// The number that it is. A row that does not sum to exactly one keeps its missing or extra mass in every equation; see
    /// [`exact`](super) for what each criterion means then.
    Stored,
    /// The simplest fraction that rounds to it, so that 0.1 is 1/10. In a row that does not sum to one then, the longest
    /// fraction becomes what the others leave of one, if a rounding error of numbers near one explains the difference (files
    /// hold 0.39999999999999997 for 1 − 0.6); otherwise the row is divided by its sum. Rewards that depend on the outcome
    /// are averaged anew.
    #[default]
    Intended,
}

impl Reading {
    /// One number in this reading.
    pub fn number(self, x: f64) -> BigRational {
        match self {
            Reading::Stored => exactly(x),
            Reading::Intended => simplest(x),
        }
    }
}

/// One choice, times a positive integer `scale`: expected reward and weight of each successor (of discounted problems the
/// probability times the discount). Successors ascend, weights are positive.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub scale: BigInt,
    pub reward: BigInt,
    pub next: Vec<(usize, BigInt)>,
}

impl Row {
    pub fn new(reward: &BigRational, next: Vec<(usize, BigRational)>) -> Row {
        let scale = next.iter().fold(reward.denom().clone(), |scale, (_, p)| scale.lcm(p.denom()));
        let times = |x: &BigRational| x.numer() * (&scale / x.denom());
        let next = next.iter().map(|(t, p)| (*t, times(p))).collect();
        Row { reward: times(reward), next, scale }
    }

    /// Earns `reward`, and ends.
    pub fn ending(reward: &BigRational) -> Row {
        Row::new(reward, Vec::new())
    }

    /// The expected reward, unscaled.
    pub fn expected_reward(&self) -> BigRational {
        BigRational::new(self.reward.clone(), self.scale.clone())
    }

    /// Whether the weights sum to more than one.
    pub fn outweighs(&self) -> bool {
        self.next.iter().map(|(_, w)| w).sum::<BigInt>() > self.scale
    }

    /// `scale · P x` for integers `x`.
    pub fn weigh(&self, x: &[BigInt]) -> BigInt {
        self.next.iter().map(|(t, w)| w * &x[*t]).sum()
    }

    /// `scale · d · (r + P x)` for `x` with the denominator `d`.
    pub fn image(&self, x: &Fractions) -> BigInt {
        &self.reward * &x.denominator + self.weigh(&x.numerators)
    }

    /// The row with the reward `scale · r` replaced.
    pub fn negated(&self) -> Row {
        Row { reward: -&self.reward, ..self.clone() }
    }
}

/// All choices of a table, to be maximised.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// The rows of each state; none if it is terminal.
    pub choices: Vec<Range<usize>>,
    pub rows: Vec<Row>,
}

impl Table {
    /// Reads the numbers of a table. `negate` turns the rewards, to minimise.
    pub fn new(mdp: &Mdp, reading: Reading, negate: bool) -> Table {
        let rows =
            (0..mdp.num_choices()).map(|c| read(mdp, c, reading)).map(|row| if negate { row.negated() } else { row });
        Table { choices: (0..mdp.num_states()).map(|s| mdp.choices(s)).collect(), rows: rows.collect() }
    }

    pub fn num_states(&self) -> usize {
        self.choices.len()
    }

    pub fn is_terminal(&self, s: usize) -> bool {
        self.choices[s].is_empty()
    }

    /// The rows with every weight times `gamma`.
    pub fn discounted(mut self, gamma: &BigRational) -> Table {
        for row in &mut self.rows {
            row.scale *= gamma.denom();
            row.reward *= gamma.denom();
            row.next.iter_mut().for_each(|(_, w)| *w *= gamma.numer());
        }
        self
    }

    /// The rows with weights divided by their sum.
    pub fn normalised(mut self) -> Table {
        for row in &mut self.rows {
            let sum: BigInt = row.next.iter().map(|(_, w)| w).sum();
            if sum.is_positive() && sum != row.scale {
                // w / scale over sum / scale = w / sum, and the reward r / scale = r sum / (scale sum).
                row.next.iter_mut().for_each(|(_, w)| *w *= &row.scale);
                row.reward *= &sum;
                row.scale *= sum;
            }
        }
        self
    }
}

/// Makes a row of simplest fractions sum to one.
fn complete(weights: &mut [BigRational]) {
    let sum: BigRational = weights.iter().sum();
    if sum.is_one() || sum.is_zero() {
        return;
    }
    let missing = BigRational::one() - &sum;
    let (one, longest) = (BigInt::one(), weights.iter().max_by(|a, b| a.denom().cmp(b.denom())).cloned());
    for w in weights.iter_mut() {
        // Absolutely at most the spacing of numbers near one, and relatively small too, so that tiny numbers stay.
        let explained = missing.abs() <= BigRational::new_raw(one.clone(), one.clone() << 52)
            && missing.abs() <= &*w / (one.clone() << 40);
        if Some(&*w) == longest.as_ref() && explained {
            *w += &missing;
            return;
        }
    }
    weights.iter_mut().for_each(|w| *w /= &sum);
}

fn read(mdp: &Mdp, c: usize, reading: Reading) -> Row {
    let range = mdp.branch_range(c);
    let mut weights: Vec<BigRational> = mdp.probabilities()[range.clone()].iter().map(|&p| reading.number(p)).collect();
    let mut reward = reading.number(mdp.rewards()[c]);
    if reading == Reading::Intended {
        complete(&mut weights);
        if let Some(rewards) = mdp.branch_rewards() {
            reward = rewards[range.clone()].iter().zip(&weights).map(|(&r, w)| reading.number(r) * w).sum();
        }
    }
    let mut next: Vec<(usize, BigRational)> = Vec::with_capacity(weights.len());
    let mut branches: Vec<(usize, BigRational)> =
        mdp.successors()[range].iter().map(|&t| t as usize).zip(weights).filter(|(_, w)| !w.is_zero()).collect();
    branches.sort_by_key(|(t, _)| *t);
    for (t, w) in branches {
        match next.last_mut() {
            Some((last, sum)) if *last == t => *sum += w,
            _ => next.push((t, w)),
        }
    }
    Row::new(&reward, next)
}
