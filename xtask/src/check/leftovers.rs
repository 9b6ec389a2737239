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
    /// The buckets that hold more than a page shows, so that more runs may have left something there.
    pub(super) or_more: BTreeSet<String>,
}

impl Leftovers {
    /// What is left, bucket by bucket, in words.
    pub(super) fn in_words(&self) -> impl Iterator<Item = String> + '_ {
        self.runs.iter().map(|(bucket, runs)| {
            let are = if *runs == 1 { "run" } else { "runs" };
            let more = if self.or_more.contains(bucket) { " or more" } else { "" };
            format!("`{bucket}` holds what {runs} {are}{more} left")
        })
    }
}

/// Looks for runs that are no longer live. A bucket that may not be listed is passed over: its verdict
/// says why.
pub(super) async fn find(aws: &Aws, buckets: &[String], own: &RunId) -> Leftovers {
    let places = buckets.iter().flat_map(|bucket| Root::ALL.map(|root| (bucket, root)));
    let pages =
        places.map(|(bucket, root)| async move { (bucket, page(aws, bucket, root, own).await) });
    let mut dead: BTreeMap<String, BTreeSet<RunId>> = BTreeMap::new();
    let mut or_more = BTreeSet::new();
    for (bucket, page) in join_all(pages).await {
        let Some((runs, truncated)) = page else { continue };
        if truncated {
            or_more.insert(bucket.clone());
        }
        if !runs.is_empty() {
            dead.entry(bucket.clone()).or_default().extend(runs);
        }
    }
    let runs = dead.into_iter().map(|(bucket, runs)| (bucket, runs.len())).collect();
    Leftovers { runs, or_more }
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
    // A mark may stand on a later page than this one.
    let pulses = runs.into_iter().map(|run| async move {
        let pulse = mark::pulse(aws, bucket, root, &run).await.ok()?;
        (!matches!(pulse, Pulse::Live { .. })).then_some(run)
    });
    let dead = join_all(pulses).await.into_iter().flatten().collect();
    Some((dead, list.is_truncated() == Some(true)))
}

#[cfg(test)]
mod tests {
    use contract::Prefix;

    use super::*;
    use crate::leftovers::fake;

    #[tokio::test]
    async fn only_a_bucket_that_was_not_seen_whole_may_hold_more() {
        let page = |keys: &[&str], is_truncated| {
            let keys = keys.iter().map(|key| format!("<Contents><Key>{key}</Key></Contents>"));
            let keys: String = keys.collect();
            let tail = format!("<IsTruncated>{is_truncated}</IsTruncated>");
            (200, format!("<ListBucketResult>{keys}{tail}</ListBucketResult>"))
        };
        let (place, _) = fake::place(Prefix::of_root(Root::Test), move |asked| {
            let is_of = |bucket| asked.target.starts_with(&format!("/{bucket}"));
            match asked.target.contains("prefix=test%2F&")
                || asked.target.ends_with("prefix=test%2F")
            {
                true if is_of("large") => page(&["test/r-1/t/n/x"], true),
                true if is_of("small") => page(&["test/r-1/t/n/x", "test/r-2/t/n/x"], false),
                _ => page(&[], false),
            }
        });
        let own = RunId::parse("own").unwrap();
        let buckets = ["large", "small", "empty"].map(ToOwned::to_owned);
        let leftovers = find(&place.aws, &buckets, &own).await;
        assert_eq!(
            leftovers.in_words().collect::<Vec<_>>(),
            ["`large` holds what 1 run or more left", "`small` holds what 2 runs left"]
        );
    }
}
