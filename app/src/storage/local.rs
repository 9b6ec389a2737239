//! Files in a folder of this machine, with the same operations and the same order as S3.
//!
//! Each purpose has a folder below the root, opened once; everything below is reached through that handle,
//! which resolves no path, and no symlink, to a place outside of it.
//! An object is one file (see [`file_format`]), written aside and moved into place, so that a reader sees the old or the new one
//! and never a mixture, with the metadata that belongs to it.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use futures::{StreamExt, TryStreamExt, stream};
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use super::error::StorageError;
use super::key::ObjectKey;
use super::listing::{ListPage, ListRequest};
use super::metadata::{ContentType, ObjectMetadata};
use super::prefix::{KeyPrefix, Prefix};
use super::presign::{PresignMethod, PresignedUrl, UrlExpiry};
use super::purpose::Purpose;
use super::range::ByteRange;
use super::transfer::{Download, IncomingBody, UploadOptions, Uploaded};
use crate::settings::LocalSettings;

mod encoding;
mod file_format;
mod list;
mod signed_url;
mod write;

pub use signed_url::UrlRefusal;

use file_format::{FormatError, Opened};
use signed_url::UrlSigner;

/// The folder of one purpose.
#[derive(Clone, Debug)]
pub(super) struct LocalBackend {
    /// Complete objects, under their encoded keys.
    objects: Arc<Dir>,
    /// Files that are being written.
    incoming: Arc<Dir>,
    place: String,
    signer: UrlSigner,
}

/// Chunks of a download, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;

impl LocalBackend {
    /// Opens the folder of `purpose`, making it if need be.
    pub(super) fn new(settings: &LocalSettings, purpose: Purpose) -> Result<Self, StorageError> {
        let place = format!("`{}`", settings.root.join(purpose.as_str()).display());
        let open = || {
            let authority = ambient_authority();
            match Dir::create_ambient_dir_all(&settings.root, authority) {
                // Opening says better what is in the way.
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            let root = Dir::open_ambient_dir(&settings.root, authority)?;
            write::make_folder(&root, purpose.as_str())?;
            let folder = root.open_dir(purpose.as_str())?;
            let open = |name| {
                write::make_folder(&folder, name)?;
                folder.open_dir(name)
            };
            Ok((open("objects")?, open("incoming")?))
        };
        let (objects, incoming) = open().map_err(|error| failed("open", "", &place, error))?;
        write::remove_abandoned(&incoming, SystemTime::now())
            .map_err(|error| failed("clean up", "", &place, error))?;
        Ok(Self {
            objects: Arc::new(objects),
            incoming: Arc::new(incoming),
            place,
            signer: UrlSigner::new(settings, purpose),
        })
    }

    /// The folder, for messages.
    pub(super) fn place(&self) -> String {
        self.place.clone()
    }

    pub(super) async fn upload(
        &self,
        key: &ObjectKey,
        body: IncomingBody<'_>,
        options: &UploadOptions,
    ) -> Result<Uploaded, StorageError> {
        write::write(self, key, body, options).await
    }

    pub(super) async fn download(
        &self,
        key: &ObjectKey,
        range: Option<ByteRange>,
    ) -> Result<Download, StorageError> {
        let opened = self.open(key).await?;
        let metadata = opened.metadata;
        let size_bytes = metadata.size_bytes;
        let range = match range {
            None => 0..size_bytes,
            Some(range) => {
                range.resolve(size_bytes).ok_or_else(|| StorageError::RangeNotSatisfiable {
                    key: key.clone(),
                    range,
                    size_bytes: Some(size_bytes),
                })?
            }
        };
        // The open file stays what it is, whatever happens to its name meanwhile.
        let mut file = tokio::fs::File::from_std(opened.file);
        let start = io::SeekFrom::Start(range.start);
        tokio::io::AsyncSeekExt::seek(&mut file, start)
            .await
            .map_err(|error| failed("read", key.as_str(), &self.place, error))?;
        let (backend, expected) = (self.clone(), range.end - range.start);
        let failed_key = key.clone();
        let chunks = ReaderStream::with_capacity(file.take(expected), CHUNK_BYTES)
            .map_err(move |error| failed("read", failed_key.as_str(), &backend.place, error));
        Ok(Download {
            metadata,
            range,
            body: complete_or_error(chunks.boxed(), expected, key.clone(), self.place()),
        })
    }

    pub(super) async fn metadata(&self, key: &ObjectKey) -> Result<ObjectMetadata, StorageError> {
        Ok(self.open(key).await?.metadata)
    }

    async fn open(&self, key: &ObjectKey) -> Result<Opened, StorageError> {
        let (objects, wanted) = (self.objects.clone(), key.clone());
        let opened = blocking(move || {
            let file = objects.open(encoding::file_of(wanted.as_str()))?;
            Ok(file_format::open(file.into_std()))
        });
        match opened.await {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(error)) => Err(self.unreadable(key.as_str(), error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(StorageError::NotFound { key: key.clone(), place: self.place() })
            }
            Err(error) => Err(failed("read", key.as_str(), &self.place, error)),
        }
    }

    fn unreadable(&self, key: &str, error: FormatError) -> StorageError {
        match error {
            FormatError::Io(error) => failed("read", key, &self.place, error),
            FormatError::Damaged(reason) => StorageError::Corrupt {
                key: key.to_owned(),
                place: self.place(),
                reason: reason.to_owned(),
            },
        }
    }

    pub(super) async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        let (objects, path) = (self.objects.clone(), encoding::file_of(key.as_str()));
        let deleted = blocking(move || write::remove(&objects, &path)).await;
        deleted.map_err(|error| failed("delete", key.as_str(), &self.place, error))
    }

