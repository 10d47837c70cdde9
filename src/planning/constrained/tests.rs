//! Against known values, the interior point, and each other.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::mdp::MdpBuilder;
use crate::planning::occupancy_lp;
use crate::rng::{self, Purpose};

const GAMMA: f64 = 0.95;

/// A way through lava and one around it, four rows of five cells: `SLLLG / .LLL. / .LLL. / .....`. A tenth of all moves is drawn
/// uniformly; acting in G pays 1 and ends the episode.
fn lava() -> Mdp {
    let mut builder = MdpBuilder::new(21);
    for cell in 0..20 {
        let (row, column) = (cell / 5, cell % 5);
        if (1..=3).contains(&column) && row < 3 {
            builder.label("lava", cell);
        }
        let to = |action: usize| match action {
            0 if row > 0 => cell - 5,
            1 if column < 4 => cell + 1,
            2 if row < 3 => cell + 5,
            3 if column > 0 => cell - 1,
            _ => cell,
        };
        for action in 0..4 {
            let chance = |other: usize| if other == action { 0.925 } else { 0.025 };
            let law: Vec<_> = (0..4).map(|other| (chance(other), to(other), 0.0)).collect();
            builder.choice(cell, action, if cell == 4 { &[(1.0, 20, 1.0)] } else { &law });
        }
    }
    builder.terminal(20).build().unwrap()
}

fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} instead of {expected}");
}

#[test]
fn known_values_of_the_way_through_lava() {
    let mdp = lava();
    let at_most = |d| share_of_time(&mdp, GAMMA, "lava", d).unwrap();
    let corners = frontier(&mdp, GAMMA, &at_most(0.0).costs).unwrap();
    near(corners[0].value, 0.793683, 1e-5);
    near(corners[0].cost, 0.147071, 1e-5);
    near(corners.last().unwrap().cost, 0.005037, 1e-5);
    match dual(&mdp, GAMMA, &at_most(0.005)).unwrap_err() {
        Error::Infeasible { least, .. } => near(least, 0.005037, 1e-5),
        other => panic!("{other}"),
    }
    for (d, value, multiplier) in
        [(0.01, 0.568949, 3.303833), (0.02, 0.588906, 1.630005), (0.05, 0.637806, 1.630005), (0.1, 0.719306, 1.630005)]
    {
        let solution = dual(&mdp, GAMMA, &at_most(d)).unwrap();
        near(solution.value, value, 1e-5);
        near(solution.multiplier, multiplier, 1e-5);
        near(solution.cost, d, 1e-12);
        assert_eq!(solution.randomised_states.len(), 1);
        let gap = solution.upper - solution.value;
        assert!((-1e-15..=1e-10).contains(&gap), "{gap}");
        let program = occupancy_lp(&mdp, GAMMA, &[at_most(d)]).unwrap();
        near(program.value, value, 1e-5);
        near(program.multipliers[0], multiplier, 1e-4);
        if d > 0.015 {
            // The gap in what scalar weights reach: the corners beside it, and no other corner between.
            let beside: Vec<&Vertex> = corners.iter().filter(|v| v.cost > 0.0141 && v.cost < 0.14332).collect();
            assert_eq!(beside.len(), 2);
            near(beside[0].value, 0.789916, 1e-6);
            near(beside[0].cost, 0.143319, 1e-6);
            near(beside[1].value, 0.579327, 1e-6);
            near(beside[1].cost, 0.014123, 1e-6);
        }
    }
    // Loose bounds do not bind; weights on both sides of the kink give one corner each.
    let loose = dual(&mdp, GAMMA, &at_most(0.5)).unwrap();
    assert_eq!((loose.multiplier, loose.randomised_states.len(), loose.mixed.is_none()), (0.0, 0, true));
    near(loose.value, 0.793683, 1e-6);
    for weight in (0..400).map(|i| 0.01 * f64::from(i)) {
        let rewards: Vec<f64> = mdp.rewards().iter().zip(&at_most(0.0).costs).map(|(r, c)| r - weight * c).collect();
        let choice = lexicographic(&mdp, GAMMA, &rewards, mdp.rewards()).unwrap();
        let cost = Vertex::of(&mdp, GAMMA, &at_most(0.0).costs, choice).unwrap().cost;
        assert!(!(0.01413..0.1433).contains(&cost), "{weight}: {cost}");
    }
    assert!(share_of_time(&mdp, GAMMA, "larva", 0.1).unwrap_err().to_string().contains("did you mean `lava`"));
    assert!(share_of_time(&mdp, GAMMA, "lava", 1.5).unwrap_err().to_string().contains("bound"));
}

