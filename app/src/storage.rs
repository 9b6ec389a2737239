//! Stored files: one set of operations, on S3 or in a local folder.

use std::time::SystemTime;

use aws_types::SdkConfig;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use url::Url;

use crate::settings::{BackendSettings, Settings};

mod cdn;
mod error;
mod key;
mod listing;
mod local;
mod metadata;
mod prefix;
mod presign;
mod purpose;
mod range;
mod s3;
mod transfer;
mod unix_time;
mod url_path;

pub use cdn::{CdnDomain, DomainError};
pub use error::StorageError;
pub use key::{KeyError, ObjectKey};
pub use listing::{ContinuationToken, ListPage, ListRequest, ObjectEntry};
pub use local::UrlRefusal;
pub use metadata::{ContentType, MetadataError, ObjectMetadata, UserMetadata};
pub use prefix::{KeyPrefix, Prefix};
pub use presign::{ExpiryError, PresignMethod, PresignedUrl, UrlExpiry};
pub use purpose::Purpose;
pub use range::{ByteRange, RangeError};
pub use s3::S3Error;
pub use transfer::{BoxError, Download, PartSize, PartSizeError, UploadOptions, Uploaded};

use local::LocalBackend;
use s3::S3Backend;

/// The files of one purpose.
///
/// Cheap to clone; clones share the connection, or the folder.
/// Keys are relative to `S3_KEY_PREFIX`, on both backends.
///
/// # Errors
/// Every operation may fail with [`StorageError::S3`] or [`StorageError::Local`], for whatever the backend has against it, and
/// with [`StorageError::Key`] for a key that is too long behind `S3_KEY_PREFIX`. What else it may answer is said with it.
#[derive(Clone, Debug)]
pub struct Storage {
    backend: Backend,
    purpose: Purpose,
    key_prefix: KeyPrefix,
}

#[derive(Clone, Debug)]
enum Backend {
    S3(S3Backend),
    Local(LocalBackend),
}

impl Storage {
    /// The storage for `purpose`, on the backend that `settings` ask for.
    ///
    /// `aws` must hold an HTTP client and credentials where that is S3, and is not looked at otherwise.
    /// No request is made here; a local folder is made, if it is missing.
    ///
    /// # Errors
    /// [`StorageError::NotConfigured`] where `aws` lacks what S3 needs; [`StorageError::Local`] or [`StorageError::OutsideRoot`]
    /// where the folder cannot be used.
    pub fn new(
        settings: &Settings,
        purpose: Purpose,
        aws: &SdkConfig,
    ) -> Result<Self, StorageError> {
        let backend = match &settings.backend {
            BackendSettings::S3(s3) => Backend::S3(S3Backend::new(s3, purpose, aws)?),
            BackendSettings::Local(local) => Backend::Local(LocalBackend::new(local, purpose)?),
        };
        Ok(Self { backend, purpose, key_prefix: settings.key_prefix.clone() })
    }

    /// What the files are for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Writes an object, or replaces it as a whole.
    ///
    /// # Errors
    /// As [`Storage::upload_stream`], but for a body that breaks off.
    pub async fn upload(
        &self,
        key: &ObjectKey,
        body: Bytes,
        options: &UploadOptions,
    ) -> Result<Uploaded, StorageError> {
        self.upload_boxed(key, stream::iter([Ok(body)]).boxed(), options).await
    }

