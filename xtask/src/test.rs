//! `cargo xtask test`: target, preflight, plan, nextest, sweep, summary.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use contract::target::{RECORDS_VARIABLE, SAMPLES_VARIABLE};
use contract::{Prefix, Root, RunId, Shard, Target, TestId, buckets};

mod capabilities;
mod console;
mod environment;
pub(crate) mod junit;
mod models;
mod needs;
pub(crate) mod nextest;
mod performance;
mod permissions;
mod plan;
mod preflight;
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
use junit::Outcome;
pub(crate) use models::Models;
use needs::LockCheck;
use nextest::{Listed, Nextest, RunRequest, TestList};
use permissions::Permissions;
use plan::{ListedTest, Plan, Selection, Verdicts};
use records::Records;
use run_folder::{RunFolder, new_run_id};
use skip::SkipReason;
use summary::Summary;
use target::RunTarget;
pub(crate) use target::nothing_configured;
use timings::{Phase, Timings};

use crate::aws::{Aws, AwsError};
use crate::caller;
use crate::check;
use crate::cli;
use crate::config::ConfiguredBucket;
use crate::context::Context;
use crate::exit::Exit;
use crate::mark::{Heartbeat, Mark, MarkPlace};
use crate::permissions::{Lock, Scratch};
use crate::report::{self, Permission, Sweep};
use crate::setup;
use crate::shell;
use crate::signals::Signals;

pub(crate) fn run(args: cli::Test, cx: &Context) -> Result<Exit> {
    nextest::check_extra_args(&args.nextest_args)?;
    needs::check_args(&args)?;
    let timings = Timings::start();
    cx.block_on(async {
        let run = args.run_id.clone().unwrap_or_else(new_run_id);
        if args.aws {
            match RunTarget::aws(cx).await? {
                Some(target) => on_target(&args, cx, &run, &target, timings).await,
                None => without_aws(&args, cx, &run, timings).await,
            }
        } else {
            let target = RunTarget::sandbox().await?;
            on_target(&args, cx, &run, &target, timings).await
        }
    })
}

/// Does all that a run with `--aws` may have to do around its tests, in a bucket where they left
/// everything that can be left.
///
/// # Errors
/// Where the bucket is not empty afterwards.
pub(crate) async fn exercise(cx: &Context, aws: &Aws, scratch: &Scratch) -> Result<()> {
    let bucket = Scratch::TEST_BUCKET;
    scratch.make_bucket(bucket).await?;
    let buckets = buckets::ALL.map(|known| ConfiguredBucket {
        purpose: known.purpose,
        variable: known.variable,
        name: bucket.to_owned(),
    });
    let target = RunTarget::of_server(aws.clone(), buckets.into(), Models::of_sandbox());
    let run = new_run_id();
    preflight::check_buckets(&target).await?;
    preflight::check_rivals(&target, &run, None).await?;
    let mark = Mark::of_this_process(&run, None);
    let places = MarkPlace::all(&target.bucket_names(), &run, None);
    mark.put(aws, &places).await.map_err(AwsError::into_error)?;
    capabilities::lacking(&target, &run, None).await?;
    let test = ListedTest::new("tests::suites", "suite::litters");
    for root in Root::ALL {
        let prefix = Prefix::of_test(root, &run, &test.id);
        scratch.litter(bucket, &format!("{prefix}n/")).await?;
    }
    let swept = sweep::sweep(cx, &target, &run, None, &[test]).await;
    anyhow::ensure!(swept.is_complete(), "the embedded AWS could not be swept: {swept:?}");
    Ok(())
}

