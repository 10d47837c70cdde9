//! Names, parameters and defaults of the environments.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use crate::{EnvError, Environment, Result};

/// A parameter of an environment.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name, as in `--set name=value`.
    pub name: &'static str,
    /// Its default, as text.
    pub default: &'static str,
    /// What it is, with its range.
    pub doc: &'static str,
}

/// Builds an environment from its settings.
pub type Build = Box<dyn Fn(&Settings) -> Result<Box<dyn Environment>> + Send + Sync>;

/// An entry of the registry.
pub struct Spec {
    /// Its name, such as `riverswim` or `minigrid/DoorKey-5x5`.
    pub name: String,
    /// One line on what it is.
    pub summary: String,
    /// Where it comes from.
    pub source: &'static str,
    /// Its own parameters (those of [`crate::COMMON_PARAMS`] are understood by every environment).
    pub params: Vec<Param>,
    /// How to build it.
    pub build: Build,
}

/// Checked settings of one environment: every parameter has a text value, given or default.
#[derive(Debug, Clone)]
pub struct Settings {
    environment: String,
    values: BTreeMap<&'static str, String>,
}

impl Settings {
    /// Joins what was given with the defaults.
    ///
    /// # Errors
    /// A parameter the environment does not have; the nearest one is suggested.
    pub fn new(environment: &str, params: &[Param], given: &[(&str, &str)]) -> Result<Settings> {
        let mut values: BTreeMap<&'static str, String> =
            params.iter().map(|p| (p.name, p.default.to_owned())).collect();
        for &(name, value) in given {
            match values.get_mut(name) {
                Some(slot) => value.clone_into(slot),
                None => {
                    let known = params.iter().map(|p| p.name);
                    return Err(tabrl::Error::unknown("parameter", name, known).into());
                }
            }
        }
        Ok(Settings { environment: environment.to_owned(), values })
    }

    /// The same settings where every parameter of `own` that `common` has too is back at the common default.
    pub(crate) fn without(mut self, own: &[Param], common: &[Param]) -> Settings {
        for hidden in common.iter().filter(|p| own.iter().any(|q| q.name == p.name)) {
            self.values.insert(hidden.name, hidden.default.to_owned());
        }
        self
    }

    /// The text of a parameter.
    ///
    /// # Panics
    /// If the environment's specification does not list `name`: a mistake in its code, found by the registry's test.
    pub fn text(&self, name: &str) -> &str {
        self.values.get(name).unwrap_or_else(|| panic!("{} does not declare the parameter {name}", self.environment))
    }

    /// The value of a parameter if it is of type `T` and `accept` holds.
    ///
    /// # Errors
    /// [`EnvError::Setting`] with `expected` in words.
    pub fn get<T: FromStr + Display>(&self, name: &str, expected: &str, accept: impl Fn(&T) -> bool) -> Result<T> {
        let text = self.text(name);
        text.parse().ok().filter(accept).ok_or_else(|| self.fault(name, expected))
    }

    /// A probability in `[0, 1]`, as a decimal number or as a fraction such as `1/3`.
    ///
    /// # Errors
    /// [`EnvError::Setting`].
    pub fn probability(&self, name: &str) -> Result<f64> {
        let text = self.text(name);
        let value = match text.split_once('/') {
            Some((top, bottom)) => top.parse::<f64>().ok().zip(bottom.parse::<f64>().ok()).map(|(t, b)| t / b),
            None => text.parse().ok(),
        };
        let inside = value.filter(|p| (0.0..=1.0).contains(p));
        inside.ok_or_else(|| self.fault(name, "must be a probability in [0, 1], such as 0.25 or 1/4"))
    }

    /// A whole number in `low..=high`.
    ///
    /// # Errors
    /// [`EnvError::Setting`].
    pub fn count(&self, name: &str, low: usize, high: usize) -> Result<usize> {
        self.get(name, &format!("must be a whole number from {low} to {high}"), |n: &usize| (low..=high).contains(n))
    }

    /// A finite number.
    ///
    /// # Errors
    /// [`EnvError::Setting`].
    pub fn number(&self, name: &str) -> Result<f64> {
        self.get(name, "must be a finite number", |x: &f64| x.is_finite())
    }

    /// The root of a random stream.
    ///
    /// # Errors
    /// [`EnvError::Setting`].
    pub fn seed(&self, name: &str) -> Result<u64> {
        self.get(name, &format!("must be a whole number from 0 to {}", u64::MAX), |_: &u64| true)
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// [`EnvError::Setting`].
    pub fn flag(&self, name: &str) -> Result<bool> {
        self.get(name, "must be true or false", |_: &bool| true)
    }

    /// One word out of `words`.
    ///
    /// # Errors
    /// [`EnvError::Setting`] that lists the words.
    pub fn word<'a>(&self, name: &str, words: &[&'a str]) -> Result<&'a str> {
        let text = self.text(name);
        let found = words.iter().find(|word| **word == text).copied();
        found.ok_or_else(|| self.fault(name, &format!("must be one of {}", words.join(", "))))
    }

    /// The error that says what a parameter's value should be.
    pub fn fault(&self, name: &str, expected: &str) -> EnvError {
        EnvError::Setting {
            environment: self.environment.clone(),
            name: name.to_owned(),
            value: self.text(name).to_owned(),
            expected: expected.to_owned(),
        }
    }
}
