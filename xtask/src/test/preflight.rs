//! What has to be right before anything is built: the buckets are there, ours, and in our region.

use anyhow::{Result, anyhow};
use contract::{RunId, Shard, buckets};

use super::run_folder;
use super::target::RunTarget;
use crate::aws::AwsError;
use crate::bucket::{self, Presence};
use crate::error::{Hint as _, hinted};
use crate::mark;

/// Checks each bucket of the target.
///
/// # Errors
/// The first bucket that is unset, missing, foreign or in another region: a run on it would only
/// fail later, test by test.
pub(crate) async fn check_buckets(target: &RunTarget) -> Result<()> {
    let unset: Vec<_> = buckets::ALL
        .iter()
        .map(|bucket| bucket.variable)
        .filter(|variable| !target.buckets.iter().any(|bucket| bucket.variable == *variable))
        .collect();
    if !unset.is_empty() {
        return Err(anyhow!("no bucket is named by {}", unset.join(", ")))
            .hint("cargo xtask setup --write-env");
    }
    let aws = &target.aws;
    let names = target.bucket_names();
    let presences =
        futures::future::join_all(names.iter().map(|name| bucket::presence(aws, name))).await;
    for (name, presence) in names.iter().zip(presences) {
        let variables: Vec<_> = target
            .buckets
            .iter()
            .filter(|bucket| bucket.name == *name)
            .map(|bucket| bucket.variable)
            .collect();
        let variables = variables.join(", ");
        match presence.map_err(|error| error.into_error())? {
            Presence::Present => {}
            Presence::Missing => {
                return Err(anyhow!("the bucket `{name}` ({variables}) does not exist"))
                    .hint("cargo xtask setup");
            }
            Presence::Foreign => {
                let owner = match aws.expected_owner() {
                    Some(account) => format!("account {account}"),
                    None => "this key".to_owned(),
                };
                return Err(anyhow!(
                    "the bucket `{name}` ({variables}) does not belong to {owner}, or it may not be seen"
                ))
                .hint(format_args!("name a bucket of your own in {variables}, then: cargo xtask setup"))
                .hint("where it is yours, a permission is missing: cargo xtask check");
            }
            Presence::ElsewhereIn(region) => {
                let (where_to, cure) = match region {
                    Some(region) => {
                        (format!("in `{region}`"), format!("export AWS_REGION={region}"))
                    }
                    None => (
                        "in another region".to_owned(),
                        "set `AWS_REGION` to the bucket's own region".to_owned(),
                    ),
                };
                let error = anyhow!(
                    "the bucket `{name}` ({variables}) is {where_to}, not in `{}`",
                    aws.region
                );
                return Err(hinted(error, cure));
            }
        }
    }
    Ok(())
}

/// Makes sure that nobody else runs by this name: each would sweep up what the other still needs.
///
/// # Errors
/// Where somebody does, or a bucket cannot be listed.
pub(crate) async fn check_rivals(
    target: &RunTarget,
    run: &RunId,
    shard: Option<Shard>,
) -> Result<()> {
    let rival = mark::rival(&target.aws, &target.bucket_names(), run, shard).await;
    match rival.map_err(AwsError::into_error)? {
        Some(who) => Err(run_folder::is_going_on(run, shard, &who)),
        None => Ok(()),
    }
}
