//! The operations of S3, by method, by what the path names, and by the parameters that change both.
//!
//! Source: the pages of the operations, Amazon S3 API Reference.

use super::Head;
use crate::hosts::Style;

/// What a request's path and host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Service,
    Bucket,
    Object,
}

impl Subject {
    fn of(head: &Head<'_>, style: Style) -> Subject {
        let path = head.uri.path().trim_start_matches('/');
        let (bucket, key) = match style {
            Style::VirtualHosted => (true, !path.is_empty()),
            Style::Path => match path.split_once('/') {
                Some((_, key)) => (true, !key.is_empty()),
                None => (!path.is_empty(), false),
            },
        };
        match (bucket, key) {
            (_, true) => Subject::Object,
            (true, false) => Subject::Bucket,
            (false, false) => Subject::Service,
        }
    }
}

/// Parameters that name a part of a bucket, and how its operations end: `GetBucketAcl`.
const OF_A_BUCKET: &[(&str, &str)] = &[
    ("accelerate", "BucketAccelerateConfiguration"),
    ("acl", "BucketAcl"),
    ("cors", "BucketCors"),
    ("encryption", "BucketEncryption"),
    ("lifecycle", "BucketLifecycleConfiguration"),
    ("location", "BucketLocation"),
    ("logging", "BucketLogging"),
    ("notification", "BucketNotificationConfiguration"),
    ("object-lock", "ObjectLockConfiguration"),
    ("ownershipControls", "BucketOwnershipControls"),
    ("policy", "BucketPolicy"),
    ("policyStatus", "BucketPolicyStatus"),
    ("publicAccessBlock", "PublicAccessBlock"),
    ("replication", "BucketReplication"),
    ("requestPayment", "BucketRequestPayment"),
    ("tagging", "BucketTagging"),
    ("versioning", "BucketVersioning"),
    ("website", "BucketWebsite"),
];

/// Parameters that name a part of an object.
const OF_AN_OBJECT: &[(&str, &str)] = &[
    ("acl", "ObjectAcl"),
    ("attributes", "ObjectAttributes"),
    ("legal-hold", "ObjectLegalHold"),
    ("retention", "ObjectRetention"),
    ("tagging", "ObjectTagging"),
    ("torrent", "ObjectTorrent"),
];

/// The operation's name; `Unknown` where there is none.
pub(super) fn operation(head: &Head<'_>, style: Style) -> String {
    let has = |name: &str| head.parameter(name).is_some();
    let name = match (Subject::of(head, style), head.method) {
        (_, "OPTIONS") => "Preflight",
        (Subject::Service, "GET") => "ListBuckets",
        (Subject::Service, _) => "Unknown",

        (Subject::Bucket, "HEAD") => "HeadBucket",
        (Subject::Bucket, "POST") if has("delete") => "DeleteObjects",
        (Subject::Bucket, "POST") => "PostObject",
        (Subject::Bucket, "GET") if head.parameter("list-type") == Some("2") => "ListObjectsV2",
        (Subject::Bucket, "GET") if has("versions") => "ListObjectVersions",
        (Subject::Bucket, "GET") if has("uploads") => "ListMultipartUploads",
        // The one name that is shorter than the others of its kind.
        (Subject::Bucket, "DELETE") if has("lifecycle") => "DeleteBucketLifecycle",
        (Subject::Bucket, method) => match (of_a_part(head, OF_A_BUCKET), method) {
            (Some(name), _) => return name,
            (None, "GET") => "ListObjects",
            (None, "PUT") => "CreateBucket",
            (None, "DELETE") => "DeleteBucket",
            _ => "Unknown",
        },

        (Subject::Object, "HEAD") => "HeadObject",
        (Subject::Object, "POST") if has("uploads") => "CreateMultipartUpload",
        (Subject::Object, "POST") if has("uploadId") => "CompleteMultipartUpload",
        (Subject::Object, "POST") if has("restore") => "RestoreObject",
        (Subject::Object, "POST") if has("select") => "SelectObjectContent",
        (Subject::Object, "PUT") if has("uploadId") && head.copies => "UploadPartCopy",
        (Subject::Object, "PUT") if has("uploadId") => "UploadPart",
        (Subject::Object, "GET") if has("uploadId") => "ListParts",
        (Subject::Object, "DELETE") if has("uploadId") => "AbortMultipartUpload",
        (Subject::Object, method) => match (of_a_part(head, OF_AN_OBJECT), method) {
            (Some(name), _) => return name,
            (None, "GET") => "GetObject",
            (None, "PUT") if head.copies => "CopyObject",
            (None, "PUT") => "PutObject",
            (None, "DELETE") => "DeleteObject",
            _ => "Unknown",
        },
    };
    name.to_owned()
}

