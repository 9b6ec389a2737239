//! What S3 overlooks in a request and s3s refuses: a `Range` that is none, dates that are none, text beyond ASCII in user metadata.
//!
//! Such a header is taken out, or rewritten, before s3s sees the request.
//! Where the signature covers it, the signature is verified here first and then made anew, so that s3s verifies what it sees.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use s3s::dto::Range;

use crate::sigv4::{V4Claim, header as text};

/// Dates that are ignored where they cannot be read: conditions (RFC 9110, section 13.1.3), and `Expires`.
static DATES: [HeaderName; 5] = [
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    HeaderName::from_static("x-amz-copy-source-if-modified-since"),
    HeaderName::from_static("x-amz-copy-source-if-unmodified-since"),
    header::EXPIRES,
];

/// Smooths a request that nobody signed, or whose signature (version 2) covers `x-amz-` headers alone.
pub(super) fn smooth_unsigned(parts: &mut Parts) {
    let mut headers = parts.headers.clone();
    smooth(&parts.method, &mut headers);
    for name in parts.headers.keys().filter(|name| name.as_str().starts_with("x-amz-")) {
        // Left alone, or the signature would not hold any more.
        if let Some(value) = parts.headers.get(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    parts.headers = headers;
}

/// Smooths a request signed by `secret`; one that it did not sign is left, as it was `received`, for s3s to refuse.
pub(super) fn smooth_signed(parts: &mut Parts, received: &Parts, claim: &V4Claim, secret: &str) {
    let changed = smooth(&parts.method, &mut parts.headers);
    let is_signed =
        |name: &HeaderName| claim.signed_headers.iter().any(|signed| name.as_str() == signed);
    if !changed.iter().any(is_signed) {
        return;
    }
    let payload = text(received, "x-amz-content-sha256").unwrap_or_default();
    // The chunks of such a body are signed in a chain that begins with the request's signature.
    let chained = payload.starts_with("STREAMING-AWS4");
    let canonical = claim.canonical_request(received, payload, false);
    if claim.is_presigned() || chained || !claim.is_signed_by(secret, &canonical) {
        parts.headers = received.headers.clone();
        return;
    }
    let mut claim = claim.clone();
    claim.signed_headers.retain(|name| parts.headers.contains_key(name.as_str()));
    let canonical = claim.canonical_request(parts, payload, false);
    claim.signature = claim.signature(secret, &canonical);
    if let Ok(value) = HeaderValue::from_str(&claim.authorization()) {
        parts.headers.insert(header::AUTHORIZATION, value);
    }
}

/// Changes what is to be overlooked, and names the headers.
fn smooth(method: &Method, headers: &mut HeaderMap) -> Vec<HeaderName> {
    let mut changed = Vec::new();
    if matches!(*method, Method::GET | Method::HEAD) && !is_range(headers) {
        headers.remove(header::RANGE);
        changed.push(header::RANGE);
    }
    for name in &DATES {
        let Some(value) = headers.get(name) else { continue };
        let date = value.to_str().ok().and_then(|text| httpdate::parse_http_date(text).ok());
        let fixed = date.map(httpdate::fmt_http_date);
        if fixed.as_deref().map(str::as_bytes) == Some(value.as_bytes()) {
            continue;
        }
        match fixed.and_then(|text| HeaderValue::from_str(&text).ok()) {
            // Another of the three forms of a date, of which s3s knows one.
            Some(value) => headers.insert(name, value),
            None => headers.remove(name),
        };
        changed.push(name.clone());
    }
    for (name, value) in headers.iter_mut() {
        if name.as_str().starts_with("x-amz-meta-") && !value.as_bytes().is_ascii() {
            let encoded = format!("=?UTF-8?B?{}?=", STANDARD.encode(value.as_bytes()));
            if let (Ok(encoded), true) =
                (HeaderValue::from_str(&encoded), std::str::from_utf8(value.as_bytes()).is_ok())
            {
                *value = encoded;
                changed.push(name.clone());
            }
        }
    }
    changed
}

/// Whether there is no `Range`, or one that S3 heeds: a single one, in bytes, that ends where it begins or later.
fn is_range(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::RANGE).iter();
    match (values.next(), values.next()) {
        (None, _) => true,
        (Some(value), None) => value.to_str().is_ok_and(|text| Range::parse(text).is_ok()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smoothed(name: &'static str, value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        smooth(&Method::GET, &mut headers);
        headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn only_a_single_range_of_bytes_is_kept() {
        for kept in ["bytes=0-1", "bytes=5-", "bytes=-3"] {
            assert_eq!(smoothed("range", kept).as_deref(), Some(kept));
        }
        for ignored in ["bytes=0-1,3-4", "bytes=5-2", "lines=0-1", "bytes=a-b", ""] {
            assert_eq!(smoothed("range", ignored), None, "{ignored}");
        }
    }

    #[test]
    fn dates_are_kept_in_one_form_or_dropped() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        for form in [date, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(smoothed("if-modified-since", form).as_deref(), Some(date));
        }
        assert_eq!(smoothed("if-modified-since", "yesterday"), None);
    }

    #[test]
    fn metadata_beyond_ascii_is_encoded() {
        assert_eq!(smoothed("x-amz-meta-a", "é").as_deref(), Some("=?UTF-8?B?w6k=?="));
        assert_eq!(smoothed("x-amz-meta-a", "e").as_deref(), Some("e"));
    }
}
