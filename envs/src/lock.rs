//! The combination lock: one right action in each state; a wrong one starts over.
//!
//! ```text
//!   0 ── 1 ── … ── n       right action: one ahead, reward 0;  wrong action: back to 0, reward Bernoulli(0.05)
//!                          state n is absorbing and pays 1 a step
//! ```
//! With `horizon >= n` steps and `n` not too large the optimum is to open the lock: `V*(0) = horizon − n`, which is 3 for
//! the usual `n = 6` and nine steps. The right actions are drawn uniformly from the stream of `seed`, or given as digits (`code`):
//! the `actions^n` codes are a class of models that differ in their law alone.
//!
//! Source: the version used with nine-step episodes in teaching code of UCB-VI and UCB-H; locks go back to Whitehead 1991.

use tabrl::mdp::{Branch, Branches, Model};
use tabrl::rng::{self, Purpose};

use crate::{Param, Spec, erase};

/// States `0..=n`, the last one open.
#[derive(Debug, Clone)]
pub struct Lock {
    code: Vec<u32>,
    actions: u32,
}

impl Lock {
    /// A lock of `n` digits out of `0..actions`, drawn from `seed`.
    pub fn random(n: usize, actions: u32, seed: u64) -> Lock {
        let mut rng = rng::stream(seed, Purpose::Generation, 0);
        Lock { code: (0..n).map(|_| rng::below(&mut rng, actions as usize) as u32).collect(), actions }
    }

    /// A lock with a known code, whose digits must be in `0..actions`.
    pub fn with_code(code: Vec<u32>, actions: u32) -> Lock {
        Lock { code, actions }
    }
}

impl Model for Lock {
    type State = u32;

    fn initial(&self) -> Vec<(f64, u32)> {
        vec![(1.0, 0)]
    }

    fn num_actions(&self) -> usize {
        self.actions as usize
    }

    fn episode_length(&self) -> Option<usize> {
        Some(self.code.len() + 3)
    }

    fn step_law(&self, s: u32, action: usize, out: &mut Branches<u32>) {
        let mut to = |probability, next, reward| out.push(Branch { probability, next, reward, terminal: false });
        match self.code.get(s as usize) {
            None => to(1.0, s, 1.0),
            Some(&right) if right as usize == action => to(1.0, s + 1, 0.0),
            Some(_) => {
                to(0.95, 0, 0.0);
                to(0.05, 0, 1.0);
            }
        }
    }

    fn state_name(&self, s: u32) -> String {
        if s as usize == self.code.len() { "open".to_owned() } else { format!("{s} digits right") }
    }
}

/// The registry's entry.
pub fn spec() -> Spec {
    Spec {
        name: "lock".into(),
        summary: "a combination lock: a wrong digit starts over".into(),
        source: "combination lock of RL teaching code; Whitehead 1991",
        params: vec![
            Param { name: "n", default: "6", doc: "number of digits, 1 to 1,000,000" },
            Param { name: "actions", default: "2", doc: "digits to choose from, 1 to 1000" },
            Param { name: "seed", default: "0", doc: "root of the stream the code is drawn from" },
            Param {
                name: "code",
                default: "random",
                doc: "random, or the digits themselves, such as 010011 (n is then ignored)",
            },
        ],
        build: Box::new(|settings| {
            let n = settings.count("n", 1, 1_000_000)?;
            let actions = settings.count("actions", 1, 1000)? as u32;
            if settings.text("code") != "random" {
                let digits = settings.text("code").chars().map(|digit| digit.to_digit(10).filter(|&d| d < actions));
                let code = digits.collect::<Option<Vec<u32>>>().filter(|code| !code.is_empty());
                let expected = "must be random, or digits below the number of actions, such as 010011";
                return code
                    .map(|code| erase(Lock::with_code(code, actions)))
                    .ok_or_else(|| settings.fault("code", expected));
            }
            Ok(erase(Lock::random(n, actions, settings.seed("seed")?)))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tabrl::mdp::enumerate;

    use super::*;
    use crate::solved::finite;

    #[test]
    fn nine_steps_are_worth_three_whatever_the_code() {
        let mut codes = std::collections::HashSet::new();
        for seed in 0..20 {
            let lock = Lock::random(6, 2, seed);
            codes.insert(lock.code.clone());
            let mdp = enumerate(&lock, 100).unwrap().mdp;
            assert_eq!(mdp.num_states(), 7);
            assert_eq!(finite(&mdp, 9).values[0], 3.0);
        }
        assert!(codes.len() > 10);
    }

    #[test]
    fn every_code_is_worth_the_same() {
        for code in 0..64u32 {
            let digits = format!("{code:06b}");
            let mdp = crate::make("lock", &[("code", digits.as_str())]).unwrap().table(100).unwrap().mdp;
            assert_eq!((mdp.num_states(), finite(&mdp, 9).values[0]), (7, 3.0), "{digits}");
        }
        let error = crate::make("lock", &[("code", "0120")]).err().unwrap().to_string();
        assert!(error.contains("code=0120"), "{error}");
    }

    /// With fewer steps than digits the wrong action pays 0.05 a step.
    #[test]
    fn short_of_steps() {
        let mdp = enumerate(&Lock::with_code(vec![1, 0, 1], 2), 100).unwrap().mdp;
        assert!((finite(&mdp, 3).values[0] - 0.15).abs() < 1e-15);
        assert_eq!(mdp.branch_range(0).len(), 2);
        assert_eq!(mdp.rewards()[1], 0.0);
    }
}
