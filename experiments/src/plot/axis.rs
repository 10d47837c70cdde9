//! Axes: from numbers to pixels, and where the ticks are.

use super::fault;
use crate::Result;

/// The usual room between the data and either end of an axis, as a share of the range.
pub(super) const PAD: f64 = 0.04;

/// How numbers are spaced along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences are equally far apart.
    Linear,
    /// Equal ratios are equally far apart; numbers that are not positive cannot be drawn.
    Log,
}

/// An axis as the author of a figure describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What is shown, with its unit in brackets.
    pub label: String,
    /// The spacing.
    pub scale: Scale,
    /// Numbers that the axis must cover besides the data, such as 0 and 1 for a probability.
    pub cover: Vec<f64>,
}

impl Axis {
    /// A linear axis.
    pub fn linear(label: impl Into<String>) -> Axis {
        Axis { label: label.into(), scale: Scale::Linear, cover: Vec::new() }
    }

    /// A logarithmic axis.
    pub fn log(label: impl Into<String>) -> Axis {
        Axis { label: label.into(), scale: Scale::Log, cover: Vec::new() }
    }

    /// The same axis, which also covers `values`.
    pub fn covering(mut self, values: &[f64]) -> Axis {
        self.cover.extend(values);
        self
    }

    /// Whether `x` has a place on the axis.
    pub(super) fn shows(&self, x: f64) -> bool {
        x.is_finite() && (self.scale == Scale::Linear || x > 0.0)
    }

    /// The axis with a range that holds all `values` that can be shown, widened by the share `pad` at either end, with
    /// about `count` ticks.
    ///
    /// # Errors
    /// [`crate::Error::Figure`] if there is no value that can be shown.
    pub(super) fn fit(&self, values: impl IntoIterator<Item = f64>, count: usize, pad: f64) -> Result<Fitted> {
        let shown = values.into_iter().filter(|&x| self.shows(x));
        let Some((mut low, mut high)) = range(shown) else {
            let kind = if self.scale == Scale::Log { "positive finite" } else { "finite" };
            return fault(&format!("the axis `{}`", self.label), format!("there is no {kind} value"));
        };
        let cover = range(self.cover.iter().copied().filter(|&x| self.shows(x)));
        if let Some((a, b)) = cover {
            (low, high) = (low.min(a), high.max(b));
        }
        match self.scale {
            Scale::Linear => Ok(fit_linear(&self.label, low, high, count, pad)),
            Scale::Log => Ok(fit_log(&self.label, low, high, count, pad)),
        }
    }
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, x| match range {
        None => Some((x, x)),
        Some((low, high)) => Some((low.min(x), high.max(x))),
    })
}

/// A mark on an axis; minor ones have no label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    pub label: String,
}

/// An axis with its range and ticks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    pub label: String,
    pub scale: Scale,
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<Tick>,
}

impl Fitted {
    /// Where `x` lies: 0 at the lower end, 1 at the upper end; values beyond an end are drawn at the end.
    pub(super) fn place(&self, x: f64) -> f64 {
        let share = match self.scale {
            Scale::Linear => (x - self.low) / (self.high - self.low),
            Scale::Log => (x / self.low).ln() / (self.high / self.low).ln(),
        };
        // A number that is not positive lies below any logarithmic axis.
        if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }
}

fn fit_linear(label: &str, low: f64, high: f64, count: usize, pad: f64) -> Fitted {
    let (low, high) = if high - low > 1e-12 * low.abs().max(high.abs()) {
        let pad = pad * (high - low);
        // Zero is a border that data rarely cross: a count or a probability has no room below it.
        let below = if low >= 0.0 && low < pad { 0.0 } else { low - pad };
        let above = if high <= 0.0 && -high < pad { 0.0 } else { high + pad };
        (below, above)
    } else if low == 0.0 {
        (-1.0, 1.0)
    } else {
        (low - 0.1 * low.abs(), low + 0.1 * low.abs())
    };
    let largest = low.abs().max(high.abs());
    // Very large and very small numbers share a power of ten, which moves into the label.
    let power = if (1e-3..1e5).contains(&largest) { 0 } else { (largest.log10() + 1e-9).floor() as i32 };
    let unit = 10f64.powi(power);
    let ticks = linear_ticks(low, high, count, unit);
    let label = if power == 0 { label.to_owned() } else { format!("{label}  × {}", power_of_ten(power)) };
    Fitted { label, scale: Scale::Linear, low, high, ticks }
}

