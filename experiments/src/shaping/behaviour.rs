//! Rewards from behaviour: known values, feature matching, projections, and plans that are safe under doubt.

use ndarray::Array2;
use serde::{Deserialize, Serialize};
use tabrl::mdp::{DecisionRule, Mdp, Policy, action_values, evaluate_discounted, occupancy};
use tabrl::planning::{Criterion, Method, SolveOptions, solve};
use tabrl::reward::inverse::adversarial::{episode_loss, transition_optimum};
use tabrl::reward::inverse::design::{optimal_expectations, posterior, risk_averse};
use tabrl::reward::inverse::{
    causal_plan, feature_expectations, linear_program_rewards, log_likelihood, maximum_causal_entropy, projection,
    rewards_of,
};
use tabrl::rng::{self, Fast};

use super::{apart, random_table};
use crate::Result;
use crate::runner::{Checks, Claim};

/// Settings of inverse reward learning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Random tables.
    pub tables: u64,
    /// Features of a choice.
    pub features: usize,
    /// Decisions of the finite horizon.
    pub decisions: usize,
    /// Most policies of the projection method.
    pub projections: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Record {
    /// Largest difference from the known values of the five-state problem, undiscounted and with the discount 0.9.
    pub five: [f64; 2],
    /// Largest difference of gradients from finite differences.
    pub differences: f64,
    /// Largest mismatch of features after fitting.
    pub mismatch: f64,
    /// Largest difference of the occupancies of the fitted and the true behaviour.
    pub behaviour: f64,
    /// Distances of the projection method on each table.
    pub distances: Vec<Vec<f64>>,
    /// Largest advantage of another action under the rewards of the linear program.
    pub advantage: f64,
    /// True return of the literal and of the risk-averse plan.
    pub design: (f64, f64),
    /// Largest slope of the discriminator's loss at the expert, and least rise beside it.
    pub discriminator: (f64, f64),
    /// Largest difference between the row sums of the best discriminator of transitions and the ratio of visits; largest distance of these sums from
    /// one; error of the fixed point.
    pub transitions: (f64, f64, f64),
}

/// Measures everything.
///
/// # Errors
/// Settings out of range.
pub fn measure(settings: &Settings) -> Result<Record> {
    let mut record = Record { five: [five(1.0)?, five(0.9)?], ..Record::default() };
    for seed in 0..settings.tables {
        let (mdp, mut rng) = random_table(6, 3, 0, seed)?;
        matching(settings, &mdp, &mut rng, seed, &mut record)?;
        projected(settings, &mdp, &mut rng, &mut record)?;
        by_program(&mdp, &mut rng, &mut record)?;
    }
    record.design = design()?;
    (record.discriminator, record.transitions) = adversarial()?;
    Ok(record)
}

/// A discount, values, the first rule in state 1, and visits.
type Five = (f64, [f64; 5], [f64; 3], [f64; 5]);

/// Of the five-state problem, computed independently for 20 decisions.
const FIVE: [Five; 2] = [
    (
        1.0,
        [53.298300, 54.836443, 54.836443, 33.649463, 54.744662],
        [0.24843094, 0.0, 0.75156906],
        [6.998829, 3.397594, 3.397594, 0.405233, 6.800749],
    ),
    (
        0.9,
        [22.943354, 24.039469, 24.039469, 2.818985, 24.430549],
        [0.2731941, 0.0, 0.72680589],
        [3.113987, 1.389007, 1.389007, 0.072881, 2.940928],
    ),
];

fn five(gamma: f64) -> Result<f64> {
    let mdp = tabrl_envs::make("irl-five", &[])?.table(100)?;
    // Names are the numbers of the states; the table may have them in another order.
    let state = |i: usize| mdp.state_names.iter().position(|name| *name == i.to_string()).unwrap_or(i);
    let plan = causal_plan(&mdp.mdp, mdp.mdp.rewards(), gamma, 20)?;
    let mut worst: f64 = 0.0;
    for (_, values, rule, visits) in FIVE.iter().filter(|row| row.0 == gamma) {
        let ordered = |of: &[f64]| (0..5).map(|i| of[state(i)]).collect::<Vec<f64>>();
        worst = worst.max(apart(&ordered(&plan.values), *values)).max(apart(&ordered(&plan.states), *visits));
        let first: Vec<f64> = mdp.mdp.choices(state(1)).map(|c| plan.policy.rule(0).probability(state(1), c)).collect();
        worst = worst.max(apart(&first, *rule));
    }
    Ok(worst)
}

