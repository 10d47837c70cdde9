//! Certified bounds on the optimal value from one sweep, in exact and in rounded arithmetic.
//!
//! **Exact.** Let `v` be any vector that is 0 on the terminal states, `N` the other states, `π` greedy for `v`, and
//! ```text
//! m = min_N (Tv − v)      M = max_N (Tv − v)      ρ(s, a) = Σ_{s' in N} p(s'|s, a)  in [ρ_min, ρ_max]
//! ```
//! Raise `v` on `N` by a constant `c` to `w`. Then `T_π w = Tv + γ c ρ_π` on `N`. If `m + γ c ρ ≥ c` for every `ρ` in the
//! range, then `T_π w ≥ v + m + γ c ρ_π ≥ w`, and since `T_π` is monotone and (for `γ ρ_max < 1`) a contraction,
//! `w ≤ T_π w ≤ T_π² w ≤ … → v_π ≤ v*`. The best such `c` is `m / (1 − γ ρ_min)` where `m ≥ 0`, and `m / (1 − γ ρ_max)`
//! where `m < 0`. So on `N`
//! ```text
//! Tv + γ c ρ_c  ≤  v_π  ≤  v*  ≤  Tv + γ d ρ_d
//! c = m / (1 − γ ρ_c),  ρ_c = ρ_min if m ≥ 0 else ρ_max          d = M / (1 − γ ρ_d),  ρ_d = ρ_max if M ≥ 0 else ρ_min
//! ```
//! (the upper bound by the same argument on `T(v + d)`). Where no state is terminal `ρ = 1` and these are the bounds of
//! MacQueen (1966) and Porteus (1971), `Tv + γ/(1−γ) m ≤ v* ≤ Tv + γ/(1−γ) M` (Puterman 2005, theorem 6.6.3). Treating a
//! terminal state as an absorbing state with residual 0 would give `min(m, 0)` and `max(M, 0)` instead; `ρ` is never
//! worse. It also makes the bounds right for rows that sum to one only up to the tolerance of the table: what is certified
//! is the table as stored, number by number. The same statement with `T_π` for `T` brackets the value of a policy.
//!
//! **Rounded.** A sweep returns `t`, not `Tv`. With `n` the longest row, `u = 2⁻⁵³`, `R = max |r|`, each `q` is a sum that
//! sees at most `n + 2` roundings, so `|t − Tv| ≤ η := (n+2)u/(1 − (n+2)u) · (R + γ ρ_max max|v|)` (Higham 2002, section
//! 3.1), plus the smallest normal number a branch for underflow. The choice found has `T_π v ≥ t − η`, which is all that
//! the proof asks of `π`. So `m` and `M` are widened by `η`, the bounds once more, and every operation on them is rounded
//! outwards ([`crate::numeric::directed`]). The bounds are therefore true for the exact real numbers.

use crate::mdp::Mdp;
use crate::numeric::directed::{add_down, add_up, div_down, div_up, mul_down, mul_up, rounding_factor};
use crate::{Error, Result};

use super::bellman::Change;

/// What the bounds of a table need to know about it.
#[derive(Debug, Clone, Copy)]
pub struct Certifier {
    gamma: f64,
    /// Range of the probability that a choice does not end in a terminal state, rounded outwards.
    mass: (f64, f64),
    longest_row: usize,
    largest_reward: f64,
}

/// How far the optimal value of a non-terminal state can be from the swept value `t(s)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    /// `v*(s) ≥ t(s) + lower`.
    pub lower: f64,
    /// `v*(s) ≤ t(s) + upper`.
    pub upper: f64,
    /// A bound on `upper − lower` as stored per state, the rounding of those numbers included.
    pub gap: f64,
    /// What of the gap is rounding: it would remain if the sweep had changed nothing.
    pub rounding_gap: f64,
}

