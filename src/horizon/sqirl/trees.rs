//! Regression trees: a tree for each action, grown greedily on features of the state.
//!
//! Every split halves a set of states where the weighted squared error falls most, `x_j ≤ c` for a feature `j`; a leaf is worth the
//! weighted mean target of its states. Without a limit on the depth a tree grows until its leaves are pure, and then agrees
//! with a table wherever there are data and the features tell the states apart. The trees are those of the crate `smartcore`,
//! which wants dense features. Cost of a fit: `O(rows · d · depth)` for each action.
//!
//! Reference: Breiman, Friedman, Olshen, Stone 1984.

use std::sync::Arc;

use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::tree::decision_tree_regressor::{DecisionTreeRegressor, DecisionTreeRegressorParameters};

use super::features::{Features, pairs};
use super::{Data, RegressionOracle};
use crate::mdp::Mdp;
use crate::{Error, Result};

/// Most numbers in the dense features of all states.
const MOST_ENTRIES: usize = 10_000_000;

/// Regression with a tree for each action.
#[derive(Debug)]
pub struct Trees {
    features: Arc<Features>,
    /// The features of all states, dense.
    states: DenseMatrix<f64>,
    pairs: Vec<(u32, u32)>,
    actions: usize,
    depth: usize,
}

impl Trees {
    /// Trees with at most `depth` splits above a leaf, 0 for no limit; an action without data is worth 0.
    ///
    /// # Errors
    /// Features of another number of states, or more than ten million of them (states times width).
    pub fn new(mdp: &Mdp, features: &Arc<Features>, depth: usize) -> Result<Trees> {
        features.check(mdp)?;
        let (states, width) = (features.num_states(), features.width());
        if states.saturating_mul(width) > MOST_ENTRIES {
            let reason = format!(
                "{states} states with {width} features each are more than {MOST_ENTRIES} numbers; take fewer features, such as \
                 tiles or coordinates, or another oracle"
            );
            return Err(Error::NotApplicable { method: "a regression tree", reason });
        }
        let states = dense(features, &(0..states).collect::<Vec<_>>());
        Ok(Trees { features: features.clone(), states, pairs: pairs(mdp), actions: mdp.num_actions(), depth })
    }

    /// The tree of one action, from the rows `(state, weight, target)`; the value of every state.
    fn grow(&self, rows: &[(usize, f64, f64)]) -> Result<Vec<f64>> {
        let targets: Vec<f64> = rows.iter().map(|&(.., target)| target).collect();
        // A single leaf: what most actions have as long as nothing has been found.
        if targets.iter().all(|&target| target == targets[0]) {
            return Ok(vec![targets.first().copied().unwrap_or(0.0); self.features.num_states()]);
        }
        let at: Vec<usize> = rows.iter().map(|&(s, ..)| s).collect();
        let weights: Vec<f64> = rows.iter().map(|&(_, weight, _)| weight).collect();
        let parameters = DecisionTreeRegressorParameters {
            // The crate counts the levels of nodes; without a number they end at 65 535.
            max_depth: (self.depth > 0).then(|| u16::try_from(self.depth + 1).unwrap_or(u16::MAX)),
            // Ties between features are drawn, from the same stream at every fit.
            seed: Some(0),
            ..DecisionTreeRegressorParameters::default()
        };
        let tree = DecisionTreeRegressor::fit_with_weights(&dense(&self.features, &at), &targets, &weights, parameters);
        tree.and_then(|tree| tree.predict(&self.states))
            .map_err(|fault| Error::NotApplicable { method: "a regression tree", reason: fault.to_string() })
    }
}

/// The features of some states as the rows of a matrix.
fn dense(features: &Features, states: &[usize]) -> DenseMatrix<f64> {
    let width = features.width();
    let mut values = vec![0.0; states.len() * width];
    for (row, &s) in values.chunks_exact_mut(width).zip(states) {
        features.of(s).iter().for_each(|&(j, x)| row[j as usize] = x);
    }
    // Row by row, as many numbers as there are places.
    DenseMatrix::new(states.len(), width, values, false).expect("the numbers fill the matrix")
}

