//! Multipart uploads: several parts at a time, and nothing left behind when one goes wrong.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::super::error::StorageError;
use super::super::key::ObjectKey;
use super::super::transfer::UploadOptions;
use super::S3Backend;
use super::error::{Failure, S3Error};
use super::operation::Operation;
use super::parts::{MAX_PARTS, PartReader, capacity_bytes, part_size_bytes};
use super::upload::refused;

/// How many parts are on their way at once; each is held in memory.
const PARTS_IN_FLIGHT: usize = 4;

/// A part that was in flight when its upload was aborted may still be stored (Amazon S3 API Reference, "AbortMultipartUpload"):
/// after so long the abort is repeated.
const SECOND_ABORT_AFTER: Duration = Duration::from_secs(1);

/// An upload that S3 has begun. Dropped before its end, it is aborted in the background.
pub(super) struct Upload {
    begun: Option<Begun>,
}

#[derive(Clone)]
struct Begun {
    backend: S3Backend,
    key: ObjectKey,
    id: String,
}

impl Upload {
    /// Begins an upload.
    ///
    /// The request runs in a task of its own: if the caller goes away meanwhile, the answer still comes, and the upload is aborted.
    pub(super) async fn create(
        backend: &S3Backend,
        key: &ObjectKey,
        options: &UploadOptions,
    ) -> Result<Self, StorageError> {
        let (sender, receiver) = oneshot::channel();
        let begin = begin(backend.clone(), key.clone(), options.clone());
        backend.aborts.spawn(async move {
            // What nobody receives is dropped here, and thereby aborted.
            drop(sender.send(begin.await));
        });
        receiver.await.unwrap_or_else(|_| {
            Err(S3Error::bad_answer(
                backend,
                Operation::CREATE_MULTIPART_UPLOAD,
                key.as_str(),
                "the runtime is shutting down".to_owned(),
            ))
        })
    }

    /// The upload has come to its good end.
    pub(super) fn disarm(mut self) {
        self.begun = None;
    }

    /// Aborts the upload. No part may be in flight any more.
    pub(super) async fn abort(mut self) {
        // Taken only afterwards: whoever drops this future in the middle still gets an abort in the background.
        if let Some(begun) = self.begun.clone() {
            begun.abort().await;
        }
        self.begun = None;
    }

    fn begun(&self) -> &Begun {
        self.begun.as_ref().expect("`begun` is taken only by methods that consume the upload")
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(begun) = self.begun.take() else {
            return;
        };
        // Without a runtime nothing can be sent; the bucket's lifecycle rule has to do it.
        if let Ok(runtime) = Handle::try_current() {
            let tracker = begun.backend.aborts.clone();
            tracker.spawn_on(
                async move {
                    begun.abort().await;
                    tokio::time::sleep(SECOND_ABORT_AFTER).await;
                    begun.abort().await;
                },
                &runtime,
            );
        }
    }
}

impl Begun {
    async fn abort(&self) {
        let request = self
            .backend
            .client
            .abort_multipart_upload()
            .bucket(&self.backend.bucket)
            .key(self.key.as_str())
            .upload_id(&self.id);
        if let Err(error) = request.send().await {
            let failure = Failure::new(error);
            if failure.code() != Some("NoSuchUpload") && failure.status() != Some(404) {
                let operation = Operation::ABORT_MULTIPART_UPLOAD;
                let error = failure.of(&self.backend, operation, self.key.as_str());
                tracing::warn!(%error, hint = error.hint(), "parts of an upload stay behind");
            }
        }
    }
}

async fn begin(
    backend: S3Backend,
    key: ObjectKey,
    options: UploadOptions,
) -> Result<Upload, StorageError> {
    let metadata = options.metadata.iter();
    let request = backend
        .client
        .create_multipart_upload()
        .bucket(&backend.bucket)
        .key(key.as_str())
        .content_type(options.content_type.clone().unwrap_or_default().as_str())
        .set_metadata(Some(metadata.map(|(n, v)| (n.to_owned(), v.to_owned())).collect()));
    let operation = Operation::CREATE_MULTIPART_UPLOAD;
    let output = request
        .send()
        .await
        .map_err(|error| Failure::new(error).of(&backend, operation, key.as_str()))?;
    let Some(id) = output.upload_id else {
        let message = "the server sent no upload id".to_owned();
        return Err(S3Error::bad_answer(&backend, operation, key.as_str(), message));
    };
    Ok(Upload { begun: Some(Begun { backend, key, id }) })
}

