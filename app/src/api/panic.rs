//! A handler that panicked is an answer 500; its words go to the log alone.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use super::ApiError;

/// The answer of a handler that panicked.
pub(super) fn answer(payload: Box<dyn Any + Send>) -> Response {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    ApiError::internal(format!("panicked: {}", text.unwrap_or("no text"))).into_response()
}
