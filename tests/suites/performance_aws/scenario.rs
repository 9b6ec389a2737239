//! A scenario: what is done, how often and how hard, and what is asked of it.
//!
//! On a machine that is shared with the server, with a build, with whatever else, seconds say little:
//! there a scenario is held against raw HTTP, which does the same on the same server in turn with the
//! app. On AWS it is held against seconds.

use std::time::Duration;

use contract::Target;
use contract::measurement::{BudgetVerdict, Judged, Load, Measurement};

use crate::env::{TestEnv, report};

mod budget;
mod distribution;
mod interval;
mod load;
mod operation;
mod raw_http;

pub(super) use budget::{Budget, MEDIAN, P90, judge};
pub(super) use distribution::distribution;
pub(super) use interval::ranks;
pub(super) use load::{Operations, closed, open};
pub(super) use operation::Operation;

/// A few lines of data.
#[derive(Clone, Copy)]
pub(super) struct Scenario {
    pub(super) operation: Operation,
    /// How many operations are under way at once, where each waits for the one before it.
    pub(super) concurrency: usize,
    pub(super) load: Load,
    /// Operations that count; [`hold`] takes another number where the run asks for it.
    pub(super) samples: usize,
    /// Rounds before them that do not: they open the connections.
    pub(super) warm_up: usize,
    /// The one that decides on AWS, and the one that decides on a shared machine.
    pub(super) budgets: [Budget; 2],
}

impl Scenario {
    /// One at a time, 40 of them: the smallest round number from which a 90th percentile can be judged.
    pub(super) fn of(operation: Operation, budgets: [Budget; 2]) -> Scenario {
        let (concurrency, load) = (1, Load::Closed);
        Scenario { operation, concurrency, load, samples: 40, warm_up: 2, budgets }
    }

    /// Measures it and judges it, as on `target`.
    pub(super) async fn measure(&self, env: &TestEnv, target: Target) -> Measurement {
        let with_baseline = target == Target::Sandbox;
        let slots = match self.load {
            Load::Closed => self.concurrency,
            Load::Open { .. } => OPEN_SLOTS,
        };
        let operations = self.operation.prepare(env, slots, with_baseline).await;
        let taken = match self.load {
            Load::Closed => closed(&operations, self.concurrency, self.warm_up, self.samples).await,
            Load::Open { per_second } => {
                open(&operations, per_second, self.warm_up, self.samples).await
            }
        };
        let budgets = self.budgets.iter().filter(|budget| budget.applies_to(target));
        Measurement {
            operation: self.operation.name().to_owned(),
            subject: self.operation.subject(),
            object_bytes: self.operation.object_bytes(),
            concurrency: taken.most_at_once as u32,
            load: self.load,
            warm_up: taken.warm_up as u64,
            seconds: taken.time.as_secs_f64(),
            latency: distribution(&taken.app),
            baseline: with_baseline.then(|| distribution(&taken.baseline)),
            budgets: budgets.map(|budget| budget.judge(&taken)).collect(),
        }
    }
}

/// Operations that are due while others are under way have keys of their own, up to so many.
const OPEN_SLOTS: usize = 16;

/// A scenario takes no new samples after so long: an answer within the test's time limit, from fewer
/// samples, is worth more than none.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Measures each scenario on the target of the test, leaves all results for the report, and fails where
/// a budget is broken.
pub(super) async fn hold(scenarios: &[Scenario]) {
    TestEnv::run(async |env| {
        let mut measurements = Vec::new();
        for scenario in scenarios {
            let samples = env.samples().unwrap_or(scenario.samples);
            let scenario = Scenario { samples, ..*scenario };
            let mut measurement = scenario.measure(env, env.target()).await;
            if !env.runs_alone() {
                measurement.budgets.iter_mut().for_each(in_company);
            }
            env.record(measurement.clone());
            measurements.push(measurement);
        }
        settle(&measurements);
    })
    .await;
}

/// What was measured beside other tests breaks no budget.
pub(super) fn in_company(judged: &mut Judged) {
    if judged.verdict == BudgetVerdict::Fail {
        judged.verdict = BudgetVerdict::Inconclusive;
        judged.reason =
            Some("other tests ran beside it: cargo test cannot run it alone".to_owned());
    }
}

/// What the budgets' verdicts mean for the test: a broken one fails it, one that the samples say nothing
/// certain of does not.
///
/// # Panics
/// Names each broken budget.
pub(super) fn settle(measurements: &[Measurement]) {
    let of = |verdict| {
        let lines = measurements.iter().flat_map(move |measurement| {
            let budgets = measurement.budgets.iter();
            let judged = budgets.filter(move |judged| judged.verdict == verdict);
            judged.map(|judged| line(measurement, judged))
        });
        lines.collect::<Vec<_>>()
    };
    for line in of(BudgetVerdict::Inconclusive) {
        report(&line);
    }
    let broken = of(BudgetVerdict::Fail);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// One verdict with its numbers.
fn line(measurement: &Measurement, judged: &Judged) -> String {
    let said = match judged.verdict {
        BudgetVerdict::Pass => "keeps",
        BudgetVerdict::Inconclusive => "may or may not keep",
        BudgetVerdict::Fail => "breaks",
    };
    let number = |value: f64| budget::number(value, judged.unit);
    let interval = judged.interval.map_or_else(String::new, |(lower, upper)| {
        format!(", 95 % interval {} to {}", number(lower), number(upper))
    });
    let reason = judged.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    format!(
        "{} of {}, {} at once, {said} its budget of {}: measured {}{interval}, {} samples{reason}",
        measurement.operation,
        measurement.subject,
        measurement.concurrency,
        judged.budget,
        number(judged.measured),
        measurement.latency.count,
    )
}
