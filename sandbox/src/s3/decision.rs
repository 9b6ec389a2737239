//! Who may do what in a bucket.
//!
//! A caller must have all that its call needs. Within an account, its own policies or the bucket's must allow it; across accounts, its own policies must, and the bucket's policy or an ACL, where ACLs are enabled.
//! What one policy denies is denied ("How Amazon S3 authorizes a request", S3 User Guide; "Policy evaluation logic", IAM User Guide).

use super::subject::{Stage, Subject};
use crate::access_key::{AccessKey, canonical_id};
use crate::fault::Fault;
use crate::iam::{Denial, Need, Reason, Verdict};
use crate::store::policy::{Answer, Call, Caller};
use crate::store::{self, Bucket, Permission};

/// Whether the caller may do all that is needed in a bucket.
///
/// # Errors
/// AccessDenied for the first need that is not met, in words that only the owner's account is told.
pub(super) fn permit(subject: &Subject<'_>, bucket: &Bucket, needs: &[Need]) -> Result<(), Fault> {
    // The keys of a DeleteObjects are in its body: each is decided by itself, later.
    if subject.operation == "DeleteObjects" && subject.key.is_none() {
        return Ok(());
    }
    for need in needs {
        let Err(reason) = decide(subject, bucket, need) else { continue };
        let fault = Fault::new("AccessDenied");
        return Err(match subject.caller {
            Some(caller) if caller.account == bucket.owner => {
                let caller = caller.principal_arn.clone();
                fault.message(Denial { caller, need: need.clone(), reason }.message("\""))
            }
            _ => fault,
        });
    }
    // What no table knows is left to the owner.
    if needs.is_empty() && !granted_by_acl(subject, bucket, subject.caller) {
        return Err(Fault::new("AccessDenied"));
    }
    Ok(())
}

/// Whether the caller may be told that an object is not there, if so it is.
///
/// # Errors
/// AccessDenied.
pub(super) fn permit_missing(
    subject: &Subject<'_>,
    bucket: &Bucket,
    stage: Stage,
) -> Result<(), Fault> {
    if subject.key.is_none_or(|key| bucket.version(key, subject.version).is_ok()) {
        return Ok(());
    }
    let needs = subject.needs(stage);
    if needs.is_empty() {
        return Ok(());
    }
    permit(
        &Subject { operation: "ListObjectsV2", key: None, version: None, ..*subject },
        bucket,
        &needs,
    )?;
    subject.slot.asked.record_missing(needs);
    Ok(())
}

/// One need, by all policies and ACLs that have a say.
fn decide(subject: &Subject<'_>, bucket: &Bucket, need: &Need) -> Result<(), Reason> {
    let caller = subject.caller;
    let context = |key: &str| subject.context(Some(bucket), key);
    let own = caller.map_or(Verdict::Silent, |caller| caller.says(need, &context));
    let policy = bucket_policy(subject, bucket, need);
    let is_insider = caller.is_some_and(|caller| caller.account == bucket.owner);
    let is_root = caller.is_some_and(AccessKey::is_root);
    match (own, policy) {
        (Verdict::Deny, _) => Err(Reason::IdentityDenies),
        // The root user can always repair the policy of a bucket.
        (_, Answer::Deny) if !is_root => Err(Reason::ResourceDenies),
        (Verdict::Allow, Answer::Allow { .. }) => Ok(()),
        (Verdict::Allow, _) if granted_by_acl(subject, bucket, caller) => Ok(()),
        (Verdict::Allow, _) => Err(Reason::ResourceSilent),
        (Verdict::Silent, Answer::Allow { direct: true }) if is_insider || caller.is_none() => {
            Ok(())
        }
        // An ACL speaks to accounts, not to their users; only what is open to all is open to each.
        (Verdict::Silent, _)
            if (is_insider || caller.is_none()) && granted_by_acl(subject, bucket, None) =>
        {
            Ok(())
        }
        (Verdict::Silent, _) => Err(Reason::IdentitySilent),
    }
}

