//! A claim: what a paper says, what was measured, and whether it holds.
//!
//! A claim that does not hold stays in the table and says so. Exact claims compare two numbers; statistical ones are judged
//! by a confidence interval; quoted numbers are shown and never judged.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use tabrl::stats::{Aggregate, Bootstrap, Estimate, PROFILE_REPETITIONS};

use super::real;

/// How a claim is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Computed, and compared within a tolerance.
    Exact,
    /// Sampled, and judged by a confidence interval.
    Statistical,
    /// A published number that cannot be recomputed here; shown, never judged.
    Quoted,
}

/// What came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It holds.
    #[serde(rename = "holds")]
    Holds,
    /// It does not hold.
    #[serde(rename = "fails")]
    Fails,
    /// It cannot be decided by this run.
    #[serde(rename = "not testable here")]
    NotTestable,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Verdict::Holds => "holds",
            Verdict::Fails => "fails",
            Verdict::NotTestable => "not testable here",
        })
    }
}

/// A number or words.
#[derive(Debug, Clone, PartialEq)]
pub enum Quantity {
    /// A number.
    Number(f64),
    /// Words, such as `33 of 33` or `at most 0.5`.
    Text(String),
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Quantity::Number(x) => real::serialize(x, serializer),
            Quantity::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Quantity::Number(x) => f.write_str(&short(*x)),
            Quantity::Text(text) => f.write_str(text),
        }
    }
}

impl From<f64> for Quantity {
    fn from(x: f64) -> Quantity {
        Quantity::Number(x)
    }
}

impl From<usize> for Quantity {
    fn from(n: usize) -> Quantity {
        Quantity::Number(n as f64)
    }
}

impl From<&str> for Quantity {
    fn from(text: &str) -> Quantity {
        Quantity::Text(text.into())
    }
}

impl From<String> for Quantity {
    fn from(text: String) -> Quantity {
        Quantity::Text(text)
    }
}

/// A number for people: ten significant digits at most.
pub(super) fn short(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    let exponent = x.abs().log10().floor();
    if !(-4.0..15.0).contains(&exponent) {
        return format!("{x:.9e}").parse::<f64>().map_or(format!("{x:e}"), |rounded| format!("{rounded:e}"));
    }
    let digits = (9.0 - exponent).max(0.0) as usize;
    let text = format!("{x:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// How far a measured number may be from the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    /// At most this.
    Absolute(f64),
    /// At most this times the expected number's size.
    Relative(f64),
}

impl Tolerance {
    /// Whether `measured` is close enough to `expected` (equal infinities are, NaN never is).
    pub fn accepts(self, expected: f64, measured: f64) -> bool {
        let allowed = match self {
            Tolerance::Absolute(x) => x,
            Tolerance::Relative(x) => x * expected.abs(),
        };
        expected == measured || (measured - expected).abs() <= allowed
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Tolerance::Absolute(0.0) | Tolerance::Relative(0.0) => f.write_str("exactly"),
            Tolerance::Absolute(x) => write!(f, "within {}", short(*x)),
            Tolerance::Relative(x) => write!(f, "within {} relative", short(*x)),
        }
    }
}

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Confidence level, such as 0.95.
    pub level: f64,
}

/// The mean of some numbers with its 95 % bootstrap interval; of one number the interval is the whole line.
///
/// # Errors
/// No number, or one that is not finite.
pub fn mean(numbers: &[f64]) -> crate::Result<(f64, Interval)> {
    let bootstrap = Bootstrap { repetitions: PROFILE_REPETITIONS, ..Bootstrap::default() };
    let Estimate { value, interval } = bootstrap.estimate_column(numbers.into(), Aggregate::Mean)?;
    let (lower, upper) = interval.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
    Ok((value, Interval { lower, upper, level: 0.95 }))
}

/// A claim, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Claim {
    /// A short name that stays the same between versions.
    pub id: String,
    /// What is claimed.
    pub statement: String,
    /// What was expected.
    pub expected: Quantity,
    /// What was measured, unless nothing was.
    pub measured: Option<Quantity>,
    /// How far the two may be apart.
    pub tolerance: Option<Tolerance>,
    /// The confidence interval of a statistical claim.
    pub interval: Option<Interval>,
    /// Where the claim stands: paper, table, equation.
    pub source: String,
    /// How it is judged.
    pub kind: Kind,
    /// What came out.
    pub verdict: Verdict,
    /// What a reader needs besides: seeds and test, which cases fail, why it cannot be tested.
    pub note: String,
}

/// A claim that waits for its measurement; made by [`Claim::draft`].
#[derive(Debug, Clone)]
pub struct Draft {
    id: String,
    statement: String,
    source: String,
    note: String,
}

