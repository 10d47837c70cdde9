//! What a stationary policy does in the long run: recurrent classes, stationary distributions, gain and bias.
//!
//! With `P*` the limit of `(1/T) Σ_{t<T} Pᵗ` of the policy's chain `P` with rewards `r` (Puterman 2005, section 8.2),
//! ```text
//! gain  g = P* r      bias  h = Σ_t (Pᵗ − P*) r (Cesàro)      so  g = P g,  h = r − g + P h,  P* h = 0
//! ```
//! A recurrent class has one stationary distribution `d` and the gain `d r` everywhere; `h` solves there
//! `(I − P + 1 dᵀ) h = r − g` (Puterman 2005, theorem A.7). Transient states follow from the classes that they reach. A
//! terminal state is a class of its own, with gain and bias 0.
//!
//! Rows are scaled to sum to exactly one: a long-run average means nothing otherwise.
//!
//! Cost: strongly connected components in `O(S + B)`, taken successors first; each is solved by itself: dense up to
//! [`DENSE_LIMIT`] states, else by BiCGSTAB. Components of a single state, which is what most transient states are,
//! take one pass over their rows.

use nalgebra::DMatrix;

use super::chain::PolicyChain;
use super::evaluate::require_stationary;
use super::{DecisionRule, Mdp, Policy};
use crate::Result;
use crate::numeric::{bicgstab, solve_dense, stationary_dense};
use crate::planning::graph::{NO_COMPONENT, strong_components_among};

/// Up to this many states a component is solved by dense elimination.
const DENSE_LIMIT: usize = 300;

/// Residual that iterative solutions aim for, relative to the right-hand side.
const ACCURACY: f64 = 1e-12;

/// The same, of the first part of an iterative solution.
const COARSE: f64 = 1e-6;

/// Steps of a large chain towards its stationary distribution before equations are solved for it.
const MOST_STEPS: usize = 60;

/// Most products with the chain that an iterative solution may take.
const MOST_PRODUCTS: usize = 2000;

/// The long-run behaviour of a stationary policy.
#[derive(Debug, Clone, PartialEq)]
pub struct LongRun {
    /// The recurrent class of each state, `[S]`, numbered from 0;
    /// [`NO_COMPONENT`](crate::planning::graph::NO_COMPONENT) where the state is transient.
    pub class: Vec<u32>,
    /// Number of recurrent classes; terminal states are classes.
    pub num_classes: usize,
    /// The probability of each state in the stationary distribution of its class, `[S]`; 0 where transient.
    pub stationary: Vec<f64>,
    /// The gain `g`, `[S]`.
    pub gain: Vec<f64>,
    /// The bias `h`, `[S]`, with `P* h = 0`.
    pub bias: Vec<f64>,
    /// The largest entry of `|P g − g|` and of `|r − g + P h − h|`, as computed.
    pub residual: f64,
    /// Products with the chain that iterative solutions took.
    pub products: usize,
}

/// The long-run behaviour of a stationary policy, from its linear systems (not certified; the residual is returned).
///
/// # Errors
/// A time-indexed policy.
///
/// ```
/// use tabrl::mdp::{MdpBuilder, Policy, evaluate_average};
///
/// // Two states in turn, which earn 2 and 0.
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(1.0, 1, 2.0)]).choice(1, 0, &[(1.0, 0, 0.0)]);
/// let mdp = builder.build()?;
/// let long_run = evaluate_average(&mdp, &Policy::uniform(&mdp))?;
/// assert_eq!((long_run.gain, long_run.bias), (vec![1.0, 1.0], vec![0.5, -0.5]));
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn evaluate_average(mdp: &Mdp, policy: &Policy) -> Result<LongRun> {
    require_stationary(policy)?;
    Ok(long_run(mdp, policy.rule(0), None))
}

/// The same for a rule that fits the table; `near` is where iterative solutions for the bias start.
pub(crate) fn long_run(mdp: &Mdp, rule: &DecisionRule, near: Option<&[f64]>) -> LongRun {
    let states = mdp.num_states();
    let mut chain = PolicyChain::new(mdp, rule);
    chain.normalise();
    let mut out = LongRun {
        class: vec![NO_COMPONENT; states],
        num_classes: 0,
        stationary: vec![0.0; states],
        gain: vec![0.0; states],
        bias: near.map_or_else(|| vec![0.0; states], <[f64]>::to_vec),
        residual: 0.0,
        products: 0,
    };
    for_each_block(mdp, rule, &chain, Order::SuccessorsFirst, |block| {
        if block.closed {
            block.members.iter().for_each(|&s| out.class[s as usize] = out.num_classes as u32);
            out.num_classes += 1;
            block.solve_recurrent(&mut out);
        } else {
            block.solve_transient(&mut out);
        }
    });
    out.residual = residual(&chain, &out);
    out
}

