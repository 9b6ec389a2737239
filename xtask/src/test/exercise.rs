//! What `cargo xtask test --aws` does beside its tests, for `--update-permissions` to see what it needs.

use anyhow::Result;
use contract::{Prefix, Root, buckets};

use super::plan::ListedTest;
use super::run_folder::new_run_id;
use super::target::RunTarget;
use super::{capabilities, preflight, sweep};
use crate::aws::{Aws, AwsError};
use crate::config::ConfiguredBucket;
use crate::context::Context;
use crate::mark::{Mark, MarkPlace};
use crate::models::Models;
use crate::permissions::Scratch;

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
