//! PutObject, GetObject, HeadObject.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use http::{HeaderValue, StatusCode};
use s3s::dto::*;
use s3s::stream::{ByteStream, RemainingLength};
use s3s::{S3Response, StdError};

use super::conditions::{ReadConditions, WriteConditions};
use super::convert::{self, ChecksumFields};
use super::reading::{Read, overrides};
use super::{Cx, checksums, encryption, lifecycle, metadata};
use crate::fault::Fault;
use crate::store::{Algorithm, Content, Object as Stored};

pub(super) async fn put(
    cx: Cx,
    input: PutObjectInput,
) -> Result<S3Response<PutObjectOutput>, Fault> {
    let conditions =
        WriteConditions { if_match: input.if_match, if_none_match: input.if_none_match };
    conditions.check()?;
    let draft = metadata::Draft::read(&cx, &input.bucket, &input.key, input.metadata)?;
    if input.write_offset_bytes.is_some() {
        return Err(Fault::new("NotImplemented").field("Header", "x-amz-write-offset-bytes"));
    }
    let received = checksums::receive(&cx, input.body, Algorithm::Crc64Nvme).await?;

    let object = Stored {
        content: received.content,
        etag: received.md5,
        checksum: Some(received.checksum),
        metadata: draft.metadata.clone(),
        parts: Vec::new(),
        explicit_checksum: received.claimed,
    };
    let checksum = ChecksumFields::of(object.checksum.as_ref());
    let etag = object.etag.clone();
    let version = draft.properties.version(object);
    let (id, expiration) = cx.store.with(&input.bucket, |bucket| {
        conditions.decide(bucket, &input.key)?;
        let expiration = lifecycle::expiration(bucket, &input.key, &version);
        Ok::<_, Fault>((bucket.put(&input.key, version), expiration))
    })?;
    let headers = encryption::headers(&draft.metadata);
    Ok(S3Response::with_headers(
        PutObjectOutput {
            checksum_crc32: checksum.crc32,
            checksum_crc32c: checksum.crc32c,
            checksum_crc64nvme: checksum.crc64nvme,
            checksum_sha1: checksum.sha1,
            checksum_sha256: checksum.sha256,
            checksum_type: checksum.kind,
            e_tag: Some(convert::etag(&etag)),
            version_id: convert::version_id(id.as_ref()),
            expiration,
            ..Default::default()
        },
        headers,
    ))
}

pub(super) async fn get(
    cx: Cx,
    input: GetObjectInput,
) -> Result<S3Response<GetObjectOutput>, Fault> {
    let found = Read {
        bucket: input.bucket,
        key: input.key,
        version: input.version_id,
        conditions: ReadConditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        },
        range: input.range,
        part: input.part_number,
    }
    .find(&cx)?;
    let archived = found
        .object
        .metadata
        .storage_class
        .as_deref()
        .filter(|class| matches!(*class, "GLACIER" | "DEEP_ARCHIVE"));
    if let Some(class) = archived {
        return Err(Fault::new("InvalidObjectState").field("StorageClass", class));
    }
    let checksum = found.checksum(&cx);
    let metadata = &found.object.metadata;
    let content = found.object.content.slice(found.range.clone());
    let output = GetObjectOutput {
        accept_ranges: Some("bytes".into()),
        content_length: Some(found.length()),
        content_range: found.content_range(),
        checksum_crc32: checksum.crc32,
        checksum_crc32c: checksum.crc32c,
        checksum_crc64nvme: checksum.crc64nvme,
        checksum_sha1: checksum.sha1,
        checksum_sha256: checksum.sha256,
        checksum_type: checksum.kind,
        e_tag: Some(convert::etag(&found.object.etag)),
        last_modified: Some(found.version.modified.into()),
        metadata: Some(metadata.user.clone().into_iter().collect()),
        parts_count: found.parts_count,
        expiration: found.expiration.clone(),
        tag_count: (!found.version.properties.tags.is_empty())
            .then_some(found.version.properties.tags.len() as i32),
        version_id: found.shown_version(),
        storage_class: metadata.storage_class.clone().map(StorageClass::from),
        body: Some(body(&content)),
        ..Default::default()
    };
    let headers = overrides(&cx, found.headers())?;
    let mut response = S3Response::with_headers(output, headers);
    response.status = found.partial.then_some(StatusCode::PARTIAL_CONTENT);
    Ok(response)
}

pub(super) async fn head(
    cx: Cx,
    input: HeadObjectInput,
) -> Result<S3Response<HeadObjectOutput>, Fault> {
    let found = Read {
        bucket: input.bucket,
        key: input.key,
        version: input.version_id,
        conditions: ReadConditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        },
        range: input.range,
        part: input.part_number,
    }
    .find(&cx)?;
    let checksum = found.checksum(&cx);
    let metadata = &found.object.metadata;
    let output = HeadObjectOutput {
        accept_ranges: Some("bytes".into()),
        content_length: Some(found.length()),
        content_range: found.content_range(),
        checksum_crc32: checksum.crc32,
        checksum_crc32c: checksum.crc32c,
        checksum_crc64nvme: checksum.crc64nvme,
        checksum_sha1: checksum.sha1,
        checksum_sha256: checksum.sha256,
        checksum_type: checksum.kind,
        e_tag: Some(convert::etag(&found.object.etag)),
        last_modified: Some(found.version.modified.into()),
        metadata: Some(metadata.user.clone().into_iter().collect()),
        parts_count: found.parts_count,
        expiration: found.expiration.clone(),
        version_id: found.shown_version(),
        storage_class: metadata.storage_class.clone().map(StorageClass::from),
        ..Default::default()
    };
    let mut headers = overrides(&cx, found.headers())?;
    if !found.version.properties.tags.is_empty() {
        headers
            .insert("x-amz-tagging-count", HeaderValue::from(found.version.properties.tags.len()));
    }
    let mut response = S3Response::with_headers(output, headers);
    response.status = found.partial.then_some(StatusCode::PARTIAL_CONTENT);
    Ok(response)
}

/// A body that hands out the stored buffers themselves.
fn body(content: &Content) -> StreamingBlob {
    let segments: VecDeque<Bytes> = content.segments().iter().cloned().collect();
    StreamingBlob::new(Segments { remaining: content.len() as usize, segments })
}

struct Segments {
    segments: VecDeque<Bytes>,
    remaining: usize,
}

impl Stream for Segments {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.segments.pop_front();
        if let Some(bytes) = &next {
            self.remaining -= bytes.len();
        }
        Poll::Ready(next.map(Ok))
    }
}

impl ByteStream for Segments {
    fn remaining_length(&self) -> RemainingLength {
        RemainingLength::new_exact(self.remaining)
    }
}
