//! Statistics of runs: aggregates, intervals, tests.
