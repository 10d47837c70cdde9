//! What is judged.

mod sampled;

use super::leader::{CellOf, Record as Leader};
use super::{Config, Results};
use crate::Result;
use crate::runner::{Checks, Claim, Kind, Tolerance};

const BARFI: &str = "Gupta et al. (2023)";
const OWN: &str = "computed independently";

/// All claims.
///
/// # Errors
/// Statistics that cannot be computed.
pub fn claims(config: &Config, results: &Results) -> Result<Vec<Claim>> {
    let mut claims = gradient(results);
    claims.extend(fixed_rewards(config, results));
    claims.extend(converged(config, results));
    claims.extend(exact(config, results));
    claims.extend(sampled::episodes(config, results)?);
    claims.extend(sampled::swept(config, results)?);
    claims.extend(leader(config, results));
    claims.extend(short_plans(results));
    Ok(claims)
}

fn gradient(results: &Results) -> Vec<Claim> {
    let Some(found) = &results.gradient else { return Vec::new() };
    let mut claims = Vec::new();
    let mut checks = Checks::new();
    for (what, known, here) in &found.known {
        checks.close(what, *known, *here, Tolerance::Absolute(1e-4));
    }
    let statement = "The maze is a finite problem of 265 states; values over 50 actions of known policies";
    claims.push(Claim::draft("maze", statement, OWN).all(&checks));
    let mut checks = Checks::new();
    for (what, error) in &found.errors {
        let bound = match what.as_str() {
            "differences, reward" | "differences, discount (relative)" | "differences, the maze (relative)" => 1e-7,
            "implicit, pseudo-inverse" | "implicit, conjugate gradients" => 1e-7,
            "zero eigenvalues that are not one a state" => 0.0,
            _ => 1e-9,
        };
        checks.that(*error <= bound, || format!("{what}: {error:e}"));
    }
    let statement = "The gradient is that of differences and of the implicit function theorem; it is a flow without sources, blind to constants and potentials";
    claims.push(Claim::draft("gradient", statement, "Gupta et al. (2023); Thoma et al. (2024)").all(&checks));
    let mut checks = Checks::new();
    for (i, a) in found.series.iter().enumerate() {
        for b in &found.series[i + 1..] {
            if a.table != b.table {
                continue;
            }
            // At rounding level nothing is to be said.
            if a.share == b.share && a.error > 1e-7 {
                checks.that(b.error < a.error, || {
                    format!("table {}, step {}: {} to {} terms", a.table, a.share, a.terms, b.terms)
                });
            }
            if a.terms == b.terms && a.error > 1e-7 {
                checks.that(b.error < a.error, || {
                    format!("table {}, {} terms: step {} to {}", a.table, a.terms, a.share, b.share)
                });
            }
        }
    }
    let statement = "The error of the Neumann series falls with every term and, up to the limit, with the step";
    claims.push(Claim::draft("neumann", statement, "Lorraine et al. (2020)").all(&checks));
    let least = found.series.iter().filter(|s| s.terms == 0).map(|s| s.cosine).fold(f64::INFINITY, f64::min);
    let mut cosines: Vec<f64> = found.series.iter().filter(|s| s.terms == 0).map(|s| s.cosine).collect();
    let note = format!("smallest over tables {least:.3}; the claim was found on one table (0.953)");
    let statement = "Median cosine between first order (identity for the Hessian) and the exact gradient";
    claims
        .push(Claim::draft("first-order", statement, OWN).note(note).at_least(0.9, tabrl::stats::median(&mut cosines)));
    claims
}

fn fixed_rewards(config: &Config, results: &Results) -> Vec<Claim> {
    let run = |name: &str| results.climb.iter().find(|run| run.name == name);
    let mut claims = Vec::new();
    if let (Some(primary), Some(shaped)) = (run("primary"), run("shaped, bad")) {
        let apart = primary.values.iter().zip(&shaped.values).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max);
        let statement = "A potential of the state leaves the exact policy gradient as it is, all along the climb (largest relative difference)";
        let note = format!(
            "{} steps; the curves are then {apart:.1e} apart, relative to their height: RMSprop and the climb enlarge rounding",
            config.climb.steps
        );
        claims.push(
            Claim::draft("shaping-is-a-baseline", statement, BARFI).note(note).at_most(1e-9, shaped.gradient_gap),
        );
    }
    if let Some(naive) = run("naive sum, bad") {
        let last = naive.values.last().copied().unwrap_or(f64::NAN);
        let note = format!("after {} exact steps", config.climb.steps);
        let statement = "The return that counts of a policy that follows the sum with the bad auxiliary reward";
        claims.push(Claim::draft("naive-bad", statement, BARFI).note(note).at_most(-2.0, last));
    }
    claims
}

