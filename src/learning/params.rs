//! Typed hyper-parameters that can be set from text.

use crate::{Error, Result};

/// A hyper-parameter, for listings.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name, as in `name=value`.
    pub name: &'static str,
    /// Its default, as text.
    pub default: String,
    /// What it is.
    pub doc: &'static str,
    /// Its range, in words.
    pub expected: &'static str,
}

/// A type a hyper-parameter may have.
pub trait Value: Copy + PartialEq {
    /// Reads it from text.
    fn read(text: &str) -> Option<Self>;
    /// Writes it as text.
    fn write(self) -> String;
    /// The words it is one of, if it is a word.
    fn words() -> &'static [&'static str] {
        &[]
    }
}

macro_rules! plain_value {
    ($($kind:ty),*) => {$(
        impl Value for $kind {
            fn read(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }
            fn write(self) -> String {
                self.to_string()
            }
        }
    )*};
}
plain_value!(f64, u32, u64, usize, bool);

/// Parses `text` and checks its range.
pub(crate) fn read<T: Value>(
    name: &'static str,
    text: &str,
    expected: &'static str,
    accept: impl Fn(T) -> bool,
) -> Result<T> {
    let fault = || match T::words() {
        [] => Error::Setting { name, given: text.to_owned(), expected },
        words => Error::unknown(name, text, words.iter().copied()),
    };
    T::read(text).filter(|&value| accept(value)).ok_or_else(fault)
}

/// Declares a struct of hyper-parameters: one line each with type, name, default, range in words, and range as a closure. It gets
/// `Default`, `params()` for listings, and `from_text(&[(name, value)])`. A first line `..base: Kind;` takes over the
/// hyper-parameters of another such struct.
macro_rules! hyper_parameters {
    (
        $(#[$outer:meta])*
        $name:ident {
            $( ..$base:ident : $base_kind:ty; )?
            $( #[doc = $doc:literal] $field:ident : $kind:ty = $default:expr, $expected:literal, $accept:expr; )*
        }
    ) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name {
            $( #[doc = "The hyper-parameters shared with other agents."] pub $base: $base_kind, )?
            $( #[doc = $doc] #[doc = concat!(" Range: ", $expected, ".")] pub $field: $kind, )*
        }

        impl Default for $name {
            fn default() -> Self {
                $name { $( $base: <$base_kind>::default(), )? $( $field: $default, )* }
            }
        }

        impl $name {
            /// The hyper-parameters with their defaults and ranges.
            pub fn params() -> Vec<$crate::learning::Param> {
                let defaults = $name::default();
                let own = [$( $crate::learning::Param {
                    name: stringify!($field),
                    default: $crate::learning::Value::write(defaults.$field),
                    doc: $doc.trim_ascii(),
                    expected: $expected,
                }, )*];
                own.into_iter()$( .chain(<$base_kind>::params()) )?.collect()
            }

            /// Sets one of them from text; whether there is one of that name.
            pub(crate) fn set(&mut self, name: &str, value: &str) -> $crate::Result<bool> {
                match name {
                    $( stringify!($field) => {
                        self.$field = $crate::learning::params::read(stringify!($field), value, $expected, $accept)?;
                    } )*
                    _ => return Ok(false $( || self.$base.set(name, value)? )?),
                }
                Ok(true)
            }

            /// The defaults, changed as the `(name, value)` pairs say.
            ///
            /// # Errors
            /// An unknown name (the nearest one is suggested), or a value that is no such number or out of range.
            pub fn from_text(given: &[(&str, &str)]) -> $crate::Result<$name> {
                let mut settings = $name::default();
                for &(name, value) in given {
                    if !settings.set(name, value)? {
                        let known = $name::params();
                        return Err($crate::Error::unknown("parameter", name, known.iter().map(|param| param.name)));
                    }
                }
                Ok(settings)
            }

            /// Checks the ranges of settings made in code.
            ///
            /// # Errors
            /// [`crate::Error::Setting`] with the range in words.
            pub fn validate(&self) -> $crate::Result<()> {
                $( self.$base.validate()?; )?
                $( $crate::learning::params::read::<$kind>(
                    stringify!($field), &$crate::learning::Value::write(self.$field), $expected, $accept)?; )*
                Ok(())
            }
        }
    };
}
pub(crate) use hyper_parameters;

#[cfg(test)]
mod tests {
    hyper_parameters! {
        /// For this test.
        Settings {
            /// The first.
            alpha: f64 = 0.5, "in (0, 1]", |x: f64| x > 0.0 && x <= 1.0;
            /// The second.
            count: usize = 3, "at least 1", |n| n >= 1;
        }
    }

    hyper_parameters! {
        /// With the former inside.
        Larger {
            ..base: Settings;
            /// The third.
            flag: bool = true, "true or false", |_| true;
        }
    }

    #[test]
    fn a_base_is_read_listed_and_checked_along() {
        let larger = Larger::from_text(&[("count", "4"), ("flag", "false")]).unwrap();
        assert_eq!(larger, Larger { base: Settings { alpha: 0.5, count: 4 }, flag: false });
        assert_eq!(Larger::params().iter().map(|param| param.name).collect::<Vec<_>>(), ["flag", "alpha", "count"]);
        assert!(Larger::from_text(&[("alpha", "0")]).is_err() && Larger::from_text(&[("beta", "0")]).is_err());
        assert!(Larger { base: Settings { alpha: 2.0, count: 4 }, flag: true }.validate().is_err());
    }

    #[test]
    fn text_is_read_checked_and_named_in_errors() {
        assert_eq!(Settings::from_text(&[("count", "7")]).unwrap(), Settings { alpha: 0.5, count: 7 });
        let message = |given: &[(&str, &str)]| Settings::from_text(given).unwrap_err().to_string();
        assert_eq!(message(&[("alpa", "1")]), "unknown parameter `alpa`; did you mean `alpha`?");
        assert_eq!(message(&[("alpha", "2")]), "alpha = 2 is not valid: it must be in (0, 1]");
        assert_eq!(message(&[("alpha", "NaN")]), "alpha = NaN is not valid: it must be in (0, 1]");
        assert_eq!(message(&[("count", "x")]), "count = x is not valid: it must be at least 1");
        assert!(Settings { alpha: -1.0, count: 1 }.validate().is_err());
        let params = Settings::params();
        assert_eq!((params[1].name, params[1].default.as_str(), params[1].doc), ("count", "3", "The second."));
    }
}
