//! What can go wrong while a request's body comes in.

use std::error::Error;

use http_body_util::LengthLimitError;
use tower_http::timeout::TimeoutError;

use super::{ApiError, Code};
use crate::storage::BoxError;

/// The error for a body that could not be read to its end.
///
/// `limit_bytes` is the limit that the body was read with.
pub(in super::super) fn of_body(error: impl Into<BoxError>, limit_bytes: u64) -> ApiError {
    let error = error.into();
    if has_source::<LengthLimitError>(error.as_ref()) {
        return too_large(limit_bytes);
    }
    if has_source::<TimeoutError>(error.as_ref()) {
        return ApiError::new(Code::RequestTimedOut, "the body did not come in time").cause(error);
    }
    ApiError::new(Code::IncompleteBody, "the body broke off").cause(error)
}

pub(in super::super) fn too_large(limit_bytes: u64) -> ApiError {
    let detail = format!("the body has more than {limit_bytes} bytes");
    ApiError::new(Code::BodyTooLarge, detail).limit(limit_bytes)
}

pub(super) fn has_source<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    let mut current = Some(error);
    while let Some(error) = current {
        if error.is::<E>() {
            return true;
        }
        current = error.source();
    }
    false
}
