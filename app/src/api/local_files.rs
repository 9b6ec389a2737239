//! Where presigned URLs of local files lead: whoever holds one needs nothing else.
//!
//! Nothing is read or written before the signature was verified. S3 has its own place for its URLs: 404 here.

use std::time::SystemTime;

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use super::document::{Problems, problems};
use super::extract::PathParams;
use super::files::{File, download, upload};
use super::{ApiError, AppState, Code, RequestId};
use crate::storage::Purpose;

/// Where the routes are, if nothing else is said: the path of `LOCAL_STORAGE_BASE_URL`'s default.
const DEFAULT_PATH: &str = "/local-files";

pub(super) fn routes(path: Option<&str>) -> OpenApiRouter<AppState> {
    let path = path.unwrap_or(DEFAULT_PATH);
    let mut document = Document::openapi();
    let documented = std::mem::take(&mut document.paths.paths);
    document.paths.paths = documented
        .into_iter()
        .map(|(name, item)| (name.replacen(DEFAULT_PATH, path, 1), item))
        .collect();
    OpenApiRouter::with_openapi(document)
        .route(&format!("{path}/{{purpose}}/{{*key}}"), get(read).put(write))
}

#[derive(OpenApi)]
#[openapi(paths(read, write))]
struct Document;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct LocalPath {
    /// What the file is for.
    #[param(value_type = Purpose, inline, example = "uploads")]
    purpose: String,
    /// The file's key.
    #[param(example = "images/hero.png")]
    #[serde(rename = "key")]
    _key: String,
}

/// What a presigned URL says; it cannot be made by hand.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the signer reads the query as a whole")]
struct Signature {
    /// `GET` or `PUT`.
    method: String,
    /// Seconds since the Unix epoch.
    expires: u64,
    /// What `Content-Type` must be.
    #[param(rename = "content-type")]
    content_type: Option<String>,
    /// In hexadecimal digits.
    signature: String,
}

/// A file that the request's URL was signed for.
struct SignedFile(File);

impl FromRequestParts<AppState> for SignedFile {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let PathParams(LocalPath { purpose, .. }) =
            PathParams::from_request_parts(parts, state).await?;
        // The base URL may have no path: then everything that is no other route comes here.
        let Some(purpose) = Purpose::ALL.into_iter().find(|known| known.as_str() == purpose) else {
            return Err(ApiError::new(Code::UnknownRoute, "no route has this path"));
        };
        let storage = state.storage(purpose).clone();
        let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
        let content_type =
            parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let now = SystemTime::now();
        let key = storage.verify_presigned(parts.method.as_str(), target, content_type, now)?;
        Ok(Self(File { storage, key }))
    }
}

const REFUSED: &[Code] = &[
    Code::UrlTampered,
    Code::UrlExpired,
    Code::UrlWrongMethod,
    Code::UrlWrongContentType,
    // On S3.
    Code::UnknownRoute,
    Code::StorageFailed,
];

problems!(
    Read: Problems::ALWAYS,
    Problems::PATH,
    REFUSED,
    &[Code::UnknownObject, Code::RangeNotSatisfiable]
);

/// Read a file with a presigned URL
#[utoipa::path(
    get,
    path = "/local-files/{purpose}/{key}",
    operation_id = "read_local_file",
    tag = "local files",
    params(LocalPath, Signature),
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, description = "A range of it", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "It is known already"),
        Read
    )
)]
async fn read(
    SignedFile(file): SignedFile,
    request_id: RequestId,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    download(&file, request_id, &headers).await
}

problems!(
    Write: Problems::ALWAYS,
    Problems::PATH,
    REFUSED,
    &[
        Code::InvalidHeader,
        Code::IncompleteBody,
        Code::RequestTimedOut,
        Code::ObjectExists,
        Code::BodyTooLarge,
        Code::UnsupportedMediaType,
    ]
);

/// Write a file with a presigned URL
#[utoipa::path(
    put,
    path = "/local-files/{purpose}/{key}",
    operation_id = "write_local_file",
    tag = "local files",
    params(LocalPath, Signature),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "Any content type, or the one that was signed"),
    responses(
        (status = 200, description = "It is written"),
        (status = 201, description = "It is written, where there was nothing: with `if-none-match`"),
        Write
    )
)]
async fn write(
    State(state): State<AppState>,
    SignedFile(file): SignedFile,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    upload(&state, &file, &headers, body).await
}
