//! Exploration without rewards: when it stops, and what its model is worth then.
//!
//! RF-UCRL and RF-Express stop when a bound on the error of every policy's value for every reward in [0, 1] is small. The error is
//! computed here for many rewards, each with the policies that are best for it in the truth and in the model that was learnt.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabrl::exploration::rf_ucrl::{RewardFree, RewardFreeParams};
use tabrl::exploration::{Counts, RegretOptions, Setup, run};
use tabrl::learning::EvaluationPoints;
use tabrl::mdp::Mdp;
use tabrl::rng::{self, Purpose};

use crate::Result;
use crate::runner::{Checks, Claim, Experiment, Finished, Outcome, Table, Unit, record};

const SOURCE: &str = "Kaufmann et al. (ALT 2021); Ménard et al. (ICML 2021)";

/// The settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Accuracies, descending.
    pub epsilons: Vec<f64>,
    /// Factor of β; 1 in theory.
    pub scale: f64,
    /// Most episodes.
    pub episodes: u64,
    /// Steps of an episode.
    pub horizon: usize,
    /// Rewards that are tried.
    pub rewards: usize,
    /// Seeds.
    pub seeds: u64,
}

/// The part.
pub struct RewardFreePart(pub Settings);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    rule: String,
    epsilon: f64,
    seed: u64,
    stopped: Option<u64>,
    /// The bound on the error at the stop.
    bound: f64,
    /// The largest error found.
    error: f64,
}

const RULES: [&str; 2] = ["RF-UCRL", "RF-Express"];

/// `Q` of a step: rewards by choice, laws of the truth or of the counts.
fn q(mdp: &Mdp, counts: Option<&Counts>, stage: usize, choice: usize, reward: f64, next: &[f64]) -> f64 {
    reward + counts.map_or_else(|| mdp.expect(choice, next), |counts| counts.expect(counts.row(stage, choice), next))
}

/// Best rules of a model for rewards `[H · C]`, `[H · S]`.
fn plan(mdp: &Mdp, counts: Option<&Counts>, rewards: &[f64]) -> Vec<usize> {
    let (states, choices) = (mdp.num_states(), mdp.num_choices());
    let horizon = rewards.len() / choices;
    let (mut v, mut rules) = (vec![0.0; states], vec![0; horizon * states]);
    for stage in (0..horizon).rev() {
        let value = |c: usize| q(mdp, counts, stage, c, rewards[stage * choices + c], &v);
        let best = |s: usize| mdp.choices(s).max_by(|&a, &b| value(a).total_cmp(&value(b))).unwrap_or(0);
        let row: Vec<usize> = (0..states).map(best).collect();
        v = row.iter().map(|&c| value(c)).collect();
        rules[stage * states..(stage + 1) * states].copy_from_slice(&row);
    }
    rules
}

/// The value of rules from the initial distribution.
fn evaluate(mdp: &Mdp, counts: Option<&Counts>, rewards: &[f64], rules: &[usize]) -> f64 {
    let (states, choices) = (mdp.num_states(), mdp.num_choices());
    let mut v = vec![0.0; states];
    for stage in (0..rules.len() / states).rev() {
        let row = &rules[stage * states..(stage + 1) * states];
        v = row.iter().map(|&c| q(mdp, counts, stage, c, rewards[stage * choices + c], &v)).collect();
    }
    mdp.initial_value(&v)
}

