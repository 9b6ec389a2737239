//! What stands before the first test: what the caller may do, nextest, the build, the plan.

use anyhow::{Context as _, Result};
use contract::Target;

use super::allowed::Allowed;
use super::lock_file::LockFile;
use super::nextest::{self, Listed, Nextest, TestList};
use super::plan::{Plan, Selection};
use super::skip::SkipRule;
use super::target::RunTarget;
use super::timings::{Phase, Timings};
use super::{Run, capabilities, preflight, spending};
use crate::caller;
use crate::check;
use crate::cli;
use crate::exit::Exit;
use crate::report::Permission;
use crate::setup;
use crate::signals::Signals;

/// What can be known before the run marks its buckets: whether the target is as it has to be, what the
/// caller may do there, and where nextest is. `None` where a signal arrives meanwhile.
///
/// # Errors
/// Where something is broken without which no test can run.
pub(super) async fn find_out(
    run: Run<'_>,
    target: &RunTarget,
    signals: &mut Signals,
) -> Result<Option<(Nextest, Allowed)>> {
    let allowed = match target.target {
        Target::Sandbox => {
            setup::provision(&target.aws, &target.bucket_names()).await?;
            Allowed::default()
        }
        Target::Aws => match look_at_aws(run, target, signals).await? {
            Some(allowed) => allowed,
            None => return Ok(None),
        },
    };
    tokio::select! {
        biased;
        () = signals.received() => Ok(None),
        nextest = Nextest::find_or_install(run.cx) => Ok(Some((nextest?, allowed))),
    }
}

/// `None` where a signal arrives meanwhile: nothing of ours is in the buckets then.
async fn look_at_aws(
    run: Run<'_>,
    target: &RunTarget,
    signals: &mut Signals,
) -> Result<Option<Allowed>> {
    let Run { args, cx, id } = run;
    caller::warn(cx.ui, &target.aws);
    let looking = async {
        preflight::check_buckets(target).await?;
        // A name that we made up is nobody else's.
        match args.run_id {
            Some(_) => preflight::check_rivals(target, id, args.shard).await,
            None => Ok(()),
        }
    };
    let Some(looked) = signals.unless_received(looking).await else { return Ok(None) };
    looked?;
    // Shards share the name of their run; each tries for itself.
    let probes = check::run_id();
    let lock = LockFile::of(args, cx);
    Allowed::find(cx, target, &probes, &lock, &selection(args), signals).await
}

/// All that is known before the first test.
pub(super) struct Prepared {
    /// Which tests run, and which are skipped.
    pub(super) plan: Plan,
    /// What the tests need, with the verdicts of the preflight.
    pub(super) permissions: Vec<Permission>,
    /// The tests that were built; `None` where none can be started, which was said.
    pub(super) list: Option<Box<TestList>>,
    /// What the run ends with where none can be started.
    pub(super) exit: Exit,
}

impl Prepared {
    /// No test can be started.
    pub(super) fn ended(exit: Exit) -> Prepared {
        Prepared { plan: Plan::default(), permissions: Vec::new(), list: None, exit }
    }
}

/// Builds the tests and plans them.
///
/// # Errors
/// Where the target cannot be tried, the plan cannot be made, or the run would cost too much.
pub(super) async fn prepare(
    run: Run<'_>,
    target: &RunTarget,
    nextest: &Nextest,
    allowed: Allowed,
    timings: &mut Timings,
) -> Result<Prepared> {
    let Run { args, cx, id } = run;
    let lacking = capabilities::lacking(target, id, args.shard).await;
    let lacking = lacking.context("trying what the target can do")?;
    timings.end(Phase::Preflight);
    let listed = nextest.list(cx).await?;
    timings.end(Phase::Build);
    let list = match listed {
        Listed::Tests(list) => list,
        Listed::Failed(exit) => return Ok(Prepared::ended(exit)),
    };
    let Allowed { skips: not_allowed, locked, table: permissions } = allowed;
    let models = target.models.clone();
    let rule = SkipRule { nothing_runs: None, lacking, models, not_allowed };
    let (plan, exit) = plan(run, nextest, &list, &rule)?;
    if exit != Exit::Success {
        return Ok(Prepared { plan, ..Prepared::ended(exit) });
    }
    if target.target == Target::Aws {
        locked.remark_on_new(cx, &plan.run);
        spending::check_limit(args, cx, target, &plan)?;
    }
    Ok(Prepared { plan, permissions, list: Some(list), exit })
}

/// The plan; with nextest's code for it, after saying so, where no test matches.
///
/// # Errors
/// Where a suite is named that does not exist.
pub(super) fn plan(
    run: Run<'_>,
    nextest: &Nextest,
    list: &TestList,
    rule: &SkipRule,
) -> Result<(Plan, Exit)> {
    let Run { args, cx, .. } = run;
    let tests = list.tests();
    let count = tests.len();
    let plan = Plan::new(tests, &selection(args), rule)?;
    if !plan.run.is_empty() || !plan.skip.is_empty() {
        return Ok((plan, Exit::Success));
    }
    let Some(shard) = args.shard.filter(|_| plan.of_other_shards > 0) else {
        cx.ui.failure(format_args!("none of the {count} tests matches"));
        cx.ui.hint(nextest.list_command(cx));
        return Ok((plan, nextest::NO_TESTS));
    };
    cx.ui.remark(format_args!(
        "nothing to do: shard {shard} has none of the tests that match; other shards have {}",
        plan.of_other_shards
    ));
    Ok((plan, Exit::Success))
}

fn selection(args: &cli::Test) -> Selection<'_> {
    Selection { suites: &args.suite, filters: &args.filter, shard: args.shard }
}
