//! Models made from models. A wrapper is a model too, so its table, its simulation and its drawing come for free.

mod finite_horizon;
mod rewards;
mod slip;
mod sticky;

pub use finite_horizon::FiniteHorizon;
pub use rewards::{OverrideReward, ShapeReward};
pub use slip::Slip;
pub use sticky::Sticky;

/// Passes the methods about names, labels and drawing on to the wrapped model: `$inner` maps a state to the inner one.
macro_rules! forward_appearance {
    ($inner:expr) => {
        fn action_name(&self, action: usize) -> String {
            self.model.action_name(action)
        }
        fn action_glyph(&self, action: usize) -> char {
            self.model.action_glyph(action)
        }
        fn map(&self) -> Option<$crate::mdp::GridMap> {
            self.model.map()
        }
        fn cell(&self, state: Self::State) -> Option<$crate::mdp::Cell> {
            self.model.cell($inner(state))
        }
        fn observation(&self, state: Self::State) -> Vec<u32> {
            self.model.observation($inner(state))
        }
        fn labels(&self, state: Self::State) -> Vec<String> {
            self.model.labels($inner(state))
        }
    };
}
use forward_appearance;
