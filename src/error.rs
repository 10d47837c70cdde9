//! What can go wrong in the library: every variant says what was wrong, where, and what would be right.

/// The library's result type.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of the library. No variant is raised by a bug: each is caused by an input or by the operating system.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The probabilities of one choice do not sum to one.
    #[error(
        "the probabilities of state {state}, action {action} sum to {sum}, which is off 1 by {excess:e}; \
         at most {tolerance:e} is allowed (normalise the row, or mark the state terminal)"
    )]
    RowSum {
        /// The state of the row.
        state: usize,
        /// The action of the row.
        action: usize,
        /// Sum of the row.
        sum: f64,
        /// `|sum - 1|`.
        excess: f64,
        /// What was allowed.
        tolerance: f64,
    },
    /// A probability is negative, above one, or not a number.
    #[error("probability {value} of state {state}, action {action}, successor {next} is not in [0, 1]")]
    Probability {
        /// The state of the row.
        state: usize,
        /// The action of the row.
        action: usize,
        /// The successor.
        next: usize,
        /// The offending number.
        value: f64,
    },
    /// A reward is infinite or not a number.
    #[error("reward {value} of state {state}, action {action} is not a finite number")]
    Reward {
        /// The state.
        state: usize,
        /// The action.
        action: usize,
        /// The offending number.
        value: f64,
    },
    /// A successor is outside the state space.
    #[error("state {state}, action {action} leads to state {next}, but the states are 0..{states}")]
    DanglingSuccessor {
        /// The state of the row.
        state: usize,
        /// The action of the row.
        action: usize,
        /// The successor that does not exist.
        next: usize,
        /// Number of states.
        states: usize,
    },
    /// A state has no choice and is not marked terminal.
    #[error("state {state} has no action; give it one, or mark it terminal")]
    EmptyState {
        /// The state.
        state: usize,
    },
    /// A terminal state was given an action.
    #[error("state {state} is terminal but has an action; a terminal state has none")]
    TerminalWithChoices {
        /// The state.
        state: usize,
    },
    /// A state outside the state space was named.
    #[error("{what} names state {state}, but the states are 0..{states}")]
    StateIndex {
        /// Which input named it.
        what: &'static str,
        /// The state that does not exist.
        state: usize,
        /// Number of states.
        states: usize,
    },
    /// The same action was given twice to a state.
    #[error("action {action} of state {state} is given twice; give all its branches in one call")]
    DuplicateAction {
        /// The state.
        state: usize,
        /// The action.
        action: usize,
    },
    /// The initial distribution is not a distribution.
    #[error("the initial distribution sums to {sum} (entries must be in [0, 1] and sum to 1 within 1e-9)")]
    InitialDistribution {
        /// Sum of the entries.
        sum: f64,
    },
    /// A policy does not fit the model, or is not a distribution over the choices of a state.
    #[error("the policy is invalid in state {state} at stage {stage}: {reason}")]
    Policy {
        /// The state.
        state: usize,
        /// The stage (0 for a stationary policy).
        stage: usize,
        /// What is wrong with it.
        reason: PolicyFault,
    },
    /// An array has the wrong length or shape.
    #[error("{what} has shape {found:?}, expected {expected:?}")]
    Shape {
        /// The array.
        what: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that was expected.
        expected: Vec<usize>,
    },
    /// A numeric parameter is out of its range.
    #[error("{name} = {} is out of range: it must be {expected}", in_words(*value))]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// The value given.
        value: f64,
        /// The range, in words.
        expected: &'static str,
    },
    /// The text of a setting is not of its type, or out of its range.
    #[error("{name} = {given} is not valid: it must be {expected}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// The text given.
        given: String,
        /// The type and range, in words.
        expected: &'static str,
    },
    /// A word is not among those known.
    #[error("unknown {what} `{given}`{}", nearest_hint(nearest, known))]
    Unknown {
        /// What kind of thing was named.
        what: &'static str,
        /// The word given.
        given: String,
        /// The nearest known word.
        nearest: Option<String>,
        /// All known words.
        known: Vec<String>,
    },
    /// The state space is larger than the limit.
    #[error("more than {limit} reachable states; raise the limit, or simulate the model without a table")]
    StateLimit {
        /// The limit that was reached.
        limit: usize,
    },
    /// A method does not apply to the problem.
    #[error("{method} does not apply: {reason}")]
    NotApplicable {
        /// The method.
        method: &'static str,
        /// Why not, and what would be right.
        reason: String,
    },
    /// No policy keeps a constraint, or keeps it together with those before it.
    #[error(
        "no policy keeps the constraints: the least that cost {constraint} can be{} is about {least}, more than the {bound} \
         allowed; raise that bound",
        if *constraint == 0 { "" } else { ", the constraints before it kept," }
    )]
    Infeasible {
        /// The first constraint that cannot be kept, counted from 0.
        constraint: usize,
        /// Its bound.
        bound: f64,
        /// The least expected cost among the policies that keep the constraints before it, as computed.
        least: f64,
    },
    /// A model, a simulator or an agent does not keep a promise that its kind makes.
    #[error("{subject} fails the check `{check}`: {problem}")]
    Conformance {
        /// What was checked.
        subject: String,
        /// The check it failed.
        check: &'static str,
        /// What was found, where, and what would be right.
        problem: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: std::path::PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file is not in the format it should be in.
    #[error("{}: {problem}", path.display())]
    Format {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it and what would be right.
        problem: String,
    },
}

