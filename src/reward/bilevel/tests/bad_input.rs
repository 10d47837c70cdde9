//! What is refused, and with which words.

use super::*;

#[test]
fn what_is_asked_for_is_checked() {
    let (mdp, r, u, _) = instance(1, 81);
    let gamma = Discount::Constant(GAMMA);
    let soft = |r: &[f64], tau: f64, gamma: &Discount| soft_optimum(&mdp, r, tau, gamma, None).unwrap_err().to_string();
    assert!(soft(&r, 0.0, &gamma).contains("temperature = 0") && soft(&r, f64::NAN, &gamma).contains("temperature"));
    assert!(soft(&r[1..], TAU, &gamma).contains("the reward"));
    assert!(soft(&r, TAU, &Discount::Constant(1.0)).contains("gamma = 1"));
    assert!(soft(&r, TAU, &Discount::Constant(-0.1)).contains("in [0, 1)"));
    assert!(soft(&r, TAU, &Discount::PerState(vec![0.9; 3])).contains("discounts of states"));
    assert!(soft(&r, TAU, &Discount::PerState(vec![1.0; STATES])).contains("discount of a state"));
    let mut infinite = r.clone();
    infinite[2] = f64::INFINITY;
    assert!(soft(&infinite, TAU, &gamma).contains("finite"));
    let inner = optimum(&mdp, &r);
    assert!(hypergradient(&mdp, &inner, &u[1..], GAMMA).is_err() && hypergradient(&mdp, &inner, &u, 1.0).is_err());
    let (task, outer) = tasks(&r, &u);
    let class = Parametrisation::Tabular;
    assert!(implicit(&mdp, &class, &r[1..], (task, 1.0), outer, Inverse::Identity).is_err());
    let series = Inverse::Neumann { terms: 1, step: 0.0 };
    assert!(implicit(&mdp, &class, &r, (task, 1.0), outer, series).unwrap_err().to_string().contains("Neumann"));
    assert!(unrolled(&mdp, &class, &r, task, outer, (0, 1.0)).is_err());
    assert!(LinearReward::new(vec![0.0; 2], vec![vec![(2, 1.0)]]).is_err());
    let agent = DepthLimited { depth: 0, sharpness: 1.0, discount: GAMMA, backup: Backup::Max };
    assert!(depth_limited(&mdp, &agent, &r, outer).is_err());
    let cold = Task { temperature: -1.0, ..outer };
    assert!(depth_limited(&mdp, &DepthLimited { depth: 1, ..agent }, &r, cold).is_err());
}

#[test]
fn parts_that_do_not_fit_are_refused_one_by_one() {
    let (mdp, r, u, _) = instance(1, 82);
    let gamma = Discount::Constant(GAMMA);
    let from = |start: f64| soft_optimum(&mdp, &r, TAU, &gamma, Some(&[start; STATES]));
    assert!(from(f64::NAN).is_err() && from(f64::INFINITY).is_err() && from(1.0).is_ok());
    let inner = optimum(&mdp, &r);
    assert!(Resolvent::new(&mdp, &inner.policy, &Discount::Constant(1.0)).is_err());
    assert!(Resolvent::new(&mdp, &inner.policy, &Discount::PerState(vec![0.5])).is_err());
    assert!(Resolvent::new(&mdp, &inner.policy[1..], &gamma).is_err());
    assert!(Resolvent::new(&mdp, &r, &gamma).unwrap_err().to_string().contains("distribution"));
    assert!(Flow::new(&mdp, &r[1..], GAMMA).is_err() && Flow::new(&mdp, &r, 1.0).is_err());
    assert!(Flow::new(&mdp, &vec![f64::NAN; r.len()], GAMMA).is_err());
    let flow = Flow::new(&mdp, &r, GAMMA).unwrap();
    assert!(flow.valued(&u[1..], 0.0).is_err() && flow.valued(&u, -1.0).is_err());
    assert!(flow.change(&flow.valued(&u, 0.0).unwrap(), &r[1..]).is_err());
    let classes = [
        Parametrisation::Tabular,
        Parametrisation::Linear(ndarray::Array2::zeros((STATES, 2))),
        Parametrisation::Linear(ndarray::Array2::zeros((STATES - 1, 2))),
        Parametrisation::Linear(ndarray::Array2::from_elem((STATES, 2), f64::NAN)),
    ];
    assert!(classes.iter().all(|class| class.logits(&mdp, &r[..5]).is_err()));
    assert!(classes[..3].iter().all(|class| class.pull_back(&mdp, &r[1..]).is_err()));
    assert!(classes[2].pull_back(&mdp, &r).is_err() && classes[3].logits(&mdp, &[0.0; 6]).is_err());
    let model = LinearReward::weights(r.clone(), &u).unwrap();
    assert!(model.reward(&u[1..]).is_err() && model.norms(&u[1..]).is_err() && model.pull_back(&u[1..]).is_err());
    let problem = SoftProblem::new(&mdp, model, TAU, gamma, u.clone(), GAMMA).unwrap();
    assert!(problem.learning_discount(Regulariser { reward: f64::NAN, discount: 0.0 }).is_err());
}

