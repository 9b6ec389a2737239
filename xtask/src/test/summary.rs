//! What a run ends with: how each test ended, the exit code, and the run as data.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use contract::measurement::Measurement;
use contract::{RunId, Shard, Target, TestId};

use super::junit::Outcome;
use super::lock_check::Checked;
use super::plan::Plan;
use super::records::Records;
use super::timings::Timings;
use crate::context::Context;
use crate::cost::Cost;
use crate::exit::Exit;
use crate::report::{
    Counts, Document, Environment, Measured, Permission, SkipReason, Skipped, Status, Sweep, Test,
    VERSION,
};

/// What is known at the end of a run.
pub(crate) struct Summary {
    /// Its name.
    pub(crate) run: RunId,
    /// Which shard of it this is; `None` where it is all of it.
    pub(crate) shard: Option<Shard>,
    /// The command as it was typed.
    pub(crate) command: String,
    /// Where the tests sent their requests.
    pub(crate) on: Target,
    /// The same as it is shown.
    pub(crate) target: String,
    /// Which tests were to run, and which were skipped.
    pub(crate) plan: Plan,
    /// How the tests ended that did.
    pub(crate) outcomes: BTreeMap<TestId, Outcome>,
    /// What they recorded.
    pub(crate) records: Records,
    /// What the sweep found; `None` where there was nothing to sweep.
    pub(crate) swept: Option<Sweep>,
    /// What the tests needed, against the lock; `None` where it was not seen.
    pub(crate) lock: Option<Checked>,
    /// What they need, with verdicts.
    pub(crate) permissions: Vec<Permission>,
    /// What the calls cost; `None` where they were not counted.
    pub(crate) cost: Option<Cost>,
    /// How nextest ended, or why it was not started.
    pub(crate) tests: Exit,
    /// Whether the sweep was interrupted, the tests having ended by themselves.
    pub(crate) interrupted: bool,
    /// Whether a part of the result could not be read or written.
    pub(crate) lost: bool,
    /// Whether a skip, a leak, a budget that nothing is known of fails the run.
    pub(crate) strict: bool,
    /// Where the time went.
    pub(crate) timings: Timings,
    /// What it ran on.
    pub(crate) environment: Environment,
    /// The JUnit file.
    pub(crate) junit: PathBuf,
}

impl Summary {
    /// A run in which nothing has happened yet.
    pub(crate) fn new(run: RunId, on: Target, timings: Timings) -> Summary {
        Summary {
            run,
            shard: None,
            command: String::new(),
            on,
            target: String::new(),
            plan: Plan::default(),
            outcomes: BTreeMap::new(),
            records: Records::default(),
            swept: None,
            lock: None,
            permissions: Vec::new(),
            cost: None,
            tests: Exit::Success,
            interrupted: false,
            lost: false,
            strict: false,
            timings,
            environment: Environment::default(),
            junit: PathBuf::new(),
        }
    }

    /// The value; where it could not be written, that is said, and is no success.
    pub(super) fn unless_lost<T>(
        &mut self,
        cx: &Context,
        what: &str,
        result: Result<T>,
    ) -> Option<T> {
        result
            .inspect_err(|error| {
                self.lost = true;
                cx.ui.lost(what, error);
            })
            .ok()
    }

    /// The value; where it could not be read, that is said, and is no success.
    pub(super) fn unless_unread<T: Default>(&mut self, cx: &Context, result: Result<T>) -> T {
        result.unwrap_or_else(|error| {
            self.lost = true;
            cx.ui.failure(format_args!("{error:#}"));
            T::default()
        })
    }

    /// The exit code: nextest's own first, then ours from the worst to the mildest.
    pub(crate) fn exit(&self) -> Exit {
        if self.tests != Exit::Success {
            return self.tests;
        }
        if !self.unfinished().is_empty() || self.lost {
            // Nextest is content, but not everything that was planned ran, or was kept.
            return Exit::Failure;
        }
        if self.interrupted {
            return Exit::Interrupted;
        }
        let leaks_fail = self.strict || self.on == Target::Sandbox;
        match &self.swept {
            Some(swept) if !swept.is_complete() => Exit::SweepFailed,
            Some(swept) if !swept.leaks.is_empty() && leaks_fail => Exit::Leaked,
            _ if self.lock.as_ref().is_some_and(Checked::fails) => Exit::PermissionsDiffer,
            _ if self.strict && self.plan.skip.iter().any(|(_, reason)| reason.is_a_gap()) => {
                Exit::SkippedStrictly
            }
            _ if self.strict && self.count(Status::Inconclusive) > 0 => Exit::InconclusiveStrictly,
            _ => Exit::Success,
        }
    }

    /// What the exit code means here.
    pub(super) fn outcome(&self) -> &'static str {
        match self.exit() {
            Exit::Failure if self.lost && self.unfinished().is_empty() => {
                "a part of the result could not be kept"
            }
            exit => exit.meaning(),
        }
    }

    /// Whether it ended before there was a plan, or with an empty one; how says [`Summary::outcome`].
    pub(super) fn ended_early(&self) -> bool {
        let is_empty = self.plan.run.is_empty() && self.plan.skip.is_empty();
        is_empty && self.tests != Exit::Success
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
        let observed = self.lock.as_ref().map_or(&[][..], |checked| &checked.observed);
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
            outcome: self.outcome().to_owned(),
            seconds: self.timings.whole().as_secs_f64(),
            timings: self.timings.parts(),
            counts: Counts {
                run: self.outcomes.len(),
                passed: self.count(Status::Passed),
                failed: self.count(Status::Failed),
                inconclusive: self.count(Status::Inconclusive),
                unfinished: self.unfinished().len(),
                skipped: self.plan.skip.len(),
                leaked: self.swept.as_ref().map_or(0, Sweep::leaked),
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
            sweep: self.swept.clone(),
            permissions: self.permissions.iter().chain(observed).cloned().collect(),
            // Our own types have string keys and finite numbers.
            lock: self.lock.as_ref().and_then(|checked| serde_json::to_value(checked).ok()),
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
        reason: reason.clone(),
    }
}
