//! Submodular reinforcement learning: returns with diminishing returns along a trajectory.

pub mod function;
mod problem;

pub use function::SetFunction;
pub use problem::Problem;
