//! Which IAM actions each API operation is checked for, and on which resources: the one table.
//!
//! Two sources stand behind every row: the operation's page in the API Reference of its service (its section "Permissions"), and "Actions, resources, and condition keys for Amazon S3" (for Amazon Bedrock, Amazon SageMaker, IAM) in the Service Authorization Reference.
//! A row that rests on another page names it.
//! An operation that is in no row needs nothing, as `sts:GetCallerIdentity` does.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Need;

/// When a row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    /// The request names no version.
    Current,
    /// The request names a version.
    Version,
    /// The request brings an ACL; `private` on a new bucket is none.
    Acl,
    /// The request brings tags.
    Tags,
    /// The request brings a retention mode or date.
    Retention,
    LegalHold,
    /// The request asks to bypass a governance-mode retention.
    Bypass,
    /// The request names the ETag that the object must have; `*` names none.
    Etag,
    /// The new bucket is to have object lock.
    ObjectLock,
    /// The new bucket's object ownership is named.
    Ownership,
    /// The object is not there, which is told by 404.
    Missing,
    /// The source of a copy, without and with a version.
    SourceCurrent,
    SourceVersion,
    /// The source of a copy is not there.
    SourceMissing,
    /// The source has tags that are copied: reading them, without and with a version.
    SourceTagsCurrent,
    SourceTagsVersion,
    /// The source has tags that are copied: writing them.
    CopiedTags,
}

/// On what an action is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// `*`.
    Everything,
    Bucket,
    Object,
    /// The object that is copied, and its bucket.
    Source,
    SourceBucket,
    /// The foundation model, or the inference profile with the model in each of its destination regions.
    Model,
    Endpoint,
    /// The user or role that the request is about, or passes on.
    Principal,
}

/// Operations, when, action, on what.
struct Row(&'static [&'static str], When, &'static str, On);

use On::{Bucket, Endpoint, Everything, Model, Object, Principal, Source, SourceBucket};
use When::{
    Acl, Always, Bypass, CopiedTags, Current, Etag, LegalHold, Missing, ObjectLock, Ownership,
    Retention, SourceCurrent, SourceMissing, SourceTagsCurrent, SourceTagsVersion, SourceVersion,
    Tags, Version,
};

