//! What dead runs have left: one page of a listing below each root, no more.

use std::collections::{BTreeMap, BTreeSet};

use contract::{KeyKind, Root, RunId};
use futures::future::join_all;
use serde::Serialize;

use crate::aws::Aws;
use crate::mark::{self, Pulse};

/// The runs of which something is left, by bucket.
#[derive(Debug, Default, Serialize)]
pub(super) struct Leftovers {
    /// The buckets in which something is left, and how many runs left it.
    pub(super) runs: BTreeMap<String, usize>,
    /// Whether there may be more than a page shows.
    pub(super) is_more: bool,
}

/// Looks for runs that are no longer live. A bucket that may not be listed is passed over: its verdict
/// says why.
pub(super) async fn find(aws: &Aws, buckets: &[String], own: &RunId) -> Leftovers {
    let places = buckets.iter().flat_map(|bucket| Root::ALL.map(|root| (bucket, root)));
    let pages =
        places.map(|(bucket, root)| async move { (bucket, page(aws, bucket, root, own).await) });
    let mut dead: BTreeMap<String, BTreeSet<RunId>> = BTreeMap::new();
    let mut is_more = false;
    for (bucket, page) in join_all(pages).await {
        let Some((runs, truncated)) = page else { continue };
        is_more |= truncated;
        if !runs.is_empty() {
            dead.entry(bucket.clone()).or_default().extend(runs);
        }
    }
    let runs = dead.into_iter().map(|(bucket, runs)| (bucket, runs.len())).collect();
    Leftovers { runs, is_more }
}

/// The dead runs of one page, and whether there is another.
async fn page(aws: &Aws, bucket: &str, root: Root, own: &RunId) -> Option<(Vec<RunId>, bool)> {
    let list = aws.s3.list_objects_v2().bucket(bucket).prefix(root.as_str());
    let list = list.set_expected_bucket_owner(aws.expected_owner()).send().await.ok()?;
    let mut runs = BTreeSet::new();
    for object in list.contents() {
        match KeyKind::of(object.key().unwrap_or_default()) {
            KeyKind::Test { run, .. } | KeyKind::Mark { run, .. } => drop(runs.insert(run)),
            KeyKind::Stray { .. } | KeyKind::Outside => {}
        }
    }
    runs.remove(own);
    // Marks stand below both roots, and may stand on a later page than this one.
    let pulses = runs.into_iter().map(|run| async move {
        let pulse = mark::pulse(aws, bucket, root, &run).await.ok()?;
        (!matches!(pulse, Pulse::Live { .. })).then_some(run)
    });
    let dead = join_all(pulses).await.into_iter().flatten().collect();
    Some((dead, list.is_truncated() == Some(true)))
}
