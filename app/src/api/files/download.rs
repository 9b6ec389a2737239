//! Reading a file, piece by piece as it goes.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt;

use super::answers::describe;
use super::{File, FilePath, STORAGE};
use crate::api::document::{Problems, problems};
use crate::api::{ApiError, Code, RequestId};
use crate::causes;
use crate::storage::{ByteRange, Download, RangeError};

problems!(
    Read: Problems::ALWAYS,
    Problems::PATH,
    STORAGE,
    &[Code::InvalidKey, Code::InvalidRange, Code::UnknownObject, Code::RangeNotSatisfiable]
);

/// Read a file
///
/// What was uploaded is not ours: it comes as an attachment, and never runs as a page of this host.
#[utoipa::path(
    get,
    path = "/files/{purpose}/content/{key}",
    operation_id = "read_file",
    tag = "files",
    params(
        FilePath,
        ("range" = Option<String>, Header, description = "One range of bytes", pattern = "^bytes=([0-9]+-[0-9]*|-[0-9]+)$", example = "bytes=0-99"),
        ("if-none-match" = Option<String>, Header, description = "ETags of what is known already"),
        ("if-range" = Option<String>, Header, description = "The ETag of which a range is wanted; of another file, all of it comes"),
    ),
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

problems!(Head: Problems::ALWAYS, Problems::PATH, STORAGE, &[Code::InvalidKey, Code::UnknownObject]);

/// Read what is known about a file, as headers
#[utoipa::path(
    head,
    path = "/files/{purpose}/content/{key}",
    operation_id = "head_file",
    tag = "files",
    params(
        FilePath,
        ("if-none-match" = Option<String>, Header, description = "ETags of what is known already"),
    ),
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
    let (download, partial) = open(file, headers).await?;
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

/// The file, and whether it is only a range.
async fn open(file: &File, headers: &HeaderMap) -> Result<(Download, bool), ApiError> {
    let wanted = match (range(headers)?, headers.get(header::IF_RANGE)) {
        (Some(range), Some(tag)) => {
            // A range of another file than the caller knows would not fit to what it has.
            // Dates are too coarse to tell files apart, and so fit none (RFC 9110, section 13.1.5).
            let metadata = file.storage.metadata(&file.key).await?;
            (tag.as_bytes() == metadata.etag.as_bytes()).then_some(range)
        }
        (range, _) => range,
    };
    let download = match wanted {
        Some(range) => file.storage.download_range_stream(&file.key, range).await?,
        None => file.storage.download_stream(&file.key).await?,
    };
    Ok((download, wanted.is_some()))
}

fn range(headers: &HeaderMap) -> Result<Option<ByteRange>, RangeError> {
    let mut values = headers.get_all(header::RANGE).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(value.as_bytes());
    match values.next() {
        None => text.parse().map(Some),
        Some(_) => Err(RangeError::Malformed { text: "...".to_owned() }),
    }
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