/// Sends all parts and completes the upload; gives the new object's ETag.
///
/// On an error no part is in flight any more when this returns, so that one abort suffices.
pub(super) async fn send(
    upload: &Upload,
    first: Bytes,
    reader: &mut PartReader<'_>,
    options: &UploadOptions,
) -> Result<Option<String>, StorageError> {
    let begun = upload.begun();
    let mut in_flight = FuturesUnordered::new();
    let mut parts = Vec::new();
    let mut outcome = Ok(());
    let mut number = 1;
    let mut next = Some(first);
    while let Some(part) = next.take() {
        in_flight.push(send_part(begun, number, part));
        number += 1;
        if in_flight.len() >= PARTS_IN_FLIGHT
            && let Some(sent) = in_flight.next().await
        {
            outcome = sent.map(|part| parts.push(part));
        }
        if outcome.is_err() {
            break;
        }
        let size = part_size_bytes(options.part_size, options.content_length, number);
        let mut reading = std::pin::pin!(reader.next(size));
        // Parts move on while the body is waited for.
        let read = loop {
            tokio::select! {
                read = &mut reading => break read,
                Some(sent) = in_flight.next() => match sent {
                    Ok(part) => parts.push(part),
                    Err(error) => break Err(error),
                },
            }
        };
        match read {
            Ok(part) if part.is_empty() => {}
            Ok(_) if number > MAX_PARTS => {
                outcome = Err(StorageError::TooLarge {
                    key: begun.key.clone(),
                    limit_bytes: capacity_bytes(options.part_size, options.content_length),
                });
            }
            Ok(part) => next = Some(part),
            Err(error) => outcome = Err(error),
        }
    }
    while let Some(sent) = in_flight.next().await {
        outcome = match (outcome, sent) {
            (Ok(()), Ok(part)) => {
                parts.push(part);
                Ok(())
            }
            (Ok(()), Err(error)) | (Err(error), _) => Err(error),
        };
    }
    outcome?;
    complete(begun, parts, options).await
}

async fn send_part(begun: &Begun, number: u64, body: Bytes) -> Result<CompletedPart, StorageError> {
    let backend = &begun.backend;
    let number = i32::try_from(number).expect("there are at most 10,000 parts");
    let request = backend
        .client
        .upload_part()
        .bucket(&backend.bucket)
        .key(begun.key.as_str())
        .upload_id(&begun.id)
        .part_number(number)
        .body(ByteStream::from(body));
    let sent = request.send().await.map_err(|error| {
        Failure::new(error).of(backend, Operation::UPLOAD_PART, begun.key.as_str())
    })?;
    // An upload that was begun with a checksum is completed only with the checksum of every part.
    Ok(CompletedPart::builder()
        .part_number(number)
        .set_e_tag(sent.e_tag)
        .set_checksum_crc32(sent.checksum_crc32)
        .set_checksum_crc32_c(sent.checksum_crc32_c)
        .set_checksum_crc64_nvme(sent.checksum_crc64_nvme)
        .set_checksum_sha1(sent.checksum_sha1)
        .set_checksum_sha256(sent.checksum_sha256)
        .build())
}

async fn complete(
    begun: &Begun,
    mut parts: Vec<CompletedPart>,
    options: &UploadOptions,
) -> Result<Option<String>, StorageError> {
    let backend = &begun.backend;
    parts.sort_by_key(|part| part.part_number());
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let request = backend
        .client
        .complete_multipart_upload()
        .bucket(&backend.bucket)
        .key(begun.key.as_str())
        .upload_id(&begun.id)
        .set_if_none_match(options.only_if_absent.then(|| "*".to_owned()))
        .multipart_upload(parts);
    match request.send().await {
        Ok(output) => Ok(output.e_tag),
        Err(error) => {
            let failure = Failure::new(error);
            if let Some(etag) = failure.etag_of_odd_success()
                // Some servers wrap the answer differently; whether they mean it shows the object itself.
                && backend.metadata(&begun.key).await?.etag == etag
            {
                return Ok(Some(etag));
            }
            let operation = Operation::COMPLETE_MULTIPART_UPLOAD;
            Err(refused(backend, operation, &begun.key, failure))
        }
    }
}