    pub(super) async fn list_page(
        &self,
        key_prefix: &KeyPrefix,
        whole_prefix: &Prefix,
        request: &ListRequest,
    ) -> Result<ListPage, StorageError> {
        list::list_page(self, key_prefix, whole_prefix, request).await
    }

    pub(super) fn presign(
        &self,
        method: PresignMethod,
        key_prefix: &KeyPrefix,
        key: &ObjectKey,
        expiry: UrlExpiry,
        content_type: Option<&ContentType>,
    ) -> PresignedUrl {
        self.signer.sign(method, key_prefix, key, expiry, content_type, SystemTime::now())
    }

    pub(super) fn signer(&self) -> &UrlSigner {
        &self.signer
    }
}

/// Ends in an error if the file turns out shorter than it was: somebody else has cut it.
fn complete_or_error(
    chunks: stream::BoxStream<'static, Result<Bytes, StorageError>>,
    expected: u64,
    key: ObjectKey,
    place: String,
) -> stream::BoxStream<'static, Result<Bytes, StorageError>> {
    stream::try_unfold((chunks, 0), move |(mut chunks, sent)| {
        let corrupt = || StorageError::Corrupt {
            key: key.to_string(),
            place: place.clone(),
            reason: format!("it ended after {sent} of {expected} bytes"),
        };
        let corrupt = corrupt();
        async move {
            match chunks.try_next().await? {
                Some(chunk) => {
                    let sent = sent + chunk.len() as u64;
                    Ok(Some((chunk, (chunks, sent))))
                }
                None if sent == expected => Ok(None),
                None => Err(corrupt),
            }
        }
    })
    .boxed()
}

/// Runs what may block on a disk where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(io::Error::other(error)),
    }
}

fn failed(operation: &str, key: &str, place: &str, error: io::Error) -> StorageError {
    // `cap-std` makes this error itself, without a number of the operating system.
    let escaped = error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none();
    if escaped {
        return StorageError::OutsideRoot { key: key.to_owned(), place: place.to_owned() };
    }
    StorageError::Local {
        operation: match key {
            "" => operation.to_owned(),
            key => format!("{operation} object `{key}`"),
        },
        place: place.to_owned(),
        source: error,
    }
}

#[cfg(test)]
mod tests;
