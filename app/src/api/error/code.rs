//! What can go wrong with a request, as codes for programs: one table of codes, statuses and titles.
//!
//! | code | status | when |
//! |---|---|---|
//! | `invalid-json` | 400 | the body is no JSON, or nested deeper than 128 levels |
//! | `invalid-path` | 400 | a part of the path is not UTF-8, or not of the form that it should have |
//! | `invalid-query` | 400 | a query parameter is unknown, malformed, repeated, or out of its bounds |
//! | `invalid-key` | 400 | a file's key breaks the rules of keys |
//! | `invalid-header` | 400 | another header cannot be what it says |
//! | `incomplete-body` | 400 | the body broke off, or has another length than was said |
//! | `url-tampered` | 403 | a presigned URL was changed, made up, or signed by another process |
//! | `url-expired` | 403 | the time of a presigned URL is over |
//! | `url-wrong-method` | 403 | a presigned URL is for another method |
//! | `url-wrong-content-type` | 403 | a presigned URL is for another content type |
//! | `unknown-route` | 404 | no route has this path |
//! | `unknown-model` | 404 | the catalogue has no such model, also where the user chose it while it had |
//! | `unknown-object` | 404 | there is no such file |
//! | `cdn-not-configured` | 404 | files have no public address: there is no such thing to get, and asking again does not help |
//! | `method-not-allowed` | 405 | the path has routes, but not for this method: see the `Allow` header |
//! | `request-timed-out` | 408 | the body did not come in time |
//! | `disabled-model` | 409 | the catalogue has the model, but it may not be used: a conflict with the state of the catalogue, not a matter of who asks |
//! | `object-exists` | 412 | something was to be created only where there is nothing |
//! | `body-too-large` | 413 | more bytes than the API takes |
//! | `input-too-long` | 413 | more text than this model takes; another one may take it |
//! | `unsupported-media-type` | 415 | the body is not declared as what the route takes |
//! | `range-not-satisfiable` | 416 | no byte of the file is in the range: see the `Content-Range` header |
//! | `invalid-body` | 422 | the body is JSON, but not what the route takes |
//! | `invalid-prompt` | 422 | the body is fine, but makes no sense for this model |
//! | `internal` | 500 | a fault of the app; the log has the cause under the request id |
//! | `storage-failed` | 500 | the local files cannot be used |
//! | `model-access-denied` | 502 | IAM refuses the app's credentials: the caller can do nothing, and waiting does not help |
//! | `no-model-access` | 502 | the app's AWS account has no access to the model |
//! | `model-missing` | 502 | the provider has no such model or endpoint |
//! | `model-request-invalid` | 502 | the provider takes the app's request for malformed |
//! | `model-failed` | 502 | the provider, or the way to it, failed |
//! | `s3-failed` | 502 | S3 refused, failed, or could not be reached |
//! | `model-throttled` | 503 | the provider's quota is used up (it is the app's, so not 429): see the `Retry-After` header |
//! | `s3-throttled` | 503 | S3 asks for fewer requests |
//! | `database-unavailable` | 503 | users' choices cannot be read or written |
//! | `not-ready` | 503 | a part that the app needs does not answer |
//! | `shutting-down` | 503 | the server is stopping |
//! | `model-timed-out` | 504 | the model did not answer in time |

use std::borrow::Cow;
use std::fmt;

use axum::http::StatusCode;
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::openapi::{RefOr, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! codes {
    ($($variant:ident, $code:literal, $status:ident, $title:literal;)*) => {
        /// What went wrong, for programs; the table is in this file's head.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[expect(missing_docs, reason = "the titles say it")]
        pub enum Code { $($variant),* }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code as it is sent.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The status of an answer with this code.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),* }
            }

            /// The same few words whatever the occasion (RFC 9457, section 3.1.3).
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }
        }
    };
}