static ROWS: &[Row] = &[
    // The account.
    Row(&["ListBuckets"], Always, "s3:ListAllMyBuckets", Everything),
    // A bucket: create, delete, list.
    Row(&["CreateBucket"], Always, "s3:CreateBucket", Bucket),
    Row(&["CreateBucket"], Acl, "s3:PutBucketAcl", Bucket),
    Row(&["CreateBucket"], ObjectLock, "s3:PutBucketObjectLockConfiguration", Bucket),
    Row(&["CreateBucket"], ObjectLock, "s3:PutBucketVersioning", Bucket),
    Row(&["CreateBucket"], Ownership, "s3:PutBucketOwnershipControls", Bucket),
    // "CreateBucketConfiguration", S3 API Reference: `Tags`.
    Row(&["CreateBucket"], Tags, "s3:TagResource", Bucket),
    Row(&["DeleteBucket"], Always, "s3:DeleteBucket", Bucket),
    Row(&["HeadBucket", "ListObjects", "ListObjectsV2"], Always, "s3:ListBucket", Bucket),
    Row(&["ListObjectVersions"], Always, "s3:ListBucketVersions", Bucket),
    Row(&["ListMultipartUploads"], Always, "s3:ListBucketMultipartUploads", Bucket),
    Row(&["GetBucketLocation"], Always, "s3:GetBucketLocation", Bucket),
    // A bucket's configuration: to delete a part of it mostly is to put it ("Required permissions for Amazon S3 API operations", S3 User Guide).
    Row(&["GetBucketVersioning"], Always, "s3:GetBucketVersioning", Bucket),
    Row(&["PutBucketVersioning"], Always, "s3:PutBucketVersioning", Bucket),
    Row(&["GetBucketTagging"], Always, "s3:GetBucketTagging", Bucket),
    Row(&["PutBucketTagging", "DeleteBucketTagging"], Always, "s3:PutBucketTagging", Bucket),
    Row(&["GetBucketAcl"], Always, "s3:GetBucketAcl", Bucket),
    Row(&["PutBucketAcl"], Always, "s3:PutBucketAcl", Bucket),
    Row(&["GetBucketEncryption"], Always, "s3:GetEncryptionConfiguration", Bucket),
    Row(
        &["PutBucketEncryption", "DeleteBucketEncryption"],
        Always,
        "s3:PutEncryptionConfiguration",
        Bucket,
    ),
    Row(&["GetBucketLifecycleConfiguration"], Always, "s3:GetLifecycleConfiguration", Bucket),
    Row(
        &["PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"],
        Always,
        "s3:PutLifecycleConfiguration",
        Bucket,
    ),
    Row(&["GetBucketOwnershipControls"], Always, "s3:GetBucketOwnershipControls", Bucket),
    Row(
        &["PutBucketOwnershipControls", "DeleteBucketOwnershipControls"],
        Always,
        "s3:PutBucketOwnershipControls",
        Bucket,
    ),
    Row(&["GetPublicAccessBlock"], Always, "s3:GetBucketPublicAccessBlock", Bucket),
    Row(
        &["PutPublicAccessBlock", "DeletePublicAccessBlock"],
        Always,
        "s3:PutBucketPublicAccessBlock",
        Bucket,
    ),
    Row(&["GetBucketPolicy"], Always, "s3:GetBucketPolicy", Bucket),
    Row(&["PutBucketPolicy"], Always, "s3:PutBucketPolicy", Bucket),
    Row(&["DeleteBucketPolicy"], Always, "s3:DeleteBucketPolicy", Bucket),
    Row(&["GetBucketPolicyStatus"], Always, "s3:GetBucketPolicyStatus", Bucket),
    Row(&["GetBucketRequestPayment"], Always, "s3:GetBucketRequestPayment", Bucket),
    Row(&["PutBucketRequestPayment"], Always, "s3:PutBucketRequestPayment", Bucket),
    Row(&["GetBucketAccelerateConfiguration"], Always, "s3:GetAccelerateConfiguration", Bucket),
    Row(&["PutBucketAccelerateConfiguration"], Always, "s3:PutAccelerateConfiguration", Bucket),
    Row(&["GetBucketLogging"], Always, "s3:GetBucketLogging", Bucket),
    Row(&["PutBucketLogging"], Always, "s3:PutBucketLogging", Bucket),
    Row(&["GetBucketNotificationConfiguration"], Always, "s3:GetBucketNotification", Bucket),
    Row(&["PutBucketNotificationConfiguration"], Always, "s3:PutBucketNotification", Bucket),
    Row(&["GetBucketReplication"], Always, "s3:GetReplicationConfiguration", Bucket),
    Row(
        &["PutBucketReplication", "DeleteBucketReplication"],
        Always,
        "s3:PutReplicationConfiguration",
        Bucket,
    ),
    // The role that is to replicate is passed on to S3.
    Row(&["PutBucketReplication"], Always, "iam:PassRole", Principal),
    Row(&["GetBucketWebsite"], Always, "s3:GetBucketWebsite", Bucket),
    Row(&["PutBucketWebsite"], Always, "s3:PutBucketWebsite", Bucket),
    Row(&["DeleteBucketWebsite"], Always, "s3:DeleteBucketWebsite", Bucket),
    Row(&["GetBucketCors"], Always, "s3:GetBucketCORS", Bucket),
    Row(&["PutBucketCors", "DeleteBucketCors"], Always, "s3:PutBucketCORS", Bucket),
    Row(&["GetObjectLockConfiguration"], Always, "s3:GetBucketObjectLockConfiguration", Bucket),
    Row(&["PutObjectLockConfiguration"], Always, "s3:PutBucketObjectLockConfiguration", Bucket),
    // An object: read.
    Row(&["GetObject", "HeadObject", "GetObjectAttributes"], Current, "s3:GetObject", Object),
    Row(
        &["GetObject", "HeadObject", "GetObjectAttributes"],
        Version,
        "s3:GetObjectVersion",
        Object,
    ),
    Row(&["GetObjectAttributes"], Current, "s3:GetObjectAttributes", Object),
    Row(&["GetObjectAttributes"], Version, "s3:GetObjectVersionAttributes", Object),
    // "If you have the s3:ListBucket permission on the bucket, Amazon S3 returns 404": the pages of all three.
    Row(&["GetObject", "HeadObject", "GetObjectAttributes"], Missing, "s3:ListBucket", Bucket),
    // An object: write.
    Row(
        &[
            "PutObject",
            "PostObject",
            "CopyObject",
            "CreateMultipartUpload",
            "UploadPart",
            "UploadPartCopy",
            "CompleteMultipartUpload",
        ],
        Always,
        "s3:PutObject",
        Object,
    ),
    Row(UPLOADS, Acl, "s3:PutObjectAcl", Object),
    Row(UPLOADS, Tags, "s3:PutObjectTagging", Object),
    // "Object Lock considerations", S3 User Guide: retention and hold may be set by the upload itself.
    Row(UPLOADS, Retention, "s3:PutObjectRetention", Object),
    Row(UPLOADS, LegalHold, "s3:PutObjectLegalHold", Object),
    // "Enforce conditional writes on Amazon S3 buckets", S3 User Guide: an ETag is compared by who may read it.
    Row(&["PutObject", "PostObject", "CompleteMultipartUpload"], Etag, "s3:GetObject", Object),
    // A copy reads its source as GetObject does, tags included where they are copied ("CopyObject", S3 API Reference; "Required permissions for Amazon S3 API operations", S3 User Guide).
    Row(&["CopyObject", "UploadPartCopy"], SourceCurrent, "s3:GetObject", Source),
    Row(&["CopyObject", "UploadPartCopy"], SourceVersion, "s3:GetObjectVersion", Source),
    Row(&["CopyObject", "UploadPartCopy"], SourceMissing, "s3:ListBucket", SourceBucket),
    Row(&["CopyObject"], SourceTagsCurrent, "s3:GetObjectTagging", Source),
    Row(&["CopyObject"], SourceTagsVersion, "s3:GetObjectVersionTagging", Source),
    Row(&["CopyObject"], CopiedTags, "s3:PutObjectTagging", Object),
    // "Multipart upload API and permissions", S3 User Guide.
    Row(&["AbortMultipartUpload"], Always, "s3:AbortMultipartUpload", Object),
    Row(&["ListParts"], Always, "s3:ListMultipartUploadParts", Object),
    // An object: delete; of DeleteObjects each key by itself.
    Row(&["DeleteObject", "DeleteObjects"], Current, "s3:DeleteObject", Object),
    Row(&["DeleteObject", "DeleteObjects"], Version, "s3:DeleteObjectVersion", Object),
    Row(
        &["DeleteObject", "DeleteObjects", "PutObjectRetention"],
        Bypass,
        "s3:BypassGovernanceRetention",
        Object,
    ),
    // "Enforce conditional deletes on Amazon S3 buckets", S3 User Guide.
    Row(&["DeleteObject", "DeleteObjects"], Etag, "s3:GetObject", Object),
    // An object's tags, ACL and locks.
    Row(&["GetObjectTagging"], Current, "s3:GetObjectTagging", Object),
    Row(&["GetObjectTagging"], Version, "s3:GetObjectVersionTagging", Object),
    Row(&["PutObjectTagging"], Current, "s3:PutObjectTagging", Object),
    Row(&["PutObjectTagging"], Version, "s3:PutObjectVersionTagging", Object),
    Row(&["DeleteObjectTagging"], Current, "s3:DeleteObjectTagging", Object),
    Row(&["DeleteObjectTagging"], Version, "s3:DeleteObjectVersionTagging", Object),
    Row(&["GetObjectAcl"], Current, "s3:GetObjectAcl", Object),
    Row(&["GetObjectAcl"], Version, "s3:GetObjectVersionAcl", Object),
    Row(&["PutObjectAcl"], Current, "s3:PutObjectAcl", Object),
    Row(&["PutObjectAcl"], Version, "s3:PutObjectVersionAcl", Object),
    Row(&["GetObjectRetention"], Always, "s3:GetObjectRetention", Object),
    Row(&["PutObjectRetention"], Always, "s3:PutObjectRetention", Object),
    Row(&["GetObjectLegalHold"], Always, "s3:GetObjectLegalHold", Object),
    Row(&["PutObjectLegalHold"], Always, "s3:PutObjectLegalHold", Object),
    // Models; the resources of a profile from "Prerequisites for inference profiles", Bedrock User Guide.
    Row(&["InvokeModel"], Always, "bedrock:InvokeModel", Model),
    Row(&["InvokeModelWithResponseStream"], Always, "bedrock:InvokeModelWithResponseStream", Model),
    // Granted on `*` it works whether or not IAM knows a resource for it, which the references leave open.
    Row(
        &["GetFoundationModelAvailability"],
        Always,
        "bedrock:GetFoundationModelAvailability",
        Everything,
    ),
    Row(&["InvokeEndpoint"], Always, "sagemaker:InvokeEndpoint", Endpoint),
    // IAM itself.
    Row(&["GetRole"], Always, "iam:GetRole", Principal),
    Row(&["SimulatePrincipalPolicy"], Always, "iam:SimulatePrincipalPolicy", Principal),
];

