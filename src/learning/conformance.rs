//! Promises that every agent must keep, checked; public, so that users check their own.
//!
//! | check | promise |
//! |---|---|
//! | `choices` | an agent takes a choice that its state has, and its rule is a policy of the table |
//! | `same seed` | the same settings and seed give the same bytes |
//! | `additive` | training for `a` steps and then for `b` is training for `a + b` |
//! | `resume` | saved and loaded into a fresh agent, training goes on as if it had never stopped |
//! | `load` | text that is no saved state is refused |
//!
//! "The same" means the saved text of agent and environment, to the last bit.

use super::agent::{Agent, Experience};
use super::train::{TrainOptions, Trainer};
use crate::mdp::{DecisionRule, Mdp, Policy};
use crate::{Error, Result};

/// Checks the agents that `make` builds (always with the same settings and seed) by training them on `mdp`.
///
/// Training runs for `options.steps` steps, and is interrupted at a third of them, an arbitrary moment of an episode.
///
/// # Errors
/// [`Error::Conformance`] for the first promise that is broken, or what `make` and the trainer report.
///
/// ```
/// use tabrl::learning::conformance::check_agent;
/// use tabrl::learning::{EvaluationPoints, Setup, TrainOptions, make};
/// use tabrl::mdp::MdpBuilder;
///
/// let mut builder = MdpBuilder::new(2);
/// builder.choice(0, 0, &[(0.5, 0, 0.0), (0.5, 1, 1.0)]).choice(0, 1, &[(1.0, 0, 0.1)]).terminal(1);
/// let mdp = builder.build()?;
/// let options =
///     TrainOptions { discount: 0.9, time_limit: Some(9), steps: 100, points: EvaluationPoints::Even(1), seed: 1 };
/// check_agent("q-learning", || make("q-learning", &[], &Setup::new(&mdp, 0.9, 1)), &mdp, &options)?;
/// # Ok::<(), tabrl::Error>(())
/// ```
pub fn check_agent(
    name: &str,
    make: impl Fn() -> Result<Box<dyn Agent>>,
    mdp: &Mdp,
    options: &TrainOptions,
) -> Result<()> {
    let fault = |check, problem: String| Err(Error::Conformance { subject: format!("agent {name}"), check, problem });
    let fresh = || -> Result<(Trainer, Box<dyn Agent>)> {
        let (trainer, agent) = (Trainer::new(mdp, options)?, make()?);
        trainer.check_agent(agent.as_ref())?;
        Ok((trainer, agent))
    };
    let (first, second) = (options.steps / 3, options.steps - options.steps / 3);

    let (mut trainer, agent) = fresh()?;
    let mut watched = Watched { agent, mdp, fault: None };
    trainer.run(&mut watched, options.steps);
    if let Some(problem) = watched.fault {
        return fault("choices", problem);
    }
    let agent = watched.agent;
    if let Err(problem) = Policy::stationary(mdp, agent.rule()) {
        return fault("choices", format!("after {} steps its rule is no policy: {problem}", options.steps));
    }
    let whole = (trainer.save(), agent.save());

    let (mut trainer, mut agent) = fresh()?;
    trainer.run(agent.as_mut(), options.steps);
    if (trainer.save(), agent.save()) != whole {
        return fault("same seed", "two runs with the same seed differ; nothing but the seed may decide".into());
    }

    let (mut trainer, mut agent) = fresh()?;
    trainer.run(agent.as_mut(), first);
    let (saved_trainer, saved_agent) = (trainer.save(), agent.save());
    trainer.run(agent.as_mut(), second);
    if (trainer.save(), agent.save()) != whole {
        return fault("additive", format!("{first} and {second} steps are not the same as {}", options.steps));
    }

    let (mut trainer, mut agent) = fresh()?;
    trainer.load(&saved_trainer)?;
    agent.load(&saved_agent)?;
    if agent.save() != saved_agent {
        return fault(
            "resume",
            format!("what is saved after {first} steps is not what is saved again after loading it"),
        );
    }
    trainer.run(agent.as_mut(), second);
    if (trainer.save(), agent.save()) != whole {
        return fault("resume", format!("stopped at step {first} and resumed, it ends elsewhere than without a stop"));
    }

    for text in ["", "{}", "no saved state"] {
        if agent.load(text).is_ok() {
            return fault("load", format!("`{text}` was loaded as if it were a saved state"));
        }
    }
    Ok(())
}