fn random_features(mdp: &Mdp, rng: &mut Fast, k: usize) -> Array2<f64> {
    Array2::from_shape_fn((mdp.num_choices(), k), |_| rng::uniform(rng) - 0.5)
}

fn matching(settings: &Settings, mdp: &Mdp, rng: &mut Fast, seed: u64, record: &mut Record) -> Result<()> {
    let k = settings.features;
    let features = random_features(mdp, rng, k);
    let truth: Vec<f64> = (0..k).map(|_| 4.0 * rng::uniform(rng) - 2.0).collect();
    let horizon = (if seed.is_multiple_of(2) { 1.0 } else { 0.9 }, settings.decisions);
    let own = causal_plan(mdp, &rewards_of(&features, &truth)?, horizon.0, horizon.1)?;
    let expert = feature_expectations(&features, &own.choices)?;
    let at: Vec<f64> = (0..k).map(|_| rng::uniform(rng)).collect();
    let (_, gradient) = log_likelihood(mdp, &features, &expert, &at, horizon)?;
    for i in 0..k {
        let moved = |h: f64| -> Result<f64> {
            let mut w = at.clone();
            w[i] += h;
            Ok(log_likelihood(mdp, &features, &expert, &w, horizon)?.0)
        };
        record.differences = record.differences.max(((moved(1e-5)? - moved(-1e-5)?) / 2e-5 - gradient[i]).abs());
    }
    let fit = maximum_causal_entropy(mdp, &features, &expert, horizon, (1e-9, 500))?;
    record.mismatch = record.mismatch.max(fit.mismatch);
    record.behaviour = record.behaviour.max(apart(&fit.plan.choices, own.choices));
    Ok(())
}

fn optimal_policy(mdp: &Mdp, gamma: f64) -> Result<Policy> {
    let options = SolveOptions { method: Method::PolicyIteration, ..SolveOptions::default() };
    Ok(solve(mdp, Criterion::Discounted { gamma }, &options)?.policy)
}

fn projected(settings: &Settings, mdp: &Mdp, rng: &mut Fast, record: &mut Record) -> Result<()> {
    let features = random_features(mdp, rng, settings.features);
    let truth: Vec<f64> = (0..settings.features).map(|_| rng::uniform(rng) - 0.5).collect();
    let world = mdp.clone().with_rewards(rewards_of(&features, &truth)?)?;
    let visits = occupancy::discounted(mdp, &optimal_policy(&world, 0.9)?, 0.9)?;
    let expert = feature_expectations(&features, &visits.choices)?;
    record.distances.push(projection(mdp, &features, &expert, 0.9, 1e-4, settings.projections)?.distances);
    Ok(())
}

fn by_program(mdp: &Mdp, rng: &mut Fast, record: &mut Record) -> Result<()> {
    let spread = |of: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let mut out = vec![0.0; mdp.num_choices()];
        (0..mdp.num_states()).for_each(|s| out[mdp.choices(s)].fill(of(s)));
        out
    };
    let rewards: Vec<f64> = (0..mdp.num_states()).map(|_| rng::uniform(rng)).collect();
    let policy = optimal_policy(&mdp.clone().with_rewards(spread(&|s| rewards[s]))?, 0.8)?;
    let DecisionRule::Deterministic(choice) = policy.rule(0) else { return Ok(()) };
    let found = linear_program_rewards(mdp, choice, 0.8, 1.0, 0.01)?;
    let guessed = mdp.clone().with_rewards(spread(&|s| found[s]))?;
    let v = evaluate_discounted(&guessed, &policy, 0.8)?.values;
    let q = action_values(&guessed, &v, 0.8);
    for s in 0..mdp.num_states() {
        mdp.choices(s).for_each(|c| record.advantage = record.advantage.max(q[c] - v[s]));
    }
    Ok(())
}

