//! A walk on a finite MDP that is paid by a set function of the states it visits.

use rand::Rng;

use super::SetFunction;
use super::function::singles;
use crate::mdp::Mdp;
use crate::rng;
use crate::{Error, Result};

/// Maximise J(π) = E_π[F(s_0, …, s_{H−1})] on a finite MDP.
///
/// `horizon` counts states, as the authors' code does: a trajectory is s_0, …, s_{H−1} and takes H − 1 actions. Rewards of the table
/// are not read.
///
/// ```
/// use tabrl::mdp::MdpBuilder;
/// use tabrl::submodular::{Lattice, Problem, function::Coverage};
///
/// // From state 0 one may go to 1 or to 2, and anywhere from there; each state covers one cell.
/// let mut builder = MdpBuilder::new(3);
/// for s in 0..3 {
///     builder.choice(s, 0, &[(1.0, 1, 0.0)]).choice(s, 1, &[(1.0, 2, 0.0)]);
/// }
/// let coverage = Coverage::new(vec![vec![], vec![0], vec![1]], vec![2.0, 3.0])?;
/// let problem = Problem::new(builder.build()?, 3, coverage)?;
/// assert_eq!(Lattice::new(&problem)?.optimum().value, 5.0);
/// # Ok::<(), tabrl::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Problem<F> {
    /// Where one walks; its initial distribution is that of s_0.
    pub mdp: Mdp,
    /// H, the number of states of a trajectory; at least 1.
    pub horizon: usize,
    /// What a trajectory is worth.
    pub function: F,
}

impl<F: SetFunction> Problem<F> {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// H = 0; a function of another number of states; a terminal state (a walk has H states always: give it an action that stays).
    pub fn new(mdp: Mdp, horizon: usize, function: F) -> Result<Problem<F>> {
        if horizon == 0 {
            return Err(Error::Parameter { name: "horizon", value: 0.0, expected: "at least 1 (it counts states)" });
        }
        if function.num_states() != mdp.num_states() {
            let (found, expected) = (vec![function.num_states()], vec![mdp.num_states()]);
            return Err(Error::Shape { what: "the set function's ground set".into(), found, expected });
        }
        if let Some(s) = (0..mdp.num_states()).find(|&s| mdp.is_terminal(s)) {
            let reason =
                format!("state {s} is terminal, and a walk has {horizon} states; give it an action that stays");
            return Err(Error::NotApplicable { method: "a submodular walk", reason });
        }
        Ok(Problem { mdp, horizon, function })
    }

    /// Whether every action has one outcome and the start is certain: then a trajectory is a plan.
    pub fn is_deterministic(&self) -> bool {
        // Branches that differ in their rewards alone, which are not read, are one outcome.
        let certain = |c| {
            let range = self.mdp.branch_range(c);
            self.mdp.successors()[range.clone()].iter().all(|s| *s == self.mdp.successors()[range.start])
        };
        self.mdp.initial().len() == 1 && (0..self.mdp.num_choices()).all(certain)
    }

    /// Where the walk starts most probably (the first of equals).
    pub fn start(&self) -> usize {
        let first = self.mdp.initial()[0];
        self.mdp.initial().iter().fold(first, |best, &next| if next.1 > best.1 { next } else { best }).0 as usize
    }

    /// The successor meant by choice `c`: the most probable one (the first of equals).
    pub fn meant(&self, c: usize) -> usize {
        let to = |s: usize| self.mdp.branches(c).filter(|(t, _)| *t == s).map(|(_, p)| p).sum::<f64>();
        let pick = |best: (usize, f64), (s, _): (usize, f64)| match to(s) {
            p if p > best.1 => (s, p),
            _ => best,
        };
        self.mdp.branches(c).fold((usize::MAX, f64::NEG_INFINITY), pick).0
    }

    /// The rewards of the modular version, for arriving: F({s}) of each state, `[S]`.
    pub fn modular_rewards(&self) -> Vec<f64> {
        singles(&self.function)
    }

    /// A successor of choice `c`, drawn.
    #[inline]
    pub(super) fn draw(&self, c: usize, random: &mut impl Rng) -> usize {
        let range = self.mdp.branch_range(c);
        let (successors, probabilities) = (self.mdp.successors(), self.mdp.probabilities());
        if range.len() > 1 {
            let mut left = rng::uniform(random);
            for b in range.start..range.end - 1 {
                left -= probabilities[b];
                if left < 0.0 {
                    return successors[b] as usize;
                }
            }
        }
        successors[range.end - 1] as usize
    }

    /// A first state, drawn.
    pub(super) fn draw_start(&self, random: &mut impl Rng) -> usize {
        let initial = self.mdp.initial();
        if initial.len() > 1 {
            let mut left = rng::uniform(random);
            for &(s, p) in &initial[..initial.len() - 1] {
                left -= p;
                if left < 0.0 {
                    return s as usize;
                }
            }
        }
        initial[initial.len() - 1].0 as usize
    }
}
