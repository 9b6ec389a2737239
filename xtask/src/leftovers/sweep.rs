//! The sweep after a run: what its tests left behind, by test, and gone.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::{KeyKind, Prefix, Root, RunId, Shard};

use super::{Engine, Place, Removal, Tally, remove, visit};
use crate::aws::{Aws, AwsError};

/// Whose key it is, within one run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// A test's, named as [`contract::TestId::segment`] spells it.
    Test(String),
    /// The mark of the run, or of one shard of it.
    Mark(Option<Shard>),
    /// Nobody's: below the run's prefix, but not by the grammar.
    Stray,
}

impl Owner {
    fn of(key: &str) -> Owner {
        match KeyKind::of(key) {
            KeyKind::Test { segment, .. } => Owner::Test(segment.to_owned()),
            KeyKind::Mark { shard, .. } => Owner::Mark(shard),
            // Nothing below a run's prefix is outside the roots.
            KeyKind::Stray { .. } | KeyKind::Outside => Owner::Stray,
        }
    }
}

/// What a sweep found and did.
#[derive(Debug)]
pub(crate) struct Sweep {
    /// What was there, by owner.
    pub(crate) found: BTreeMap<Owner, Tally>,
    /// What became of it.
    pub(crate) removal: Removal,
}

/// Finds and removes what one run left below one root of a bucket, as far as it is `wanted`: the
/// tests that this run planned and, when they are done, its mark.
///
/// # Errors
/// Where the bucket cannot be listed. That something could not be removed stands in the result.
pub(crate) async fn sweep(
    engine: &Arc<Engine>,
    aws: &Aws,
    bucket: &str,
    root: Root,
    run: &RunId,
    wanted: impl Fn(&Owner) -> bool,
) -> Result<Sweep, AwsError> {
    let place = Arc::new(Place {
        aws: aws.clone(),
        bucket: bucket.to_owned(),
        prefix: Prefix::of_run(root, run),
    });
    let mut found = BTreeMap::<Owner, Tally>::new();
    let notices = visit(&place, |item| {
        let owner = Owner::of(&item.key);
        if wanted(&owner) {
            found.entry(owner).or_default().add(item);
        }
    })
    .await?;
    if found.is_empty() {
        return Ok(Sweep { found, removal: Removal { notices, ..Removal::default() } });
    }
    let removal = remove(engine, &place, async |mut page| {
        page.retain(|item| wanted(&Owner::of(&item.key)));
        page
    })
    .await;
    Ok(Sweep { found, removal })
}
