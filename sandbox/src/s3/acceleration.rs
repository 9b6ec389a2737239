//! Transfer acceleration of a bucket: stored and told; there is one endpoint, and it is near.
//!
//! Source: PutBucketAccelerateConfiguration, S3 API Reference.

use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use crate::fault::Fault;

/// A bucket that was never told answers without a status.
pub(super) async fn get(
    cx: Cx,
    input: GetBucketAccelerateConfigurationInput,
) -> Result<S3Response<GetBucketAccelerateConfigurationOutput>, Fault> {
    let status = cx.settings(&input.bucket, |settings| settings.acceleration.clone())?;
    Ok(S3Response::new(GetBucketAccelerateConfigurationOutput { status, ..Default::default() }))
}

pub(super) async fn put(
    cx: Cx,
    input: PutBucketAccelerateConfigurationInput,
) -> Result<S3Response<PutBucketAccelerateConfigurationOutput>, Fault> {
    let status = input
        .accelerate_configuration
        .status
        .filter(|status| matches!(status.as_str(), "Enabled" | "Suspended"))
        .ok_or_else(|| Fault::new("MalformedXML"))?;
    if input.bucket.contains('.') {
        // The accelerated endpoint's certificate covers one label.
        return Err(Fault::new("InvalidRequest").message(
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
        ));
    }
    cx.settings(&input.bucket, |settings| settings.acceleration = Some(status))?;
    Ok(S3Response::new(PutBucketAccelerateConfigurationOutput::default()))
}
