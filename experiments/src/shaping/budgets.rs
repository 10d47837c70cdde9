//! Rewards under constraints: the way through lava within a share of time.

use serde::{Deserialize, Serialize};
use tabrl::Error as LibraryError;
use tabrl::mdp::Mdp;
use tabrl::planning::constrained::{
    LagrangianRun, LagrangianSettings, Multipliers, Vertex, dual, frontier, lagrangian, lexicographic, share_of_time,
};
use tabrl::planning::occupancy_lp;

use crate::Result;
use crate::runner::{Checks, Claim, Tolerance};

/// Settings of the constraints.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Discount.
    pub gamma: f64,
    /// Bounds whose optimum is known.
    pub bounds: Vec<f64>,
    /// Points of the drawn front.
    pub front_points: usize,
    /// Scalar weights that are tried.
    pub weights: usize,
    /// The largest of them.
    pub largest_weight: f64,
    /// Lagrangian iterations.
    pub steps: usize,
    /// Their step size.
    pub step_size: f64,
    /// Their bound.
    pub bound: f64,
    /// A bound that no policy keeps.
    pub impossible: f64,
    /// Temperature of soft responses.
    pub temperature: f64,
}

/// The optimum within a bound.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Point {
    /// The bound.
    pub bound: f64,
    /// The least cost, if no policy keeps the bound.
    pub least: Option<f64>,
    /// The optimal value.
    pub value: f64,
    /// Its slope in the bound.
    pub multiplier: f64,
    /// Cost of the policy.
    pub cost: f64,
    /// Proven bound less value.
    pub gap: f64,
    /// States in which the policy randomises.
    pub randomised: usize,
    /// Value and multiplier of the interior point.
    pub program: (f64, f64),
}

/// One Lagrangian run, thinned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Iterations {
    /// `normalised`, `raw`, `soft`, `impossible, raw` or `impossible, normalised`.
    pub name: String,
    /// `(iteration, λ_0, λ_1, cost, mean cost so far)`.
    pub trace: Vec<(u64, f64, f64, f64, f64)>,
    /// Value and cost of the average of all iterations.
    pub average: (f64, f64),
    /// The same of the second half.
    pub half: (f64, f64),
    /// Value and cost of the last iterate.
    pub last: (f64, f64),
    /// Iterates of the second half whose cost lies strictly between the corners beside the bound.
    pub between: u64,
}

/// What was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// At the bounds whose optimum is known.
    pub known: Vec<Point>,
    /// For the figure: `(bound, value)`.
    pub front: Vec<(f64, f64)>,
    /// Corners of the front: `(cost, value)`.
    pub corners: Vec<(f64, f64)>,
    /// `(weight, cost)` of the optimal policies of scalar rewards.
    pub weighted: Vec<(f64, f64)>,
    /// Lagrangian runs.
    pub runs: Vec<Iterations>,
}

/// Measures everything.
///
/// # Errors
/// Settings out of range.
pub fn measure(settings: &Settings) -> Result<Record> {
    let gamma = settings.gamma;
    let mdp = tabrl_envs::make("lava-grid", &[])?.table(100)?.mdp;
    let at_most = |bound| share_of_time(&mdp, gamma, "lava", bound);
    let known = settings.bounds.iter().map(|&bound| point(&mdp, gamma, bound)).collect::<Result<_>>()?;
    let costs = at_most(0.0)?.costs;
    let corners = frontier(&mdp, gamma, &costs)?;
    let (least, most) = (corners.last().map_or(0.0, |v| v.cost), corners[0].cost);
    let n = settings.front_points.max(2);
    let evenly = (0..n).map(|i| least + (most - least) * i as f64 / (n - 1) as f64);
    let mut bounds: Vec<f64> = evenly.chain(corners.iter().map(|v| v.cost)).collect();
    bounds.sort_by(f64::total_cmp);
    let mut front = Vec::with_capacity(bounds.len());
    for bound in bounds {
        front.push((bound, dual(&mdp, gamma, &at_most(bound.min(1.0))?)?.value));
    }
    let mut weighted = Vec::with_capacity(settings.weights);
    for i in 0..settings.weights {
        let weight = settings.largest_weight * i as f64 / settings.weights as f64;
        let rewards: Vec<f64> = mdp.rewards().iter().zip(&costs).map(|(r, c)| r - weight * c).collect();
        weighted.push((weight, cost_of(&mdp, gamma, &costs, &lexicographic(&mdp, gamma, &rewards, mdp.rewards())?)?));
    }
    let corners: Vec<(f64, f64)> = corners.iter().map(|v: &Vertex| (v.cost, v.value)).collect();
    let base = LagrangianSettings {
        multipliers: Multipliers::Normalised,
        step_size: settings.step_size,
        steps: settings.steps,
        ..LagrangianSettings::default()
    };
    let raw = LagrangianSettings { multipliers: Multipliers::Raw, ..base };
    let soft = LagrangianSettings { temperature: Some(settings.temperature), ..base };
    let mut runs = Vec::new();
    for (name, bound, options) in [
        ("normalised", settings.bound, base),
        ("raw", settings.bound, raw),
        ("soft", settings.bound, soft),
        ("impossible, raw", settings.impossible, raw),
        ("impossible, normalised", settings.impossible, base),
    ] {
        let run = lagrangian(&mdp, gamma, &[at_most(bound)?], &options)?;
        runs.push(thinned(name, &run, &corners, bound)?);
    }
    Ok(Record { known, front, corners, weighted, runs })
}

