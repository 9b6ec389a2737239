//! GetObjectAttributes.

use std::collections::HashSet;

use http::HeaderValue;
use s3s::S3Response;
use s3s::dto::*;

use super::convert::{self, ChecksumFields};
use super::listing::page_length;
use super::{Cx, encryption};
use crate::fault::Fault;
use crate::store::{Object as Stored, VersionId, Versioning};

pub(super) async fn get(
    cx: Cx,
    input: GetObjectAttributesInput,
) -> Result<S3Response<GetObjectAttributesOutput>, Fault> {
    let wanted: HashSet<String> = input
        .object_attributes
        .iter()
        .flat_map(|list| list.as_str().split(','))
        .map(|name| name.trim().to_owned())
        .collect();
    if let Some(unknown) = wanted.iter().find(|name| {
        !matches!(
            name.as_str(),
            "ETag" | "Checksum" | "ObjectParts" | "StorageClass" | "ObjectSize"
        )
    }) {
        return Err(Fault::new("InvalidArgument")
            .message("Invalid attribute name specified.")
            .field("ArgumentName", "x-amz-object-attributes")
            .field("ArgumentValue", unknown.as_str()));
    }
    let id = input.version_id.as_deref().map(VersionId::parse);
    let (version, versioned) = cx.store.with(&input.bucket, |bucket| {
        let version = bucket
            .version(&input.key, id.as_ref())
            .map_err(|missing| convert::missing_version(missing, &input.key, id.as_ref()))?;
        Ok::<_, Fault>((version.clone(), bucket.settings.versioning != Versioning::Unversioned))
    })?;
    let Some(object) = version.object() else {
        return Err(convert::delete_marker(&cx)
            .header("x-amz-delete-marker", "true")
            .header("x-amz-version-id", version.id.as_str()));
    };
    encryption::check_customer_key(&object.metadata, &cx, encryption::CUSTOMER)?;
    let has = |name: &str| wanted.contains(name);
    let shown = ChecksumFields::of(object.checksum.as_ref());
    let output = GetObjectAttributesOutput {
        checksum: has("Checksum").then_some(Checksum {
            checksum_crc32: shown.crc32,
            checksum_crc32c: shown.crc32c,
            checksum_crc64nvme: shown.crc64nvme,
            checksum_sha1: shown.sha1,
            checksum_sha256: shown.sha256,
            checksum_type: shown.kind,
        }),
        e_tag: has("ETag").then(|| convert::etag(&object.etag)),
        object_parts: if has("ObjectParts") && !object.parts.is_empty() {
            Some(parts(object, input.max_parts, input.part_number_marker)?)
        } else {
            None
        },
        object_size: if has("ObjectSize") {
            i64::try_from(object.content.len()).ok()
        } else {
            None
        },
        storage_class: has("StorageClass").then(|| {
            StorageClass::from(
                object.metadata.storage_class.clone().unwrap_or_else(|| "STANDARD".into()),
            )
        }),
        last_modified: Some(version.modified.into()),
        version_id: versioned.then(|| version.id.as_str().to_owned()),
        ..Default::default()
    };
    let mut response = S3Response::new(output);
    if let Ok(value) = HeaderValue::from_str(&httpdate::fmt_http_date(version.modified)) {
        response.headers.insert("last-modified", value);
    }
    Ok(response)
}

/// The count of parts, and the parts themselves where the uploader chose a checksum.
fn parts(
    object: &Stored,
    asked: Option<i32>,
    marker: Option<i32>,
) -> Result<GetObjectAttributesParts, Fault> {
    let total_parts_count = i32::try_from(object.parts.len()).ok();
    let Some(checksum) = object.checksum.as_ref().filter(|_| object.explicit_checksum) else {
        return Ok(GetObjectAttributesParts { total_parts_count, ..Default::default() });
    };
    let length = page_length("max-parts", asked)?;
    let marker = marker.unwrap_or(0);
    let mut rest = object.parts.iter().filter(|part| part.number > marker);
    let shown: Vec<ObjectPart> = rest
        .by_ref()
        .take(length as usize)
        .map(|part| {
            let fields = part.checksum.clone().map_or_else(ChecksumFields::default, |value| {
                ChecksumFields::value(checksum.algorithm, value)
            });
            ObjectPart {
                checksum_crc32: fields.crc32,
                checksum_crc32c: fields.crc32c,
                checksum_crc64nvme: fields.crc64nvme,
                checksum_sha1: fields.sha1,
                checksum_sha256: fields.sha256,
                part_number: Some(part.number),
                size: i64::try_from(part.content.len()).ok(),
            }
        })
        .collect();
    Ok(GetObjectAttributesParts {
        is_truncated: Some(rest.next().is_some()),
        max_parts: Some(length),
        next_part_number_marker: Some(shown.last().and_then(|part| part.part_number).unwrap_or(0)),
        part_number_marker: Some(marker),
        parts: Some(shown),
        total_parts_count,
    })
}
