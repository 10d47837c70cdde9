//! Dense npz: `P[S, A, S]` row-stochastic in its last axis, `R[S, A]` or `R[S, A, S]`; optional `mu0[S]` or `init`, `terminal`.

use std::path::Path;

use ndarray::{ArrayView1, ArrayView2, ArrayView3};

use super::archive::{Archive, Writer};
use super::sparse::{in_file, read_initial};
use super::write_atomically;
use crate::Result;
use crate::mdp::{Mdp, MdpBuilder};

pub(super) fn read(archive: &mut Archive) -> Result<Mdp> {
    let (transitions, shape) = archive.numbers("P")?;
    let &[states, actions, successors] = shape.as_slice() else {
        return Err(archive.fault("P", format!("has shape {shape:?}; it should be [S, A, S]")));
    };
    if successors != states {
        return Err(archive.fault("P", format!("has shape {shape:?}; its first and last axis should be equal")));
    }
    let (rewards, reward_shape) = archive.numbers("R")?;
    let per_outcome = reward_shape == [states, actions, states];
    if !per_outcome && reward_shape != [states, actions] {
        return Err(archive.fault(
            "R",
            format!(
                "has shape {reward_shape:?}; it should be [{states}, {actions}] or [{states}, {actions}, {states}]"
            ),
        ));
    }
    let mut is_terminal = vec![false; states];
    if archive.has("terminal") {
        archive.states("terminal", states)?.iter().for_each(|&s| is_terminal[s as usize] = true);
    }
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        if is_terminal[s] {
            builder.terminal(s);
            continue;
        }
        for a in 0..actions {
            let row = s * actions + a;
            let branches: Vec<(f64, usize, f64)> = (0..states)
                .map(|t| (transitions[row * states + t], t))
                .filter(|&(p, _)| p != 0.0)
                .map(|(p, t)| (p, t, if per_outcome { rewards[row * states + t] } else { rewards[row] }))
                .collect();
            builder.choice(s, a, &branches);
        }
    }
    for (s, p) in read_initial(archive, states)? {
        builder.initial(s as usize, p);
    }
    builder.build().map_err(|error| in_file(archive, error))
}

/// Terminal states are written as absorbing rows, and named in `terminal`. Rewards per outcome become expectations.
pub(super) fn write(path: &Path, mdp: &Mdp) -> Result<()> {
    let (transitions, rewards) = mdp.to_dense()?;
    let states = mdp.num_states();
    let terminal: Vec<i64> = (0..states).filter(|&s| mdp.is_terminal(s)).map(|s| s as i64).collect();
    let mut mu = vec![0.0; states];
    mdp.initial().iter().for_each(|&(s, p)| mu[s as usize] = p);
    write_atomically(path, |file| {
        let mut out = Writer::new(std::io::BufWriter::new(file));
        out.add("P", ArrayView3::from(&transitions))?;
        out.add("R", ArrayView2::from(&rewards))?;
        out.add("mu0", ArrayView1::from(&mu))?;
        if !terminal.is_empty() {
            out.add("terminal", ArrayView1::from(&terminal))?;
        }
        out.finish()
    })
}
