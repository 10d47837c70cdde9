//! The regression oracle of SQIRL by name, with the features it regresses on.

use std::sync::Arc;

use super::params::{Value, hyper_parameters};
use crate::horizon::sqirl::{Features, NearestNeighbours, RegressionOracle, Ridge, TableOracle, Trees};
use crate::mdp::{Mdp, View};
use crate::{Error, Result};

/// Declares an enum whose variants have names, as the value of a hyper-parameter.
macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $( #[doc = $doc:literal] $variant:ident = $word:literal, )* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $( #[doc = $doc] $variant, )*
        }

        impl Value for $name {
            fn read(text: &str) -> Option<Self> {
                match text.trim() {
                    $( $word => Some($name::$variant), )*
                    _ => None,
                }
            }
            fn write(self) -> String {
                match self { $( $name::$variant => $word.to_owned(), )* }
            }
            fn words() -> &'static [&'static str] {
                &[$( $word ),*]
            }
        }
    };
}

words! {
    /// What regresses; see [`crate::horizon::sqirl`].
    OracleKind {
        /// A value for each pair.
        Table = "table",
        /// Linear least squares.
        Ridge = "ridge",
        /// The mean over the nearest states.
        Neighbours = "neighbours",
        /// A regression tree for each action.
        Trees = "trees",
        /// A neural network (feature `network` of the crate).
        Network = "network",
    }
}

words! {
    /// What an oracle sees of a state; see [`Features`].
    FeatureKind {
        /// An indicator of the state itself.
        OneHot = "one-hot",
        /// An indicator of the tile of the map.
        Tile = "tile",
        /// Row and column on the map.
        Coordinates = "coordinates",
        /// Object, colour and state of each cell, as the papers encode the full grid.
        FullGrid = "full-grid",
    }
}

hyper_parameters! {
    /// A regression oracle with its settings; those of the others are ignored.
    OracleParams {
        /// What regresses.
        oracle: OracleKind = OracleKind::Table, "table, ridge, neighbours, trees or network", |_| true;
        /// What it sees of a state; a table sees the state itself.
        features: FeatureKind = FeatureKind::OneHot, "one-hot, tile, coordinates or full-grid", |_| true;
        /// Side of a tile, in cells (features=tile).
        tile: usize = 2, "at least 1", |n| n >= 1;
        /// The penalty λ on the squared weights (oracle=ridge).
        ridge: f64 = 1e-3, "a positive number", |x: f64| x > 0.0 && x.is_finite();
        /// Samples that are averaged (oracle=neighbours).
        neighbours: u64 = 1, "at least 1", |n| n >= 1;
        /// Most splits above a leaf, 0 for no limit (oracle=trees).
        depth: usize = 0, "a whole number", |_| true;
        /// Hidden units (oracle=network).
        hidden: usize = 64, "at least 1", |n| n >= 1;
        /// Gradient steps of a fit (oracle=network).
        gradient_steps: usize = 200, "at least 1", |n| n >= 1;
    }
}

impl OracleParams {
    /// Checks what can be without a problem.
    ///
    /// # Errors
    /// A setting out of range, features for a table, or a network where the crate has none.
    pub fn check(&self) -> Result<()> {
        self.validate()?;
        if self.oracle == OracleKind::Table && self.features != FeatureKind::OneHot {
            let reason = "a table sees the state itself; leave the features out, or take oracle=ridge, neighbours, trees or \
                          network";
            return Err(Error::NotApplicable { method: self.features_setting(), reason: reason.into() });
        }
        if self.oracle == OracleKind::Network && !cfg!(feature = "network") {
            return Err(without_network());
        }
        Ok(())
    }

