//! Every answer against its definition, on thousands of small random graphs.

use super::*;
use crate::mdp::{Mdp, MdpBuilder, NO_CHOICE};
use crate::rng::{self, Purpose};

/// A random graph of up to six states with up to three choices of up to three branches; some have no choice.
fn random(seed: u64) -> Mdp {
    let mut rng = rng::fast(seed, Purpose::Generation, 11);
    let states = 1 + rng::below(&mut rng, 6);
    let mut builder = MdpBuilder::new(states);
    for s in 0..states {
        let choices = rng::below(&mut rng, 4);
        if choices == 0 {
            builder.terminal(s);
        }
        for a in 0..choices {
            let n = 1 + rng::below(&mut rng, 3);
            let row: Vec<_> = (0..n).map(|_| (1.0 / n as f64, rng::below(&mut rng, states), 0.0)).collect();
            builder.choice(s, a, &row);
        }
    }
    builder.build().unwrap()
}

/// All deterministic policies.
fn policies(mdp: &Mdp) -> Vec<Vec<u32>> {
    let mut all = vec![vec![]];
    for s in 0..mdp.num_states() {
        let own: Vec<u32> =
            if mdp.is_terminal(s) { vec![NO_CHOICE] } else { mdp.choices(s).map(|c| c as u32).collect() };
        all = all.iter().flat_map(|p| own.iter().map(|&c| [&p[..], &[c]].concat())).collect();
    }
    all
}

/// `reach[s][t]`: whether choices that are true in `usable` lead from `s` to `t` (in no step or more).
fn closure(mdp: &Mdp, usable: &[bool]) -> Vec<Vec<bool>> {
    let states = mdp.num_states();
    let mut reach: Vec<Vec<bool>> = (0..states).map(|s| (0..states).map(|t| s == t).collect()).collect();
    for s in 0..states {
        for c in mdp.choices(s).filter(|&c| usable[c]) {
            mdp.branches(c).filter(|&(_, p)| p > 0.0).for_each(|(t, _)| reach[s][t] = true);
        }
    }
    for k in 0..states {
        for i in 0..states {
            for j in 0..states {
                reach[i][j] |= reach[i][k] && reach[k][j];
            }
        }
    }
    reach
}

/// Whether the goal is reached with positive probability and with probability one, under one policy.
fn under(mdp: &Mdp, policy: &[u32], goal: &[bool]) -> Vec<(bool, bool)> {
    let mut usable = vec![false; mdp.num_choices()];
    (0..policy.len()).filter(|&s| policy[s] != NO_CHOICE && !goal[s]).for_each(|s| usable[policy[s] as usize] = true);
    let reach = closure(mdp, &usable);
    let states = 0..mdp.num_states();
    let possible: Vec<bool> = states.clone().map(|s| states.clone().any(|t| goal[t] && reach[s][t])).collect();
    // With probability one if and only if no state is reached from where the goal is out of reach.
    let sure = |s: usize| states.clone().all(|t| !reach[s][t] || possible[t]);
    states.clone().map(|s| (possible[s], sure(s))).collect()
}

#[test]
fn qualitative_reachability_is_that_of_all_policies() {
    for seed in 0..3000 {
        let mdp = random(seed);
        let states = mdp.num_states();
        let goal: Vec<bool> = (0..states).map(|s| (seed >> s) & 3 == 3 || s == states - 1).collect();
        let predecessors = Predecessors::new(&mdp);
        let (all0, some0) = (prob0_all(&predecessors, &goal), prob0_some(&mdp, &predecessors, &goal));
        let (all1, (some1, witness)) = (prob1_all(&mdp, &predecessors, &goal), prob1_some(&mdp, &predecessors, &goal));
        let outcomes: Vec<_> = policies(&mdp).iter().map(|p| under(&mdp, p, &goal)).collect();
        for s in 0..states {
            assert_eq!(all0[s], outcomes.iter().all(|o| !o[s].0), "Prob0A {seed} {s}");
            assert_eq!(some0[s], outcomes.iter().any(|o| !o[s].0), "Prob0E {seed} {s}");
            assert_eq!(all1[s], outcomes.iter().all(|o| o[s].1), "Prob1A {seed} {s}");
            assert_eq!(some1[s], outcomes.iter().any(|o| o[s].1), "Prob1E {seed} {s}");
            assert_eq!(witness[s] != NO_CHOICE, some1[s] && !goal[s]);
        }
        let sure = under(&mdp, &witness, &goal);
        assert!((0..states).all(|s| !some1[s] || sure[s].1), "witness {seed}");
    }
}