/// What is wrong with a policy in one state.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PolicyFault {
    /// It takes a choice that belongs to another state (or none where one is needed).
    #[error("choice {choice} is not one of {first}..{end}")]
    Choice {
        /// The choice taken.
        choice: usize,
        /// First choice of the state.
        first: usize,
        /// One past the last choice of the state.
        end: usize,
    },
    /// Its probabilities are not a distribution.
    #[error("its probabilities sum to {sum}, with smallest {smallest}; they must be a distribution")]
    Distribution {
        /// Their sum.
        sum: f64,
        /// Smallest entry.
        smallest: f64,
    },
}

fn nearest_hint(nearest: &Option<String>, known: &[String]) -> String {
    match nearest {
        Some(word) => format!("; did you mean `{word}`?"),
        None => format!("; known: {}", known.join(", ")),
    }
}

impl Error {
    /// An [`Error::Unknown`] that suggests the known word nearest to `given`: one slip of the finger away (a letter added,
    /// lost, changed, or two swapped), else of Jaro-Winkler similarity above 0.7.
    pub fn unknown<'a>(what: &'static str, given: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
        let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
        let similarity = |word: &String| {
            let (given, word) = (given.to_lowercase(), word.to_lowercase());
            let slip = given.chars().count() > 1 && strsim::damerau_levenshtein(&given, &word) <= 1;
            if slip { 1.0 } else { strsim::jaro_winkler(&given, &word) }
        };
        let nearest = known
            .iter()
            .map(|word| (similarity(word), word))
            .filter(|(similarity, _)| *similarity > 0.7)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, word)| word.clone());
        Error::Unknown { what, given: given.to_owned(), nearest, known }
    }

    /// Wraps an operating-system error with the path it happened at.
    pub fn io(path: impl Into<std::path::PathBuf>, source: std::io::Error) -> Error {
        Error::Io { path: path.into(), source }
    }
}

/// A number as one would write it: with an exponent where digits would only be zeros.
fn in_words(value: f64) -> String {
    let plain = value == 0.0 || !value.is_finite() || (1e-6..1e16).contains(&value.abs());
    if plain { value.to_string() } else { format!("{value:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extreme_numbers_have_exponents() {
        let said = |value| Error::Parameter { name: "x", value, expected: "mild" }.to_string();
        assert!(said(1e-300).starts_with("x = 1e-300 is") && said(-2.5e20).starts_with("x = -2.5e20 is"));
        assert!(
            said(0.25).starts_with("x = 0.25 is")
                && said(-3.0).starts_with("x = -3 is")
                && said(0.0).starts_with("x = 0 is")
        );
    }

    #[test]
    fn unknown_suggests_the_nearest_word() {
        let message = Error::unknown("environment", "rivreswim", ["riverswim", "taxi"]).to_string();
        assert_eq!(message, "unknown environment `rivreswim`; did you mean `riverswim`?");
        let message = Error::unknown("parameter", "p10", ["n", "p01"]).to_string();
        assert_eq!(message, "unknown parameter `p10`; did you mean `p01`?");
        let message = Error::unknown("environment", "qqq", ["riverswim", "taxi"]).to_string();
        assert_eq!(message, "unknown environment `qqq`; known: riverswim, taxi");
    }
}
