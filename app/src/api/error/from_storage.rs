//! What the errors of stored files are to a caller.

use std::time::Duration;

use axum::http::{HeaderValue, header};

use super::from_body::broken_off;
use super::{ApiError, Code};
use crate::storage::{ExpiryError, KeyError, MetadataError, S3Error, StorageError, UrlRefusal};

/// Places, buckets and AWS's words are causes, for the log; keys are the caller's own.
impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        let api_error = match &error {
            StorageError::NotFound { .. } => Self::new(Code::UnknownObject, "no such object"),
            StorageError::AlreadyExists { .. } => {
                Self::new(Code::ObjectExists, "there is an object under this key already")
            }
            StorageError::RangeNotSatisfiable { size_bytes, range, .. } => {
                let detail = format!("range `{range}` holds no byte of the object");
                let api_error = Self::new(Code::RangeNotSatisfiable, detail);
                match content_range(*size_bytes) {
                    Some(value) => api_error.header(header::CONTENT_RANGE, value),
                    None => api_error,
                }
            }
            StorageError::Key(error) => Self::new(Code::InvalidKey, error.to_string()),
            StorageError::Body { source, .. } => broken_off(source.as_ref()),
            StorageError::LengthMismatch { actual, expected_bytes, .. } => Self::new(
                Code::IncompleteBody,
                format!("the body has {actual}, expected {expected_bytes} bytes"),
            ),
            StorageError::TooLarge { limit_bytes, .. } => {
                Self::new(Code::BodyTooLarge, format!("the body has more than {limit_bytes} bytes"))
                    .limit(*limit_bytes)
            }
            StorageError::ContinuationToken => {
                Self::new(Code::InvalidQuery, "continuation token is not one of this listing")
            }
            StorageError::S3(s3) => of_s3(s3),
            StorageError::OutsideRoot { .. }
            | StorageError::Corrupt { .. }
            | StorageError::Local { .. }
            | StorageError::NotConfigured { .. } => {
                Self::new(Code::StorageFailed, "the app's storage failed")
            }
        };
        let api_error = match error.hint() {
            Some(hint) => api_error.operator_hint(hint),
            None => api_error,
        };
        api_error.cause(error)
    }
}

/// `bytes */SIZE` (RFC 9110, section 15.5.17).
fn content_range(size_bytes: Option<u64>) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("bytes */{}", size_bytes?)).ok()
}

fn of_s3(error: &S3Error) -> ApiError {
    let throttled = error.status == Some(503)
        || matches!(error.code.as_deref(), Some("SlowDown" | "RequestLimitExceeded"));
    if throttled {
        return ApiError::new(Code::S3Throttled, "S3 asks for fewer requests")
            .retry_after(Duration::from_secs(1));
    }
    let detail = match &error.code {
        // AWS's codes are from a list; its words name buckets and accounts.
        Some(code) => format!("`{}` failed: `{code}`", error.operation),
        None => format!("`{}` failed", error.operation),
    };
    ApiError::new(Code::S3Failed, detail)
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        Self::new(Code::InvalidKey, error.to_string())
    }
}

impl From<MetadataError> for ApiError {
    fn from(error: MetadataError) -> Self {
        Self::new(Code::InvalidHeader, error.to_string())
    }
}

impl From<ExpiryError> for ApiError {
    fn from(error: ExpiryError) -> Self {
        Self::new(Code::InvalidQuery, error.to_string())
    }
}

impl From<UrlRefusal> for ApiError {
    fn from(error: UrlRefusal) -> Self {
        let code = match error {
            UrlRefusal::NotLocal => Code::UnknownRoute,
            UrlRefusal::Tampered => Code::UrlTampered,
            UrlRefusal::Expired { .. } => Code::UrlExpired,
            UrlRefusal::WrongMethod { .. } => Code::UrlWrongMethod,
            UrlRefusal::WrongContentType { .. } => Code::UrlWrongContentType,
        };
        Self::new(code, error.to_string())
    }
}