/// The way through lava: in training there is grass in its place. Returns of the literal plan and of the risk-averse one.
fn design() -> Result<(f64, f64)> {
    let gamma = 0.95;
    let table = tabrl_envs::make("lava-grid", &[])?.table(100)?;
    let mdp = &table.mdp;
    let labelled = |s: usize| mdp.labels().get("lava").is_some_and(|members| members.contains(&(s as u32)));
    // Features: goal, grass, lava.
    let features_with = |kind: usize| {
        let mut features = Array2::zeros((mdp.num_choices(), 3));
        for s in 0..mdp.num_states() {
            for c in mdp.choices(s) {
                features[[c, 0]] = mdp.rewards()[c];
                features[[c, kind]] += f64::from(u8::from(labelled(s)));
            }
        }
        features
    };
    let (seen, features) = (features_with(1), features_with(2));
    let (proxy, truth) = ([1.0, -0.5, 0.0], [1.0, -0.5, -1.0]);
    let candidates: Vec<Vec<f64>> =
        (0..9).map(|i| vec![1.0, f64::from(i % 3) * 0.5 - 0.5, f64::from(i / 3) - 1.0]).collect();
    let expectations = |w: &Vec<f64>| optimal_expectations(mdp, &seen, w, gamma);
    let alternatives: Vec<Vec<f64>> = candidates.iter().map(expectations).collect::<tabrl::Result<_>>()?;
    let chosen = optimal_expectations(mdp, &seen, &proxy, gamma)?;
    let likely = posterior(&chosen, &alternatives, &candidates, 20.0)?;
    let kept: Vec<Vec<f64>> =
        candidates.iter().zip(&likely).filter(|(_, p)| **p > 1e-3).map(|(w, _)| w.clone()).collect();
    let safe = risk_averse(mdp, &features, &kept, &chosen, gamma)?;
    let literal = optimal_policy(&mdp.clone().with_rewards(rewards_of(&features, &proxy)?)?, gamma)?;
    let table = mdp.clone().with_rewards(rewards_of(&features, &truth)?)?;
    let earns = |policy: &Policy| -> Result<f64> {
        Ok(table.initial_value(&evaluate_discounted(&table, policy, gamma)?.values))
    };
    Ok((earns(&literal)?, earns(&safe)?))
}

/// What is measured of the discriminators of episodes and of transitions.
type Discriminators = ((f64, f64), (f64, f64, f64));

/// The discriminators of episodes and of transitions.
fn adversarial() -> Result<Discriminators> {
    let (mdp, mut rng) = random_table(6, 3, 0, 2)?;
    let mut draw = || {
        let mut p: Vec<f64> = (0..mdp.num_choices()).map(|_| 0.1 + rng::uniform(&mut rng)).collect();
        for s in 0..mdp.num_states() {
            let total: f64 = mdp.choices(s).map(|c| p[c]).sum();
            mdp.choices(s).for_each(|c| p[c] /= total);
        }
        p
    };
    let (expert, other) = (draw(), draw());
    let policy = |p: &[f64]| Policy::stationary(&mdp, DecisionRule::Stochastic(p.to_vec()));
    let (by_expert, generator) = (policy(&expert)?, policy(&other)?);
    let least = episode_loss(&mdp, &by_expert, &generator, &by_expert, 3)?;
    let (mut slope, mut rise): (f64, f64) = (0.0, f64::INFINITY);
    for s in 0..mdp.num_states() {
        let c = mdp.choices(s).start;
        let moved = |h: f64| -> Result<f64> {
            let mut p = expert.clone();
            p[c] += h;
            p[c + 1] -= h;
            Ok(episode_loss(&mdp, &by_expert, &generator, &policy(&p)?, 3)?)
        };
        slope = slope.max(((moved(1e-5)? - moved(-1e-5)?) / 2e-5).abs());
        rise = rise.min(moved(0.02)? - least).min(moved(-0.02)? - least);
    }
    let of_expert = occupancy::discounted(&mdp, &by_expert, 0.9)?;
    let of_other = occupancy::discounted(&mdp, &generator, 0.9)?;
    let best = transition_optimum(&mdp, &generator, &of_expert.choices, &of_other.choices)?;
    let sums: Vec<f64> = (0..mdp.num_states()).map(|s| mdp.choices(s).map(|c| best[c]).sum()).collect();
    let ratios = (0..mdp.num_states()).map(|s| of_expert.states[s] / of_other.states[s]);
    let own = transition_optimum(&mdp, &by_expert, &of_expert.choices, &of_expert.choices)?;
    let biased = apart(&sums, vec![1.0; sums.len()]);
    Ok(((slope, rise), (apart(&sums, ratios), biased, apart(&own, expert))))
}

