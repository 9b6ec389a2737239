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
use crate::storage::{ContentType, UrlExpiry};

/// What a URL is wanted for.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "method", rename_all = "UPPERCASE", deny_unknown_fields)]
pub(super) enum UrlRequest {
    /// To read the file.
    Get {
        /// How long it lives; seven days at most.
        #[schema(value_type = u64, minimum = 1, maximum = 604_800, example = 900)]
        expires_in_seconds: Expiry,
    },
    /// To write the file.
    Put {
        /// How long it lives; seven days at most.
        #[schema(value_type = u64, minimum = 1, maximum = 604_800, example = 900)]
        expires_in_seconds: Expiry,
        /// The content type that the upload must have; any where it is left out.
        #[schema(
            value_type = Option<String>,
            pattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+( *;([ -~]*[!-~])?)?$",
            example = "image/png",
        )]
        content_type: Option<ContentType>,
    },
}

/// `900.0` is a whole number too (JSON Schema Validation, section 6.1.1).
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Expiry(UrlExpiry);

impl TryFrom<f64> for Expiry {
    type Error = String;

    fn try_from(seconds: f64) -> Result<Self, String> {
        if seconds.fract() != 0.0 || seconds < 0.0 {
            return Err(format!("{seconds:?} is no whole number of seconds"));
        }
        // What is beyond all integers becomes the largest, which is too long by far.
        UrlExpiry::from_secs(seconds as u64).map(Self).map_err(|error| error.to_string())
    }
}

/// A URL with its own permission inside: a secret while it lives.
#[derive(Serialize, ToSchema)]
pub(super) struct PresignedUrl {
    /// Where to send the request, to the byte.
    #[schema(format = "uri")]
    url: String,
    /// The request's method.
    #[schema(pattern = "^(GET|PUT)$", example = "GET")]
    method: &'static str,
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
    let presigned = match request {
        UrlRequest::Get { expires_in_seconds: Expiry(expiry) } => {
            file.storage.presign_get(&file.key, expiry).await?
        }
        UrlRequest::Put { expires_in_seconds: Expiry(expiry), content_type } => {
            file.storage.presign_put(&file.key, expiry, content_type.as_ref()).await?
        }
    };
    let answer = PresignedUrl {
        url: presigned.url.into(),
        method: presigned.method.as_str(),
        headers: presigned.headers.into_iter().collect(),
        expires_at: rfc3339(presigned.expires_at),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)))
}