impl Claim {
    /// Starts a claim; one of the methods of [`Draft`] judges it.
    pub fn draft(id: &str, statement: impl Into<String>, source: &str) -> Draft {
        Draft { id: id.into(), statement: statement.into(), source: source.into(), note: String::new() }
    }
}

impl Draft {
    /// Adds what a reader needs besides.
    pub fn note(mut self, note: impl Into<String>) -> Draft {
        self.note = note.into();
        self
    }

    fn judged(self, kind: Kind, expected: Quantity, measured: Option<Quantity>, verdict: Verdict) -> Claim {
        Claim {
            id: self.id,
            statement: self.statement,
            expected,
            measured,
            tolerance: None,
            interval: None,
            source: self.source,
            kind,
            verdict,
            note: self.note,
        }
    }

    /// Exact: words or counts that must be equal.
    pub fn equals(self, expected: impl Into<Quantity>, measured: impl Into<Quantity>) -> Claim {
        let (expected, measured) = (expected.into(), measured.into());
        let verdict = holds(expected == measured);
        let claim = self.judged(Kind::Exact, expected, Some(measured), verdict);
        Claim { tolerance: Some(Tolerance::Absolute(0.0)), ..claim }
    }

    /// Exact: a number within a tolerance.
    pub fn close(self, expected: f64, measured: f64, tolerance: Tolerance) -> Claim {
        let verdict = holds(tolerance.accepts(expected, measured));
        let claim = self.judged(Kind::Exact, expected.into(), Some(measured.into()), verdict);
        Claim { tolerance: Some(tolerance), ..claim }
    }

    /// Exact: a number that is at most `bound`.
    pub fn at_most(self, bound: f64, measured: f64) -> Claim {
        let expected = format!("at most {}", short(bound));
        self.judged(Kind::Exact, expected.into(), Some(measured.into()), holds(measured <= bound))
    }

    /// Exact: a number that is at least `bound`.
    pub fn at_least(self, bound: f64, measured: f64) -> Claim {
        let expected = format!("at least {}", short(bound));
        self.judged(Kind::Exact, expected.into(), Some(measured.into()), holds(measured >= bound))
    }

    /// Exact: many comparisons at once; the failing ones are named in the note. Without a single comparison it is not testable.
    pub fn all(mut self, checks: &Checks) -> Claim {
        if !checks.failures.is_empty() {
            let shown = checks.failures.iter().take(5).cloned().collect::<Vec<_>>().join("; ");
            let rest = checks.failures.len().saturating_sub(5);
            let rest = if rest > 0 { format!("; and {rest} more") } else { String::new() };
            let before = if self.note.is_empty() { "" } else { "; " };
            self.note.push_str(&format!("{before}fails: {shown}{rest}"));
        }
        let verdict = if checks.total == 0 { Verdict::NotTestable } else { holds(checks.failures.is_empty()) };
        let expected = format!("all of {}", checks.total);
        let measured = format!("{} of {}", checks.total - checks.failures.len(), checks.total);
        let claim = self.judged(Kind::Exact, expected.into(), Some(measured.into()), verdict);
        Claim { tolerance: checks.tolerance, ..claim }
    }

    /// Statistical: an estimate of a number that is known. Holds if the confidence interval meets
    /// `[expected - slack, expected + slack]`; `slack` is 0 unless the expected number itself is uncertain.
    pub fn agrees(self, expected: f64, slack: f64, measured: f64, interval: Interval) -> Claim {
        let verdict = holds(interval.lower <= expected + slack && interval.upper >= expected - slack);
        let claim = self.judged(Kind::Statistical, expected.into(), Some(measured.into()), verdict);
        Claim { tolerance: Some(Tolerance::Absolute(slack)), interval: Some(interval), ..claim }
    }

    /// Statistical: a number claimed to lie in `low..=high` (either may be infinite). Holds if the whole confidence
    /// interval does, fails if none of it does, and is not decided by this run otherwise.
    pub fn lies_in(mut self, low: f64, high: f64, measured: f64, interval: Interval) -> Claim {
        let verdict = if interval.lower >= low && interval.upper <= high {
            Verdict::Holds
        } else if interval.upper < low || interval.lower > high {
            Verdict::Fails
        } else {
            let before = if self.note.is_empty() { "" } else { "; " };
            self.note.push_str(before);
            self.note.push_str("the interval straddles the bound: more seeds are needed");
            Verdict::NotTestable
        };
        let expected = match (low.is_finite(), high.is_finite()) {
            (true, false) => format!("at least {}", short(low)),
            (false, true) => format!("at most {}", short(high)),
            _ => format!("{} to {}", short(low), short(high)),
        };
        let claim = self.judged(Kind::Statistical, expected.into(), Some(measured.into()), verdict);
        Claim { interval: Some(interval), ..claim }
    }

