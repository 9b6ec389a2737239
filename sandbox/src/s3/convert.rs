//! Between the store's types and the protocol's.

use s3s::dto;

use super::Cx;
use crate::access_key::canonical_id;
use crate::fault::Fault;
use crate::store::{Algorithm, Checksum, Missing, VersionId};

/// The owner as listings show it.
pub(super) fn owner(account: &str) -> dto::Owner {
    dto::Owner { display_name: None, id: Some(canonical_id(account)) }
}

pub(super) fn etag(etag: &str) -> dto::ETag {
    dto::ETag::Strong(etag.to_owned())
}

pub(super) fn version_id(id: Option<&VersionId>) -> Option<String> {
    id.map(|id| id.as_str().to_owned())
}

/// The five checksum fields of an output, of which at most one is filled.
#[derive(Default)]
pub(super) struct ChecksumFields {
    pub(super) crc32: Option<String>,
    pub(super) crc32c: Option<String>,
    pub(super) crc64nvme: Option<String>,
    pub(super) sha1: Option<String>,
    pub(super) sha256: Option<String>,
    pub(super) kind: Option<dto::ChecksumType>,
}

impl ChecksumFields {
    pub(super) fn of(checksum: Option<&Checksum>) -> Self {
        checksum.map_or_else(Self::default, |checksum| Self {
            kind: Some(dto::ChecksumType::from_static(checksum.kind.as_str())),
            ..Self::value(checksum.algorithm, checksum.value.clone())
        })
    }

    pub(super) fn value(algorithm: Algorithm, value: String) -> Self {
        let mut fields = Self::default();
        match algorithm {
            Algorithm::Crc32 => fields.crc32 = Some(value),
            Algorithm::Crc32c => fields.crc32c = Some(value),
            Algorithm::Crc64Nvme => fields.crc64nvme = Some(value),
            Algorithm::Sha1 => fields.sha1 = Some(value),
            Algorithm::Sha256 => fields.sha256 = Some(value),
        }
        fields
    }
}

/// What is missing, without the key and the id, which the store does not know.
impl From<Missing> for Fault {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Bucket(name) => Fault::new("NoSuchBucket").field("BucketName", name),
            Missing::Key => Fault::new("NoSuchKey"),
            Missing::Marker(id) => Fault::new("NoSuchKey")
                .header("x-amz-delete-marker", "true")
                .header("x-amz-version-id", id.as_str()),
            Missing::Version => Fault::new("NoSuchVersion"),
            Missing::Upload => Fault::new("NoSuchUpload"),
        }
    }
}

/// What is missing of a key, with all that the request named.
pub(super) fn missing_version(missing: Missing, key: &str, id: Option<&VersionId>) -> Fault {
    match (&missing, id) {
        (Missing::Bucket(_), _) => missing.into(),
        (Missing::Version, Some(id)) => {
            Fault::from(missing).field("Key", key).field("VersionId", id.as_str())
        }
        _ => Fault::from(missing).field("Key", key),
    }
}

/// What an operation on an object answers to the id of a delete marker.
pub(super) fn delete_marker(cx: &Cx) -> Fault {
    Fault::new("MethodNotAllowed")
        .field("Method", cx.method.as_str())
        .field("ResourceType", "DeleteMarker")
}
