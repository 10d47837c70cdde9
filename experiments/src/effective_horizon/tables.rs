//! The tables on disk, and what a reader must know to read them.

use super::measure::Record;
use super::{Config, Results};
use crate::runner::{Cell, Table};

/// One table per kind of measurement.
pub fn tables(results: &Results) -> Vec<Table> {
    vec![deterministic(results), sticky(results), shaped(results), gaps(results)]
}

/// Paragraphs for the report.
pub fn notes(config: &Config) -> Vec<String> {
    vec![
        format!(
            "All maps are those that MiniGrid draws for seed 0, with the papers' simplified rules: reward 1 for success, \
             no counter, three actions in empty rooms and six elsewhere, {} steps. Numbers are exact up to rounding; \
             nothing is sampled.",
            config.horizon
        ),
        "`k_min` demands that every greedy policy is optimal within 1e-4 in every state it may reach. With sticky actions \
         that includes states reached with tiny probability and ties that rounding may break, so a large `k_min` there \
         says little; `k_return95` (the least k whose greedy policy, worst tie, earns 95 % of the range of returns) is the \
         robust number."
            .into(),
        format!(
            "GORP is evaluated for tables of at most {} states; an empty entry means a larger table, or no success within \
             {:e} steps (and, where returns take more than two values, within m = 256).",
            config.gorp_max_states, config.gorp_max_steps
        ),
    ]
}

const MEASURED: [(&str, &str, &str); 9] = [
    ("states", "", "non-terminal states S"),
    ("actions", "", "number of actions A"),
    ("k_min", "", "least k for which every policy greedy for Q^k is optimal"),
    ("k_return95", "", "least k whose greedy policy earns 95 % of the range of returns"),
    ("epw", "steps", "effective planning window W"),
    ("j_optimal", "", "largest expected return J*"),
    ("j_random", "", "expected return of random play"),
    ("j_worst", "", "smallest expected return"),
    ("j_greedy", "", "return of acting greedily on the values of random play, worst tie"),
];

fn measured(row: &Record) -> Vec<Cell> {
    vec![
        row.states.into(),
        row.actions.into(),
        row.k_min.into(),
        row.k_return95.into(),
        row.epw.into(),
        row.j_optimal.into(),
        row.j_random.into(),
        row.j_worst.into(),
        row.greedy_returns.first().copied().into(),
    ]
}

const BOUNDED: [(&str, &str, &str); 10] = [
    ("h_simple", "", "closed bound on the effective horizon (theorem 5.4)"),
    ("bound_m1", "episodes", "episodes per sequence that the bound asks for at k = 1"),
    ("bound_gap1", "", "the gap that asks for them"),
    ("bound_h1", "", "the bound at k = 1"),
    ("gorp_m1", "episodes", "least m with which GORP(1, m) succeeds with probability 1/2"),
    ("gorp_p", "", "success probability with that m"),
    ("gorp_p_below", "", "success probability with one less"),
    ("gorp_h1", "", "exact effective horizon at k = 1"),
    ("covering_length", "episodes", "bound on the covering length of random play"),
    ("min_occupancy", "", "smallest (over states and actions) largest (over time) occupancy of random play"),
];

fn bounded(row: &Record) -> Vec<Cell> {
    let first = row.bounds.first();
    vec![
        row.h_simple.into(),
        first.map(|at| at.m).into(),
        first.map(|at| at.gap).into(),
        first.map(|at| at.effective_horizon).into(),
        row.gorp.map(|gorp| gorp.m).into(),
        row.gorp.map(|gorp| gorp.probability).into(),
        row.gorp.and_then(|gorp| gorp.probability_below).into(),
        row.gorp.map(|gorp| gorp.effective_horizon).into(),
        row.covering_length.into(),
        row.occupancy[1].into(),
    ]
}

fn deterministic(results: &Results) -> Table {
    let columns = [&[("environment", "", "MiniGrid layout")][..], &MEASURED, &BOUNDED].concat();
    let mut columns = columns;
    columns.push(("shortest", "steps", "length of the shortest solution"));
    let mut table = Table::new("deterministic", "One environment a row, deterministic.", &columns);
    for (name, row) in &results.plain {
        let mut cells = vec![Cell::from(name.as_str())];
        cells.extend(measured(row));
        cells.extend(bounded(row));
        cells.push(row.shortest.into());
        table.row(cells);
    }
    table
}

fn sticky(results: &Results) -> Table {
    let own = [
        ("environment", "", "MiniGrid layout"),
        ("sticky_states", "", "reachable pairs of a state and the last executed action, terminal states as one"),
    ];
    let mut table =
        Table::new("sticky", "One environment a row, with sticky actions.", &[&own[..], &MEASURED].concat());
    for (name, row) in &results.sticky {
        let mut cells = vec![Cell::from(name.as_str()), row.sticky_states.into()];
        cells.extend(measured(row));
        table.row(cells);
    }
    table
}

fn shaped(results: &Results) -> Table {
    let own = [("environment", "", "MiniGrid layout"), ("shaping", "", "what is added to the reward")];
    let columns = [&own[..], &MEASURED, &BOUNDED].concat();
    let mut table = Table::new("shaped", "One environment with one shaping a row, deterministic.", &columns);
    for (name, shaping, row) in &results.shaped {
        let mut cells = vec![Cell::from(name.as_str()), shaping.as_str().into()];
        cells.extend(measured(row));
        cells.extend(bounded(row));
        table.row(cells);
    }
    table
}

fn gaps(results: &Results) -> Table {
    let columns = [
        ("environment", "", "MiniGrid layout"),
        ("sticky", "", "whether actions are sticky"),
        ("k", "", "lookahead steps"),
        ("gap_visitable", "", "smallest gap of Q^k over all visitable states, returns scaled to [0, 1]"),
        ("gap_greedy", "", "the same over states that greedy policies visit"),
        ("h_visitable", "", "stochastic effective horizon with the first gap (empty: not k-QVI-solvable)"),
        ("h_greedy", "", "the same with the second gap"),
    ];
    let mut table = Table::new("gaps", "One environment and k a row.", &columns);
    for (rows, sticky) in [(&results.plain, false), (&results.sticky, true)] {
        for (name, row) in rows {
            for at in &row.gaps {
                table.row(vec![
                    name.as_str().into(),
                    sticky.into(),
                    at.k.into(),
                    at.visitable.into(),
                    at.greedy.into(),
                    at.h_visitable.into(),
                    at.h_greedy.into(),
                ]);
            }
        }
    }
    table
}
