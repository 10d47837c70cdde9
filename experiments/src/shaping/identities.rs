//! What shaping changes and what it leaves alone, on random tables.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tabrl::mdp::{DecisionRule, Mdp, MdpBuilder, Policy, action_values, evaluate_discounted, occupancy};
use tabrl::planning::{Criterion, SolveOptions, solve, solve_regularised};
use tabrl::reward::shaping::advice::{learnt_potential, look_ahead_values};
use tabrl::reward::shaping::{
    AtEnd, Dynamic, Ending, Exploration, Learner, LearnerSettings, Potential, reinforce_moments, shape, step_term,
};
use tabrl::rng::{self, Fast, Purpose};

use super::{apart, random_table};
use crate::Result;
use crate::runner::{Checks, Claim};

/// Settings of the identities.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Random tables.
    pub tables: u64,
    /// States of each.
    pub states: usize,
    /// Actions of each.
    pub actions: usize,
    /// Discount.
    pub gamma: f64,
    /// Temperature of soft optima.
    pub temperature: f64,
    /// Steps of coupled Q-learning.
    pub coupled_steps: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Record {
    /// Largest error of each identity over all tables.
    pub errors: BTreeMap<String, f64>,
    /// Of coupled Q-learning: largest `|q − q' − Φ|`, and steps at which the two runs were in different states.
    pub coupling: BTreeMap<String, (f64, u64)>,
    /// Whether the greedy action stays with and without the rule for the end, and with the same and another discount.
    pub kept: BTreeMap<String, bool>,
    /// Of potentials that change: error of the telescoping sum if arrivals are kept, and if they are computed anew.
    pub dynamic: (f64, f64),
    /// Of policy gradients: largest difference of the means, and the ratio of the variances, with shaping over without.
    pub gradient: (f64, f64),
}

const SAME: f64 = 1e-10;

/// Measures all identities.
///
/// # Errors
/// Settings out of range.
pub fn measure(settings: &Settings) -> Result<Record> {
    let mut record = Record::default();
    for seed in 0..settings.tables {
        let terminal = (seed % 3) as usize;
        let (mdp, mut rng) = random_table(settings.states + terminal, settings.actions, terminal, seed)?;
        for (name, error) in errors_of(settings, &mdp, &mut rng)? {
            let slot = record.errors.entry(name.to_owned()).or_default();
            *slot = slot.max(error);
        }
    }
    for (name, exploration) in [
        ("greedy", Exploration::Greedy(0.0)),
        ("epsilon-greedy", Exploration::Greedy(0.1)),
        ("Boltzmann", Exploration::Boltzmann(0.5)),
    ] {
        record.coupling.insert(name.into(), coupled(settings, exploration)?);
    }
    record.kept = examples()?;
    record.dynamic = dynamic(settings.gamma);
    record.gradient = gradient(settings)?;
    Ok(record)
}

fn random_potential(mdp: &Mdp, rng: &mut Fast) -> Result<Potential> {
    let mut value = |s: usize| if mdp.is_terminal(s) { 0.0 } else { 10.0 * rng::uniform(rng) - 5.0 };
    Ok(Potential::new(mdp, (0..mdp.num_states()).map(&mut value).collect())?)
}

fn random_policy(mdp: &Mdp, rng: &mut Fast) -> Result<Policy> {
    let mut probability = vec![0.0; mdp.num_choices()];
    for s in 0..mdp.num_states() {
        let weights: Vec<f64> = mdp.choices(s).map(|_| 0.01 + rng::uniform(rng)).collect();
        let total: f64 = weights.iter().sum();
        mdp.choices(s).zip(weights).for_each(|(c, w)| probability[c] = w / total);
    }
    Ok(Policy::stationary(mdp, DecisionRule::Stochastic(probability))?)
}

/// `x_c + sign y_{s(c)}` of each choice.
fn by_state(mdp: &Mdp, x: &[f64], sign: f64, y: &[f64]) -> Vec<f64> {
    let mut out = x.to_vec();
    (0..mdp.num_states()).for_each(|s| mdp.choices(s).for_each(|c| out[c] += sign * y[s]));
    out
}