impl RegressionOracle for Trees {
    fn fit(&mut self, data: &Data, values: &mut [f64]) -> Result<()> {
        let mut rows: Vec<Vec<(usize, f64, f64)>> = vec![Vec::new(); self.actions];
        for ((&c, &weight), &target) in data.choices.iter().zip(&data.weights).zip(&data.targets) {
            let (s, a) = self.pairs[c as usize];
            rows[a as usize].push((s as usize, weight, target));
        }
        let fitted: Vec<Vec<f64>> = rows.iter().map(|rows| self.grow(rows)).collect::<Result<_>>()?;
        values.iter_mut().zip(&self.pairs).for_each(|(value, &(s, a))| *value = fitted[a as usize][s as usize]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::horizon::tests::random_mdp;

    /// Data of action 0 in the first states of a table: weights and targets.
    fn data(mdp: &Mdp, rows: &[(f64, f64)]) -> Data {
        let mut data = Data::default();
        for (s, &(weight, target)) in rows.iter().enumerate() {
            data.push(mdp.choice_of(s, 0).unwrap(), weight, target);
        }
        data
    }

    fn fitted(mdp: &Mdp, features: &Arc<Features>, depth: usize, data: &Data) -> Vec<f64> {
        let mut values = vec![f64::NAN; mdp.num_choices()];
        Trees::new(mdp, features, depth).unwrap().fit(data, &mut values).unwrap();
        (0..mdp.num_states() - 1).map(|s| values[mdp.choice_of(s, 0).unwrap()]).collect()
    }

    #[test]
    fn one_split_is_where_the_weighted_error_falls_most() {
        let mdp = random_mdp(3, 6, 2, 2);
        let along: Vec<Vec<f64>> = (0..mdp.num_states()).map(|s| vec![s as f64]).collect();
        let along = Arc::new(Features::from_rows(&along).unwrap());
        // Without weights the split is before the last state; a heavy first state moves it behind that one.
        let mean = |rows: &[(f64, f64)]| {
            rows.iter().map(|(w, y)| w * y).sum::<f64>() / rows.iter().map(|(w, _)| w).sum::<f64>()
        };
        for (first, at) in [(1.0, 4), (1000.0, 1)] {
            let rows = [(first, 0.0), (1.0, 0.3), (1.0, 0.3), (2.0, 0.4), (1.0, 1.0)];
            let found = fitted(&mdp, &along, 1, &data(&mdp, &rows));
            for s in 0..5 {
                let expected = if s < at { mean(&rows[..at]) } else { mean(&rows[at..]) };
                assert!((found[s] - expected).abs() < 1e-12, "state {s}: {} {expected}", found[s]);
            }
            assert_eq!(found[5], found[4], "a state without data belongs to the leaf it falls into");
        }
    }

    #[test]
    fn a_fit_depends_on_its_data_alone() {
        let mdp = random_mdp(3, 12, 2, 2);
        let features = Arc::new(Features::one_hot(mdp.num_states()));
        let rows: Vec<(f64, f64)> = (0..9).map(|s| (f64::from(1 + s % 3), f64::from(s % 4))).collect();
        let data = data(&mdp, &rows);
        let mut trees = Trees::new(&mdp, &features, 2).unwrap();
        let (mut first, mut second) = (vec![0.0; mdp.num_choices()], vec![1.0; mdp.num_choices()]);
        trees.fit(&data, &mut first).unwrap();
        trees.fit(&Data::default(), &mut second).unwrap();
        assert!(second.iter().all(|&value| value == 0.0), "no data is worth 0");
        trees.fit(&data, &mut second).unwrap();
        assert_eq!(first, second);
    }

    #[test]
    fn features_that_would_fill_the_memory_are_refused() {
        let mdp = random_mdp(3, 4_000, 2, 1);
        let features = Arc::new(Features::one_hot(mdp.num_states()));
        let said = Trees::new(&mdp, &features, 0).unwrap_err().to_string();
        assert!(said.contains("more than 10000000 numbers") && said.contains("tiles"), "{said}");
        assert!(matches!(Trees::new(&mdp, &Arc::new(Features::one_hot(3)), 0), Err(Error::Shape { .. })));
    }
}
