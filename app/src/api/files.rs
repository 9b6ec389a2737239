//! Stored files over HTTP.
//!
//! A file's key may have slashes, plain or as `%2F`. OpenAPI knows no parameter that spans segments,
//! so the document says `{key}` where the router has a wildcard, and generated clients send `%2F`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::routing::{get, post};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use super::extract::PathParams;
use super::{ApiError, AppState, Code};
use crate::storage::{ObjectKey, Purpose, Storage};

mod answers;
mod cdn_url;
mod delete;
mod download;
mod list;
mod metadata;
mod presigned_url;
mod upload;

pub(super) use download::download;
pub(super) use upload::upload;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    let content =
        get(download::read).head(download::head).put(upload::write).delete(delete::delete);
    let router =
        OpenApiRouter::with_openapi(Document::openapi()).route("/files/{purpose}", get(list::list));
    [
        ("content", content),
        ("metadata", get(metadata::metadata)),
        ("presigned-url", post(presigned_url::presign)),
        ("cdn-url", get(cdn_url::cdn_url)),
    ]
    .into_iter()
    .fold(router, |router, (part, methods)| {
        router
            .route(&format!("/files/{{purpose}}/{part}/{{*key}}"), methods.clone())
            // A wildcard takes no empty key, which is to be refused as one.
            .route(&format!("/files/{{purpose}}/{part}/"), methods)
    })
}

#[derive(OpenApi)]
#[openapi(paths(
    list::list,
    download::read,
    download::head,
    upload::write,
    delete::delete,
    metadata::metadata,
    presigned_url::presign,
    cdn_url::cdn_url,
))]
struct Document;

/// What a storage may answer, whatever it is asked.
const STORAGE: &[Code] = &[Code::StorageFailed, Code::S3Failed, Code::S3Throttled];

/// The file that a path names.
pub(super) struct File {
    pub(super) storage: Storage,
    pub(super) key: ObjectKey,
}

/// The same for the document.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct FilePath {
    /// What the file is for.
    #[param(inline, example = "uploads")]
    purpose: Purpose,
    /// The file's key: 1 to 1,024 bytes of UTF-8, no `/` at its start, no segment `.` or `..`, no control characters.
    #[param(
        min_length = 1,
        max_length = 1024,
        pattern = "^(?!/)(?!(.*/)?\\.\\.?(/|$))[^\\u0000-\\u001f\\u007f-\\u009f\\ufffe\\uffff]+$",
        example = "images/hero.png"
    )]
    #[serde(default)]
    key: String,
}

impl FromRequestParts<AppState> for File {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let PathParams(FilePath { purpose, key }) =
            PathParams::from_request_parts(parts, state).await?;
        Ok(Self { storage: state.storage(purpose).clone(), key: ObjectKey::new(key)? })
    }
}
