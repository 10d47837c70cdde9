//! Promises that every episodic agent must keep, checked; public, so that users check their own.
//!
//! | check | promise |
//! |---|---|
//! | `policy` | the policy of every episode is one: choices of their states, distributions over them |
//! | `regret` | no policy is worth more than the optimum (a check of the policy's shape and of its evaluation) |
//! | `optimism` | what an agent calls its optimistic value is a number |
//! | `same seed` | the same settings and seed give the same bytes |
//! | `another seed` | another seed draws otherwise |
//!
//! "The same bytes" means every policy of every episode and the regret, to the last bit.

use super::{EpisodicAgent, RegretOptions, Setup, StageRules, Step, evaluate, run};
use crate::learning::EvaluationPoints;
use crate::mdp::NO_CHOICE;
use crate::planning::{Criterion, SolveOptions, solve};
use crate::{Error, Result};

/// Checks the agents that `make` builds for a setup, over `setup.episodes` episodes.
///
/// # Errors
/// [`Error::Conformance`] for the first promise that is broken, or what `make` and the runner report.
///
/// ```
/// use tabrl::exploration::conformance::check_explorer;
/// use tabrl::exploration::{Setup, make};
/// use tabrl::mdp::MdpBuilder;
///
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(0.5, 0, 0.0), (0.5, 1, 1.0)]).choice(0, 1, &[(1.0, 0, 0.1)]).terminal(1);
/// let mdp = builder.build()?;
/// let setup = Setup { mdp: &mdp, horizon: 3, episodes: 20, reward_range: (0.0, 1.0), seed: 1 };
/// check_explorer("ucbvi", |setup| make("ucbvi", &[], setup), &setup)?;
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn check_explorer<'a>(
    name: &str,
    make: impl Fn(&Setup<'a>) -> Result<Box<dyn EpisodicAgent + 'a>>,
    setup: &Setup<'a>,
) -> Result<()> {
    let fault = |check, problem: String| Err(Error::Conformance { subject: format!("agent {name}"), check, problem });
    let criterion = Criterion::FiniteHorizon { horizon: setup.horizon };
    let optimal = setup.mdp.initial_value(&solve(setup.mdp, criterion, &SolveOptions::default())?.values);
    let play = |setup: &Setup<'a>| -> Result<(u64, Option<(&'static str, String)>)> {
        let mut watched = Watched {
            agent: make(setup)?,
            setup: *setup,
            optimal,
            values: vec![0.0; 2 * setup.mdp.num_states()],
            episode: 0,
            digest: 0,
            fault: None,
        };
        let curve = run(setup, &mut watched, &RegretOptions { points: EvaluationPoints::Even(10) })?;
        for point in &curve.points {
            watched.add(point.regret.to_bits());
        }
        Ok((watched.digest, watched.fault))
    };
    let (digest, found) = play(setup)?;
    if let Some((check, problem)) = found {
        return fault(check, problem);
    }
    if play(setup)?.0 != digest {
        return fault("same seed", "two runs with the same seed differ; nothing but the seed may decide".into());
    }
    let others = (1..=3).map(|i| play(&Setup { seed: setup.seed.wrapping_add(i), ..*setup }));
    if others.collect::<Result<Vec<_>>>()?.iter().all(|other| other.0 == digest) {
        return fault("another seed", "four seeds give the same run; random draws must come from the seed".into());
    }
    Ok(())
}

/// An agent whose policies are watched; the first fault is noted.
struct Watched<'a> {
    agent: Box<dyn EpisodicAgent + 'a>,
    setup: Setup<'a>,
    optimal: f64,
    values: Vec<f64>,
    episode: u64,
    /// A running hash of everything that the agent did.
    digest: u64,
    fault: Option<(&'static str, String)>,
}

impl Watched<'_> {
    /// One step of FNV-1a with 64-bit words.
    fn add(&mut self, word: u64) {
        self.digest = (self.digest ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    }

    fn note(&mut self, check: &'static str, problem: String) {
        let episode = self.episode;
        self.fault.get_or_insert_with(|| (check, format!("in episode {episode} {problem}")));
    }

    /// Adds the policy to the digest; what is wrong with it.
    fn examine(&mut self) -> Option<String> {
        let (mdp, horizon) = (self.setup.mdp, self.setup.horizon);
        let (states, choices) = (mdp.num_states(), mdp.num_choices());
        let mut words = Vec::new();
        let problem = match self.agent.rules() {
            StageRules::Deterministic(rules) => {
                words.extend(rules.iter().map(|&c| u64::from(c)));
                if rules.len() != horizon * states {
                    Some(format!("it has {} rules, not {horizon} x {states}", rules.len()))
                } else {
                    let right = |&(place, &c): &(usize, &u32)| match mdp.is_terminal(place % states) {
                        true => c == NO_CHOICE,
                        false => mdp.choices(place % states).contains(&(c as usize)),
                    };
                    let wrong = rules.iter().enumerate().find(|at| !right(at));
                    wrong.map(|(at, c)| format!("it takes choice {c} in state {} at step {}", at % states, at / states))
                }
            }
            StageRules::Stochastic(weights) => {
                words.extend(weights.iter().map(|w| w.to_bits()));
                if weights.len() != horizon * choices {
                    Some(format!("it has {} weights, not {horizon} x {choices}", weights.len()))
                } else {
                    let mut all = (0..horizon).flat_map(|h| (0..states).map(move |s| (h, s)));
                    let wrong = all.find(|&(h, s)| {
                        let row = &weights[h * choices..][mdp.choices(s)];
                        let sum: f64 = row.iter().sum();
                        // Written so that a NaN is wrong.
                        let right = (sum - 1.0).abs() < 1e-9 && row.iter().all(|w| *w >= 0.0);
                        !row.is_empty() && !right
                    });
                    wrong.map(|(h, s)| format!("its weights in state {s} at step {h} are no distribution"))
                }
            }
        };
        words.into_iter().for_each(|word| self.add(word));
        problem
    }
}

impl EpisodicAgent for Watched<'_> {
    fn begin(&mut self, episode: u64) {
        self.episode = episode;
        self.agent.begin(episode);
        if let Some(problem) = self.examine() {
            return self.note("policy", problem);
        }
        evaluate(self.setup.mdp, self.setup.horizon, self.agent.rules(), &mut self.values);
        let value = self.setup.mdp.initial_value(&self.values[..self.setup.mdp.num_states()]);
        if value.is_nan() || value > self.optimal + 1e-9 * self.optimal.abs().max(1.0) {
            self.note("regret", format!("its policy is worth {value}, more than the optimum {}", self.optimal));
        }
        if self.agent.optimistic_value().is_some_and(f64::is_nan) {
            self.note("optimism", "its optimistic value is not a number".into());
        }
    }

    fn rules(&self) -> StageRules<'_> {
        self.agent.rules()
    }

    fn observe(&mut self, step: &Step) {
        [step.state as u64, step.choice as u64, step.next as u64].into_iter().for_each(|word| self.add(word));
        self.agent.observe(step);
    }

    fn end(&mut self) {
        self.agent.end();
    }

    fn optimistic_value(&self) -> Option<f64> {
        self.agent.optimistic_value()
    }
}
