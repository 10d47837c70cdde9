//! The command line of tabrl; see [`tabrl_experiments::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    tabrl_experiments::cli::main()
}
