//! CompleteMultipartUpload: the list of parts checked against what arrived, the object made of them.

use md5::{Digest, Md5};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::S3Response;
use s3s::dto::*;

use super::conditions::WriteConditions;
use super::convert::{self, ChecksumFields};
use super::multipart::{MAX_PART, effective};
use super::{Cx, checksums, encryption, lifecycle};
use crate::fault::Fault;
use crate::store::{
    Algorithm, Checksum, ChecksumKind, Completed, Content, Missing, Object as Stored, Part, Upload,
};

/// 5 MiB: the least size of any part but the last.
const MIN_PART: u64 = 5 * 1024 * 1024;

const LOCATION: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) async fn complete(
    cx: Cx,
    input: CompleteMultipartUploadInput,
) -> Result<S3Response<CompleteMultipartUploadOutput>, Fault> {
    let conditions =
        WriteConditions { if_match: input.if_match, if_none_match: input.if_none_match };
    conditions.check()?;
    let wanted = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    if wanted.is_empty() || wanted.len() > MAX_PART as usize {
        return Err(Fault::new("MalformedXML"));
    }
    let request = numbers_and_etags(&wanted)?;
    let target = Target { bucket: &input.bucket, key: &input.key, id: &input.upload_id };

    let upload = match cx.store.with(&input.bucket, |bucket| {
        Ok::<_, Missing>(match bucket.upload(&input.key, &input.upload_id) {
            Ok(upload) => Ok((upload.clone(), bucket.region.clone())),
            Err(missing) => Err(bucket
                .completed(&input.key, &input.upload_id)
                .cloned()
                .map(|done| (done, bucket.region.clone()))
                .ok_or(missing)),
        })
    })? {
        Ok(found) => found,
        // Repeating a completion answers the same again.
        Err(Ok((done, region))) if done.request == request => {
            return Ok(target.answer(&region, &done));
        }
        Err(_) => return Err(target.no_such_upload()),
    };
    let (upload, region) = upload;
    // Only an upload with a checksum of the client's choice needs the customer's key again.
    if upload.checksum.is_some() || cx.header(encryption::CUSTOMER[0]).is_some() {
        encryption::check_part(&upload.metadata, &cx)?;
    }

    // From here on nothing is locked: the parts' buffers are shared, and checksums take time.
    let parts = select(&upload, &wanted, &request, &input.upload_id)?;
    let object = assemble(&cx, &upload, parts, input.mpu_object_size)?;
    let etag = object.etag.clone();
    let checksum = object.checksum.clone();
    let version = upload.properties.version(object);

    let done = cx.store.with(&input.bucket, |bucket| {
        conditions.decide(bucket, &input.key)?;
        // Aborted or completed meanwhile.
        bucket.end_upload(&input.key, &input.upload_id).map_err(|_| target.no_such_upload())?;
        let expiration = lifecycle::expiration(bucket, &input.key, &version);
        let id = bucket.put(&input.key, version);
        let done = Completed {
            key: input.key.clone(),
            etag,
            version: id.map(|id| id.as_str().to_owned()),
            expiration,
            checksum,
            metadata: upload.metadata.clone(),
            request,
        };
        bucket.remember_completed(&input.upload_id, done.clone());
        Ok::<_, Fault>(done)
    })?;
    Ok(target.answer(&region, &done))
}

struct Target<'a> {
    bucket: &'a str,
    key: &'a str,
    id: &'a str,
}

impl Target<'_> {
    fn no_such_upload(&self) -> Fault {
        Fault::new("NoSuchUpload").field("UploadId", self.id)
    }

    fn answer(&self, region: &str, done: &Completed) -> S3Response<CompleteMultipartUploadOutput> {
        let key: Vec<String> = self
            .key
            .split('/')
            .map(|segment| utf8_percent_encode(segment, LOCATION).to_string())
            .collect();
        let shown = ChecksumFields::of(done.checksum.as_ref());
        let output = CompleteMultipartUploadOutput {
            bucket: Some(self.bucket.to_owned()),
            checksum_crc32: shown.crc32,
            checksum_crc32c: shown.crc32c,
            checksum_crc64nvme: shown.crc64nvme,
            checksum_sha1: shown.sha1,
            checksum_sha256: shown.sha256,
            checksum_type: shown.kind,
            e_tag: Some(convert::etag(&done.etag)),
            expiration: done.expiration.clone(),
            key: Some(self.key.to_owned()),
            location: Some(format!(
                "https://{}.s3.{region}.amazonaws.com/{}",
                self.bucket,
                key.join("/")
            )),
            version_id: done.version.clone(),
            ..Default::default()
        };
        S3Response::with_headers(output, encryption::headers(&done.metadata))
    }
}