    /// A published number, shown and not judged.
    pub fn quoted(self, expected: impl Into<Quantity>) -> Claim {
        self.judged(Kind::Quoted, expected.into(), None, Verdict::NotTestable)
    }

    /// A claim that this run cannot decide (say in the note why).
    pub fn untested(self, kind: Kind, expected: impl Into<Quantity>) -> Claim {
        self.judged(kind, expected.into(), None, Verdict::NotTestable)
    }
}

fn holds(yes: bool) -> Verdict {
    if yes { Verdict::Holds } else { Verdict::Fails }
}

/// Many comparisons that make one claim.
#[derive(Debug, Clone, Default)]
pub struct Checks {
    total: usize,
    failures: Vec<String>,
    tolerance: Option<Tolerance>,
}

impl Checks {
    /// No comparison yet.
    pub fn new() -> Checks {
        Checks::default()
    }

    /// A condition; `what` is computed only if it fails.
    pub fn that(&mut self, condition: bool, what: impl FnOnce() -> String) {
        self.total += 1;
        if !condition {
            self.failures.push(what());
        }
    }

    /// Two things that must be equal.
    pub fn equal<T: PartialEq + fmt::Display>(&mut self, what: &str, expected: T, measured: T) {
        self.that(expected == measured, || format!("{what} is {measured}, expected {expected}"));
    }

    /// Two numbers within a tolerance.
    pub fn close(&mut self, what: &str, expected: f64, measured: f64, tolerance: Tolerance) {
        self.tolerance = Some(tolerance);
        self.that(tolerance.accepts(expected, measured), || format!("{what} is {measured}, expected {expected}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Claim::draft("id", "statement", "source")
    }

    #[test]
    fn exact_claims_compare_within_the_tolerance() {
        let relative = |measured| draft().close(200.0, measured, Tolerance::Relative(1e-3)).verdict;
        assert_eq!((relative(200.2), relative(200.3)), (Verdict::Holds, Verdict::Fails));
        assert_eq!(relative(f64::NAN), Verdict::Fails);
        assert!(Tolerance::Absolute(0.0).accepts(f64::INFINITY, f64::INFINITY));
        assert!(!Tolerance::Absolute(0.0).accepts(f64::NAN, f64::NAN));
        assert_eq!(draft().equals(3usize, 4usize).verdict, Verdict::Fails);
        assert_eq!(draft().at_most(1.0, 1.0).verdict, Verdict::Holds);
        assert_eq!(draft().at_least(1.0, f64::NAN).verdict, Verdict::Fails);
    }

    #[test]
    fn statistical_claims_are_judged_by_the_interval() {
        let interval = Interval { lower: 0.4, upper: 0.6, level: 0.95 };
        assert_eq!(draft().agrees(0.41, 0.0, 0.5, interval).verdict, Verdict::Holds);
        assert_eq!(draft().agrees(0.39, 0.0, 0.5, interval).verdict, Verdict::Fails);
        assert_eq!(draft().agrees(0.39, 0.02, 0.5, interval).verdict, Verdict::Holds);
        let at_least = |bound| draft().lies_in(bound, f64::INFINITY, 0.5, interval).verdict;
        assert_eq!(
            (at_least(0.3), at_least(0.5), at_least(0.7)),
            (Verdict::Holds, Verdict::NotTestable, Verdict::Fails)
        );
    }

    #[test]
    fn a_claim_over_many_cases_names_those_that_fail() {
        let mut checks = Checks::new();
        checks.equal("k of a", 1, 1);
        checks.close("v of b", 1.0, 1.1, Tolerance::Absolute(1e-6));
        let claim = draft().all(&checks);
        assert_eq!(claim.verdict, Verdict::Fails);
        assert_eq!(claim.measured, Some("1 of 2".into()));
        assert_eq!(claim.note, "fails: v of b is 1.1, expected 1");
        assert_eq!(draft().all(&Checks::new()).verdict, Verdict::NotTestable);
    }

    #[test]
    fn numbers_for_people_are_short() {
        let cases = [
            (15.0, "15"),
            (0.1 + 0.2, "0.3"),
            (6667295335345.0, "6667295335345"),
            (1.701457992e-11, "1.701457992e-11"),
        ];
        for (x, text) in cases {
            assert_eq!(short(x), text);
        }
        assert_eq!(short(f64::INFINITY), "inf");
        assert_eq!(short(-0.352384123456), "-0.3523841235");
    }
}