#[test]
fn components_are_mutual_reachability_in_reverse_topological_order() {
    for seed in 0..3000 {
        let mdp = random(seed);
        let reach = closure(&mdp, &vec![true; mdp.num_choices()]);
        let components = strong_components(&mdp);
        for s in 0..mdp.num_states() {
            assert!(components.states(components.of[s] as usize).contains(&(s as u32)));
            for t in 0..mdp.num_states() {
                assert_eq!(components.of[s] == components.of[t], reach[s][t] && reach[t][s], "{seed} {s} {t}");
                assert!(!reach[s][t] || components.of[t] <= components.of[s], "{seed} {s} {t}");
            }
        }
        assert_eq!(components.states.len(), mdp.num_states());
    }
}

#[test]
fn end_components_are_the_maximal_closed_strongly_connected_sets() {
    for seed in 0..2000 {
        let mdp = random(seed);
        let states = mdp.num_states();
        let mut rng = rng::fast(seed, Purpose::Generation, 12);
        let usable: Vec<bool> = (0..mdp.num_choices()).map(|_| rng::below(&mut rng, 5) > 0).collect();
        let found = end_components(&mdp, &Predecessors::new(&mdp), usable.clone());
        // All sets of states that are end components with the usable choices that stay in them.
        let sets = (1u32..1 << states).filter(|set| {
            let inside = |s: usize| (set >> s) & 1 == 1;
            let stays: Vec<bool> =
                (0..usable.len()).map(|c| usable[c] && mdp.branches(c).all(|(t, _)| inside(t))).collect();
            let reach = closure(&mdp, &stays);
            let members = || (0..states).filter(|&s| inside(s));
            members().all(|s| mdp.choices(s).any(|c| stays[c]) && members().all(|t| reach[s][t]))
        });
        let sets: Vec<u32> = sets.collect();
        let maximal: Vec<u32> = sets.iter().copied().filter(|a| !sets.iter().any(|b| a != b && a & b == *a)).collect();
        let mut own: Vec<u32> = (0..found.len()).map(|i| found.states(i).iter().map(|s| 1 << s).sum()).collect();
        own.sort_unstable();
        assert_eq!(own, maximal, "{seed}");
        for s in 0..states {
            let set = own.iter().find(|set| (*set >> s) & 1 == 1);
            assert_eq!(found.of[s] != NO_COMPONENT, set.is_some());
            for c in mdp.choices(s) {
                let stays = set.is_some_and(|set| mdp.branches(c).all(|(t, _)| (set >> t) & 1 == 1));
                assert_eq!(found.stays[c], usable[c] && stays, "{seed} {s} {c}");
            }
        }
    }
}

/// A chain of 300,000 states with a step back: deep for a search, and one component.
#[test]
fn long_chains_do_not_recurse() {
    let n = 300_000;
    let mut builder = MdpBuilder::new(n);
    for s in 0..n {
        builder.choice(s, 0, &[(0.5, s.saturating_sub(1), 0.0), (0.5, (s + 1) % n, 0.0)]);
    }
    let mdp = builder.build().unwrap();
    assert_eq!(strong_components(&mdp).len(), 1);
    let predecessors = Predecessors::new(&mdp);
    assert_eq!(end_components(&mdp, &predecessors, vec![true; n]).len(), 1);
    let goal = membership(n, &[0]);
    assert!(prob1_all(&mdp, &predecessors, &goal).into_iter().all(|sure| sure));
}

/// A branch of probability zero is no edge.
#[test]
fn zero_branches_do_not_count() {
    let parts = crate::mdp::CsrParts {
        choice_start: vec![0, 1, 1],
        branch_start: vec![0, 2],
        next: vec![0, 1],
        probability: vec![1.0, 0.0],
        reward: vec![0.0],
        ..Default::default()
    };
    let mdp = Mdp::from_csr(parts).unwrap();
    let predecessors = Predecessors::new(&mdp);
    assert_eq!(prob0_all(&predecessors, &[false, true]), [true, false]);
    assert_eq!(end_components(&mdp, &predecessors, vec![true]).len(), 1);
}

/// The sizes are those of the components, and the early end is right: also where components were closed before.
#[test]
fn component_sizes_end_early_exactly_where_one_is_too_large() {
    for seed in 0..3000 {
        let mdp = random(seed);
        let components = strong_components(&mdp);
        let largest = (0..components.len()).map(|i| components.states(i).len()).max().unwrap();
        for most in 0..8 {
            let expected = (largest <= most).then_some((components.len(), largest));
            assert_eq!(component_sizes(&mdp, most), expected, "seed {seed}, most {most}");
        }
    }
}