    /// The oracle for a table. `seed` is for what is random in it: the initial weights of a network.
    ///
    /// # Errors
    /// Features that the table's [`View`] does not allow, features for a table, or a network where the crate has none.
    pub fn build(&self, mdp: &Mdp, view: View, seed: u64) -> Result<Box<dyn RegressionOracle>> {
        self.check()?;
        let features = || self.features(mdp, view).map(Arc::new);
        match self.oracle {
            OracleKind::Table => Ok(Box::new(TableOracle::default())),
            OracleKind::Ridge => Ok(Box::new(Ridge::new(mdp, &features()?, self.ridge)?)),
            OracleKind::Neighbours => Ok(Box::new(NearestNeighbours::new(mdp, &features()?, self.neighbours)?)),
            OracleKind::Trees => Ok(Box::new(Trees::new(mdp, &features()?, self.depth)?)),
            OracleKind::Network => self.network(mdp, &features()?, seed),
        }
    }

    #[cfg(feature = "network")]
    fn network(&self, mdp: &Mdp, features: &Arc<Features>, seed: u64) -> Result<Box<dyn RegressionOracle>> {
        use crate::horizon::sqirl::{Network, NetworkOptions};
        let (hidden, steps) = (self.hidden, self.gradient_steps);
        let options = NetworkOptions { hidden, steps, seed, ..NetworkOptions::default() };
        Ok(Box::new(Network::new(mdp, features, options)?))
    }

    #[cfg(not(feature = "network"))]
    fn network(&self, _: &Mdp, _: &Arc<Features>, _: u64) -> Result<Box<dyn RegressionOracle>> {
        Err(without_network())
    }

    /// The features of every state of a table.
    ///
    /// # Errors
    /// A kind that the table's [`View`] does not allow.
    pub fn features(&self, mdp: &Mdp, view: View) -> Result<Features> {
        let missing = |what: &str| {
            let reason = format!("{what}; features=one-hot works for every problem");
            Error::NotApplicable { method: self.features_setting(), reason }
        };
        let map = || {
            let placed = |s: usize| mdp.is_terminal(s) || view.cells.get(s).is_some_and(Option::is_some);
            let map = view.map.filter(|_| (0..mdp.num_states()).all(placed));
            map.ok_or_else(|| missing("the problem has no map that shows where each state is"))
        };
        match self.features {
            FeatureKind::OneHot => Ok(Features::one_hot(mdp.num_states())),
            FeatureKind::Tile => Features::tiles(map()?, view.cells, self.tile),
            FeatureKind::Coordinates => Ok(Features::coordinates(map()?, view.cells)),
            FeatureKind::FullGrid if view.observations.is_empty() => {
                Err(missing("the problem does not say what is seen of its states"))
            }
            FeatureKind::FullGrid => Features::indicators(view.observations),
        }
    }

    fn features_setting(&self) -> &'static str {
        match self.features {
            FeatureKind::OneHot => "features=one-hot",
            FeatureKind::Tile => "features=tile",
            FeatureKind::Coordinates => "features=coordinates",
            FeatureKind::FullGrid => "features=full-grid",
        }
    }
}

