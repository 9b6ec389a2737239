//! Between the store's types and the protocol's.

use s3s::dto;

use crate::access_key::canonical_id;
use crate::fault::Fault;
use crate::store::{Checksum, Missing, VersionId};

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

    pub(super) fn value(algorithm: crate::store::Algorithm, value: String) -> Self {
        use crate::store::Algorithm;
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

/// What is missing, in general words; operations that know the key or the id add it.
impl From<Missing> for Fault {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Bucket => Fault::new("NoSuchBucket"),
            Missing::Key => Fault::new("NoSuchKey"),
            Missing::Marker(id) => Fault::new("NoSuchKey")
                .header("x-amz-delete-marker", "true")
                .header("x-amz-version-id", id.as_str()),
            Missing::Version => Fault::new("NoSuchVersion"),
            Missing::Upload => Fault::new("NoSuchUpload"),
        }
    }
}
