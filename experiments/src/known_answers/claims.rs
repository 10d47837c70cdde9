//! The claims: each published value is found again.

use super::{Answer, Case};
use crate::runner::{Claim, Tolerance};

/// The value of a case agrees with the published one, as far as it was printed.
pub(super) fn value(id: &str, case: &Case, answer: &Answer) -> Claim {
    let problem = format!("{} {}", case.environment, case.set.join(" "));
    Claim::draft(id, format!("optimal value of {problem} over {} steps", case.horizon), &case.source).close(
        case.expected,
        answer.value,
        Tolerance::Absolute(case.tolerance),
    )
}
