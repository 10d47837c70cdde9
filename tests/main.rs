//! Whole-toolkit tests: known problems with known answers, properties, the command line.