/// An agent whose choices are watched; a wrong one is noted and replaced.
struct Watched<'a> {
    agent: Box<dyn Agent>,
    mdp: &'a Mdp,
    fault: Option<String>,
}

impl Agent for Watched<'_> {
    fn act(&mut self, state: usize) -> usize {
        let choice = self.agent.act(state);
        let range = self.mdp.choices(state);
        if range.contains(&choice) {
            return choice;
        }
        self.fault
            .get_or_insert_with(|| format!("in state {state} it took choice {choice}, which is not in {range:?}"));
        range.start
    }
    fn observe(&mut self, step: &Experience) {
        self.agent.observe(step);
    }
    fn rule(&self) -> DecisionRule {
        self.agent.rule()
    }
    fn needs_episodes(&self) -> bool {
        self.agent.needs_episodes()
    }
    fn save(&self) -> String {
        self.agent.save()
    }
    fn load(&mut self, saved: &str) -> Result<()> {
        self.agent.load(saved)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::tests::{GAMMA, chain, random_mdp};
    use super::super::{EvaluationPoints, Setup, make, registry};
    use super::*;
    use crate::mdp::MdpBuilder;

    fn options(steps: u64) -> TrainOptions {
        TrainOptions { discount: GAMMA, time_limit: Some(7), steps, points: EvaluationPoints::Even(1), seed: 4 }
    }

    #[test]
    fn every_agent_keeps_the_promises() {
        let mut builder = MdpBuilder::new(1);
        builder.choice(0, 0, &[(1.0, 0, 1.0)]);
        let one_state_one_action = builder.build().unwrap();
        for spec in registry() {
            for mdp in [&chain(), &random_mdp(3), &one_state_one_action] {
                // Different lengths interrupt at different moments of an episode.
                for steps in [100, 101, 103, 500] {
                    let setup = Setup::new(mdp, GAMMA, 4);
                    check_agent(spec.name, || make(spec.name, &[], &setup), mdp, &options(steps)).unwrap();
                }
            }
        }
    }

    #[test]
    fn a_state_saved_on_another_table_is_refused() {
        let (small, large) = (chain(), random_mdp(3));
        for spec in registry() {
            let agent = |mdp| make(spec.name, &[], &Setup::new(mdp, GAMMA, 4)).unwrap();
            assert!(agent(&large).load(&agent(&small).save()).is_err(), "{}", spec.name);
        }
    }

    /// Counts its steps, with one fault to be found.
    struct Faulty {
        kind: &'static str,
        count: Cell<u64>,
        made: u64,
    }

    impl Agent for Faulty {
        fn act(&mut self, state: usize) -> usize {
            if self.kind == "choices" { 1_000 } else { 2 * state }
        }
        fn observe(&mut self, _: &Experience) {
            self.count.set(self.count.get() + 1);
        }
        fn rule(&self) -> DecisionRule {
            DecisionRule::Deterministic(vec![0, 2, 4, 6, u32::MAX, u32::MAX])
        }
        fn save(&self) -> String {
            let count = self.count.get();
            if self.kind == "additive" {
                self.count.set(count + 1); // saving must not count as learning
            }
            if self.kind == "same seed" { self.made.to_string() } else { count.to_string() }
        }
        fn load(&mut self, saved: &str) -> Result<()> {
            match saved.parse() {
                Ok(_) if self.kind == "resume" => Ok(()),
                Ok(count) => {
                    self.count.set(count);
                    Ok(())
                }
                Err(_) if self.kind == "load" => Ok(()),
                Err(_) => Err(Error::NotApplicable { method: "loading", reason: "a number is needed".into() }),
            }
        }
    }

    #[test]
    fn each_broken_promise_is_found() {
        let mdp = chain();
        let check = |kind| {
            let made = Cell::new(0);
            let build = || -> Result<Box<dyn Agent>> {
                made.set(made.get() + 1);
                Ok(Box::new(Faulty { kind, count: Cell::new(0), made: made.get() }))
            };
            check_agent("faulty", build, &mdp, &options(30))
        };
        check("none").unwrap();
        for kind in ["choices", "same seed", "additive", "resume", "load"] {
            match check(kind) {
                Err(Error::Conformance { check, .. }) => assert_eq!(check, kind),
                other => panic!("{kind}: {other:?}"),
            }
        }
    }
}
