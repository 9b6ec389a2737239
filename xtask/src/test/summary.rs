//! What a run ends with: the counts, the skips with their reasons, the leaks, the exit code.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use contract::{RunId, TestId};
use serde_json::json;

use super::RunFolder;
use super::junit::Outcome;
use super::needs::Checked;
use super::plan::Plan;
use super::skip::SkipReason;
use super::sweep::Swept;
use crate::context::Context;
use crate::exit::Exit;
use crate::ui::Tone;

/// How many tests are named below one reason or verdict, before the rest is only counted or, of the
/// skipped ones, all of them by module.
const NAMED: usize = 10;

/// What is known at the end of a run.
pub(crate) struct Summary<'a> {
    pub(crate) run: &'a RunId,
    pub(crate) target: String,
    pub(crate) plan: &'a Plan,
    /// How the tests ended that did.
    pub(crate) outcomes: BTreeMap<TestId, Outcome>,
    /// What the sweep found; `None` where there was nothing to sweep.
    pub(crate) swept: Option<&'a Swept>,
    /// What the tests needed, against the lock; `None` where it was not seen.
    pub(crate) permissions: Option<&'a Checked>,
    /// How nextest ended.
    pub(crate) tests: Exit,
    pub(crate) strict: bool,
    /// Whether a leak fails the run.
    pub(crate) leaks_fail: bool,
    pub(crate) time: Duration,
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
            _ if self.permissions.is_some_and(Checked::fails) => Exit::PermissionsDiffer,
            _ if self.strict && !self.plan.skip.is_empty() => Exit::SkippedStrictly,
            _ => Exit::Success,
        }
    }

    /// Prints the summary, and keeps it beside the JUnit file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn print(&self, cx: &Context, folder: &RunFolder) -> Result<()> {
        let ui = &cx.ui;
        let (passed, failed) = (self.count(true), self.count(false));
        ui.line("");
        ui.line(format_args!("     Summary run {} on {}", self.run, self.target));
        let tone = |good: bool, count: usize| match (good, count) {
            (_, 0) => Tone::Plain,
            (true, _) => Tone::Good,
            (false, _) => Tone::Bad,
        };
        ui.finding(Tone::Plain, "run", self.outcomes.len());
        ui.finding(tone(true, passed), "passed", passed);
        ui.finding(tone(false, failed), "failed", failed);
        self.names(cx, self.failed_tests().into_iter());
        let unfinished = self.unfinished();
        if !unfinished.is_empty() {
            ui.finding(Tone::Bad, "unfinished", unfinished.len());
            self.names(cx, unfinished.into_iter());
        }
        let skipped = self.plan.skip.len();
        ui.finding(if skipped == 0 { Tone::Plain } else { Tone::Warn }, "skipped", skipped);
        for (reason, tests) in self.skips() {
            ui.line(format_args!(
                "{:>15} {}: {} ({})",
                "",
                reason.code(),
                reason.text(),
                tests.len()
            ));
            if tests.len() > NAMED {
                by_module(cx, &tests);
            } else {
                self.names(cx, tests.into_iter());
            }
            if let Some(cure) = reason.cure() {
                ui.line(format_args!("{:>15} hint: {cure}", ""));
            }
        }
        if let Some(swept) = self.swept {
            swept.print(cx, self.run);
        }
        if let Some(permissions) = self.permissions {
            permissions.print(cx);
        }
        ui.finding(Tone::Plain, "time", format_args!("{:.1} s", self.time.as_secs_f64()));
        ui.finding(Tone::Plain, "junit", self.shown_junit(cx));
        if let Some(next) = self.next_command() {
            ui.finding(Tone::Plain, "next", next);
        }
        let document = self.document();
        ui.json(&document);
        let path = folder.path.join("summary.json");
        std::fs::write(&path, serde_json::to_vec_pretty(&document)?)
            .with_context(|| format!("writing `{}`", path.display()))
    }

    fn count(&self, passed: bool) -> usize {
        self.outcomes.values().filter(|outcome| outcome.passed == passed).count()
    }

    fn failed_tests(&self) -> Vec<&TestId> {
        self.outcomes.iter().filter(|(_, outcome)| !outcome.passed).map(|(test, _)| test).collect()
    }

    fn unfinished(&self) -> Vec<&TestId> {
        let ended = |test: &&TestId| !self.outcomes.contains_key(test);
        self.plan.run.iter().map(|test| &test.id).filter(ended).collect()
    }

    fn skips(&self) -> BTreeMap<&SkipReason, Vec<&TestId>> {
        let mut skips: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (test, reason) in &self.plan.skip {
            skips.entry(reason).or_default().push(&test.id);
        }
        skips
    }

    fn names<'t>(&self, cx: &Context, tests: impl ExactSizeIterator<Item = &'t TestId>) {
        let more = tests.len().saturating_sub(NAMED);
        for test in tests.take(NAMED) {
            cx.ui.line(format_args!("{:>17} {}", "", test.name()));
        }
        if more > 0 {
            cx.ui.line(format_args!("{:>17} and {more} more", ""));
        }
    }

    fn shown_junit(&self, cx: &Context) -> String {
        let path = self.junit.strip_prefix(cx.workspace()).unwrap_or(&self.junit);
        path.display().to_string()
    }

    fn next_command(&self) -> Option<String> {
        match self.exit() {
            Exit::Success if self.swept.is_none() => None,
            Exit::SweepFailed => Some(format!("cargo xtask cleanup --run {}", self.run)),
            Exit::Nextest(_) => self
                .failed_tests()
                .first()
                .map(|test| format!("cargo xtask test {} -- --no-capture", test.name())),
            _ => None,
        }
    }

    /// The result for machines.
    pub(crate) fn document(&self) -> serde_json::Value {
        let tests: Vec<_> = self
            .outcomes
            .iter()
            .map(|(test, outcome)| {
                json!({
                    "binary": test.binary_id(),
                    "name": test.name(),
                    "passed": outcome.passed,
                    "seconds": outcome.time.as_secs_f64(),
                })
            })
            .collect();
        let skipped: Vec<_> = self
            .plan
            .skip
            .iter()
            .map(|(test, reason)| {
                json!({ "binary": test.id.binary_id(), "name": test.id.name(), "reason": reason })
            })
            .collect();
        let unfinished: Vec<_> = self.unfinished().into_iter().map(TestId::name).collect();
        json!({
            "version": 1,
            "run": self.run.as_str(),
            "target": self.target,
            "exit_code": self.exit().code(),
            "seconds": self.time.as_secs_f64(),
            "counts": {
                "run": self.outcomes.len(),
                "passed": self.count(true),
                "failed": self.count(false),
                "unfinished": unfinished.len(),
                "skipped": skipped.len(),
                "leaked": self.swept.map_or(0, Swept::leaked),
            },
            "tests": tests,
            "unfinished": unfinished,
            "skipped": skipped,
            "sweep": self.swept,
            "permissions": self.permissions,
            "junit": self.junit,
        })
    }
}

/// Counts the tests by module, so that each is accounted for in a few lines.
fn by_module(cx: &Context, tests: &[&TestId]) {
    let mut modules: BTreeMap<&str, usize> = BTreeMap::new();
    for test in tests {
        let module = test.name().rsplit_once("::").map_or(test.name(), |(module, _)| module);
        *modules.entry(module).or_default() += 1;
    }
    for (module, count) in modules {
        cx.ui.line(format_args!("{:>17} {module} ({count})", ""));
    }
}
