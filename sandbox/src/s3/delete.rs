//! DeleteObject and DeleteObjects.

use s3s::S3Response;
use s3s::dto::*;
use time::OffsetDateTime;

use super::conditions::failed;
use super::{Cx, convert, lock};
use crate::fault::Fault;
use crate::store::{Bucket, Deleted, Missing, VersionId};

/// The most keys of one DeleteObjects.
const MAX_KEYS: usize = 1_000;

pub(super) async fn one(
    cx: Cx,
    input: DeleteObjectInput,
) -> Result<S3Response<DeleteObjectOutput>, Fault> {
    let target = Target {
        key: &input.key,
        version: input.version_id.as_deref().map(VersionId::parse),
        etag: input.if_match.as_ref().map(|condition| condition.as_etag().map_or("*", ETag::value)),
        modified: input.if_match_last_modified_time.clone(),
        size: input.if_match_size,
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
    let quiet = input.delete.quiet.unwrap_or(false);
    let bypass = lock::bypasses(&cx);
    let mut deleted = Vec::new();
    let mut errors = Vec::new();
    // Key by key: one lock for all would shut out the other clients for long, and AWS is not atomic here either.
    for object in objects {
        let version = object.version_id.as_deref().map(VersionId::parse);
        let target = Target {
            key: &object.key,
            version,
            etag: object.e_tag.as_ref().map(ETag::value),
            modified: object.last_modified_time.clone(),
            size: object.size,
        };
        match cx.store.with(&input.bucket, |bucket| target.delete(bucket, bypass)) {
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

/// What to delete, and on which conditions.
struct Target<'a> {
    key: &'a str,
    version: Option<VersionId>,
    /// `*` for any.
    etag: Option<&'a str>,
    modified: Option<Timestamp>,
    size: Option<i64>,
}

impl Target<'_> {
    fn delete(&self, bucket: &mut Bucket, bypass: bool) -> Result<Deleted, Fault> {
        if self.key.len() > 1_024 {
            return Err(Fault::new("KeyTooLongError"));
        }
        self.check_conditions(bucket)?;
        if let Some(version) =
            self.version.as_ref().and_then(|id| bucket.version(self.key, Some(id)).ok())
        {
            lock::check_delete(version, bypass)?;
        }
        Ok(bucket.delete(self.key, self.version.as_ref()))
    }

    fn check_conditions(&self, bucket: &Bucket) -> Result<(), Fault> {
        if self.etag.is_none() && self.modified.is_none() && self.size.is_none() {
            return Ok(());
        }
        let version = match bucket.version(self.key, self.version.as_ref()) {
            Ok(version) => version,
            // Nothing to protect: the condition is on what is there.
            Err(Missing::Key | Missing::Marker(_) | Missing::Version) => {
                return Err(failed("If-Match"));
            }
            Err(missing) => return Err(missing.into()),
        };
        let Some(object) = version.object() else { return Err(failed("If-Match")) };
        if self.etag.is_some_and(|etag| etag != "*" && etag != object.etag) {
            return Err(failed("If-Match"));
        }
        if let Some(modified) = &self.modified
            && OffsetDateTime::from(modified.clone()).unix_timestamp()
                != OffsetDateTime::from(version.modified).unix_timestamp()
        {
            return Err(failed("x-amz-if-match-last-modified-time"));
        }
        if self.size.is_some_and(|size| u64::try_from(size).ok() != Some(object.content.len())) {
            return Err(failed("x-amz-if-match-size"));
        }
        Ok(())
    }
}
