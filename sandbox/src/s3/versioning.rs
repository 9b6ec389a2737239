//! The versioning of a bucket; what it does to writes and deletes is the store's (`store/versions.rs`).
//!
//! Source: PutBucketVersioning, S3 API Reference.

use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use crate::fault::Fault;
use crate::store::Versioning;

pub(super) async fn get(
    cx: Cx,
    input: GetBucketVersioningInput,
) -> Result<S3Response<GetBucketVersioningOutput>, Fault> {
    let versioning = cx.settings(&input.bucket, |settings| settings.versioning)?;
    let status = match versioning {
        Versioning::Unversioned => None,
        Versioning::Enabled => {
            Some(BucketVersioningStatus::from_static(BucketVersioningStatus::ENABLED))
        }
        Versioning::Suspended => {
            Some(BucketVersioningStatus::from_static(BucketVersioningStatus::SUSPENDED))
        }
    };
    Ok(S3Response::new(GetBucketVersioningOutput { status, ..Default::default() }))
}

pub(super) async fn put(
    cx: Cx,
    input: PutBucketVersioningInput,
) -> Result<S3Response<PutBucketVersioningOutput>, Fault> {
    let versioning =
        match input.versioning_configuration.status.as_ref().map(|status| status.as_str()) {
            Some("Enabled") => Versioning::Enabled,
            Some("Suspended") => Versioning::Suspended,
            Some(_) => return Err(Fault::new("MalformedXML")),
            None => return Err(Fault::new("IllegalVersioningConfigurationException")),
        };
    cx.store.with(&input.bucket, |bucket| {
        if versioning == Versioning::Suspended && bucket.settings.object_lock.is_some() {
            return Err(Fault::new("InvalidBucketState").message("An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."));
        }
        if versioning == Versioning::Suspended && bucket.settings.replication.is_some() {
            return Err(Fault::new("InvalidBucketState").message("A replication configuration is present on this bucket, so the versioning state cannot be changed."));
        }
        bucket.settings.versioning = versioning;
        Ok(())
    })?;
    Ok(S3Response::new(PutBucketVersioningOutput::default()))
}
