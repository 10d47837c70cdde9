//! The block of a choice: the most optimistic law of its successors, at a price per nat of likelihood lost.
//!
//! ```text
//! max_p  w p·v − η N KL(p̂ ‖ p)      n: counts of the successors seen,  N = Σ n,  p̂ = n / N
//!
//! p(s') = η n(s') / (λ − w v(s'))    on successors seen, with λ > w max_seen v such that they sum to 1;
//! if some state v° > max_seen v was never seen and they sum to at most 1 at λ = w v°, it gets the rest;
//! all mass on the best state if N = 0,  p = p̂ if w = 0
//! ```
//! It is the inner problem of KL-UCRL with a price in place of a radius. A state that was not seen matters only if it is better
//! than every successor seen, and then it is the best of all states: one maximum a stage replaces a search, and the cost is that
//! of the successors seen. Source: `mex.md` section 2.2; the price is that of the full negative log-likelihood.

/// What successors are worth, with the best of them.
#[derive(Debug, Clone, Copy)]
pub struct Worths<'a> {
    /// `v`, `[S]`.
    pub v: &'a [f64],
    /// A state with the largest `v` of those that may follow.
    pub best: usize,
}

impl<'a> Worths<'a> {
    /// Finds the best state (the first of equals) of a vector that is not empty.
    pub fn new(v: &'a [f64]) -> Worths<'a> {
        let mut best = 0;
        for (s, &x) in v.iter().enumerate() {
            if x > v[best] {
                best = s;
            }
        }
        Worths { v, best }
    }

    /// The best of some states only, which must include every successor that was seen; of all states if there is none.
    pub fn among(v: &'a [f64], states: &[u32]) -> Worths<'a> {
        let better = |a: u32, b: u32| if v[b as usize] > v[a as usize] { b } else { a };
        states.iter().copied().reduce(better).map_or_else(|| Worths::new(v), |best| Worths { v, best: best as usize })
    }
}

/// The solution of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// The maximum of `w p·v − η N KL(p̂ ‖ p)`.
    pub value: f64,
    /// The state that gets mass without having been seen, and how much.
    pub unseen: Option<(usize, f64)>,
    eta: f64,
    weight: f64,
    /// `w v` of the best state that gets mass, and `λ` less it: the difference of large numbers is never taken.
    top: f64,
    excess: f64,
}

impl Block {
    /// Solves it for the `successors` seen, as `(state, count)` pairs with counts of at least 1; `eta > 0`, `weight >= 0`.
    #[inline]
    pub fn solve(successors: &[(u32, u32)], eta: f64, weight: f64, worths: Worths<'_>) -> Block {
        let Worths { v, best } = worths;
        if successors.is_empty() {
            let value = weight * v[best];
            return Block { value, unseen: Some((best, 1.0)), eta, weight, top: value, excess: 0.0 };
        }
        let (mut visits, mut top) = (0.0, f64::NEG_INFINITY);
        for &(s, n) in successors {
            visits += f64::from(n);
            top = top.max(weight * v[s as usize]);
        }
        let price = eta * visits;
        let sums = |top: f64, excess: f64| {
            let (mut mass, mut slope) = (0.0, 0.0);
            for &(s, n) in successors {
                let inverse = 1.0 / (excess + (top - weight * v[s as usize]));
                let p = eta * f64::from(n) * inverse;
                mass += p;
                slope += p * inverse;
            }
            (mass, slope)
        };

        let best_worth = weight * v[best];
        if best_worth > top {
            let (mass, _) = sums(best_worth, 0.0);
            if mass <= 1.0 {
                let mut block =
                    Block { value: 0.0, unseen: Some((best, 1.0 - mass)), eta, weight, top: best_worth, excess: 0.0 };
                block.value = block.maximum(successors, v, price);
                return block;
            }
        }

        // The sum of the p is G(λ); 1/G is a harmonic mean of affine functions, so concave and increasing. Newton's method for
        // 1/G = 1 from the left then climbs without ever passing the root: no bracket is needed. Both lower bounds are tight
        // in a limit: one successor with all the mass, and little to gain (λ → η N + w p̂·v).
        let mut excess = 0.0f64;
        let mut mean_gap = 0.0;
        for &(s, n) in successors {
            let gap = top - weight * v[s as usize];
            excess = excess.max(eta * f64::from(n) - gap);
            mean_gap += f64::from(n) * gap;
        }
        excess = excess.max(price - mean_gap / visits);
        for _ in 0..100 {
            let (mass, slope) = sums(top, excess);
            let step = mass * (mass - 1.0) / slope;
            // Also ends where rounding alone is left (a step of 0 or back).
            if step <= 1e-16 * excess {
                break;
            }
            excess = (excess + step).min(price);
        }
        let mut block = Block { value: 0.0, unseen: None, eta, weight, top, excess };
        block.value = block.maximum(successors, v, price);
        block
    }