#[test]
fn settings_out_of_range_are_refused() {
    let (mdp, r, u, _) = instance(1, 83);
    let (task, outer) = tasks(&r, &u);
    let class = Parametrisation::Tabular;
    let theta = logits(&optimum(&mdp, &r));
    let by = |inverse, scale| implicit(&mdp, &class, &theta, (task, scale), outer, inverse);
    assert!(by(Inverse::Identity, 0.0).is_err() && by(Inverse::Identity, f64::NAN).is_err());
    for cutoff in [f64::NAN, -1.0, 1.0] {
        assert!(by(Inverse::PseudoInverse { cutoff }, 1.0).is_err(), "{cutoff}");
    }
    assert!(by(Inverse::Exact { ridge: -1.0 }, 1.0).is_err());
    assert!(by(Inverse::ConjugateGradients { tolerance: 0.0, most: 10 }, 1.0).is_err());
    // What has not converged is no answer.
    let message = by(Inverse::ConjugateGradients { tolerance: 1e-12, most: 2 }, 1.0).unwrap_err().to_string();
    assert!(message.contains("after 2 products"), "{message}");
    let climb = |settings: Armijo| armijo(|x| Ok((-x[0] * x[0], vec![-2.0 * x[0]])), vec![1.0], &settings);
    assert!(climb(Armijo { slope: 1.0, ..Armijo::default() }).is_err());
    assert!(climb(Armijo { tolerance: f64::NAN, ..Armijo::default() }).is_err());
    assert!(climb(Armijo::default()).is_ok());
    let features = ndarray::Array2::from_elem((STATES, 1), 1.0);
    let few =
        BarfiSettings { outer_steps: 1, naive_steps: 1, first_steps: 1, inner_steps: 1, ..BarfiSettings::default() };
    let fits = |settings: BarfiSettings| exact_barfi(&mdp, &features, &r, &settings).is_ok();
    assert!(fits(few.clone()) && fits(BarfiSettings { outer_steps: 0, ..few.clone() }));
    for wrong in [
        BarfiSettings { entropy: -1.0, ..few.clone() },
        BarfiSettings { scale: 0.0, ..few.clone() },
        BarfiSettings { spread: f64::INFINITY, ..few.clone() },
        BarfiSettings { discount_logit: 40.0, ..few.clone() },
        BarfiSettings { regulariser: Regulariser { reward: f64::NAN, discount: 0.0 }, ..few.clone() },
    ] {
        assert!(!fits(wrong.clone()), "{wrong:?}");
    }
    let few = SampledSettings { episodes: 20, ..SampledSettings::default() };
    let fits = |settings: SampledSettings| sampled_barfi(&mdp, &features, &r, &settings).is_ok();
    // Without a warm-up too, learning starts with the first reward.
    assert!(fits(few.clone()) && fits(SampledSettings { warm_up: 0, ..few.clone() }));
    for wrong in [
        SampledSettings { steps_per_episode: 0, ..few.clone() },
        SampledSettings { entropy: f64::NAN, ..few.clone() },
        SampledSettings { discount_logit: 40.0, ..few.clone() },
        SampledSettings { learner: Learner::Barfi { terms: 1, step: 0.0 }, ..few.clone() },
    ] {
        assert!(!fits(wrong.clone()), "{wrong:?}");
    }
    let holes = ndarray::Array2::from_elem((STATES, 1), f64::NAN);
    assert!(
        sampled_barfi(&mdp, &holes, &r, &few).is_err()
            && exact_barfi(&mdp, &holes, &r, &BarfiSettings::default()).is_err()
    );
}

/// A table without choices has nothing to learn, and says nothing worse.
#[test]
fn a_table_without_choices_has_empty_gradients() {
    let mut builder = MdpBuilder::new(1);
    let mdp = builder.terminal(0).build().unwrap();
    let task = Task { reward: &[], temperature: 0.0, discount: GAMMA };
    for inverse in [Inverse::Exact { ridge: 0.0 }, Inverse::PseudoInverse { cutoff: 1e-10 }, Inverse::Identity] {
        let found = implicit(&mdp, &Parametrisation::Tabular, &[], (task, 1.0), task, inverse).unwrap();
        assert!(found.reward.is_empty() && found.value == 0.0);
    }
}

/// What would overflow on the way is refused at the door.
#[test]
fn numbers_without_measure_are_refused() {
    let mut builder = MdpBuilder::new(2);
    builder.choice(0, 0, &[(1.0, 1, 0.0)]).choice(0, 1, &[(1.0, 0, 1.0)]).terminal(1);
    let mdp = builder.build().unwrap();
    let gamma = Discount::Constant(0.9);
    assert!(soft_optimum(&mdp, &[1e101, 0.0], 1.0, &gamma, None).unwrap_err().to_string().contains("1e100"));
    assert!(soft_optimum(&mdp, &[1.0, 0.0], 1e-300, &gamma, None).unwrap_err().to_string().contains("1e-100"));
    assert!(soft_optimum(&mdp, &[1.0, 0.0], 1e101, &gamma, None).unwrap_err().to_string().contains("1e100"));
    let agent = DepthLimited { depth: 2, sharpness: 1e101, discount: 0.9, backup: Backup::Max };
    let outer = Task { reward: mdp.rewards(), temperature: 0.0, discount: 0.9 };
    assert!(depth_limited(&mdp, &agent, mdp.rewards(), outer).unwrap_err().to_string().contains("sharpness = 1e101"));
    let hot = Task { temperature: 1e300, ..outer };
    assert!(unrolled(&mdp, &Parametrisation::Tabular, &[0.0; 2], hot, outer, (1, 0.1)).is_err());
}
