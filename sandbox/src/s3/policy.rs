//! Bucket policies: put, get, delete, status, and the condition keys that a request fills.

use http::{HeaderMap, Uri};
use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use super::actions::{iam_action, resource};
use crate::access_key::AccessKey;
use crate::fault::Fault;
use crate::sigv4::Query;
use crate::store::policy::{Call, Policy, Verdict};
use crate::store::{Bucket, Missing, VersionId};

/// 20 KB: the most that a policy may take.
const MAX_POLICY: usize = 20 * 1024;

/// One call as far as a bucket's policy is concerned.
pub(super) struct Request<'a> {
    pub(super) operation: &'a str,
    pub(super) caller: Option<&'a AccessKey>,
    pub(super) key: Option<&'a str>,
    pub(super) version: Option<&'a VersionId>,
    pub(super) headers: &'a HeaderMap,
    pub(super) uri: &'a Uri,
}

impl Request<'_> {
    /// What the bucket's policy says; `Silent` where it has none.
    ///
    /// A public policy counts for nobody outside the owner's account while public access is restricted.
    pub(super) fn verdict(&self, bucket: &Bucket) -> Verdict {
        let (Some(policy), Some(action)) =
            (&bucket.settings.policy, iam_action(self.operation, self.version.is_some()))
        else {
            return Verdict::Silent;
        };
        let resource = resource(&bucket.name, self.key);
        let context = |key: &str| self.context(bucket, key);
        let caller =
            self.caller.map(|caller| (caller.account.as_str(), caller.principal_arn.as_str()));
        let verdict =
            policy.verdict(&Call { action, resource: &resource, caller, context: &context });
        let restricted =
            bucket.settings.blocks(|block| block.restrict_public_buckets) && policy.is_public();
        let outside = self.caller.is_none_or(|caller| caller.account != bucket.owner);
        if verdict == Verdict::Allow && restricted && outside { Verdict::Silent } else { verdict }
    }

    /// The values of a condition key ("Condition keys for Amazon S3", Service Authorization Reference).
    fn context(&self, bucket: &Bucket, key: &str) -> Option<Vec<String>> {
        let query = Query::parse(self.uri.query().unwrap_or_default());
        let header = |name: &str| {
            self.headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(|value| vec![value.to_owned()])
        };
        let parameter = |name: &str| query.get(name).map(|value| vec![value.into_owned()]);
        match key {
            "aws:securetransport" => Some(vec!["false".into()]),
            "aws:sourceip" => Some(vec!["127.0.0.1".into()]),
            "aws:referer" => header("referer"),
            "aws:useragent" => header("user-agent"),
            "aws:principalarn" => self.caller.map(|caller| vec![caller.principal_arn.clone()]),
            "aws:principalaccount" => self.caller.map(|caller| vec![caller.account.clone()]),
            "aws:userid" => self.caller.map(|caller| vec![caller.user_id.clone()]),
            "aws:currenttime" => Some(vec![crate::sigv4::iso8601(time::OffsetDateTime::now_utc())]),
            "s3:prefix" | "s3:delimiter" | "s3:max-keys" => parameter(&key[3..]),
            "s3:versionid" => parameter("versionId"),
            "s3:locationconstraint" => Some(vec![bucket.region.clone()]),
            "s3:if-match" | "s3:if-none-match" => header(&key[3..]),
            "s3:requestobjecttagkeys" => {
                self.request_tags().map(|tags| tags.into_iter().map(|(key, _)| key).collect())
            }
            _ => {
                if let Some(tag) = key.strip_prefix("s3:existingobjecttag/") {
                    let version = bucket.version(self.key?, self.version).ok()?;
                    return version
                        .properties
                        .tags
                        .iter()
                        .find(|(key, _)| key == tag)
                        .map(|(_, value)| vec![value.clone()]);
                }
                if let Some(tag) = key.strip_prefix("s3:requestobjecttag/") {
                    return self
                        .request_tags()?
                        .into_iter()
                        .find(|(key, _)| key == tag)
                        .map(|(_, value)| vec![value]);
                }
                // `s3:x-amz-acl`, `s3:x-amz-copy-source` and their like are named after their headers.
                key.strip_prefix("s3:").filter(|name| name.starts_with("x-amz-")).and_then(header)
            }
        }
    }

    fn request_tags(&self) -> Option<super::tagging::Tags> {
        let header = self.headers.get("x-amz-tagging")?.to_str().ok()?;
        super::tagging::parse_header(header).ok()
    }
}

pub(super) async fn get(
    cx: Cx,
    input: GetBucketPolicyInput,
) -> Result<S3Response<GetBucketPolicyOutput>, Fault> {
    let text = cx.store.with(&input.bucket, |bucket| {
        Ok::<_, Missing>(bucket.settings.policy.as_ref().map(|policy| policy.text.clone()))
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
        return Err(Fault::new("PolicyTooLarge")
            .message("Policy exceeds the maximum allowed document size."));
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
    cx.store.with(&input.bucket, |bucket| {
        bucket.settings.policy = None;
        Ok::<_, Missing>(())
    })?;
    Ok(S3Response::new(DeleteBucketPolicyOutput::default()))
}

pub(super) async fn status(
    cx: Cx,
    input: GetBucketPolicyStatusInput,
) -> Result<S3Response<GetBucketPolicyStatusOutput>, Fault> {
    let public = cx.store.with(&input.bucket, |bucket| {
        Ok::<_, Missing>(bucket.settings.policy.as_ref().map(Policy::is_public))
    })?;
    let public = public
        .ok_or_else(|| Fault::new("NoSuchBucketPolicy").field("BucketName", &input.bucket))?;
    Ok(S3Response::new(GetBucketPolicyStatusOutput {
        policy_status: Some(PolicyStatus { is_public: Some(public) }),
    }))
}
