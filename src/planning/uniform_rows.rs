//! Sweeps of runs whose rows all have one length `N`, a constant of the loop.
//!
//! ```text
//! improve:    out(s) = max_a { r(s, a) + γ Σ_{i < N} p_i v(s'_i) }        evaluate: the same for one choice a state
//! ```
//! The branches of such a run are an array of rows: nothing is read, computed or guessed to find where a row ends, and its sum is
//! unrolled. The order of that sum is the one of [`expectation`], so these loops and those for rows of any length give the same
//! bits.

use super::bellman::{Change, expectation};
use crate::mdp::{Mdp, NO_CHOICE};

/// The longest row with a loop of its own.
pub(super) const LONGEST: usize = 8;

/// Calls the function for the length `$length` of `1..=`[`LONGEST`], else evaluates `$otherwise`.
macro_rules! by_row_length {
    ($length:expr, $($function:ident)::+, $arguments:tt, $otherwise:expr) => {
        match $length {
            1 => $($function)::+::<1> $arguments,
            2 => $($function)::+::<2> $arguments,
            3 => $($function)::+::<3> $arguments,
            4 => $($function)::+::<4> $arguments,
            5 => $($function)::+::<5> $arguments,
            6 => $($function)::+::<6> $arguments,
            7 => $($function)::+::<7> $arguments,
            8 => $($function)::+::<8> $arguments,
            _ => $otherwise,
        }
    };
}
pub(super) use by_row_length;

/// `out = T v` of the states `first..first + out.len()`, with the first maximising choices in `policy`.
pub(super) fn improve<const N: usize>(
    mdp: &Mdp,
    gamma: f64,
    first: usize,
    v: &[f64],
    out: &mut [f64],
    policy: &mut [u32],
) -> Change {
    let starts = &mdp.choice_starts()[first..=first + out.len()];
    let (from, to) = (starts[0] as usize, starts[out.len()] as usize);
    let branches = mdp.branch_starts()[from] as usize..mdp.branch_starts()[to] as usize;
    let (next, _) = mdp.successors()[branches.clone()].as_chunks::<N>();
    let (probability, _) = mdp.probabilities()[branches].as_chunks::<N>();
    let mut rows = next.iter().zip(probability).zip(&mdp.rewards()[from..to]).zip(starts[0]..);
    let before = &v[first..first + out.len()];
    let mut change = Change::NONE;
    for (((range, out), policy), before) in starts.windows(2).zip(out).zip(policy).zip(before) {
        let (mut best, mut best_choice) = (f64::NEG_INFINITY, NO_CHOICE);
        for (((next, probability), reward), choice) in rows.by_ref().take((range[1] - range[0]) as usize) {
            let q = reward + gamma * expectation(next, probability, v);
            if q > best {
                (best, best_choice) = (q, choice);
            }
        }
        if range[0] == range[1] {
            best = 0.0;
        } else {
            change.add(*before, best);
        }
        (*out, *policy) = (best, best_choice);
    }
    change
}

