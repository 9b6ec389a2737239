//! `cargo xtask setup`.

use anyhow::Result;

use crate::cli;
use crate::context::Context;
use crate::exit::Exit;

pub(crate) fn run(_args: cli::Setup, _cx: &Context) -> Result<Exit> {
    anyhow::bail!("not built yet")
}

pub(crate) async fn provision(aws: &crate::aws::Aws, buckets: &[String]) -> Result<()> {
    use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
    for name in buckets {
        let region = BucketLocationConstraint::from(aws.region.as_str());
        let c = CreateBucketConfiguration::builder().location_constraint(region).build();
        aws.s3.create_bucket().bucket(name).create_bucket_configuration(c).send().await?;
    }
    Ok(())
}