/// Everything is skipped, and said to be; nextest only lists.
async fn without_aws(
    args: &cli::Test,
    cx: &Context,
    run: &RunId,
    mut timings: Timings,
) -> Result<Exit> {
    let asked = Asked::ask(cx);
    let reason = SkipReason::aws_not_configured();
    let verdicts = Verdicts { nothing_runs: Some(reason), ..Verdicts::default() };
    timings.end(Phase::Preflight);
    let nextest = Nextest::find_or_install(cx)?;
    let list = match nextest.list(cx).await? {
        Listed::Tests(list) => list,
        Listed::Failed(exit) => return Ok(exit),
    };
    timings.end(Phase::Build);
    let Some(plan) = planned(args, cx, &list, &verdicts)? else { return Ok(nextest::NO_TESTS) };
    let folder = RunFolder::create(cx, run, args.shard)?;
    junit::complete(&folder.junit(), &plan.skip, &BTreeMap::new())?;
    timings.end(Phase::Report);
    let summary = Summary {
        run,
        shard: args.shard,
        command: command(),
        target: "AWS, which is not configured".to_owned(),
        plan: &plan,
        outcomes: BTreeMap::new(),
        records: Records::default(),
        swept: None,
        lock: None,
        permissions: &[],
        cost: None,
        tests: Exit::Success,
        strict: args.strict,
        leaks_fail: args.strict,
        timings,
        environment: asked.answers(&nextest, None).await,
        junit: folder.junit(),
    };
    publish(args, cx, &summary, &folder)
}

/// Keeps the run as data, and shows it.
fn publish(
    args: &cli::Test,
    cx: &Context,
    summary: &Summary<'_>,
    folder: &RunFolder,
) -> Result<Exit> {
    let document = summary.document(cx);
    folder.keep(&document)?;
    // A run is not worth less for a page that could not be drawn.
    let page = report::write(cx, &document).inspect_err(|error| cx.ui.lost("the report", error));
    let appended = report::append_markdown(cx, &document);
    let _ = appended.inspect_err(|error| cx.ui.lost("the summary for GitHub", error));
    let page = page.ok().map(|page| {
        let page = page.strip_prefix(cx.workspace()).unwrap_or(&page);
        page.display().to_string()
    });
    let next = report::next(&document).into_iter().next().map(|step| step.command);
    console::print(cx, summary, &Details { timings: args.timings, page, next });
    cx.ui.json(&document);
    Ok(summary.exit())
}