/// `out = T_π v` of the states `first..first + out.len()`, for `policy` of all states.
pub(super) fn evaluate<const N: usize>(
    mdp: &Mdp,
    gamma: f64,
    first: usize,
    policy: &[u32],
    v: &[f64],
    out: &mut [f64],
) -> Change {
    let from = mdp.choice_starts()[first] as usize;
    let to = mdp.choice_starts()[first + out.len()] as usize;
    let branches = mdp.branch_starts()[from] as usize..mdp.branch_starts()[to] as usize;
    let (next, _) = mdp.successors()[branches.clone()].as_chunks::<N>();
    let (probability, _) = mdp.probabilities()[branches].as_chunks::<N>();
    let reward = &mdp.rewards()[from..to];
    let states = first..first + out.len();
    let mut change = Change::NONE;
    for ((&c, out), before) in policy[states.clone()].iter().zip(out).zip(&v[states]) {
        if c == NO_CHOICE {
            *out = 0.0;
            continue;
        }
        let i = c as usize - from;
        *out = reward[i] + gamma * expectation(&next[i], &probability[i], v);
        change.add(*before, *out);
    }
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::CsrParts;
    use crate::planning::bellman::Sweeper;
    use crate::rng::{self, Purpose};

    /// A table of `states` with rows of length `row_length(state)`, in which every ninth state is terminal.
    fn table(states: usize, seed: u64, row_length: impl Fn(usize) -> usize) -> Mdp {
        let rng = &mut rng::fast(seed, Purpose::Generation, 0);
        let mut parts = CsrParts { choice_start: vec![0], branch_start: vec![0], ..CsrParts::default() };
        for s in 0..states {
            for _ in 0..if s % 9 == 8 { 0 } else { 1 + rng::below(rng, 4) } {
                let weights: Vec<f64> = (0..row_length(s)).map(|_| 0.1 + rng::uniform(rng)).collect();
                let total: f64 = weights.iter().sum();
                parts.probability.extend(weights.iter().map(|weight| weight / total));
                parts.next.extend((0..weights.len()).map(|_| rng::below(rng, states) as u32));
                parts.reward.push(rng::uniform(rng) - 0.5);
                parts.branch_start.push(parts.next.len() as u32);
            }
            parts.choice_start.push(parts.reward.len() as u32);
        }
        Mdp::from_csr(parts).unwrap()
    }

    /// Bits of the sweeps of a table, `(T v, greedy choices, T_π v)`, and what they changed.
    type Swept = (Vec<u64>, Vec<u32>, Vec<u64>, [Change; 2]);

    fn swept(sweeper: &Sweeper, v: &[f64]) -> Swept {
        let (mut improved, mut evaluated, mut policy) = (v.to_vec(), v.to_vec(), vec![0; v.len()]);
        let change = sweeper.improve(v, &mut improved, &mut policy);
        let changes = [change, sweeper.evaluate(&policy, v, &mut evaluated)];
        (bits(&improved), policy, bits(&evaluated), changes)
    }

    /// The same with copied rows. The copy is that of another policy first.
    fn swept_copying(sweeper: &Sweeper, v: &[f64]) -> Swept {
        let (mut improved, mut evaluated, mut policy) = (v.to_vec(), v.to_vec(), vec![0; v.len()]);
        let mut rows = sweeper.policy_rows();
        let other: Vec<f64> = v.iter().map(|x| -x).collect();
        sweeper.improve_copying(&other, &mut improved, &mut policy, &mut rows);
        let change = sweeper.improve_copying(v, &mut improved, &mut policy, &mut rows);
        let changes = [change, sweeper.evaluate_copied(&rows, &policy, v, &mut evaluated)];
        (bits(&improved), policy, bits(&evaluated), changes)
    }

    fn bits(x: &[f64]) -> Vec<u64> {
        x.iter().map(|x| x.to_bits()).collect()
    }

    #[test]
    fn both_loops_have_the_same_bits() {
        // Of one length; of one length but for a row here and there; of all lengths in stretches.
        for n in 1..=LONGEST {
            let tables = [
                table(300, n as u64, |_| n),
                table(9000, n as u64, |s| if s % 3001 == 3000 { n % 7 + 2 } else { n }),
                table(4000, n as u64, |s| if s < 1000 { s % 11 + 1 } else { (s / 1000 + n) % LONGEST + 1 }),
            ];
            for mdp in tables {
                let rng = &mut rng::fast(n as u64, Purpose::Generation, 1);
                let v: Vec<f64> = (0..mdp.num_states()).map(|_| rng::uniform(rng) - 0.5).collect();
                let sweeper = Sweeper::new(&mdp, 0.95);
                assert!(sweeper.uniform_runs() > 0);
                let expected = swept(&sweeper.clone().without_uniform_runs(), &v);
                assert_eq!(swept(&sweeper, &v), expected);
                assert_eq!(swept_copying(&sweeper, &v), expected);
            }
        }
    }
}