impl Certifier {
    /// Reads the table once. Cost: one sweep.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] if `γ ρ_max ≥ 1`, which only a row that sums to more than one can cause.
    pub fn new(mdp: &Mdp, gamma: f64) -> Result<Certifier> {
        let certifier = Certifier::undiscounted(mdp, gamma);
        if certifier.modulus() < 1.0 {
            return Ok(certifier);
        }
        Err(Error::NotApplicable {
            method: "discounted solution",
            reason: format!(
                "a row sums to {}, which outweighs the discount {gamma}; normalise the rows or lower the discount",
                certifier.mass.1
            ),
        })
    }

    /// The same without the check that the operator is a contraction; only [`Certifier::rounding`] and
    /// [`Certifier::largest_mass`] may be used then.
    pub(crate) fn undiscounted(mdp: &Mdp, gamma: f64) -> Certifier {
        let terminal = mdp.num_terminal() > 0;
        let (mut low, mut high) = (f64::INFINITY, 0.0f64);
        let mut longest_row = 0;
        for c in 0..mdp.num_choices() {
            let row = mdp.branch_range(c);
            longest_row = longest_row.max(row.len());
            let mass: f64 = if terminal {
                mdp.branches(c).map(|(t, p)| if mdp.is_terminal(t) { 0.0 } else { p }).sum()
            } else {
                mdp.probabilities()[row].iter().sum()
            };
            (low, high) = (low.min(mass), high.max(mass));
        }
        let error = rounding_factor(longest_row);
        let mass = (mul_down(low.min(high), 1.0 - error).max(0.0), mul_up(high, 1.0 + error));
        let (smallest, largest) = mdp.reward_range();
        Certifier { gamma, mass, longest_row, largest_reward: smallest.abs().max(largest.abs()) }
    }

    /// `η`: the most by which a swept value can differ from the exact one, for `|v| ≤ magnitude`.
    pub fn rounding(&self, magnitude: f64) -> f64 {
        let scale = self.scale(magnitude);
        let underflow = (self.longest_row + 2) as f64 * f64::MIN_POSITIVE;
        add_up(mul_up(rounding_factor(self.longest_row + 2), scale), underflow)
    }

    /// `R + γ ρ_max |v|`, rounded up: the most that `|q|` can be, for `|v| ≤ magnitude`.
    pub(crate) fn scale(&self, magnitude: f64) -> f64 {
        add_up(self.largest_reward, mul_up(self.modulus(), magnitude))
    }

    /// How far `ρ` is from one at most, rounded up.
    pub(crate) fn row_error(&self) -> f64 {
        add_up(self.mass.1, -1.0).max(add_up(1.0, -self.mass.0))
    }

    /// `ρ_max`, rounded up.
    pub(crate) fn largest_mass(&self) -> f64 {
        self.mass.1
    }

    /// `γ ρ_max`, rounded up: by how much a sweep contracts.
    pub(crate) fn modulus(&self) -> f64 {
        mul_up(self.gamma, self.mass.1)
    }

    /// `x / (1 − γ ρ_max)`, rounded up: how far `v` is from a fixed point at most if a sweep moves it by `x` at most.
    pub(crate) fn error_of(&self, x: f64) -> f64 {
        div_up(x, add_down(1.0, -self.modulus()))
    }

    /// The constant `c` with `T(c) ≥ c` on the non-terminal states, given `min_N T0 = smallest`: the lower bound that the
    /// zero vector certifies. Iterations that start from it rise monotonically.
    pub fn rising_start(&self, smallest: f64) -> f64 {
        self.offset_below(smallest).0
    }

    /// The bounds around `t`, where `t` is one sweep from a vector with `|v| ≤ magnitude` and `change` is what it changed.
    pub fn bracket(&self, change: &Change, magnitude: f64) -> Bracket {
        self.bracket_rounded(change, self.rounding(magnitude))
    }

