//! Strongly connected components by Tarjan's algorithm (1972), with its stack kept in an array.

use super::NO_COMPONENT;
use crate::mdp::Mdp;

/// The strongly connected components, successors before predecessors: every edge leads into its own component or into one
/// with a smaller number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Components {
    /// The component of each state, `[S]`; [`NO_COMPONENT`](super::NO_COMPONENT) where none was asked for.
    pub of: Vec<u32>,
    /// The states, by component.
    pub states: Vec<u32>,
    /// Component `i` is `states[start[i]..start[i + 1]]`.
    pub start: Vec<u32>,
}

impl Components {
    /// Number of components.
    pub fn len(&self) -> usize {
        self.start.len() - 1
    }

    /// Whether there is no component.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The states of component `i`.
    pub fn states(&self, i: usize) -> &[u32] {
        &self.states[self.start[i] as usize..self.start[i + 1] as usize]
    }
}

/// The components of the graph whose edges are the branches of positive probability. Cost `O(S + B)`.
///
/// ```
/// use tabrl::mdp::MdpBuilder;
/// use tabrl::planning::graph::strong_components;
///
/// let mut builder = MdpBuilder::new(3);
/// builder.choice(0, 0, &[(1.0, 1, 0.0)]).choice(1, 0, &[(0.5, 0, 0.0), (0.5, 2, 0.0)]).terminal(2);
/// let components = strong_components(&builder.build()?);
/// assert_eq!(components.of, [1, 1, 0]);
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn strong_components(mdp: &Mdp) -> Components {
    let mut search = Search::new(mdp.num_states());
    search.run(mdp, 0..mdp.num_states() as u32, |_| true);
    search.components
}

/// The components of the graph of the choices that are true in `usable` (`[C]`). Cost `O(S + B)`.
///
/// # Panics
/// If `usable` does not have one entry a choice.
pub fn strong_components_among(mdp: &Mdp, usable: &[bool]) -> Components {
    assert_eq!(usable.len(), mdp.num_choices(), "one entry a choice");
    let mut search = Search::new(mdp.num_states());
    search.run(mdp, 0..mdp.num_states() as u32, |c| usable[c]);
    search.components
}

/// The number of components and the size of the largest; `None` as soon as one is known to have more than `most` states, which
/// in a large component the search finds after a few steps. Cost `O(S + B)` at most.
pub(in crate::planning) fn component_sizes(mdp: &Mdp, most: usize) -> Option<(usize, usize)> {
    let mut search = Search::new(mdp.num_states());
    search.most = most;
    if !search.run(mdp, 0..mdp.num_states() as u32, |_| true) {
        return None;
    }
    let sizes = search.components.start.windows(2).map(|ends| (ends[1] - ends[0]) as usize);
    let largest = sizes.max().unwrap_or(0);
    (largest <= most).then_some((search.components.len(), largest))
}

/// Where the search stands in a state.
#[derive(Debug, Clone, Copy)]
struct Frame {
    state: u32,
    choice: u32,
    branch: u32,
    /// Whether no state found earlier is known to be in the same component.
    root: bool,
}

/// Tarjan's search with its arrays, to be used for several parts of one table.
#[derive(Debug)]
pub(super) struct Search {
    pub components: Components,
    /// Order of discovery from 1, lowered to the smallest that is reachable (Pearce 2016); 0 if not seen yet.
    low: Vec<u32>,
    calls: Vec<Frame>,
    open: Vec<u32>,
    /// The search ends when a component has more states than this.
    most: usize,
}

impl Search {
    pub fn new(states: usize) -> Search {
        let components = Components { of: vec![NO_COMPONENT; states], states: Vec::new(), start: vec![0] };
        Search { components, low: vec![0; states], calls: Vec::new(), open: Vec::new(), most: usize::MAX }
    }

    /// Forgets the components found, so that their states may be searched again.
    pub fn clear(&mut self) {
        for &s in &self.components.states {
            self.low[s as usize] = 0;
            self.components.of[s as usize] = NO_COMPONENT;
        }
        self.components.states.clear();
        self.components.start.truncate(1);
    }

    /// Adds the components of the states that `roots` reach through the choices kept; `false` if one was larger than allowed.
    pub fn run(&mut self, mdp: &Mdp, roots: impl Iterator<Item = u32>, keep: impl Fn(usize) -> bool) -> bool {
        let mut seen = 0;
        for root in roots {
            if self.low[root as usize] != 0 {
                continue;
            }
            self.enter(mdp, root, &mut seen);
            while let Some(mut frame) = self.calls.pop() {
                let next = self.advance(mdp, &mut frame, &keep);
                // All states still open that were found since the one this state leads back to are in one component with it.
                let since = (seen + 1 - self.low[frame.state as usize]) as usize;
                if !frame.root && since.saturating_sub(self.components.states.len()) > self.most {
                    return false;
                }
                match next {
                    Some(next) => {
                        self.calls.push(frame);
                        self.enter(mdp, next, &mut seen);
                    }
                    None => self.leave(frame),
                }
            }
        }
        true
    }

    fn enter(&mut self, mdp: &Mdp, state: u32, seen: &mut u32) {
        *seen += 1;
        self.low[state as usize] = *seen;
        self.open.push(state);
        let choice = mdp.choice_starts()[state as usize];
        self.calls.push(Frame { state, choice, branch: mdp.branch_starts()[choice as usize], root: true });
    }

    /// Follows the edges of a state up to one that leads to a state not seen yet.
    #[inline]
    fn advance(&mut self, mdp: &Mdp, frame: &mut Frame, keep: impl Fn(usize) -> bool) -> Option<u32> {
        let branches = mdp.branch_starts();
        let (next, probability) = (mdp.successors(), mdp.probabilities());
        let end = mdp.choice_starts()[frame.state as usize + 1];
        let mut lowest = self.low[frame.state as usize];
        let mut found = None;
        'edges: while frame.choice < end {
            let past = branches[frame.choice as usize + 1];
            while frame.branch < past && keep(frame.choice as usize) {
                let b = frame.branch as usize;
                frame.branch += 1;
                let low = self.low[next[b] as usize];
                if probability[b] > 0.0 && low == 0 {
                    found = Some(next[b]);
                    break 'edges;
                }
                if probability[b] > 0.0 && low < lowest && self.components.of[next[b] as usize] == NO_COMPONENT {
                    (lowest, frame.root) = (low, false);
                }
            }
            (frame.choice, frame.branch) = (frame.choice + 1, past);
        }
        self.low[frame.state as usize] = lowest;
        found
    }

    /// Closes a component if `frame` is the first of its states, and tells the caller otherwise.
    fn leave(&mut self, frame: Frame) {
        let low = self.low[frame.state as usize];
        if frame.root {
            let number = self.components.len() as u32;
            while let Some(s) = self.open.pop() {
                self.components.of[s as usize] = number;
                self.components.states.push(s);
                if s == frame.state {
                    break;
                }
            }
            self.components.start.push(self.components.states.len() as u32);
        } else if let Some(caller) = self.calls.last_mut()
            && low < self.low[caller.state as usize]
        {
            (self.low[caller.state as usize], caller.root) = (low, false);
        }
    }
}
