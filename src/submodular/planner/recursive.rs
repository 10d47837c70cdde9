//! Recursive greedy for orienteering with a submodular reward (Chekuri and Pál, FOCS 2005).
//!
//! ```text
//! RG(s, t, B, X, i) = the best by F_X of a shortest walk from s to t and, over middles v,
//!                     RG(s, v, ⌊B/2⌋, X, i-1) followed by RG(v, t, ⌈B/2⌉, X ∪ P₁, i-1)
//! ```
//! Steps cost one each and every state can wait, so splitting the time in halves is enough: a part that needs less waits.
//! With i >= ⌈log₂ k⌉ the walk is worth at least 1/(1 + ⌈log₂ k⌉) of the best walk with k states between s and t.

use crate::submodular::function::require;
use crate::submodular::{Problem, SetFunction};
use crate::{Error, Result};

use super::beam::{Plan, require_certain};

/// What recursive greedy found.
#[derive(Debug, Clone, PartialEq)]
pub struct RecursiveGreedy {
    /// The best walk over all ends t.
    pub plan: Plan,
    /// Calls of RG, a measure of the work.
    pub calls: u64,
    /// 1/(1 + ⌈log₂ k⌉) with k = H states, the share of the optimum that is certain for monotone submodular functions.
    pub share: f64,
}

/// Runs RG from the start to every end, with depth ⌈log₂(H - 1)⌉ (0 for one move).
///
/// # Errors
/// Actions with several outcomes, a state in which one cannot wait, a function found not to be monotone or submodular (with the set that
/// shows it), or more than `most_calls` calls.
pub fn recursive_greedy<F: SetFunction>(problem: &Problem<F>, most_calls: u64) -> Result<RecursiveGreedy> {
    const METHOD: &str = "recursive greedy";
    require_certain(problem, METHOD)?;
    require(&problem.function, METHOD, true)?;
    let mdp = &problem.mdp;
    let waits = |s: usize| mdp.choices(s).any(|c| problem.meant(c) == s);
    if let Some(s) = (0..mdp.num_states()).find(|&s| !waits(s)) {
        let reason = format!("one cannot wait in state {s}");
        return Err(Error::NotApplicable { method: METHOD, reason });
    }
    let moves = problem.horizon - 1;
    let depth = if moves < 2 { 0 } else { (moves as u64 - 1).ilog2() + 1 };
    let mut search = Search { problem, distance: distances(problem), calls: 0, most_calls };
    let start = problem.start();
    let mut collected = problem.function.empty();
    let first = problem.function.push(&mut collected, start);
    let mut best: Option<Plan> = None;
    for end in 0..mdp.num_states() {
        if let Some((gain, walk)) = search.walk(start, end, moves, &collected, depth)? {
            let value = first + gain;
            if best.as_ref().is_none_or(|plan| value > plan.value) {
                best = Some(Plan { states: std::iter::once(start).chain(walk).collect(), value });
            }
        }
    }
    // Waiting at the start is always a walk.
    let plan = best.unwrap_or(Plan { states: vec![start; problem.horizon], value: first });
    let logarithm = (problem.horizon as f64).log2().ceil();
    Ok(RecursiveGreedy { plan, calls: search.calls, share: 1.0 / (1.0 + logarithm) })
}

struct Search<'a, F> {
    problem: &'a Problem<F>,
    /// Moves from s to t, `[s][t]`; u32::MAX if there is no way.
    distance: Vec<Vec<u32>>,
    calls: u64,
    most_calls: u64,
}

impl<F: SetFunction> Search<'_, F> {
    /// The states after `from`, exactly `moves` of them, the last being `to`, and what they gain.
    fn walk(
        &mut self,
        from: usize,
        to: usize,
        moves: usize,
        collected: &F::Collected,
        depth: u32,
    ) -> Result<Option<(f64, Vec<usize>)>> {
        self.calls += 1;
        if self.distance[from][to] as usize > moves {
            return Ok(None);
        }
        if self.calls > self.most_calls {
            let reason = format!("it needs more than {} calls; shorten the horizon", self.most_calls);
            return Err(Error::NotApplicable { method: "recursive greedy", reason });
        }
        let mut best = self.shortest(from, to, moves);
        let mut most = self.worth(collected, &best);
        if depth == 0 {
            return Ok(Some((most, best)));
        }
        let (early, late) = (moves / 2, moves - moves / 2);
        for middle in 0..self.distance.len() {
            if self.distance[from][middle] as usize > early || self.distance[middle][to] as usize > late {
                continue;
            }
            let Some((gain, first)) = self.walk(from, middle, early, collected, depth - 1)? else { continue };
            let mut more = collected.clone();
            first.iter().for_each(|&s| {
                self.problem.function.push(&mut more, s);
            });
            let Some((rest, second)) = self.walk(middle, to, late, &more, depth - 1)? else { continue };
            if gain + rest > most {
                most = gain + rest;
                best = first;
                best.extend(second);
            }
        }
        Ok(Some((most, best)))
    }

    /// A shortest walk (the first choice that leads nearer), then waiting.
    fn shortest(&self, from: usize, to: usize, moves: usize) -> Vec<usize> {
        let mut states = Vec::with_capacity(moves);
        let mut at = from;
        while at != to {
            let left = self.distance[at][to];
            let nearer = |next: &usize| self.distance[*next][to] < left;
            match self.problem.mdp.choices(at).map(|c| self.problem.meant(c)).find(nearer) {
                Some(next) => at = next,
                None => break,
            }
            states.push(at);
        }
        states.resize(moves, to);
        states
    }

    fn worth(&self, collected: &F::Collected, states: &[usize]) -> f64 {
        let mut all = collected.clone();
        states.iter().map(|&s| self.problem.function.push(&mut all, s)).sum()
    }
}

/// Breadth-first distances from every state.
fn distances<F: SetFunction>(problem: &Problem<F>) -> Vec<Vec<u32>> {
    let n = problem.mdp.num_states();
    let from = |s: usize| {
        let mut distance = vec![u32::MAX; n];
        let mut queue = std::collections::VecDeque::from([s]);
        distance[s] = 0;
        while let Some(at) = queue.pop_front() {
            for next in problem.mdp.choices(at).map(|c| problem.meant(c)) {
                if distance[next] == u32::MAX {
                    distance[next] = distance[at] + 1;
                    queue.push_back(next);
                }
            }
        }
        distance
    };
    (0..n).map(from).collect()
}