/// The rows of each operation, in the order of the table: every request looks its own up, a DeleteObjects for each key.
static BY_OPERATION: LazyLock<HashMap<&str, Vec<&Row>>> = LazyLock::new(|| {
    let mut rows = HashMap::<_, Vec<_>>::new();
    for row in ROWS {
        for operation in row.0 {
            rows.entry(*operation).or_default().push(row);
        }
    }
    rows
});

/// The operations that begin or are an upload, and may say what the object is to be.
const UPLOADS: &[&str] = &["PutObject", "PostObject", "CopyObject", "CreateMultipartUpload"];

/// What an operation needs: each row that counts, on each of its resources, in the order of the table.
pub(crate) fn needs(
    operation: &str,
    counts: impl Fn(When) -> bool,
    resources: impl Fn(On) -> Vec<String>,
) -> Vec<Need> {
    let mut needs = Vec::new();
    let rows = BY_OPERATION.get(operation).into_iter().flatten();
    for Row(_, _, action, on) in rows.filter(|row| counts(row.1)) {
        needs.extend(
            resources(*on)
                .into_iter()
                .map(|resource| Need { action: (*action).to_owned(), resource }),
        );
    }
    needs
}

/// The operations that are checked for actions of one service.
#[cfg(test)]
pub(crate) fn operations_checked_for(service: &str) -> impl Iterator<Item = &'static str> {
    let rows = ROWS.iter().filter(move |row| row.2.starts_with(service));
    rows.flat_map(|row| row.0.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_is_there_twice_and_actions_are_of_the_known_services() {
        let mut seen = std::collections::HashSet::new();
        for Row(operations, when, action, _) in ROWS {
            assert!(
                ["s3:", "bedrock:", "sagemaker:", "iam:"]
                    .iter()
                    .any(|service| action.starts_with(service)),
                "{action}"
            );
            for operation in *operations {
                assert!(
                    seen.insert((operation, format!("{when:?}"), action)),
                    "{operation} {action}"
                );
            }
        }
    }
}
