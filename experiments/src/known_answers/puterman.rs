//! The two-state problem of Puterman, "Markov Decision Processes" (2005), section 3.1.
//!
//! ```text
//!   state 0:  action 0 earns 5 and stays with probability 1/2;  action 1 earns 10 and leaves for state 1
//!   state 1:  the only action earns -1 and stays
//! ```
//! For 0 <= g < 1, `v(1) = -1/(1 - g)`; for g above 10/11, action 0 is best in state 0 and
//! `v(0) = (5 - 5.5 g) / ((1 - g/2)(1 - g))`, which is -60/7 at g = 0.95.

use tabrl::mdp::{Mdp, MdpBuilder};

/// The table.
///
/// # Errors
/// None in practice: its numbers are a valid MDP.
pub(super) fn table() -> tabrl::Result<Mdp> {
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(0.5, 0, 5.0), (0.5, 1, 5.0)]);
    builder.choice(0, 1, &[(1.0, 1, 10.0)]);
    builder.choice(1, 0, &[(1.0, 1, -1.0)]);
    builder.build()
}
