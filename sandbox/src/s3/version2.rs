//! Signature Version 2 on a bucket: the path that was signed may end in a slash which the request's does not have.
//!
//! botocore signs `/bucket/` for every request on a bucket, in path style, too, where it sends `/bucket`; S3 takes both.
//! s3s tries the path as it is sent, so what it refuses is given to it once more with the slash.

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Response, StatusCode, Uri};
use s3s::{Body, HttpError};

use super::Slot;

/// The request with the other path, where there is one.
pub(super) fn other_path(slot: &Slot, parts: &Parts) -> Option<Parts> {
    let bucket = parts.uri.path().strip_prefix('/')?;
    if !slot.version_2 || bucket.is_empty() || bucket.contains('/') {
        return None;
    }
    let path = match parts.uri.query() {
        Some(query) => format!("/{bucket}/?{query}"),
        None => format!("/{bucket}/"),
    };
    let mut uri = parts.uri.clone().into_parts();
    uri.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    let mut other = parts.clone();
    other.uri = Uri::from_parts(uri).ok()?;
    Some(other)
}

/// Whether s3s refused the signature, which it verifies before anything else.
pub(super) fn is_mismatch(result: &Result<Response<Body>, HttpError>) -> bool {
    let Ok(response) = result else { return false };
    let Some(bytes) = response.body().bytes() else { return false };
    response.status() == StatusCode::FORBIDDEN
        && String::from_utf8_lossy(&bytes).contains("<Code>SignatureDoesNotMatch</Code>")
}
