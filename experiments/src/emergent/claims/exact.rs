//! Claims about computed numbers.

use crate::emergent::exact::LONGEST;
use crate::emergent::reference::{
    BLOCKS, COMPUTED, DOORS, FRESH, GITTINS, GRIDS, LAI_ROBBINS, MORE_ARMS, PAPER, SAFE, SAFE_EXITS, TWO_ARMS,
    TWO_ARMS_POLICIES, WINDOWS,
};
use crate::emergent::{Config, Results};
use crate::runner::{Checks, Claim, Tolerance};

const FINE: Tolerance = Tolerance::Absolute(1e-6);
const COARSE: Tolerance = Tolerance::Absolute(1e-5);

/// Collects comparisons with numbers that this run computed; the others are left out.
struct Compare<'a> {
    results: &'a Results,
    checks: Checks,
}

impl<'a> Compare<'a> {
    fn new(results: &'a Results) -> Compare<'a> {
        Compare { results, checks: Checks::new() }
    }

    fn close(&mut self, name: &str, expected: f64, tolerance: Tolerance) {
        if let Some(measured) = self.results.fact(name) {
            self.checks.close(name, expected, measured, tolerance);
        }
    }

    /// A condition on two numbers.
    fn pair(&mut self, one: &str, two: &str, holds: impl Fn(f64, f64) -> bool) {
        if let (Some(a), Some(b)) = (self.results.fact(one), self.results.fact(two)) {
            self.checks.that(holds(a, b), || format!("{one} is {a}, {two} is {b}"));
        }
    }

    fn claim(self, id: &str, statement: &str, source: &str, note: &str) -> Claim {
        Claim::draft(id, statement, source).note(note).all(&self.checks)
    }
}

/// Judges the exact claims.
pub fn judge(config: &Config, results: &Results) -> Vec<Claim> {
    let mut claims = vec![
        two_arms(results),
        fractions(results),
        first_gap(config, results),
        more_arms(results),
        gittins(results),
        geometric_blocks(results),
        structure(config, results),
        memory(config, results),
        latch(results),
    ];
    claims.extend(credit(config, results));
    claims.extend([doors(results), hidden_goal(results), safe_exit(results), lai_robbins(config, results)]);
    claims.extend(conditions(results));
    claims
}

fn two_arms(results: &Results) -> Claim {
    let mut compare = Compare::new(results);
    for (horizon, values) in TWO_ARMS {
        for (policy, value) in TWO_ARMS_POLICIES.into_iter().zip(values) {
            compare.close(&format!("value 2x{horizon} {policy}"), value, FINE);
        }
    }
    let statement = "Exact Bayes values of two arms: optimal, myopic, Thompson, UCB1, KL-UCB, MOSS";
    compare.claim(
        "bayes-two-arms",
        statement,
        COMPUTED,
        "uniform means; arms without pulls first, equal scores share evenly",
    )
}

fn fractions(results: &Results) -> Claim {
    let mut compare = Compare::new(results);
    for (name, top, bottom) in [
        ("value 2x2 optimal", 13.0, 12.0),
        ("value 2x3 optimal", 5.0, 3.0),
        ("value 2x4 optimal", 41.0, 18.0),
        ("value 2x4 myopic", 91.0, 40.0),
        ("value 2x5 optimal", 26.0, 9.0),
        ("value 2x2 thompson", 37.0, 36.0),
        ("value 2x3 thompson", 227.0, 144.0),
    ] {
        compare.close(name, top / bottom, Tolerance::Absolute(1e-12));
    }
    compare.claim(
        "bayes-fractions",
        "Short horizons by hand: 13/12, 5/3, 41/18, 91/40, 26/9, 37/36, 227/144",
        COMPUTED,
        "",
    )
}

fn first_gap(config: &Config, results: &Results) -> Claim {
    let mut compare = Compare::new(results);
    let mut cells: Vec<(usize, usize)> = config.horizons.iter().map(|&horizon| (2, horizon)).collect();
    cells.extend([3, 5].iter().flat_map(|&arms| [1, 2, 3, 5].map(|horizon| (arms, horizon))));
    for (arms, horizon) in cells {
        let name = |policy: &str| format!("value {arms}x{horizon} {policy}");
        compare.pair(&name("optimal"), &name("myopic"), |best, myopic| {
            if horizon <= 3 { (best - myopic).abs() < 1e-12 } else { best > myopic + 1e-6 }
        });
    }
    let statement = "Looking ahead is strictly better than myopic play from four steps on, and not before";
    compare.claim("first-gap", statement, COMPUTED, "two, three and five arms")
}

fn more_arms(results: &Results) -> Claim {
    let mut compare = Compare::new(results);
    for (arms, horizon, optimal, myopic) in MORE_ARMS {
        compare.close(&format!("value {arms}x{horizon} optimal"), optimal, FINE);
        compare.close(&format!("value {arms}x{horizon} myopic"), myopic, FINE);
    }
    compare.claim("bayes-more-arms", "Exact Bayes values of three, five and ten arms: optimal and myopic", COMPUTED, "")
}

fn gittins(results: &Results) -> Claim {
    let mut compare = Compare::new(results);
    for table in GITTINS {
        for (failures, row) in table.rows.iter().enumerate() {
            for (successes, &index) in row.iter().enumerate() {
                let name = format!("index {} {successes}:{failures}", table.discount);
                compare.close(&name, index, Tolerance::Absolute(2e-4));
            }
        }
    }
    compare.claim(
        "gittins",
        "Gittins indices of Bernoulli arms at discounts 0.5, 0.9 and 0.99",
        COMPUTED,
        "uniform prior",
    )
}

fn geometric_blocks(results: &Results) -> Claim {
    let mut compare = Compare::new(results);
    for (length, optimal, myopic) in BLOCKS {
        let name = |what: &str| format!("block {length} {what}");
        compare.close(&name("lower"), optimal, COARSE);
        compare.close(&name("upper"), optimal, COARSE);
        if length < 10 {
            compare.close(&name("myopic"), myopic, COARSE);
        }
        // What the recursion does not look at is worth nothing here, so the policy of indices comes out a little below.
        compare.pair(&name("gittins"), &name("lower"), |index, best| index <= best + 1e-6 && index >= best - 1e-4);
    }
    let statement = "In blocks of geometric length n the optimum is that of a discounted bandit with γ(1 - 1/n), and Gittins \
                     indices at that discount attain it";
    compare.claim("geometric-blocks", statement, PAPER, "reward a pull, two uniform arms, γ = 1; lower and upper bound")
}

fn structure(config: &Config, results: &Results) -> Claim {
    let mut compare = Compare::new(results);
    for (length, index) in FRESH {
        let tolerance = if length == 1 { FINE } else { Tolerance::Absolute(2e-4) };
        compare.close(&format!("fresh {length}"), index, tolerance);
    }
    for pair in config.lengths.windows(2) {
        let name = |length: usize| format!("fresh {length}");
        compare.pair(&name(pair[0]), &name(pair[1]), |short, long| short < long);
    }
    let statement =
        "First condition: the index of a fresh arm is its mean in blocks of one pull, and grows with their length";
    compare.claim("condition-structure", statement, PAPER, "index minus 1/2 is what exploring is worth")
}

fn memory(config: &Config, results: &Results) -> Claim {
    let mut compare = Compare::new(results);
    for (horizon, values) in WINDOWS {
        for (memory, value) in values.into_iter().enumerate() {
            let name = format!("window {memory} of {horizon}");
            if memory < 3 {
                compare.close(&name, value, COARSE);
            } else if let Some(measured) = results.fact(&name) {
                compare.checks.that(measured >= value - 1e-5, || format!("{name} is {measured}, known is {value}"));
            }
        }
    }
    for &horizon in &config.windows {
        let name = |memory: usize| format!("window {memory} of {horizon}");
        (0..3).for_each(|memory| compare.pair(&name(memory), &name(memory + 1), |less, more| less <= more + 1e-12));
        // Over five steps three pulls are enough.
        compare.pair(&name(3), &format!("value 2x{horizon} optimal"), |window, full| {
            window < full - 1e-9 || (horizon <= 5 && window <= full + 1e-9)
        });
    }
    let statement = "Second condition: without memory a pull pays 1/2; each pull remembered adds to the best value, which stays \
                     below that of full memory, but over five steps, where three pulls may reach it";
    let note = "two uniform arms; windows of 0 to 2 pulls by comparing all rules, of 3 by local search (at least the known value)";
    compare.claim("condition-memory", statement, PAPER, note)
}

/// The best rules in words.
fn latch(results: &Results) -> Claim {
    let mut checks = Checks::new();
    for (horizon, _) in WINDOWS {
        let computed = |memory: usize| results.fact(&format!("window {memory} of {horizon}")).is_some();
        let leaves = |memory: usize, window: &str| {
            results.fact(&format!("window {memory} of {horizon} leaves after {window}")).is_some()
        };
        if computed(1) {
            checks.that(leaves(1, "L") && !leaves(1, "W"), || {
                format!("a window of 1 over {horizon} steps is no win-stay, lose-shift")
            });
        }
        if computed(2) && horizon <= 20 {
            let stays = ["W", "WW", "LW", "Ww", "Lw"].iter().all(|window| !leaves(2, window)) || horizon <= 5;
            checks.that(stays && leaves(2, "LL"), || {
                format!("a window of 2 over {horizon} steps leaves after other windows")
            });
        }
        if computed(2) && horizon >= 50 {
            // W now and l before means: won here, lost there.
            let latched = leaves(2, "Ww") && leaves(2, "Lw") && leaves(2, "Ll") && !leaves(2, "Wl");
            checks.that(latched, || {
                format!("a window of 2 over {horizon} steps does not alternate until it won here and lost there")
            });
        }
    }
    let statement = "Best rules of short memory: win-stay, lose-shift with one pull; leave after two losses with two pulls over up to \
                     20 steps; alternate until won here and lost there, then stay for ever, with two pulls over 50 and 100 steps";
    Claim::draft("memory-rules", statement, COMPUTED).all(&checks)
}

fn credit(config: &Config, results: &Results) -> Vec<Claim> {
    let mut horizons = Compare::new(results);
    for (safe, steps) in SAFE {
        horizons.close(&format!("safe {safe} horizon"), steps, Tolerance::Absolute(0.0));
    }
    let note = format!("a safe arm of mean 0.5 to 0.9 beside a uniform one; horizons up to {LONGEST}");
    let statement = "Third condition: exploring first is strictly better from 2, 2, 4, 6, 11, 19, 35, 73, 190 steps on";
    let mut phase = Compare::new(results);
    for &safe in &config.safe {
        let Some(boundary) = results.fact(&format!("safe {safe} discount")).filter(|x| x.is_finite()) else { continue };
        for &length in &config.lengths {
            let Some(index) = results.fact(&format!("fresh {length}")) else { continue };
            if (index - safe).abs() < 1e-3 {
                continue;
            }
            let beta = 1.0 - 1.0 / length as f64;
            phase.checks.that((index > safe) == (beta > boundary), || {
                format!("safe mean {safe}, blocks of {length}: index {index}, boundary {boundary}")
            });
        }
    }
    let diagram =
        "Exploring pays beside a safe arm exactly where the index of a fresh arm at γ(1 - 1/n) is above its mean";
    vec![
        horizons.claim("condition-credit", statement, PAPER, &note),
        phase.claim("phase-diagram", diagram, PAPER, "γ = 1; the boundary in the figure is γ(1 - 1/n) = β*, at any γ"),
    ]
}

fn doors(results: &Results) -> Claim {
    let mut compare = Compare::new(results);
    for (doors, safe, pulls, value) in DOORS {
        let name = format!("doors {doors} {safe} {pulls}");
        compare.close(&name, value, Tolerance::Absolute(1e-12));
        compare.close(&format!("{name} myopic"), safe * pulls as f64, Tolerance::Absolute(1e-12));
    }
    compare.claim("doors", "Values of N doors with a needle; myopic play opens none", COMPUTED, "")
}

fn hidden_goal(results: &Results) -> Claim {
    let mut compare = Compare::new(results);
    for (width, steps, values) in GRIDS {
        for (i, &value) in values.iter().enumerate() {
            let name = format!("grid {width} {steps} {}", i + 1);
            compare.close(&name, value, Tolerance::Absolute(1e-12));
            compare.pair(&name, &format!("{name} myopic"), |best, myopic| (best - myopic).abs() < 1e-12);
        }
    }
    let statement = "A hidden goal is searched for as well without credit across episodes: it pays inside each";
    compare.claim(
        "hidden-goal",
        statement,
        COMPUTED,
        "a negative control: this problem cannot test the third condition",
    )
}

fn safe_exit(results: &Results) -> Claim {
    let mut compare = Compare::new(results);
    for (reward, episodes, optimal, myopic) in SAFE_EXITS {
        compare.close(&format!("exit {reward} {episodes}"), optimal, COARSE);
        compare.close(&format!("exit {reward} {episodes} myopic"), myopic, COARSE);
    }
    let note = "equal actions: the first of up, right, down, left";
    compare.claim(
        "safe-exit",
        "With a safe exit, credit across episodes is what makes the search go on",
        COMPUTED,
        note,
    )
}

fn lai_robbins(config: &Config, results: &Results) -> Claim {
    let mut compare = Compare::new(results);
    for (group, constant) in LAI_ROBBINS {
        if config.regret.contains_key(group) {
            compare.close(&format!("lai-robbins {group}"), constant, Tolerance::Absolute(1e-3));
        }
    }
    compare.claim("lai-robbins", "Constants of the lower bound on regret", "Lai and Robbins (1985)", "")
}

/// The four conditions on both problems.
fn conditions(results: &Results) -> Vec<Claim> {
    let name = |problem: &str, what: &str| format!("conditions {problem} {what}");
    let mut safe = Compare::new(results);
    for what in ["structure", "memory", "credit"] {
        safe.pair(&name("safe", what), &name("safe", "full"), |less, full| less < full - 0.5);
    }
    safe.pair(&name("safe", "credit"), &name("safe", "structure"), |credit, none| (credit - none).abs() < 1e-9);
    let mut alike = Compare::new(results);
    for what in ["structure", "memory"] {
        alike.pair(&name("alike", what), &name("alike", "full"), |less, full| less < full - 2.0);
    }
    alike.pair(&name("alike", "credit"), &name("alike", "full"), |credit, full| credit > 0.99 * full);
    let mut signal = Compare::new(results);
    signal.pair("unsignalled always", "unsignalled fifth", |always, some| always < some);
    signal.pair("unsignalled fifth", "unsignalled never", |some, never| some < never);
    vec![
        safe.claim(
            "four-conditions-safe-arm",
            "Beside a safe arm, taking away structure, memory or credit each ends exploration",
            PAPER,
            "optimal values, so nothing depends on how an agent is trained",
        ),
        alike.claim(
            "four-conditions-alike",
            "With arms that are alike, taking away structure or memory ends exploration, but myopic play keeps more than 99 % of the value",
            PAPER,
            "an arm that disappointed falls below the mean of an untouched one: Bayes' rule alone, no effect of noise, is why \
             exploring outlives the loss of credit",
        ),
        signal.claim("unsignalled", "Switches that are not signalled cost, between never and always", COMPUTED, "six pulls, hazard 0.2"),
    ]
}
