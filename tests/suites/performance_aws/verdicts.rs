//! Budgets are broken where they should be: on embedded AWSs that are slow, noisy or stalled on purpose.
//!
//! What is measured here is no result of the run, and is not left for its report.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use contract::Target;
use contract::measurement::{BudgetVerdict, Judged, Load, Unit};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use sandbox::{Config, Latency};
use tokio::sync::Mutex;

use super::scenario::{self, Budget, MEDIAN, Operation, Operations, Scenario, settle};
use super::{KB, millis};
use crate::env::{OwnSandbox, TestEnv};

/// An embedded AWS that holds its answers back.
async fn slow_server(latency: Latency) -> OwnSandbox {
    OwnSandbox::start_with(Config { latency: Some(latency), ..Config::default() }).await
}

fn fixed(milliseconds: u64) -> Latency {
    Latency { fixed: millis(milliseconds), ..Latency::default() }
}

/// Measures a scenario as on `target` and settles its verdict; gives it, and the message with which a
/// test would have failed by it.
async fn measured(
    sandbox: &OwnSandbox,
    scenario: Scenario,
    target: Target,
) -> (Judged, Option<String>) {
    let mut found = None;
    TestEnv::run_on(sandbox, async |env| {
        let measurement = scenario.measure(env, target).await;
        let settled = AssertUnwindSafe(|| settle(std::slice::from_ref(&measurement)));
        let settled = std::panic::catch_unwind(settled);
        let message = settled.err().map(|panic| *panic.downcast::<String>().unwrap());
        let [judged] = &measurement.budgets[..] else { panic!("{:?}", measurement.budgets) };
        found = Some((judged.clone(), message));
    })
    .await;
    found.unwrap()
}

/// Uploads that have to take less than 140 ms, much more than they need on a machine that is busy with
/// other things, too, and no more than one round trip with half of one to spare.
const UPLOADS: Scenario = Scenario {
    operation: Operation::Upload { bytes: KB },
    concurrency: 1,
    load: Load::Closed,
    samples: 6,
    warm_up: 1,
    budgets: [Budget::OnAws(MEDIAN, millis(140)), Budget::TimesRaw(1.5)],
};

#[tokio::test]
async fn latency_breaks_a_budget_of_seconds_and_fails_the_test() {
    let (judged, message) = measured(&slow_server(fixed(160)).await, UPLOADS, Target::Aws).await;
    assert_eq!(judged.verdict, BudgetVerdict::Fail, "{judged:?}");
    let message = message.unwrap();
    assert!(message.contains("upload of 1 KB"), "{message}");
    assert!(message.contains("breaks its budget of median < 140ms: measured "), "{message}");

    let more = Scenario { samples: 20, ..UPLOADS };
    let (judged, message) = measured(&slow_server(fixed(0)).await, more, Target::Aws).await;
    assert_eq!((judged.verdict, message), (BudgetVerdict::Pass, None), "{judged:?}");
}

#[tokio::test]
async fn one_round_trip_more_breaks_a_budget_of_raw_http() {
    // Far away an operation costs its round trips and hardly anything else, however busy the machine is.
    let far_away = slow_server(fixed(80)).await;
    let once = Scenario { samples: 9, ..UPLOADS };
    let (judged, message) = measured(&far_away, once, Target::Sandbox).await;
    assert_eq!((judged.verdict, message), (BudgetVerdict::Pass, None), "{judged:?}");

    let operation = Operation::LookThenUpload { bytes: KB };
    let twice = Scenario { operation, ..once };
    let (judged, message) = measured(&far_away, twice, Target::Sandbox).await;
    assert_eq!(judged.verdict, BudgetVerdict::Fail, "{judged:?}");
    assert!(message.unwrap().contains("breaks its budget of median < 1.5 x raw HTTP"));
}

#[tokio::test]
async fn noise_makes_a_budget_inconclusive_and_fails_no_test() {
    let noisy = slow_server(Latency { fixed: Duration::ZERO, noise: millis(50), seed: 1 }).await;
    let (judged, message) = measured(&noisy, UPLOADS, Target::Sandbox).await;
    assert_eq!((judged.verdict, message), (BudgetVerdict::Inconclusive, None), "{judged:?}");
    assert!(judged.reason.as_ref().unwrap().starts_with("too noisy"), "{judged:?}");
}

#[tokio::test]
async fn too_few_samples_make_a_budget_inconclusive_and_fail_no_test() {
    let few = Scenario { samples: 5, ..UPLOADS };
    // However fast, and however slow.
    for milliseconds in [0, 160] {
        let server = slow_server(fixed(milliseconds)).await;
        let (judged, message) = measured(&server, few, Target::Aws).await;
        assert_eq!((judged.verdict, message), (BudgetVerdict::Inconclusive, None));
        assert_eq!(judged.reason.unwrap(), "too few samples: 5 of the 6 that it takes");
    }
}

#[test]
fn what_was_measured_beside_other_tests_breaks_no_budget() {
    // Six samples, all of them too slow, and all of them fast enough.
    for (sample, alone, beside) in [
        (3.0, BudgetVerdict::Fail, BudgetVerdict::Inconclusive),
        (1.0, BudgetVerdict::Pass, BudgetVerdict::Pass),
    ] {
        let budget = "median < 2 s".to_owned();
        let mut judged = scenario::judge(budget, vec![sample; 6], MEDIAN, 2.0, Unit::Seconds);
        assert_eq!(judged.verdict, alone);
        scenario::in_company(&mut judged);
        assert_eq!(judged.verdict, beside);
        assert_eq!(judged.reason.is_some(), alone != beside);
    }
}

/// The number of the operation that stalls, and for how long.
const STALLED: usize = 10;
const STALL: Duration = millis(150);

fn operations(app: impl Fn(usize) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Operations {
    Operations { app: Arc::new(app), baseline: None }
}

/// A server that answers one at a time, each in a millisecond, but for the one that stalls.
fn server_that_stalls() -> Operations {
    let busy = Arc::new(Mutex::new(()));
    operations(move |number| {
        let busy = busy.clone();
        async move {
            let _turn = busy.lock().await;
            let time = if number == STALLED { STALL } else { millis(1) };
            tokio::time::sleep(time).await;
        }
        .boxed()
    })
}

/// A client that has something else to do for a while, and begins nothing meanwhile.
fn client_that_stalls() -> Operations {
    operations(|number| {
        async move {
            if number == STALLED {
                std::thread::sleep(STALL);
            }
        }
        .boxed()
    })
}

/// How many took much longer than any would without a stall.
fn slow(latencies: &[Duration]) -> usize {
    latencies.iter().filter(|latency| **latency > millis(50)).count()
}

#[tokio::test]
async fn a_stall_is_charged_to_all_that_were_due_meanwhile() {
    for stalls in [server_that_stalls(), client_that_stalls()] {
        // At 200 in a second 30 are due in 150 ms; those of the last 50 ms wait less than that.
        let taken = scenario::open(&stalls, 200.0, 0, 60).await;
        assert_eq!(taken.app.len(), 60);
        assert!(slow(&taken.app) >= 15, "{:?}", taken.app);
    }
}

#[tokio::test]
async fn who_waits_for_each_answer_calls_a_server_that_stalls_fast() {
    let taken = scenario::closed(&server_that_stalls(), 1, 0, 60).await;
    assert_eq!(taken.app.len(), 60);
    assert!(slow(&taken.app) < 5, "{:?}", taken.app);
}
