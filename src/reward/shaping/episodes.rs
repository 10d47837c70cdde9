//! The shaping term step by step, as a learner adds it: what happens at the end of an episode, and potentials that change.

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It did not: the episode goes on.
    Continues,
    /// In a terminal state, worth 0.
    Terminated,
    /// By a time limit that is no part of the state, and the target bootstraps from the value of the successor.
    TruncatedAndBootstrapped,
    /// By a time limit, and the target is the return up to there: nothing follows.
    TruncatedReturn,
}

/// `γ Φ(s') − Φ(s)` of one step, with `Φ(s')` taken for 0 where nothing follows.
///
/// The value of a successor that is bootstrapped from contains `−Φ(s')`, so its potential stays; a return that stops contains
/// nothing after it, so that the potential must not either.
pub fn step_term(here: f64, there: f64, gamma: f64, ending: Ending) -> f64 {
    match ending {
        Ending::Continues | Ending::TruncatedAndBootstrapped => gamma * there - here,
        Ending::Terminated | Ending::TruncatedReturn => -here,
    }
}

/// `Σ_t γᵗ (γ Φ_{t+1} − Φ_t) = γᵀ Φ_T − Φ_0` for the potentials `Φ_0..Φ_T` of the states of an episode: what shaping adds to its
/// return, and why `Φ_T` should be 0.
pub fn telescoped(potentials: &[f64], gamma: f64) -> f64 {
    match potentials {
        [] => 0.0,
        [first, .., last] => gamma.powi(potentials.len() as i32 - 1) * last - first,
        [_] => 0.0,
    }
}

/// A potential that changes with time: `F_t = γ Φ(s_{t+1}, t + 1) − Φ(s_t, t)`.
///
/// The potential computed on arrival is kept for the departure. Computing it anew, when it has changed in between, breaks the
/// telescoping sum, and with it the invariance (Devlin and Kudenko 2012).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dynamic {
    gamma: f64,
    held: f64,
}

impl Dynamic {
    /// At the start of an episode, in a state of potential `Φ(s_0, t_0)`.
    pub fn start(gamma: f64, potential: f64) -> Dynamic {
        Dynamic { gamma, held: potential }
    }

    /// The term of a step to a state whose potential is now `Φ(s', t')`.
    pub fn step(&mut self, potential: f64, ending: Ending) -> f64 {
        let term = step_term(self.held, potential, self.gamma, ending);
        self.held = potential;
        term
    }
}