fn converged(config: &Config, results: &Results) -> Vec<Claim> {
    let mut claims = Vec::new();
    for run in &results.converged {
        let (first, last) = (run.values[0], run.values.last().copied().unwrap_or(f64::NAN));
        let naive = run.name.starts_with("naive");
        let note = format!(
            "from {first:.4} in {} steps; temperature {}; largest entry of the gradient at the start {:.2e}; optimum 91.64797",
            run.values.len() - 1,
            config.converged.temperature,
            run.slope
        );
        let draft = |id: &str, statement: String| Claim::draft(id, statement, OWN).note(note.clone());
        let id = format!(
            "converged-{}",
            if naive {
                "naive"
            } else if run.name.contains("table") {
                "table"
            } else {
                "fourier"
            }
        );
        claims.push(if naive {
            let statement =
                "From the naive sum the gradient has vanished, and the ascent gets nowhere (value at the end)";
            draft(&id, statement.into()).at_most(-4.0, last)
        } else {
            let statement =
                format!("With the inner problem solved to the end, the value comes near the optimum ({})", run.name);
            draft(&id, statement).at_least(91.6, last)
        });
    }
    claims
}

fn median(mut x: Vec<f64>) -> f64 {
    if x.is_empty() { f64::NAN } else { tabrl::stats::median(&mut x) }
}

fn exact(config: &Config, results: &Results) -> Vec<Claim> {
    let last = |auxiliary: &str, method: &str| -> Vec<f64> {
        let runs = results.exact.iter().filter(|r| r.auxiliary == auxiliary && r.method == method);
        runs.filter_map(|r| r.values.last().copied()).collect()
    };
    let mut claims = Vec::new();
    if results.exact.is_empty() {
        return claims;
    }
    for method in ["first order", "Neumann"] {
        let id = |what: &str| format!("barfi-{what}-{}", if method == "Neumann" { "neumann" } else { "first" });
        let bad = last("bad", method);
        let solved = bad.iter().filter(|v| **v > 98.0).count();
        let shown: Vec<String> = bad.iter().map(|v| format!("{v:.2}")).collect();
        let note = format!(
            "{solved} of {} starts above 98: {}; {} outer steps",
            bad.len(),
            shown.join(", "),
            config.exact.outer_steps
        );
        let statement = format!("Median return over starts with the bad auxiliary reward, {method}, exact gradients");
        claims.push(Claim::draft(&id("bad"), statement, BARFI).note(note).at_least(98.0, median(bad.clone())));
        let statement = format!("Share of starts above 98 with the bad auxiliary reward, {method}");
        claims.push(Claim::draft(&id("solved"), statement, OWN).at_least(5.0 / 8.0, solved as f64 / bad.len() as f64));
        let good = last("good", method);
        let statement =
            format!("Smallest return over starts with the good auxiliary reward, {method}, exact gradients");
        claims.push(
            Claim::draft(&id("good"), statement, BARFI).at_least(98.5, good.into_iter().fold(f64::INFINITY, f64::min)),
        );
    }
    if let Some(naive) = results.climb.iter().find(|r| r.name == "naive sum, good").and_then(|r| r.values.last()) {
        let statement =
            "With the good auxiliary reward BARFI is not behind the naive sum (difference of median and naive return)";
        let gain = median(last("good", "Neumann")) - naive;
        claims.push(Claim::draft("barfi-keeps-good", statement, BARFI).at_least(-0.3, gain));
    }
    for auxiliary in ["bad", "good"] {
        let of = |method: &str| {
            let runs = results.exact.iter().filter(|r| r.auxiliary == auxiliary && r.method == method);
            median(runs.map(|r| r.discount).collect())
        };
        let (first, neumann) = (of("first order"), of("Neumann"));
        let note = format!("medians over starts: first order {first:.4}, Neumann {neumann:.4}");
        let statement = format!(
            "The series scales gradients down but not the regulariser, so that the learnt discount falls further ({auxiliary}; difference to first order)"
        );
        claims.push(
            Claim::draft(&format!("discount-falls-{auxiliary}"), statement, "Gupta et al. (2023), published code")
                .note(note)
                .at_most(0.0, neumann - first),
        );
    }
    claims
}