fn without_network() -> Error {
    let reason = "this program was built without it; build it with the feature `network`, or take another oracle";
    Error::NotApplicable { method: "oracle=network", reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::super::conformance::check_agent;
    use super::super::tests::{GAMMA, chain, grid, optimum};
    use super::super::{EvaluationPoints, Setup, TrainOptions, make, train};
    use super::*;
    use crate::mdp::{Cell, GridMap};

    const ORACLES: &[&str] = if cfg!(feature = "network") {
        &["table", "ridge", "neighbours", "trees", "network"]
    } else {
        &["table", "ridge", "neighbours", "trees"]
    };

    fn options(steps: u64) -> TrainOptions {
        TrainOptions { discount: GAMMA, time_limit: Some(20), steps, points: EvaluationPoints::Even(1), seed: 4 }
    }

    #[test]
    fn with_every_oracle_the_agent_keeps_its_promises_and_learns() {
        let mdp = chain();
        let setup = Setup::new(&mdp, GAMMA, 4);
        for oracle in ORACLES {
            let given = [("oracle", *oracle), ("k", "3"), ("m", "4"), ("horizon", "8"), ("gradient_steps", "20")];
            for steps in [50, 101] {
                check_agent(oracle, || make("sqirl", &given, &setup), &mdp, &options(steps)).unwrap();
            }
            let given = [("oracle", *oracle), ("k", "4"), ("m", "150"), ("horizon", "20"), ("ridge", "1e-6")];
            let mut agent = make("sqirl", &given, &setup).unwrap();
            let curve = train(&mdp, agent.as_mut(), &options(40_000)).unwrap();
            let value = curve.points.last().unwrap().value;
            assert!((value - optimum(&mdp)).abs() < 1e-9, "{oracle}: {value} instead of {}", optimum(&mdp));
        }
    }

    /// The grid of the tests with its map.
    fn place(s: usize) -> Option<Cell> {
        Some(Cell { row: s / 4, column: s % 4 })
    }

    #[test]
    fn features_are_what_the_view_allows() {
        let mdp = grid();
        let map = GridMap { rows: ["...+", ".#.-", "s..."].map(|row| row.chars().collect()).to_vec() };
        let cells: Vec<_> = (0..12).map(place).collect();
        let observations: Vec<Vec<u32>> = (0..12).map(|s| vec![s, s % 2, 7]).collect();
        let view = View { map: Some(&map), cells: &cells, observations: &observations };
        let width = |given: &[(&str, &str)], view| {
            let params = OracleParams::from_text(given).unwrap();
            params.build(&mdp, view, 0).and_then(|_| params.features(&mdp, view)).map(|features| features.width())
        };
        for oracle in &ORACLES[1..] {
            let features = |name| width(&[("oracle", oracle), ("features", name)], view).unwrap();
            assert_eq!(["one-hot", "tile", "coordinates", "full-grid"].map(features), [12, 4, 3, 1 + 12 + 2]);
        }
        assert_eq!(width(&[("oracle", "ridge"), ("features", "tile"), ("tile", "3")], view).unwrap(), 2);
        let lost: Vec<_> = (0..12).map(|s| place(s).filter(|_| s != 2)).collect();
        let uneven: Vec<Vec<u32>> = (0..12).map(|s| vec![0; 1 + usize::from(s == 9)]).collect();
        for (name, view, word) in [
            ("tile", View::default(), "features=tile does not apply: the problem has no map"),
            ("coordinates", View::default(), "features=one-hot works for every problem"),
            ("coordinates", View { cells: &lost, ..view }, "shows where each state is"),
            ("full-grid", View::default(), "does not say what is seen of its states"),
            ("full-grid", View { observations: &uneven, ..view }, "the codes of state 9 has shape [2], expected [1]"),
            ("full-grid", View { observations: &observations[..5], ..view }, "features has shape [5"),
        ] {
            let said = width(&[("oracle", "ridge"), ("features", name)], view).unwrap_err().to_string();
            assert!(said.contains(word), "{name}: {said}");
        }
    }

    #[test]
    fn unknown_words_and_what_does_not_go_together_are_named() {
        let mdp = chain();
        let said = |given: &[(&str, &str)]| {
            let built = OracleParams::from_text(given).and_then(|params| params.build(&mdp, View::default(), 0));
            built.err().unwrap().to_string()
        };
        assert_eq!(said(&[("oracle", "tabel")]), "unknown oracle `tabel`; did you mean `table`?");
        assert_eq!(said(&[("features", "onehot")]), "unknown features `onehot`; did you mean `one-hot`?");
        assert!(said(&[("oracle", "x")]).contains("known: table, ridge, neighbours, trees, network"));
        assert!(said(&[("features", "tile")]).contains("features=tile does not apply: a table sees the state itself"));
        for (oracle, name, value) in [
            ("ridge", "ridge", "0"),
            ("neighbours", "neighbours", "0"),
            ("trees", "depth", "-1"),
            ("table", "tile", "0"),
        ] {
            assert!(said(&[("oracle", oracle), (name, value)]).contains(&format!("{name} = {value} is not valid")));
        }
        if !cfg!(feature = "network") {
            assert!(said(&[("oracle", "network")]).contains("build it with the feature `network`"));
        }
        let words = OracleKind::words().iter().chain(FeatureKind::words());
        let read = |word: &&str| OracleKind::read(word).map(Value::write).or(FeatureKind::read(word).map(Value::write));
        assert!(words.clone().all(|word| read(word).as_deref() == Some(*word)));
    }
}