impl RewardFreePart {
    fn explore(&self, rule: usize, epsilon: f64, seed: u64) -> Result<Record> {
        let Settings { scale, episodes, horizon, rewards, .. } = self.0;
        let mdp = tabrl_envs::make("random-mdp", &[("states", "3"), ("actions", "2"), ("alpha", "1")])?.table(3)?.mdp;
        let setup = Setup { mdp: &mdp, horizon, episodes, reward_range: (0.0, 1.0), seed };
        let params = RewardFreeParams { epsilon, scale, ..RewardFreeParams::default() };
        let mut agent =
            if rule == 0 { RewardFree::ucrl(&setup, &params)? } else { RewardFree::express(&setup, &params)? };
        let options = RegretOptions { points: EvaluationPoints::Even(1) };
        run(&setup, &mut agent, &options)?;
        let mut draws = rng::fast(seed, Purpose::Generation, 2);
        let mut error: f64 = 0.0;
        for _ in 0..rewards {
            // Sparse rewards make for the largest errors.
            let tried: Vec<f64> =
                (0..horizon * mdp.num_choices()).map(|_| f64::from(u8::from(rng::uniform(&mut draws) < 0.3))).collect();
            for model in [None, Some(agent.counts())] {
                let rules = plan(&mdp, model, &tried);
                let [truth, learnt] = [None, Some(agent.counts())].map(|law| evaluate(&mdp, law, &tried, &rules));
                error = error.max((truth - learnt).abs());
            }
        }
        let (stopped, bound) = (agent.stopped(), epsilon / 2.0);
        Ok(Record { rule: RULES[rule].into(), epsilon, seed, stopped, bound, error })
    }
}

impl Experiment for RewardFreePart {
    fn units(&self) -> Result<Vec<Unit>> {
        let names = RULES
            .iter()
            .flat_map(|rule| self.0.epsilons.iter().map(move |e| format!("reward-free {rule} epsilon={e}")));
        Ok(Unit::grid(&names.collect::<Vec<_>>(), self.0.seeds))
    }

    fn run(&self, unit: &Unit) -> Result<Value> {
        let count = self.0.epsilons.len();
        record(&self.explore(unit.setting / count, self.0.epsilons[unit.setting % count], unit.seed)?)
    }

    fn conclude(&self, finished: &[Finished]) -> Result<Outcome> {
        let runs = finished.iter().map(Finished::read).collect::<Result<Vec<Record>>>()?;
        let columns = [
            ("rule", "", "which bound"),
            ("epsilon", "", "accuracy"),
            ("seed", "", "seed"),
            ("stopped", "episodes", "episodes until it stopped; empty if the cap came first"),
            ("bound", "", "the bound on every error at the stop"),
            ("error", "", "the largest error found"),
        ];
        let mut table =
            Table::new("reward_free", "One row a rule, accuracy and seed, on a random MDP of three states.", &columns);
        let (mut monotone, mut covered) = (Checks::new(), Checks::new());
        for run in &runs {
            table.row(vec![
                run.rule.clone().into(),
                run.epsilon.into(),
                run.seed.into(),
                run.stopped.into(),
                run.bound.into(),
                run.error.into(),
            ]);
            let place = || format!("{} epsilon {} seed {}", run.rule, run.epsilon, run.seed);
            if run.stopped.is_some() {
                covered.that(run.error <= run.bound, || format!("{} above {} ({})", run.error, run.bound, place()));
            }
            let finer = runs
                .iter()
                .filter(|other| other.rule == run.rule && other.seed == run.seed && other.epsilon < run.epsilon);
            for other in finer {
                let (first, second) = (run.stopped.unwrap_or(u64::MAX), other.stopped.unwrap_or(u64::MAX));
                monotone.that(first <= second, || format!("{first} and {second} ({})", place()));
            }
        }
        let reached = runs.iter().filter(|run| run.stopped.is_some()).count();
        let note = format!(
            "{reached} of {} runs stopped before {} episodes; beta times {}",
            runs.len(),
            self.0.episodes,
            self.0.scale
        );
        let claims = vec![
            Claim::draft("reward-free-monotone", "A finer accuracy never stops sooner", SOURCE)
                .note(note)
                .all(&monotone),
            Claim::draft("reward-free-error", "At the stop no error that was found exceeds ε/2", SOURCE).all(&covered),
        ];
        Ok(Outcome { claims, tables: vec![table], ..Outcome::default() })
    }
}
