//! Which method `auto` takes, by the structure of the table, and why.
//!
//! | structure | method |
//! |---|---|
//! | a finite horizon | backward induction: so many sweeps, whatever the table |
//! | few states | policy iteration: the equations of a policy are solved by dense LU |
//! | strongly connected components of few states | topological: each is solved once, successors first |
//! | otherwise, discounted or undiscounted | modified policy iteration |
//! | average, recurrent parts of few states | policy iteration: each end component lies in a strongly connected one |
//! | average otherwise | modified policy iteration |
//!
//! Finding the components costs less than a sweep where they are small, and the search ends after a few states where they are not.

use super::graph::component_sizes;
use super::{Criterion, Method};
use crate::mdp::Mdp;

/// Up to this many states policies are evaluated by dense LU.
const SMALL: usize = 400;

/// The same for the long-run average, where a sweep certifies as much as an evaluation if chains mix fast.
const SMALL_AVERAGE: usize = 100;

/// Up to this many states a component is solved by dense LU faster than by sweeps of the whole table.
const SMALL_COMPONENT: usize = 50;

/// The method to use, and why.
pub(super) fn pick(mdp: &Mdp, criterion: &Criterion, asked: Method) -> (Method, String) {
    if asked != Method::Auto {
        return (asked, "asked for".to_owned());
    }
    match criterion {
        Criterion::FiniteHorizon { horizon } => {
            (Method::BackwardInduction, format!("a finite horizon takes exactly {horizon} sweeps backwards"))
        }
        Criterion::AverageReward => average(mdp),
        Criterion::Discounted { .. } | Criterion::TotalReward { .. } | Criterion::Reachability { .. } => {
            stationary(mdp, criterion)
        }
    }
}

fn stationary(mdp: &Mdp, criterion: &Criterion) -> (Method, String) {
    let states = mdp.num_states();
    if states <= SMALL {
        let reason = format!("{states} states are few enough (at most {SMALL}) to solve each policy by dense LU");
        return (Method::PolicyIteration, reason);
    }
    match component_sizes(mdp, SMALL_COMPONENT) {
        Some((_, 1)) => {
            let reason = format!(
                "no state of {states} is come back to from another, so that one pass solves all of them, successors first"
            );
            (Method::Topological, reason)
        }
        Some((components, largest)) => {
            let reason = format!(
                "{states} states in {components} strongly connected components of at most {largest} (up to \
                 {SMALL_COMPONENT} are few): each is solved once, successors first"
            );
            (Method::Topological, reason)
        }
        None => {
            let why = match criterion {
                Criterion::Discounted { .. } => "cheap evaluation sweeps between improvements move the fewest bytes",
                _ => "Gauss-Seidel sweeps of one policy, backwards from what is known, are the cheapest",
            };
            let reason = format!(
                "{states} states, more than {SMALL_COMPONENT} of them in one strongly connected component: {why}"
            );
            (Method::ModifiedPolicyIteration, reason)
        }
    }
}

fn average(mdp: &Mdp) -> (Method, String) {
    let states = mdp.num_states();
    if states <= SMALL_AVERAGE {
        let reason =
            format!("{states} states are few enough (at most {SMALL_AVERAGE}) to evaluate each policy by elimination");
        return (Method::PolicyIteration, reason);
    }
    match component_sizes(mdp, SMALL_AVERAGE) {
        Some((components, largest)) => {
            let reason = format!(
                "{states} states in {components} strongly connected components of at most {largest}, which are few enough \
                 (at most {SMALL_AVERAGE}) to evaluate each policy of an end component by elimination"
            );
            (Method::PolicyIteration, reason)
        }
        None => {
            let reason = format!(
                "{states} states, more than {SMALL_AVERAGE} of them in one strongly connected component: sweeps of each end \
                 component, and evaluations where it mixes slowly"
            );
            (Method::ModifiedPolicyIteration, reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mdp::MdpBuilder;
    use crate::planning::{SolveOptions, Status, solve};

    /// Rings of `ring` states one after another; a state goes on in its ring or to the next one. The last one ends.
    fn rings(count: usize, ring: usize) -> Mdp {
        let states = count * ring;
        let mut builder = MdpBuilder::new(states + 1);
        for s in 0..states {
            let around = s / ring * ring + (s + 1) % ring;
            builder.choice(s, 0, &[(0.5, around, 1.0), (0.5, (s + ring).min(states), 0.0)]);
            builder.choice(s, 1, &[(1.0, around, 0.0)]);
        }
        builder.terminal(states);
        builder.build().unwrap()
    }

    fn discounted() -> Criterion {
        Criterion::Discounted { gamma: 0.9 }
    }

    /// The pick of `auto` has this method and these words in its reason, and solves the problem.
    fn picks(mdp: &Mdp, criterion: Criterion, method: Method, words: &[&str]) {
        let (picked, reason) = pick(mdp, &criterion, Method::Auto);
        assert_eq!(picked, method, "{reason}");
        words.iter().for_each(|word| assert!(reason.contains(word), "{word:?} is not in {reason:?}"));
        let solution = solve(mdp, criterion, &SolveOptions::default()).unwrap();
        assert_eq!((solution.method, solution.status, &solution.reason), (method, Status::Certified, &reason));
    }

    #[test]
    fn every_rule_fires_and_says_its_numbers() {
        let reach = |mdp: &Mdp| Criterion::Reachability { goal: vec![mdp.num_states() as u32 - 1] };
        picks(&rings(3, 1), Criterion::FiniteHorizon { horizon: 7 }, Method::BackwardInduction, &["7 sweeps"]);
        picks(&rings(19, 21), discounted(), Method::PolicyIteration, &["400 states", "at most 400"]);
        let line = rings(500, 1);
        picks(&line, discounted(), Method::Topological, &["no state of 501", "one pass"]);
        picks(&line, reach(&line), Method::Topological, &["no state of 501", "one pass"]);
        // The limit of a component, from both sides.
        let (small, large) = (rings(10, 50), rings(10, 51));
        picks(&small, discounted(), Method::Topological, &["501 states in 11", "at most 50"]);
        picks(&small, reach(&small), Method::Topological, &["501 states in 11", "at most 50"]);
        picks(&large, discounted(), Method::ModifiedPolicyIteration, &["511 states", "more than 50", "fewest bytes"]);
        picks(&large, reach(&large), Method::ModifiedPolicyIteration, &["511 states", "more than 50", "Gauss-Seidel"]);
        let average = || Criterion::AverageReward;
        picks(&rings(9, 11), average(), Method::PolicyIteration, &["100 states are few"]);
        picks(&rings(2, 100), average(), Method::PolicyIteration, &["201 states in 3", "at most 100"]);
        picks(&rings(2, 101), average(), Method::ModifiedPolicyIteration, &["203 states", "more than 100"]);
    }

    #[test]
    fn a_method_asked_for_is_taken() {
        let asked = pick(&rings(2, 2), &discounted(), Method::Anderson);
        assert_eq!(asked, (Method::Anderson, "asked for".to_owned()));
    }
}
