//! Policy iteration: evaluate the policy, switch every action that is strictly better, until none is.
//!
//! (Howard 1960; Puterman 2005, section 6.4.) Evaluation solves `(I − γ P_π) v = r_π`: dense LU up to [`DENSE`]
//! states that are not terminal, else BiCGSTAB with an incomplete factorisation as preconditioner, started from the last
//! value, finished by sweeps of `T_π` where it stalls.
//!
//! **Ties never cycle.** Let `w = T_π v` for the evaluated `v`, so that `|v − v_π| ≤ e := ‖w − v‖ / (1 − γ)` (Banach). An
//! action is switched only if its computed value exceeds `w(s)` by more than `2 (γ ρ_max e + η)`, with `η` the rounding
//! of [`bounds`](crate::planning::bounds); then it is truly better for `v_π`, so every new policy is strictly better than
//! the last, none comes twice, and the iteration is finite. Otherwise the current action stays.
//!
//! Guarantee: the bounds of the last improvement step, rounding included; the policy returned is the greedy one to which
//! the lower bound belongs. When no action is truly better and the bounds are still too wide, the evaluation was
//! too coarse: it is repeated a hundred times finer, until rounding stops it. A few steps to the greedy policy follow, which
//! may be better by less than can be proven beforehand, and then the status says that rounding was in the way.
//!
//! Cost per step: `O(S³)` dense, else two sweeps of the policy a BiCGSTAB step; and one sweep over all branches.

use crate::Result;
use crate::mdp::{Mdp, NO_CHOICE};
use crate::numeric::directed::{add_up, mul_up};
use crate::numeric::magnitude;
use crate::planning::approximate::{DENSE, alive_index, dense, krylov};
use crate::planning::bellman::Sweeper;
use crate::planning::bounds::Certifier;
use crate::planning::progress::{Outcome, Progress, Verdict, contractions, finite};
use crate::planning::{SolveOptions, Status};

/// Steps to the greedy policy whose improvement is within rounding.
const MOST_UNPROVEN: usize = 20;

/// Runs policy iteration from the choices that are best for one step.
pub(in crate::planning) fn run(mdp: &Mdp, gamma: f64, options: &SolveOptions) -> Result<Outcome> {
    let certifier = Certifier::new(mdp, gamma)?;
    let mut evaluator = Evaluator::new(mdp, gamma, certifier, options.epsilon);
    let states = mdp.num_states();
    let mut v = vec![0.0; states];
    let (mut swept, mut greedy, mut current) = (v.clone(), vec![NO_CHOICE; states], vec![NO_CHOICE; states]);
    let mut progress = Progress::new(options, None);
    finite(evaluator.sweeper.improve(&v, &mut swept, &mut current).magnitude)?;
    progress.count(1, evaluator.sweeper.bytes());
    let mut unproven = 0;
    loop {
        let evaluated = evaluator.solve(&current, &mut v)?;
        progress.count(evaluated.sweeps, evaluator.sweeper.policy_bytes());
        let change = evaluator.sweeper.improve(&v, &mut swept, &mut greedy);
        let bracket = certifier.bracket(&change, evaluated.magnitude);
        progress.count(1, evaluator.sweeper.bytes());
        let verdict = progress.improved(&change, &bracket)?;
        if let Verdict::Stop(status) = verdict {
            return progress.finish(mdp, status, &bracket, &swept, greedy);
        }
        let error = certifier.error_of(add_up(evaluated.residual, evaluated.rounding));
        let margin = 2.0 * add_up(mul_up(certifier.modulus(), error), evaluated.rounding);
        let mut switched = false;
        for s in 0..states {
            if swept[s] > add_up(evaluator.image[s], margin) {
                current[s] = greedy[s];
                switched = true;
            }
        }
        if !switched && evaluator.refine(evaluated.rounding) {
            continue;
        }
        if !switched && unproven < MOST_UNPROVEN {
            unproven += 1;
            current.copy_from_slice(&greedy);
        } else if !switched {
            return progress.finish(mdp, Status::RoundingLimit, &bracket, &swept, greedy);
        }
    }
}

/// Solves `(I − γ P_π) v = r_π`.
struct Evaluator<'a> {
    sweeper: Sweeper<'a>,
    certifier: Certifier,
    /// Largest residual aimed for, if rounding allows.
    tolerance: f64,
    /// `T_π v` of the last evaluation, `[S]`.
    image: Vec<f64>,
    /// Index among the non-terminal states, `[S]`, if there are few enough for LU.
    dense_index: Option<Vec<usize>>,
}

/// How an evaluation ended.
struct Evaluated {
    /// `max |T_π v − v|` as computed, rounded up.
    residual: f64,
    /// Bound on the rounding error of each entry of `T_π v`.
    rounding: f64,
    /// `max |v|`.
    magnitude: f64,
    sweeps: usize,
}

impl<'a> Evaluator<'a> {
    fn new(mdp: &'a Mdp, gamma: f64, certifier: Certifier, epsilon: f64) -> Evaluator<'a> {
        let states = mdp.num_states();
        let dense_index = (states - mdp.num_terminal() <= DENSE).then(|| alive_index(mdp));
        // A residual in [−x, x] alone makes a gap of 2 γ x / (1 − γ): a quarter of the accuracy.
        let tolerance = epsilon * (1.0 - gamma) / (8.0 * gamma);
        let image = vec![0.0; states];
        Evaluator { sweeper: Sweeper::new(mdp, gamma), certifier, tolerance, image, dense_index }
    }

    /// Replaces `v`, which is where an iterative evaluation starts, by the value of `policy`.
    fn solve(&mut self, policy: &[u32], v: &mut [f64]) -> Result<Evaluated> {
        let mut sweeps = match &self.dense_index {
            Some(index) => {
                dense(self.sweeper.mdp(), self.sweeper.gamma(), policy, index, v);
                0
            }
            None => {
                let change = self.sweeper.evaluate(policy, v, &mut self.image);
                finite(change.magnitude)?;
                let target = self.target(change.magnitude.max(magnitude(v)));
                krylov(&self.sweeper, target, policy, v) + 1
            }
        };
        // Checks the result, and sweeps on where the linear solver left more than the target: never more often than the
        // contraction needs.
        let mut left = None;
        loop {
            let change = self.sweeper.evaluate(policy, v, &mut self.image);
            finite(change.magnitude)?;
            sweeps += 1;
            let (residual, magnitude) = (change.max.max(-change.min).max(0.0).next_up(), magnitude(v));
            let target = self.target(magnitude);
            let left = left.get_or_insert_with(|| contractions(residual, target, self.certifier.modulus()));
            if residual <= target || *left == 0 {
                return Ok(Evaluated { residual, rounding: self.certifier.rounding(magnitude), magnitude, sweeps });
            }
            *left -= 1;
            v.copy_from_slice(&self.image);
        }
    }

    /// The residual to reach: not below what rounding leaves.
    fn target(&self, magnitude: f64) -> f64 {
        self.tolerance.max(4.0 * self.certifier.rounding(magnitude))
    }

    /// Asks for a finer evaluation next time; `false` if rounding forbids it.
    fn refine(&mut self, rounding: f64) -> bool {
        let possible = self.tolerance > 4.0 * rounding;
        self.tolerance *= 0.01;
        possible
    }
}
