//! A small neural network: one hidden layer of rectified units, one output for each action, trained by Adam.
//!
//! `f(s, a) = b_a + w_aᵀ max(0, W φ(s) + c)`. A fit takes a fixed number of full-batch steps on the mean squared error, weighted
//! by the numbers of samples, from the weights of the last fit, as the papers' networks go on from iteration to iteration. The
//! result is a function of the seed and of the data given so far. Cost of a fit: `O(steps · rows · H (d + A))`.
//!
//! References: Laidlaw et al. (ICLR 2024), section 4 (with convolutional networks); Kingma and Ba 2015 (Adam).

use std::sync::Arc;

use super::features::{Features, pairs};
use super::oracle::check_memory;
use super::{Data, RegressionOracle};
use crate::mdp::Mdp;
use crate::numeric::Adam;
use crate::rng::{self, Purpose};
use crate::{Error, Result};

/// How a network is built and trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetworkOptions {
    /// Number of hidden units.
    pub hidden: usize,
    /// Adam's step size.
    pub step_size: f64,
    /// Steps of a fit.
    pub steps: usize,
    /// Seed of the initial weights.
    pub seed: u64,
}

impl Default for NetworkOptions {
    fn default() -> Self {
        NetworkOptions { hidden: 64, step_size: 1e-2, steps: 200, seed: 0 }
    }
}

/// Regression with a neural network on features of the state.
#[derive(Debug, Clone)]
pub struct Network {
    features: Arc<Features>,
    pairs: Vec<(u32, u32)>,
    actions: usize,
    options: NetworkOptions,
    /// All weights: `W` `[H, d]`, `c` `[H]`, `w` `[A, H]`, `b` `[A]`.
    weights: Vec<f64>,
    adam: Adam,
}

impl Network {
    /// A network with random weights (uniform, of variance 2 over the number of inputs).
    ///
    /// # Errors
    /// Features of another number of states, no hidden unit, or a step size that is not positive.
    pub fn new(mdp: &Mdp, features: &Arc<Features>, options: NetworkOptions) -> Result<Network> {
        features.check(mdp)?;
        if options.hidden == 0 {
            return Err(Error::Parameter { name: "hidden", value: 0.0, expected: "at least 1" });
        }
        if !(options.step_size > 0.0 && options.step_size.is_finite()) {
            let value = options.step_size;
            return Err(Error::Parameter { name: "step_size", value, expected: "a positive number" });
        }
        let (d, hidden, actions) = (features.width(), options.hidden, mdp.num_actions());
        let mut random = rng::fast(options.seed, Purpose::Initialisation, 0);
        let mut draw = |count: usize, inputs: usize| -> Vec<f64> {
            let scale = (6.0 / inputs as f64).sqrt();
            (0..count).map(|_| scale * (2.0 * rng::uniform(&mut random) - 1.0)).collect()
        };
        let mut weights = draw(hidden * d, d);
        weights.resize(hidden * (d + 1), 0.0);
        weights.extend(draw(actions * hidden, hidden));
        weights.resize(hidden * (d + 1) + actions * (hidden + 1), 0.0);
        let (features, adam) = (features.clone(), Adam::new(weights.len(), options.step_size));
        Ok(Network { features, pairs: pairs(mdp), actions, options, weights, adam })
    }

    /// Where `c`, `w` and `b` begin.
    fn layout(&self) -> (usize, usize, usize) {
        let first = self.options.hidden * self.features.width();
        let second = first + self.options.hidden;
        (first, second, second + self.actions * self.options.hidden)
    }

    /// `f(s, a)`; leaves the hidden units' outputs in `hidden`.
    fn value(&self, s: usize, a: usize, hidden: &mut [f64]) -> f64 {
        let (d, (first, second, third)) = (self.features.width(), self.layout());
        let phi = self.features.of(s);
        for (h, out) in hidden.iter_mut().enumerate() {
            let row = &self.weights[h * d..(h + 1) * d];
            let sum: f64 = phi.iter().map(|&(j, x)| row[j as usize] * x).sum();
            *out = (sum + self.weights[first + h]).max(0.0);
        }
        let row = &self.weights[second + a * hidden.len()..];
        self.weights[third + a] + row.iter().zip(hidden.iter()).map(|(w, x)| w * x).sum::<f64>()
    }

    /// The weighted mean squared error, and its gradient, which is added to `gradient`.
    fn loss(&self, data: &Data, hidden: &mut [f64], gradient: &mut [f64]) -> f64 {
        let (d, (first, second, third)) = (self.features.width(), self.layout());
        let total: f64 = data.weights.iter().sum();
        let mut loss = 0.0;
        for ((&c, &weight), &target) in data.choices.iter().zip(&data.weights).zip(&data.targets) {
            let (s, a) = (self.pairs[c as usize].0 as usize, self.pairs[c as usize].1 as usize);
            let error = self.value(s, a, hidden) - target;
            loss += weight / total * error * error;
            let slope = 2.0 * weight / total * error;
            gradient[third + a] += slope;
            for (h, &out) in hidden.iter().enumerate().filter(|(_, out)| **out > 0.0) {
                let at = second + a * hidden.len() + h;
                gradient[at] += slope * out;
                let back = slope * self.weights[at];
                gradient[first + h] += back;
                let row = &mut gradient[h * d..(h + 1) * d];
                self.features.of(s).iter().for_each(|&(j, x)| row[j as usize] += back * x);
            }
        }
        loss
    }
}

