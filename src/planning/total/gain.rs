//! Where rewards can be collected without end.
//!
//! After components without rewards are drawn together, an end component whose choices cost nothing and of which one earns
//! something earns without end: its states are worth `+∞`, and so is every state that gets there with positive probability
//! and otherwise does not run into `−∞`. One in which no choice earns anything loses without end, so that staying in it is
//! worth `−∞`. Where an end component has rewards of both signs the sign of its gain is not visible in the graph, and the
//! problem is refused.

use super::core::Core;
use super::fate::{Decided, Fate};
use crate::mdp::{Mdp, NO_CHOICE};
use crate::planning::graph::{EndComponents, Predecessors, attraction, end_components, membership, prob1_some};
use crate::{Error, Result};

/// Finds the infinite states among the open ones and enters them in `decided`; whether there was one.
///
/// # Errors
/// [`Error::NotApplicable`] for an end component with rewards of both signs.
pub(super) fn decide(
    mdp: &Mdp,
    predecessors: &Predecessors,
    core: &Core,
    free: &EndComponents,
    decided: &mut Decided,
) -> Result<bool> {
    let table = &core.mdp;
    let states = table.num_states();
    let back = Predecessors::new(table);
    let components = end_components(table, &back, vec![true; table.num_choices()]);
    let (earning, mut policy) = earning(table, &back, &components)?;
    let finite = membership(states, &[core.end() as u32]);
    let targets: Vec<bool> = finite.iter().zip(&earning).map(|(&a, &b)| a || b).collect();
    let (sure, _) = prob1_some(table, &back, &targets);
    let safe = |c: usize| table.branches(c).all(|(t, _)| sure[t]);
    let best = attraction(&back, &earning, safe, |s, c| policy[s] = c);
    if !decided.may_stay {
        // Until a goal no policy attains the supremum; one that reaches the goal at all is returned.
        policy = prob1_some(table, &back, &finite).1;
    }
    let infinite = (0..states).any(|i| best[i] || !sure[i]);
    if !infinite {
        return Ok(false);
    }
    core.lift(mdp, predecessors, free, &policy, |i| best[i], &mut decided.policy);
    for s in (0..mdp.num_states()).filter(|&s| core.of[s] != NO_CHOICE) {
        let i = core.of[s] as usize;
        if best[i] {
            decided.fate[s] = Fate::Best;
        } else if !sure[i] {
            decided.fate[s] = Fate::Worst;
            decided.policy[s] = mdp.choices(s).start as u32;
        }
    }
    for c in 0..mdp.num_choices() {
        let open = decided.fate[predecessors.owner(c)] == Fate::Open;
        decided.usable[c] &= open && mdp.branches(c).all(|(t, p)| p == 0.0 || decided.fate[t] != Fate::Worst);
    }
    Ok(true)
}

/// The states of end components that earn without end, with a policy that does.
fn earning(table: &Mdp, back: &Predecessors, components: &EndComponents) -> Result<(Vec<bool>, Vec<u32>)> {
    let mut policy = vec![NO_CHOICE; table.num_states()];
    let mut sources = vec![false; table.num_states()];
    for i in 0..components.len() {
        let (mut gains, mut costs) = (None, false);
        for &s in components.states(i) {
            for c in table.choices(s as usize).filter(|&c| components.stays[c]) {
                costs |= table.rewards()[c] < 0.0;
                if table.rewards()[c] > 0.0 {
                    gains = Some((s as usize, c as u32));
                }
            }
        }
        match gains {
            Some((s, c)) if !costs => (sources[s], policy[s]) = (true, c),
            None => (),
            Some(_) => {
                return Err(Error::NotApplicable {
                    method: "the undiscounted total reward",
                    reason: "some states can be visited for ever with rewards of both signs on the way; supported are rewards \
                             of one sign, and rewards of both signs where every end component has rewards of one sign"
                        .into(),
                });
            }
        }
    }
    let earning = attraction(back, &sources, |c| components.stays[c], |s, c| policy[s] = c);
    Ok((earning, policy))
}
