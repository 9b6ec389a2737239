//! ListObjects, ListObjectsV2, ListObjectVersions.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::S3Response;
use s3s::dto::*;

use super::{Cx, convert};
use crate::fault::Fault;
use crate::store::{self, Entry, Missing, Page, VersionEntry, VersionId};

/// The longest page.
pub(super) const MAX_PAGE: i32 = 1_000;

/// What `encoding-type=url` leaves alone.
const URL: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/');

/// How names are written in a listing: as they are, or `encoding-type=url`.
#[derive(Clone)]
pub(super) struct Encoding(Option<EncodingType>);

impl Encoding {
    pub(super) fn read(encoding: Option<EncodingType>) -> Result<Self, Fault> {
        match encoding {
            Some(encoding) if encoding.as_str() != "url" => Err(Fault::new("InvalidArgument")
                .message("Invalid Encoding Method specified in Request")
                .field("ArgumentName", "encoding-type")
                .field("ArgumentValue", encoding.as_str())),
            encoding => Ok(Self(encoding)),
        }
    }

    pub(super) fn name(&self, text: &str) -> String {
        if self.0.is_some() { utf8_percent_encode(text, URL).to_string() } else { text.to_owned() }
    }

    pub(super) fn option(&self, text: Option<&str>) -> Option<String> {
        text.map(|text| self.name(text))
    }

    pub(super) fn shown(&self) -> Option<EncodingType> {
        self.0.clone()
    }
}

/// A page's length as asked for, cut at 1,000.
///
/// # Errors
/// InvalidArgument for a negative one.
pub(super) fn page_length(name: &'static str, asked: Option<i32>) -> Result<i32, Fault> {
    let length = asked.unwrap_or(MAX_PAGE);
    if length < 0 {
        return Err(Fault::new("InvalidArgument")
            .message(format!("Argument {name} must be an integer between 0 and 2147483647"))
            .field("ArgumentName", name)
            .field("ArgumentValue", length.to_string()));
    }
    Ok(length.min(MAX_PAGE))
}

/// An empty delimiter is none.
pub(super) fn delimiter(delimiter: Option<&str>) -> Option<&str> {
    delimiter.filter(|delimiter| !delimiter.is_empty())
}

pub(super) async fn v1(
    cx: Cx,
    input: ListObjectsInput,
) -> Result<S3Response<ListObjectsOutput>, Fault> {
    let encoding = Encoding::read(input.encoding_type)?;
    let length = page_length("max-keys", input.max_keys)?;
    let prefix = input.prefix.unwrap_or_default();
    let marker = input.marker.unwrap_or_default();
    let delimiter = delimiter(input.delimiter.as_deref());
    let (page, owner) = cx.store.with(&input.bucket, |bucket| {
        Ok::<_, Missing>((
            bucket.list(&prefix, delimiter, &marker, length as usize),
            bucket.owner.clone(),
        ))
    })?;
    // Only a listing with a delimiter tells the next marker; without one the last key is it.
    let next_marker = page
        .entries
        .last()
        .filter(|_| page.truncated && delimiter.is_some())
        .map(|entry| encoding.name(entry.name()));
    let truncated = page.truncated;
    let (contents, common_prefixes) = split(page, &encoding, Some(&owner));
    Ok(S3Response::new(ListObjectsOutput {
        name: Some(input.bucket),
        // Encoded are keys and what is made of keys; botocore takes version 1's Prefix as it stands.
        prefix: Some(prefix),
        marker: Some(encoding.name(&marker)),
        max_keys: Some(length),
        is_truncated: Some(truncated),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        delimiter: encoding.option(delimiter),
        next_marker,
        encoding_type: encoding.shown(),
        ..Default::default()
    }))
}

pub(super) async fn v2(
    cx: Cx,
    input: ListObjectsV2Input,
) -> Result<S3Response<ListObjectsV2Output>, Fault> {
    let encoding = Encoding::read(input.encoding_type)?;
    let length = page_length("max-keys", input.max_keys)?;
    let prefix = input.prefix.unwrap_or_default();
    let delimiter = delimiter(input.delimiter.as_deref());
    let after = match input.continuation_token.as_deref() {
        Some(token) if !token.is_empty() => decode_token(token)?,
        _ => input.start_after.clone().unwrap_or_default(),
    };
    let (page, owner) = cx.store.with(&input.bucket, |bucket| {
        Ok::<_, Missing>((
            bucket.list(&prefix, delimiter, &after, length as usize),
            bucket.owner.clone(),
        ))
    })?;
    let next = page
        .entries
        .last()
        .filter(|_| page.truncated)
        .map(|entry| URL_SAFE_NO_PAD.encode(entry.name()));
    let truncated = page.truncated;
    let count = page.entries.len();
    let owner = input.fetch_owner.unwrap_or(false).then_some(owner);
    let (contents, common_prefixes) = split(page, &encoding, owner.as_deref());
    Ok(S3Response::new(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(encoding.name(&prefix)),
        max_keys: Some(length),
        key_count: i32::try_from(count).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(truncated),
        next_continuation_token: next,
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        delimiter: encoding.option(delimiter),
        encoding_type: encoding.shown(),
        start_after: encoding.option(input.start_after.as_deref()),
        ..Default::default()
    }))
}