/// The expected total reward of a rule under which a terminal state is reached with probability one; elsewhere 0.
pub(crate) fn expected_total(mdp: &Mdp, rule: &DecisionRule) -> Vec<f64> {
    let chain = PolicyChain::new(mdp, rule);
    let mut total = vec![0.0; mdp.num_states()];
    for_each_block(mdp, rule, &chain, Order::SuccessorsFirst, |block| {
        if !block.closed {
            let b = block.plus_outside(&total, &block.gather(&chain.reward));
            let (x, _) = block.solve_leaking(&b, vec![0.0; b.len()], false);
            block.scatter(&x, &mut total);
        }
    });
    total
}

/// `μᵀ P*`: the share of time in each state in the long run, `[S]`, from the distribution `mass`.
pub(super) fn limiting_distribution(mdp: &Mdp, rule: &DecisionRule, mut mass: Vec<f64>) -> Vec<f64> {
    let mut chain = PolicyChain::new(mdp, rule);
    chain.normalise();
    for_each_block(mdp, rule, &chain, Order::PredecessorsFirst, |block| {
        let arrived = block.gather(&mass);
        if block.closed {
            let total: f64 = arrived.iter().sum();
            let (d, _) = block.stationary();
            return block.scatter(&d.iter().map(|d| total * d).collect::<Vec<_>>(), &mut mass);
        }
        // Visits y = arrived + Pᵀ y, each of which leaves with what leads outside.
        let (visits, _) = block.solve_leaking(&arrived, vec![0.0; arrived.len()], true);
        // All that arrives leaves: that takes out the error that grows with the time spent here.
        let leaves = |(&s, visits): (&u32, &f64)| visits * block.outside(s).map(|(_, p)| p).sum::<f64>();
        let scale = arrived.iter().sum::<f64>() / block.members.iter().zip(&visits).map(leaves).sum::<f64>();
        block.scatter(&vec![0.0; arrived.len()], &mut mass);
        if scale.is_finite() {
            for (&s, visits) in block.members.iter().zip(&visits) {
                block.outside(s).for_each(|(t, p)| mass[t] += scale * p * visits);
            }
        }
    });
    mass
}

/// The order in which components are visited.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    SuccessorsFirst,
    PredecessorsFirst,
}

/// Visits the strongly connected components of the chain of `rule`.
fn for_each_block(mdp: &Mdp, rule: &DecisionRule, chain: &PolicyChain, order: Order, mut visit: impl FnMut(Block)) {
    let mut usable = vec![false; mdp.num_choices()];
    (0..mdp.num_states()).for_each(|s| mdp.choices(s).for_each(|c| usable[c] = rule.probability(s, c) > 0.0));
    let components = strong_components_among(mdp, &usable);
    let mut local = vec![0u32; mdp.num_states()];
    for i in 0..components.len() {
        let i = if order == Order::SuccessorsFirst { i } else { components.len() - 1 - i };
        let mut members = components.states(i).to_vec();
        members.sort_unstable(); // neighbours in the table are mostly neighbours in the chain
        members.iter().zip(0..).for_each(|(&s, i)| local[s as usize] = i);
        visit(Block::new(chain, &components.of, members, &local));
    }
}

/// A strongly connected component of the chain, with the branches that stay in it.
struct Block<'a> {
    chain: &'a PolicyChain,
    /// The component of each state, `[S]`.
    of: &'a [u32],
    members: Vec<u32>,
    /// Row `i` is `start[i]..start[i + 1]` of the next two; columns are positions in `members`.
    start: Vec<u32>,
    column: Vec<u32>,
    probability: Vec<f64>,
    /// Whether no branch leaves.
    closed: bool,
}