#[test]
fn one_state_and_random_tables() {
    let mut rng = rng::fast(3, Purpose::Generation, 0);
    for seed in 0..20 {
        let mut builder = MdpBuilder::new(6);
        for s in 0..6 {
            for a in 0..3 {
                let weights: Vec<f64> = (0..3).map(|_| 0.05 + rng::uniform(&mut rng)).collect();
                let total: f64 = weights.iter().sum();
                let law: Vec<_> = weights.iter().map(|w| (w / total, rng::below(&mut rng, 6), 0.0)).collect();
                let law: Vec<_> = law.iter().map(|&(p, t, _)| (p, t, f64::from(a) - 1.0)).collect();
                builder.choice(s, a as usize, &law);
            }
        }
        let mdp = builder.build().unwrap();
        let costs: Vec<f64> = (0..mdp.num_choices()).map(|_| rng::uniform(&mut rng)).collect();
        let corners = frontier(&mdp, 0.9, &costs).unwrap();
        // Concave, from the dearest to the cheapest.
        let slopes: Vec<f64> =
            corners.windows(2).map(|w| (w[0].value - w[1].value) / (w[0].cost - w[1].cost)).collect();
        assert!(slopes.windows(2).all(|w| w[0] < w[1]) && slopes.iter().all(|&s| s >= 0.0), "{seed}: {slopes:?}");
        let (least, most) = (corners[corners.len() - 1].cost, corners[0].cost);
        for share in [0.1, 0.5, 0.9] {
            let bound = least + share * (most - least);
            let constraint = Constraint::at_most(costs.clone(), bound);
            let solution = dual(&mdp, 0.9, &constraint).unwrap();
            near(solution.cost, bound, 1e-11);
            assert!(solution.upper - solution.value <= 1e-9 && solution.randomised_states.len() == 1);
            near(solution.value, occupancy_lp(&mdp, 0.9, &[constraint]).unwrap().value, 1e-5);
        }
    }
}