    /// The same for any monotone operator with `T(v + c) = Tv + γ c ρ`, `ρ` in the range of the table, whose sweeps are
    /// computed with an error of at most `rounding`.
    pub(crate) fn bracket_rounded(&self, change: &Change, rounding: f64) -> Bracket {
        if change.min > change.max {
            return Bracket { lower: 0.0, upper: 0.0, gap: 0.0, rounding_gap: 0.0 };
        }
        let (c, mass) = self.offset_below(add_down(change.min.next_down(), -rounding));
        let lower = add_down(mul_down(mul_down(self.gamma, c), mass), -rounding);
        // v* ≤ Tv + γ d ρ_d is the lower bound of the problem with all signs turned.
        let (d, mass) = self.offset_below(-add_up(change.max.next_up(), rounding));
        let upper = -add_down(mul_down(mul_down(self.gamma, d), mass), -rounding);
        let storing = 4.0 * f64::EPSILON * (change.magnitude + lower.abs().max(upper.abs()));
        let gap = add_up(add_up(upper, -lower), storing);
        Bracket { lower, upper, gap, rounding_gap: storing + 2.0 * self.error_of(rounding) }
    }

    /// `c = m / (1 − γ ρ_c)` rounded down, and the bound of `ρ` that makes `γ c ρ` smallest.
    fn offset_below(&self, m: f64) -> (f64, f64) {
        if m >= 0.0 {
            (div_down(m, add_up(1.0, -mul_down(self.gamma, self.mass.0))), self.mass.0)
        } else {
            (div_down(m, add_down(1.0, -self.modulus())), self.mass.1)
        }
    }
}

impl Bracket {
    /// The bounds of each state around `t`, `(lower, upper)`; exactly 0 where a state is terminal.
    pub(crate) fn around(&self, mdp: &Mdp, t: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let shifted = |by: f64, towards: fn(f64, f64) -> f64| {
            t.iter().enumerate().map(|(s, &t)| if mdp.is_terminal(s) { 0.0 } else { towards(t, by) }).collect()
        };
        (shifted(self.lower, add_down), shifted(self.upper, add_up))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::MdpBuilder;

    /// Reward 1 a step, ending with probability 1/4: `v = 1 / (1 − 0.75 γ)`.
    fn leaky() -> Mdp {
        let mut builder = MdpBuilder::new(2);
        builder.choice(0, 0, &[(0.75, 0, 1.0), (0.25, 1, 1.0)]).terminal(1);
        builder.build().unwrap()
    }

    #[test]
    fn leaving_is_accounted_for_exactly() {
        let mdp = leaky();
        let certifier = Certifier::new(&mdp, 0.5).unwrap();
        // From v = 0 and from far above: one sweep determines the value, since every row leaks alike.
        for v in [0.0f64, 100.0, -100.0] {
            let t = 1.0 + 0.5 * 0.75 * v;
            let bracket = certifier.bracket(&Change { min: t - v, max: t - v, magnitude: t.abs() }, v.abs());
            let truth = 1.0 / (1.0 - 0.375);
            assert!(t + bracket.lower <= truth && truth <= t + bracket.upper);
            assert!(bracket.gap < 1e-12 && bracket.gap > 0.0);
            assert_eq!(bracket.around(&mdp, &[t, 0.0]).1[1], 0.0);
        }
    }

    #[test]
    fn without_terminal_states_these_are_macqueens_bounds() {
        let mut builder = MdpBuilder::new(2);
        builder.choice(0, 0, &[(1.0, 1, 1.0)]).choice(1, 0, &[(1.0, 0, 0.0)]);
        let mdp = builder.build().unwrap();
        let change = Change { min: -0.25, max: 0.5, magnitude: 1.0 };
        let bracket = Certifier::new(&mdp, 0.9).unwrap().bracket(&change, 1.0);
        approx::assert_relative_eq!(bracket.lower, -0.25 * 9.0, max_relative = 1e-12);
        approx::assert_relative_eq!(bracket.upper, 0.5 * 9.0, max_relative = 1e-12);
        assert!(bracket.lower < -0.25 * 9.0 && bracket.upper > 0.5 * 9.0);
    }

    #[test]
    fn a_row_that_outweighs_the_discount_is_refused() {
        let mut builder = MdpBuilder::new(1);
        builder.choice(0, 0, &[(1.0 + 5e-10, 0, 1.0)]);
        let mdp = builder.build().unwrap();
        assert!(matches!(Certifier::new(&mdp, 1.0 - 1e-10), Err(Error::NotApplicable { .. })));
        assert!(Certifier::new(&mdp, 0.99).is_ok());
    }
}