codes! {
    InvalidJson, "invalid-json", BAD_REQUEST, "Invalid JSON";
    InvalidPath, "invalid-path", BAD_REQUEST, "Invalid path";
    InvalidQuery, "invalid-query", BAD_REQUEST, "Invalid query";
    InvalidKey, "invalid-key", BAD_REQUEST, "Invalid key";
    InvalidHeader, "invalid-header", BAD_REQUEST, "Invalid header";
    IncompleteBody, "incomplete-body", BAD_REQUEST, "Incomplete body";
    UrlTampered, "url-tampered", FORBIDDEN, "URL tampered with";
    UrlExpired, "url-expired", FORBIDDEN, "URL expired";
    UrlWrongMethod, "url-wrong-method", FORBIDDEN, "URL for another method";
    UrlWrongContentType, "url-wrong-content-type", FORBIDDEN, "URL for another content type";
    UnknownRoute, "unknown-route", NOT_FOUND, "Unknown route";
    UnknownModel, "unknown-model", NOT_FOUND, "Unknown model";
    UnknownObject, "unknown-object", NOT_FOUND, "Unknown object";
    CdnNotConfigured, "cdn-not-configured", NOT_FOUND, "CDN not configured";
    MethodNotAllowed, "method-not-allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    RequestTimedOut, "request-timed-out", REQUEST_TIMEOUT, "Request timed out";
    DisabledModel, "disabled-model", CONFLICT, "Disabled model";
    ObjectExists, "object-exists", PRECONDITION_FAILED, "Object exists";
    BodyTooLarge, "body-too-large", PAYLOAD_TOO_LARGE, "Body too large";
    InputTooLong, "input-too-long", PAYLOAD_TOO_LARGE, "Input too long";
    UnsupportedMediaType, "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type";
    RangeNotSatisfiable, "range-not-satisfiable", RANGE_NOT_SATISFIABLE, "Range not satisfiable";
    InvalidBody, "invalid-body", UNPROCESSABLE_ENTITY, "Invalid body";
    InvalidPrompt, "invalid-prompt", UNPROCESSABLE_ENTITY, "Invalid prompt";
    Internal, "internal", INTERNAL_SERVER_ERROR, "Internal error";
    StorageFailed, "storage-failed", INTERNAL_SERVER_ERROR, "Storage failed";
    ModelAccessDenied, "model-access-denied", BAD_GATEWAY, "Model access denied";
    NoModelAccess, "no-model-access", BAD_GATEWAY, "No model access";
    ModelMissing, "model-missing", BAD_GATEWAY, "Model missing";
    ModelRequestInvalid, "model-request-invalid", BAD_GATEWAY, "Model request invalid";
    ModelFailed, "model-failed", BAD_GATEWAY, "Model failed";
    S3Failed, "s3-failed", BAD_GATEWAY, "S3 failed";
    ModelThrottled, "model-throttled", SERVICE_UNAVAILABLE, "Model throttled";
    S3Throttled, "s3-throttled", SERVICE_UNAVAILABLE, "S3 throttled";
    DatabaseUnavailable, "database-unavailable", SERVICE_UNAVAILABLE, "Database unavailable";
    NotReady, "not-ready", SERVICE_UNAVAILABLE, "Not ready";
    ShuttingDown, "shutting-down", SERVICE_UNAVAILABLE, "Shutting down";
    ModelTimedOut, "model-timed-out", GATEWAY_TIMEOUT, "Model timed out";
}

impl Code {
    /// The problem type (RFC 9457, section 3.1.1): a name, not an address.
    pub fn problem_type(self) -> String {
        format!("urn:problem:app:{self}")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("What went wrong, for programs"))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .examples([Self::UnknownModel.as_str()]);
        RefOr::T(Schema::Object(schema.build()))
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        "Code".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_docs_is_the_table_of_the_code() {
        let source = include_str!("code.rs");
        let rows = source.lines().filter_map(|line| line.strip_prefix("//! | `"));
        let documented: Vec<_> = rows
            .map(|row| {
                let (code, rest) = row.split_once("` | ").unwrap();
                (code.to_owned(), rest[..3].parse::<u16>().unwrap())
            })
            .collect();
        let expected: Vec<_> =
            Code::ALL.iter().map(|code| (code.to_string(), code.status().as_u16())).collect();
        assert_eq!(documented, expected);
    }
}
