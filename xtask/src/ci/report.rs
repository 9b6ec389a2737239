//! What `cargo xtask ci` says: each step with how it ended, for people and for machines.

use std::path::Path;

use serde::Serialize;

use super::execute::{Done, Outcome, Results};
use super::plan::{Plan, Planned, PlannedJob, PlannedStep};
use crate::cli;
use crate::context::Context;
use crate::exit::Exit;
use crate::shell::quoted;
use crate::ui::Tone;

/// The result for machines.
#[derive(Serialize)]
pub(super) struct Document {
    /// The file of the workflow, from the workspace.
    file: String,
    steps: Vec<Row>,
    /// `null` for a list of what would be run.
    exit_code: Option<u8>,
}

#[derive(Serialize)]
struct Row {
    /// The job's key in the file.
    job: String,
    /// The step as GitHub shows it.
    step: String,
    /// The line of the file that the step begins in.
    line: usize,
    status: Status,
    /// Why it was left out or not run.
    reason: Option<String>,
    exit_code: Option<u8>,
    seconds: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Status {
    /// It would be run.
    Planned,
    Passed,
    Failed,
    /// It failed, and `continue-on-error` allows that.
    Tolerated,
    Interrupted,
    LeftOut,
    NotRun,
}

/// The plan as a list, without a step run.
pub(super) fn of_plan(file: &Path, plan: &Plan<'_>) -> Document {
    let steps = plan.jobs.iter().flat_map(|job| job.steps.iter().map(move |step| (job, step)));
    let rows = steps.map(|(job, step)| match &step.does {
        Planned::Run(_) => Row::new(job, step, Status::Planned),
        Planned::LeftOut(reason) => Row::new(job, step, Status::LeftOut).because(reason),
    });
    Document::new(file, rows.collect(), None)
}

/// What came of the run.
pub(super) fn of_run(file: &Path, results: &Results<'_>, exit: Exit) -> Document {
    let rows = results.steps.iter().map(Row::of).collect();
    Document::new(file, rows, Some(exit.code()))
}

impl Document {
    fn new(file: &Path, steps: Vec<Row>, exit_code: Option<u8>) -> Document {
        Document { file: file.display().to_string(), steps, exit_code }
    }

    /// Prints one line for each step.
    pub(super) fn print(&self, cx: &Context) {
        let width = self.steps.iter().map(|row| row.job.len()).max().unwrap_or(0);
        for row in &self.steps {
            row.print(cx, width);
        }
    }

    /// What to type to run again what failed.
    pub(super) fn next(&self, args: &cli::Ci) -> Option<String> {
        let failed = self.steps.iter().filter(|row| row.status == Status::Failed);
        let only: String = failed.map(|row| format!(" --only {}", quoted(&row.step))).collect();
        let workflow = match args.workflow.as_str() {
            cli::Ci::WORKFLOW => String::new(),
            other => format!(" {other}"),
        };
        (!only.is_empty()).then(|| format!("cargo xtask ci{workflow}{only}"))
    }
}

impl Row {
    fn new(job: &PlannedJob<'_>, step: &PlannedStep<'_>, status: Status) -> Row {
        Row {
            job: job.job.id.clone(),
            step: step.step.name.clone(),
            line: step.step.line,
            status,
            reason: None,
            exit_code: None,
            seconds: None,
        }
    }

    fn of(done: &Done<'_>) -> Row {
        let new = |status| Row::new(done.job, done.step, status);
        let (row, took) = match &done.outcome {
            Outcome::LeftOut(reason) => return new(Status::LeftOut).because(reason),
            Outcome::NotRun(reason) => return new(Status::NotRun).because(reason),
            Outcome::Interrupted(took) => (new(Status::Interrupted), took),
            Outcome::Passed(took) => (Row { exit_code: Some(0), ..new(Status::Passed) }, took),
            Outcome::Failed(took, code) => {
                let status = match done.step.step.may_fail {
                    true => Status::Tolerated,
                    false => Status::Failed,
                };
                (Row { exit_code: Some(*code), ..new(status) }, took)
            }
        };
        Row { seconds: Some(took.as_secs_f64()), ..row }
    }

    fn because(self, reason: &str) -> Row {
        Row { reason: Some(reason.to_owned()), ..self }
    }

    fn print(&self, cx: &Context, width: usize) {
        let (tone, word) = match self.status {
            Status::Planned => (Tone::Plain, "run"),
            Status::Passed => (Tone::Good, "passed"),
            Status::Failed => (Tone::Bad, "failed"),
            Status::Tolerated => (Tone::Warn, "tolerated"),
            Status::Interrupted => (Tone::Bad, "interrupted"),
            Status::LeftOut => (Tone::Warn, "left out"),
            Status::NotRun => (Tone::Warn, "not run"),
        };
        let took = self.seconds.map(|seconds| format!("{seconds:.1} s")).unwrap_or_default();
        let note = match (&self.reason, self.exit_code) {
            (Some(reason), _) => format!(": {reason}"),
            (None, Some(code @ 1..)) => format!(": exit code {code}"),
            (None, _) => String::new(),
        };
        let (job, step) = (&self.job, &self.step);
        let text = match self.status {
            // Nothing has taken any time yet.
            Status::Planned => format!("{job:width$}  {step}"),
            _ => format!("{took:>8}  {job:width$}  {step}{note}"),
        };
        cx.ui.finding(tone, word, text);
    }
}
