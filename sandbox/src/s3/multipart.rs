//! Multipart uploads: create, upload and copy parts, list, abort.
//!
//! Source: "Uploading and copying objects using multipart upload", S3 User Guide.

use std::collections::BTreeMap;
use std::time::SystemTime;

use s3s::S3Response;
use s3s::dto::*;

use super::conditions::ReadConditions;
use super::convert::{self, ChecksumFields};
use super::listing::{Encoding, delimiter, page_length};
use super::metadata::Draft;
use super::{Cx, checksums, copy, encryption};
use crate::fault::Fault;
use crate::store::{Algorithm, ChecksumKind, Initiator as Who, Missing, Part as Stored, Upload};

/// Parts are numbered 1 to 10,000.
pub(super) const MAX_PART: i32 = 10_000;

/// What an explicit or implied checksum choice comes to; the implied one is CRC-64/NVME over the whole.
pub(super) fn effective(checksum: Option<(Algorithm, ChecksumKind)>) -> (Algorithm, ChecksumKind) {
    checksum.unwrap_or((Algorithm::Crc64Nvme, ChecksumKind::FullObject))
}

pub(super) async fn create(
    cx: Cx,
    input: CreateMultipartUploadInput,
) -> Result<S3Response<CreateMultipartUploadOutput>, Fault> {
    let caller = cx.caller_or_anonymous();
    let draft = Draft::read(&cx, &input.bucket, &input.key, input.metadata)?;
    let checksum = read_checksum_choice(&cx)?;
    let upload = Upload {
        initiated: SystemTime::now(),
        initiator: Who { arn: caller.principal_arn, user_id: caller.user_id },
        checksum,
        parts: BTreeMap::new(),
        metadata: draft.metadata.clone(),
        properties: draft.properties,
    };
    let id = cx
        .store
        .with(&input.bucket, |bucket| Ok::<_, Missing>(bucket.begin_upload(&input.key, upload)))?;
    let output = CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: checksum
            .map(|(algorithm, _)| ChecksumAlgorithm::from_static(algorithm.as_str())),
        checksum_type: checksum.map(|(_, kind)| ChecksumType::from_static(kind.as_str())),
        ..Default::default()
    };
    Ok(S3Response::with_headers(output, encryption::headers(&draft.metadata)))
}

fn read_checksum_choice(cx: &Cx) -> Result<Option<(Algorithm, ChecksumKind)>, Fault> {
    let kind = match cx.header("x-amz-checksum-type") {
        None => None,
        Some("COMPOSITE") => Some(ChecksumKind::Composite),
        Some("FULL_OBJECT") => Some(ChecksumKind::FullObject),
        Some(_) => {
            return Err(Fault::new("InvalidRequest")
                .message("Value for x-amz-checksum-type header is invalid."));
        }
    };
    let Some(named) = cx.header("x-amz-checksum-algorithm") else {
        return match kind {
            None => Ok(None),
            Some(_) => Err(Fault::new("InvalidRequest")
                .message("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")),
        };
    };
    let algorithm = Algorithm::parse(named).ok_or_else(checksums::unknown_algorithm)?;
    let kind = kind.unwrap_or(algorithm.default_multipart_kind());
    if !algorithm.supports(kind) {
        let name = algorithm.as_str().to_ascii_lowercase();
        return Err(Fault::new("InvalidRequest").message(format!(
            "The {} checksum type cannot be used with the {name} checksum algorithm.",
            kind.as_str()
        )));
    }
    Ok(Some((algorithm, kind)))
}

/// # Errors
/// InvalidArgument.
pub(super) fn check_part_number(number: i32) -> Result<(), Fault> {
    if (1..=MAX_PART).contains(&number) {
        return Ok(());
    }
    Err(Fault::new("InvalidArgument")
        .message("Part number must be an integer between 1 and 10000, inclusive")
        .field("ArgumentName", "partNumber")
        .field("ArgumentValue", number.to_string()))
}

