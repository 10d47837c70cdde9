//! Numbers in JSON that may be infinite: finite ones as numbers, the others as `"inf"`, `"-inf"` and `"nan"`.
//!
//! Use as `#[serde(with = "tabrl_experiments::runner::real")]`; for lists and options see [`Real`].

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number that may be infinite, as an element of a list or an option.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Real(#[serde(with = "self")] pub f64);

/// Writes a number.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        x if x.is_finite() => serializer.serialize_f64(*x),
        x if x.is_nan() => serializer.serialize_str("nan"),
        x if *x > 0.0 => serializer.serialize_str("inf"),
        _ => serializer.serialize_str("-inf"),
    }
}

/// Reads a number.
///
/// # Errors
/// Anything but a number or one of the three words.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Word {
        Number(f64),
        Text(String),
    }
    match Word::deserialize(deserializer)? {
        Word::Number(x) => Ok(x),
        Word::Text(text) => match text.as_str() {
            "inf" => Ok(f64::INFINITY),
            "-inf" => Ok(f64::NEG_INFINITY),
            "nan" => Ok(f64::NAN),
            other => Err(D::Error::custom(format!("`{other}` is neither a number nor inf, -inf, nan"))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_bit_for_bit() {
        for x in [0.1, 1.0 / 3.0, 5e-324, f64::MAX, -0.0, f64::INFINITY, f64::NEG_INFINITY] {
            let text = serde_json::to_string(&Real(x)).unwrap();
            assert_eq!(serde_json::from_str::<Real>(&text).unwrap().0.to_bits(), x.to_bits(), "{text}");
        }
        assert!(serde_json::from_str::<Real>("\"nan\"").unwrap().0.is_nan());
        assert!(serde_json::from_str::<Real>("\"many\"").is_err());
    }
}