fn errors_of(settings: &Settings, mdp: &Mdp, rng: &mut Fast) -> Result<Vec<(&'static str, f64)>> {
    let gamma = settings.gamma;
    let potential = random_potential(mdp, rng)?;
    let phi = potential.values();
    let shaped = shape(mdp, &potential, gamma, AtEnd::Zero)?.mdp;
    let minus = |v: &[f64]| v.iter().zip(phi).map(|(v, p)| v - p).collect::<Vec<f64>>();
    let policy = random_policy(mdp, rng)?;
    let value = |mdp: &Mdp| -> Result<Vec<f64>> { Ok(evaluate_discounted(mdp, &policy, gamma)?.values) };
    let options = SolveOptions { epsilon: 1e-12, ..SolveOptions::default() };
    let optimum = |mdp: &Mdp| -> Result<Vec<f64>> { Ok(solve(mdp, Criterion::Discounted { gamma }, &options)?.values) };
    let soft = |mdp: &Mdp| solve_regularised(mdp, Criterion::Discounted { gamma }, settings.temperature, &options);
    let rows = |policy: &Policy| -> Vec<f64> {
        let state = |s: usize| mdp.choices(s).map(move |c| (s, c));
        (0..mdp.num_states()).flat_map(state).map(|(s, c)| policy.rule(0).probability(s, c)).collect()
    };

    let (v, v_shaped) = (value(mdp)?, value(&shaped)?);
    let (q, q_shaped) = (action_values(mdp, &v, gamma), action_values(&shaped, &v_shaped, gamma));
    let (best, best_shaped) = (optimum(mdp)?, optimum(&shaped)?);
    let (plain, other) = (soft(mdp)?, soft(&shaped)?);
    let visits = |mdp: &Mdp| -> Result<Vec<f64>> { Ok(occupancy::discounted(mdp, &policy, gamma)?.choices) };
    let short = |best: &[f64], v: &[f64]| best.iter().zip(v).map(|(b, v)| b - v).collect::<Vec<f64>>();
    let ideal = shape(mdp, &Potential::new(mdp, best.clone())?, gamma, AtEnd::Zero)?.mdp;
    let advantages = by_state(mdp, &action_values(mdp, &best, gamma), -1.0, &best);
    let advice: Vec<f64> = (0..mdp.num_choices()).map(|_| rng::uniform(rng) - 0.5).collect();
    let learnt = learnt_potential(mdp, &policy, gamma, &advice)?;
    let advised = look_ahead_values(mdp, &policy, gamma, &learnt)?;
    let rewarded = mdp.clone().with_rewards(mdp.rewards().iter().zip(&advice).map(|(r, a)| r + a).collect())?;
    let q_rewarded = action_values(&rewarded, &value(&rewarded)?, gamma);
    Ok(vec![
        ("values", apart(&v_shaped, minus(&v))),
        ("action values", apart(&q_shaped, by_state(mdp, &q, -1.0, phi))),
        ("advantages", apart(&by_state(mdp, &q_shaped, -1.0, &v_shaped), by_state(mdp, &q, -1.0, &v))),
        ("occupancies", apart(&visits(&shaped)?, visits(mdp)?)),
        ("optimal values", apart(&best_shaped, minus(&best))),
        ("near-optimality", apart(&short(&best_shaped, &v_shaped), short(&best, &v))),
        ("soft optimal values", apart(&other.values, minus(&plain.values))),
        ("soft optimal policy", apart(&rows(&other.policy), rows(&plain.policy))),
        ("rewards shaped by v* are advantages", apart(ideal.rewards(), advantages)),
        ("optimum shaped by v* is 0", apart(&optimum(&ideal)?, vec![0.0; mdp.num_states()])),
        (
            "look-ahead advice",
            apart(&look_ahead_values(mdp, &policy, gamma, &advice)?, q.iter().zip(&advice).map(|(q, a)| q - a)),
        ),
        ("learnt advice is a reward", apart(&advised, q_rewarded)),
        ("adding learnt advice back cancels it", apart(&q, advised.iter().zip(&learnt).map(|(q, phi)| q + phi))),
    ])
}

