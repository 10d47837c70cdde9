//! What the graph of a table says, by plain fixed points.
//!
//! [`planning::graph`](crate::planning::graph) answers the same questions fast; these few lines are slow and short on
//! purpose, so that the oracle shares no code with what it is to check. All costs are `O(S B)`.

use super::table::Table;

/// What stands for "in no end component".
pub(crate) const NOWHERE: usize = usize::MAX;

/// The states from which the choices `allowed` lead to `targets` with positive probability, and a choice that gets nearer
/// for each of them that is not a target.
pub(crate) fn attractor(table: &Table, targets: &[bool], allowed: &[bool]) -> (Vec<bool>, Vec<Option<usize>>) {
    let mut reached = targets.to_vec();
    let mut nearer = vec![None; targets.len()];
    loop {
        let before = reached.clone();
        for s in (0..targets.len()).filter(|&s| !before[s]) {
            let leads = |c: &usize| allowed[*c] && table.rows[*c].next.iter().any(|(t, _)| before[*t]);
            nearer[s] = table.choices[s].clone().find(leads);
            reached[s] = nearer[s].is_some();
        }
        if reached == before {
            return (reached, nearer);
        }
    }
}

/// The choices among `allowed` all of whose successors are in `inside`.
pub(crate) fn staying(table: &Table, inside: &[bool], allowed: &[bool]) -> Vec<bool> {
    let stays = |c: usize| allowed[c] && table.rows[c].next.iter().all(|(t, _)| inside[*t]);
    (0..table.rows.len()).map(stays).collect()
}

/// The states from which some policy reaches `targets` with probability one, and such a policy: choices that stay among
/// these states and get nearer.
pub(crate) fn almost_surely(table: &Table, targets: &[bool]) -> (Vec<bool>, Vec<Option<usize>>) {
    let mut inside = vec![true; targets.len()];
    let every = vec![true; table.rows.len()];
    loop {
        let (reached, nearer) = attractor(table, targets, &staying(table, &inside, &every));
        if reached == inside {
            return (reached, nearer);
        }
        inside = reached;
    }
}

/// The states from which some policy never reaches `targets`.
pub(crate) fn avoidable(table: &Table, targets: &[bool]) -> Vec<bool> {
    let every = vec![true; table.rows.len()];
    let mut inside: Vec<bool> = targets.iter().map(|target| !target).collect();
    loop {
        let stays = staying(table, &inside, &every);
        let keeps = |s: usize| inside[s] && (table.is_terminal(s) || table.choices[s].clone().any(|c| stays[c]));
        let next: Vec<bool> = (0..targets.len()).map(keeps).collect();
        if next == inside {
            return inside;
        }
        inside = next;
    }
}

/// The states from which every policy reaches `targets` with probability one; the choices of targets do not count.
pub(crate) fn certainly(table: &Table, targets: &[bool]) -> Vec<bool> {
    let mut allowed = vec![true; table.rows.len()];
    for s in (0..targets.len()).filter(|&s| targets[s]) {
        allowed[table.choices[s].clone()].fill(false);
    }
    let (missing, _) = attractor(table, &avoidable(table, targets), &allowed);
    missing.into_iter().map(|x| !x).collect()
}

/// The maximal end components of the choices `allowed`: the number of each state's ([`NOWHERE`] if it is in none), how many
/// there are, and which choices stay.
pub(crate) fn end_components(table: &Table, allowed: &[bool]) -> (Vec<usize>, usize, Vec<bool>) {
    let states = table.num_states();
    let mut allowed = allowed.to_vec();
    loop {
        let (of, number) = strong_components(table, &allowed);
        let mut next = allowed.clone();
        for s in 0..states {
            for c in table.choices[s].clone() {
                next[c] &= table.rows[c].next.iter().all(|(t, _)| of[*t] == of[s]);
            }
        }
        if next == allowed {
            // A state without a choice left is in no end component: renumber the others.
            let mut names = vec![NOWHERE; number];
            let mut count = 0;
            for s in (0..states).filter(|&s| table.choices[s].clone().any(|c| allowed[c])) {
                if names[of[s]] == NOWHERE {
                    (names[of[s]], count) = (count, count + 1);
                }
            }
            return (of.iter().map(|&i| names[i]).collect(), count, allowed);
        }
        allowed = next;
    }
}

/// The strongly connected components of the choices `allowed`: what a state reaches and is reached from.
pub(crate) fn strong_components(table: &Table, allowed: &[bool]) -> (Vec<usize>, usize) {
    let states = table.num_states();
    let (mut forward, mut backward) = (vec![Vec::new(); states], vec![Vec::new(); states]);
    for s in 0..states {
        for (t, _) in table.choices[s].clone().filter(|&c| allowed[c]).flat_map(|c| &table.rows[c].next) {
            forward[s].push(*t);
            backward[*t].push(s);
        }
    }
    let (mut of, mut number) = (vec![NOWHERE; states], 0);
    for s in 0..states {
        if of[s] == NOWHERE {
            let (to, from) = (search(&forward, s), search(&backward, s));
            (0..states).filter(|&t| to[t] && from[t]).for_each(|t| of[t] = number);
            number += 1;
        }
    }
    (of, number)
}

fn search(edges: &[Vec<usize>], root: usize) -> Vec<bool> {
    let mut seen = vec![false; edges.len()];
    let mut stack = vec![root];
    seen[root] = true;
    while let Some(s) = stack.pop() {
        for &t in &edges[s] {
            if !std::mem::replace(&mut seen[t], true) {
                stack.push(t);
            }
        }
    }
    seen
}
