//! Every environment of tabrl, each defined once as the law of one step ([`tabrl::mdp::Model`]).
//!
//! [`make`] builds one by name with parameters; [`registry`] lists them all.
//!
//! ```
//! let env = tabrl_envs::make("riverswim", &[("n", "6"), ("p01", "0.4")])?;
//! let table = env.table(10_000)?;
//! assert_eq!(table.mdp.num_states(), 6);
//! # Ok::<(), tabrl_envs::EnvError>(())
//! ```

pub mod bandit;
pub mod bandit_mdp;
pub mod barfi_grid;
pub mod chain;
pub mod cliffwalking;
pub mod control;
pub mod dark_room;
pub mod deepsea;
pub mod double_chain;
mod environment;
mod error;
pub mod fourrooms;
pub mod frozenlake;
pub mod games;
pub mod garnet;
pub mod grid;
pub mod hidden_goal;
pub mod hpgd_rooms;
pub mod lava_grid;
pub mod lock;
pub mod minigrid;
pub mod random_lake;
pub mod random_mdp;
mod registry;
pub mod riverswim;
pub mod rlberry_grid;
pub mod rlberry_rooms;
mod settings;
pub mod sixarms;
pub mod small_worlds;
pub mod soccer;
#[cfg(test)]
mod solved;
pub mod submodular;
pub mod taxi;
pub mod toy3d;
mod wrapped;

pub use environment::{EnvTable, Environment, erase};
pub use error::{EnvError, Result};
pub use registry::{make, registry};
pub use settings::{Param, Settings, Spec};
pub use wrapped::COMMON_PARAMS;