#[test]
fn averages_of_lagrangian_iterations_approach_the_optimum() {
    let mdp = lava();
    let constraint = |d| [share_of_time(&mdp, GAMMA, "lava", d).unwrap()];
    for (multipliers, step_size) in [(Multipliers::Normalised, 0.01), (Multipliers::Raw, 0.01)] {
        let settings = LagrangianSettings { multipliers, step_size, ..LagrangianSettings::default() };
        let run = lagrangian(&mdp, GAMMA, &constraint(0.05), &settings).unwrap();
        let Average { value, costs } = run.average(1000, 2000).unwrap();
        near(costs[0], 0.05, 1e-3);
        near(value, 0.637806, 5e-3);
        // The iterates themselves jump between the two corners.
        assert!(run.steps[1000..].iter().all(|step| !(0.0142..0.1433).contains(&step.costs[0])));
        let last = &run.steps[1999].multipliers;
        near(last[1] / last[0], 1.630005, 0.05);
    }
    // A bound that cannot be kept: raw multipliers grow in proportion to time, normalised ones stay in the simplex.
    let settings = LagrangianSettings { multipliers: Multipliers::Raw, ..LagrangianSettings::default() };
    let raw = lagrangian(&mdp, GAMMA, &constraint(0.004), &settings).unwrap().steps;
    let grown = |from: usize, to: usize| raw[to].multipliers[1] - raw[from].multipliers[1];
    near(grown(1699, 1999) / grown(1399, 1699), 1.0, 0.2);
    let settings = LagrangianSettings::default();
    let normalised = lagrangian(&mdp, GAMMA, &constraint(0.004), &settings).unwrap().steps;
    assert!(normalised.iter().all(|step| (step.multipliers.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    assert!(normalised[1999].multipliers[1] > 0.75);
    // Soft responses settle.
    let settings = LagrangianSettings { temperature: Some(0.002), steps: 600, ..LagrangianSettings::default() };
    let soft = lagrangian(&mdp, GAMMA, &constraint(0.05), &settings).unwrap().steps;
    near(soft[599].costs[0], 0.05, 1e-3);
    assert!(lagrangian(&mdp, GAMMA, &[], &settings).is_err());
    for wrong in [
        LagrangianSettings { step_size: 0.0, ..settings },
        LagrangianSettings { initial: f64::NAN, ..settings },
        LagrangianSettings { temperature: Some(0.0), ..settings },
    ] {
        assert!(lagrangian(&mdp, GAMMA, &constraint(0.05), &wrong).is_err(), "{wrong:?}");
    }
    let boundless = Constraint { bound: f64::NAN, ..constraint(0.05)[0].clone() };
    assert!(lagrangian(&mdp, GAMMA, &[boundless], &settings).is_err());
    let few = LagrangianRun { steps: soft };
    assert!(few.average(3, 3).is_err() && few.average(0, 601).is_err() && few.average(0, 600).is_ok());
}

/// The unit in which rewards or costs are counted changes nothing but the unit of the answer.
#[test]
fn units_do_not_matter() {
    let mdp = lava();
    let costs = share_of_time(&mdp, GAMMA, "lava", 0.05).unwrap().costs;
    let corners = frontier(&mdp, GAMMA, &costs).unwrap();
    for (pay, price) in [(1e-12, 1.0), (1.0, 1e-12), (1e9, 1e-9), (1e-9, 1e9)] {
        let paid = mdp.clone().with_rewards(mdp.rewards().iter().map(|r| pay * r).collect()).unwrap();
        let priced: Vec<f64> = costs.iter().map(|c| price * c).collect();
        let scaled = frontier(&paid, GAMMA, &priced).unwrap();
        assert_eq!(scaled.len(), corners.len(), "{pay} {price}");
        for (a, b) in scaled.iter().zip(&corners) {
            near(a.value / pay, b.value, 1e-9);
            near(a.cost / price, b.cost, 1e-9);
        }
        let solution = dual(&paid, GAMMA, &Constraint::at_most(priced.clone(), 0.05 * price)).unwrap();
        near(solution.value / pay, 0.637806, 1e-5);
        near(solution.multiplier * price / pay, 1.630005, 1e-5);
        near(solution.cost / price, 0.05, 1e-9);
        assert!(matches!(
            dual(&paid, GAMMA, &Constraint::at_most(priced, 0.005 * price)).unwrap_err(),
            Error::Infeasible { .. }
        ));
    }
}

/// Costs that do not differ, costs of 0, and rewards of 0 leave one corner; a bound at the least cost can be kept.
#[test]
fn degenerate_trades_have_one_corner() {
    let mdp = lava();
    let n = mdp.num_choices();
    let nothing = mdp.clone().with_rewards(vec![0.0; n]).unwrap();
    let costs = share_of_time(&mdp, GAMMA, "lava", 0.05).unwrap().costs;
    assert_eq!(frontier(&mdp, GAMMA, &vec![0.0; n]).unwrap().len(), 1);
    assert_eq!(frontier(&nothing, GAMMA, &costs).unwrap().len(), 1);
    let free = dual(&mdp, GAMMA, &Constraint::at_most(vec![0.0; n], 0.0)).unwrap();
    assert_eq!((free.multiplier, free.cost), (0.0, 0.0));
    near(free.value, 0.793683, 1e-5);
    let idle = dual(&nothing, GAMMA, &Constraint::at_most(costs.clone(), 0.05)).unwrap();
    assert_eq!((idle.multiplier, idle.value), (0.0, 0.0));
    let least = frontier(&mdp, GAMMA, &costs).unwrap().pop().unwrap();
    let solution = dual(&mdp, GAMMA, &Constraint::at_most(costs.clone(), least.cost)).unwrap();
    near(solution.cost, least.cost, 1e-9);
    near(solution.value, least.value, 1e-7);
    assert!(solution.multiplier >= 0.0 && solution.upper >= solution.value - 1e-12);
    // Where every policy costs the same, nothing is traded.
    let mut builder = MdpBuilder::new(1);
    builder.choice(0, 0, &[(1.0, 0, 1.0)]).choice(0, 1, &[(1.0, 0, 0.0)]);
    let even = builder.build().unwrap();
    let solution = dual(&even, 0.9, &Constraint::at_most(vec![0.5, 0.5], 5.0)).unwrap();
    near(solution.value, 10.0, 1e-12);
    assert_eq!(solution.multiplier, 0.0);
}

#[test]
fn costs_of_another_table_are_refused() {
    let mdp = lava();
    let short = vec![0.0; mdp.num_choices() - 1];
    assert!(frontier(&mdp, GAMMA, &short).is_err() && lexicographic(&mdp, GAMMA, mdp.rewards(), &short).is_err());
    assert!(lexicographic(&mdp, GAMMA, &short, mdp.rewards()).is_err() && frontier(&mdp, 1.0, mdp.rewards()).is_err());
    assert!(frontier(&mdp, GAMMA, &vec![f64::NAN; mdp.num_choices()]).is_err());
    assert!(dual(&mdp, GAMMA, &Constraint::at_most(short, 1.0)).is_err());
    assert!(share_of_time(&mdp, 1.5, "lava", 0.1).is_err());
}
