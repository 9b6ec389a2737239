//! Reading a file, piece by piece as it goes.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt;
use utoipa::IntoParams;

use super::answers::describe;
use super::{File, FilePath, STORAGE};
use crate::api::document::{Problems, problems};
use crate::api::{ApiError, Code, RequestId};
use crate::causes;
use crate::storage::{ByteRange, Download, StorageError};

problems!(
    Read: Problems::ALWAYS,
    Problems::PATH,
    STORAGE,
    &[Code::InvalidKey, Code::UnknownObject, Code::RangeNotSatisfiable]
);

/// Read a file
///
/// What was uploaded is not ours: it comes as an attachment, and never runs as a page of this host.
#[utoipa::path(
    get,
    path = "/files/{purpose}/content/{key}",
    operation_id = "read_file",
    tag = "files",
    params(FilePath, ReadHeaders),
    responses(
        (status = 200, description = "The file, with its own content type", body = Vec<u8>, content_type = "application/octet-stream",
         headers(("etag" = String), ("last-modified" = String), ("content-length" = u64))),
        (status = 206, description = "A range of it", body = Vec<u8>, content_type = "application/octet-stream",
         headers(("content-range" = String))),
        (status = 304, description = "It is known already"),
        Read
    )
)]
pub(super) async fn read(
    file: File,
    request_id: RequestId,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    download(&file, request_id, &headers).await
}

/// The headers of a read, for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "handlers read them from the request's own headers")]
struct ReadHeaders {
    /// One range of bytes; anything else is ignored, and all of the file comes.
    #[param(required = false, example = "bytes=0-99")]
    range: String,
    /// ETags of what is known already.
    #[param(rename = "if-none-match", required = false)]
    if_none_match: String,
    /// The ETag of which a range is wanted; of another file, all of it comes.
    #[param(rename = "if-range", required = false)]
    if_range: String,
}

/// The same without a body.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "handlers read them from the request's own headers")]
struct HeadHeaders {
    /// ETags of what is known already.
    #[param(rename = "if-none-match", required = false)]
    if_none_match: String,
}

problems!(Head: Problems::ALWAYS, Problems::PATH, STORAGE, &[Code::InvalidKey, Code::UnknownObject]);

/// Read what is known about a file, as headers
#[utoipa::path(
    head,
    path = "/files/{purpose}/content/{key}",
    operation_id = "head_file",
    tag = "files",
    params(FilePath, HeadHeaders),
    responses(
        (status = 200, description = "It is there", headers(("etag" = String), ("last-modified" = String), ("content-length" = u64))),
        (status = 304, description = "It is known already"),
        Head
    )
)]
pub(super) async fn head(file: File, headers: HeaderMap) -> Result<Response, ApiError> {
    let metadata = file.storage.metadata(&file.key).await?;
    let mut answer = describe(&metadata);
    if is_known(&headers, &metadata.etag) {
        return Ok(not_modified(answer, metadata.size_bytes));
    }
    // RFC 9110, section 14.2: ranges are of GET alone.
    answer.insert(header::CONTENT_LENGTH, metadata.size_bytes.into());
    Ok((answer, Body::empty()).into_response())
}

/// Sends a file, or the range of it that is asked for.
pub(in super::super) async fn download(
    file: &File,
    request_id: RequestId,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let range = range(headers);
    if range.is_some() && headers.contains_key(header::IF_NONE_MATCH) {
        // A range that holds nothing is no matter where the file is known (RFC 9110, section 13.2.2).
        let metadata = file.storage.metadata(&file.key).await?;
        if is_known(headers, &metadata.etag) {
            return Ok(not_modified(describe(&metadata), metadata.size_bytes));
        }
    }
    let (download, partial) = match (range, headers.get(header::IF_RANGE)) {
        (None, _) => (file.storage.download_stream(&file.key).await?, false),
        (Some(range), None) => (file.storage.download_range_stream(&file.key, range).await?, true),
        (Some(range), Some(tag)) => open_range_of(file, range, tag).await?,
    };
    let mut answer = describe(&download.metadata);
    if is_known(headers, &download.metadata.etag) {
        return Ok(not_modified(answer, download.metadata.size_bytes));
    }
    answer.insert(header::CONTENT_LENGTH, download.content_length().into());
    let range = download.content_range().and_then(|text| HeaderValue::try_from(text).ok());
    let status = match range {
        Some(range) if partial => {
            answer.insert(header::CONTENT_RANGE, range);
            StatusCode::PARTIAL_CONTENT
        }
        _ => StatusCode::OK,
    };
    // The head is gone by then: all that is left is to cut the connection, which hyper does, and to say why.
    let body = download.body.inspect_err(move |error| {
        tracing::error!(%request_id, cause = causes::in_one_line(error), "a download broke off");
    });
    Ok((status, answer, Body::from_stream(body)).into_response())
}

/// A range of the file that has this ETag; of another file, which would not fit to what the caller has, all of it.
///
/// What is looked at is the file that is sent: it may be replaced at any moment. Dates are too coarse to tell files apart,
/// and so fit none (RFC 9110, section 13.1.5).
async fn open_range_of(
    file: &File,
    range: ByteRange,
    tag: &HeaderValue,
) -> Result<(Download, bool), ApiError> {
    let fits = |download: &Download| tag.as_bytes() == download.metadata.etag.as_bytes();
    let nothing = match file.storage.download_range_stream(&file.key, range).await {
        Ok(download) if fits(&download) => return Ok((download, true)),
        Ok(_) => None,
        Err(error @ StorageError::RangeNotSatisfiable { .. }) => Some(error),
        Err(error) => return Err(error.into()),
    };
    let whole = file.storage.download_stream(&file.key).await?;
    match nothing {
        Some(error) if fits(&whole) => Err(error.into()),
        _ => Ok((whole, false)),
    }
}

/// The one range that is asked for.
///
/// Other units, several ranges and what is malformed are ignored, so that the whole file comes: what S3 does, and RFC 9110
/// (section 14.2) allows.
fn range(headers: &HeaderMap) -> Option<ByteRange> {
    let mut values = headers.get_all(header::RANGE).iter();
    let first = values.next()?;
    let only = values.next().is_none().then_some(first)?;
    only.to_str().ok()?.parse().ok()
}

/// Whether `If-None-Match` names this ETag, compared weakly (RFC 9110, section 13.1.2).
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter();
    // Our ETags have no commas, so that splitting at commas finds them whatever stands beside them.
    let mut tags = values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    tags.any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    })
}

/// RFC 9110, section 8.6: the length is that of the file, or not said; axum would say 0.
fn not_modified(mut headers: HeaderMap, size_bytes: u64) -> Response {
    headers.insert(header::CONTENT_LENGTH, size_bytes.into());
    (StatusCode::NOT_MODIFIED, headers).into_response()
}