/// Q-learning with shaping, and from another start.
fn coupled(settings: &Settings, exploration: Exploration) -> Result<(f64, u64)> {
    let (mdp, mut rng) = random_table(settings.states + 1, settings.actions, 1, 1)?;
    let potential = random_potential(&mdp, &mut rng)?;
    let zeros = vec![0.0; mdp.num_choices()];
    let raised = by_state(&mdp, &zeros, 1.0, potential.values());
    let learner = LearnerSettings { gamma: settings.gamma, step_size: 0.2, exploration };
    let mut shaped = Learner::new(&mdp, Some(&potential), learner, zeros, 3)?;
    let mut plain = Learner::new(&mdp, None, learner, raised, 3)?;
    let (mut s, mut t) = (shaped.start(), plain.start());
    let (mut error, mut different): (f64, u64) = (0.0, 0);
    for _ in 0..settings.coupled_steps {
        different += u64::from(s != t);
        s = if mdp.is_terminal(s) { shaped.start() } else { shaped.step(s) };
        t = if mdp.is_terminal(t) { plain.start() } else { plain.step(t) };
        let lowered = by_state(&mdp, plain.action_values(), -1.0, potential.values());
        error = error.max(apart(shaped.action_values(), lowered));
    }
    Ok((error, different))
}

/// Constructed examples: whether the greedy action is still the original one.
fn examples() -> Result<BTreeMap<String, bool>> {
    let gamma = 0.9;
    // The first action ends in A and earns 1, the second in B and earns 0; Φ(B) = 5.
    let mut builder = MdpBuilder::new(3);
    builder.choice(0, 0, &[(1.0, 1, 1.0)]).choice(0, 1, &[(1.0, 2, 0.0)]).terminal(1).terminal(2);
    let ends = builder.build()?;
    let at_end = |rule| -> Result<bool> {
        let shaped = shape(&ends, &Potential::new(&ends, vec![2.0, 0.0, 5.0])?, gamma, rule)?.mdp;
        Ok(shaped.rewards()[0] > shaped.rewards()[1])
    };
    // Staying earns 0, leaving a little; Φ = 10 where one stays.
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 0, 0.0)]).choice(0, 1, &[(1.0, 1, 0.01)]).terminal(1);
    let stay = builder.build()?;
    let leaves = |shaping_gamma| -> Result<bool> {
        let shaped = shape(&stay, &Potential::new(&stay, vec![10.0, 0.0])?, shaping_gamma, AtEnd::Zero)?.mdp;
        let values = solve(&shaped, Criterion::Discounted { gamma }, &SolveOptions::default())?.values;
        let q = action_values(&shaped, &values, gamma);
        Ok(q[1] > q[0])
    };
    Ok(BTreeMap::from([
        ("zero at the end".to_owned(), at_end(AtEnd::Zero)?),
        ("kept at the end".to_owned(), at_end(AtEnd::Kept)?),
        ("same discount".to_owned(), leaves(gamma)?),
        ("discount 1 of the shaping".to_owned(), leaves(1.0)?),
    ]))
}

fn dynamic(gamma: f64) -> (f64, f64) {
    let mut rng = rng::fast(5, Purpose::Generation, 1);
    let (mut kept, mut anew): (f64, f64) = (0.0, f64::INFINITY);
    for _ in 0..50 {
        let now: Vec<f64> = (0..40).map(|_| 20.0 * rng::uniform(&mut rng) - 10.0).collect();
        let ending = |t| if t == 39 { Ending::Terminated } else { Ending::Continues };
        let mut held = Dynamic::start(gamma, now[0]);
        let sum: f64 = (1..40).map(|t| gamma.powi(t as i32 - 1) * held.step(now[t], ending(t))).sum();
        kept = kept.max((sum + now[0]).abs());
        // The potential has changed by 1 when the state is left.
        let term = |t: usize| gamma.powi(t as i32 - 1) * step_term(now[t - 1] + 1.0, now[t], gamma, ending(t));
        anew = anew.min(((1..40).map(term).sum::<f64>() + now[0]).abs());
    }
    (kept, anew)
}

fn gradient(settings: &Settings) -> Result<(f64, f64)> {
    let (mdp, mut rng) = random_table(settings.states + 2, settings.actions, 2, 4)?;
    let potential = random_potential(&mdp, &mut rng)?;
    let logits: Vec<f64> = (0..mdp.num_choices()).map(|_| rng::uniform(&mut rng)).collect();
    let plain = reinforce_moments(&mdp, &logits, settings.gamma, 3, None)?;
    let shaped = reinforce_moments(&mdp, &logits, settings.gamma, 3, Some(&potential))?;
    Ok((apart(&plain.mean, shaped.mean), shaped.variance / plain.variance))
}