/// `(λ, β)`, published HPGD, AMD and zero-order scores.
pub const PUBLISHED: [([f64; 2], [f64; 3]); 9] = [
    ([0.001, 1.0], [0.91, 0.58, 0.59]),
    ([0.001, 3.0], [0.51, 0.51, 0.50]),
    ([0.001, 5.0], [0.46, 0.46, 0.46]),
    ([0.003, 1.0], [0.95, 1.00, 0.91]),
    ([0.003, 3.0], [0.73, 0.39, 0.40]),
    ([0.003, 5.0], [0.29, 0.32, 0.32]),
    ([0.005, 1.0], [1.17, 1.28, 1.15]),
    ([0.005, 3.0], [1.01, 1.13, 1.02]),
    ([0.005, 5.0], [0.87, 0.97, 0.79]),
];

/// The mean score over starts at the best rate, its runs, and the rate; `None` where nothing was run.
pub fn best_rate(results: &Results, temperature: f64, price: f64) -> Option<(f64, Vec<&Leader>, CellOf)> {
    let mut best: Option<(f64, Vec<&Leader>, CellOf)> = None;
    for run in &results.leader {
        if run.cell.temperature != temperature || run.cell.price != price {
            continue;
        }
        let same: Vec<&Leader> = results.leader.iter().filter(|r| r.cell == run.cell).collect();
        let score = same.iter().map(|r| r.score).sum::<f64>() / same.len() as f64;
        if best.as_ref().is_none_or(|b| score > b.0) {
            best = Some((score, same, run.cell));
        }
    }
    best
}

fn leader(config: &Config, results: &Results) -> Vec<Claim> {
    let mut claims = Vec::new();
    if results.leader.is_empty() {
        return claims;
    }
    let source = "Thoma et al. (2024), table 1";
    let worst = results.leader.iter().map(|r| r.gradient_error).fold(0.0, f64::max);
    let statement = "HPGD: the leader's exact gradient against differences, relative to its largest entry";
    claims.push(Claim::draft("leader-gradient", statement, source).at_most(1e-6, worst));
    let long = config.leader.iterations >= 5000;
    let mut reached = Checks::new();
    for ([temperature, price], [hpgd, amd, zero]) in PUBLISHED {
        let id = format!("leader-{temperature}-{price}");
        let statement = format!(
            "HPGD: mean leader's value, temperature {temperature}, price {price}, is within 0.15 of the published range of methods"
        );
        let draft = Claim::draft(&id, statement, source);
        let Some((score, runs, cell)) = best_rate(results, temperature, price) else { continue };
        let scores: Vec<String> = runs.iter().map(|r| format!("{:.3}", r.score)).collect();
        let draft = draft.note(format!(
            "published: HPGD {hpgd}, AMD {amd}, zero-order {zero}; here by start at the best rate {}: {}; {} iterations",
            cell.rate,
            scores.join(", "),
            config.leader.iterations
        ));
        let (low, high) = (hpgd.min(amd).min(zero) - 0.15, hpgd.max(amd).max(zero) + 0.15);
        let expected = format!("{low:.2} to {high:.2}");
        let mut within = Checks::new();
        within.that((low..=high).contains(&score), || format!("{score:.4}, expected {expected}"));
        claims.push(if long { draft.all(&within) } else { draft.untested(Kind::Exact, expected.as_str()) });
        if temperature == 0.005 {
            let best = runs.iter().map(|run| run.score).fold(f64::NEG_INFINITY, f64::max);
            reached
                .that((best - amd).abs() <= 0.15, || format!("price {price}: best start {best:.3}, published {amd}"));
        }
    }
    if long && config.leader.temperatures.contains(&0.005) {
        let statement =
            "HPGD: at temperature 0.005 the best start is within 0.15 of the published AMD, for every price";
        claims.push(Claim::draft("leader-reached", statement, source).all(&reached));
    }
    if let Some((score, ..)) = best_rate(results, 0.001, 1.0).filter(|_| long) {
        let statement =
            "HPGD: mean leader's value at temperature 0.001 and price 1, against an independent exact ascent";
        let note = "published: HPGD 0.91, AMD 0.58, zero-order 0.59; the independent ascent had 0.54 to 0.575";
        claims.push(Claim::draft("leader-cold", statement, OWN).note(note).at_least(0.53, score));
    }
    if let Some((_, runs, _)) = best_rate(results, 0.005, 1.0).filter(|_| long) {
        let mut sorted = runs.clone();
        sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut checks = Checks::new();
        let mut shown = Vec::new();
        for run in sorted {
            let mut cells: Vec<(usize, usize)> = run.largest.iter().map(|l| (l.0, l.1)).collect();
            cells.sort_unstable();
            shown.push(format!("{:.3}: {cells:?}", run.score));
            checks.that(cells == [(3, 5), (7, 9)], || format!("start {}", run.seed));
        }
        let statement = "HPGD: at temperature 0.005 and price 1 the two largest penalties are beside two doors, at (3, 5) and (7, 9)";
        let note = format!("scores and cells, best start first: {}", shown.join("; "));
        claims.push(Claim::draft("leader-structure", statement, OWN).note(note).all(&checks));
    }
    claims
}

