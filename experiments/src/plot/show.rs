//! An environment with its optimal value and policy: on its map if it has one, else as a list of states.

use tabrl::mdp::{Cell, DecisionRule, GridMap, Mdp};
use tabrl::planning::{Criterion, Solution, Status};
use tabrl_envs::EnvTable;

use super::axis::{compact, significant};
use super::{Axis, CellMark, DotFigure, Drawing, Estimate, GridFigure, Group, Mark, Panel, Scale, number, text_map};
use crate::Result;

/// Most states that an environment without a map is drawn with.
const MOST_STATES: usize = 60;

/// An environment's solution for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// For a terminal: sizes, the value at the start, then the map or the states.
    pub text: String,
    /// The same as a picture.
    pub figure: Drawing,
}

/// Draws the optimal values and policy of an environment called `name`; `width` is that of the terminal in characters.
///
/// Where several states share a cell of the map (directions, objects carried, time), the cell shows the largest of their
/// values and the action of the state that has it, the first one in the table if several have. An action that most likely
/// leads to a neighbouring cell is shown as an arrow to it, another one by its own character. Cells with terminal states
/// only have no value. For a finite horizon both are those of the first step.
///
/// # Errors
/// [`crate::Error::Figure`] if the environment has no state with an action, or a map that cannot be drawn.
pub fn show(name: &str, table: &EnvTable, solution: &Solution, width: usize) -> Result<Shown> {
    let title = format!("{name}: optimal value and policy");
    let label = match solution.criterion {
        Criterion::Discounted { gamma } => format!("V*, discount {gamma}"),
        Criterion::FiniteHorizon { horizon } => format!("V* with {horizon} steps to go"),
        ref other => format!("V*, {other}"),
    };
    let heading = heading(name, &table.mdp, solution);
    match &table.map {
        Some(map) => {
            let cells = cell_marks(map, table, solution);
            let caption = caption(name, table, &cells);
            let text = format!("{heading}\n{}\n{caption}\n", text_map(map, &cells, width));
            let panels = vec![Panel { title: label, cells, scale: Scale::Linear }];
            let figure = GridFigure { title, caption, map: map.clone(), panels }.draw()?;
            Ok(Shown { text, figure })
        }
        None => {
            let (figure, list) = state_list(title, label, table, solution);
            Ok(Shown { text: format!("{heading}\n{list}"), figure: figure.draw()? })
        }
    }
}

fn heading(name: &str, mdp: &Mdp, solution: &Solution) -> String {
    let criterion = match solution.criterion {
        Criterion::Discounted { gamma } => format!("discount {gamma}"),
        Criterion::FiniteHorizon { horizon } => format!("{horizon} steps"),
        ref other => other.to_string(),
    };
    let accuracy = match solution.status {
        Status::Certified => "certified within",
        _ => "NOT certified: the bounds are apart by up to",
    };
    format!(
        "{name}: {} states ({} terminal), {} choices, {} branches\n\
         {criterion}: value at the start {}, {accuracy} {}\n",
        mdp.num_states(),
        mdp.num_terminal(),
        mdp.num_choices(),
        mdp.num_branches(),
        significant(solution.initial(mdp).value, 6),
        compact(solution.max_gap()),
    )
}

/// The best state of each cell, as value and action.
fn cell_marks(map: &GridMap, table: &EnvTable, solution: &Solution) -> Vec<Vec<CellMark>> {
    let mut cells: Vec<Vec<CellMark>> = map.rows.iter().map(|row| vec![CellMark::default(); row.len()]).collect();
    for s in (0..table.mdp.num_states()).filter(|&s| !table.mdp.is_terminal(s)) {
        let Some(Cell { row, column }) = table.cells[s] else { continue };
        let Some(mark) = cells.get_mut(row).and_then(|r| r.get_mut(column)) else { continue };
        if mark.value.is_none_or(|best| solution.values[s] > best) {
            *mark = CellMark { value: Some(solution.values[s]), glyph: glyph(table, solution, s) };
        }
    }
    cells
}

