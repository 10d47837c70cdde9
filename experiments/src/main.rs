//! The command line of tabrl.

fn main() {}
