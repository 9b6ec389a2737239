//! `cargo xtask setup`: the test buckets, provisioned and protected, and the permissions, tried.

use anyhow::Result;

use crate::aws::{self, Aws};
use crate::caller;
use crate::check;
use crate::cli;
use crate::config::Config;
use crate::connection::Again;
use crate::context::Context;
use crate::error::Hint as _;
use crate::exit::Exit;
use crate::permissions::{Purpose, Scratch};
use crate::signals::Signals;
use crate::ui::{Tone, Ui};

mod bucket_names;
mod buckets;
mod create;
mod dot_env;
mod patience;
mod provision;
mod report;
mod settings;

use dot_env::Assignment;
use provision::{BucketReport, Found, TestBucket, look, probe, rehearse};

/// Runs the command.
///
/// # Errors
/// Where nothing can be said about any bucket: no credentials, no region, no names.
pub(crate) fn run(args: cli::Setup, cx: &Context) -> Result<Exit> {
    cx.block_on(setup(args, cx))
}

/// Creates and protects buckets without a word and without trying anything in them: for the embedded
/// AWS, where everything is allowed.
///
/// # Errors
/// Where one of them is not as it should be afterwards.
pub(crate) async fn provision(aws: &Aws, names: &[String]) -> Result<()> {
    for name in names {
        let bucket = TestBucket { name: name.clone(), variables: Vec::new() };
        let found = look(aws, name).await;
        let report = provision::provision(aws, bucket, found, false).await;
        if !report.is_good() {
            return Err(report::error(&report));
        }
    }
    Ok(())
}

/// The name that `setup` proposes on AWS for the bucket of a purpose.
pub(crate) fn proposed_name(config: &Config, purpose: &str, account: &str, region: &str) -> String {
    let location = bucket_names::Location { account: Some(account), region, is_aws: true };
    bucket_names::propose(&bucket_names::app_name(&config.workspace), purpose, location)
}

/// Does all that `setup` may have to do: creates a bucket, finds it as it should be, adopts another,
/// and tries both.
///
/// # Errors
/// Where a bucket is not as it should be afterwards.
pub(crate) async fn exercise(aws: &Aws, scratch: &Scratch) -> Result<()> {
    let (new, adopted) = (Scratch::NEW_BUCKET, Scratch::ADOPTED_BUCKET);
    scratch.make_bucket(adopted).await?;
    for (name, may_adopt) in [(new, false), (new, false), (adopted, true)] {
        let bucket = TestBucket { name: name.to_owned(), variables: Vec::new() };
        let found = look(aws, name).await;
        let mut report = provision::provision(aws, bucket, found, may_adopt).await;
        if report.is_ours() {
            report.probe = Some(probe(aws, &check::run_id(), name).await);
        }
        if !report.is_good() {
            return Err(report::error(&report));
        }
    }
    Ok(())
}

async fn setup(args: cli::Setup, cx: &Context) -> Result<Exit> {
    let ui = &cx.ui;
    let aws = aws::require(&cx.config, &args.connection).await?;
    let again = args.connection.again(&cx.config);
    caller::introduce(cx.ui, &aws);

    let proposals = buckets::proposals(&cx.config, &aws);
    let buckets = buckets::distinct(&cx.config.buckets(), &proposals);
    buckets::check_adopt(&args.adopt, &buckets)?;
    foresee(cx, &aws, &buckets, &again).await?;
    let written = write_env(&args, cx, proposals, &again)?;

    let mut looked_at = Vec::new();
    for bucket in buckets {
        let progress = ui.progress(&bucket.name);
        let found = look(&aws, &bucket.name).await;
        progress.finish_and_clear();
        let may_adopt = may_adopt(&args, ui, &bucket, &found);
        looked_at.push((bucket, found, may_adopt));
    }
    // Until here no bucket was changed and questions were asked: a signal ended the process.
    let mut signals = Signals::listen()?;
    let mut reports = Vec::new();
    for (bucket, found, may_adopt) in looked_at {
        let report = match args.dry_run {
            true => Some(rehearse(bucket, found, may_adopt)),
            false => provision_and_probe(cx, &aws, bucket, found, may_adopt, &mut signals).await,
        };
        let Some(report) = report else {
            ui.remark("what is done so far stays");
            ui.hint(again.setup_as(&args));
            ui.json(&report::interrupted())?;
            return Ok(Exit::Interrupted);
        };
        report::bucket(ui, &report, &again);
        reports.push(report);
    }
    ui.json(&report::document(&aws, &reports, &written, args.dry_run, &again))?;
    Ok(conclude(ui, &args, &again, &reports, !written.is_empty()))
}

/// `None` where a signal arrives meanwhile.
async fn provision_and_probe(
    cx: &Context,
    aws: &Aws,
    bucket: TestBucket,
    found: Found,
    may_adopt: bool,
    signals: &mut Signals,
) -> Option<BucketReport> {
    let name = bucket.name.clone();
    let progress = cx.ui.progress(&name);
    let provisioning = provision::provision(aws, bucket, found, may_adopt);
    let report = signals.unless_received(provisioning).await;
    progress.finish_and_clear();
    let mut report = report?;
    if report.is_ours() {
        let run = check::run_id();
        let probing = probe(aws, &run, &name);
        report.probe = Some(check::to_its_end(cx.ui, signals, &run, probing).await?);
    }
    Some(report)
}

