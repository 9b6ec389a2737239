//! CopyObject, and the source side of UploadPartCopy.

use std::sync::Arc;
use std::time::SystemTime;

use s3s::S3Response;
use s3s::dto::*;

use super::access;
use super::conditions::{ReadConditions, Unmet, WriteConditions, failed};
use super::convert::{self, ChecksumFields};
use super::metadata::Draft;
use super::{Cx, checksums, encryption, lifecycle};
use crate::fault::Fault;
use crate::store::{
    Algorithm, Checksum, ChecksumKind, Object as Stored, Version, VersionId, Versioning,
};

/// 5 GiB: the largest object that one CopyObject copies.
const MAX_COPY: u64 = 5 * 1024 * 1024 * 1024;

/// What is copied from.
pub(super) struct Source {
    bucket: String,
    key: String,
    pub(super) version: Version,
    pub(super) object: Arc<Stored>,
    versioned: bool,
    /// The version that the request named.
    named_version: Option<VersionId>,
}

impl Source {
    /// # Errors
    /// NoSuchBucket, NoSuchKey, NoSuchVersion, AccessDenied, InvalidRequest for a delete marker by its id.
    pub(super) fn find(cx: &Cx, source: &CopySource) -> Result<Self, Fault> {
        let CopySource::Bucket { bucket, key, version_id } = source else {
            return Err(Fault::new("NotImplemented").field("Header", "x-amz-copy-source"));
        };
        let id = version_id.as_deref().map(VersionId::parse);
        access::check_source(cx, bucket, key, id.as_ref())?;
        let (version, versioned) = cx
            .store
            .with(bucket, |stored| {
                let version = stored.version(key, id.as_ref())?.clone();
                Ok((version, stored.settings.versioning != Versioning::Unversioned))
            })
            .map_err(|missing| convert::missing_version(missing, key, id.as_ref()))?;
        let object = version
            .object()
            .cloned()
            .ok_or_else(|| Fault::new("InvalidRequest").message("The source of a copy request may not specifically refer to a delete marker by version id."))?;
        encryption::check_customer_key(&object.metadata, cx, encryption::COPY_SOURCE_CUSTOMER)?;
        Ok(Self {
            bucket: bucket.to_string(),
            key: key.to_string(),
            version,
            object,
            versioned,
            named_version: id,
        })
    }

    /// # Errors
    /// PreconditionFailed, for each of the four.
    pub(super) fn check_conditions(&self, conditions: ReadConditions) -> Result<(), Fault> {
        match conditions.decide(&self.object.etag, self.version.modified) {
            Ok(()) => Ok(()),
            Err(Unmet::Failed("If-Match")) => Err(failed("x-amz-copy-source-If-Match")),
            Err(Unmet::Failed(_)) => Err(failed("x-amz-copy-source-If-Unmodified-Since")),
            Err(Unmet::NotModified) => Err(failed("x-amz-copy-source-If-None-Match")),
        }
    }

    pub(super) fn shown_version(&self) -> Option<String> {
        self.versioned.then(|| self.version.id.as_str().to_owned())
    }
}