/// About `count` ticks at round numbers in `[low, high]`, named in multiples of `unit`.
fn linear_ticks(low: f64, high: f64, count: usize, unit: f64) -> Vec<Tick> {
    let step = nice_step((high - low) / count.max(1) as f64);
    let decimals = (-(step / unit).log10() - 1e-9).ceil().max(0.0) as usize;
    // 2.5 needs one decimal more than its power of ten says.
    let decimals = decimals + usize::from(!is_whole(step / unit * 10f64.powi(decimals as i32)));
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    let tick = |i: i64| {
        let value = i as f64 * step;
        Tick { value, label: minus(&format!("{:.decimals$}", value / unit + 0.0)) }
    };
    (first..=last).map(tick).collect()
}

fn is_whole(x: f64) -> bool {
    (x - x.round()).abs() < 1e-6
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is not much below `wanted`.
fn nice_step(wanted: f64) -> f64 {
    let power = 10f64.powf(wanted.log10().floor());
    let found = [1.0, 2.0, 2.5, 5.0].into_iter().find(|&m| m * power >= 0.85 * wanted);
    found.unwrap_or(10.0) * power
}

fn fit_log(label: &str, low: f64, high: f64, count: usize, pad: f64) -> Fitted {
    let (low, high) = if high / low > 1.0 + 1e-9 {
        let pad = (high / low).powf(pad);
        (low / pad, high * pad)
    } else {
        (low / 2.0, high * 2.0)
    };
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let inside = |x: f64| (low * (1.0 - 1e-9)..=high * (1.0 + 1e-9)).contains(&x);
    let decades = (first..=last).filter(|&p| inside(10f64.powi(p))).count();
    let every = decades.div_ceil(count.max(1)).max(1) as i32;
    // With fewer than two decades the multiples in between are named too, and with fewer still all of them.
    let named: &[i32] = match decades {
        0 => &[1, 2, 3, 4, 5, 6, 7, 8, 9],
        1 | 2 if high / low < 100.0 => &[1, 2, 5],
        _ => &[1],
    };
    let plain = low >= 1e-3 && high < 1e5 && decades < 3;
    let mut ticks = Vec::new();
    for p in first..=last {
        for m in 1..10 {
            let value = f64::from(m) * 10f64.powi(p);
            if !inside(value) || (m > 1 && every > 1) {
                continue;
            }
            let is_named = named.contains(&m) && (m > 1 || p.rem_euclid(every) == 0);
            let label = match (is_named, plain, m) {
                (false, ..) => String::new(),
                (true, true, _) => number(value),
                (true, false, 1) => power_of_ten(p),
                (true, false, _) => format!("{m}×{}", power_of_ten(p)),
            };
            ticks.push(Tick { value, label });
        }
    }
    if ticks.iter().filter(|tick| !tick.label.is_empty()).count() < 2 {
        // Within a part of a decade the axis is as good as linear, and so are its ticks.
        ticks = linear_ticks(low, high, count, 1.0).into_iter().filter(|tick| inside(tick.value)).collect();
    }
    Fitted { label: label.to_owned(), scale: Scale::Log, low, high, ticks }
}

/// `10ᵖ` with a raised exponent.
pub(super) fn power_of_ten(p: i32) -> String {
    let raised = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' | '4'..='9' => char::from_u32(0x2070 + c as u32 - '0' as u32).unwrap_or(c),
        other => other,
    };
    format!("10{}", p.to_string().chars().map(raised).collect::<String>())
}

/// A number with three significant digits: `0.785`, `12.3`, `1240`, `3.1×10⁻⁶`.
pub fn number(x: f64) -> String {
    if !x.is_finite() {
        return if x.is_nan() { "–".into() } else { minus(if x > 0.0 { "∞" } else { "-∞" }) };
    }
    let text = compact(x);
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let power = power_of_ten(exponent.parse().unwrap_or(0));
            match mantissa {
                "1" => power,
                "-1" => format!("−{power}"),
                _ => format!("{}×{power}", minus(mantissa)),
            }
        }
        None => minus(&text),
    }
}

