//! Bucket policies: put, get, delete, status.

use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use crate::fault::Fault;
use crate::store::policy::Policy;

/// 20 KB: the most that a policy may take.
const MAX_POLICY: usize = 20 * 1024;

pub(super) async fn get(
    cx: Cx,
    input: GetBucketPolicyInput,
) -> Result<S3Response<GetBucketPolicyOutput>, Fault> {
    let text = cx.settings(&input.bucket, |settings| {
        settings.policy.as_ref().map(|policy| policy.text.clone())
    })?;
    let text =
        text.ok_or_else(|| Fault::new("NoSuchBucketPolicy").field("BucketName", &input.bucket))?;
    Ok(S3Response::new(GetBucketPolicyOutput { policy: Some(text) }))
}

pub(super) async fn put(
    cx: Cx,
    input: PutBucketPolicyInput,
) -> Result<S3Response<PutBucketPolicyOutput>, Fault> {
    if input.policy.len() > MAX_POLICY {
        return Err(Fault::new("PolicyTooLarge"));
    }
    let policy = Policy::parse(&input.policy, &input.bucket)
        .map_err(|message| Fault::new("MalformedPolicy").message(message))?;
    cx.store.with(&input.bucket, |bucket| {
        if policy.is_public() && bucket.settings.blocks(|block| block.block_public_policy) {
            return Err(Fault::new("AccessDenied"));
        }
        bucket.settings.policy = Some(policy);
        Ok(())
    })?;
    Ok(S3Response::new(PutBucketPolicyOutput::default()))
}

pub(super) async fn delete(
    cx: Cx,
    input: DeleteBucketPolicyInput,
) -> Result<S3Response<DeleteBucketPolicyOutput>, Fault> {
    cx.settings(&input.bucket, |settings| settings.policy = None)?;
    Ok(S3Response::new(DeleteBucketPolicyOutput::default()))
}

pub(super) async fn status(
    cx: Cx,
    input: GetBucketPolicyStatusInput,
) -> Result<S3Response<GetBucketPolicyStatusOutput>, Fault> {
    let public =
        cx.settings(&input.bucket, |settings| settings.policy.as_ref().map(Policy::is_public))?;
    let public = public
        .ok_or_else(|| Fault::new("NoSuchBucketPolicy").field("BucketName", &input.bucket))?;
    Ok(S3Response::new(GetBucketPolicyStatusOutput {
        policy_status: Some(PolicyStatus { is_public: Some(public) }),
    }))
}
