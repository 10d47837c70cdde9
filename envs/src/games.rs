//! Two-player zero-sum games by name. Adding one touches its own file and one line here.
//!
//! ```
//! let game = tabrl_envs::games::make("soccer")?;
//! assert_eq!(game.game.num_states(), 760);
//! # Ok::<(), tabrl_envs::EnvError>(())
//! ```

use tabrl::Error;
use tabrl::mdp::Model;
use tabrl::planning::games::MarkovGame;

use crate::Result;
use crate::soccer::{self, Soccer};

/// A game with the names of its states.
#[derive(Debug, Clone)]
pub struct NamedGame {
    /// The game.
    pub game: MarkovGame,
    /// A name for each state, `[S]`.
    pub state_names: Vec<String>,
}

/// An entry of the list of games.
pub struct GameSpec {
    /// Its name, such as `soccer`.
    pub name: &'static str,
    /// One line on what it is.
    pub summary: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    build: fn() -> Result<NamedGame>,
}

/// All games, in the order in which they are listed.
pub fn registry() -> Vec<GameSpec> {
    vec![GameSpec {
        name: "soccer",
        summary: "two players, one ball, two goals, moves in random order",
        source: "Littman 1994",
        build: || {
            let (game, positions) = soccer::game()?;
            Ok(NamedGame { game, state_names: positions.into_iter().map(|p| Soccer.state_name(p)).collect() })
        },
    }]
}

/// Builds the game `name`.
///
/// # Errors
/// An unknown name; the nearest one is suggested.
pub fn make(name: &str) -> Result<NamedGame> {
    let specs = registry();
    match specs.iter().find(|spec| spec.name == name) {
        Some(spec) => (spec.build)(),
        None => Err(Error::unknown("game", name, specs.iter().map(|spec| spec.name)).into()),
    }
}
