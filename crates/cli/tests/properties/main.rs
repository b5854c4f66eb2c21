//! Promises that hold for all inputs, checked against the simulator: what a plan says is what apply does, and a
//! second plan is empty.
//!
//! The generator carries the oracle: it knows which value each VF should have in the end without asking the
//! planner. How often each attribute, phase and action occurred is counted over all cases and asserted. A case that once
//! failed is kept in `regressions` and run first.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod backup;
mod case;
mod cluster;
mod components;
mod coverage;
mod cut_off;
mod ends;
mod eswitch;
mod expected;
mod faults;
mod journal;
mod labels;
mod meanwhile;
mod owners;
mod place;
mod pool_case;
mod pools;
mod request;
mod run;
mod scopes;
mod shared_rdma;
mod verify;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::strategy::Strategy;
use proptest::test_runner::{
    Config, FileFailurePersistence, RngAlgorithm, RngSeed, TestCaseError, TestRng, TestRunner,
};
use vfctl_apply::Result as Ending;
use vfctl_sim::Fault;

use case::Sense;
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

/// Runs the cases of `regressions`, then as many random ones, and says with which seed.
fn run_cases<S: Strategy>(regressions: &'static str, cases: S, work: impl Fn(&S::Value) -> Result<(), String>)
where
    S::Value: Debug,
{
    let seed = seed();
    println!("seed {seed} (repeat with VFCTL_SEED={seed}), {CASES} cases");
    let config = Config {
        cases: CASES,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(regressions))),
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed_bytes(seed));
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner
        .run(&cases, |case| work(&case).map_err(|why| TestCaseError::fail(format!("{why}\n{case:#?}"))));
    if let Err(error) = outcome {
        panic!("seed {seed}: {error}");
    }
}

#[test]
fn plan_apply_plan_is_empty_and_the_host_is_as_the_spec_says() {
    let coverage = RefCell::new(Coverage::default());
    run_cases("tests/properties/regressions/sensible.txt", case::cases(Sense::Sensible), |case| {
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
    run_cases("tests/properties/regressions/wild.txt", case::cases(Sense::Wild), |case| {
        *ends.borrow_mut().entry(run::survive(case)?).or_default() += 1;
        Ok(())
    });
    let ends = ends.into_inner();
    println!("{ends:?}");
    // Few wild specs get past planning and are refused by the kernel: some eight of a thousand.
    for (end, least) in [(End::Blocked, CASES / 200), (End::Converged, CASES / 200), (End::Failed, 1)] {
        assert!(ends.get(&end).is_some_and(|cases| *cases >= least), "{ends:?}");
    }
}

#[test]
fn whatever_fails_is_reported_and_restored_and_the_next_apply_finishes() {
    let failed: RefCell<BTreeMap<&str, u32>> = RefCell::default();
    run_cases("tests/properties/regressions/failing.txt", faults::failing_cases(), |(case, failure)| {
        if faults::stumble(case, failure)? == Ending::Failed {
            let word = match failure.fault {
                Fault::Refuse(_) => "refuse",
                Fault::Lie => "lie",
                Fault::Hang => "hang",
                Fault::Transient(_) => "transient",
                Fault::FewerVfs(_) => "fewer",
                Fault::NoAnswer => "unanswered",
            };
            *failed.borrow_mut().entry(word).or_default() += 1;
        }
        Ok(())
    });
    let failed = failed.into_inner();
    println!("{failed:?}");
    for fault in ["refuse", "lie", "hang", "transient", "fewer", "unanswered"] {
        assert!(failed.get(fault).is_some_and(|cases| *cases >= CASES / 200), "{fault}: {failed:?}");
    }
}

#[test]
fn pools_of_every_kind_come_back_from_the_cluster_as_the_spec_says() {
    let occurred: RefCell<pool_case::Occurred> = RefCell::default();
    run_cases("tests/properties/regressions/pools.txt", pool_case::cases(), |case| {
        pools::return_trip(case, &mut occurred.borrow_mut())
    });
    let occurred = occurred.into_inner();
    println!("{occurred:?}");
    for what in pool_case::demanded() {
        assert!(occurred.get(&what).is_some_and(|cases| *cases >= CASES / 200), "{what}: {occurred:?}");
    }
}

/// Returns the seed as the generator takes it.
fn seed_bytes(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes
}