/// Says what will be refused, before anything is changed. It is tried all the same: the simulator does
/// not see every policy.
async fn foresee(cx: &Context, aws: &Aws, buckets: &[TestBucket], again: &Again) -> Result<()> {
    let purpose = |variable: &str| {
        let known = contract::buckets::ALL.iter().find(|known| known.variable == variable);
        known.map(|known| known.purpose)
    };
    let named = buckets.iter().flat_map(|bucket| {
        bucket
            .variables
            .iter()
            .filter_map(move |variable| Some((purpose(variable)?, bucket.name.clone())))
    });
    let denied = check::foresee_setup(cx, aws, named).await?;
    for line in &denied {
        cx.ui.warning(format_args!("IAM's simulator says that this will be refused: {line}"));
    }
    if !denied.is_empty() {
        let policy = again.policy(Purpose::Setup);
        cx.ui.hint(format_args!("the policy that allows it: {policy}"));
    }
    Ok(())
}

/// Gives the variables that have no value their proposed ones, where somebody said yes.
fn write_env(
    args: &cli::Setup,
    cx: &Context,
    proposals: Vec<Assignment>,
    again: &Again,
) -> Result<Vec<Assignment>> {
    if proposals.is_empty() {
        return Ok(proposals);
    }
    let ui = &cx.ui;
    let is_wanted = args.write_env || (!args.dry_run && is_confirmed(ui, &proposals));
    if !is_wanted {
        return Err(buckets::missing(&proposals, again));
    }
    let word = if args.dry_run { "would write" } else { "wrote" };
    if !args.dry_run {
        let written = dot_env::fill(&cx.config.dot_env_path(), &proposals);
        let lines: Vec<String> = buckets::lines(&proposals).collect();
        written.hint(format_args!("add these lines by hand:\n\n    {}", lines.join("\n    ")))?;
    }
    for line in buckets::lines(&proposals) {
        ui.finding(Tone::Good, word, format_args!("{line} to `app/.env`"));
    }
    ui.line("");
    Ok(proposals)
}

fn is_confirmed(ui: &Ui, proposals: &[Assignment]) -> bool {
    let lines: Vec<String> = buckets::lines(proposals).collect();
    let question = format!("    {}\nWrite these lines to `app/.env`?", lines.join("\n    "));
    ui.confirm(&question).unwrap_or(false)
}

/// Whether somebody said that a bucket of their own may be changed.
fn may_adopt(args: &cli::Setup, ui: &Ui, bucket: &TestBucket, found: &Found) -> bool {
    if args.adopt.contains(&bucket.name) {
        return true;
    }
    let question = || report::question(bucket, found);
    !args.dry_run && found.needs_consent() && ui.confirm(&question()).unwrap_or(false)
}

/// Says in one line what came of it, and what to type next.
fn conclude(
    ui: &Ui,
    args: &cli::Setup,
    again: &Again,
    reports: &[BucketReport],
    wrote_env: bool,
) -> Exit {
    let bad = reports.iter().filter(|report| !report.is_good()).count();
    if bad > 0 {
        ui.failure(format_args!("{bad} of {} buckets are not ready", reports.len()));
        return Exit::Failure;
    }
    let is_change = |report: &&BucketReport| match args.dry_run {
        true => report.would_change(),
        false => report.is_changed(),
    };
    let changed = reports.iter().filter(is_change).count();
    let is_unchanged = changed == 0 && !wrote_env;
    let total = reports.len();
    let left_alone = reports.iter().filter(|report| report.is_left_alone()).count();
    let what = match (args.dry_run, is_unchanged) {
        (true, true) => "nothing would be changed".to_owned(),
        (true, false) => format!("would change {changed} of {total} buckets, changed none"),
        (false, true) if left_alone == 0 => "nothing had to be changed".to_owned(),
        (false, true) => "nothing was changed".to_owned(),
        (false, false) => format!("changed {changed} of {total} buckets"),
    };
    let rest = match left_alone {
        0 => String::new(),
        _ => format!("; left alone: {left_alone} of {total}"),
    };
    let word = if args.dry_run { "dry run" } else { "done" };
    let tone = if args.dry_run && !is_unchanged { Tone::Warn } else { Tone::Good };
    ui.finding(tone, word, format_args!("{what}{rest}"));
    let is_setup_next = args.dry_run && !is_unchanged;
    let next = if is_setup_next { again.setup_as(args) } else { again.test() };
    ui.finding(Tone::Plain, "next", next);
    Exit::Success
}

impl Again {
    /// `setup` with what this command line chose, and to be done.
    fn setup_as(&self, args: &cli::Setup) -> String {
        let write_env = args.write_env.then_some("--write-env");
        let adopt = args.adopt.iter().flat_map(|name| ["--adopt", name]);
        self.command("setup", &write_env.into_iter().chain(adopt).collect::<Vec<_>>())
    }
}
