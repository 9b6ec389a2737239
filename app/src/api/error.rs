//! The one error of the API: what the caller is told, and what only the log is told.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::storage::BoxError;

mod code;
mod from_body;
mod from_models;
mod from_storage;
mod problem;

pub use code::Code;
pub use problem::{PROBLEM_JSON, Problem};

pub(super) use from_body::{encoded, of_body, too_large};
pub(super) use problem::complete;

/// Why a request has no good answer.
///
/// The caller is sent the code with its status, the detail, the hint and the members below; the cause goes to the log alone.
/// As a response it has no body yet: the router makes a problem document of it, with the request's id in it.
pub struct ApiError(Box<Parts>);

struct Parts {
    code: Code,
    detail: String,
    hint: Option<String>,
    operator_hint: Option<String>,
    members: Members,
    headers: HeaderMap,
    cause: Option<BoxError>,
}

/// Members of the problem document that only some codes have.
#[derive(Clone, Debug, Default, PartialEq)]
struct Members {
    valid_models: Option<Vec<String>>,
    retry_after_seconds: Option<u64>,
    limit: Option<u64>,
    missing_permission: Option<String>,
}

impl ApiError {
    /// An error that the caller reads as `detail`: a fragment in lower case, without anything secret.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            code,
            detail: detail.into(),
            hint: None,
            operator_hint: None,
            members: Members::default(),
            headers: HeaderMap::new(),
            cause: None,
        }))
    }

    /// A fault of the app: the caller learns only that there was one.
    pub fn internal(cause: impl Into<BoxError>) -> Self {
        Self::new(Code::Internal, "the app failed; its log says why under this request's id")
            .cause(cause)
    }

    /// The server ends before the answer is there.
    pub(super) fn stopping() -> Self {
        Self::new(Code::ShuttingDown, "the server is stopping")
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// What those who run the app can do about it; logged and never sent.
    #[must_use]
    pub fn operator_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.operator_hint = Some(hint.into());
        self
    }

    /// What is logged and never sent.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<BoxError>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// A limit that was exceeded, in the unit that the detail names.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.0.members.limit = Some(limit);
        self
    }

    /// The models that would have done, the likeliest first.
    #[must_use]
    pub fn valid_models(mut self, models: impl IntoIterator<Item = String>) -> Self {
        self.0.members.valid_models = Some(models.into_iter().collect());
        self
    }

    /// When to try again, rounded up to whole seconds; also as `Retry-After` (RFC 9110, section 10.2.3).
    #[must_use]
    pub fn retry_after(mut self, time: Duration) -> Self {
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        self.0.members.retry_after_seconds = Some(seconds);
        self.header(header::RETRY_AFTER, seconds.into())
    }

    /// The IAM action that the app's credentials lack.
    #[must_use]
    pub fn missing_permission(mut self, action: impl Into<String>) -> Self {
        self.0.members.missing_permission = Some(action.into());
        self
    }

    /// A header of the answer, such as `Content-Range`.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What stands for an answer that no handler of ours has made, by its status.
    fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::new(Code::UnknownRoute, "no route has this path"),
            StatusCode::METHOD_NOT_ALLOWED => {
                Self::new(Code::MethodNotAllowed, "this path does not take this method")
            }
            StatusCode::REQUEST_TIMEOUT => {
                Self::new(Code::RequestTimedOut, "the request did not come in time")
            }
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(Code::BodyTooLarge, "the body is larger than this route takes")
            }
            other => Self::internal(format!("an answer {other} that is no problem document")),
        }
    }
}

/// Carries the error to the layer that writes problem documents.
#[derive(Clone)]
struct Carried(Arc<ApiError>);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.0.code.status().into_response();
        response.headers_mut().extend(self.0.headers.clone());
        response.extensions_mut().insert(Carried(Arc::new(self)));
        response
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.0.code, self.0.detail)
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("code", &self.0.code)
            .field("detail", &self.0.detail)
            .field("cause", &self.0.cause)
            .finish_non_exhaustive()
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let cause = self.0.cause.as_deref()?;
        Some(cause)
    }
}