    /// `p(s')` of a successor that was seen `n` times and is worth `v`.
    #[inline]
    pub fn probability(&self, n: u32, v: f64) -> f64 {
        self.eta * f64::from(n) / (self.excess + (self.top - self.weight * v))
    }

    /// Writes `p` into a row, `[S]`.
    pub fn write(&self, successors: &[(u32, u32)], v: &[f64], row: &mut [f64]) {
        row.fill(0.0);
        for &(s, n) in successors {
            row[s as usize] = self.probability(n, v[s as usize]);
        }
        if let Some((best, mass)) = self.unseen {
            row[best] = mass;
        }
    }

    /// The multiplier `λ` of `Σ p = 1`: the marginal worth of mass.
    pub fn multiplier(&self) -> f64 {
        self.top + self.excess
    }

    /// The maximum, from `w p·v = λ − η N` (sum the conditions `p (λ − w v) = η n`): exactly `w v` for a single successor.
    #[inline]
    fn maximum(&self, successors: &[(u32, u32)], v: &[f64], price: f64) -> f64 {
        let mut logs = 0.0;
        for &(s, n) in successors {
            logs += f64::from(n) * (price / (self.excess + (self.top - self.weight * v[s as usize]))).ln();
        }
        self.top + (self.excess - price) + self.eta * logs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{self, Fast, Purpose};

    struct Instance {
        successors: Vec<(u32, u32)>,
        eta: f64,
        weight: f64,
        v: Vec<f64>,
    }

    fn random(rng: &mut Fast) -> Instance {
        let states = 2 + rng::below(rng, 6);
        let successors: Vec<(u32, u32)> = (0..states as u32)
            .map(|s| (s, (rng::below(rng, 30) as u32).saturating_sub(9)))
            .filter(|&(_, n)| n > 0)
            .collect();
        let v = (0..states).map(|_| 5.0 * rng::uniform(rng) - 1.0).collect();
        let eta = 10f64.powf(3.0 * rng::uniform(rng) - 2.0);
        Instance { successors, eta, weight: rng::uniform(rng), v }
    }

    /// `w p·v − η N KL(p̂ ‖ p)` from its definition.
    fn objective(instance: &Instance, p: &[f64]) -> f64 {
        let visits: f64 = instance.successors.iter().map(|&(_, n)| f64::from(n)).sum();
        let value: f64 = p.iter().zip(&instance.v).map(|(p, v)| instance.weight * p * v).sum();
        let loss: f64 =
            instance.successors.iter().map(|&(s, n)| f64::from(n) * (f64::from(n) / visits / p[s as usize]).ln()).sum();
        value - instance.eta * loss
    }

    #[test]
    fn the_conditions_of_optimality_hold() {
        let mut rng = rng::fast(1, Purpose::Generation, 0);
        let mut with_unseen = 0;
        for _ in 0..2000 {
            let instance = random(&mut rng);
            let Instance { successors, eta, weight, v } = &instance;
            let block = Block::solve(successors, *eta, *weight, Worths::new(v));
            let mut p = vec![0.0; v.len()];
            block.write(successors, v, &mut p);
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-10 && p.iter().all(|&x| x >= 0.0), "{p:?}");
            let lambda = block.multiplier();
            for (s, &p) in p.iter().enumerate() {
                let slack = lambda - weight * v[s];
                match successors.iter().find(|pair| pair.0 as usize == s) {
                    // Stationary where p > 0, and no state left out is worth more than the multiplier.
                    Some(&(_, n)) => assert!((eta * f64::from(n) / p - slack).abs() < 1e-10 * (1.0 + lambda.abs())),
                    None if p > 0.0 => assert!(slack.abs() < 1e-10),
                    None => assert!(slack > -1e-10),
                }
            }
            with_unseen += usize::from(block.unseen.is_some() && !successors.is_empty());
            assert!(
                (block.value - objective(&instance, &p)).abs() < 1e-9,
                "{} {}",
                block.value,
                objective(&instance, &p)
            );
        }
        assert!((50..1950).contains(&with_unseen), "{with_unseen}");
    }