/// The upload as it is now, without its parts.
fn look_up(cx: &Cx, bucket: &str, key: &str, id: &str) -> Result<Upload, Fault> {
    cx.store
        .with(bucket, |bucket| bucket.upload(key, id).map(Upload::without_parts))
        .map_err(|missing| explain(missing, id))
}

fn explain(missing: Missing, id: &str) -> Fault {
    let is_upload = missing == Missing::Upload;
    let fault = Fault::from(missing);
    if is_upload { fault.field("UploadId", id) } else { fault }
}

pub(super) async fn upload_part(
    cx: Cx,
    input: UploadPartInput,
) -> Result<S3Response<UploadPartOutput>, Fault> {
    check_part_number(input.part_number)?;
    let upload = look_up(&cx, &input.bucket, &input.key, &input.upload_id)?;
    encryption::check_part(&upload.metadata, &cx)?;
    let (algorithm, _) = effective(upload.checksum);
    let received = checksums::receive(&cx, input.body, algorithm).await?;
    let claimed = received.checksum;
    if let Some((expected, kind)) = upload.checksum {
        let mismatched = received.claimed && claimed.algorithm != expected;
        // A composite checksum is made of what the client vouched for, part by part.
        let absent = !received.claimed && kind == ChecksumKind::Composite;
        if mismatched || absent {
            let actual = if received.claimed {
                claimed.algorithm.as_str().to_ascii_lowercase()
            } else {
                "null".into()
            };
            return Err(Fault::new("InvalidRequest").message(format!(
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {actual}",
                expected.as_str().to_ascii_lowercase()
            )));
        }
    }
    let value = if claimed.algorithm == algorithm {
        claimed.value.clone()
    } else {
        received.content.checksum(algorithm)
    };
    let part = Stored {
        number: input.part_number,
        content: received.content,
        etag: received.md5.clone(),
        checksum: Some(value),
        modified: SystemTime::now(),
    };
    cx.store
        .with(&input.bucket, |bucket| bucket.put_part(&input.key, &input.upload_id, part))
        .map_err(|missing| explain(missing, &input.upload_id))?;
    let shown = if received.claimed {
        ChecksumFields::value(claimed.algorithm, claimed.value)
    } else {
        ChecksumFields::default()
    };
    let output = UploadPartOutput {
        checksum_crc32: shown.crc32,
        checksum_crc32c: shown.crc32c,
        checksum_crc64nvme: shown.crc64nvme,
        checksum_sha1: shown.sha1,
        checksum_sha256: shown.sha256,
        e_tag: Some(convert::etag(&received.md5)),
        ..Default::default()
    };
    Ok(S3Response::with_headers(output, encryption::headers(&upload.metadata)))
}

pub(super) async fn upload_part_copy(
    cx: Cx,
    input: UploadPartCopyInput,
) -> Result<S3Response<UploadPartCopyOutput>, Fault> {
    check_part_number(input.part_number)?;
    let upload = look_up(&cx, &input.bucket, &input.key, &input.upload_id)?;
    encryption::check_part(&upload.metadata, &cx)?;
    let source = copy::Source::find(&cx, &input.copy_source)?;
    source.check_conditions(ReadConditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    })?;
    let length = source.object.content.len();
    let range = match &input.copy_source_range {
        Some(range) => copy_range(range, length)?,
        None => 0..length,
    };
    let content = source.object.content.slice(range);
    let (algorithm, _) = effective(upload.checksum);
    let value = content.checksum(algorithm);
    let etag = content.md5();
    let modified = SystemTime::now();
    let part = Stored {
        number: input.part_number,
        content,
        etag: etag.clone(),
        checksum: Some(value.clone()),
        modified,
    };
    cx.store
        .with(&input.bucket, |bucket| bucket.put_part(&input.key, &input.upload_id, part))
        .map_err(|missing| explain(missing, &input.upload_id))?;
    let shown = upload
        .checksum
        .map_or_else(ChecksumFields::default, |_| ChecksumFields::value(algorithm, value));
    let output = UploadPartCopyOutput {
        copy_part_result: Some(CopyPartResult {
            checksum_crc32: shown.crc32,
            checksum_crc32c: shown.crc32c,
            checksum_crc64nvme: shown.crc64nvme,
            checksum_sha1: shown.sha1,
            checksum_sha256: shown.sha256,
            e_tag: Some(convert::etag(&etag)),
            last_modified: Some(modified.into()),
        }),
        copy_source_version_id: source.shown_version(),
        ..Default::default()
    };
    Ok(S3Response::with_headers(output, encryption::headers(&upload.metadata)))
}

