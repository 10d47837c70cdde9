//! The claims: exact ones first, then those on simulated means, then what is quoted.

mod exact;
mod sampled;

use super::reference::{PAPER, QUOTED};
use super::{Config, Results};
use crate::Result;
use crate::runner::Claim;

/// Judges every claim.
///
/// # Errors
/// Statistics that cannot be computed.
pub fn judge(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = exact::judge(config, results);
    claims.extend(sampled::judge(config, results)?);
    claims.extend(super::learnt::claims(config, results)?);
    claims.extend(QUOTED.map(|(id, statement, value)| {
        let note = "from an unreviewed secondary source; the paper's setting cannot be identified from it";
        Claim::draft(&format!("quoted-{id}"), statement, PAPER).note(note).quoted(value)
    }));
    Ok(claims)
}