fn short_plans(results: &Results) -> Vec<Claim> {
    let Some(found) = &results.tables else { return Vec::new() };
    let mut claims = Vec::new();
    let bipars = "Hu et al. (2020), in tabular form";
    let mut better = Checks::new();
    let (mut inverted, mut blind, mut centred) = (Checks::new(), Checks::new(), Checks::new());
    for run in &found.weighted {
        let about =
            || format!("table {}, {}, {}", run.table, run.shaping, if run.scalar { "one weight" } else { "weights" });
        let [without, _, learnt, _] = run.values;
        let potential = run.shaping.ends_with("potential");
        if potential && run.scalar {
            blind.that((learnt - without).abs() <= 1e-9, || format!("{}: {without} to {learnt}", about()));
        } else {
            better.that(learnt > without, || format!("{}: {without} to {learnt}", about()));
        }
        if run.shaping == "minus advantages" {
            inverted.that(run.mean < 0.0, about);
        }
        if potential && !run.scalar {
            let share = run.mean.abs() / run.size;
            centred.that(share <= 1e-6, || format!("{}: mean weight {:.1e} of {:.1e}", about(), run.mean, run.size));
        }
    }
    let statement = "BiPaRS: whatever the shaping reward, learnt weights make the behaviour worth more than no shaping";
    claims.push(Claim::draft("weights-gain", statement, bipars).all(&better));
    let statement = "BiPaRS: harmful advice (minus the optimal advantages) gets a negative mean weight";
    claims.push(Claim::draft("weights-invert", statement, bipars).all(&inverted));
    let statement = "BiPaRS: of a potential-based shaping by the optimal values, or minus it, the mean weight stays 0 (to 1e-6 of their size)";
    let note = "so harmful advice of this kind is not turned round on the mean, as one might expect of the published claim: the gradient by the \
                weights sums to the gradient along a potential, which is 0";
    claims.push(Claim::draft("weights-potential", statement, bipars).note(note).all(&centred));
    let statement = "One weight for a whole potential-based shaping changes nothing";
    claims.push(Claim::draft("weights-blind", statement, "Ng et al. (1999)").all(&blind));

    let pgrd = "Sorg et al. (2010), in tabular form";
    let depths: Vec<usize> = found.planned.iter().map(|p| p.depth).collect();
    let (Some(short), Some(long)) = (depths.iter().min(), depths.iter().max()) else { return claims };
    let (mut gains, mut one_step) = (Checks::new(), 0.0f64);
    let mut lost: Vec<f64> = Vec::new();
    for run in &found.planned {
        let [own, learnt, shaped, optimum] = run.values;
        if run.depth == *short {
            gains.that(learnt > own + 1e-3, || format!("table {}: {own} to {learnt}", run.table));
        }
        if run.depth == *long {
            lost.push(learnt - own);
        }
        if run.depth == 1 {
            one_step = one_step.max(optimum - shaped);
        }
    }
    let statement = format!("Optimal rewards: an agent that plans {short} step ahead earns more with a learnt reward");
    claims.push(Claim::draft("short-plan", statement, pgrd).all(&gains));
    let statement =
        format!("Optimal rewards: an agent that plans {long} steps ahead gains next to nothing (largest gain)");
    claims.push(Claim::draft("long-plan", statement, pgrd).at_most(0.02, lost.into_iter().fold(0.0, f64::max)));
    let statement = "Optimal rewards: with the optimal advantages as reward, one step is enough (largest loss)";
    claims.push(
        Claim::draft("advantages-suffice", statement, pgrd)
            .note("what is left is the softness of choices")
            .at_most(0.02, one_step),
    );
    claims
}
