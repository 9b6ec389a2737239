//! `cargo xtask coverage`: how much of each crate the suites run.
//!
//! Without a run's variables each test starts an embedded AWS of its own, in its own process, so that one
//! binary has all the code that is counted: the app's, and the server's that answers it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use contract::target::{
    RECORDS_VARIABLE, RUN_ID_VARIABLE, SAMPLES_VARIABLE, SANDBOX_ENDPOINT_VARIABLE, TARGET_VARIABLE,
};
use nextest_metadata::NextestExitCode;

mod export;
mod figures;
mod llvm;
mod llvm_cov;
mod members;
mod show;

use export::Export;
use figures::{Coverage, Tests};
use llvm_cov::LlvmCov;
use members::Members;

use crate::cli;
use crate::context::Context;
use crate::exit::Exit;
use crate::report::open;
use crate::signals::Signals;
use crate::test::junit;
use crate::test::nextest::{Listed, Nextest, RunRequest, TestList};
use crate::test::nothing_configured;
use crate::tool;

/// Where all that a person reads of it is kept.
const FOLDER: &str = "target/xtask/coverage";

/// Code that counts itself is slow, and what is asked of its speed tells nothing. One sample of each
/// scenario runs all of its code, and no budget can be judged by so few.
const SAMPLES: &str = "1";

/// The tests of the rules by which budgets are judged need servers that are slow on purpose, and a machine
/// that is not slow besides.
const CONFIG: &str = r#"
[[profile.default.overrides]]
filter = "test(/^performance_aws::/)"
threads-required = "num-test-threads"
"#;

pub(crate) fn run(args: &cli::Coverage, cx: &Context) -> Result<Exit> {
    // What is most likely to be missing is looked for first.
    let tools = llvm::find(cx)?;
    let lcov = args.lcov.as_ref().map(std::path::absolute).transpose();
    let lcov = lcov.context("finding the current folder")?;
    cx.block_on(async {
        let mut signals = Signals::listen()?;
        let prepared = tokio::select! {
            prepared = prepare(cx, tools) => prepared?,
            () = signals.received() => return Ok(Exit::Interrupted),
        };
        let ready = match prepared {
            Prepared::Ready(ready) => ready,
            Prepared::Ended(exit) => return Ok(exit),
        };
        let (exit, tests) = run_tests(cx, &ready, &mut signals).await?;
        if !has_run(exit) {
            return Ok(exit);
        }
        let wanted = Wanted { html: args.html || args.open, lcov: lcov.as_deref() };
        let html = tokio::select! {
            html = report(cx, &ready, exit, tests, &wanted) => html?,
            () = signals.received() => return Ok(Exit::Interrupted),
        };
        if let Some(html) = html.filter(|_| args.open) {
            open(&html)?;
        }
        Ok(exit)
    })
}

/// Whether nextest has run the tests to their ends, so that there is something to show; otherwise it said
/// what was in the way.
fn has_run(exit: Exit) -> bool {
    const TEST_FAILED: i32 = NextestExitCode::TEST_RUN_FAILED;
    match exit {
        Exit::Success => true,
        Exit::Nextest(code) => i32::from(code) == TEST_FAILED,
        _ => false,
    }
}

/// What is written beside the table.
struct Wanted<'a> {
    html: bool,
    lcov: Option<&'a Path>,
}

/// What stands before the first test.
enum Prepared {
    /// The suites do not build; the compiler said why.
    Ended(Exit),
    /// Everything is built.
    Ready(Box<Ready>),
}

struct Ready {
    llvm_cov: LlvmCov,
    members: Members,
    nextest: Nextest,
    list: TestList,
}

async fn prepare(cx: &Context, tools: llvm::Tools) -> Result<Prepared> {
    let nextest = Nextest::find_or_install(cx).await?;
    let found = tool::LLVM_COV.find_or_install(cx).await?;
    let members = Members::ask(cx).await?;
    let llvm_cov = LlvmCov::new(cx, found, tools, &members);
    let nextest = nextest.in_environment(llvm_cov.environment().await?);
    let list = match nextest.list(cx).await? {
        Listed::Tests(list) => list,
        Listed::Failed(exit) => return Ok(Prepared::Ended(exit)),
    };
    // What build scripts and the listing have counted is none of the tests', and neither is an earlier
    // run's.
    llvm_cov.forget(&list.binaries_paths())?;
    Ok(Prepared::Ready(Box::new(Ready { llvm_cov, members, nextest, list: *list })))
}

