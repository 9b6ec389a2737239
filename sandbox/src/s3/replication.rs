//! Replication of a bucket: stored and told; the sandbox copies nothing by itself.
//!
//! Source: PutBucketReplication, S3 API Reference.

use s3s::S3Response;
use s3s::dto::*;
use uuid::Uuid;

use super::Cx;
use crate::fault::Fault;
use crate::store::Versioning;

/// The most rules of a configuration.
const MAX_RULES: usize = 1_000;

pub(super) async fn get(
    cx: Cx,
    input: GetBucketReplicationInput,
) -> Result<S3Response<GetBucketReplicationOutput>, Fault> {
    let stored = cx.settings(&input.bucket, |settings| settings.replication.clone())?;
    let configuration = stored.ok_or_else(|| {
        Fault::new("ReplicationConfigurationNotFoundError").field("BucketName", &input.bucket)
    })?;
    Ok(S3Response::new(GetBucketReplicationOutput {
        replication_configuration: Some(configuration),
    }))
}

pub(super) async fn put(
    cx: Cx,
    input: PutBucketReplicationInput,
) -> Result<S3Response<PutBucketReplicationOutput>, Fault> {
    let refused = |message: &'static str| Fault::new("InvalidRequest").message(message);
    let mut configuration = input.replication_configuration;
    if configuration.rules.is_empty() || configuration.rules.len() > MAX_RULES {
        return Err(Fault::new("MalformedXML"));
    }
    let is_versioned =
        |name: &str| cx.settings(name, |settings| settings.versioning == Versioning::Enabled);
    if !is_versioned(&input.bucket)? {
        return Err(refused(
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
        ));
    }
    for rule in &mut configuration.rules {
        if !matches!(rule.status.as_str(), "Enabled" | "Disabled") {
            return Err(Fault::new("MalformedXML"));
        }
        let target = rule.destination.bucket.strip_prefix("arn:aws:s3:::").ok_or_else(|| {
            Fault::new("InvalidArgument")
                .message("Invalid bucket ARN.")
                .field("ArgumentName", "Bucket")
        })?;
        match is_versioned(target) {
            Ok(true) => {}
            Ok(false) => return Err(refused("Destination bucket must have versioning enabled.")),
            Err(_) => return Err(refused("Destination bucket must exist.")),
        }
        if rule.id.as_deref().is_none_or(str::is_empty) {
            rule.id = Some(Uuid::new_v4().to_string());
        }
    }
    cx.settings(&input.bucket, |settings| settings.replication = Some(configuration))?;
    Ok(S3Response::new(PutBucketReplicationOutput::default()))
}

pub(super) async fn delete(
    cx: Cx,
    input: DeleteBucketReplicationInput,
) -> Result<S3Response<DeleteBucketReplicationOutput>, Fault> {
    cx.settings(&input.bucket, |settings| settings.replication = None)?;
    Ok(S3Response::new(DeleteBucketReplicationOutput::default()))
}