    #[test]
    fn no_search_does_better_and_a_monotone_one_comes_as_far() {
        let mut rng = rng::fast(2, Purpose::Generation, 0);
        for _ in 0..60 {
            let instance = random(&mut rng);
            let block = Block::solve(&instance.successors, instance.eta, instance.weight, Worths::new(&instance.v));
            // The growth transform of a concave problem with non-negative coefficients climbs to its maximum.
            let least = instance.v.iter().copied().fold(f64::INFINITY, f64::min);
            let mut p = vec![1.0 / instance.v.len() as f64; instance.v.len()];
            for _ in 0..4000 {
                for (s, p) in p.iter_mut().enumerate() {
                    let n = instance.successors.iter().find(|pair| pair.0 as usize == s).map_or(0, |pair| pair.1);
                    *p = instance.eta * f64::from(n) + *p * instance.weight * (instance.v[s] - least);
                }
                let sum: f64 = p.iter().sum();
                p.iter_mut().for_each(|p| *p /= sum);
            }
            let found = objective(&instance, &p);
            assert!(found <= block.value + 1e-9 && found > block.value - 1e-3, "{found} {}", block.value);
            for _ in 0..200 {
                let weights: Vec<f64> = instance.v.iter().map(|_| -rng::uniform(&mut rng).max(1e-300).ln()).collect();
                let sum: f64 = weights.iter().sum();
                let p: Vec<f64> = weights.iter().map(|x| x / sum).collect();
                assert!(objective(&instance, &p) <= block.value + 1e-9);
            }
        }
    }

    /// `mex.md` section 2.2: one successor worth 0, an unseen state worth Δ: the bonus is `Δ − ηn + ηn ln(ηn / Δ)`, and 0 after
    /// `Δ / η` visits.
    #[test]
    fn a_deterministic_choice_is_explored_for_exactly_gap_over_price_visits() {
        let bonus =
            |eta: f64, n: u32, gap: f64| Block::solve(&[(0, n)], eta, 1.0, Worths::new(&[2.0, 2.0 + gap])).value - 2.0;
        for (eta, n, gap, expected) in
            [(0.1, 3, 1.0, 0.3388081587), (0.5, 1, 2.0, 0.8068528194), (0.1, 12, 1.0, 0.0), (0.25, 4, 1.0, 0.0)]
        {
            let closed: f64 = if eta * f64::from(n) < gap {
                let price = eta * f64::from(n);
                gap - price + price * (price / gap).ln()
            } else {
                0.0
            };
            assert!((bonus(eta, n, gap) - expected).abs() < 1e-10, "{eta} {n} {gap}: {}", bonus(eta, n, gap));
            assert!((closed - expected).abs() < 1e-10);
        }
        assert_eq!(bonus(0.1, 10, 1.0), 0.0);
        assert!(bonus(0.1, 9, 1.0) > 0.0);
    }

    #[test]
    fn nothing_seen_and_nothing_at_stake() {
        let v = [1.0, 3.0, 2.0];
        let block = Block::solve(&[], 0.5, 0.7, Worths::new(&v));
        assert_eq!((block.value, block.unseen), (0.7 * 3.0, Some((1, 1.0))));
        let block = Block::solve(&[(0, 1), (2, 3)], 0.5, 0.0, Worths::new(&v));
        let mut p = [9.0; 3];
        block.write(&[(0, 1), (2, 3)], &v, &mut p);
        assert_eq!((block.value, p), (0.0, [0.25, 0.0, 0.75]));
    }
}
