//! N doors, one of which pays 1 for the whole block, and a safe door: a needle in a haystack.

use super::size::check_probability;
use crate::{Error, Result};

/// Most entries of the table of values: doors times pulls.
const MOST: usize = 10_000_000_000;

/// The optimal value of j closed doors, m pulls left and a safe door that pays `safe`:
///
/// ```text
/// V(j, m) = max{ safe + V(j, m-1),   m/j + (1 - 1/j) V(j-1, m-1) },     V(j, 0) = 0
/// ```
/// A door that pays is pulled for ever (1 is the largest reward); a door that does not is never opened again.
///
/// # Errors
/// No door, a reward outside `[0, 1]`, or more than 10¹⁰ doors times pulls.
pub fn doors_value(doors: usize, pulls: usize, safe: f64) -> Result<f64> {
    recursion(doors, pulls, safe, |_, stay, open| stay.max(open))
}

/// The value of opening a door only if that pays more at once, 1/j > safe.
///
/// # Errors
/// As [`doors_value`].
pub fn myopic_doors_value(doors: usize, pulls: usize, safe: f64) -> Result<f64> {
    recursion(doors, pulls, safe, |j, stay, open| if 1.0 / j as f64 > safe { open } else { stay })
}

fn recursion(doors: usize, pulls: usize, safe: f64, choose: impl Fn(usize, f64, f64) -> f64) -> Result<f64> {
    check_probability("safe reward", safe)?;
    if doors.saturating_mul(pulls.max(1)) > MOST {
        let reason = format!("{doors} doors and {pulls} pulls make a table of more than {MOST:e} entries; take fewer");
        return Err(Error::NotApplicable { method: "the recursion over doors", reason });
    }
    if doors == 0 {
        return Err(Error::Parameter { name: "doors", value: 0.0, expected: "at least 1" });
    }
    // values[j] = V(j, m); V(0, ·) has weight 0.
    let mut values = vec![0.0; doors + 1];
    for m in 1..=pulls {
        for j in (1..=doors).rev() {
            let (m, of) = (m as f64, j as f64);
            values[j] = choose(j, safe + values[j], m / of + (1.0 - 1.0 / of) * values[j - 1]);
        }
    }
    Ok(values[doors])
}
