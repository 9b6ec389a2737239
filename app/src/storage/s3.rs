//! Files in a bucket of S3, or of a server that speaks its protocol.

use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_types::SdkConfig;
use futures::{StreamExt, stream};
use tokio_util::task::TaskTracker;
use url::Url;

use super::cdn::CdnDomain;
use super::error::StorageError;
use super::key::ObjectKey;
use super::listing::{ContinuationToken, ListPage, ListRequest};
use super::metadata::{ContentType, ObjectMetadata, UserMetadata};
use super::prefix::{KeyPrefix, Prefix};
use super::presign::{PresignMethod, PresignedUrl, UrlExpiry};
use super::purpose::Purpose;
use super::range::ByteRange;
use super::transfer::{Download, IncomingBody, UploadOptions, Uploaded};
use super::unix_time;
use crate::settings::S3Settings;

mod client;
mod error;
mod list;
mod multipart;
mod operation;
mod parts;
mod upload;

pub use error::S3Error;

use error::Failure;
use operation::Operation;

/// A bucket, and how to reach it.
#[derive(Clone, Debug)]
pub(super) struct S3Backend {
    client: Client,
    bucket: String,
    bucket_variable: &'static str,
    endpoint: Option<String>,
    cdn_domain: Option<CdnDomain>,
    /// Aborts of uploads whose future was dropped.
    aborts: TaskTracker,
}

impl S3Backend {
    pub(super) fn new(
        settings: &S3Settings,
        purpose: Purpose,
        aws: &SdkConfig,
    ) -> Result<Self, StorageError> {
        Ok(Self {
            client: client::build(settings, aws)?,
            bucket: settings.bucket(purpose).to_string(),
            bucket_variable: purpose.bucket_variable(),
            endpoint: client::custom_endpoint(aws),
            cdn_domain: settings.cdn_domain.clone(),
            aborts: TaskTracker::new(),
        })
    }

    /// The bucket as a URL, for messages.
    pub(super) fn place(&self) -> String {
        format!("`s3://{}`", self.bucket)
    }

    pub(super) fn cdn_url(&self, key: &ObjectKey) -> Option<Url> {
        self.cdn_domain.as_ref().map(|domain| domain.url(key))
    }

    pub(super) async fn upload(
        &self,
        key: &ObjectKey,
        body: IncomingBody<'_>,
        options: &UploadOptions,
    ) -> Result<Uploaded, StorageError> {
        upload::upload(self, key, body, options).await
    }

    pub(super) async fn download(
        &self,
        key: &ObjectKey,
        range: Option<ByteRange>,
    ) -> Result<Download, StorageError> {
        let request = self.client.get_object().bucket(&self.bucket).key(key.as_str());
        let request = request.set_range(range.map(|range| range.to_string()));
        let output = request.send().await.map_err(|error| {
            let failure = Failure::new(error);
            match (failure.code(), failure.status(), range) {
                (Some("NoSuchKey"), ..) => self.not_found(key),
                (_, Some(416), Some(range)) => StorageError::RangeNotSatisfiable {
                    key: key.clone(),
                    range,
                    size_bytes: failure.header("content-range").and_then(whole_size),
                },
                _ => failure.of(self, Operation::GET_OBJECT, key.as_str()),
            }
        })?;
        let length = output.content_length().and_then(|n| u64::try_from(n).ok());
        let bad_answer = |what| self.bad_answer(Operation::GET_OBJECT, key, what);
        let (sent, size_bytes) = match (range, output.content_range()) {
            (Some(_), Some(text)) => {
                content_range(text).ok_or_else(|| bad_answer("a malformed `Content-Range`"))?
            }
            // The whole object where a part was asked for would be taken for that part.
            (Some(_), None) => return Err(bad_answer("the whole object instead of a range")),
            (None, _) => {
                let size = length.ok_or_else(|| bad_answer("no `Content-Length`"))?;
                (0..size, size)
            }
        };
        let metadata = ObjectMetadata {
            size_bytes,
            content_type: ContentType::from_server(output.content_type),
            etag: output.e_tag.unwrap_or_default(),
            last_modified: whole_seconds(output.last_modified),
            user: user_metadata(output.metadata),
        };
        Ok(Download { metadata, range: sent, body: self.body(key, output.body) })
    }