fn cost_of(mdp: &Mdp, gamma: f64, costs: &[f64], choice: &[u32]) -> Result<f64> {
    let rule = tabrl::mdp::DecisionRule::Deterministic(choice.to_vec());
    let policy = tabrl::mdp::Policy::stationary(mdp, rule)?;
    let visits = tabrl::mdp::occupancy::discounted(mdp, &policy, gamma)?.choices;
    Ok(visits.iter().zip(costs).map(|(d, c)| d * c).sum())
}

fn point(mdp: &Mdp, gamma: f64, bound: f64) -> Result<Point> {
    let constraint = share_of_time(mdp, gamma, "lava", bound)?;
    match dual(mdp, gamma, &constraint) {
        Ok(found) => {
            let program = occupancy_lp(mdp, gamma, &[constraint])?;
            Ok(Point {
                bound,
                least: None,
                value: found.value,
                multiplier: found.multiplier,
                cost: found.cost,
                gap: found.upper - found.value,
                randomised: found.randomised_states.len(),
                program: (program.value, program.multipliers[0]),
            })
        }
        Err(LibraryError::Infeasible { least, .. }) => Ok(Point {
            bound,
            least: Some(least),
            value: 0.0,
            multiplier: 0.0,
            cost: 0.0,
            gap: 0.0,
            randomised: 0,
            program: (0.0, 0.0),
        }),
        Err(other) => Err(other.into()),
    }
}

fn thinned(name: &str, run: &LagrangianRun, corners: &[(f64, f64)], bound: f64) -> Result<Iterations> {
    let steps = &run.steps;
    let (total, half) = (steps.len(), steps.len() / 2);
    let dear = corners.iter().map(|c| c.0).filter(|&c| c > bound).fold(f64::INFINITY, f64::min);
    let cheap = corners.iter().map(|c| c.0).filter(|&c| c < bound).fold(0.0, f64::max);
    let inside = |cost: f64| cost > cheap + 1e-9 && cost < dear - 1e-9;
    let mut trace = Vec::new();
    let (mut sum, mut next) = (0.0, 1);
    for (t, step) in steps.iter().enumerate() {
        sum += step.costs[0];
        if t + 1 >= next || t + 1 == total {
            trace.push((t as u64 + 1, step.multipliers[0], step.multipliers[1], step.costs[0], sum / (t + 1) as f64));
            next = (t + 2).max((1.02 * (t + 1) as f64) as usize);
        }
    }
    let pair = |average: tabrl::planning::constrained::Average| (average.value, average.costs[0]);
    Ok(Iterations {
        name: name.into(),
        trace,
        average: pair(run.average(0, total)?),
        half: pair(run.average(half, total)?),
        last: (steps[total - 1].value, steps[total - 1].costs[0]),
        between: steps[half..].iter().filter(|step| inside(step.costs[0])).count() as u64,
    })
}

/// The bound, the optimum and the multiplier that were computed independently, for the discount 0.95.
const REFERENCE: [(f64, f64, f64); 4] =
    [(0.01, 0.568949, 3.303833), (0.02, 0.588906, 1.630005), (0.05, 0.637806, 1.630005), (0.1, 0.719306, 1.630005)];

