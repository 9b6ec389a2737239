//! What can go wrong with stored files, in words that name the object and the cure.

use std::io;

use super::key::{KeyError, ObjectKey};
use super::range::ByteRange;
use super::s3::S3Error;
use super::transfer::BoxError;

/// What can go wrong with a stored file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// There is no such object; the bucket, or the folder, is there.
    #[error("no object `{key}` in {place}")]
    NotFound {
        /// The whole key, with `S3_KEY_PREFIX`.
        key: ObjectKey,
        /// Where it was looked for.
        place: String,
    },
    /// Something is there, and was to be left alone.
    #[error("object `{key}` exists already in {place}")]
    AlreadyExists {
        /// The key that was to be created.
        key: ObjectKey,
        /// Where it lies.
        place: String,
    },
    /// No byte of the object is in the range.
    #[error("range `{range}` holds no byte of object `{key}`{}", of_size(*size_bytes))]
    RangeNotSatisfiable {
        /// The object.
        key: ObjectKey,
        /// The range that was asked for.
        range: ByteRange,
        /// The object's length, if the backend said it.
        size_bytes: Option<u64>,
    },
    /// The key cannot be used here.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The body that was to be uploaded broke off; nothing was written.
    #[error("body for object `{key}` broke off after {read_bytes} bytes")]
    Body {
        /// The object that was to be written.
        key: ObjectKey,
        /// How much had come.
        read_bytes: u64,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The body had another length than was said; nothing was written.
    #[error("body for object `{key}` has {actual}, expected {expected_bytes} bytes")]
    LengthMismatch {
        /// The object that was to be written.
        key: ObjectKey,
        /// What was said.
        expected_bytes: u64,
        /// What came: so many bytes, or more than expected.
        actual: String,
    },
    /// More than S3 can take in 10,000 parts.
    #[error("body for object `{key}` is too large: more than {limit_bytes} bytes")]
    TooLarge {
        /// The object that was to be written.
        key: ObjectKey,
        /// The limit.
        limit_bytes: u64,
    },
    /// A continuation token that no listing of this backend gave.
    #[error("continuation token is not one of this listing")]
    ContinuationToken,
    /// A way through local files led out of `LOCAL_STORAGE_ROOT`, by a symlink or a mount.
    #[error("object `{key}` leads out of {place}")]
    OutsideRoot {
        /// The object.
        key: String,
        /// The folder that may not be left.
        place: String,
    },
    /// A local file that this app has not written, or that was damaged.
    #[error("file of object `{key}` in {place} is damaged: {reason}")]
    Corrupt {
        /// The object.
        key: String,
        /// Where it lies.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The file system refused.
    #[error("could not {operation} in {place}")]
    Local {
        /// What was tried.
        operation: String,
        /// The folder of the purpose.
        place: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// S3 refused, or could not be reached.
    #[error(transparent)]
    S3(#[from] Box<S3Error>),
    /// The storage cannot work with what it was given.
    #[error("`STORAGE_BACKEND` is `s3`, but {missing}")]
    NotConfigured {
        /// What is missing, with the variable that brings it.
        missing: &'static str,
    },
}

impl StorageError {
    /// Whether the object (not its bucket) is what was not found.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// What to do about it, where there is a cure: one sentence, or a command to paste.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::S3(error) => error.hint.clone(),
            Self::Local { source, .. } => local_hint(source),
            Self::Key(KeyError::TooLongWithPrefix { .. }) => {
                Some("shorten `S3_KEY_PREFIX`, or the key".to_owned())
            }
            Self::OutsideRoot { .. } => Some(
                "remove the symlink, or move `LOCAL_STORAGE_ROOT` to where it points".to_owned(),
            ),
            _ => None,
        }
    }
}

fn of_size(size_bytes: Option<u64>) -> String {
    size_bytes.map_or_else(String::new, |bytes| format!(", which has {bytes} bytes"))
}

fn local_hint(error: &io::Error) -> Option<String> {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "let the user that runs the app write to `LOCAL_STORAGE_ROOT`, or set it to another folder"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space, or set `LOCAL_STORAGE_ROOT` to a folder on another disk"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "set `LOCAL_STORAGE_ROOT` to a folder that can be written"
        }
        io::ErrorKind::NotADirectory => "set `LOCAL_STORAGE_ROOT` to a folder, not to a file",
        _ => return None,
    };
    Some(hint.to_owned())
}