/// The first choice of state `s` with the largest probability at the first step.
fn likely_choice(mdp: &Mdp, rule: &DecisionRule, s: usize) -> Option<usize> {
    mdp.choices(s).rev().max_by(|&a, &b| rule.probability(s, a).total_cmp(&rule.probability(s, b)))
}

fn glyph(table: &EnvTable, solution: &Solution, s: usize) -> Option<char> {
    let choice = likely_choice(&table.mdp, solution.policy.rule(0), s)?;
    let likely = table.mdp.branches(choice).find(|&(_, p)| p > 0.5).map(|(next, _)| next);
    let arrow = table.cells[s].zip(likely.and_then(|next| table.cells[next])).and_then(|(from, to)| arrow(from, to));
    arrow.or_else(|| table.action_glyphs.get(table.mdp.action_of(s, choice)).copied())
}

/// The arrow from a cell to its neighbour.
fn arrow(from: Cell, to: Cell) -> Option<char> {
    let step = |from: usize, to: usize| to as i64 - from as i64;
    match (step(from.row, to.row), step(from.column, to.column)) {
        (-1, 0) => Some('↑'),
        (1, 0) => Some('↓'),
        (0, -1) => Some('←'),
        (0, 1) => Some('→'),
        (-1, -1) => Some('↖'),
        (-1, 1) => Some('↗'),
        (1, -1) => Some('↙'),
        (1, 1) => Some('↘'),
        _ => None,
    }
}

fn caption(name: &str, table: &EnvTable, cells: &[Vec<CellMark>]) -> String {
    let drawn = |s: &usize| table.cells[*s].is_some() && !table.mdp.is_terminal(*s);
    let states = (0..table.mdp.num_states()).filter(drawn).count();
    let places = cells.iter().flatten().filter(|c| c.value.is_some()).count();
    let mut caption = if states > places {
        let mut over = if name.starts_with("minigrid/") { "directions and objects" } else { "its states" }.to_owned();
        for (setting, what) in [("sticky=", ", last actions"), ("horizon=", ", steps left")] {
            if name.contains(setting) {
                over.push_str(what);
            }
        }
        format!("Each cell: maximum over {over}, and the action there ({states} states on {places} cells).")
    } else {
        "Value and greedy action of each state.".to_owned()
    };
    // Actions that are not moves need their names.
    let shown = |glyph: char| cells.iter().flatten().any(|c| c.glyph == Some(glyph));
    let named = table.action_glyphs.iter().zip(&table.action_names);
    let named: Vec<String> = named
        .filter(|&(&glyph, _)| shown(glyph) && !"←→↑↓↖↗↙↘".contains(glyph))
        .map(|(glyph, name)| format!("{glyph} {name}"))
        .collect();
    if !named.is_empty() {
        caption.push_str(&format!(" Actions: {}.", named.join(", ")));
    }
    caption
}