fn decode_token(token: &str) -> Result<String, Fault> {
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|text| !text.is_empty())
        .ok_or_else(|| {
            Fault::new("InvalidArgument")
                .message("The continuation token provided is incorrect")
                .field("ArgumentName", "continuation-token")
                .field("ArgumentValue", token)
        })
}

fn split(page: Page, encoding: &Encoding, owner: Option<&str>) -> (Vec<Object>, Vec<CommonPrefix>) {
    // Computed once: an owner's id is a hash.
    let owner = owner.map(convert::owner);
    let mut contents = Vec::new();
    let mut prefixes = Vec::new();
    for entry in page.entries {
        match entry {
            Entry::CommonPrefix(prefix) => {
                prefixes.push(CommonPrefix { prefix: Some(encoding.name(&prefix)) })
            }
            Entry::Object { key, modified, object } => contents.push(Object {
                checksum_algorithm: object.checksum.as_ref().map(|checksum| {
                    vec![ChecksumAlgorithm::from_static(checksum.algorithm.as_str())]
                }),
                checksum_type: object
                    .checksum
                    .as_ref()
                    .map(|checksum| ChecksumType::from_static(checksum.kind.as_str())),
                e_tag: Some(convert::etag(&object.etag)),
                key: Some(encoding.name(&key)),
                last_modified: Some(modified.into()),
                owner: owner.clone(),
                size: i64::try_from(object.content.len()).ok(),
                storage_class: Some(ObjectStorageClass::from(storage_class(&object))),
                ..Default::default()
            }),
        }
    }
    (contents, prefixes)
}

fn storage_class(object: &store::Object) -> String {
    object.metadata.storage_class.clone().unwrap_or_else(|| "STANDARD".into())
}

pub(super) async fn versions(
    cx: Cx,
    input: ListObjectVersionsInput,
) -> Result<S3Response<ListObjectVersionsOutput>, Fault> {
    let encoding = Encoding::read(input.encoding_type)?;
    let length = page_length("max-keys", input.max_keys)?;
    let prefix = input.prefix.unwrap_or_default();
    let key_marker = input.key_marker.unwrap_or_default();
    let delimiter = delimiter(input.delimiter.as_deref());
    let version_marker = input.version_id_marker.as_deref().filter(|marker| !marker.is_empty());
    if version_marker.is_some() && key_marker.is_empty() {
        return Err(Fault::new("InvalidArgument")
            .message("A version-id marker cannot be specified without a key marker.")
            .field("ArgumentName", "version-id-marker"));
    }
    let marker = version_marker.map(VersionId::parse);
    let (page, owner) = cx.store.with(&input.bucket, |bucket| {
        Ok::<_, Missing>((
            bucket.list_versions(&prefix, delimiter, &key_marker, marker.as_ref(), length as usize),
            bucket.owner.clone(),
        ))
    })?;
    let (next_key_marker, next_version_id_marker) =
        match page.entries.last().filter(|_| page.truncated) {
            Some(VersionEntry::Version { key, version, .. }) => {
                (Some(encoding.name(key)), Some(version.id.as_str().to_owned()))
            }
            Some(VersionEntry::CommonPrefix(prefix)) => (Some(encoding.name(prefix)), None),
            None => (None, None),
        };
    let mut output = ListObjectVersionsOutput {
        name: Some(input.bucket),
        prefix: Some(encoding.name(&prefix)),
        key_marker: Some(encoding.name(&key_marker)),
        version_id_marker: Some(input.version_id_marker.unwrap_or_default()),
        max_keys: Some(length),
        is_truncated: Some(page.truncated),
        delimiter: encoding.option(delimiter),
        encoding_type: encoding.shown(),
        next_key_marker,
        next_version_id_marker,
        ..Default::default()
    };
    let owner = convert::owner(&owner);
    let mut versions = Vec::new();
    let mut markers = Vec::new();
    let mut prefixes = Vec::new();
    for entry in page.entries {
        match entry {
            VersionEntry::CommonPrefix(prefix) => {
                prefixes.push(CommonPrefix { prefix: Some(encoding.name(&prefix)) })
            }
            VersionEntry::Version { key, version, latest } => match version.object() {
                None => markers.push(DeleteMarkerEntry {
                    is_latest: Some(latest),
                    key: Some(encoding.name(&key)),
                    last_modified: Some(version.modified.into()),
                    owner: Some(owner.clone()),
                    version_id: Some(version.id.as_str().to_owned()),
                }),
                Some(object) => versions.push(ObjectVersion {
                    checksum_algorithm: object.checksum.as_ref().map(|checksum| {
                        vec![ChecksumAlgorithm::from_static(checksum.algorithm.as_str())]
                    }),
                    checksum_type: object
                        .checksum
                        .as_ref()
                        .map(|checksum| ChecksumType::from_static(checksum.kind.as_str())),
                    e_tag: Some(convert::etag(&object.etag)),
                    is_latest: Some(latest),
                    key: Some(encoding.name(&key)),
                    last_modified: Some(version.modified.into()),
                    owner: Some(owner.clone()),
                    size: i64::try_from(object.content.len()).ok(),
                    storage_class: Some(ObjectVersionStorageClass::from(storage_class(object))),
                    version_id: Some(version.id.as_str().to_owned()),
                    ..Default::default()
                }),
            },
        }
    }
    output.versions = Some(versions);
    output.delete_markers = Some(markers);
    output.common_prefixes = Some(prefixes);
    Ok(S3Response::new(output))
}