impl<'a> Block<'a> {
    /// `local` has the position of each member in `members`.
    fn new(chain: &'a PolicyChain, of: &'a [u32], members: Vec<u32>, local: &[u32]) -> Block<'a> {
        let (mut start, mut column, mut probability, mut closed) = (vec![0], Vec::new(), Vec::new(), true);
        for &s in &members {
            for (t, p) in chain.row(s as usize).filter(|&(_, p)| p > 0.0) {
                if of[t] == of[s as usize] {
                    column.push(local[t]);
                    probability.push(p);
                } else {
                    closed = false;
                }
            }
            start.push(column.len() as u32);
        }
        Block { chain, of, members, start, column, probability, closed }
    }

    /// The branches of `s` that leave.
    fn outside(&self, s: u32) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.chain.row(s as usize).filter(move |&(t, _)| self.of[t] != self.of[s as usize])
    }

    /// The entries of row `i` of `P` within the component.
    #[inline]
    fn row(&self, i: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.start[i] as usize..self.start[i + 1] as usize;
        self.column[range.clone()].iter().map(|&j| j as usize).zip(self.probability[range].iter().copied())
    }

    /// `P` within the component, `[n, n]`.
    fn dense(&self) -> DMatrix<f64> {
        let mut matrix = DMatrix::zeros(self.members.len(), self.members.len());
        (0..self.members.len()).for_each(|i| self.row(i).for_each(|(j, p)| matrix[(i, j)] += p));
        matrix
    }

    /// `out = x − P x + shift`.
    fn apply(&self, x: &[f64], shift: f64, out: &mut [f64]) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = x[i] + shift - self.row(i).map(|(j, p)| p * x[j]).sum::<f64>();
        }
    }

    /// `out = x − Pᵀ x`.
    fn apply_transposed(&self, x: &[f64], out: &mut [f64]) {
        out.copy_from_slice(x);
        (0..x.len()).for_each(|i| self.row(i).for_each(|(j, p)| out[j] -= p * x[i]));
    }

    fn gather(&self, from: &[f64]) -> Vec<f64> {
        self.members.iter().map(|&s| from[s as usize]).collect()
    }

    fn scatter(&self, values: &[f64], to: &mut [f64]) {
        self.members.iter().zip(values).for_each(|(&s, &x)| to[s as usize] = x);
    }

    fn solve_recurrent(&self, out: &mut LongRun) {
        let n = self.members.len();
        let reward = self.gather(&self.chain.reward);
        if n == 1 {
            self.scatter(&[1.0], &mut out.stationary);
            self.scatter(&reward, &mut out.gain);
            return self.scatter(&[0.0], &mut out.bias);
        }
        let (d, products) = self.stationary();
        out.products += products;
        let gain: f64 = d.iter().zip(&reward).map(|(d, r)| d * r).sum();
        let b: Vec<f64> = reward.iter().map(|r| r - gain).collect();
        let mut h = self.gather(&out.bias);
        if n <= DENSE_LIMIT {
            let p = self.dense();
            let a = DMatrix::from_fn(n, n, |i, j| f64::from(u8::from(i == j)) - p[(i, j)] + d[j]);
            h = solve_dense(&a, &b).unwrap_or(h);
        } else {
            let apply = |x: &[f64], out: &mut [f64]| {
                let mean: f64 = d.iter().zip(x).map(|(d, x)| d * x).sum();
                self.apply(x, mean, out);
            };
            out.products += solve_iterative(apply, &b, &mut h);
        }
        let mean: f64 = d.iter().zip(&h).map(|(d, h)| d * h).sum();
        h.iter_mut().for_each(|h| *h -= mean);
        self.scatter(&d, &mut out.stationary);
        self.scatter(&vec![gain; n], &mut out.gain);
        self.scatter(&h, &mut out.bias);
    }

    /// The stationary distribution of a recurrent class, and the products taken.
    fn stationary(&self) -> (Vec<f64>, usize) {
        match self.members.len() {
            1 => (vec![1.0], 0),
            n if n <= DENSE_LIMIT => (stationary_dense(self.dense()), 0),
            _ => self.stationary_iterative(),
        }
    }

    /// Steps of the chain, which is all that a chain needs that mixes fast; then `(I − Pᵀ + u 1ᵀ) d = u` with `u`
    /// uniform: summed over the states it says that `d` sums to one.
    fn stationary_iterative(&self) -> (Vec<f64>, usize) {
        let n = self.members.len();
        let share = 1.0 / n as f64;
        let (mut d, mut next) = (vec![share; n], vec![0.0; n]);
        for products in 1..=MOST_STEPS {
            next.fill(0.0);
            (0..n).for_each(|i| self.row(i).for_each(|(j, p)| next[j] += p * d[i]));
            std::mem::swap(&mut d, &mut next);
            if d.iter().zip(&next).all(|(now, before)| (now - before).abs() <= ACCURACY * share) {
                return (d, products);
            }
        }
        let apply = |x: &[f64], out: &mut [f64]| {
            let total: f64 = x.iter().sum();
            self.apply_transposed(x, out);
            out.iter_mut().for_each(|out| *out += share * total);
        };
        let products = MOST_STEPS + solve_iterative(apply, &vec![share; n], &mut d);
        // Rounding can leave −1e-20 where the truth is 0.
        d.iter_mut().for_each(|x| *x = x.max(0.0));
        let total: f64 = d.iter().sum();
        d.iter_mut().for_each(|x| *x /= total);
        (d, products)
    }

    /// `g = P g` and `h = r − g + P h`, where both are known outside the component.
    fn solve_transient(&self, out: &mut LongRun) {
        let n = self.members.len();
        let (gain, products) = self.solve_leaking(&self.plus_outside(&out.gain, &vec![0.0; n]), vec![0.0; n], false);
        self.scatter(&gain, &mut out.gain);
        let reward: Vec<f64> = self.gather(&self.chain.reward).iter().zip(&gain).map(|(r, g)| r - g).collect();
        let (bias, more) = self.solve_leaking(&self.plus_outside(&out.bias, &reward), self.gather(&out.bias), false);
        self.scatter(&bias, &mut out.bias);
        out.products += products + more;
    }

    /// `b + P x` over the branches that leave, for each member.
    fn plus_outside(&self, x: &[f64], b: &[f64]) -> Vec<f64> {
        let of = |(&s, b): (&u32, &f64)| b + self.outside(s).map(|(t, p)| p * x[t]).sum::<f64>();
        self.members.iter().zip(b).map(of).collect()
    }

    /// Solves `(I − P) x = b`, or its transpose, within a component that is left in the end; iterations start from `x`.
    /// Returns the products taken too.
    fn solve_leaking(&self, b: &[f64], mut x: Vec<f64>, transposed: bool) -> (Vec<f64>, usize) {
        let n = self.members.len();
        if n == 1 {
            // 1 − p summed without cancellation.
            return (vec![b[0] / self.outside(self.members[0]).map(|(_, p)| p).sum::<f64>()], 0);
        }
        if n <= DENSE_LIMIT {
            let a = DMatrix::identity(n, n) - self.dense();
            return (solve_dense(&if transposed { a.transpose() } else { a }, b).unwrap_or(x), 0);
        }
        let apply = |x: &[f64], out: &mut [f64]| {
            if transposed { self.apply_transposed(x, out) } else { self.apply(x, 0.0, out) }
        };
        let products = solve_iterative(apply, b, &mut x);
        (x, products)
    }
}

