//! An environment as the law of one step.

use std::fmt::Debug;
use std::hash::Hash;

/// One outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Branch<S> {
    /// Its probability, in `[0, 1]`.
    pub probability: f64,
    /// The state that follows.
    pub next: S,
    /// The reward of this outcome.
    pub reward: f64,
    /// Whether the episode ends here. Time limits do not belong here: they are the simulator's or a wrapper's.
    pub terminal: bool,
}

/// The outcomes of one step: a reusable buffer that a model's `step_law` fills. Up to four outcomes stay off the heap, so
/// that wrappers can hold an inner buffer without allocating at every step.
pub type Branches<S> = smallvec::SmallVec<[Branch<S>; 4]>;

/// A place on a map, row 0 at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Row, from the top.
    pub row: usize,
    /// Column, from the left.
    pub column: usize,
}

/// A map to draw values on: one character a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridMap {
    /// The rows of the map, all of the same length; `#` is a wall.
    pub rows: Vec<Vec<char>>,
}

/// The law of one step of an environment.
///
/// States are small packed values. The same definition is enumerated into a table, simulated, drawn and exported.
///
/// ```
/// use tabrl::mdp::{Branch, Branches, Model, enumerate};
///
/// /// A walk on `0..n` that ends at `n` with reward 1; action 1 goes right with probability 0.9.
/// struct Walk { n: u32 }
///
/// impl Model for Walk {
///     type State = u32;
///     fn initial(&self) -> Vec<(f64, u32)> { vec![(1.0, 0)] }
///     fn num_actions(&self) -> usize { 2 }
///     fn step_law(&self, s: u32, a: usize, out: &mut Branches<u32>) {
///         let left = s.saturating_sub(1);
///         let p = if a == 1 { 0.9 } else { 0.1 };
///         let end = s + 1 == self.n;
///         out.push(Branch { probability: p, next: s + 1, reward: f64::from(u8::from(end)), terminal: end });
///         out.push(Branch { probability: 1.0 - p, next: left, reward: 0.0, terminal: false });
///     }
/// }
///
/// let table = enumerate(&Walk { n: 4 }, 1_000)?;
/// assert_eq!(table.mdp.num_states(), 5); // four places and the end
/// # Ok::<(), tabrl::Error>(())
/// ```
pub trait Model: Send + Sync {
    /// A state: small and packed, since tables and simulators copy it freely.
    type State: Copy + Eq + Hash + Ord + Debug + Send + Sync;

    /// The initial distribution: `(probability, state)` pairs that sum to one.
    fn initial(&self) -> Vec<(f64, Self::State)>;

    /// Number of actions `A`; actions are `0..A`.
    fn num_actions(&self) -> usize;

    /// Whether `action` may be taken in `state` (all may, by default; every reachable state needs at least one).
    fn allows(&self, _state: Self::State, _action: usize) -> bool {
        true
    }

    /// Appends every outcome of `action` in `state` to `out`, which arrives empty.
    fn step_law(&self, state: Self::State, action: usize, out: &mut Branches<Self::State>);

    /// A name of a state for people.
    fn state_name(&self, state: Self::State) -> String {
        format!("{state:?}")
    }

    /// A name of an action for people.
    fn action_name(&self, action: usize) -> String {
        action.to_string()
    }

    /// One character that stands for an action on a drawn map, such as `←`.
    fn action_glyph(&self, action: usize) -> char {
        char::from_digit((action % 36) as u32, 36).unwrap_or('?')
    }

    /// The map the states live on, if there is one.
    fn map(&self) -> Option<GridMap> {
        None
    }

    /// Where on the map a state is drawn; several states may share a cell.
    fn cell(&self, _state: Self::State) -> Option<Cell> {
        None
    }

    /// What an observer is shown of a state, as codes of kinds (object, colour, ...) in a list whose length is the same for all
    /// states; empty if there is nothing to see but the state itself. Wrappers show what is inside of them.
    fn observation(&self, _state: Self::State) -> Vec<u32> {
        Vec::new()
    }

    /// The names of the sets of states that this one belongs to, such as those that a constraint is about.
    fn labels(&self, _state: Self::State) -> Vec<String> {
        Vec::new()
    }

    /// Steps of an episode, where the problem is customarily studied over a fixed number of them.
    fn episode_length(&self) -> Option<usize> {
        None
    }
}

/// What is known of the states of a table beyond their numbers. The default is nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct View<'a> {
    /// The map, if there is one.
    pub map: Option<&'a GridMap>,
    /// Where each state is on the map, `[S]`; empty if there is no map.
    pub cells: &'a [Option<Cell>],
    /// What is seen of each state, `[S]`, see [`Model::observation`]; empty if nothing is or nobody asked.
    pub observations: &'a [Vec<u32>],
}

impl<M: Model + ?Sized> Model for &M {
    type State = M::State;

    fn initial(&self) -> Vec<(f64, Self::State)> {
        (**self).initial()
    }
    fn num_actions(&self) -> usize {
        (**self).num_actions()
    }
    fn allows(&self, state: Self::State, action: usize) -> bool {
        (**self).allows(state, action)
    }
    fn step_law(&self, state: Self::State, action: usize, out: &mut Branches<Self::State>) {
        (**self).step_law(state, action, out);
    }
    fn state_name(&self, state: Self::State) -> String {
        (**self).state_name(state)
    }
    fn action_name(&self, action: usize) -> String {
        (**self).action_name(action)
    }
    fn action_glyph(&self, action: usize) -> char {
        (**self).action_glyph(action)
    }
    fn map(&self) -> Option<GridMap> {
        (**self).map()
    }
    fn cell(&self, state: Self::State) -> Option<Cell> {
        (**self).cell(state)
    }
    fn observation(&self, state: Self::State) -> Vec<u32> {
        (**self).observation(state)
    }
    fn labels(&self, state: Self::State) -> Vec<String> {
        (**self).labels(state)
    }
    fn episode_length(&self) -> Option<usize> {
        (**self).episode_length()
    }
}