async fn on_target(
    args: &cli::Test,
    cx: &Context,
    run: &RunId,
    target: &RunTarget,
    mut timings: Timings,
) -> Result<Exit> {
    let mut signals = Signals::listen()?;
    let asked = Asked::ask(cx);
    let lock_check = match target.target {
        Target::Sandbox => Some(LockCheck::begin(args, cx)?),
        Target::Aws => None,
    };
    let folder = RunFolder::create(cx, run, args.shard)?;
    cx.ui.step("Testing", format_args!("run {} on {}", in_words(run, args.shard), target.shown()));
    let permissions = match target.target {
        Target::Sandbox => {
            setup::provision(&target.aws, &target.bucket_names()).await?;
            Permissions::default()
        }
        Target::Aws => match preflight(args, cx, run, target, &mut signals).await? {
            Some(permissions) => permissions,
            None => return Ok(Exit::Interrupted),
        },
    };

    // From here on something of ours may stand in the buckets: every way out leads through the sweep.
    let mark = Mark::of_this_process(run, args.shard);
    let places = MarkPlace::all(&target.bucket_names(), run, args.shard);
    let marked = mark.put(&target.aws, &places).await.map_err(AwsError::into_error);
    let heartbeat = Heartbeat::start(target.aws.clone(), mark, places, cx.ui);
    let prepared = match marked.context("marking the run as live") {
        Ok(()) => tokio::select! {
            prepared = prepare(args, cx, run, target, permissions, folder, &mut timings) => prepared,
            () = signals.received() => Ok(Prepared::Ended(Exit::Interrupted)),
        },
        Err(error) => Err(error),
    };
    let ended = match prepared {
        Ok(Prepared::Ready(ready)) => {
            let ran = run_tests(args, cx, run, target, &ready, &mut signals).await;
            Ended::Late(ready, ran)
        }
        Ok(Prepared::Ended(exit)) => Ended::Early(Ok(exit)),
        Err(error) => Ended::Early(Err(error)),
    };
    timings.end(Phase::Tests);
    heartbeat.stop().await;
    let planned = match &ended {
        Ended::Late(ready, _) => ready.plan.run.as_slice(),
        Ended::Early(_) => &[],
    };
    let swept = tokio::select! {
        swept = sweep::sweep(cx, target, run, args.shard, planned) => swept,
        () = signals.received() => Sweep::interrupted(),
    };
    timings.end(Phase::Sweep);

    let (ready, ran) = match ended {
        Ended::Late(ready, Ok(ran)) => (ready, ran),
        Ended::Late(_, Err(error)) => {
            swept.report_failures(cx, run);
            return Err(error);
        }
        Ended::Early(exit) => {
            swept.report_failures(cx, run);
            return exit;
        }
    };
    let log = target.take_calls();
    let cost = spending::of_run(args, cx, target, &log, &ran.records, &ran.outcomes);
    let lock = match lock_check {
        Some(check) if ran.exit != Exit::Interrupted => {
            let (listed, planned) = (ready.list.tests(), &ready.plan.run);
            Some(check.end(cx, target, &log, &listed, planned, &ran.outcomes).await?)
        }
        _ => None,
    };
    let environment = asked.answers(&ready.nextest, Some(target)).await;
    timings.end(Phase::Report);
    let summary = Summary {
        run,
        shard: args.shard,
        command: command(),
        target: target.shown(),
        plan: &ready.plan,
        outcomes: ran.outcomes,
        records: ran.records,
        swept: Some(&swept),
        lock: lock.as_ref(),
        permissions: &ready.permissions,
        cost: Some(cost),
        tests: ran.exit,
        strict: args.strict,
        leaks_fail: args.strict || target.target == Target::Sandbox,
        timings,
        environment,
        junit: ready.folder.junit(),
    };
    publish(args, cx, &summary, &ready.folder)
}

/// The command as it was typed.
fn command() -> String {
    let args = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    shell::command(["cargo", "xtask"].map(ToOwned::to_owned).into_iter().chain(args))
}

/// What has to be right on AWS before anything is built, and what is known about permissions then.
/// `None` where a signal arrives meanwhile: nothing of ours is in the buckets then.
async fn preflight(
    args: &cli::Test,
    cx: &Context,
    run: &RunId,
    target: &RunTarget,
    signals: &mut Signals,
) -> Result<Option<Permissions>> {
    caller::warn(cx.ui, &target.aws);
    let looking = async {
        preflight::check_buckets(target).await?;
        // A name that we made up is nobody else's.
        match args.run_id {
            Some(_) => preflight::check_rivals(target, run, args.shard).await,
            None => Ok(()),
        }
    };
    let Some(looked) = signals.unless_received(looking).await else { return Ok(None) };
    looked?;
    let lock = needs::lock_path(args, cx);
    let lock = Lock::read_or_empty(&lock)?;
    let selection = selection(args);
    // Shards share the name of their run; each tries for itself.
    let probes = check::run_id();
    Permissions::find(cx, target, &probes, &lock, &selection, signals).await
}

/// What stands before the first test.
enum Prepared {
    /// No test can be started; what there was to say was said.
    Ended(Exit),
    /// Everything is built and planned.
    Ready(Box<Ready>),
}

/// How far a run got.
enum Ended {
    /// No test was started.
    Early(Result<Exit>),
    /// The planned tests were given to nextest, where there were any.
    Late(Box<Ready>, Result<Ran>),
}

struct Ready {
    folder: RunFolder,
    nextest: Nextest,
    list: TestList,
    plan: Plan,
    /// What the tests need, with the verdicts of the preflight.
    permissions: Vec<Permission>,
}

/// How nextest and its tests ended.
struct Ran {
    exit: Exit,
    outcomes: BTreeMap<TestId, Outcome>,
    records: Records,
}