/// `bytes=first-last`, both given and inside the source.
fn copy_range(text: &str, length: u64) -> Result<std::ops::Range<u64>, Fault> {
    let invalid = |message: String| {
        Fault::new("InvalidArgument")
            .message(message)
            .field("ArgumentName", "x-amz-copy-source-range")
            .field("ArgumentValue", text)
    };
    let bounds = text.strip_prefix("bytes=").and_then(|bounds| bounds.split_once('-'));
    let parsed = bounds
        .and_then(|(first, last)| Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?)));
    let (first, last) = parsed.filter(|(first, last)| first <= last).ok_or_else(|| {
        invalid("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy".into())
    })?;
    if last >= length {
        return Err(invalid(format!(
            "Range specified is not valid for source object of size: {length}"
        )));
    }
    Ok(first..last + 1)
}

pub(super) async fn abort(
    cx: Cx,
    input: AbortMultipartUploadInput,
) -> Result<S3Response<AbortMultipartUploadOutput>, Fault> {
    if input.if_match_initiated_time.is_some() {
        // For directory buckets only.
        return Err(Fault::new("NotImplemented").field("Header", "x-amz-if-match-initiated-time"));
    }
    cx.store.with(&input.bucket, |bucket| {
        bucket
            .end_upload(&input.key, &input.upload_id)
            .map_err(|missing| explain(missing, &input.upload_id))
    })?;
    Ok(S3Response::new(AbortMultipartUploadOutput::default()))
}

pub(super) async fn list_parts(
    cx: Cx,
    input: ListPartsInput,
) -> Result<S3Response<ListPartsOutput>, Fault> {
    let length = page_length("max-parts", input.max_parts)?;
    let marker = input.part_number_marker.unwrap_or(0);
    if marker < 0 {
        return Err(Fault::new("InvalidArgument")
            .message("Argument part-number-marker must be an integer between 0 and 2147483647")
            .field("ArgumentName", "part-number-marker")
            .field("ArgumentValue", marker.to_string()));
    }
    let (upload, parts, truncated, owner) = cx
        .store
        .with(&input.bucket, |bucket| {
            let upload = bucket.upload(&input.key, &input.upload_id)?;
            let mut rest = upload.parts.range(marker.saturating_add(1)..).map(|(_, part)| part);
            let parts: Vec<Stored> = rest.by_ref().take(length as usize).cloned().collect();
            let truncated = rest.next().is_some() && length > 0;
            Ok((upload.without_parts(), parts, truncated, bucket.owner.clone()))
        })
        .map_err(|missing| explain(missing, &input.upload_id))?;
    let next = parts.last().map_or(0, |part| part.number);
    let parts = parts.into_iter().map(|part| {
        let shown = match (upload.checksum, part.checksum) {
            (Some((algorithm, _)), Some(value)) => ChecksumFields::value(algorithm, value),
            _ => ChecksumFields::default(),
        };
        Part {
            checksum_crc32: shown.crc32,
            checksum_crc32c: shown.crc32c,
            checksum_crc64nvme: shown.crc64nvme,
            checksum_sha1: shown.sha1,
            checksum_sha256: shown.sha256,
            e_tag: Some(convert::etag(&part.etag)),
            last_modified: Some(part.modified.into()),
            part_number: Some(part.number),
            size: i64::try_from(part.content.len()).ok(),
        }
    });
    Ok(S3Response::new(ListPartsOutput {
        bucket: Some(input.bucket),
        checksum_algorithm: upload
            .checksum
            .map(|(algorithm, _)| ChecksumAlgorithm::from_static(algorithm.as_str())),
        checksum_type: upload.checksum.map(|(_, kind)| ChecksumType::from_static(kind.as_str())),
        initiator: Some(initiator(&upload)),
        is_truncated: Some(truncated),
        key: Some(input.key),
        max_parts: Some(length),
        next_part_number_marker: Some(next),
        owner: Some(convert::owner(&owner)),
        part_number_marker: Some(marker),
        parts: Some(parts.collect()),
        storage_class: Some(storage_class(&upload)),
        upload_id: Some(input.upload_id),
        ..Default::default()
    }))
}

