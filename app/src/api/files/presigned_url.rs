//! URLs that let somebody without credentials read or write one file for a while.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderName, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{File, FilePath, STORAGE};
use crate::api::document::{Problems, problems};
use crate::api::extract::JsonBody;
use crate::api::timestamp::rfc3339;
use crate::api::{ApiError, Code};
use crate::storage::{ContentType, ExpiryError, UrlExpiry};

/// What a URL is wanted for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UrlRequest {
    /// What it may be used for.
    #[schema(inline)]
    method: UrlMethod,
    /// How long it lives; seven days at most.
    #[schema(value_type = u64, minimum = 1, maximum = 604_800, example = 900)]
    expires_in_seconds: Expiry,
    /// Of `PUT` only: the content type that the upload must have; any where it is left out.
    #[schema(value_type = Option<String>, example = "image/png")]
    content_type: Option<ContentType>,
}

#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum UrlMethod {
    Get,
    Put,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "u64")]
struct Expiry(UrlExpiry);

impl TryFrom<u64> for Expiry {
    type Error = ExpiryError;

    fn try_from(seconds: u64) -> Result<Self, ExpiryError> {
        UrlExpiry::from_secs(seconds).map(Self)
    }
}

/// A URL with its own permission inside: a secret while it lives.
#[derive(Serialize, ToSchema)]
pub(super) struct PresignedUrl {
    /// Where to send the request, to the byte.
    #[schema(format = "uri")]
    url: String,
    /// The request's method.
    #[schema(inline)]
    method: UrlMethod,
    /// Headers that the request must carry, by name in lower case.
    headers: BTreeMap<String, String>,
    /// When it stops working, at the latest.
    #[schema(format = DateTime)]
    expires_at: String,
}

problems!(Presign: Problems::ALWAYS, Problems::PATH, Problems::JSON, STORAGE, &[Code::InvalidKey]);

/// Make a URL that reads or writes a file without credentials
///
/// Whether there is such a file is not checked.
/// On S3 an upload through it does not go through the app, and so has S3's limits alone.
#[utoipa::path(
    post,
    path = "/files/{purpose}/presigned-url/{key}",
    operation_id = "presign_file",
    tag = "files",
    params(FilePath),
    request_body = UrlRequest,
    responses((status = 200, description = "A secret while it lives", body = PresignedUrl), Presign)
)]
pub(super) async fn presign(
    file: File,
    JsonBody(request): JsonBody<UrlRequest>,
) -> Result<([(HeaderName, &'static str); 1], Json<PresignedUrl>), ApiError> {
    let UrlRequest { method, expires_in_seconds: Expiry(expiry), content_type } = request;
    let presigned = match (method, &content_type) {
        (UrlMethod::Get, Some(_)) => {
            let detail = "`content_type` is for the method `PUT` only";
            return Err(ApiError::new(Code::InvalidBody, detail));
        }
        (UrlMethod::Get, None) => file.storage.presign_get(&file.key, expiry).await?,
        (UrlMethod::Put, content_type) => {
            file.storage.presign_put(&file.key, expiry, content_type.as_ref()).await?
        }
    };
    let answer = PresignedUrl {
        url: presigned.url.into(),
        method,
        headers: presigned.headers.into_iter().collect(),
        expires_at: rfc3339(presigned.expires_at),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)))
}