async fn prepare(
    args: &cli::Test,
    cx: &Context,
    run: &RunId,
    target: &RunTarget,
    permissions: Permissions,
    folder: RunFolder,
    timings: &mut Timings,
) -> Result<Prepared> {
    let lacking = capabilities::lacking(target, run, args.shard).await;
    let lacking = lacking.context("trying what the target can do")?;
    let verdicts = Verdicts { lacking, permissions, ..Verdicts::default() };
    timings.end(Phase::Preflight);
    let nextest = Nextest::find_or_install(cx)?;
    let list = match nextest.list(cx).await? {
        Listed::Tests(list) => *list,
        Listed::Failed(exit) => return Ok(Prepared::Ended(exit)),
    };
    timings.end(Phase::Build);
    Ok(match planned(args, cx, &list, &verdicts)? {
        Some(plan) => {
            if target.target == Target::Aws {
                verdicts.permissions.remark_on_new(cx, &plan.run);
                spending::check_limit(args, cx, target, &plan)?;
            }
            let permissions = verdicts.permissions.table;
            Prepared::Ready(Box::new(Ready { folder, nextest, list, plan, permissions }))
        }
        None => Prepared::Ended(nextest::NO_TESTS),
    })
}

async fn run_tests(
    args: &cli::Test,
    cx: &Context,
    run: &RunId,
    target: &RunTarget,
    ready: &Ready,
    signals: &mut Signals,
) -> Result<Ran> {
    let junit = ready.folder.junit();
    let mut outcomes = BTreeMap::new();
    let mut records = Records::default();
    let mut exit = Exit::Success;
    if !ready.plan.run.is_empty() {
        target.admit(&ready.plan.run);
        let kept = Records::prepare(&ready.folder.path)?;
        let mut variables = target.variables(cx, run);
        let of_records = kept.to_str().context("the workspace's path is not UTF-8")?.to_owned();
        variables.insert(RECORDS_VARIABLE.to_owned(), Some(of_records));
        let samples = args.samples.map(|samples| samples.to_string());
        variables.insert(SAMPLES_VARIABLE.to_owned(), samples);
        let request = RunRequest {
            folder: &ready.folder.path,
            junit: &junit,
            list: &ready.list,
            tests: &ready.plan.run,
            variables: &variables,
            config: "",
            extra_args: &args.nextest_args,
        };
        exit = ready.nextest.run(cx, request, signals).await?;
        // Where nextest was stopped it may have written nothing.
        if junit.exists() {
            outcomes = junit::read(&junit)?;
        }
        records = Records::read(cx, &kept)?;
        records.judge(&mut outcomes);
    }
    junit::complete(&junit, &ready.plan.skip, &outcomes)?;
    Ok(Ran { exit, outcomes, records })
}

/// The plan; `None`, after saying so, where no test matches.
fn planned(
    args: &cli::Test,
    cx: &Context,
    list: &TestList,
    verdicts: &Verdicts,
) -> Result<Option<Plan>> {
    let tests = list.tests();
    let count = tests.len();
    let plan = Plan::new(tests, &selection(args), verdicts)?;
    if plan.run.is_empty() && plan.skip.is_empty() {
        let Some(shard) = args.shard.filter(|_| plan.of_other_shards > 0) else {
            cx.ui.failure(format_args!("none of the {count} tests matches"));
            cx.ui.hint("cargo nextest list --package tests");
            return Ok(None);
        };
        cx.ui.remark(format_args!(
            "nothing to do: shard {shard} has none of the tests that match; other shards have {}",
            plan.of_other_shards
        ));
    }
    Ok(Some(plan))
}

fn selection(args: &cli::Test) -> Selection<'_> {
    Selection { suites: &args.suite, filters: &args.filter, shard: args.shard }
}

/// A run's name, and which shard of it this is.
fn in_words(run: &RunId, shard: Option<Shard>) -> String {
    shard.map_or_else(|| run.to_string(), |shard| format!("{run}, shard {shard},"))
}
