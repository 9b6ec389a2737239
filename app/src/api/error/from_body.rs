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
    broken_off(error.as_ref()).cause(error)
}

/// The error for a body that ended before its end, by what ended it.
pub(super) fn broken_off(source: &(dyn Error + 'static)) -> ApiError {
    if has_source::<TimeoutError>(source) {
        ApiError::new(Code::RequestTimedOut, "the body did not come in time")
    } else {
        ApiError::new(Code::IncompleteBody, "the body broke off")
    }
}

/// The error for a body with more bytes than it may have.
pub(in super::super) fn too_large(limit_bytes: u64) -> ApiError {
    let detail = format!("the body has more than {limit_bytes} bytes");
    ApiError::new(Code::BodyTooLarge, detail).limit(limit_bytes)
}

/// The error for a body that would have to be unpacked first.
pub(in super::super) fn encoded() -> ApiError {
    let detail = "the body has a `content-encoding`, expected none";
    ApiError::new(Code::UnsupportedMediaType, detail)
}

fn has_source<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    let mut current = Some(error);
    while let Some(error) = current {
        if error.is::<E>() {
            return true;
        }
        current = error.source();
    }
    false
}