    /// Writes an object from a stream, without ever holding more of it than a few parts.
    ///
    /// On S3, a body larger than [`UploadOptions::part_size`] becomes a multipart upload with four parts on their way at a time.
    /// If it fails, it is aborted before this returns.
    /// If this future is dropped, it is aborted in the background, as long as the runtime lives: see [`Storage::settle`].
    /// What a crash leaves behind only a lifecycle rule of the bucket removes.
    ///
    /// A reader sees the old object or the new one, never a mixture.
    ///
    /// # Errors
    /// [`StorageError::Body`], [`StorageError::LengthMismatch`] and [`StorageError::TooLarge`] for what is wrong with the body,
    /// [`StorageError::AlreadyExists`] where [`UploadOptions::only_if_absent`] holds it back. Nothing is written then.
    pub async fn upload_stream<S, E>(
        &self,
        key: &ObjectKey,
        body: S,
        options: &UploadOptions,
    ) -> Result<Uploaded, StorageError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<BoxError>,
    {
        self.upload_boxed(key, body.map_err(Into::into).boxed(), options).await
    }

    async fn upload_boxed(
        &self,
        key: &ObjectKey,
        body: BoxStream<'_, Result<Bytes, BoxError>>,
        options: &UploadOptions,
    ) -> Result<Uploaded, StorageError> {
        let whole_key = self.key_prefix.join(key)?;
        match &self.backend {
            Backend::S3(s3) => s3.upload(&whole_key, body, options).await,
            Backend::Local(local) => local.upload(&whole_key, body, options).await,
        }
    }

    /// Reads an object as a whole into memory; [`StorageError::NotFound`] if there is none.
    pub async fn download(&self, key: &ObjectKey) -> Result<Bytes, StorageError> {
        self.download_stream(key).await?.into_bytes().await
    }

    /// Reads a range of an object into memory; [`StorageError::RangeNotSatisfiable`] if it holds no byte.
    pub async fn download_range(
        &self,
        key: &ObjectKey,
        range: ByteRange,
    ) -> Result<Bytes, StorageError> {
        self.download_range_stream(key, range).await?.into_bytes().await
    }

    /// Opens an object for reading as a stream; [`StorageError::NotFound`] if there is none.
    pub async fn download_stream(&self, key: &ObjectKey) -> Result<Download, StorageError> {
        self.open(key, None).await
    }

    /// Opens a range of an object for reading as a stream; errors as of [`Storage::download_range`].
    pub async fn download_range_stream(
        &self,
        key: &ObjectKey,
        range: ByteRange,
    ) -> Result<Download, StorageError> {
        self.open(key, Some(range)).await
    }

    async fn open(
        &self,
        key: &ObjectKey,
        range: Option<ByteRange>,
    ) -> Result<Download, StorageError> {
        let whole_key = self.key_prefix.join(key)?;
        match &self.backend {
            Backend::S3(s3) => s3.download(&whole_key, range).await,
            Backend::Local(local) => local.download(&whole_key, range).await,
        }
    }

    /// What is known about an object; [`StorageError::NotFound`] if there is none.
    pub async fn metadata(&self, key: &ObjectKey) -> Result<ObjectMetadata, StorageError> {
        let whole_key = self.key_prefix.join(key)?;
        match &self.backend {
            Backend::S3(s3) => s3.metadata(&whole_key).await,
            Backend::Local(local) => local.metadata(&whole_key).await,
        }
    }

    /// Whether there is such an object. A missing bucket, or a missing permission, is an error and not a no.
    pub async fn exists(&self, key: &ObjectKey) -> Result<bool, StorageError> {
        match self.metadata(key).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Deletes an object. A missing one counts as deleted, as S3 has it.
    pub async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        let whole_key = self.key_prefix.join(key)?;
        match &self.backend {
            Backend::S3(s3) => s3.delete(&whole_key).await,
            Backend::Local(local) => local.delete(&whole_key).await,
        }
    }

