//! Uploads: one request for what fits into a part, a multipart upload for everything else.

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

use super::super::error::StorageError;
use super::super::key::ObjectKey;
use super::super::transfer::{IncomingBody, UploadOptions, Uploaded};
use super::error::{Failure, S3Error};
use super::multipart::Upload;
use super::operation::Operation;
use super::parts::{PartReader, capacity_bytes, part_size_bytes};
use super::{S3Backend, multipart};

pub(super) async fn upload(
    backend: &S3Backend,
    key: &ObjectKey,
    body: IncomingBody<'_>,
    options: &UploadOptions,
) -> Result<Uploaded, StorageError> {
    let limit_bytes = capacity_bytes(options.part_size, options.content_length);
    if options.content_length.is_some_and(|length| length > limit_bytes) {
        return Err(StorageError::TooLarge { key: key.clone(), limit_bytes });
    }
    let mut reader = PartReader::new(key, body, options);
    let size = part_size_bytes(options.part_size, options.content_length, 1);
    let first = reader.next(size).await?;
    if reader.at_end().await? {
        return put(backend, key, first, options).await;
    }
    let upload = Upload::create(backend, key, options).await?;
    match multipart::send(&upload, first, &mut reader, options).await {
        Ok(etag) => {
            upload.disarm();
            uploaded(backend, Operation::COMPLETE_MULTIPART_UPLOAD, key, etag, reader.read_bytes())
        }
        Err(error) => {
            upload.abort().await;
            Err(error)
        }
    }
}

async fn put(
    backend: &S3Backend,
    key: &ObjectKey,
    body: Bytes,
    options: &UploadOptions,
) -> Result<Uploaded, StorageError> {
    let size_bytes = body.len() as u64;
    let metadata = options.metadata.iter();
    let request = backend
        .client
        .put_object()
        .bucket(&backend.bucket)
        .key(key.as_str())
        .content_type(options.content_type.clone().unwrap_or_default().as_str())
        .set_metadata(Some(metadata.map(|(n, v)| (n.to_owned(), v.to_owned())).collect()))
        .set_if_none_match(options.only_if_absent.then(|| "*".to_owned()))
        // In memory, so that the checksum goes into a header: many servers do not know trailers.
        .body(ByteStream::from(body));
    match request.send().await {
        Ok(output) => uploaded(backend, Operation::PUT_OBJECT, key, output.e_tag, size_bytes),
        Err(error) => Err(refused(backend, Operation::PUT_OBJECT, key, Failure::new(error))),
    }
}

fn uploaded(
    backend: &S3Backend,
    operation: Operation,
    key: &ObjectKey,
    etag: Option<String>,
    size_bytes: u64,
) -> Result<Uploaded, StorageError> {
    match etag {
        Some(etag) => Ok(Uploaded { etag, size_bytes }),
        None => Err(S3Error::bad_answer(
            backend,
            operation,
            key.as_str(),
            "the server sent no `ETag`".to_owned(),
        )),
    }
}

/// A write that S3 refused: because something is there already, or for another reason.
pub(super) fn refused(
    backend: &S3Backend,
    operation: Operation,
    key: &ObjectKey,
    failure: Failure,
) -> StorageError {
    if failure.code() == Some("PreconditionFailed") || failure.status() == Some(412) {
        StorageError::AlreadyExists { key: key.clone(), place: backend.place() }
    } else {
        failure.of(backend, operation, key.as_str())
    }
}
