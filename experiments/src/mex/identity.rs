//! The model-free objective in closed form against brute force.
//!
//! ```text
//! max_f V_f − η Σ_h L_h(f) = max_π [ V̂^π_0 + (1/4η) Σ_h Σ_{s,a} d̂_h(s, a)² / n_h(s, a) ]
//! ```
//! On problems of three states, two actions and three steps all 512 policies are tried; the value of the objective at the `f` that
//! the best one names is computed from its definition, and random `f` are tried against it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::exploration::mex::Residuals;
use tabrl::exploration::{Counting, Counts, Setup, Step, make};
use tabrl::rng::{self, Fast, Purpose};

use crate::Result;
use crate::runner::{Checks, Claim, Experiment, Finished, Outcome, Table, Tolerance, Unit, record};

const SOURCE: &str = "derived for the full tabular class (squared Bellman residuals of Liu et al. 2023)";
const STEPS: usize = 3;
const STATES: usize = 3;
const ROWS: usize = STEPS * STATES * 2;

/// The settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Number of problems.
    pub problems: u64,
    /// Random functions that are tried on each.
    pub trials: usize,
    /// The price.
    pub eta: f64,
}

/// The part.
pub struct Identity(pub Settings);

/// A problem.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    /// The best of all policies in closed form.
    best: f64,
    /// The objective, by its definition, of the function that it names.
    defined: f64,
    /// The best of the random functions.
    random: f64,
    /// `V̂` without optimism.
    plain: f64,
    /// What local ascents from eleven starts find.
    ascent: f64,
}

/// `V*_0(r̂ + b; p̂) − η Σ n b²`, with `b` by row.
fn objective(counts: &Counts, eta: f64, initial: &[(u32, f64)], b: &[f64; ROWS]) -> f64 {
    let (mut v, mut loss) = ([0.0; STATES], 0.0);
    for stage in (0..STEPS).rev() {
        let mut now = [f64::NEG_INFINITY; STATES];
        for c in 0..2 * STATES {
            let row = counts.row(stage, c);
            now[c / 2] = now[c / 2].max(counts.mean_reward(row) + b[row] + counts.expect(row, &v));
            loss += f64::from(counts.visits(row)) * b[row] * b[row];
        }
        v = now;
    }
    initial.iter().map(|&(s, p)| p * v[s as usize]).sum::<f64>() - eta * loss
}

/// The policy with number `code`: bit `i` is the action at place `i` of `[steps · states]`.
fn policy(code: u32) -> [u32; STEPS * STATES] {
    std::array::from_fn(|i| 2 * (i % STATES) as u32 + (code >> i & 1))
}

impl Identity {
    fn solve(&self, seed: u64) -> Result<Record> {
        let text = seed.to_string();
        let set = [("states", "3"), ("actions", "2"), ("alpha", "1"), ("seed", text.as_str())];
        let mdp = tabrl_envs::make("random-mdp", &set)?.table(STATES)?.mdp;
        let (low, high) = mdp.reward_range();
        let reward_range = (low.min(0.0), high.max(1.0));
        let setup = Setup { mdp: &mdp, horizon: STEPS, episodes: 1, reward_range, seed };
        let eta = self.0.eta;
        let price = eta.to_string();
        let mut agent = make("mex-mf", &[("eta", price.as_str()), ("solver", "ascent"), ("starts", "10")], &setup)?;
        let mut rng: Fast = rng::fast(seed, Purpose::Generation, 1);
        let mut counts = Counts::new(Counting::Staged, 2 * STATES, STEPS);
        for (stage, choice) in (0..STEPS).flat_map(|h| (0..2 * STATES).map(move |c| (h, c))) {
            for _ in 0..1 + rng::below(&mut rng, 6) {
                let (reward, next) = (rng::uniform(&mut rng), rng::below(&mut rng, STATES));
                counts.add(counts.row(stage, choice), reward, next);
                agent.observe(&Step { stage, state: choice / 2, choice, reward, next });
            }
        }
        agent.begin(0);
        let ascent = agent.optimistic_value().unwrap_or(f64::NAN);
        let residuals = Residuals { setup: &setup, counts: &counts, eta };
        let mut reach = [0.0; STEPS * STATES];
        let (mut best, mut argmax) = (f64::NEG_INFINITY, 0);
        for code in 0..1u32 << (STEPS * STATES) {
            let value = residuals.value(&policy(code), &mut reach);
            if value > best {
                (best, argmax) = (value, code);
            }
        }
        let rules = policy(argmax);
        residuals.value(&rules, &mut reach);
        let mut b = [0.0; ROWS];
        for (i, &choice) in rules.iter().enumerate() {
            let row = counts.row(i / STATES, choice as usize);
            b[row] = reach[i] / (2.0 * eta * f64::from(counts.visits(row)));
        }
        let value = |b: &[f64; ROWS]| objective(&counts, eta, mdp.initial(), b);
        let mut random = f64::NEG_INFINITY;
        for trial in 0..self.0.trials {
            // Half near the maximum, half anywhere.
            let other = b.map(|x| {
                let u = rng::uniform(&mut rng);
                if trial % 2 == 0 { x + 0.2 * (u - 0.5) } else { u }
            });
            random = random.max(value(&other));
        }
        Ok(Record { best, defined: value(&b), random, plain: value(&[0.0; ROWS]), ascent })
    }
}

impl Experiment for Identity {
    fn units(&self) -> Result<Vec<Unit>> {
        Ok(Unit::grid(&["identity"], self.0.problems))
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        record(&self.solve(unit.seed)?)
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let columns = [
            ("problem", "", "seed of the random MDP and of its data"),
            ("best", "", "best of all policies, in closed form"),
            ("defined", "", "the objective of the function it names, by definition"),
            ("random", "", "best of the random functions"),
            ("plain", "", "value of the empirical model"),
            ("ascent", "", "best of local ascents from eleven starts"),
        ];
        let mut table = Table::new("identity", "One row a problem with three states, actions and steps.", &columns);
        let (mut same, mut highest) = (Checks::new(), Checks::new());
        let (mut found, mut lost) = (0, 0.0);
        for done in finished {
            let Record { best, defined, random, plain, ascent } = done.read()?;
            let seed = done.unit.seed;
            same.close(&format!("problem {seed}"), best, defined, Tolerance::Absolute(1e-8));
            highest.that(random <= best + 1e-9, || format!("problem {seed}: {random} above {best}"));
            highest.that(ascent <= best + 1e-9, || format!("problem {seed}: ascent {ascent} above {best}"));
            found += usize::from(ascent > best - 1e-9);
            lost += (best - ascent) / (best - plain) / finished.len() as f64;
            let numbers = [best, defined, random, plain, ascent];
            table.row([seed.into()].into_iter().chain(numbers.map(Into::into)).collect());
        }
        let note = format!(
            "local ascents find it in {found} of {}, and miss {lost:.4} of the optimism on average",
            finished.len()
        );
        let statement = "The best policy in closed form has the value of the objective by its definition (3 states, 2 actions, 3 steps)";
        let claims = vec![
            Claim::draft("identity", statement, SOURCE).all(&same),
            Claim::draft("identity-maximum", "No random function and no ascent exceeds it", SOURCE)
                .note(note)
                .all(&highest),
        ];
        Ok(Outcome { claims, tables: vec![table], ..Outcome::default() })
    }
}