    /// Every object under `prefix`, ordered by the UTF-8 bytes of the keys; pages are fetched as they are needed.
    ///
    /// What cannot be named by an [`ObjectKey`] is left out: see [`ListPage::unaddressable`].
    pub fn list(&self, prefix: &Prefix) -> BoxStream<'static, Result<ObjectEntry, StorageError>> {
        let storage = self.clone();
        let first = Some(ListRequest::new(prefix.clone()));
        stream::try_unfold(first, move |request| {
            let storage = storage.clone();
            async move {
                let Some(request) = request else {
                    return Ok(None);
                };
                let page = storage.list_page(&request).await?;
                let next = page.next.map(|token| request.continue_from(token));
                let entries = stream::iter(page.entries.into_iter().map(Ok));
                Ok::<_, StorageError>(Some((entries, next)))
            }
        })
        .try_flatten()
        .boxed()
    }

    /// One page of a listing, by folder if the request says so; [`StorageError::ContinuationToken`] if it continues from a token
    /// that is none.
    pub async fn list_page(&self, request: &ListRequest) -> Result<ListPage, StorageError> {
        let whole_prefix = self.key_prefix.join_prefix(&request.prefix)?;
        match &self.backend {
            Backend::S3(s3) => s3.list_page(&self.key_prefix, &whole_prefix, request).await,
            Backend::Local(local) => {
                local.list_page(&self.key_prefix, &whole_prefix, request).await
            }
        }
    }

    /// A URL that reads one object without credentials. Whether there is such an object is not checked.
    pub async fn presign_get(
        &self,
        key: &ObjectKey,
        expiry: UrlExpiry,
    ) -> Result<PresignedUrl, StorageError> {
        let whole_key = self.key_prefix.join(key)?;
        match &self.backend {
            Backend::S3(s3) => s3.presign_get(&whole_key, expiry).await,
            Backend::Local(local) => {
                Ok(local.presign(PresignMethod::Get, &self.key_prefix, key, expiry, None))
            }
        }
    }

    /// A URL that writes one object without credentials.
    ///
    /// With a content type the request must carry exactly that `Content-Type` header; without one it may carry any.
    pub async fn presign_put(
        &self,
        key: &ObjectKey,
        expiry: UrlExpiry,
        content_type: Option<&ContentType>,
    ) -> Result<PresignedUrl, StorageError> {
        let whole_key = self.key_prefix.join(key)?;
        match &self.backend {
            Backend::S3(s3) => s3.presign_put(&whole_key, expiry, content_type).await,
            Backend::Local(local) => {
                Ok(local.presign(PresignMethod::Put, &self.key_prefix, key, expiry, content_type))
            }
        }
    }

    /// The object that a request with a presigned URL of a local file may read or write.
    ///
    /// `method` is the request's method, `path_and_query` its target as it came, `content_type` its `Content-Type` header.
    /// S3 verifies its URLs itself: [`UrlRefusal::NotLocal`] there.
    pub fn verify_presigned(
        &self,
        method: &str,
        path_and_query: &str,
        content_type: Option<&str>,
        now: SystemTime,
    ) -> Result<ObjectKey, UrlRefusal> {
        match &self.backend {
            Backend::S3(_) => Err(UrlRefusal::NotLocal),
            Backend::Local(local) => {
                local.signer().verify(&self.key_prefix, method, path_and_query, content_type, now)
            }
        }
    }

    /// The public address of an object behind CloudFront, percent-encoded.
    ///
    /// `None` where `CLOUDFRONT_DOMAIN` is not set, and for local files, which CloudFront cannot read:
    /// the caller has to fall back knowingly, for instance on [`Storage::presign_get`].
    /// Whether there is such an object is not checked. Errors only if the whole key is too long.
    pub fn cdn_url(&self, key: &ObjectKey) -> Result<Option<Url>, StorageError> {
        let whole_key = self.key_prefix.join(key)?;
        match &self.backend {
            Backend::S3(s3) => Ok(s3.cdn_url(&whole_key)),
            Backend::Local(_) => Ok(None),
        }
    }

    /// Waits until uploads whose future was dropped have been aborted; call it before the runtime ends.
    pub async fn settle(&self) {
        match &self.backend {
            Backend::S3(s3) => s3.settle().await,
            // Their files are removed at once.
            Backend::Local(_) => {}
        }
    }
}
