//! Potentials of states, and the table with the shaped rewards.

use crate::mdp::Mdp;
use crate::{Error, Result};

/// A potential `Φ`, one finite number a state.
#[derive(Debug, Clone, PartialEq)]
pub struct Potential {
    values: Vec<f64>,
}

/// What the potential counts for in states where an episode ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtEnd {
    /// Zero, whatever it is: no optimum moves.
    Zero,
    /// What it is: the return gains `γᵀ Φ(s_T)`, and optima may move.
    Kept,
}

/// A table with shaped rewards.
#[derive(Debug, Clone)]
pub struct Shaped {
    /// The table; rewards are `r(s, a) + γ Σ_s' p(s'|s, a) Φ(s') − Φ(s)`.
    pub mdp: Mdp,
    /// What the caller should know: a potential that is not zero where episodes end, or a shaping without discount.
    pub warnings: Vec<String>,
}

impl Potential {
    /// The potential with these values, `[S]`.
    ///
    /// # Errors
    /// A wrong length, or a number that is not finite.
    pub fn new(mdp: &Mdp, values: Vec<f64>) -> Result<Potential> {
        let potential = Potential { values };
        potential.check(mdp)?;
        match potential.values.iter().find(|value| !value.is_finite()) {
            Some(&value) => Err(Error::Parameter { name: "potential", value, expected: "a finite number" }),
            None => Ok(potential),
        }
    }

    /// Refuses a potential that was made for another number of states.
    pub(super) fn check(&self, mdp: &Mdp) -> Result<()> {
        if self.values.len() == mdp.num_states() {
            return Ok(());
        }
        let (found, expected) = (vec![self.values.len()], vec![mdp.num_states()]);
        Err(Error::Shape { what: "the potential".into(), found, expected })
    }

    /// `Φ(s)`, `[S]`.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// `scale Φ + shift` in states that are not terminal, and 0 in those that are.
    ///
    /// # Errors
    /// A result that is not finite, or a table of another number of states.
    pub fn rescaled(&self, mdp: &Mdp, scale: f64, shift: f64) -> Result<Potential> {
        self.check(mdp)?;
        let value = |s: usize| if mdp.is_terminal(s) { 0.0 } else { scale * self.values[s] + shift };
        Potential::new(mdp, (0..self.values.len()).map(value).collect())
    }

    /// `Φ` of a state on arrival there.
    fn on_arrival(&self, mdp: &Mdp, at_end: AtEnd) -> Vec<f64> {
        let mut arrival = self.values.clone();
        if at_end == AtEnd::Zero {
            (0..arrival.len()).filter(|&s| mdp.is_terminal(s)).for_each(|s| arrival[s] = 0.0);
        }
        arrival
    }

    /// What is wrong with values that are not zero in states of `mdp` where episodes end, if there are any. Learners take them for 0
    /// ([`AtEnd::Zero`]), and do not warn by themselves.
    pub fn at_end_warning(&self, mdp: &Mdp, at_end: AtEnd) -> Option<String> {
        let (values, states) = (&self.values, self.values.len().min(mdp.num_states()));
        let ends: Vec<usize> = (0..states).filter(|&s| mdp.is_terminal(s) && values[s] != 0.0).collect();
        let &first = ends.first()?;
        let others = if ends.len() > 1 { format!(" and in {} more", ends.len() - 1) } else { String::new() };
        let what = match at_end {
            AtEnd::Zero => "it is taken for 0 there, since otherwise",
            AtEnd::Kept => "it is kept there, so that",
        };
        Some(format!(
            "the potential is {} in the terminal state {first}{others}: {what} the return of an episode of T steps changes by γ^T Φ(s_T) \
             too, v' = v − Φ does not hold, and other policies may be optimal",
            self.values[first]
        ))
    }
}

/// The table with the rewards `r(s, a) + γ Σ_s' p(s'|s, a) Φ(s') − Φ(s)`, where `gamma` is the discount of the criterion that will
/// be used (1 without discount: `v' = v − Φ` then holds for policies that end surely, and for long-run averages, which do not change at all, but not
/// for totals over a fixed number of steps, which gain `Φ` of where the last one leads).
///
/// ```
/// use tabrl::mdp::{MdpBuilder, Policy, evaluate_discounted};
/// use tabrl::reward::shaping::{AtEnd, Potential, shape};
///
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(0.5, 0, 1.0), (0.5, 1, 1.0)]).terminal(1);
/// let mdp = builder.build()?;
/// let shaped = shape(&mdp, &Potential::new(&mdp, vec![3.0, 0.0])?, 0.9, AtEnd::Zero)?;
/// let value = |mdp| evaluate_discounted(mdp, &Policy::uniform(mdp), 0.9).map(|e| e.values[0]);
/// assert!((value(&shaped.mdp)? - (value(&mdp)? - 3.0)).abs() < 1e-12); // v' = v − Φ
/// # Ok::<(), tabrl::Error>(())
/// ```
///
/// # Errors
/// A discount outside (0, 1], or a potential for another number of states.
pub fn shape(mdp: &Mdp, potential: &Potential, gamma: f64, at_end: AtEnd) -> Result<Shaped> {
    check_discount(gamma)?;
    potential.check(mdp)?;
    let mut warnings: Vec<String> = potential.at_end_warning(mdp, at_end).into_iter().collect();
    if gamma == 1.0 && (0..mdp.num_states()).any(|s| !mdp.is_terminal(s) && potential.values[s] != 0.0) {
        warnings.push(
            "the shaping has no discount: v' = v − Φ holds for policies that surely end, and for no others; nor over a fixed number of steps, unless the \
             potential is 0 after the last one. Other policies may be optimal"
                .into(),
        );
    }
    let arrival = potential.on_arrival(mdp, at_end);
    let mut rewards = mdp.rewards().to_vec();
    for s in 0..mdp.num_states() {
        for c in mdp.choices(s) {
            rewards[c] += gamma * mdp.expect(c, &arrival) - potential.values[s];
        }
    }
    Ok(Shaped { mdp: mdp.clone().with_rewards(rewards)?, warnings })
}

/// `(γ_Φ − γ) Σ_s' p(s'|s, a) Φ(s')` of each choice, `[C]`: by how much the reward really changes where the shaping's discount
/// `γ_Φ` is not the criterion's `γ`.
///
/// # Errors
/// A discount outside (0, 1], or a potential for another number of states.
pub fn mismatch(mdp: &Mdp, potential: &Potential, shaping_gamma: f64, gamma: f64, at_end: AtEnd) -> Result<Vec<f64>> {
    check_discount(shaping_gamma)?;
    check_discount(gamma)?;
    potential.check(mdp)?;
    let arrival = potential.on_arrival(mdp, at_end);
    Ok((0..mdp.num_choices()).map(|c| (shaping_gamma - gamma) * mdp.expect(c, &arrival)).collect())
}

pub(super) fn check_discount(gamma: f64) -> Result<()> {
    if gamma > 0.0 && gamma <= 1.0 {
        return Ok(());
    }
    Err(Error::Parameter { name: "gamma", value: gamma, expected: "in (0, 1]" })
}
