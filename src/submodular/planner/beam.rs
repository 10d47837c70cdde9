//! Beam search that keeps the best walks of each state.

use crate::submodular::{Problem, SetFunction};
use crate::{Error, Result};

/// A walk that can be followed, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// s_0, …, s_{H-1}.
    pub states: Vec<usize>,
    /// F of it.
    pub value: f64,
}

struct Partial<C> {
    value: f64,
    collected: C,
    /// Index of its last step in the history.
    last: usize,
}

/// The best walk found when, at each step, the `width` best walks *of each state* go on, of walks that have collected the same only
/// one (where what is collected has no key, of walks of the same value). (Keeping the best over all states instead loses walks that head for something.)
///
/// For problems whose actions have one outcome; the value is that of a plan, so a lower bound of the optimum.
///
/// # Errors
/// Actions with several outcomes, or no width.
pub fn beam<F: SetFunction>(problem: &Problem<F>, width: usize) -> Result<Plan> {
    if width == 0 {
        return Err(Error::Parameter { name: "width", value: 0.0, expected: "at least 1" });
    }
    require_certain(problem, "beam search")?;
    let (mdp, function) = (&problem.mdp, &problem.function);
    let mut history = vec![(problem.start(), usize::MAX)];
    let mut collected = function.empty();
    let value = function.push(&mut collected, problem.start());
    let mut beams: Vec<Vec<Partial<F::Collected>>> = (0..mdp.num_states()).map(|_| Vec::new()).collect();
    beams[problem.start()].push(Partial { value, collected, last: 0 });
    for _ in 1..problem.horizon {
        let mut arrivals: Vec<Vec<(f64, usize, usize)>> = vec![Vec::new(); mdp.num_states()];
        for (s, beam) in beams.iter().enumerate() {
            for c in mdp.choices(s) {
                let next = problem.meant(c);
                for (i, partial) in beam.iter().enumerate() {
                    arrivals[next].push((partial.value + function.gain(&partial.collected, next), s, i));
                }
            }
        }
        let mut kept: Vec<Vec<Partial<F::Collected>>> = Vec::with_capacity(beams.len());
        for (next, mut arrived) in arrivals.into_iter().enumerate() {
            arrived.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
            let mut beam: Vec<Partial<F::Collected>> = Vec::with_capacity(width.min(arrived.len()));
            for (value, from, i) in arrived {
                if beam.len() == width {
                    break;
                }
                let parent = &beams[from][i];
                let mut collected = parent.collected.clone();
                function.push(&mut collected, next);
                let key = function.key(&collected);
                // Without a key, walks of the same value are taken for the same.
                let known = |other: &Partial<F::Collected>| match key {
                    Some(_) => function.key(&other.collected) == key,
                    None => other.value == value,
                };
                if !beam.iter().any(known) {
                    history.push((next, parent.last));
                    beam.push(Partial { value, collected, last: history.len() - 1 });
                }
            }
            kept.push(beam);
        }
        beams = kept;
    }
    // There is always one: the walk goes on from wherever it is.
    let best = beams.iter().flatten().fold(None::<&Partial<F::Collected>>, |best, partial| match best {
        Some(best) if best.value >= partial.value => Some(best),
        _ => Some(partial),
    });
    let (value, mut at) = best.map_or((f64::NAN, usize::MAX), |best| (best.value, best.last));
    let mut states = Vec::with_capacity(problem.horizon);
    while at != usize::MAX {
        states.push(history[at].0);
        at = history[at].1;
    }
    states.reverse();
    Ok(Plan { states, value })
}

/// Refuses actions with several outcomes.
pub(super) fn require_certain<F: SetFunction>(problem: &Problem<F>, method: &'static str) -> Result<()> {
    if problem.is_deterministic() {
        return Ok(());
    }
    let reason =
        "it plans a walk, and here actions have several outcomes or the start is drawn; take optimal, greedy or subpo";
    Err(Error::NotApplicable { method, reason: reason.into() })
}
