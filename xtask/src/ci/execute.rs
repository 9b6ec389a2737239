//! Runs the planned steps, as GitHub would: what fails stops its job, and those that need it.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::group;
use super::plan::{Command, Plan, Planned, PlannedJob, PlannedStep};
use crate::context::Context;
use crate::exit::Exit;
use crate::signals::{self, Signals};

/// How each step ended, in the order of the plan.
pub(super) struct Results<'a> {
    pub(super) steps: Vec<Done<'a>>,
    /// Whether the run was stopped, or a step was.
    pub(super) interrupted: bool,
}

/// A step and how it ended.
pub(super) struct Done<'a> {
    pub(super) job: &'a PlannedJob<'a>,
    pub(super) step: &'a PlannedStep<'a>,
    pub(super) outcome: Outcome,
}

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With exit code 0.
    Passed(Duration),
    /// With another one.
    Failed(Duration, u8),
    /// It was stopped, or we were.
    Interrupted(Duration),
    /// It cannot be run here; the reason.
    LeftOut(String),
    /// It was not started for what came before it.
    NotRun(String),
}

/// Runs the plan.
///
/// # Errors
/// Where signals cannot be listened to, or a step not be waited for.
pub(super) async fn all<'a>(cx: &Context, plan: &'a Plan<'a>) -> Result<Results<'a>> {
    let mut signals = Signals::listen()?;
    let mut results = Results { steps: Vec::new(), interrupted: false };
    let mut failed_jobs: BTreeSet<&str> = BTreeSet::new();
    for job in &plan.jobs {
        let needed = job.job.needs.iter().find(|needed| failed_jobs.contains(needed.as_str()));
        let stopped = match needed {
            Some(needed) if !job.when.after_failure => {
                failed_jobs.insert(&job.job.id);
                Some(format!("the job `{needed}` failed"))
            }
            None if !job.when.after_success => Some("no job that it needs failed".to_owned()),
            _ => None,
        };
        let mut failed: Option<&str> = None;
        for step in &job.steps {
            let outcome = match (&step.does, &stopped) {
                (Planned::LeftOut(reason), _) => Outcome::LeftOut(reason.clone()),
                _ if results.interrupted => Outcome::NotRun("interrupted".to_owned()),
                (_, Some(reason)) => Outcome::NotRun(reason.clone()),
                (Planned::Run(command), None) => match failed {
                    Some(name) if !command.when.after_failure => {
                        Outcome::NotRun(format!("`{name}` failed"))
                    }
                    None if !command.when.after_success => {
                        Outcome::NotRun("no step failed".to_owned())
                    }
                    _ => one(cx, job, step, command, &mut signals).await?,
                },
            };
            results.interrupted |= matches!(outcome, Outcome::Interrupted(_));
            if matches!(outcome, Outcome::Failed(..)) && !step.step.may_fail {
                failed.get_or_insert(&step.step.name);
                failed_jobs.insert(&job.job.id);
            }
            results.steps.push(Done { job, step, outcome });
        }
    }
    Ok(results)
}

async fn one(
    cx: &Context,
    job: &PlannedJob<'_>,
    step: &PlannedStep<'_>,
    command: &Command,
    signals: &mut Signals,
) -> Result<Outcome> {
    cx.ui.step("Step", format_args!("{}: {}", job.job.name, step.step.name));
    for line in command.script.lines() {
        cx.ui.step("", line);
    }
    let started = Instant::now();
    let spawned = process(cx, command).and_then(|mut process| Ok(process.spawn()?));
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            cx.ui.failure(format_args!("the step cannot be started: {error:#}"));
            return Ok(Outcome::Failed(started.elapsed(), Exit::Failure.code()));
        }
    };
    let status = tokio::select! {
        status = child.wait() => Some(status.context("waiting for a step")?),
        () = signals.received() => {
            cx.ui.warning("interrupted: waiting for the step to stop");
            if let Some(pid) = child.id() {
                signals::terminate(pid);
            }
            // Whoever watches over it takes half a minute at most.
            child.wait().await.context("waiting for a step")?;
            None
        }
    };
    let took = started.elapsed();
    Ok(match status.and_then(|status| status.code()) {
        Some(0) => Outcome::Passed(took),
        // Stopped by Ctrl-C, by the system or by hand; what fails by itself has another code.
        None | Some(130 | 137 | 143) => Outcome::Interrupted(took),
        Some(code) => Outcome::Failed(took, u8::try_from(code).unwrap_or(1)),
    })
}

fn process(cx: &Context, command: &Command) -> Result<tokio::process::Command> {
    let folder = match &command.folder {
        Some(folder) => cx.workspace().join(folder),
        None => cx.workspace().to_path_buf(),
    };
    if !folder.is_dir() {
        bail!("there is no folder `{}`", folder.display());
    }
    let mut process = std::process::Command::new(&command.words[0]);
    process.args(&command.words[1..]).current_dir(folder);
    // As from a shell: what `cargo run` has told us of ourselves is not for the cargo of a step.
    for name in cx.config.of_this_package() {
        process.env_remove(name);
    }
    process.env("CI", "true").envs(&command.env);
    let mut process = tokio::process::Command::from(group::held(process)?);
    // What steps print is for people; stdout is kept for our own result.
    process.stdin(Stdio::null()).stdout(std::io::stderr());
    Ok(process)
}
