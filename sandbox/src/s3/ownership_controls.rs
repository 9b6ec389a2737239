//! The ownership controls of a bucket: whose its objects are, and whether ACLs count.
//!
//! Source: "Controlling ownership of objects and disabling ACLs for your bucket", S3 User Guide.

use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use crate::access_key::canonical_id;
use crate::fault::Fault;
use crate::store::{Grantee, ObjectOwnership as Ownership};

pub(super) async fn get(
    cx: Cx,
    input: GetBucketOwnershipControlsInput,
) -> Result<S3Response<GetBucketOwnershipControlsOutput>, Fault> {
    let ownership = cx.settings(&input.bucket, |settings| settings.ownership)?;
    let ownership = ownership.ok_or_else(|| {
        Fault::new("OwnershipControlsNotFoundError").field("BucketName", &input.bucket)
    })?;
    let rule = OwnershipControlsRule {
        object_ownership: ObjectOwnership::from_static(ownership.as_str()),
    };
    Ok(S3Response::new(GetBucketOwnershipControlsOutput {
        ownership_controls: Some(OwnershipControls { rules: vec![rule] }),
    }))
}

pub(super) async fn put(
    cx: Cx,
    input: PutBucketOwnershipControlsInput,
) -> Result<S3Response<PutBucketOwnershipControlsOutput>, Fault> {
    let [rule] = &input.ownership_controls.rules[..] else {
        return Err(Fault::new("MalformedXML"));
    };
    let ownership = Ownership::parse(rule.object_ownership.as_str())
        .ok_or_else(|| Fault::new("MalformedXML"))?;
    cx.store.with(&input.bucket, |bucket| {
        let owner = canonical_id(&bucket.owner);
        let shared = bucket
            .settings
            .grants
            .iter()
            .any(|grant| grant.grantee != Grantee::Account(owner.clone()));
        if ownership == Ownership::BucketOwnerEnforced && shared {
            return Err(Fault::new("InvalidBucketAclWithObjectOwnership"));
        }
        bucket.settings.ownership = Some(ownership);
        Ok(())
    })?;
    Ok(S3Response::new(PutBucketOwnershipControlsOutput::default()))
}

pub(super) async fn delete(
    cx: Cx,
    input: DeleteBucketOwnershipControlsInput,
) -> Result<S3Response<DeleteBucketOwnershipControlsOutput>, Fault> {
    cx.settings(&input.bucket, |settings| settings.ownership = None)?;
    Ok(S3Response::new(DeleteBucketOwnershipControlsOutput::default()))
}
