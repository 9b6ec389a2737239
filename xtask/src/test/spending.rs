//! What a run costs: told before it where `--max-cost` asks, and counted after it.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::{Target, TestId};
use sandbox::Call;

use super::junit::Outcome;
use super::plan::Plan;
use super::records::Records;
use super::target::RunTarget;
use crate::cli;
use crate::context::Context;
use crate::cost::{self, Cost, Lesson, Memory, Planned, Spending};

/// Lets a planned run begin.
///
/// # Errors
/// Where it would cost more than `--max-cost` allows, or where that cannot be told.
pub(crate) fn check_limit(
    args: &cli::Test,
    cx: &Context,
    target: &RunTarget,
    plan: &Plan,
) -> Result<()> {
    let Some(limit) = args.max_cost else { return Ok(()) };
    let planned = plan.run.iter().map(|test| &test.id);
    let question = Planned {
        samples: args.samples,
        region: region(target),
        billed: is_billed(target),
        model: target.models.model(),
        so_far: &target.aws.meter.so_far(),
    };
    let expected = cost::expected(&Memory::read(cx), planned, &question);
    cost::check_limit(limit, &expected)?;
    cx.ui.step("Expecting", format_args!("cost: {}", expected.known));
    Ok(())
}

/// What the run has cost, from the log of the embedded AWS, or from what the tests and we have counted
/// elsewhere. What is learned for the next run's limit is kept.
pub(crate) fn of_run(
    args: &cli::Test,
    cx: &Context,
    target: &RunTarget,
    log: &[Call],
    records: &Records,
    outcomes: &BTreeMap<TestId, Outcome>,
) -> Cost {
    let ran = outcomes.keys();
    let spending = match target.target {
        Target::Sandbox => Spending::of_log(log, ran),
        Target::Aws => Spending::of_records(records.all(), ran, target.aws.meter.so_far()),
    };
    let passed = |test: &TestId| outcomes.get(test).is_some_and(Outcome::tells);
    let learned = Memory::learn(
        cx,
        &Lesson {
            spending: &spending,
            passed: &passed,
            samples: &cost::fewest_samples(records.all()),
            samples_asked: args.samples.is_some(),
            model: target.models.model(),
        },
    );
    if let Err(error) = learned {
        cx.ui.warning(format_args!("what the tests call is not remembered: {error:#}"));
    }
    cost::estimate(&spending, region(target), is_billed(target))
}

/// Whose prices count.
fn region(target: &RunTarget) -> &str {
    match target.target {
        Target::Sandbox => cost::SANDBOX_PRICES_OF,
        Target::Aws => &target.aws.region,
    }
}

/// A server of one's own sends no bill.
fn is_billed(target: &RunTarget) -> bool {
    target.target == Target::Aws && target.aws.endpoint.is_none()
}