    fn body(
        &self,
        key: &ObjectKey,
        body: ByteStream,
    ) -> stream::BoxStream<'static, Result<bytes::Bytes, StorageError>> {
        let (backend, key) = (self.clone(), key.clone());
        stream::unfold(Some(body), move |body| {
            let (backend, key) = (backend.clone(), key.clone());
            async move {
                let mut body = body?;
                match body.next().await? {
                    Ok(chunk) => Some((Ok(chunk), Some(body))),
                    Err(error) => {
                        let error = S3Error::broken_body(&backend, &key, error);
                        Some((Err(error), None))
                    }
                }
            }
        })
        .boxed()
    }

    pub(super) async fn metadata(&self, key: &ObjectKey) -> Result<ObjectMetadata, StorageError> {
        let request = self.client.head_object().bucket(&self.bucket).key(key.as_str());
        let output = match request.send().await.map_err(Failure::new) {
            Ok(output) => output,
            // An answer to HEAD has no body, so that a missing object looks like a missing bucket, and expired
            // credentials like a bad request. GET needs the same permission, and says what is the matter.
            Err(failure) if failure.status().is_some_and(|status| (300..500).contains(&status)) => {
                return Ok(self.download(key, None).await?.metadata);
            }
            Err(failure) => return Err(failure.of(self, Operation::HEAD_OBJECT, key.as_str())),
        };
        Ok(ObjectMetadata {
            // Some servers leave the header out of answers to HEAD for empty objects.
            size_bytes: output.content_length().and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
            content_type: ContentType::from_server(output.content_type),
            etag: output.e_tag.unwrap_or_default(),
            last_modified: whole_seconds(output.last_modified),
            user: user_metadata(output.metadata),
        })
    }

    pub(super) async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        let request = self.client.delete_object().bucket(&self.bucket).key(key.as_str());
        match request.send().await.map_err(Failure::new) {
            Ok(_) => Ok(()),
            // AWS answers 204 to a missing key; some servers do not.
            Err(failure) if failure.code() == Some("NoSuchKey") => Ok(()),
            Err(failure) => Err(failure.of(self, Operation::DELETE_OBJECT, key.as_str())),
        }
    }

    pub(super) async fn list_page(
        &self,
        key_prefix: &KeyPrefix,
        whole_prefix: &Prefix,
        request: &ListRequest,
    ) -> Result<ListPage, StorageError> {
        list::list_page(self, key_prefix, whole_prefix, request).await
    }

    pub(super) async fn presign_get(
        &self,
        key: &ObjectKey,
        expiry: UrlExpiry,
    ) -> Result<PresignedUrl, StorageError> {
        let operation = Operation::GET_OBJECT;
        let (config, expires_at) = self.presigning_config(operation, key, expiry)?;
        let request = self.client.get_object().bucket(&self.bucket).key(key.as_str());
        match request.presigned(config).await {
            Ok(request) => self.presigned(operation, key, PresignMethod::Get, &request, expires_at),
            Err(error) => Err(Failure::new(error).of(self, operation, key.as_str())),
        }
    }

    pub(super) async fn presign_put(
        &self,
        key: &ObjectKey,
        expiry: UrlExpiry,
        content_type: Option<&ContentType>,
    ) -> Result<PresignedUrl, StorageError> {
        let operation = Operation::PUT_OBJECT;
        let (config, expires_at) = self.presigning_config(operation, key, expiry)?;
        let request = self.client.put_object().bucket(&self.bucket).key(key.as_str());
        let request = request.set_content_type(content_type.map(ToString::to_string));
        match request.presigned(config).await {
            Ok(request) => self.presigned(operation, key, PresignMethod::Put, &request, expires_at),
            Err(error) => Err(Failure::new(error).of(self, operation, key.as_str())),
        }
    }

    /// What the SDK signs by, and when the URL ends.
    fn presigning_config(
        &self,
        operation: Operation,
        key: &ObjectKey,
        expiry: UrlExpiry,
    ) -> Result<(PresigningConfig, SystemTime), StorageError> {
        // The signature's clock has whole seconds.
        let now = unix_time::now();
        let config =
            PresigningConfig::builder().start_time(now).expires_in(expiry.as_duration()).build();
        match config {
            Ok(config) => Ok((config, now + expiry.as_duration())),
            Err(error) => Err(S3Error::not_signed(self, operation, key, error.into())),
        }
    }

    fn presigned(
        &self,
        operation: Operation,
        key: &ObjectKey,
        method: PresignMethod,
        request: &PresignedRequest,
        expires_at: SystemTime,
    ) -> Result<PresignedUrl, StorageError> {
        let url = Url::parse(request.uri())
            .map_err(|error| S3Error::not_signed(self, operation, key, error.into()))?;
        let headers = request.headers();
        Ok(PresignedUrl {
            method,
            url,
            headers: headers.map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())).collect(),
            expires_at,
        })
    }

    /// Waits for aborts of dropped uploads.
    pub(super) async fn settle(&self) {
        // A closed tracker still takes new tasks; `wait` needs it closed.
        self.aborts.close();
        self.aborts.wait().await;
        self.aborts.reopen();
    }

    fn not_found(&self, key: &ObjectKey) -> StorageError {
        StorageError::NotFound { key: key.clone(), place: self.place() }
    }

    fn bad_answer(&self, operation: Operation, key: &ObjectKey, what: &str) -> StorageError {
        S3Error::bad_answer(self, operation, key.as_str(), format!("the server sent {what}"))
    }
}

/// `bytes FIRST-LAST/SIZE`.
fn content_range(text: &str) -> Option<(Range<u64>, u64)> {
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, size): (u64, u64, u64) =
        (first.parse().ok()?, last.parse().ok()?, size.parse().ok()?);
    (first <= last && last < size).then_some((first..last + 1, size))
}

/// `bytes */SIZE`, in an answer 416.
fn whole_size(text: &str) -> Option<u64> {
    text.rsplit_once('/')?.1.parse().ok()
}

/// Listings have fractions of a second, headers have none: one precision for both.
fn whole_seconds(time: Option<DateTime>) -> SystemTime {
    let seconds = time.and_then(|time| u64::try_from(time.secs()).ok());
    UNIX_EPOCH + Duration::from_secs(seconds.unwrap_or(0))
}

fn user_metadata(metadata: Option<std::collections::HashMap<String, String>>) -> UserMetadata {
    let entries = metadata.into_iter().flatten();
    UserMetadata::from_server(entries.map(|(name, value)| (name.to_ascii_lowercase(), value)))
}

/// The token of S3 is passed through as it is.
fn token(text: Option<String>) -> Option<ContinuationToken> {
    text.filter(|text| !text.is_empty()).map(ContinuationToken)
}

#[cfg(test)]
mod tests;
