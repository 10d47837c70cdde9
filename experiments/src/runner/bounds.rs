//! Bounds of settings. The first setting that is out of them is named as `--set` takes it, with what would be right.

use crate::{Error, Result};

/// The bounds of the settings of one experiment.
///
/// ```
/// use tabrl_experiments::runner::Bounds;
///
/// let bounds = Bounds("barfi");
/// assert!(bounds.at_least(1, &[("climb.steps", 20), ("exact.starts", 8)]).is_ok());
/// let error = bounds.at_least(1, &[("climb.steps", 0)]).unwrap_err();
/// assert_eq!(error.to_string(), "barfi, setting climb.steps: it is 0, and must be at least 1");
/// ```
pub struct Bounds(pub &'static str);

impl Bounds {
    /// Counts that must be `least` at least.
    ///
    /// # Errors
    /// The first that is not.
    pub fn at_least(&self, least: usize, counts: &[(&str, usize)]) -> Result<()> {
        match counts.iter().find(|(_, count)| *count < least) {
            Some((name, count)) => Err(self.fault(name, format!("it is {count}, and must be at least {least}"))),
            None => Ok(()),
        }
    }

    /// Numbers that must be positive and finite.
    ///
    /// # Errors
    /// The first that is not.
    pub fn positive(&self, numbers: &[(&str, f64)]) -> Result<()> {
        match numbers.iter().find(|(_, x)| !(*x > 0.0 && x.is_finite())) {
            Some((name, x)) => Err(self.fault(name, format!("it is {x}, and must be a positive number"))),
            None => Ok(()),
        }
    }

    /// Numbers that must be from `least` to `most`.
    ///
    /// # Errors
    /// The first that is not.
    pub fn within(&self, (least, most): (f64, f64), numbers: &[(&str, f64)]) -> Result<()> {
        match numbers.iter().find(|(_, x)| !(least..=most).contains(x)) {
            Some((name, x)) => Err(self.fault(name, format!("it is {x}, and must be from {least} to {most}"))),
            None => Ok(()),
        }
    }

    /// Lists, by their lengths, that must have an entry.
    ///
    /// # Errors
    /// The first that is empty.
    pub fn some(&self, lengths: &[(&str, usize)]) -> Result<()> {
        match lengths.iter().find(|(_, length)| *length == 0) {
            Some((name, _)) => Err(self.fault(name, "it is an empty list, and must have one entry at least".into())),
            None => Ok(()),
        }
    }

    /// The error of a setting.
    pub fn fault(&self, name: &str, problem: String) -> Error {
        Error::Config { place: format!("{}, setting {name}", self.0), problem }
    }
}
