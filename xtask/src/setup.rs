//! `cargo xtask setup`: the test buckets, provisioned and protected, and the permissions, tried.

use anyhow::{Result, anyhow};

use crate::aws::{self, Aws, Connection, Overrides};
use crate::caller;
use crate::check;
use crate::cli;
use crate::config::Config;
use crate::context::Context;
use crate::error::Hint as _;
use crate::exit::Exit;
use crate::permissions::Scratch;
use crate::ui::{Tone, Ui};

mod bucket_names;
mod buckets;
mod create;
mod dot_env;
mod patience;
mod probe;
mod provision;
mod report;
mod settings;

use dot_env::Assignment;
use provision::{BucketReport, Found, TestBucket, look, rehearse};

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
    let place = bucket_names::Place { account: Some(account), region, is_aws: true };
    bucket_names::propose(&bucket_names::app_name(&config.workspace), purpose, place)
}

/// Does all that `setup` may have to do: creates a bucket, finds it as it should be, adopts another,
/// and tries both.
///
/// # Errors
/// Where a bucket is not as it should be afterwards.
pub(crate) async fn exercise(aws: &Aws, scratch: &Scratch) -> Result<()> {
    let [new, adopted, ..] = Scratch::BUCKETS;
    scratch.make_bucket(adopted).await?;
    for (name, may_adopt) in [(new, false), (new, false), (adopted, true)] {
        let bucket = TestBucket { name: name.to_owned(), variables: Vec::new() };
        let found = look(aws, name).await;
        let report = provision_and_probe(aws, bucket, found, may_adopt).await;
        if !report.is_good() {
            return Err(report::error(&report));
        }
    }
    Ok(())
}

async fn provision_and_probe(
    aws: &Aws,
    bucket: TestBucket,
    found: Found,
    may_adopt: bool,
) -> BucketReport {
    let mut report = provision::provision(aws, bucket, found, may_adopt).await;
    report.probe(aws).await;
    report
}

async fn setup(args: cli::Setup, cx: &Context) -> Result<Exit> {
    let ui = &cx.ui;
    let overrides = Overrides { region: args.region.clone(), profile: args.profile.clone() };
    let aws = match aws::connect(&cx.config, &overrides).await? {
        Connection::Connected(aws) => aws,
        Connection::NotConfigured => {
            return Err(anyhow!("AWS is not configured: {}", aws::NOWHERE)).hint(
                "export AWS_PROFILE=..., or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put them \
                 into `app/.env`; without an account: cargo xtask sandbox",
            );
        }
    };
    caller::introduce(ui, &aws);

    let proposals = buckets::proposals(&cx.config, &aws);
    let buckets = buckets::distinct(&cx.config.buckets(), &proposals);
    buckets::check_adopt(&args.adopt, &buckets)?;
    foresee(cx, &aws, &buckets).await?;
    let written = write_env(&args, cx, proposals)?;

    let mut reports = Vec::new();
    for bucket in buckets {
        let progress = ui.progress(&bucket.name);
        let found = look(&aws, &bucket.name).await;
        progress.finish_and_clear();
        let may_adopt = may_adopt(&args, ui, &bucket, &found);
        let report = if args.dry_run {
            rehearse(bucket, found, may_adopt)
        } else {
            let progress = ui.progress(&bucket.name);
            let report = provision_and_probe(&aws, bucket, found, may_adopt).await;
            progress.finish_and_clear();
            report
        };
        report::bucket(ui, &report);
        reports.push(report);
    }
    ui.json(&report::document(&aws, &reports, &written, args.dry_run))?;
    Ok(conclude(ui, &args, &cx.config, &reports, !written.is_empty()))
}

/// Says what will be refused, before anything is changed. It is tried all the same: the simulator does
/// not see every policy.
async fn foresee(cx: &Context, aws: &Aws, buckets: &[TestBucket]) -> Result<()> {
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
        cx.ui.hint("the policy that allows it: cargo xtask policy --for setup");
    }
    Ok(())
}

/// Gives the variables that have no value their proposed ones, where somebody said yes.
fn write_env(
    args: &cli::Setup,
    cx: &Context,
    proposals: Vec<Assignment>,
) -> Result<Vec<Assignment>> {
    if proposals.is_empty() {
        return Ok(proposals);
    }
    let ui = &cx.ui;
    let is_wanted = args.write_env || (!args.dry_run && is_confirmed(ui, &proposals));
    if !is_wanted {
        return Err(buckets::missing(&proposals));
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
    config: &Config,
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
    ui.finding(Tone::Plain, "next", next(args, config, is_setup_next));
    Exit::Success
}

/// What was said on this command line holds for this command only.
fn next(args: &cli::Setup, config: &Config, is_setup: bool) -> String {
    if is_setup {
        let flags = [("--region", &args.region), ("--profile", &args.profile)];
        let flags =
            flags.map(|(flag, value)| value.as_ref().map(|value| format!(" {flag} {value}")));
        let adopt = args.adopt.iter().map(|name| format!(" --adopt {name}")).collect::<String>();
        let write_env = if args.write_env { " --write-env" } else { "" };
        let flags = flags.into_iter().flatten().collect::<String>();
        return format!("cargo xtask setup{write_env}{flags}{adopt}");
    }
    let variables = [("AWS_REGION", &args.region), ("AWS_PROFILE", &args.profile)];
    let set = variables.into_iter().filter_map(|(name, value)| {
        let value = value.as_deref().filter(|value| config.get(name) != Some(value))?;
        Some(format!("{name}={value} "))
    });
    format!("{}cargo xtask test --aws", set.collect::<String>())
}
