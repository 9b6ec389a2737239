//! PutObject, GetObject, HeadObject.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use s3s::dto::*;
use s3s::stream::{ByteStream, RemainingLength};
use s3s::{S3Response, StdError};

use super::conditions::{ReadConditions, Unmet, WriteConditions, failed};
use super::convert::{self, ChecksumFields};
use super::{Cx, checksums, encryption, metadata};
use crate::fault::Fault;
use crate::store::{Algorithm, Content, Missing, Object as Stored, Version, VersionId, Versioning};

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
    let id = cx.store.with(&input.bucket, |bucket| {
        conditions.decide(bucket, &input.key)?;
        Ok::<_, Fault>(bucket.put(&input.key, version))
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

/// What a read asks for.
struct Read {
    bucket: String,
    key: String,
    version: Option<String>,
    conditions: ReadConditions,
    range: Option<Range>,
    part: Option<i32>,
}

/// The version that a read found, and which of its bytes it wants.
struct Found {
    version: Version,
    object: std::sync::Arc<Stored>,
    versioned: bool,
    range: std::ops::Range<u64>,
    /// A range or a part was asked for: 206.
    partial: bool,
    parts_count: Option<i32>,
    /// The one part asked for.
    part: Option<crate::store::Part>,
}

impl Read {
    fn find(self, cx: &Cx) -> Result<Found, Fault> {
        encryption::check_read(cx)?;
        let id = self.version.as_deref().map(VersionId::parse);
        let (version, versioned) = cx
            .store
            .with(&self.bucket, |bucket| {
                bucket.version(&self.key, id.as_ref()).map(|version| {
                    (version.clone(), bucket.settings.versioning != Versioning::Unversioned)
                })
            })
            .map_err(|missing| self.explain(missing))?;
        let Some(object) = version.object().cloned() else {
            // A delete marker has no representation, only its own headers.
            return Err(Fault::new("MethodNotAllowed")
                .field("Method", cx.method.as_str())
                .field("ResourceType", "DeleteMarker")
                .header("allow", "DELETE")
                .header("x-amz-delete-marker", "true")
                .header("x-amz-version-id", version.id.as_str())
                .header("last-modified", &httpdate::fmt_http_date(version.modified)));
        };
        match self.conditions.decide(&object.etag, version.modified) {
            Ok(()) => {}
            Err(Unmet::Failed(condition)) => return Err(failed(condition)),
            Err(Unmet::NotModified) => {
                let mut fault = Fault::new("NotModified")
                    .header("etag", &format!("\"{}\"", object.etag))
                    .header("last-modified", &httpdate::fmt_http_date(version.modified));
                if versioned {
                    fault = fault.header("x-amz-version-id", version.id.as_str());
                }
                return Err(fault);
            }
        }
        encryption::check_customer_key(&object.metadata, cx, encryption::CUSTOMER)?;
        let mut found = Found {
            range: 0..object.content.len(),
            partial: false,
            parts_count: None,
            part: None,
            version,
            object,
            versioned,
        };
        match (self.part, self.range) {
            (Some(_), Some(_)) => {
                return Err(Fault::new("InvalidRequest")
                    .message("Cannot specify both Range header and partNumber query parameter"));
            }
            (Some(number), None) => found.select_part(number)?,
            (None, Some(range)) => found.select_range(&range, cx)?,
            (None, None) => {}
        }
        Ok(found)
    }

    fn explain(&self, missing: Missing) -> Fault {
        match missing {
            Missing::Bucket => Fault::from(missing).field("BucketName", &self.bucket),
            Missing::Version => Fault::from(missing)
                .field("Key", &self.key)
                .field("VersionId", self.version.as_deref().unwrap_or_default()),
            _ => Fault::from(missing).field("Key", &self.key),
        }
    }
}

impl Found {
    fn select_part(&mut self, number: i32) -> Result<(), Fault> {
        if !(1..=10_000).contains(&number) {
            return Err(Fault::new("InvalidArgument")
                .message("Part number must be an integer between 1 and 10000, inclusive")
                .field("ArgumentName", "partNumber")
                .field("ArgumentValue", number.to_string()));
        }
        let parts = &self.object.parts;
        let absent = || {
            Fault::new("InvalidPartNumber")
                .field("ActualPartCount", parts.len().max(1).to_string())
                .field("PartNumberRequested", number.to_string())
        };
        self.partial = true;
        if parts.is_empty() {
            // A single upload is its own part 1.
            return if number == 1 { Ok(()) } else { Err(absent()) };
        }
        // Parts keep the order of their numbers; asked for is the position in that order.
        let index = usize::try_from(number - 1)
            .ok()
            .filter(|index| *index < parts.len())
            .ok_or_else(absent)?;
        let start: u64 = parts[..index].iter().map(|part| part.content.len()).sum();
        self.range = start..start + parts[index].content.len();
        self.parts_count = i32::try_from(parts.len()).ok();
        self.part = Some(parts[index].clone());
        Ok(())
    }

    fn select_range(&mut self, range: &Range, cx: &Cx) -> Result<(), Fault> {
        let length = self.object.content.len();
        let unsatisfiable = || {
            Fault::new("InvalidRange")
                .field("RangeRequested", cx.header("range").unwrap_or_default())
                .field("ActualObjectSize", length.to_string())
                .header("content-range", &format!("bytes */{length}"))
        };
        self.range = match *range {
            Range::Int { first, .. } if first >= length => return Err(unsatisfiable()),
            Range::Int { first, last } => first..last.map_or(length, |last| (last + 1).min(length)),
            Range::Suffix { length: 0 } => return Err(unsatisfiable()),
            Range::Suffix { .. } if length == 0 => return Err(unsatisfiable()),
            Range::Suffix { length: wanted } => length.saturating_sub(wanted)..length,
        };
        self.partial = true;
        Ok(())
    }

    fn length(&self) -> i64 {
        (self.range.end - self.range.start) as i64
    }

    fn content_range(&self) -> Option<String> {
        // An empty object's part 1 has no byte to name.
        (self.partial && !self.range.is_empty()).then(|| {
            format!(
                "bytes {}-{}/{}",
                self.range.start,
                self.range.end - 1,
                self.object.content.len()
            )
        })
    }

    fn shown_version(&self) -> Option<String> {
        self.versioned.then(|| self.version.id.as_str().to_owned())
    }

    /// The checksum, where the client asked for it; of a part when a part was asked for, and none for a range.
    fn checksum(&self, cx: &Cx) -> ChecksumFields {
        if !cx
            .header("x-amz-checksum-mode")
            .is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED"))
        {
            return ChecksumFields::default();
        }
        let stored = self.object.checksum.as_ref();
        match (&self.part, stored) {
            (Some(part), Some(stored)) => match &part.checksum {
                Some(value) => ChecksumFields {
                    kind: Some(ChecksumType::from_static(stored.kind.as_str())),
                    ..ChecksumFields::value(stored.algorithm, value.clone())
                },
                None => ChecksumFields::default(),
            },
            _ if self.range.end - self.range.start != self.object.content.len() => {
                ChecksumFields::default()
            }
            _ => ChecksumFields::of(stored),
        }
    }

    /// The stored headers.
    fn headers(&self) -> HeaderMap {
        let metadata = &self.object.metadata;
        let mut headers = encryption::headers(metadata);
        let fields = [
            (
                "content-type",
                Some(metadata.content_type.as_deref().unwrap_or("binary/octet-stream")),
            ),
            ("cache-control", metadata.cache_control.as_deref()),
            ("content-disposition", metadata.content_disposition.as_deref()),
            ("content-encoding", metadata.content_encoding.as_deref()),
            ("content-language", metadata.content_language.as_deref()),
            ("expires", metadata.expires.as_deref()),
            ("x-amz-website-redirect-location", metadata.website_redirect.as_deref()),
        ];
        for (name, value) in fields {
            if let Some(value) =
                value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok())
            {
                headers.insert(name, value);
            }
        }
        if let Some(retention) = &self.version.properties.retention {
            insert(&mut headers, "x-amz-object-lock-mode", &retention.mode);
            insert(
                &mut headers,
                "x-amz-object-lock-retain-until-date",
                &crate::sigv4::iso8601(retention.until.into()),
            );
        }
        if self.version.properties.legal_hold {
            insert(&mut headers, "x-amz-object-lock-legal-hold", "ON");
        }
        headers
    }
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// `response-*` parameters replace stored headers, for signed requests.
fn overrides(cx: &Cx, mut headers: HeaderMap) -> Result<HeaderMap, Fault> {
    let query = crate::sigv4::Query::parse(cx.uri.query().unwrap_or_default());
    for (parameter, name) in [
        ("response-content-type", "content-type"),
        ("response-content-language", "content-language"),
        ("response-expires", "expires"),
        ("response-cache-control", "cache-control"),
        ("response-content-disposition", "content-disposition"),
        ("response-content-encoding", "content-encoding"),
    ] {
        if let Some(value) = query.get(parameter) {
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
                Fault::new("InvalidArgument")
                    .message("Header value cannot be represented using ISO-8859-1.")
                    .field("ArgumentName", parameter)
                    .field("ArgumentValue", value.clone())
            })?;
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    Ok(headers)
}

/// A body that hands out the stored buffers themselves.
fn body(content: &Content) -> StreamingBlob {
    let segments: std::collections::VecDeque<Bytes> = content.segments().iter().cloned().collect();
    StreamingBlob::new(Segments { remaining: content.len() as usize, segments })
}

struct Segments {
    segments: std::collections::VecDeque<Bytes>,
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
