//! Bytes on their way: what an upload takes along, and what a download hands out.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};

use super::error::StorageError;
use super::metadata::{ContentType, ObjectMetadata, UserMetadata};

/// Any error of a body that somebody else produces.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body that comes in, whatever it was.
pub(super) type IncomingBody<'a> = BoxStream<'a, Result<Bytes, BoxError>>;

/// What an upload takes along besides its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadOptions {
    /// `application/octet-stream` where it is `None`.
    pub content_type: Option<ContentType>,
    /// Kept with the object.
    pub metadata: UserMetadata,
    /// Write only if there is no object under this key yet; [`StorageError::AlreadyExists`] otherwise.
    pub only_if_absent: bool,
    /// Length in bytes, if it is known before the body has come: a body of another length is refused, and nothing is written.
    pub content_length: Option<u64>,
    /// Size of the parts of a large body on S3; local files do not need parts.
    pub part_size: PartSize,
}

impl UploadOptions {
    /// With this content type.
    pub fn content_type(mut self, content_type: ContentType) -> Self {
        self.content_type = Some(content_type);
        self
    }

    /// With this metadata.
    pub fn metadata(mut self, metadata: UserMetadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Only where there is nothing yet (`If-None-Match: *`).
    pub fn only_if_absent(mut self) -> Self {
        self.only_if_absent = true;
        self
    }

    /// With a length that the body must have.
    pub fn content_length(mut self, bytes: u64) -> Self {
        self.content_length = Some(bytes);
        self
    }

    /// With parts of at least this size on S3.
    pub fn part_size(mut self, part_size: PartSize) -> Self {
        self.part_size = part_size;
        self
    }
}

/// The size of the first part of a multipart upload; 8 MiB by default.
///
/// S3 takes parts from 5 MiB to 5 GiB, and 10,000 of them (Amazon S3 User Guide, "Multipart upload limits").
/// Larger parts are used where the body would need more of them.
/// A body that fits into one part is uploaded in one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartSize(u64);

impl PartSize {
    /// 5 MiB.
    pub const MIN: Self = Self(5 * 1024 * 1024);
    /// 5 GiB.
    pub const MAX: Self = Self(5 * 1024 * 1024 * 1024);

    /// Checks the bounds.
    pub fn new(bytes: u64) -> Result<Self, PartSizeError> {
        if (Self::MIN.0..=Self::MAX.0).contains(&bytes) {
            Ok(Self(bytes))
        } else {
            Err(PartSizeError { bytes })
        }
    }

    /// The size in bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl Default for PartSize {
    fn default() -> Self {
        Self(8 * 1024 * 1024)
    }
}

/// A size that a part of a multipart upload cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a part has from 5 MiB (5242880 bytes) to 5 GiB (5368709120 bytes), not {bytes} bytes")]
pub struct PartSizeError {
    bytes: u64,
}

/// What an upload left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Uploaded {
    /// The `ETag` header of the new object, with its quotes.
    pub etag: String,
    /// Length in bytes.
    pub size_bytes: u64,
}

/// An object on its way out; nothing of the body has been read yet.
pub struct Download {
    /// Of the whole object, also where only a range was asked for.
    pub metadata: ObjectMetadata,
    /// The bytes that come, as offsets within the object.
    pub range: Range<u64>,
    /// The bytes. An error in the middle means that the rest is missing.
    pub body: BoxStream<'static, Result<Bytes, StorageError>>,
}

impl Download {
    /// How many bytes come.
    pub fn content_length(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// The value of a `Content-Range` header for this answer.
    pub fn content_range(&self) -> Option<String> {
        let last = self.range.end.checked_sub(1)?;
        let size = self.metadata.size_bytes;
        Some(format!("bytes {}-{last}/{size}", self.range.start))
    }

    /// The whole body at once; for bodies that are known to be small.
    pub async fn into_bytes(mut self) -> Result<Bytes, StorageError> {
        let Some(first) = self.body.try_next().await? else {
            return Ok(Bytes::new());
        };
        // Most small bodies are one chunk: no copy then.
        let Some(second) = self.body.try_next().await? else {
            return Ok(first);
        };
        let mut whole = BytesMut::from(first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = self.body.next().await {
            whole.extend_from_slice(&chunk?);
        }
        Ok(whole.freeze())
    }
}

/// Without the body.
impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("metadata", &self.metadata)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_sizes_are_bounded() {
        assert!(PartSize::new(5 * 1024 * 1024).is_ok());
        assert!(PartSize::new(5 * 1024 * 1024 - 1).is_err());
        assert!(PartSize::new(5 * 1024 * 1024 * 1024).is_ok());
        assert!(PartSize::new(5 * 1024 * 1024 * 1024 + 1).is_err());
    }
}