/// # Errors
/// MalformedXML for a part without number or ETag, InvalidPartOrder.
fn numbers_and_etags(wanted: &[CompletedPart]) -> Result<Vec<(i32, String)>, Fault> {
    let mut request: Vec<(i32, String)> = Vec::with_capacity(wanted.len());
    for part in wanted {
        let (Some(number), Some(etag)) = (part.part_number, &part.e_tag) else {
            return Err(Fault::new("MalformedXML"));
        };
        if request.last().is_some_and(|(last, _)| *last >= number) {
            return Err(Fault::new("InvalidPartOrder"));
        }
        request.push((number, etag.value().to_owned()));
    }
    Ok(request)
}

/// The parts that the request names, each as it was uploaded.
fn select(
    upload: &Upload,
    wanted: &[CompletedPart],
    request: &[(i32, String)],
    id: &str,
) -> Result<Vec<Part>, Fault> {
    let mut parts: Vec<Part> = Vec::with_capacity(request.len());
    for (part, (number, etag)) in wanted.iter().zip(request) {
        let invalid = || {
            Fault::new("InvalidPart")
                .field("UploadId", id)
                .field("PartNumber", number.to_string())
                .field("ETag", etag.as_str())
        };
        let stored =
            upload.parts.get(number).filter(|stored| stored.etag == *etag).ok_or_else(invalid)?;
        check_part_checksum(upload, part, stored, *number, invalid)?;
        parts.push(stored.clone());
    }
    let small = parts.iter().rev().skip(1).rev().find(|part| part.content.len() < MIN_PART);
    if let Some(part) = small {
        return Err(Fault::new("EntityTooSmall")
            .field("ProposedSize", part.content.len().to_string())
            .field("MinSizeAllowed", MIN_PART.to_string())
            .field("PartNumber", part.number.to_string())
            .field("ETag", part.etag.as_str()));
    }
    Ok(parts)
}

/// A composite upload must repeat each part's checksum; any that is given must be the part's.
fn check_part_checksum(
    upload: &Upload,
    part: &CompletedPart,
    stored: &Part,
    number: i32,
    invalid: impl Fn() -> Fault,
) -> Result<(), Fault> {
    let (algorithm, kind) = effective(upload.checksum);
    let given = match algorithm {
        Algorithm::Crc32 => &part.checksum_crc32,
        Algorithm::Crc32c => &part.checksum_crc32c,
        Algorithm::Crc64Nvme => &part.checksum_crc64nvme,
        Algorithm::Sha1 => &part.checksum_sha1,
        Algorithm::Sha256 => &part.checksum_sha256,
    };
    match given {
        Some(given) if stored.checksum.as_ref() != Some(given) => Err(invalid()),
        None if kind == ChecksumKind::Composite => Err(Fault::new("InvalidRequest").message(format!(
            "The upload was created using a {} checksum. The complete request must include the checksum for each part. It was missing for part {number} in the request.",
            algorithm.as_str().to_ascii_lowercase()
        ))),
        _ => Ok(()),
    }
}

fn assemble(
    cx: &Cx,
    upload: &Upload,
    parts: Vec<Part>,
    size: Option<i64>,
) -> Result<Stored, Fault> {
    let (algorithm, kind) = effective(upload.checksum);
    let content = Content::join(parts.iter().map(|part| &part.content));
    if let Some(size) = size.filter(|size| u64::try_from(*size).ok() != Some(content.len())) {
        return Err(Fault::new("InvalidRequest").message(format!(
            "The provided 'x-amz-mp-object-size' header value {size} does not match what was computed: {}",
            content.len()
        )));
    }
    if let Some(named) = cx
        .header("x-amz-checksum-type")
        .filter(|named| upload.checksum.is_some() && *named != kind.as_str())
    {
        return Err(Fault::new("InvalidRequest").message(format!(
            "The upload was created using the {} checksum mode. The complete request must use the same checksum mode, not {named}.",
            kind.as_str()
        )));
    }
    let checksum = Checksum::of_parts(
        algorithm,
        kind,
        parts.iter().map(|part| (part.checksum.as_deref().unwrap_or_default(), part.content.len())),
    );
    for claimed in Algorithm::ALL {
        if let Some(value) = cx.header(claimed.header()) {
            let computed = checksum
                .as_ref()
                .filter(|checksum| checksum.algorithm == claimed)
                .map(|checksum| checksum.value.as_str());
            // The count of a composite value may be left out.
            let matches = computed.is_some_and(|computed| {
                computed == value
                    || computed.rsplit_once('-').is_some_and(|(bare, _)| bare == value)
            });
            if !matches {
                return Err(checksums::mismatch(claimed));
            }
        }
    }
    let mut md5 = Md5::new();
    for part in &parts {
        md5.update(hex::decode(&part.etag).unwrap_or_default());
    }
    Ok(Stored {
        etag: format!("{}-{}", hex::encode(md5.finalize()), parts.len()),
        content,
        checksum,
        metadata: upload.metadata.clone(),
        parts,
        explicit_checksum: upload.checksum.is_some(),
    })
}
