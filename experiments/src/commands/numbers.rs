//! Whole numbers as options: what does not fit is told with what would.

use std::ops::RangeInclusive;

/// Reads a whole number in `range`, negative ones being told apart from text. The range must fit the type.
pub fn whole<T: TryFrom<u64>>(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync {
    move |text| {
        let number = text.trim().parse::<u64>().ok().filter(|number| range.contains(number));
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
            let most = if *range.end() > u64::from(u32::MAX) {
                String::new()
            } else {
                format!(" and at most {}", range.end())
            };
            format!("it must be a whole number, at least {}{most}", range.start())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told_with_what_would() {
        assert_eq!(whole::<u16>(1..=512)("512"), Ok(512));
        for text in ["0", "-5", "513", "x", "", "1.5", "99999999999999999999999"] {
            let message = whole::<u16>(1..=512)(text).unwrap_err();
            assert_eq!(message, "it must be a whole number, at least 1 and at most 512", "{text}");
        }
        assert_eq!(whole::<usize>(0..=u64::MAX)("-1").unwrap_err(), "it must be a whole number, at least 0");
    }
}
