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

mod environment;
mod error;
pub mod minigrid;
mod registry;
pub mod riverswim;
mod settings;
mod wrapped;

pub use environment::{EnvTable, Environment, erase};
pub use error::{EnvError, Result};
pub use registry::{make, registry};
pub use settings::{Param, Settings, Spec};
pub use wrapped::COMMON_PARAMS;