/// Judges what was found.
pub fn claims(settings: &Settings, found: &Record) -> Vec<Claim> {
    let source = "an independent linear program";
    let mut claims = Vec::new();
    if settings.gamma == 0.95 {
        let five = Tolerance::Absolute(1e-5);
        let mut checks = Checks::new();
        for (bound, value, multiplier) in REFERENCE {
            for point in found.known.iter().filter(|p| p.bound == bound && p.least.is_none()) {
                checks.close(&format!("value at {bound}"), value, point.value, five);
                checks.close(&format!("multiplier at {bound}"), multiplier, point.multiplier, five);
            }
        }
        let (cost, value) = found.corners[0];
        checks.close("unconstrained value", 0.793683, value, five);
        checks.close("unconstrained cost", 0.147071, cost, five);
        checks.close("least cost", 0.005037, found.corners[found.corners.len() - 1].0, five);
        for point in found.known.iter().filter(|p| p.bound == 0.005) {
            checks.close("least cost reported where the bound is 0.005", 0.005037, point.least.unwrap_or(0.0), five);
        }
        claims.push(
            Claim::draft("lava-optima", "Optima, multipliers and least cost of the way through lava", source)
                .all(&checks),
        );
    }
    let mut checks = Checks::new();
    for point in found.known.iter().filter(|p| p.least.is_none()) {
        let Point { bound, gap, randomised, program, value, cost, .. } = point;
        checks.that((-1e-12..=1e-9).contains(gap), || format!("duality gap {gap:e} at {bound}"));
        checks.that(*randomised <= 1, || format!("randomises in {randomised} states at {bound}"));
        checks.that((cost - bound).abs() <= 1e-9, || format!("costs {cost} at {bound}"));
        checks.that((program.0 - value).abs() <= 1e-5, || format!("the interior point finds {} at {bound}", program.0));
    }
    let statement =
        "One constraint: no duality gap, randomising in at most one state, and dual and linear program agree";
    claims.push(Claim::draft("lava-duality", statement, "Altman (1999)").all(&checks));

    let bound = settings.bound;
    let dear = found.corners.iter().copied().filter(|c| c.0 > bound).min_by(|a, b| a.0.total_cmp(&b.0));
    let cheap = found.corners.iter().copied().filter(|c| c.0 <= bound).max_by(|a, b| a.0.total_cmp(&b.0));
    if let (Some(dear), Some(cheap)) = (dear, cheap) {
        let inside = |cost: f64| cost > cheap.0 + 1e-6 && cost < dear.0 - 1e-6;
        let inside = found.weighted.iter().filter(|(_, cost)| inside(*cost)).count();
        let statement = format!(
            "No scalar weight of the cost has an optimal deterministic policy that costs between {:.4} and {:.4}",
            cheap.0, dear.0
        );
        let note = format!(
            "policies strictly between, out of {} weights up to {}; exact besides: these are neighbouring corners of the front, by the \
             crossing of their lines",
            found.weighted.len(),
            settings.largest_weight
        );
        claims.push(
            Claim::draft("no-scalar-weight", statement, "Roy et al. (2022), in tabular form")
                .note(note)
                .equals(0usize, inside),
        );
    }
    claims.push(
        Claim::draft(
            "reward-engineering",
            "Weight combinations out of a grid of 343 that keep three behavioural constraints",
            "Roy et al. (2022)",
        )
        .note("deep reinforcement learning in a game engine; shown only")
        .quoted(0usize),
    );
    let run = |name: &str| found.runs.iter().find(|run| run.name == name);
    let best = found.known.iter().find(|p| p.bound == bound && p.least.is_none());
    if let (Some(best), Some(normalised), Some(raw), Some(soft)) = (best, run("normalised"), run("raw"), run("soft")) {
        let mut checks = Checks::new();
        for (name, (value, cost)) in
            [("normalised, all iterations", normalised.average), ("raw, second half", raw.half)]
        {
            checks.that((cost - bound).abs() <= 1e-3, || format!("{name}: the average costs {cost:.5}"));
            checks.that((value - best.value).abs() <= 5e-3, || format!("{name}: the average is worth {value:.5}"));
        }
        let statement = "The average of Lagrangian iterations comes within 1e-3 of the bound and 5e-3 of the optimum";
        let note = format!(
            "{} iterations of Adam at {}; with raw multipliers the first half is dropped, since they start at 0 and climb (average of all: cost \
             {:.5}, value {:.5})",
            settings.steps, settings.step_size, raw.average.1, raw.average.0
        );
        claims.push(Claim::draft("lagrangian-average", statement, source).note(note).all(&checks));
        let mut checks = Checks::new();
        for run in [normalised, raw] {
            checks.that(run.between == 0, || format!("{}: {} iterates between the corners", run.name, run.between));
        }
        checks.that((soft.last.1 - bound).abs() <= 1e-3, || format!("the last soft iterate costs {:.5}", soft.last.1));
        let statement = "Greedy iterates jump between the corners and never settle; with soft responses the last iterate keeps the bound";
        claims.push(Claim::draft("lagrangian-iterates", statement, source).all(&checks));
    }
    if let (Some(raw), Some(normalised)) = (run("impossible, raw"), run("impossible, normalised")) {
        let at = |run: &Iterations, share: f64| {
            let t = (share * settings.steps as f64) as u64;
            run.trace.iter().rfind(|p| p.0 <= t).map_or((0.0, 0.0), |p| (p.0 as f64, p.2))
        };
        let slope = |a: (f64, f64), b: (f64, f64)| (b.1 - a.1) / (b.0 - a.0);
        let ratio = slope(at(raw, 0.85), at(raw, 1.0)) / slope(at(raw, 0.7), at(raw, 0.85));
        let sum = normalised.trace.iter().map(|p| (p.1 + p.2 - 1.0).abs()).fold(0.0, f64::max);
        let mut checks = Checks::new();
        checks.that((0.7..=1.4).contains(&ratio), || format!("slopes of the raw multiplier differ by {ratio:.3}"));
        checks.that(sum <= 1e-12, || format!("normalised multipliers sum to one up to {sum:e}"));
        let statement =
            "Under a bound that no policy keeps raw multipliers grow linearly, normalised ones stay in the simplex";
        let last = |run: &Iterations| run.trace.last().map_or(0.0, |p| p.2);
        let note = format!(
            "after {} iterations: raw {:.3}, normalised {:.4}; the slope over the last 15 % is {ratio:.3} of that before",
            settings.steps,
            last(raw),
            last(normalised)
        );
        claims.push(Claim::draft("impossible-bound", statement, "Roy et al. (2022)").note(note).all(&checks));
    }
    claims
}
