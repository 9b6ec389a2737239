//! What a run ends with: how each test ended, the exit code, and the run as data.

use std::collections::BTreeMap;
use std::path::PathBuf;

use contract::measurement::Measurement;
use contract::{RunId, Shard, TestId};

use super::junit::Outcome;
use super::needs::Checked;
use super::plan::Plan;
use super::records::Records;
use super::skip::SkipReason;
use super::timings::Timings;
use crate::context::Context;
use crate::cost::Cost;
use crate::exit::Exit;
use crate::report::{
    Counts, Document, Environment, Measured, Permission, Reason, Skipped, Status, Sweep, Test,
    VERSION,
};

/// What is known at the end of a run.
pub(crate) struct Summary<'a> {
    pub(crate) run: &'a RunId,
    pub(crate) shard: Option<Shard>,
    /// The command as it was typed.
    pub(crate) command: String,
    pub(crate) target: String,
    pub(crate) plan: &'a Plan,
    /// How the tests ended that did.
    pub(crate) outcomes: BTreeMap<TestId, Outcome>,
    /// What they recorded.
    pub(crate) records: Records,
    /// What the sweep found; `None` where there was nothing to sweep.
    pub(crate) swept: Option<&'a Sweep>,
    /// What the tests needed, against the lock; `None` where it was not seen.
    pub(crate) lock: Option<&'a Checked>,
    /// What they need, with verdicts.
    pub(crate) permissions: &'a [Permission],
    /// What the calls cost; `None` where they were not counted.
    pub(crate) cost: Option<Cost>,
    /// How nextest ended.
    pub(crate) tests: Exit,
    pub(crate) strict: bool,
    /// Whether a leak fails the run.
    pub(crate) leaks_fail: bool,
    pub(crate) timings: Timings,
    pub(crate) environment: Environment,
    pub(crate) junit: PathBuf,
}

impl Summary<'_> {
    /// The exit code: nextest's own first, then ours from the worst to the mildest.
    pub(crate) fn exit(&self) -> Exit {
        if self.tests != Exit::Success {
            return self.tests;
        }
        if !self.unfinished().is_empty() {
            // Nextest is content, but not everything that was planned ran.
            return Exit::Failure;
        }
        match self.swept {
            Some(swept) if !swept.is_complete() => Exit::SweepFailed,
            Some(swept) if !swept.leaks.is_empty() && self.leaks_fail => Exit::Leaked,
            _ if self.lock.is_some_and(Checked::fails) => Exit::PermissionsDiffer,
            _ if self.strict && self.plan.skip.iter().any(|(_, reason)| reason.is_a_gap()) => {
                Exit::SkippedStrictly
            }
            _ if self.strict && self.count(Status::Inconclusive) > 0 => Exit::InconclusiveStrictly,
            _ => Exit::Success,
        }
    }

    /// How many tests ended like this.
    pub(super) fn count(&self, status: Status) -> usize {
        self.outcomes.values().filter(|outcome| outcome.status == status).count()
    }

    /// The tests that ended like this.
    pub(super) fn ended(&self, status: Status) -> Vec<&TestId> {
        let ended = self.outcomes.iter().filter(|(_, outcome)| outcome.status == status);
        ended.map(|(test, _)| test).collect()
    }

    /// The tests that were to run and did not end.
    pub(super) fn unfinished(&self) -> Vec<&TestId> {
        let ended = |test: &&TestId| !self.outcomes.contains_key(test);
        self.plan.run.iter().map(|test| &test.id).filter(ended).collect()
    }

    /// The tests that were skipped, by their reasons.
    pub(super) fn skips(&self) -> BTreeMap<&SkipReason, Vec<&TestId>> {
        let mut skips: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (test, reason) in &self.plan.skip {
            skips.entry(reason).or_default().push(&test.id);
        }
        skips
    }

    /// The JUnit file, as it is shown.
    pub(super) fn shown_junit(&self, cx: &Context) -> String {
        let path = self.junit.strip_prefix(cx.workspace()).unwrap_or(&self.junit);
        path.display().to_string()
    }

    /// The run as data.
    pub(crate) fn document(&self, cx: &Context) -> Document {
        let observed = self.lock.map_or(&[][..], |checked| &checked.observed);
        let measured = |(test, measurements): (TestId, Vec<&Measurement>)| {
            let measured = measurements.into_iter().map(|measurement| Measured {
                test: test.name().to_owned(),
                measurement: measurement.clone(),
            });
            measured.collect::<Vec<_>>()
        };
        Document {
            version: VERSION,
            run: self.run.to_string(),
            shard: self.shard,
            started: humantime::format_rfc3339_seconds(self.timings.started).to_string(),
            command: self.command.clone(),
            target: self.target.clone(),
            exit_code: self.exit().code(),
            outcome: self.exit().meaning().to_owned(),
            seconds: self.timings.whole().as_secs_f64(),
            timings: self.timings.parts(),
            counts: Counts {
                run: self.outcomes.len(),
                passed: self.count(Status::Passed),
                failed: self.count(Status::Failed),
                inconclusive: self.count(Status::Inconclusive),
                unfinished: self.unfinished().len(),
                skipped: self.plan.skip.len(),
                leaked: self.swept.map_or(0, Sweep::leaked),
            },
            tests: self.outcomes.iter().map(ended).collect(),
            unfinished: self.unfinished().iter().map(|test| test.name().to_owned()).collect(),
            skipped: self
                .plan
                .skip
                .iter()
                .map(|(test, reason)| skipped(&test.id, reason))
                .collect(),
            left_out: self.plan.left_out.iter().map(|test| test.name().to_owned()).collect(),
            sweep: self.swept.cloned(),
            permissions: self.permissions.iter().chain(observed).cloned().collect(),
            // Our own types have string keys and finite numbers.
            lock: self.lock.and_then(|checked| serde_json::to_value(checked).ok()),
            measurements: self.records.measurements().into_iter().flat_map(measured).collect(),
            cost: self.cost.clone(),
            environment: self.environment.clone(),
            junit: self.shown_junit(cx),
        }
    }
}

fn ended((test, outcome): (&TestId, &Outcome)) -> Test {
    Test {
        binary: test.binary_id().to_owned(),
        name: test.name().to_owned(),
        status: outcome.status,
        flaky: outcome.flaky,
        seconds: outcome.time.as_secs_f64(),
        message: outcome.message.clone(),
    }
}

fn skipped(test: &TestId, reason: &SkipReason) -> Skipped {
    Skipped {
        binary: test.binary_id().to_owned(),
        name: test.name().to_owned(),
        reason: Reason {
            code: reason.code().to_owned(),
            text: reason.text().to_owned(),
            cure: reason.cure().map(ToOwned::to_owned),
        },
    }
}
