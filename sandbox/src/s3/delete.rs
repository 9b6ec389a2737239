//! DeleteObject and DeleteObjects.

use s3s::S3Response;
use s3s::dto::*;

use super::conditions::failed;
use super::{Cx, access, convert, lock};
use crate::fault::Fault;
use crate::store::{Bucket, Deleted, VersionId};

/// The most keys of one DeleteObjects.
const MAX_KEYS: usize = 1_000;

pub(super) async fn one(
    cx: Cx,
    input: DeleteObjectInput,
) -> Result<S3Response<DeleteObjectOutput>, Fault> {
    refuse_directory_conditions(
        input.if_match_last_modified_time.is_some() || input.if_match_size.is_some(),
    )?;
    let target = Target {
        key: &input.key,
        version: input.version_id.as_deref().map(VersionId::parse),
        etag: input.if_match.as_ref().map(|condition| condition.as_etag().map_or("*", ETag::value)),
    };
    let bypass = lock::bypasses(&cx);
    let deleted = cx.store.with(&input.bucket, |bucket| target.delete(bucket, bypass))?;
    Ok(S3Response::new(DeleteObjectOutput {
        delete_marker: deleted.marker.then_some(true),
        version_id: convert::version_id(deleted.version.as_ref()),
        ..Default::default()
    }))
}

pub(super) async fn many(
    cx: Cx,
    input: DeleteObjectsInput,
) -> Result<S3Response<DeleteObjectsOutput>, Fault> {
    if !["content-md5", "x-amz-sdk-checksum-algorithm"]
        .iter()
        .any(|name| cx.headers.contains_key(*name))
        && super::checksums::claimed_headers(&cx.headers)?.is_empty()
    {
        return Err(Fault::new("InvalidRequest")
            .message("Missing required header for this request: Content-MD5 OR x-amz-checksum-*"));
    }
    let objects = input.delete.objects;
    if objects.is_empty() || objects.len() > MAX_KEYS {
        return Err(Fault::new("MalformedXML"));
    }
    refuse_directory_conditions(
        objects.iter().any(|object| object.last_modified_time.is_some() || object.size.is_some()),
    )?;
    let quiet = input.delete.quiet.unwrap_or(false);
    let bypass = lock::bypasses(&cx);
    let mut deleted = Vec::new();
    let mut errors = Vec::new();
    // Key by key: one lock for all would shut out the other clients for long, and AWS is not atomic here either.
    for object in objects {
        let version = object.version_id.as_deref().map(VersionId::parse);
        let target =
            Target { key: &object.key, version, etag: object.e_tag.as_ref().map(ETag::value) };
        match cx.store.with(&input.bucket, |bucket| {
            access::check_delete(&cx, bucket, target.key, target.version.as_ref(), target.etag)?;
            target.delete(bucket, bypass)
        }) {
            Ok(_) if quiet => {}
            Ok(outcome) => deleted.push(DeletedObject {
                delete_marker: outcome.marker.then_some(true),
                delete_marker_version_id: outcome
                    .version
                    .as_ref()
                    .filter(|_| outcome.marker)
                    .map(|id| id.as_str().to_owned()),
                version_id: object.version_id,
                key: Some(object.key),
            }),
            Err(fault) => errors.push(Error {
                code: Some(fault.code.into_owned()),
                message: Some(fault.message.into_owned()),
                key: Some(object.key),
                version_id: object.version_id,
            }),
        }
    }
    Ok(S3Response::new(DeleteObjectsOutput {
        deleted: Some(deleted),
        errors: Some(errors),
        ..Default::default()
    }))
}

/// What to delete, and on which condition.
struct Target<'a> {
    key: &'a str,
    version: Option<VersionId>,
    /// `*` for any.
    etag: Option<&'a str>,
}

impl Target<'_> {
    fn delete(&self, bucket: &mut Bucket, bypass: bool) -> Result<Deleted, Fault> {
        if self.key.len() > 1_024 {
            return Err(Fault::new("KeyTooLongError"));
        }
        self.check_condition(bucket)?;
        if let Some(version) =
            self.version.as_ref().and_then(|id| bucket.version(self.key, Some(id)).ok())
        {
            lock::check_delete(version, bypass)?;
        }
        Ok(bucket.delete(self.key, self.version.as_ref()))
    }

    /// A condition is on the current version, whichever is to go ("How to perform conditional deletes", S3 User Guide).
    fn check_condition(&self, bucket: &Bucket) -> Result<(), Fault> {
        let Some(etag) = self.etag else { return Ok(()) };
        match bucket.version(self.key, None).map(|version| version.object()) {
            Ok(Some(object)) if etag == "*" || etag == object.etag => Ok(()),
            _ => Err(failed("If-Match")),
        }
    }
}

/// Conditions on size and time are for directory buckets only.
fn refuse_directory_conditions(present: bool) -> Result<(), Fault> {
    if present {
        Err(Fault::new("NotImplemented")
            .field("Header", "x-amz-if-match-last-modified-time, x-amz-if-match-size"))
    } else {
        Ok(())
    }
}
