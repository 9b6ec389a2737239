//! Problem documents (RFC 9457): what an error looks like on the wire.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, Carried, Code};
use crate::api::request_id::RequestId;
use crate::causes;

/// The content type of problem documents.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request has no good answer (RFC 9457).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[non_exhaustive]
pub struct Problem {
    /// `urn:problem:app:` and the code.
    #[serde(rename = "type")]
    #[schema(format = "uri", example = "urn:problem:app:unknown-model")]
    pub problem_type: String,
    /// What kind of problem it is, for people.
    #[schema(example = "Unknown model")]
    pub title: &'static str,
    /// The status of the answer, again.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    pub status: u16,
    /// What is wrong this time, for people.
    #[schema(example = "no model `clade`")]
    pub detail: String,
    /// What kind of problem it is, for programs.
    pub code: Code,
    /// The request, as the log knows it.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    pub request_id: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hint: Option<String>,
    /// The models that would have done, the likeliest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub valid_models: Option<Vec<String>>,
    /// When to try again; also in the `Retry-After` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retry_after_seconds: Option<u64>,
    /// The limit that was exceeded, in the unit that `detail` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub limit: Option<u64>,
    /// The IAM action that the app's credentials lack.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "bedrock:InvokeModel")]
    pub missing_permission: Option<String>,
}

impl Problem {
    /// The document for `error` of the request `request_id`. Nothing of the error's cause is in it.
    pub fn new(error: &ApiError, request_id: &RequestId) -> Self {
        let parts = &error.0;
        let members = parts.members.clone();
        Self {
            problem_type: parts.code.problem_type(),
            title: parts.code.title(),
            status: parts.code.status().as_u16(),
            detail: parts.detail.clone(),
            code: parts.code,
            request_id: request_id.as_str().to_owned(),
            hint: parts.hint.clone(),
            valid_models: members.valid_models,
            retry_after_seconds: members.retry_after_seconds,
            limit: members.limit,
            missing_permission: members.missing_permission,
        }
    }
}

impl ApiError {
    /// Writes what the caller is not told to the log, where the fault is ours or a provider's.
    pub(in super::super) fn log(&self, request_id: &RequestId) {
        let parts = &self.0;
        if !parts.code.status().is_server_error() {
            return;
        }
        let cause =
            parts.cause.as_deref().map(|cause| causes::in_one_line(cause)).unwrap_or_default();
        let hint = parts.operator_hint.as_ref().or(parts.hint.as_ref());
        let hint = hint.map_or("", String::as_str);
        tracing::error!(%request_id, code = %parts.code, cause, hint, "{}", parts.detail);
    }
}

/// The layer that gives every answer of an error status its problem document, whoever made the answer.
pub(in super::super) async fn complete(
    request_id: RequestId,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let status = response.status();
    let carried = response.extensions_mut().remove::<Carried>();
    let error = match carried {
        Some(Carried(error)) => error,
        None if status.is_client_error() || status.is_server_error() => {
            ApiError::of_status(status).into()
        }
        None => return response,
    };
    error.log(&request_id);
    let problem = Problem::new(&error, &request_id);
    // Every member is a string, a number or a list of strings: there is nothing that JSON cannot hold.
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    *response.status_mut() = error.0.code.status();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    *response.body_mut() = Body::from(body);
    response
}
