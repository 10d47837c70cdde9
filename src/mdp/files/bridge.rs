//! The BRIDGE dataset's tables (Laidlaw, Russell, Dragan 2023): `transitions` int64 `[S, A]`, −1 for the end of the episode,
//! and `rewards` float32 `[S, A]`. The start is state 0. One terminal state is appended, as index `S`.

use super::archive::Archive;
use super::sparse::in_file;
use crate::Result;
use crate::mdp::{CsrParts, Mdp};

pub(super) fn read(archive: &mut Archive) -> Result<Mdp> {
    let (transitions, shape) = archive.integers("transitions")?;
    let &[states, actions] = shape.as_slice() else {
        return Err(archive.fault("transitions", format!("has shape {shape:?}; it should be [S, A]")));
    };
    let (reward, reward_shape) = archive.numbers("rewards")?;
    if reward_shape != shape {
        return Err(archive.fault("rewards", format!("has shape {reward_shape:?}; it should be {shape:?}")));
    }
    let mut next = Vec::with_capacity(transitions.len());
    for (row, &t) in transitions.iter().enumerate() {
        if t < -1 || t >= states as i64 {
            let (s, a) = (row / actions, row % actions);
            return Err(archive.fault(
                "transitions",
                format!("leads from state {s}, action {a} to {t}; it should be -1 or a state in 0..{states}"),
            ));
        }
        next.push(if t == -1 { states as u32 } else { t as u32 });
    }
    let rows = states * actions;
    let mut choice_start: Vec<u32> = (0..=states).map(|s| (s * actions) as u32).collect();
    choice_start.push(rows as u32);
    let parts = CsrParts {
        choice_start,
        branch_start: (0..=rows as u32).collect(),
        probability: vec![1.0; rows],
        next,
        reward,
        ..CsrParts::default()
    };
    Mdp::from_csr(parts).map_err(|error| in_file(archive, error))
}
