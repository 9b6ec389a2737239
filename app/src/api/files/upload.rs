//! Writing a file, piece by piece as it comes.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt;
use http_body_util::{BodyDataStream, Limited};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::answers::META;
use super::{File, FilePath, STORAGE};
use crate::api::document::{Problems, problems};
use crate::api::error::{encoded, of_body, too_large};
use crate::api::{ApiError, AppState, Code};
use crate::storage::{ContentType, StorageError, UploadOptions, Uploaded, UserMetadata};

/// A file that was written.
#[derive(Serialize, ToSchema)]
struct Written {
    /// Its key.
    key: String,
    /// Its length in bytes.
    size_bytes: u64,
    /// As in the header.
    etag: String,
}

problems!(
    Write: Problems::ALWAYS,
    Problems::PATH,
    STORAGE,
    &[
        Code::InvalidKey,
        Code::InvalidHeader,
        Code::IncompleteBody,
        Code::RequestTimedOut,
        Code::ObjectExists,
        Code::BodyTooLarge,
        Code::UnsupportedMediaType,
    ]
);

/// The headers of an upload, for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "handlers read them from the request's own headers")]
struct WriteHeaders {
    /// Write only where there is nothing yet.
    #[param(rename = "if-none-match", value_type = Anything, inline, required = false)]
    if_none_match: String,
}

/// The one value of `If-None-Match` that an upload takes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is there for its schema")]
enum Anything {
    #[schema(rename = "*")]
    Anything,
}

/// Write a file, or replace it as a whole
///
/// A body that breaks off, or is too large, changes nothing.
/// Headers `x-meta-NAME` are kept with the file and come back with it.
#[utoipa::path(
    put,
    path = "/files/{purpose}/content/{key}",
    operation_id = "write_file",
    tag = "files",
    params(FilePath, WriteHeaders),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "Any content type: it is kept"),
    responses(
        (status = 200, description = "It is written", body = Written, headers(("etag" = String))),
        (status = 201, description = "It is written, where there was nothing: with `if-none-match`", body = Written, headers(("etag" = String))),
        Write
    )
)]
pub(super) async fn write(
    State(state): State<AppState>,
    file: File,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    upload(&state, &file, &headers, body).await
}

/// Writes `body`; 201 where it is certain that there was nothing before.
pub(in super::super) async fn upload(
    state: &AppState,
    file: &File,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let mut options = options(headers)?;
    let limit_bytes = state.max_upload_bytes();
    options.content_length = content_length(headers)?;
    if options.content_length.is_some_and(|bytes| bytes > limit_bytes) {
        return Err(too_large(limit_bytes));
    }
    // A limit that does not fit is none that a body could exceed.
    let body = Limited::new(body, usize::try_from(limit_bytes).unwrap_or(usize::MAX));
    let written =
        file.storage.upload_stream(&file.key, BodyDataStream::new(body).into_stream(), &options);
    let Uploaded { etag, size_bytes, .. } = match written.await {
        Ok(uploaded) => uploaded,
        Err(StorageError::Body { source, .. }) => return Err(of_body(source, limit_bytes)),
        Err(error) => return Err(error.into()),
    };
    let status = if options.only_if_absent { StatusCode::CREATED } else { StatusCode::OK };
    let written = Written { key: file.key.to_string(), size_bytes, etag: etag.clone() };
    Ok((status, [(header::ETAG, etag)], Json(written)).into_response())
}

/// As the header has it: the layers around a body forget its length.
fn content_length(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(text) = single(headers, &header::CONTENT_LENGTH)? else {
        return Ok(None);
    };
    // A number would also be read with a leading `+`.
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(bytes) if digits => Ok(Some(bytes)),
        _ => Err(ApiError::new(Code::InvalidHeader, "`content-length` is no number of bytes")),
    }
}

fn options(headers: &HeaderMap) -> Result<UploadOptions, ApiError> {
    refuse_what_would_be_ignored(headers)?;
    let mut options = UploadOptions::default();
    if let Some(text) = single(headers, &header::CONTENT_TYPE)? {
        options.content_type = Some(ContentType::new(text)?);
    }
    match single(headers, &header::IF_NONE_MATCH)? {
        None => {}
        Some("*") => options.only_if_absent = true,
        Some(_) => {
            return Err(ApiError::new(
                Code::InvalidHeader,
                "`if-none-match` of an upload is not `*`",
            ));
        }
    }
    options.metadata = user_metadata(headers)?;
    Ok(options)
}

/// Headers that change the meaning of an upload, and that storages cannot follow.
fn refuse_what_would_be_ignored(headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(encoded());
    }
    let conditions = [header::IF_MATCH, header::IF_UNMODIFIED_SINCE, header::CONTENT_RANGE];
    match conditions.iter().find(|name| headers.contains_key(*name)) {
        Some(name) => {
            let detail = format!("`{name}` is not supported for an upload");
            Err(ApiError::new(Code::InvalidHeader, detail))
        }
        None => Ok(()),
    }
}

/// The value of a header that may come once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ApiError> {
    let refuse = |why| Err(ApiError::new(Code::InvalidHeader, format!("`{name}` {why}")));
    let mut values = headers.get_all(name).iter();
    match (values.next().map(|value| value.to_str()), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(text)), None) => Ok(Some(text)),
        (Some(Err(_)), None) => refuse("has other characters than printable ASCII"),
        (Some(_), Some(_)) => refuse("is given twice"),
    }
}

fn user_metadata(headers: &HeaderMap) -> Result<UserMetadata, ApiError> {
    let mut entries = Vec::new();
    for (header, value) in headers {
        let Some(name) = header.as_str().strip_prefix(META) else {
            continue;
        };
        let Ok(value) = value.to_str() else {
            let detail = format!("`{header}` has other characters than printable ASCII");
            return Err(ApiError::new(Code::InvalidHeader, detail));
        };
        entries.push((name, value));
    }
    Ok(UserMetadata::new(entries)?)
}
