//! The public access block of a bucket.
//!
//! Source: "Blocking public access to your Amazon S3 storage", S3 User Guide.

use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use crate::fault::Fault;

pub(super) async fn get(
    cx: Cx,
    input: GetPublicAccessBlockInput,
) -> Result<S3Response<GetPublicAccessBlockOutput>, Fault> {
    let block = cx.settings(&input.bucket, |settings| settings.public_access_block.clone())?;
    let block = block.ok_or_else(|| {
        Fault::new("NoSuchPublicAccessBlockConfiguration").field("BucketName", &input.bucket)
    })?;
    Ok(S3Response::new(GetPublicAccessBlockOutput {
        public_access_block_configuration: Some(block),
    }))
}

pub(super) async fn put(
    cx: Cx,
    input: PutPublicAccessBlockInput,
) -> Result<S3Response<PutPublicAccessBlockOutput>, Fault> {
    let given = input.public_access_block_configuration;
    // A switch that is left out is off.
    let block = PublicAccessBlockConfiguration {
        block_public_acls: Some(given.block_public_acls.unwrap_or(false)),
        block_public_policy: Some(given.block_public_policy.unwrap_or(false)),
        ignore_public_acls: Some(given.ignore_public_acls.unwrap_or(false)),
        restrict_public_buckets: Some(given.restrict_public_buckets.unwrap_or(false)),
    };
    cx.settings(&input.bucket, |settings| settings.public_access_block = Some(block))?;
    Ok(S3Response::new(PutPublicAccessBlockOutput::default()))
}

pub(super) async fn delete(
    cx: Cx,
    input: DeletePublicAccessBlockInput,
) -> Result<S3Response<DeletePublicAccessBlockOutput>, Fault> {
    cx.settings(&input.bucket, |settings| settings.public_access_block = None)?;
    Ok(S3Response::new(DeletePublicAccessBlockOutput::default()))
}
