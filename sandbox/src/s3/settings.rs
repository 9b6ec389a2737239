//! A bucket's settings: public access block, ownership controls, default encryption.

use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use crate::fault::Fault;
use crate::store::{Missing, ObjectOwnership as Ownership};

pub(super) async fn get_public_access_block(
    cx: Cx,
    input: GetPublicAccessBlockInput,
) -> Result<S3Response<GetPublicAccessBlockOutput>, Fault> {
    let block = cx.store.with(&input.bucket, |bucket| {
        Ok::<_, Missing>(bucket.settings.public_access_block.clone())
    })?;
    let block = block.ok_or_else(|| {
        Fault::new("NoSuchPublicAccessBlockConfiguration").field("BucketName", &input.bucket)
    })?;
    Ok(S3Response::new(GetPublicAccessBlockOutput {
        public_access_block_configuration: Some(block),
    }))
}

pub(super) async fn put_public_access_block(
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
    cx.store.with(&input.bucket, |bucket| {
        bucket.settings.public_access_block = Some(block);
        Ok::<_, Missing>(())
    })?;
    Ok(S3Response::new(PutPublicAccessBlockOutput::default()))
}

pub(super) async fn delete_public_access_block(
    cx: Cx,
    input: DeletePublicAccessBlockInput,
) -> Result<S3Response<DeletePublicAccessBlockOutput>, Fault> {
    cx.store.with(&input.bucket, |bucket| {
        bucket.settings.public_access_block = None;
        Ok::<_, Missing>(())
    })?;
    Ok(S3Response::new(DeletePublicAccessBlockOutput::default()))
}

pub(super) async fn get_ownership(
    cx: Cx,
    input: GetBucketOwnershipControlsInput,
) -> Result<S3Response<GetBucketOwnershipControlsOutput>, Fault> {
    let ownership =
        cx.store.with(&input.bucket, |bucket| Ok::<_, Missing>(bucket.settings.ownership))?;
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

pub(super) async fn put_ownership(
    cx: Cx,
    input: PutBucketOwnershipControlsInput,
) -> Result<S3Response<PutBucketOwnershipControlsOutput>, Fault> {
    let [rule] = &input.ownership_controls.rules[..] else {
        return Err(Fault::new("MalformedXML"));
    };
    let ownership = Ownership::parse(rule.object_ownership.as_str())
        .ok_or_else(|| Fault::new("MalformedXML"))?;
    cx.store.with(&input.bucket, |bucket| {
        let owner = crate::access_key::canonical_id(&bucket.owner);
        let shared = bucket
            .settings
            .grants
            .iter()
            .any(|grant| grant.grantee != crate::store::Grantee::Account(owner.clone()));
        if ownership == Ownership::BucketOwnerEnforced && shared {
            return Err(Fault::new("InvalidBucketAclWithObjectOwnership"));
        }
        bucket.settings.ownership = Some(ownership);
        Ok(())
    })?;
    Ok(S3Response::new(PutBucketOwnershipControlsOutput::default()))
}

pub(super) async fn delete_ownership(
    cx: Cx,
    input: DeleteBucketOwnershipControlsInput,
) -> Result<S3Response<DeleteBucketOwnershipControlsOutput>, Fault> {
    cx.store.with(&input.bucket, |bucket| {
        bucket.settings.ownership = None;
        Ok::<_, Missing>(())
    })?;
    Ok(S3Response::new(DeleteBucketOwnershipControlsOutput::default()))
}

/// What every bucket has since January 2023 unless told otherwise: SSE-S3.
fn default_encryption() -> ServerSideEncryptionConfiguration {
    ServerSideEncryptionConfiguration {
        rules: vec![ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
                kms_master_key_id: None,
                sse_algorithm: ServerSideEncryption::from_static("AES256"),
            }),
            bucket_key_enabled: Some(false),
        }],
    }
}

pub(super) async fn get_encryption(
    cx: Cx,
    input: GetBucketEncryptionInput,
) -> Result<S3Response<GetBucketEncryptionOutput>, Fault> {
    let encryption = cx
        .store
        .with(&input.bucket, |bucket| Ok::<_, Missing>(bucket.settings.encryption.clone()))?;
    Ok(S3Response::new(GetBucketEncryptionOutput {
        server_side_encryption_configuration: Some(encryption.unwrap_or_else(default_encryption)),
    }))
}

pub(super) async fn put_encryption(
    cx: Cx,
    input: PutBucketEncryptionInput,
) -> Result<S3Response<PutBucketEncryptionOutput>, Fault> {
    let mut configuration = input.server_side_encryption_configuration;
    let [rule] = &mut configuration.rules[..] else { return Err(Fault::new("MalformedXML")) };
    rule.bucket_key_enabled = Some(rule.bucket_key_enabled.unwrap_or(false));
    let default = rule
        .apply_server_side_encryption_by_default
        .as_ref()
        .ok_or_else(|| Fault::new("MalformedXML"))?;
    let algorithm = default.sse_algorithm.as_str();
    if !matches!(algorithm, "AES256" | "aws:kms" | "aws:kms:dsse") {
        return Err(Fault::new("MalformedXML"));
    }
    if algorithm == "AES256" && default.kms_master_key_id.is_some() {
        return Err(Fault::new("InvalidArgument")
            .message("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
            .field("ArgumentName", "ApplyServerSideEncryptionByDefault"));
    }
    cx.store.with(&input.bucket, |bucket| {
        bucket.settings.encryption = Some(configuration);
        Ok::<_, Missing>(())
    })?;
    Ok(S3Response::new(PutBucketEncryptionOutput::default()))
}

pub(super) async fn delete_encryption(
    cx: Cx,
    input: DeleteBucketEncryptionInput,
) -> Result<S3Response<DeleteBucketEncryptionOutput>, Fault> {
    cx.store.with(&input.bucket, |bucket| {
        bucket.settings.encryption = None;
        Ok::<_, Missing>(())
    })?;
    Ok(S3Response::new(DeleteBucketEncryptionOutput::default()))
}