/// Judges what was found.
pub fn claims(found: &Record) -> Vec<Claim> {
    let mut claims = Vec::new();
    let five = "an independent recursion for the test problem of the package imitation";
    for (id, statement, error) in [
        (
            "irl-five",
            "Values, rule and visits of the five states at temperature 1, 20 decisions, undiscounted",
            found.five[0],
        ),
        ("irl-five-discounted", "The same with the discount 0.9", found.five[1]),
    ] {
        claims.push(Claim::draft(id, statement, five).note("largest difference").at_most(1e-6, error));
    }
    let ziebart = "Ziebart (2010)";
    let statement = "The gradient of the causal log-likelihood is the difference of feature expectations";
    claims.push(
        Claim::draft("mce-gradient", statement, ziebart)
            .note("largest difference from central differences")
            .at_most(1e-6, found.differences),
    );
    let statement = "Maximum causal entropy matches the expert's feature expectations";
    claims.push(Claim::draft("mce-matching", statement, ziebart).at_most(1e-6, found.mismatch));
    let statement = "What it finds behaves as the expert does";
    let note = "largest difference of occupancies; weights are not compared, since behaviour does not identify them";
    claims.push(Claim::draft("mce-behaviour", statement, ziebart).note(note).at_most(1e-5, found.behaviour));
    let mut checks = Checks::new();
    for (table, distances) in found.distances.iter().enumerate() {
        let (first, last) = (distances[0], distances[distances.len() - 1]);
        checks.that(distances.windows(2).all(|w| w[1] <= w[0] + 1e-12), || format!("table {table}: a distance rises"));
        checks.that(last <= 0.02 * first.max(1e-9) || last <= 1e-4, || {
            format!("table {table}: {last:.2e} of {first:.2e} is left")
        });
    }
    let statement = "Projections never move away from an optimal expert, and come within 2 % of the first distance";
    claims.push(Claim::draft("projection", statement, "Abbeel and Ng (2004)").all(&checks));
    let statement = "The expert's policy is optimal under the rewards of the linear program";
    claims.push(
        Claim::draft("ng-russell", statement, "Ng and Russell (2000)")
            .note("largest advantage of another action")
            .at_most(1e-6, found.advantage),
    );
    let (literal, safe) = found.design;
    let mut checks = Checks::new();
    checks.that(safe > literal, || format!("risk-averse {safe:.4}, literal {literal:.4}"));
    let statement =
        "Where lava appears that the designer did not think of, risk-averse planning beats the literal proxy";
    let note = format!("true return {safe:.4} against {literal:.4}");
    claims.push(Claim::draft("inverse-design", statement, "Hadfield-Menell et al. (2017)").note(note).all(&checks));
    let (slope, rise) = found.discriminator;
    let (sums, biased, fixed) = found.transitions;
    let mut checks = Checks::new();
    checks.that(slope <= 1e-7 && rise > 0.0, || format!("slope {slope:e}, rise {rise:e}"));
    checks.that(sums <= 1e-12, || format!("row sums are off by {sums:e}"));
    checks.that(biased > 0.01, || "the rows of transitions are normalised".into());
    checks.that(fixed <= 1e-12, || format!("the expert moves by {fixed:e}"));
    let statement = "The best discriminator of episodes is the expert; of transitions it is biased, with the expert as a fixed point";
    claims.push(
        Claim::draft("adversarial", statement, "Barde et al. (2020); derived")
            .note(format!("rows of transitions sum to one up to {biased:.3}"))
            .all(&checks),
    );
    claims
}
