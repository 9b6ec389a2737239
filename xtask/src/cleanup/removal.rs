//! Carries out the plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use contract::{Root, RunId};

use super::buckets::Standing;
use super::gate::Gate;
use super::plan::{Plan, PlannedBucket};
use crate::aws::Aws;
use crate::cli;
use crate::exit::Exit;
use crate::leftovers::{Engine, Place, Removal, remove};
use crate::signals::Signals;
use crate::ui::Ui;

/// What became of the plan for one bucket.
pub(super) struct BucketRemoval {
    /// The bucket's name.
    pub(super) bucket: String,
    /// What became of it.
    pub(super) removal: Removal,
    /// Runs that have become live since the plan was made; they were left alone.
    pub(super) became_live: BTreeSet<RunId>,
}

/// Removes what is planned, in all buckets at once. `None` where the user would not even wait for the
/// requests that are on their way.
///
/// # Errors
/// Where Ctrl-C cannot be listened for; nothing was removed then.
pub(super) async fn remove_planned(
    ui: Ui,
    aws: &Aws,
    plan: &Plan,
    args: &cli::Cleanup,
) -> Result<Option<Vec<BucketRemoval>>> {
    let mut signals = Signals::listen()?;
    let progress = ui.progress("Removing");
    let engine = Engine::new(progress.clone());
    let buckets =
        plan.buckets.iter().filter(|bucket| bucket.rows.iter().any(|row| row.fate.removes()));
    let work = buckets.map(|bucket| in_bucket(&engine, aws, plan, bucket, args.include_live));
    let mut work = std::pin::pin!(futures::future::join_all(work));
    let removals = tokio::select! {
        removals = &mut work => Some(removals),
        () = signals.received() => {
            engine.stop();
            // A bar that is drawn over the words would hide them.
            progress.finish_and_clear();
            ui.remark("stopping after the requests that are on their way; Ctrl-C again does not wait");
            tokio::select! {
                removals = &mut work => Some(removals),
                () = signals.received() => None,
            }
        }
    };
    progress.finish_and_clear();
    Ok(removals)
}

/// How the command ends.
pub(super) fn exit(plan: &Plan, removals: &[BucketRemoval]) -> Exit {
    let removals = || removals.iter().map(|bucket| &bucket.removal);
    if removals().any(|removal| removal.stopped) {
        Exit::Interrupted
    } else if plan.buckets.iter().any(|bucket| matches!(bucket.standing, Standing::Broken { .. })) {
        Exit::Failure
    } else if plan.is_less_than_asked() || removals().any(|removal| !removal.is_complete()) {
        Exit::Incomplete
    } else {
        Exit::Success
    }
}

async fn in_bucket(
    engine: &Arc<Engine>,
    aws: &Aws,
    plan: &Plan,
    planned: &PlannedBucket,
    include_live: bool,
) -> BucketRemoval {
    let mut result = BucketRemoval {
        bucket: planned.bucket.name.clone(),
        removal: Removal::default(),
        became_live: BTreeSet::new(),
    };
    let roots = Root::ALL.into_iter().zip(plan.scope.prefixes());
    let roots = roots.map(|(root, prefix)| async move {
        let place =
            Arc::new(Place { aws: aws.clone(), bucket: planned.bucket.name.clone(), prefix });
        let gate = Gate::new(Arc::clone(&place), root, planned, &plan.scope, include_live);
        let mut removal = remove(engine, &place, async |page| gate.admit(page).await).await;
        removal.error = removal.error.or(gate.error().await);
        (removal, gate.became_live().await)
    });
    for (removal, became_live) in futures::future::join_all(roots).await {
        result.removal.merge(removal);
        result.became_live.extend(became_live);
    }
    result
}

#[cfg(test)]
mod tests {
    use contract::Prefix;

    use super::super::plan::Plan;
    use super::super::survey::Scope;
    use super::*;
    use crate::leftovers::fake;

    /// How the command ends after the removal of one thing on a server that lists it, `tail` behind
    /// it, and gives `answer` to all that would delete.
    async fn ended(tail: &'static str, answer: fn() -> (u16, String), stopped: bool) -> Exit {
        let gone = std::sync::atomic::AtomicBool::new(false);
        let order = std::sync::atomic::Ordering::Relaxed;
        let (place, _) =
            fake::place(Prefix::of_root(Root::Test), move |asked| match asked.name() {
                "ListObjectVersions" if gone.load(order) => (200, fake::versions([], "")),
                "ListObjectVersions" => (200, fake::versions([("test/x", "v1")], tail)),
                "ListMultipartUploads" => (200, fake::uploads([], "")),
                _ => {
                    let (status, body) = answer();
                    gone.store(body.contains("<Gone/>"), order);
                    (status, body)
                }
            });
        let engine = Engine::new(indicatif::ProgressBar::hidden());
        if stopped {
            engine.stop();
        }
        let removal = remove(&engine, &place, async |page| page).await;
        let scope = Scope { run: None, not_after: None };
        let plan = Plan { scope, now: std::time::SystemTime::now(), buckets: Vec::new() };
        let bucket = "bucket".to_owned();
        exit(&plan, &[BucketRemoval { bucket, removal, became_live: BTreeSet::new() }])
    }

    #[tokio::test]
    async fn what_is_unfinished_is_no_success() {
        let gone = || (200, "<DeleteResult><Gone/></DeleteResult>".to_owned());
        assert_eq!(ended("", gone, false).await, Exit::Success);
        assert_eq!(ended("", gone, true).await, Exit::Interrupted);
        let truncated = "<IsTruncated>true</IsTruncated>";
        assert_eq!(ended(truncated, gone, false).await, Exit::Incomplete);
        let lies = || (200, "<DeleteResult></DeleteResult>".to_owned());
        assert_eq!(ended("", lies, false).await, Exit::Incomplete);
        let expired = || fake::error(403, "ExpiredToken");
        assert_eq!(ended("", expired, false).await, Exit::Incomplete);
        let denied = || (200, fake::deleted([("test/x", "v1", "AccessDenied")]));
        assert_eq!(ended("", denied, false).await, Exit::Incomplete);
        assert_eq!(ended("", || (200, "<html></html>".to_owned()), false).await, Exit::Incomplete);
    }
}