/// The same in ASCII: `3.1e-6`.
pub(super) fn compact(x: f64) -> String {
    significant(x, 3)
}

/// A number with `digits` significant digits in ASCII, without zeros at its end.
pub(super) fn significant(x: f64, digits: usize) -> String {
    if !x.is_finite() {
        return if x.is_nan() { "-".into() } else { format!("{x}") };
    }
    if x == 0.0 {
        return "0".into();
    }
    // Rounding first decides which power of ten the number has: 9.999 is 10.
    let scientific = format!("{x:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-3..5).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        trim(&format!("{x:.decimals$}"))
    } else {
        format!("{}e{exponent}", trim(mantissa))
    }
}

fn trim(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

fn minus(text: &str) -> String {
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn labels(fitted: &Fitted) -> Vec<&str> {
        fitted.ticks.iter().map(|t| t.label.as_str()).filter(|l| !l.is_empty()).collect()
    }

    #[test]
    fn linear_ticks_are_round_numbers() {
        let fitted = Axis::linear("v").fit([0.0, 1.0], 5, PAD).unwrap();
        assert_eq!(labels(&fitted), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        let fitted = Axis::linear("v").fit([-3.0, 17.0], 6, PAD).unwrap();
        assert_eq!(labels(&fitted), ["0", "5", "10", "15"]);
        assert_eq!((fitted.place(-3.8), fitted.place(17.8)), (0.0, 1.0));
    }

    #[test]
    fn large_numbers_share_a_power_of_ten() {
        let fitted = Axis::linear("steps").fit([0.0, 400_000.0], 4, PAD).unwrap();
        assert_eq!(labels(&fitted), ["0", "1", "2", "3", "4"]);
        assert_eq!(fitted.label, "steps  × 10⁵");
    }

    #[test]
    fn equal_values_still_have_a_range() {
        for axis in [Axis::linear("v"), Axis::log("v")] {
            let fitted = axis.fit([2.0, 2.0], 5, PAD).unwrap();
            assert!(fitted.low < 2.0 && 2.0 < fitted.high && !labels(&fitted).is_empty());
        }
        assert!(Axis::linear("v").fit([0.0], 5, PAD).unwrap().low < 0.0);
    }

    #[test]
    fn log_ticks_are_powers_and_zeros_are_left_out() {
        let axis = Axis::log("n");
        let fitted = axis.fit([0.0, -1.0, f64::NAN, 1.0, 1e5], 10, PAD).unwrap();
        assert_eq!(labels(&fitted), ["10⁰", "10¹", "10²", "10³", "10⁴", "10⁵"]);
        assert_eq!(fitted.place(0.0), 0.0);
        assert_eq!(labels(&axis.fit([3.0, 60.0], 10, PAD).unwrap()), ["5", "10", "20", "50"]);
        assert_eq!(labels(&axis.fit([1e-20, 1.0], 5, PAD).unwrap()), ["10⁻²⁰", "10⁻¹⁵", "10⁻¹⁰", "10⁻⁵", "10⁰"]);
        assert!(axis.fit([0.0, -1.0], 5, PAD).is_err());
    }

    #[test]
    fn a_short_log_axis_has_ticks_too() {
        assert_eq!(labels(&Axis::log("t").fit([0.031, 0.038], 5, PAD).unwrap()), ["0.032", "0.034", "0.036", "0.038"]);
        assert!(labels(&Axis::log("t").fit([3.2e-7, 3.9e-7], 5, PAD).unwrap()).len() >= 2);
    }

    #[test]
    fn numbers_have_three_digits() {
        let cases = [(0.8149, "0.815"), (12.34, "12.3"), (1239.6, "1240"), (9.999, "10"), (2.71e-6, "2.71×10⁻⁶")];
        for (x, text) in cases {
            assert_eq!(number(x), text);
        }
        assert_eq!(number(-0.5), "−0.5");
        assert_eq!(number(1e6), "10⁶");
        assert_eq!(number(f64::INFINITY), "∞");
        assert_eq!(compact(3.0e-18), "3e-18");
        assert_eq!(significant(0.590_490_000_2, 6), "0.59049");
    }
}
