//! The way out: s3s's answers completed to AWS's, errors above all.

use std::sync::PoisonError;

use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use s3s::{Body, HttpError};

use super::Slot;
use crate::fault::Fault;
use crate::sigv4::Evidence;

/// Bucket and key in a request's path, for the log.
pub(super) fn path(parts: &Parts) -> (Option<String>, Option<String>) {
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    let (bucket, key) = path
        .trim_start_matches('/')
        .split_once('/')
        .map_or((path.trim_start_matches('/'), ""), |(bucket, key)| (bucket, key));
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    (some(bucket), some(key))
}

/// The answer to a request that never reached s3s, and its code.
pub(super) fn refusal(fault: &Fault, request_id: &str, host_id: &str) -> (Response<Body>, String) {
    let mut response = Response::new(Body::from(fault.to_s3_xml(request_id, host_id)));
    *response.status_mut() = fault.status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    for (name, value) in &fault.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(*name, value);
        }
    }
    (response, fault.code.clone().into_owned())
}

/// Puts the headers of every S3 answer on it, and sees to the bodies that must not be there.
pub(super) fn finish(
    response: &mut Response<Body>,
    method: &Method,
    request_id: &str,
    host_id: &str,
) {
    let headers = response.headers_mut();
    for (name, value) in [("x-amz-request-id", request_id), ("x-amz-id-2", host_id)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    headers.insert(header::SERVER, HeaderValue::from_static("AmazonS3"));
    let status = response.status();
    let without_body = method == Method::HEAD
        || status == StatusCode::NOT_MODIFIED
        || status == StatusCode::NO_CONTENT;
    if without_body {
        *response.body_mut() = Body::empty();
        if status != StatusCode::OK && status != StatusCode::PARTIAL_CONTENT {
            response.headers_mut().remove(header::CONTENT_LENGTH);
        }
    }
}

/// The answer of s3s; an error gets AWS's words and fields.
pub(super) fn complete(
    result: Result<Response<Body>, HttpError>,
    slot: &Slot,
    bucket: Option<&str>,
    key: Option<&str>,
    request_id: &str,
    host_id: &str,
) -> (Response<Body>, Option<String>) {
    let response = match result {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(?error, "s3s gave no answer");
            let (response, code) = refusal(&Fault::new("InternalError"), request_id, host_id);
            return (response, Some(code));
        }
    };
    let status = response.status();
    if status.as_u16() < 300 || status == StatusCode::SEE_OTHER {
        let attributes =
            slot.operation.get().is_some_and(|operation| operation == "GetObjectAttributes");
        return (if attributes { unquote_etag(response) } else { response }, None);
    }
    let fault = slot
        .fault
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .unwrap_or_else(|| translate(status, &response, slot, bucket, key));
    let (response, code) = refusal(&fault, request_id, host_id);
    (response, Some(code))
}

/// In GetObjectAttributes alone, S3 writes the ETag without quotes.
fn unquote_etag(response: Response<Body>) -> Response<Body> {
    response.map(|body| match body.bytes() {
        Some(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            Body::from(text.replace("<ETag>\"", "<ETag>").replace("\"</ETag>", "</ETag>"))
        }
        None => body,
    })
}

/// An error that s3s made by itself.
fn translate(
    status: StatusCode,
    response: &Response<Body>,
    slot: &Slot,
    bucket: Option<&str>,
    key: Option<&str>,
) -> Fault {
    let text = response
        .body()
        .bytes()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let code = between(&text, "<Code>", "</Code>").unwrap_or("InternalError");
    let message = between(&text, "<Message>", "</Message>").map(|message| {
        quick_xml::escape::unescape(message)
            .map_or_else(|_| message.to_owned(), |text| text.into_owned())
    });
    match code {
        "InvalidBucketName" => {
            Fault::new("InvalidBucketName").field("BucketName", bucket.unwrap_or_default())
        }
        "KeyTooLongError" => Fault::new("KeyTooLongError")
            .field("Size", key.map_or(0, str::len).to_string())
            .field("MaxSizeAllowed", "1024"),
        "SignatureDoesNotMatch" => slot
            .evidence
            .as_ref()
            .map_or_else(|| Fault::new("SignatureDoesNotMatch"), Evidence::mismatch),
        // A form that its own policy does not allow is denied; only a policy that cannot be read is invalid.
        "InvalidPolicyDocument"
            if message.as_deref().is_some_and(|message| {
                message.starts_with("Policy condition") || message.starts_with("Bucket in form")
            }) =>
        {
            Fault::new("AccessDenied")
                .message(format!("Invalid according to Policy: {}", message.unwrap_or_default()))
        }
        _ => Fault::from_parts(code.to_owned(), status, message),
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let from = text.find(start)? + start.len();
    let to = text[from..].find(end)? + from;
    Some(&text[from..to])
}
