//! Signature Version 4 as the server sees it: what a request claims, and whether the claim holds.
//!
//! Source: "AWS Signature Version 4 for API requests", IAM User Guide.
//! S3's own signatures are verified by s3s; this module reads their claims early, so that what s3s leaves open can be closed. The other services' signatures are verified here.

use std::borrow::Cow;

use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};
use time::Duration;

mod claim;
mod dates;
mod evidence;
mod query;
mod scope;
mod verify;

pub(crate) use claim::{Claim, V2Claim, V4Claim};
use dates::amz_date;
pub(crate) use dates::iso8601;
pub(crate) use evidence::Evidence;
pub(crate) use query::Query;
pub(crate) use verify::Unverified;

/// Clocks may differ by 15 minutes.
pub(crate) const MAX_SKEW: Duration = Duration::minutes(15);

/// Everything but the unreserved characters of RFC 3986.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl V4Claim {
    pub(crate) fn is_presigned(&self) -> bool {
        self.expires.is_some()
    }

    /// The text whose HMAC the signature is.
    pub(crate) fn string_to_sign(&self, canonical_request: &str) -> String {
        let hash = hex::encode(Sha256::digest(canonical_request.as_bytes()));
        format!(
            "AWS4-HMAC-SHA256\n{}\n{}/{}/{}/aws4_request\n{hash}",
            self.timestamp, self.date, self.region, self.service
        )
    }

    /// Whether `secret` made the signature over `canonical_request`.
    pub(crate) fn is_signed_by(&self, secret: &str, canonical_request: &str) -> bool {
        self.signature(secret, canonical_request) == self.signature
    }

    /// The signature that `secret` makes over `canonical_request`.
    pub(crate) fn signature(&self, secret: &str, canonical_request: &str) -> String {
        let key = aws_sigv4::sign::v4::generate_signing_key(
            secret,
            self.time.into(),
            &self.region,
            &self.service,
        );
        aws_sigv4::sign::v4::calculate_signature(
            key,
            self.string_to_sign(canonical_request).as_bytes(),
        )
    }

    /// The claim as an `Authorization` header.
    pub(crate) fn authorization(&self) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{}/{}/{}/aws4_request, SignedHeaders={}, Signature={}",
            self.access_key,
            self.date,
            self.region,
            self.service,
            self.signed_headers.join(";"),
            self.signature
        )
    }

    /// The canonical request: method, path, query, signed headers, payload hash.
    ///
    /// S3 takes the path as it stands in the URI; the other services encode it once more (`encode_path_twice`).
    pub(crate) fn canonical_request(
        &self,
        parts: &Parts,
        payload_hash: &str,
        encode_path_twice: bool,
    ) -> String {
        let path = match parts.uri.path() {
            "" => Cow::Borrowed("/"),
            path if encode_path_twice => path
                .split('/')
                .map(|segment| utf8_percent_encode(segment, STRICT).to_string())
                .collect::<Vec<_>>()
                .join("/")
                .into(),
            path => path
                .split('/')
                .map(|segment| {
                    utf8_percent_encode(&percent_decode_str(segment).decode_utf8_lossy(), STRICT)
                        .to_string()
                })
                .collect::<Vec<_>>()
                .join("/")
                .into(),
        };
        let mut headers = String::new();
        for name in &self.signed_headers {
            let values: Vec<String> = parts
                .headers
                .get_all(name.as_str())
                .iter()
                .map(|value| {
                    String::from_utf8_lossy(value.as_bytes())
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" ")
                })
                .collect();
            headers.push_str(&format!("{name}:{}\n", values.join(",")));
        }
        format!(
            "{}\n{path}\n{}\n{headers}\n{}\n{payload_hash}",
            parts.method,
            Query::parse(parts.uri.query().unwrap_or_default()).canonical(),
            self.signed_headers.join(";"),
        )
    }
}

/// A header's first value, where it is text.
pub(crate) fn header<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts.headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    fn claim(parts: &Parts) -> Box<V4Claim> {
        match Claim::read(parts) {
            Ok(Claim::V4(claim)) => claim,
            _ => panic!("a claim of version 4"),
        }
    }

    /// "GET Object" of "Authenticating Requests: Using the Authorization Header", S3 API Reference.
    #[test]
    fn the_documented_header_signature_verifies() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let (parts, ()) = http::Request::get("http://examplebucket.s3.amazonaws.com/test.txt")
            .header("host", "examplebucket.s3.amazonaws.com")
            .header("range", "bytes=0-9")
            .header("x-amz-content-sha256", empty)
            .header("x-amz-date", "20130524T000000Z")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
            .body(())
            .unwrap()
            .into_parts();
        let claim = claim(&parts);
        let canonical = claim.canonical_request(&parts, empty, false);
        assert!(claim.is_signed_by(SECRET, &canonical));
        assert!(!claim.is_signed_by("other", &canonical));
    }

    /// The example of "Authenticating Requests: Using Query Parameters", S3 API Reference.
    #[test]
    fn the_documented_presigned_url_verifies() {
        let url = "http://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        let (parts, ()) = http::Request::get(url)
            .header("host", "examplebucket.s3.amazonaws.com")
            .body(())
            .unwrap()
            .into_parts();
        let claim = claim(&parts);
        assert!(claim.is_presigned());
        assert!(
            claim.is_signed_by(SECRET, &claim.canonical_request(&parts, "UNSIGNED-PAYLOAD", false))
        );
    }
}
