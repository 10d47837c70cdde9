//! The claims: each published value is found again, every bound is certified, and the methods agree.

use std::collections::BTreeMap;

use tabrl::planning::Method;

use super::{Answer, Case};
use crate::runner::{Checks, Claim, Tolerance};

type Answers<'a> = BTreeMap<&'a str, Vec<(Method, Answer)>>;

/// The value of a case is the published one, as far as it was printed; `None` if none was published. The answer farthest
/// from it counts.
pub(super) fn value(id: &str, case: &Case, answers: &[(Method, Answer)]) -> Option<Claim> {
    let expected = case.expected?;
    let distance = |answer: &Answer| (answer.value - expected).abs();
    let (_, worst) = answers.iter().max_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)))?;
    let problem = std::iter::once(&case.environment).chain(&case.set).cloned().collect::<Vec<_>>().join(" ");
    let draft = Claim::draft(id, format!("optimal value of {problem}, {}", case.criterion), &case.source);
    Some(draft.close(expected, worst.value, Tolerance::Absolute(case.tolerance)))
}

/// Every method reaches the accuracy asked for.
pub(super) fn certified(answers: &Answers) -> Claim {
    let mut checks = Checks::new();
    for (id, (method, answer)) in each(answers) {
        checks.that(answer.certified, || format!("{id} by {method}: the gap is {:e}", answer.max_gap));
    }
    Claim::draft("certified", "every method certifies the accuracy asked for", "the solvers' contract").all(&checks)
}

/// The certified intervals of all methods share a point: the optimal value lies in each of them.
pub(super) fn agreement(answers: &Answers) -> Claim {
    let mut checks = Checks::new();
    for (id, of_case) in answers.iter().filter(|(_, of_case)| of_case.len() > 1) {
        let lower = of_case.iter().map(|(_, answer)| answer.lower).fold(f64::NEG_INFINITY, f64::max);
        let upper = of_case.iter().map(|(_, answer)| answer.upper).fold(f64::INFINITY, f64::min);
        checks.that(lower <= upper, || format!("{id}: one method says at least {lower}, another at most {upper}"));
    }
    Claim::draft("agreement", "the certified intervals of all methods meet", "the solvers' contract").all(&checks)
}

fn each<'a>(answers: &'a Answers<'a>) -> impl Iterator<Item = (&'a str, &'a (Method, Answer))> {
    answers.iter().flat_map(|(&id, of_case)| of_case.iter().map(move |answer| (id, answer)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::Verdict;

    fn answer(lower: f64, upper: f64) -> Answer {
        let value = 0.5 * (lower + upper);
        let (states, choices, iterations, sweeps) = (1, 1, 1, 1);
        Answer { states, choices, value, lower, upper, max_gap: upper - lower, certified: true, iterations, sweeps }
    }

    #[test]
    fn methods_whose_intervals_are_disjoint_do_not_agree() {
        let of = |second| {
            let pair = vec![(Method::PolicyIteration, answer(0.0, 1.0)), (Method::ValueIteration, second)];
            agreement(&BTreeMap::from([("case", pair)])).verdict
        };
        assert_eq!(of(answer(0.9, 1.9)), Verdict::Holds);
        assert_eq!(of(answer(1.1, 1.9)), Verdict::Fails);
    }
}