async fn run_tests(cx: &Context, ready: &Ready, signals: &mut Signals) -> Result<(Exit, Tests)> {
    let folder = cx.workspace().join(FOLDER);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("making the folder `{}`", folder.display()))?;
    let junit = folder.join("junit.xml");
    remove_file(&junit)?;
    let mut tests = ready.list.tests();
    // What nextest does not run covers nothing.
    tests.retain(|test| test.withheld.is_none());
    let request = RunRequest {
        folder: &folder,
        junit: &junit,
        list: &ready.list,
        tests: &tests,
        variables: &variables(cx),
        config: CONFIG,
        extra_args: &[],
    };
    cx.ui.remark("performance budgets are not judged: code that counts itself is slow");
    let exit = ready.nextest.run(cx, request, signals).await?;
    // Where nextest was stopped it may have written nothing.
    let outcomes = if junit.exists() { junit::read(&junit)? } else { BTreeMap::new() };
    let passed = outcomes.values().filter(|outcome| outcome.ran_well()).count();
    Ok((exit, Tests { listed: tests.len(), passed, failed: outcomes.len() - passed }))
}

/// The children's environment beside what they inherit; `None` takes a variable away.
fn variables(cx: &Context) -> BTreeMap<String, Option<String>> {
    let mut variables = nothing_configured(cx);
    // A run's; it would send all tests to one server, which may not be ours.
    for name in [TARGET_VARIABLE, RUN_ID_VARIABLE, SANDBOX_ENDPOINT_VARIABLE, RECORDS_VARIABLE] {
        variables.insert(name.to_owned(), None);
    }
    variables.insert(SAMPLES_VARIABLE.to_owned(), Some(SAMPLES.to_owned()));
    variables
}

/// Shows what was covered, and writes what is wanted; gives the page.
async fn report(
    cx: &Context,
    ready: &Ready,
    exit: Exit,
    tests: Tests,
    wanted: &Wanted<'_>,
) -> Result<Option<PathBuf>> {
    let Ready { llvm_cov, members, .. } = ready;
    cx.ui.step("Reading", "the counters (cargo llvm-cov report --json --summary-only)");
    let export = llvm_cov.export(exit).await?;
    let export = Export::read(&export).context("reading llvm-cov's report")?;
    let left_out = export.left_out(members);
    let mut coverage = Coverage::new(&export, members, tests, exit);
    let mut page = None;
    if wanted.html {
        cx.ui.step("Drawing", "the pages (cargo llvm-cov report --html)");
        let written = llvm_cov.html(&cx.workspace().join(FOLDER), &left_out).await?;
        let shown = written.strip_prefix(cx.workspace()).unwrap_or(&written);
        coverage.html = Some(shown.display().to_string());
        page = Some(written);
    }
    if let Some(file) = wanted.lcov {
        cx.ui.step("Writing", format_args!("`{}` (cargo llvm-cov report --lcov)", file.display()));
        llvm_cov.lcov(file, &left_out).await?;
        coverage.lcov = Some(file.display().to_string());
    }
    show::print(&cx.ui, &coverage, exit);
    cx.ui.json(&coverage)?;
    Ok(page)
}

fn remove_file(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::ui::Ui;

    #[test]
    fn what_was_covered_is_shown_of_a_run_with_failures_and_of_none_that_did_not_run() {
        for (exit, expected) in [
            (Exit::Success, true),
            (Exit::Nextest(100), true),
            // A broken configuration, and nothing to run.
            (Exit::Nextest(96), false),
            (Exit::Nextest(4), false),
            (Exit::Interrupted, false),
        ] {
            assert_eq!(has_run(exit), expected, "{exit:?}");
        }
    }

    #[test]
    fn tests_are_told_of_no_run_and_of_nothing_that_is_configured() {
        let theirs = [("AWS_PROFILE", "work"), ("S3_BUCKET_UPLOADS", "theirs"), ("HOME", "/home")];
        let cx = Context { ui: Ui::new(false), config: Config::of(&theirs, &theirs) };
        let variables = variables(&cx);
        for name in ["AWS_PROFILE", "S3_BUCKET_UPLOADS", "XTASK_TARGET", "XTASK_RECORDS"] {
            assert_eq!(variables[name], None, "{name}");
        }
        assert_eq!(variables["XTASK_SAMPLES"].as_deref(), Some("1"));
        assert!(!variables.contains_key("HOME"));
    }
}
