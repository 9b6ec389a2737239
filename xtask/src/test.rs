//! `cargo xtask test`: target, preflight, plan, nextest, sweep, summary.

use anyhow::{Context as _, Result};
use contract::target::{RECORDS_VARIABLE, SAMPLES_VARIABLE};
use contract::{RunId, Shard, Target};

mod allowed;
mod capabilities;
mod console;
mod environment;
mod exercise;
pub(crate) mod junit;
mod lock_check;
mod lock_file;
pub(crate) mod nextest;
mod performance;
mod plan;
mod preflight;
mod prepare;
mod records;
mod run_folder;
mod skip;
mod spending;
mod summary;
mod sweep;
mod target;
#[cfg(test)]
mod tests;
mod timings;

use console::Details;
use environment::Asked;
pub(crate) use exercise::exercise;
use lock_check::LockCheck;
use nextest::{Listed, Nextest, RunRequest, TestList};
use prepare::Prepared;
use records::Records;
use run_folder::{RunFolder, new_run_id};
use skip::SkipRule;
use summary::Summary;
use target::RunTarget;
pub(crate) use target::nothing_configured;
use timings::{Phase, Timings};

use crate::aws::AwsError;
use crate::cli;
use crate::context::Context;
use crate::exit::Exit;
use crate::mark::{Heartbeat, Mark, MarkPlace};
use crate::report::{self, SkipReason, Sweep};
use crate::shell;
use crate::signals::Signals;

pub(crate) fn run(args: cli::Test, cx: &Context) -> Result<Exit> {
    nextest::check_extra_args(&args.nextest_args)?;
    lock_check::check_args(&args)?;
    let timings = Timings::start();
    cx.block_on(async {
        let id = args.run_id.clone().unwrap_or_else(new_run_id);
        let run = Run { args: &args, cx, id: &id };
        if args.aws {
            match RunTarget::aws(cx).await? {
                Some(target) => on_target(run, &target, timings).await,
                None => without_aws(run, timings).await,
            }
        } else {
            let target = RunTarget::sandbox().await?;
            on_target(run, &target, timings).await
        }
    })
}

/// A run as it was asked for.
#[derive(Clone, Copy)]
struct Run<'a> {
    args: &'a cli::Test,
    cx: &'a Context,
    id: &'a RunId,
}

impl Run<'_> {
    /// A summary in which nothing has happened yet.
    fn summary(self, on: Target, shown: String, folder: &RunFolder, timings: Timings) -> Summary {
        Summary {
            shard: self.args.shard,
            command: command(),
            target: shown,
            strict: self.args.strict,
            junit: folder.junit(),
            ..Summary::new(self.id.clone(), on, timings)
        }
    }
}

/// Everything is skipped, and said to be; nextest only lists.
async fn without_aws(run: Run<'_>, timings: Timings) -> Result<Exit> {
    let Run { args, cx, id } = run;
    let asked = Asked::ask(cx);
    let folder = RunFolder::create(cx, id, args.shard)?;
    let shown = "AWS, which is not configured".to_owned();
    let mut summary = run.summary(Target::Aws, shown, &folder, timings);
    let rule = SkipRule::nothing_runs(SkipReason::aws_not_configured());
    let nextest = Nextest::find_or_install(cx).await?;
    summary.timings.end(Phase::Preflight);
    let listed = nextest.list(cx).await?;
    summary.timings.end(Phase::Build);
    match listed {
        Listed::Tests(list) => {
            (summary.plan, summary.tests) = prepare::plan(run, &nextest, &list, &rule)?;
        }
        Listed::Failed(exit) => summary.tests = exit,
    }
    summary.environment = asked.answers(Some(&nextest), None).await;
    publish(run, summary, &folder)
}