/// What the bucket's policy says; `Silent` where it has none.
///
/// A public policy counts for nobody outside the owner's account while public access is restricted.
fn bucket_policy(subject: &Subject<'_>, bucket: &Bucket, need: &Need) -> Answer {
    let Some(policy) = &bucket.settings.policy else { return Answer::Silent };
    let identity_arn = subject.caller.map(AccessKey::identity_arn).unwrap_or_default();
    let caller = subject.caller.map(|caller| Caller {
        account: &caller.account,
        arn: &caller.principal_arn,
        identity_arn: &identity_arn,
    });
    let context = |key: &str| subject.context(Some(bucket), key);
    let answer = policy.answer(&Call {
        action: &need.action,
        resource: &need.resource,
        caller,
        context: &context,
    });
    let restricted =
        bucket.settings.blocks(|block| block.restrict_public_buckets) && policy.is_public();
    let outside = subject.caller.is_none_or(|caller| caller.account != bucket.owner);
    match answer {
        Answer::Allow { .. } if restricted && outside => Answer::Silent,
        answer => answer,
    }
}

/// What an operation takes where no policy speaks.
enum Grant {
    /// To be the bucket's owner.
    Ownership,
    Bucket(Permission),
    Object(Permission),
}

impl Grant {
    /// Which ACL permission stands for an operation ("Mapping of ACL permissions and access policy permissions", S3 User Guide).
    fn of(operation: &str) -> Self {
        match operation {
            "HeadBucket"
            | "ListObjects"
            | "ListObjectsV2"
            | "ListObjectVersions"
            | "ListMultipartUploads" => Self::Bucket(Permission::Read),
            "PutObject"
            | "PostObject"
            | "CopyObject"
            | "CreateMultipartUpload"
            | "UploadPart"
            | "UploadPartCopy"
            | "CompleteMultipartUpload"
            | "DeleteObject"
            | "DeleteObjects"
            | "AbortMultipartUpload"
            | "ListParts" => Self::Bucket(Permission::Write),
            "GetBucketAcl" => Self::Bucket(Permission::ReadAcp),
            "PutBucketAcl" => Self::Bucket(Permission::WriteAcp),
            "GetObject" | "HeadObject" | "GetObjectAttributes" => Self::Object(Permission::Read),
            "GetObjectAcl" => Self::Object(Permission::ReadAcp),
            "PutObjectAcl" => Self::Object(Permission::WriteAcp),
            _ => Self::Ownership,
        }
    }
}

/// Whether ownership or an ACL lets a caller's account in; `None` is anybody.
fn granted_by_acl(subject: &Subject<'_>, bucket: &Bucket, caller: Option<&AccessKey>) -> bool {
    let owns_bucket = caller.is_some_and(|caller| caller.account == bucket.owner);
    let granted = |grants: &[store::Grant], permission: Permission| {
        let ignore_public = bucket.settings.blocks(|block| block.ignore_public_acls);
        let id = caller.map(|caller| canonical_id(&caller.account));
        bucket.settings.acls_enabled()
            && store::allows(grants, permission, id.as_deref(), ignore_public)
    };
    let permission = match Grant::of(subject.operation) {
        Grant::Ownership => return owns_bucket,
        Grant::Bucket(permission) => {
            return owns_bucket || granted(&bucket.settings.grants, permission);
        }
        Grant::Object(permission) => permission,
    };
    match subject.key.map(|key| bucket.version(key, subject.version)) {
        Some(Ok(version)) if !version.is_marker() => {
            let owns_object =
                caller.is_some_and(|caller| caller.account == version.properties.owner);
            let enforced = owns_bucket && !bucket.settings.acls_enabled();
            owns_object || enforced || granted(&version.properties.grants, permission)
        }
        // What is not there is told to those who may list.
        _ => owns_bucket || granted(&bucket.settings.grants, Permission::Read),
    }
}
