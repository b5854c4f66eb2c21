//! Promises that hold for all inputs, held against the simulator: what a plan says is what apply does, and a
//! second plan is empty.
//!
//! The generator carries the oracle: it knows which value each VF should have in the end without asking the
//! planner. How often each attribute, phase and op occurred is counted over all cases and asserted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "tests")]

mod case;
mod coverage;
mod cut_off;
mod faults;
mod meanwhile;
mod run;

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestRng, TestRunner};

use case::{Case, Sense};
use coverage::Coverage;
use run::End;

/// How many cases are run.
const CASES: u32 = 1000;

/// Returns the seed: `VFCTL_SEED`, or one of its own for each run.
fn seed() -> u64 {
    let given = std::env::var("VFCTL_SEED").ok().and_then(|text| text.parse().ok());
    let drawn =
        || std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |elapsed| u64::from(elapsed.subsec_nanos()));
    given.unwrap_or_else(drawn)
}

/// Runs as many cases, and says with which seed.
fn run_cases(sense: Sense, work: impl Fn(&Case) -> Result<(), String>) {
    let seed = seed();
    println!("seed {seed} (repeat with VFCTL_SEED={seed}), {CASES} {sense:?} cases");
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_bytes(seed));
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&case::cases(sense), |case| {
        work(&case).map_err(|why| TestCaseError::fail(format!("{why}\n{}", case.show())))
    });
    if let Err(error) = outcome {
        panic!("seed {seed}: {error}");
    }
}

#[test]
fn plan_apply_plan_is_empty_and_the_host_is_as_the_spec_says() {
    let coverage = RefCell::new(Coverage::default());
    run_cases(Sense::Sensible, |case| {
        coverage.borrow_mut().add(&run::converge(case)?);
        Ok(())
    });
    let coverage = coverage.into_inner();
    println!("{coverage}");
    coverage.demand(CASES);
}

#[test]
fn no_plan_is_flawed_whatever_a_spec_asks_for() {
    let ends: RefCell<BTreeMap<End, u32>> = RefCell::default();
    run_cases(Sense::Wild, |case| {
        *ends.borrow_mut().entry(run::survive(case)?).or_default() += 1;
        Ok(())
    });
    let ends = ends.into_inner();
    println!("{ends:?}");
    for end in [End::Blocked, End::Converged, End::Failed] {
        assert!(ends.get(&end).is_some_and(|cases| *cases >= CASES / 200), "{ends:?}");
    }
}

/// Returns the seed as the generator takes it.
fn seed_bytes(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes
}