async fn on_target(run: Run<'_>, target: &RunTarget, timings: Timings) -> Result<Exit> {
    let Run { args, cx, id } = run;
    let mut signals = Signals::listen()?;
    let asked = Asked::ask(cx);
    let lock_check = match target.target {
        Target::Sandbox => Some(LockCheck::begin(args, cx)?),
        Target::Aws => None,
    };
    let folder = RunFolder::create(cx, id, args.shard)?;
    let mut summary = run.summary(target.target, target.shown(), &folder, timings);
    cx.ui.step("Testing", format_args!("run {} on {}", in_words(id, args.shard), target.shown()));
    let found = prepare::find_out(run, target, &mut signals).await?;
    let Some((nextest, allowed)) = found else {
        summary.tests = Exit::Interrupted;
        summary.environment = asked.answers(None, Some(target)).await;
        return publish(run, summary, &folder);
    };

    // From here on something of ours may stand in the buckets: every way out leads through the sweep.
    let mark = Mark::of_this_process(id, args.shard);
    let places = MarkPlace::all(&target.bucket_names(), id, args.shard);
    let marked = mark.put(&target.aws, &places).await.map_err(AwsError::into_error);
    let heartbeat = Heartbeat::start(target.aws.clone(), mark, places, cx.ui);
    // On a terminal Ctrl-C ends our children, too: whether it came is looked at first, here and below.
    let timings = &mut summary.timings;
    let prepared = match marked.context("marking the run as live") {
        Ok(()) => tokio::select! {
            biased;
            () = signals.received() => Ok(Prepared::ended(Exit::Interrupted)),
            prepared = prepare::prepare(run, target, &nextest, allowed, timings) => prepared,
        },
        Err(error) => Err(error),
    };
    let ran = match prepared {
        Ok(Prepared { plan, permissions, list, exit }) => {
            summary.plan = plan;
            summary.permissions = permissions;
            summary.tests = exit;
            match &list {
                Some(list) => {
                    let tests = Tests { nextest: &nextest, list, folder: &folder };
                    run_tests(run, target, tests, &mut summary, &mut signals).await
                }
                None => Ok(()),
            }
            .map(|()| list)
        }
        Err(error) => Err(error),
    };
    summary.timings.end(Phase::Tests);
    heartbeat.stop().await;
    let swept = tokio::select! {
        biased;
        () = signals.received() => {
            summary.interrupted = true;
            Sweep::interrupted()
        }
        swept = sweep::sweep(cx, target, id, args.shard, &summary.plan.run) => swept,
    };
    summary.timings.end(Phase::Sweep);
    let list = ran.inspect_err(|_| swept.report_failures(cx, target.target, id))?;
    summary.swept = Some(swept);

    if let Some(list) = list {
        let log = target.take_calls();
        let cost = spending::of_run(args, cx, target, &log, &summary.records, &summary.outcomes);
        summary.cost = Some(cost);
        if let Some(check) = lock_check.filter(|_| summary.tests != Exit::Interrupted) {
            let (planned, outcomes) = (&summary.plan.run, &summary.outcomes);
            let checked = check.end(cx, target, &log, &list.tests(), planned, outcomes).await;
            summary.lock = summary.unless_lost(cx, "what the tests need", checked);
        }
    }
    summary.environment = asked.answers(Some(&nextest), Some(target)).await;
    publish(run, summary, &folder)
}

/// Keeps the run as data, and shows it. A run is worth no less for a file that cannot be written: that is
/// said, and the run is no success.
fn publish(run: Run<'_>, mut summary: Summary, folder: &RunFolder) -> Result<Exit> {
    let Run { args, cx, .. } = run;
    let completed = junit::complete(&summary.junit, &summary.plan.skip, &summary.outcomes);
    summary.unless_lost(cx, report::JUNIT, completed);
    summary.timings.end(Phase::Report);
    let kept = folder.keep(&summary.document(cx));
    summary.unless_lost(cx, report::SUMMARY, kept);
    // Once more: it knows now what was lost.
    let document = summary.document(cx);
    let page = report::write(cx, &document).inspect_err(|error| cx.ui.lost("the report", error));
    let appended = report::append_markdown(cx, &document);
    let _ = appended.inspect_err(|error| cx.ui.lost("the summary for GitHub", error));
    let page = page.ok().map(|page| {
        let page = page.strip_prefix(cx.workspace()).unwrap_or(&page);
        page.display().to_string()
    });
    let next = report::next(&document).into_iter().next().map(|step| step.command);
    console::print(cx, &summary, &Details { timings: args.timings, page, next });
    cx.ui.json(&document)?;
    Ok(summary.exit())
}

/// The command as it was typed.
fn command() -> String {
    let args = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    shell::command(["cargo", "xtask"].map(ToOwned::to_owned).into_iter().chain(args))
}

/// What was built, and where its files go.
struct Tests<'a> {
    nextest: &'a Nextest,
    list: &'a TestList,
    folder: &'a RunFolder,
}

/// Runs the planned tests; how they ended goes into the summary.
async fn run_tests(
    run: Run<'_>,
    target: &RunTarget,
    tests: Tests<'_>,
    summary: &mut Summary,
    signals: &mut Signals,
) -> Result<()> {
    let Run { args, cx, id } = run;
    let Tests { nextest, list, folder } = tests;
    if summary.plan.run.is_empty() {
        return Ok(());
    }
    target.admit(&summary.plan.run);
    let kept = Records::prepare(&folder.path)?;
    let mut variables = target.variables(cx, id);
    let of_records = kept.to_str().context("the workspace's path is not UTF-8")?.to_owned();
    variables.insert(RECORDS_VARIABLE.to_owned(), Some(of_records));
    let samples = args.samples.map(|samples| samples.to_string());
    variables.insert(SAMPLES_VARIABLE.to_owned(), samples);
    let request = RunRequest {
        folder: &folder.path,
        junit: &summary.junit,
        list,
        tests: &summary.plan.run,
        variables: &variables,
        config: "",
        extra_args: &args.nextest_args,
    };
    summary.tests = nextest.run(cx, request, signals).await?;
    // Where nextest was stopped it may have written nothing.
    if summary.junit.exists() {
        let outcomes = junit::read(&summary.junit);
        summary.outcomes = summary.unless_unread(cx, outcomes);
    }
    let records = Records::read(cx, &kept);
    summary.records = summary.unless_unread(cx, records);
    summary.records.judge(&mut summary.outcomes);
    Ok(())
}

/// A run's name, and which shard of it this is.
fn in_words(run: &RunId, shard: Option<Shard>) -> String {
    shard.map_or_else(|| run.to_string(), |shard| format!("{run}, shard {shard},"))
}
