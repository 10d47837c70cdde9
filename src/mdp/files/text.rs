//! Text formats read line by line, without ever holding the text.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::rational::{nearest_double, whole_number};
use super::{compressed, fault};
use crate::{Error, Result};

/// What is wrong with a line, without its place.
pub(super) type Parsed<T> = std::result::Result<T, String>;

/// The lines of a file, plain or gzipped, through one buffer.
pub(super) struct Lines {
    path: PathBuf,
    input: Box<dyn Read>,
    buffer: Vec<u8>,
    /// What of the buffer has not been handed out yet.
    start: usize,
    end: usize,
    /// Where the line that was read last is in the buffer.
    current: std::ops::Range<usize>,
    number: u64,
    /// What the size of the file justifies.
    justified: u64,
}

/// No line is longer, in bytes.
const LONGEST_LINE: usize = 1 << 26;

impl Lines {
    pub fn open(path: &Path) -> Result<Lines> {
        let (input, size) = compressed::open(path)?;
        let (buffer, justified) = (vec![0; 1 << 18], compressed::justified(size));
        Ok(Lines { path: path.to_owned(), input, buffer, start: 0, end: 0, current: 0..0, number: 0, justified })
    }

    /// The most bytes of memory that the file's size justifies.
    pub fn justified(&self) -> u64 {
        self.justified
    }

    /// The next line, without its end.
    pub fn next(&mut self) -> Result<Option<&[u8]>> {
        Ok(if self.advance()? { Some(self.line()) } else { None })
    }

    /// The line that was read last, without its end.
    pub fn line(&self) -> &[u8] {
        self.buffer[self.current.clone()].trim_ascii_end()
    }

    /// Reads the next line, if there is one. The buffer only grows where a line is longer.
    pub fn advance(&mut self) -> Result<bool> {
        let mut searched = 0;
        loop {
            let found = memchr::memchr(b'\n', &self.buffer[self.start + searched..self.end]);
            if let Some(offset) = found {
                self.current = self.start..self.start + searched + offset;
                self.start = self.current.end + 1;
                self.number += 1;
                return Ok(true);
            }
            searched = self.end - self.start;
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, searched);
            }
            if self.end == self.buffer.len() {
                if self.end >= LONGEST_LINE {
                    let mib = LONGEST_LINE >> 20;
                    return Err(fault(&self.path, format!("line {} is longer than {mib} MiB", self.number + 1)));
                }
                self.buffer.resize(2 * self.end, 0);
            }
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) if searched == 0 => return Ok(false),
                Ok(0) => {
                    self.current = 0..self.end;
                    self.start = self.end;
                    self.number += 1;
                    return Ok(true);
                }
                Ok(count) => self.end += count,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(compressed::unreadable(&self.path, e)),
            }
        }
    }

    /// An error at the line that was read last.
    pub fn fault(&self, problem: impl std::fmt::Display) -> Error {
        fault(&self.path, format!("line {}: {problem}", self.number))
    }
}

/// A piece of a line for a message, cut to a readable length.
pub(super) fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

/// Splits off the first word of a line that has no leading space; the rest has none either.
pub(super) fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim_ascii_start())
}

/// Splits off a leading index.
pub(super) fn leading_index(text: &[u8]) -> Option<(u32, &[u8])> {
    let (mut value, mut length) = (0u64, 0);
    while let Some(digit) = text.get(length).filter(|c| c.is_ascii_digit()) {
        value = value * 10 + u64::from(digit - b'0');
        length += 1;
        if value > u64::from(u32::MAX) {
            return None;
        }
    }
    (length > 0).then_some((value as u32, &text[length..]))
}

/// A whole text as an index.
pub(super) fn index(text: &[u8]) -> Parsed<u32> {
    match leading_index(text) {
        Some((value, [])) => Ok(value),
        _ => Err(format!("{} should be a whole number below 2^32", shown(text))),
    }
}

/// A decimal number or a quotient of two (`1/3`), rounded to the nearest double.
pub(super) fn number(text: &[u8]) -> Parsed<f64> {
    let found = short_decimal(text).or_else(|| any_number(text));
    found.ok_or_else(|| format!("{} should be a number", shown(text)))
}

/// Decimals whose digits and power of ten are doubles without rounding, so that one division rounds correctly.
fn short_decimal(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let (mut mantissa, mut places, mut point) = (0u64, 0, false);
    for &c in digits {
        match c {
            b'0'..=b'9' => {
                mantissa = mantissa * 10 + u64::from(c - b'0');
                places += usize::from(point);
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    if mantissa >= 1 << 53 || digits == b"." {
        return None;
    }
    let value = mantissa as f64 / POWERS[places];
    Some(if negative { -value } else { value })
}

fn any_number(text: &[u8]) -> Option<f64> {
    let Some(slash) = text.iter().position(|&c| c == b'/') else {
        return std::str::from_utf8(text).ok()?.parse().ok();
    };
    let inside = |part: &'_ [u8]| -> Vec<u8> {
        let part = part.trim_ascii();
        let inner = part.strip_prefix(b"(").and_then(|rest| rest.strip_suffix(b")"));
        inner.unwrap_or(part).trim_ascii().to_vec()
    };
    let (numerator, denominator) = (inside(&text[..slash]), inside(&text[slash + 1..]));
    let (sign, digits) = match numerator.strip_prefix(b"-") {
        Some(digits) => (-1.0, digits),
        None => (1.0, numerator.as_slice()),
    };
    nearest_double(&whole_number(digits)?, &whole_number(&denominator)?).map(|x| sign * x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_rounded_once() {
        for text in ["0.1", "-0.25", "1", "0.6666666667", "1e-5", "123456789.123456789", "9007199254740993", "-3.5e300"]
        {
            assert_eq!(number(text.as_bytes()).unwrap(), text.parse::<f64>().unwrap(), "{text}");
        }
        assert_eq!(number(b"1/3").unwrap(), 1.0 / 3.0);
        assert_eq!(number(b"(-2)/(3)").unwrap(), -2.0 / 3.0);
        for text in ["", ".", "-", "x", "1/0", "1/", "0.1 0.2", "[0.1, 0.2]", "1.5/2", "p"] {
            assert!(number(text.as_bytes()).is_err(), "{text}");
        }
        assert!(index(b"4294967296").is_err() && index(b"").is_err() && index(b"3x").is_err());
        assert_eq!(index(b"4294967295"), Ok(u32::MAX));
    }

    proptest! {
        #[test]
        fn decimals_agree_with_the_standard_library(text in "-?[0-9]{1,12}(\\.[0-9]{0,12})?") {
            prop_assert_eq!(number(text.as_bytes()).unwrap(), text.parse::<f64>().unwrap());
        }
    }
}