fn initiator(upload: &Upload) -> Initiator {
    Initiator {
        display_name: Some(upload.initiator.user_id.clone()),
        id: Some(upload.initiator.arn.clone()),
    }
}

fn storage_class(upload: &Upload) -> StorageClass {
    StorageClass::from(upload.metadata.storage_class.clone().unwrap_or_else(|| "STANDARD".into()))
}

pub(super) async fn list_uploads(
    cx: Cx,
    input: ListMultipartUploadsInput,
) -> Result<S3Response<ListMultipartUploadsOutput>, Fault> {
    let encoding = Encoding::read(input.encoding_type)?;
    let length = page_length("max-uploads", input.max_uploads)?;
    let prefix = input.prefix.unwrap_or_default();
    let key_marker = input.key_marker.unwrap_or_default();
    // Without a key marker an upload id marker is ignored (ListMultipartUploads, S3 API Reference).
    let id_marker = input
        .upload_id_marker
        .as_deref()
        .filter(|marker| !marker.is_empty() && !key_marker.is_empty());
    let delimiter = delimiter(input.delimiter.as_deref());
    let (page, owner) = cx.store.with(&input.bucket, |bucket| {
        Ok::<_, Missing>((
            bucket.list_uploads(&prefix, delimiter, &key_marker, id_marker, length as usize),
            bucket.owner.clone(),
        ))
    })?;
    let (next_key_marker, next_upload_id_marker) = page.last.filter(|_| page.truncated).unzip();
    let uploads = page.uploads.into_iter().map(|(key, id, upload)| MultipartUpload {
        checksum_algorithm: upload
            .checksum
            .map(|(algorithm, _)| ChecksumAlgorithm::from_static(algorithm.as_str())),
        checksum_type: upload.checksum.map(|(_, kind)| ChecksumType::from_static(kind.as_str())),
        initiated: Some(upload.initiated.into()),
        initiator: Some(initiator(&upload)),
        key: Some(encoding.name(&key)),
        owner: Some(convert::owner(&owner)),
        storage_class: Some(storage_class(&upload)),
        upload_id: Some(id),
    });
    Ok(S3Response::new(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        common_prefixes: Some(
            page.prefixes
                .iter()
                .map(|prefix| CommonPrefix { prefix: Some(encoding.name(prefix)) })
                .collect(),
        ),
        delimiter: encoding.option(delimiter),
        encoding_type: encoding.shown(),
        is_truncated: Some(page.truncated),
        key_marker: Some(encoding.name(&key_marker)),
        max_uploads: Some(length),
        next_key_marker: next_key_marker.map(|key| encoding.name(&key)),
        next_upload_id_marker,
        prefix: Some(encoding.name(&prefix)),
        upload_id_marker: Some(input.upload_id_marker.unwrap_or_default()),
        uploads: Some(uploads.collect()),
        ..Default::default()
    }))
}
