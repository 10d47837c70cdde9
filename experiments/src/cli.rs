//! The command line: raw arguments (clap) → a command's checked configuration → the run.
//!
//! Exit codes: 0 done; 1 a claim failed, or a solver stopped at its iteration limit; 2 bad input or a failure of the
//! operating system. Answers go to standard output, everything else to standard error.

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands::{bandit, export, game, horizon, learn, list, merge, reproduce, show, solve, submodular};
use crate::output::note;
use crate::{Error, Result};

/// Exact tabular reinforcement learning: solve, simulate, learn, and check claims about learning.
#[derive(Debug, Parser)]
#[command(name = "tabrl", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Solve(solve::Arguments),
    Game(game::Arguments),
    Bandit(bandit::Arguments),
    Submodular(submodular::Arguments),
    Horizon(horizon::Arguments),
    Learn(learn::Arguments),
    Reproduce(reproduce::Arguments),
    Merge(merge::Arguments),
    Export(export::Arguments),
}

/// How a command that ran to its end went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// All is well: exit code 0.
    Done,
    /// It ran, but a claim does not hold or a solver could not certify its answer: exit code 1.
    Negative,
}

/// Parses the arguments of the process, runs the command, and says how it went.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers (code 0), the rest is bad input (code 2); a closed pipe is no matter.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match run(arguments.command) {
        Ok(Finish::Done) => ExitCode::SUCCESS,
        Ok(Finish::Negative) => ExitCode::from(1),
        Err(Error::Stdout(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            note(&format!("error: {}", error.chain()));
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<Finish> {
    match command {
        Command::List(arguments) => list::run(&arguments),
        Command::Show(arguments) => show::run(&arguments),
        Command::Solve(arguments) => solve::run(&arguments),
        Command::Game(arguments) => game::run(&arguments),
        Command::Bandit(arguments) => bandit::run(&arguments),
        Command::Submodular(arguments) => submodular::run(&arguments),
        Command::Horizon(arguments) => horizon::run(&arguments),
        Command::Learn(arguments) => learn::run(&arguments),
        Command::Reproduce(arguments) => reproduce::run(&arguments),
        Command::Merge(arguments) => merge::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
    }
}