pub(super) async fn copy(
    cx: Cx,
    input: CopyObjectInput,
) -> Result<S3Response<CopyObjectOutput>, Fault> {
    let replace_metadata = directive(&cx, "x-amz-metadata-directive")?;
    let replace_tags = directive(&cx, "x-amz-tagging-directive")?;
    let conditional = WriteConditions::from_headers(&cx)?;
    let source = Source::find(&cx, &input.copy_source)?;
    source.check_conditions(ReadConditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    })?;
    if source.object.content.len() > MAX_COPY {
        return Err(Fault::new("InvalidRequest")
            .message(format!("The specified copy source is larger than the maximum allowable size for a copy source: {MAX_COPY}")));
    }
    let mut draft = Draft::read(&cx, &input.bucket, &input.key, input.metadata)?;
    if !replace_metadata {
        draft.metadata.keep_descriptive(&source.object.metadata);
    }
    if !replace_tags && !source.version.properties.tags.is_empty() {
        access::check_copied_tags(
            &cx,
            (&source.bucket, &source.key, source.named_version.as_ref()),
            (&input.bucket, &input.key),
        )?;
    }
    if !replace_tags {
        draft.properties.tags = source.version.properties.tags.clone();
    }
    // Naming an older version restores it, which is a legal copy onto itself.
    let onto_itself =
        source.bucket == input.bucket && source.key == input.key && source.named_version.is_none();
    if onto_itself && !replace_metadata && !changes(&cx, &source, &draft) {
        return Err(Fault::new("InvalidRequest").message(
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
        ));
    }
    let checksum = checksum(&cx, &source.object)?;
    let object = Stored {
        content: source.object.content.clone(),
        etag: etag(&source.object),
        checksum: Some(checksum.clone()),
        metadata: draft.metadata.clone(),
        parts: Vec::new(),
        explicit_checksum: source.object.explicit_checksum,
    };
    let etag = object.etag.clone();
    let modified = SystemTime::now();
    let version = draft.properties.version(object);
    let (id, expiration) = cx.store.with(&input.bucket, |bucket| {
        conditional.decide(bucket, &input.key)?;
        let expiration = lifecycle::expiration(bucket, &input.key, &version);
        Ok::<_, Fault>((bucket.put(&input.key, version), expiration))
    })?;
    let shown = ChecksumFields::of(Some(&checksum));
    let output = CopyObjectOutput {
        copy_object_result: Some(CopyObjectResult {
            checksum_crc32: shown.crc32,
            checksum_crc32c: shown.crc32c,
            checksum_crc64nvme: shown.crc64nvme,
            checksum_sha1: shown.sha1,
            checksum_sha256: shown.sha256,
            checksum_type: shown.kind,
            e_tag: Some(convert::etag(&etag)),
            last_modified: Some(modified.into()),
        }),
        copy_source_version_id: source.shown_version(),
        expiration,
        version_id: convert::version_id(id.as_ref()),
        ..Default::default()
    };
    Ok(S3Response::with_headers(output, encryption::headers(&draft.metadata)))
}

/// Whether a directive says REPLACE.
fn directive(cx: &Cx, name: &'static str) -> Result<bool, Fault> {
    match cx.header(name) {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(other) => Err(Fault::new("InvalidArgument")
            .message("Unknown metadata directive.")
            .field("ArgumentName", name)
            .field("ArgumentValue", other)),
    }
}

/// What makes a copy onto itself legal.
fn changes(cx: &Cx, source: &Source, draft: &Draft) -> bool {
    let before = &source.object.metadata;
    let after = &draft.metadata;
    before.storage_class != after.storage_class
        || before.website_redirect != after.website_redirect
        || cx.header("x-amz-server-side-encryption").is_some()
        || before.encryption.algorithm != after.encryption.algorithm
        || before.customer_key.is_some()
        || after.customer_key.is_some()
        || cx.header("x-amz-checksum-algorithm").is_some()
}

/// The copy is a single upload: a multipart source gets a new ETag.
fn etag(source: &Stored) -> String {
    if source.parts.is_empty() { source.etag.clone() } else { source.content.md5() }
}

/// The source's checksum, or another algorithm's where the request names one; always over the full object.
fn checksum(cx: &Cx, source: &Stored) -> Result<Checksum, Fault> {
    let named = cx
        .header("x-amz-checksum-algorithm")
        .map(|name| Algorithm::parse(name).ok_or_else(checksums::unknown_algorithm))
        .transpose()?;
    let kept =
        source.checksum.as_ref().filter(|checksum| checksum.kind == ChecksumKind::FullObject);
    match (named, kept) {
        (None, Some(checksum)) => Ok(checksum.clone()),
        (Some(algorithm), Some(checksum)) if checksum.algorithm == algorithm => {
            Ok(checksum.clone())
        }
        (named, _) => {
            let algorithm = named
                .or(source.checksum.as_ref().map(|checksum| checksum.algorithm))
                .unwrap_or(Algorithm::Crc64Nvme);
            let value = source.content.checksum(algorithm);
            Ok(Checksum { algorithm, kind: ChecksumKind::FullObject, value })
        }
    }
}