/// BiCGSTAB as far as rounding allows: coarsely first, to learn how large the solution is. Returns the products taken.
fn solve_iterative(mut apply: impl FnMut(&[f64], &mut [f64]), b: &[f64], x: &mut [f64]) -> usize {
    let scale = largest(b).max(f64::MIN_POSITIVE);
    let coarse = bicgstab(&mut apply, b, x, COARSE * scale, MOST_PRODUCTS).products;
    let reachable = (ACCURACY * scale).max(4.0 * f64::EPSILON * largest(x));
    coarse + bicgstab(&mut apply, b, x, reachable, MOST_PRODUCTS - coarse.min(MOST_PRODUCTS)).products
}

fn residual(chain: &PolicyChain, out: &LongRun) -> f64 {
    let of = |s: usize| {
        let (mut gain, mut bias, mut terminal) = (0.0, chain.reward[s] - out.gain[s], true);
        for (t, p) in chain.row(s) {
            (gain, bias, terminal) = (gain + p * out.gain[t], bias + p * out.bias[t], false);
        }
        // NaN, which `max` would ignore, becomes an infinity.
        let error = if terminal { 0.0 } else { (gain - out.gain[s]).abs().max((bias - out.bias[s]).abs()) };
        if error.is_nan() { f64::INFINITY } else { error }
    };
    (0..chain.num_states()).map(of).fold(0.0, f64::max)
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()))
}