/// Judges what was found.
pub fn claims(found: &Record) -> Vec<Claim> {
    let mut claims = Vec::new();
    let error = |name: &str| found.errors.get(name).copied().unwrap_or(f64::NAN);
    let mut identity = |id: &str, statement: &str, source: &str, names: &[&str]| {
        let worst = names.iter().map(|name| error(name)).fold(0.0, |m: f64, e| if e.is_nan() { e } else { m.max(e) });
        let note = format!("largest error over random tables with 0, 1 and 2 terminal states: {}", names.join(", "));
        claims.push(Claim::draft(id, statement, source).note(note).at_most(SAME, worst));
    };
    let ng = "Ng, Harada and Russell (1999)";
    let values = ["values", "action values", "advantages", "occupancies"];
    identity(
        "pbrs-policy",
        "Shaping changes the values of every policy by -Φ, and neither advantages nor occupancies",
        ng,
        &values,
    );
    identity(
        "pbrs-optimum",
        "Shaping changes optimal values by -Φ, and keeps near-optimality",
        ng,
        &["optimal values", "near-optimality"],
    );
    identity("pbrs-soft", "Shaping keeps soft-optimal policies", ng, &["soft optimal values", "soft optimal policy"]);
    let ideal = ["rewards shaped by v* are advantages", "optimum shaped by v* is 0"];
    identity("pbrs-ideal", "With Φ = v* rewards are advantages: greedy for one step is optimal", ng, &ideal);
    identity(
        "advice-ahead",
        "Look-ahead advice lowers action values by itself",
        "Wiewiora, Cottrell and Elkan (2003)",
        &["look-ahead advice"],
    );
    let learnt = ["learnt advice is a reward", "adding learnt advice back cancels it"];
    identity(
        "advice-learnt",
        "At the fixed point of learnt advice the shaped problem is that of R + R†, and adding Φ back gives that of R: as advice it changes \
         the optimum, corrected it is gone",
        "Harutyunyan et al. (2015); Behboudian et al. (2021)",
        &learnt,
    );
    for (name, &(error, different)) in &found.coupling {
        let id = format!("coupling-{}", name.to_lowercase());
        let statement =
            format!("Q-learning with shaping and {name} actions takes the same steps as one that starts at q + Φ");
        let note = format!("largest |q - q' - Φ| of any step; the runs were in different states at {different} steps");
        let error = if different > 0 { f64::INFINITY } else { error };
        claims.push(Claim::draft(&id, statement, "Wiewiora (2003)").note(note).at_most(1e-12, error));
    }
    let kept = |name: &str| if found.kept.get(name) == Some(&true) { "stays" } else { "flips" };
    let both = |a: &str, b: &str| format!("{}, {}", kept(a), kept(b));
    let statement = "The preferred action stays with Φ = 0 at the end, and flips with Φ = 5 in one of two ends";
    claims.push(
        Claim::draft("end-of-episode", statement, "Grzes (2017)")
            .equals("stays, flips", both("zero at the end", "kept at the end")),
    );
    let statement =
        "The preferred action stays if shaping and criterion have the same discount, and flips in an example if not";
    claims.push(
        Claim::draft("discount-mismatch", statement, "constructed example")
            .equals("stays, flips", both("same discount", "discount 1 of the shaping")),
    );
    let mut checks = Checks::new();
    let (held, anew) = found.dynamic;
    checks.that(held <= 1e-12, || format!("kept on arrival, the sum is off by {held:e}"));
    checks.that(anew > 1.0, || format!("computed anew, the sum is off by {anew} only"));
    let statement =
        "Changing potentials telescope if the potential of arrival is kept, and do not if it is computed anew";
    claims.push(
        Claim::draft("dynamic", statement, "Devlin and Kudenko (2012)")
            .note("errors at most 1e-12 and above 1")
            .all(&checks),
    );
    let (difference, ratio) = found.gradient;
    let statement = "The expected REINFORCE gradient is the same with and without shaping: potentials are baselines";
    let note =
        format!("all episodes of three steps; the variance with a random potential is {ratio:.3} of that without");
    claims.push(Claim::draft("reinforce", statement, "Gupta et al. (2023)").note(note).at_most(1e-12, difference));
    claims
}