fn of_a_part(head: &Head<'_>, parts: &[(&str, &str)]) -> Option<String> {
    let verb = match head.method {
        "GET" => "Get",
        "PUT" => "Put",
        "DELETE" => "Delete",
        _ => return None,
    };
    let (_, part) = parts.iter().find(|(name, _)| head.parameter(name).is_some())?;
    Some(format!("{verb}{part}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The operation of a request by path; the same by host must be the same.
    fn named(method: &str, path: &str, copies: bool) -> String {
        let by = |uri: String, style| {
            let uri = uri.parse().unwrap();
            operation(&Head { method, uri, authorization: None, copies, body: None }, style)
        };
        let by_path = by(format!("http://127.0.0.1:9000{path}"), Style::Path);
        if let Some(rest) = path.strip_prefix("/bucket") {
            let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
            let by_host =
                by(format!("https://bucket.s3.amazonaws.com{rest}"), Style::VirtualHosted);
            assert_eq!(by_host, by_path, "{method} {path}");
        }
        by_path
    }

    #[test]
    fn method_path_and_parameters_make_the_operation() {
        for (method, path, expected) in [
            ("GET", "/", "ListBuckets"),
            ("GET", "/?x-id=ListBuckets", "ListBuckets"),
            ("HEAD", "/bucket", "HeadBucket"),
            ("PUT", "/bucket", "CreateBucket"),
            ("PUT", "/bucket/", "CreateBucket"),
            ("DELETE", "/bucket", "DeleteBucket"),
            ("GET", "/bucket", "ListObjects"),
            ("GET", "/bucket?prefix=versions", "ListObjects"),
            ("GET", "/bucket/?list-type=2&prefix=test%2F", "ListObjectsV2"),
            ("GET", "/bucket?versions&prefix=a", "ListObjectVersions"),
            ("GET", "/bucket?uploads", "ListMultipartUploads"),
            ("GET", "/bucket?location", "GetBucketLocation"),
            ("GET", "/bucket?policyStatus", "GetBucketPolicyStatus"),
            ("PUT", "/bucket?tagging", "PutBucketTagging"),
            ("DELETE", "/bucket?tagging", "DeleteBucketTagging"),
            ("PUT", "/bucket?lifecycle", "PutBucketLifecycleConfiguration"),
            ("DELETE", "/bucket?lifecycle", "DeleteBucketLifecycle"),
            ("GET", "/bucket?publicAccessBlock", "GetPublicAccessBlock"),
            ("PUT", "/bucket?object-lock", "PutObjectLockConfiguration"),
            ("POST", "/bucket?delete", "DeleteObjects"),
            ("POST", "/bucket", "PostObject"),
            ("OPTIONS", "/bucket/key", "Preflight"),
            ("PATCH", "/bucket", "Unknown"),
            ("GET", "/bucket/key", "GetObject"),
            ("GET", "/bucket/a/b%20c?X-Amz-Signature=0a&x-id=GetObject", "GetObject"),
            ("GET", "/bucket/key?versionId=1", "GetObject"),
            ("HEAD", "/bucket/key", "HeadObject"),
            ("PUT", "/bucket/key", "PutObject"),
            ("PUT", "/bucket/uploads", "PutObject"),
            ("DELETE", "/bucket/key", "DeleteObject"),
            ("GET", "/bucket/key?tagging", "GetObjectTagging"),
            ("PUT", "/bucket/key?acl", "PutObjectAcl"),
            ("DELETE", "/bucket/key?tagging", "DeleteObjectTagging"),
            ("GET", "/bucket/key?attributes", "GetObjectAttributes"),
            ("PUT", "/bucket/key?legal-hold", "PutObjectLegalHold"),
            ("POST", "/bucket/key?uploads", "CreateMultipartUpload"),
            ("PUT", "/bucket/key?partNumber=1&uploadId=u", "UploadPart"),
            ("GET", "/bucket/key?uploadId=u", "ListParts"),
            ("POST", "/bucket/key?uploadId=u", "CompleteMultipartUpload"),
            ("DELETE", "/bucket/key?uploadId=u", "AbortMultipartUpload"),
            ("POST", "/bucket/key?select&select-type=2", "SelectObjectContent"),
        ] {
            assert_eq!(named(method, path, false), expected, "{method} {path}");
        }
        assert_eq!(named("PUT", "/bucket/key", true), "CopyObject");
        assert_eq!(named("PUT", "/bucket/key?partNumber=1&uploadId=u", true), "UploadPartCopy");
    }
}
