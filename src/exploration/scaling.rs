//! How the bonus of an optimistic agent is scaled: the constants of theory are far too cautious to be seen working.

use crate::learning::Value;

/// The shape of a bonus in `1/√n`. `R` is the width of the range of rewards, `ι` a logarithm that each agent states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// `bonus · R / √n`: no horizon, no logarithm. The one behind most published curves.
    Plain,
    /// `bonus · R (H − h) √(ι / n)`: Hoeffding's for what is left to earn.
    Horizon,
    /// The constants of the theorem.
    Theory,
}

impl Value for Scaling {
    fn read(text: &str) -> Option<Scaling> {
        match text.trim() {
            "plain" => Some(Scaling::Plain),
            "horizon" => Some(Scaling::Horizon),
            "theory" => Some(Scaling::Theory),
            _ => None,
        }
    }

    fn write(self) -> String {
        match self {
            Scaling::Plain => "plain",
            Scaling::Horizon => "horizon",
            Scaling::Theory => "theory",
        }
        .into()
    }
}