/// A figure and a text that list the values of the first states.
fn state_list(title: String, label: String, table: &EnvTable, solution: &Solution) -> (DotFigure, String) {
    let mdp = &table.mdp;
    let states: Vec<usize> = (0..mdp.num_states()).filter(|&s| !mdp.is_terminal(s)).take(MOST_STATES).collect();
    let acting = mdp.num_states() - mdp.num_terminal();
    let caption = if acting > states.len() {
        format!("The first {} of {acting} states, in breadth-first order from the start.", states.len())
    } else {
        "Every state with its greedy action, in breadth-first order from the start.".to_owned()
    };
    let action = |s: usize| {
        let choice = likely_choice(mdp, solution.policy.rule(0), s).map(|c| mdp.action_of(s, c));
        choice.and_then(|a| table.action_names.get(a)).map_or("", String::as_str)
    };
    let wide = |texts: &mut dyn Iterator<Item = &str>| texts.map(|t| t.chars().count()).max().unwrap_or(0);
    let name_width = wide(&mut states.iter().map(|&s| table.state_names[s].as_str())).max("state".len());
    let action_width = wide(&mut states.iter().map(|&s| action(s))).max("action".len());
    let mut text = format!("{:name_width$}  {:action_width$}  value\n", "state", "action");
    for &s in &states {
        let (name, value) = (&table.state_names[s], significant(solution.values[s], 6));
        text.push_str(&format!("{name:name_width$}  {:action_width$}  {value}\n", action(s)));
    }
    text.push_str(&format!("\n{caption}\n"));
    let estimate = |&s: &usize| {
        let value = solution.values[s];
        let interval = Some((solution.lower[s], solution.upper[s])).filter(|(low, high)| low < high);
        Estimate { value, interval }
    };
    let figure = DotFigure {
        title,
        caption: format!("{caption} Largest distance between the certified bounds: {}.", number(solution.max_gap())),
        rows: states.iter().map(|&s| format!("{}  [{}]", table.state_names[s], action(s))).collect(),
        axis: Axis::linear(label),
        groups: vec![Group { name: String::new(), values: states.iter().map(estimate).collect() }],
        mark: Mark::Dot,
    };
    (figure, text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tabrl::planning::SolveOptions;

    use super::*;

    fn solve(mdp: &Mdp, gamma: f64) -> Solution {
        tabrl::planning::solve(mdp, Criterion::Discounted { gamma }, &SolveOptions::default()).unwrap()
    }

    fn shown(name: &str, width: usize) -> Shown {
        let table = tabrl_envs::make(name, &[]).unwrap().table(100_000).unwrap();
        show(name, &table, &solve(&table.mdp, 0.9), width).unwrap()
    }

    #[test]
    fn a_map_with_arrows_towards_the_goal() {
        let Shown { text, figure } = shown("minigrid/LavaGapS5", 80);
        // Down twice, a turn, and right through the gap in the lava: 0.9 to the power of the actions before the last.
        let map = [
            "███████↓ 0.66 L             ███████",
            "███████↓ 0.73 L             ███████",
            "███████→ 0.90 → 1.00 G      ███████",
        ];
        assert!(text.contains(&map.join("\n")), "{text}");
        assert!(text.contains("discount 0.9: value at the start 0.59049, certified within"), "{text}");
        for part in ["minigrid/LavaGapS5: optimal value and policy", "V*, discount 0.9", "directions and objects"] {
            assert!(figure.svg().contains(part), "{part}");
        }
    }

    #[test]
    fn without_a_map_states_are_listed() {
        let Shown { text, figure } = shown("riverswim", 80);
        assert!(text.contains("riverswim: 6 states (0 terminal), 12 choices, 22 branches"), "{text}");
        assert!(text.contains("\n0      right   "), "{text}");
        assert!(figure.svg().contains("5  [right]"));
    }

    #[test]
    fn long_lists_are_cut_and_say_so() {
        let table = tabrl_envs::make("riverswim", &[("n", "100")]).unwrap().table(1_000).unwrap();
        let Shown { text, figure } = show("riverswim", &table, &solve(&table.mdp, 0.9), 80).unwrap();
        let sentence = "The first 60 of 100 states";
        assert!(text.contains(sentence) && figure.svg().contains(sentence));
        assert!(!figure.svg().contains("60  ["));
    }

    #[test]
    fn several_states_of_a_cell_give_their_largest_value() {
        let table = tabrl_envs::make("minigrid/DoorKey-5x5", &[]).unwrap().table(10_000).unwrap();
        let solution = solve(&table.mdp, 0.9);
        let cells = cell_marks(table.map.as_ref().unwrap(), &table, &solution);
        for s in (0..table.mdp.num_states()).filter(|&s| !table.mdp.is_terminal(s)) {
            let cell = table.cells[s].unwrap();
            assert!(cells[cell.row][cell.column].value.unwrap() >= solution.values[s]);
        }
    }
}
