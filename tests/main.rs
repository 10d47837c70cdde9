//! Whole-toolkit tests: known problems with known answers, properties, the command line.
#![allow(clippy::unwrap_used)]

mod analysis;
mod bandit;
mod command_line;
mod effective_horizon;
mod exploration;
mod game;
mod learn;
mod mex;
mod regret;
mod shell;
mod show;
mod solve;
mod sqirl;
mod submodular;