impl RegressionOracle for Network {
    fn fit(&mut self, data: &Data, values: &mut [f64]) -> Result<()> {
        let mut hidden = vec![0.0; self.options.hidden];
        let mut gradient = vec![0.0; self.weights.len()];
        for _ in 0..if data.choices.is_empty() { 0 } else { self.options.steps } {
            gradient.fill(0.0);
            self.loss(data, &mut hidden, &mut gradient);
            // Downhill.
            gradient.iter_mut().for_each(|g| *g = -*g);
            self.adam.ascend(&mut self.weights, &gradient);
        }
        for c in 0..values.len() {
            let (s, a) = self.pairs[c];
            values[c] = self.value(s as usize, a as usize, &mut hidden);
        }
        Ok(())
    }

    /// The weights, the moments and the number of steps taken.
    fn memory(&self) -> Vec<f64> {
        self.weights.iter().copied().chain(self.adam.memory()).collect()
    }

    fn restore(&mut self, memory: &[f64]) -> Result<()> {
        let count = self.weights.len();
        check_memory(memory, 3 * count + 1)?;
        self.weights.copy_from_slice(&memory[..count]);
        self.adam.restore(&memory[count..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::horizon::sqirl::TableOracle;
    use crate::horizon::tests::random_mdp;

    fn data(mdp: &Mdp) -> Data {
        let mut random = rng::fast(4, Purpose::Generation, 0);
        let mut data = Data::default();
        for c in (0..mdp.num_choices()).filter(|c| c % 5 != 2) {
            data.push(c, 1.0 + rng::below(&mut random, 4) as f64, rng::uniform(&mut random));
        }
        data
    }

    #[test]
    fn the_gradient_agrees_with_finite_differences() {
        let mdp = random_mdp(1, 5, 3, 2);
        let features =
            Arc::new(Features::from_rows(&(0..6).map(|s| vec![1.0, f64::from(s) / 5.0]).collect::<Vec<_>>()).unwrap());
        let options = NetworkOptions { hidden: 7, ..NetworkOptions::default() };
        let mut network = Network::new(&mdp, &features, options).unwrap();
        let data = data(&mdp);
        let (mut hidden, mut gradient) = (vec![0.0; 7], vec![0.0; network.weights.len()]);
        network.loss(&data, &mut hidden, &mut gradient);
        let mut scratch = gradient.clone();
        for i in 0..gradient.len() {
            let weight = network.weights[i];
            let mut at = |x: f64| {
                network.weights[i] = x;
                network.loss(&data, &mut hidden, &mut scratch)
            };
            let slope = (at(weight + 1e-6) - at(weight - 1e-6)) / 2e-6;
            at(weight);
            assert!((slope - gradient[i]).abs() < 1e-6, "weight {i}: {slope} {}", gradient[i]);
        }
    }

    #[test]
    fn with_indicators_it_comes_to_agree_with_a_table() {
        let mdp = random_mdp(1, 5, 3, 2);
        let features = Arc::new(Features::one_hot(mdp.num_states()));
        let data = data(&mdp);
        let (mut table, mut fitted) = (vec![0.0; mdp.num_choices()], vec![0.0; mdp.num_choices()]);
        TableOracle::default().fit(&data, &mut table).unwrap();
        let options = NetworkOptions { steps: 3_000, ..NetworkOptions::default() };
        Network::new(&mdp, &features, options).unwrap().fit(&data, &mut fitted).unwrap();
        for &c in &data.choices {
            let c = c as usize;
            assert!((table[c] - fitted[c]).abs() < 1e-3, "choice {c}: {} {}", table[c], fitted[c]);
        }
    }

    #[test]
    fn bad_settings_are_named() {
        let mdp = random_mdp(1, 5, 3, 2);
        let (narrow, fitting) = (Arc::new(Features::one_hot(2)), Arc::new(Features::one_hot(mdp.num_states())));
        let of = |features, hidden, step_size| {
            let options = NetworkOptions { hidden, step_size, ..NetworkOptions::default() };
            Network::new(&mdp, features, options).map(|_| ())
        };
        assert!(matches!(of(&narrow, 4, 0.1), Err(Error::Shape { .. })));
        assert!(matches!(of(&fitting, 0, 0.1), Err(Error::Parameter { name: "hidden", .. })));
        assert!(matches!(of(&fitting, 4, 0.0), Err(Error::Parameter { name: "step_size", .. })));
    }
}
