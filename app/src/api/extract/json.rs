//! JSON bodies, and every way in which they can be wrong.

use std::error::Error;

use axum::Json;
use axum::body::HttpBody as _;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::super::body_limits::JSON_TIME;
use super::super::error::{encoded, of_body, too_large};
use super::super::{ApiError, AppState, Code};

/// A body of the content type `application/json`, at most [`AppState::max_json_bytes`] long.
pub(in super::super) struct JsonBody<T>(pub(in super::super) T);

impl<T: DeserializeOwned> FromRequest<AppState> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        require_json(request.headers())?;
        let limit_bytes = state.max_json_bytes();
        let body = request.into_body();
        if body.size_hint().lower() > limit_bytes {
            return Err(too_large(limit_bytes));
        }
        // A limit that does not fit is none that memory could exceed.
        let body = Limited::new(body, usize::try_from(limit_bytes).unwrap_or(usize::MAX));
        let bytes = match timeout(JSON_TIME, body.collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) => return Err(of_body(error, limit_bytes)),
            Err(_) => {
                let detail = format!("the body did not come within {JSON_TIME:?}");
                return Err(ApiError::new(Code::RequestTimedOut, detail));
            }
        };
        match Json::from_bytes(&bytes) {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(of_rejection(&rejection, &bytes)),
        }
    }
}

/// RFC 8259, section 11: the type has no parameters; `charset=utf-8` does no harm.
fn require_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let refuse = |what: &str| {
        let detail = format!("{what}, expected `application/json`");
        Err(ApiError::new(Code::UnsupportedMediaType, detail)
            .hint("send the header `content-type: application/json`"))
    };
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(encoded());
    }
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    match (values.next().map(|value| value.to_str()), values.next()) {
        (None, _) => refuse("the body has no content type"),
        (Some(Ok(value)), None) if is_json(value) => Ok(()),
        _ => refuse("the body has another content type"),
    }
}

fn is_json(content_type: &str) -> bool {
    let (essence, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let parameters = parameters.trim().to_ascii_lowercase();
    essence.trim().eq_ignore_ascii_case("application/json")
        && matches!(parameters.as_str(), "" | "charset=utf-8" | "charset=\"utf-8\"")
}

fn of_rejection(rejection: &JsonRejection, bytes: &[u8]) -> ApiError {
    // The first fault may be one of the form, with JSON that is broken further on.
    let whole = serde_json::from_slice::<serde_json::Value>(bytes);
    if let Err(error) = whole {
        return ApiError::new(Code::InvalidJson, excerpt(&error.to_string()));
    }
    let why = rejection.source().map_or_else(|| rejection.to_string(), ToString::to_string);
    ApiError::new(Code::InvalidBody, excerpt(&why))
}

/// Such messages repeat what was sent, which may be long.
fn excerpt(message: &str) -> String {
    const CHARS: usize = 300;
    match message.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}...", &message[..end]),
        None => message.to_owned(),
    }
}
