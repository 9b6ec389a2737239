//! Signature Version 4 as the server sees it: what a request claims, and whether the claim holds.
//!
//! Source: "AWS Signature Version 4 for API requests", IAM User Guide.
//! S3's own signatures are verified by s3s; this module reads their claims early, so that what s3s leaves open can be closed. The other services' signatures are verified here.

use std::borrow::Cow;

use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use crate::fault::Fault;

mod dates;
mod evidence;
mod query;
mod scope;
mod verify;

pub(crate) use dates::iso8601;
use dates::{amz_date, parse_amz_date};
pub(crate) use evidence::Evidence;
pub(crate) use query::Query;
use scope::Scope;
pub(crate) use verify::Unverified;

/// Clocks may differ by 15 minutes.
pub(crate) const MAX_SKEW: Duration = Duration::minutes(15);

/// Seven days: the longest life of a presigned URL.
pub(crate) const MAX_EXPIRES: i64 = 604_800;

/// Everything but the unreserved characters of RFC 3986.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How a request says who it comes from.
pub(crate) enum Claim {
    /// No signature at all.
    Anonymous,
    /// Signature Version 4, by header or by query.
    V4(Box<V4Claim>),
    /// Signature Version 2, by header or by query.
    V2(V2Claim),
}

/// What a Signature Version 2 says of its maker; it names no region.
pub(crate) struct V2Claim {
    pub(crate) access_key: String,
    pub(crate) session_token: Option<String>,
    /// The `Date` of header authentication.
    pub(crate) time: Option<OffsetDateTime>,
}

/// The parts of a Signature Version 4, not verified yet.
#[derive(Clone)]
pub(crate) struct V4Claim {
    pub(crate) access_key: String,
    /// The scope's date, `YYYYMMDD`.
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: String,
    /// `X-Amz-Date` as sent.
    pub(crate) timestamp: String,
    pub(crate) time: OffsetDateTime,
    /// By query, alive for this long; `None` for header authentication.
    pub(crate) expires: Option<Duration>,
    pub(crate) session_token: Option<String>,
}

impl Claim {
    /// Reads the claim of a request.
    ///
    /// # Errors
    /// What S3 answers to an authorization header or query that cannot be read.
    pub(crate) fn read(parts: &Parts) -> Result<Claim, Fault> {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let authorization = header(parts, "authorization");
        let by_query = query.get("X-Amz-Algorithm").is_some()
            || query.get("X-Amz-Signature").is_some()
            || query.get("X-Amz-Credential").is_some();
        let v2_query = query.get("Signature").is_some() && query.get("AWSAccessKeyId").is_some();

        if let Some(value) = authorization {
            if by_query || v2_query {
                return Err(Fault::new("InvalidArgument")
                    .message("Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
                    .field("ArgumentName", "Authorization")
                    .field("ArgumentValue", value));
            }
            if let Some(fields) = value.strip_prefix("AWS4-HMAC-SHA256") {
                return read_header(parts, fields).map(|claim| Claim::V4(Box::new(claim)));
            }
            if let Some((access_key, _)) =
                value.strip_prefix("AWS ").and_then(|rest| rest.split_once(':'))
            {
                let date = header(parts, "x-amz-date").or_else(|| header(parts, "date"));
                return Ok(Claim::V2(V2Claim {
                    access_key: access_key.to_owned(),
                    session_token: header(parts, "x-amz-security-token").map(str::to_owned),
                    time: date
                        .and_then(|date| httpdate::parse_http_date(date).ok())
                        .map(OffsetDateTime::from),
                }));
            }
            return Err(Fault::new("InvalidArgument")
                .message("Unsupported Authorization Type")
                .field("ArgumentName", "Authorization")
                .field("ArgumentValue", value));
        }
        if by_query {
            return read_query(&query).map(|claim| Claim::V4(Box::new(claim)));
        }
        if v2_query {
            return Ok(Claim::V2(V2Claim {
                access_key: query.get("AWSAccessKeyId").unwrap_or_default().into_owned(),
                session_token: query.get("x-amz-security-token").map(Cow::into_owned),
                time: None,
            }));
        }
        Ok(Claim::Anonymous)
    }
}

fn read_header(parts: &Parts, fields: &str) -> Result<V4Claim, Fault> {
    let malformed = |what: &str| {
        Fault::new("AuthorizationHeaderMalformed")
            .message(format!("The authorization header is malformed; {what}"))
    };
    let mut credential = None;
    let mut signed_headers = None;
    let mut signature = None;
    for field in fields.split(',') {
        match field.trim().split_once('=') {
            Some(("Credential", value)) => credential = Some(value),
            Some(("SignedHeaders", value)) => signed_headers = Some(value),
            Some(("Signature", value)) => signature = Some(value),
            _ => {}
        }
    }
    let credential = credential.ok_or_else(|| malformed("missing Credential."))?;
    let signed_headers = signed_headers
        .filter(|list| !list.is_empty())
        .ok_or_else(|| malformed("missing SignedHeaders."))?;
    let signature =
        signature.filter(|text| !text.is_empty()).ok_or_else(|| malformed("missing Signature."))?;
    let scope = Scope::parse(credential)
        .ok_or_else(|| malformed("the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."))?;

    let timestamp = match (header(parts, "x-amz-date"), header(parts, "date")) {
        (Some(text), _) => text.to_owned(),
        // The Date header may stand in for X-Amz-Date.
        (None, Some(text)) => httpdate::parse_http_date(text)
            .ok()
            .map(|time| amz_date(time.into()))
            .ok_or_else(|| {
                Fault::new("AccessDenied")
                    .message("AWS authentication requires a valid Date or x-amz-date header")
            })?,
        (None, None) => {
            return Err(Fault::new("AccessDenied")
                .message("AWS authentication requires a valid Date or x-amz-date header"));
        }
    };
    let time = parse_amz_date(&timestamp).ok_or_else(|| {
        Fault::new("AccessDenied")
            .message("AWS authentication requires a valid Date or x-amz-date header")
    })?;
    if !timestamp.starts_with(scope.date) {
        return Err(malformed(&format!(
            "Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{}\".",
            scope.date,
            &timestamp[..8]
        )));
    }
    Ok(V4Claim {
        access_key: scope.access_key.to_owned(),
        date: scope.date.to_owned(),
        region: scope.region.to_owned(),
        service: scope.service.to_owned(),
        signed_headers: signed_headers.split(';').map(str::to_ascii_lowercase).collect(),
        signature: signature.to_owned(),
        timestamp,
        time,
        expires: None,
        session_token: header(parts, "x-amz-security-token").map(str::to_owned),
    })
}

fn read_query(query: &Query<'_>) -> Result<V4Claim, Fault> {
    let wrong =
        |message: &str| Fault::new("AuthorizationQueryParametersError").message(message.to_owned());
    let required = |name: &str| {
        query
            .get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Fault::new("AuthorizationQueryParametersError"))
    };
    let algorithm = required("X-Amz-Algorithm")?;
    let credential = required("X-Amz-Credential")?;
    let signature = required("X-Amz-Signature")?;
    let timestamp = required("X-Amz-Date")?;
    let signed_headers = required("X-Amz-SignedHeaders")?;
    let expires = required("X-Amz-Expires")?;

    if algorithm != "AWS4-HMAC-SHA256" {
        return Err(wrong(
            "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
        ));
    }
    let scope = Scope::parse(&credential).ok_or_else(|| {
        wrong("Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
    })?;
    let time = parse_amz_date(&timestamp).ok_or_else(|| {
        wrong("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    })?;
    if !timestamp.starts_with(scope.date) {
        return Err(wrong(&format!(
            "Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{}\".",
            scope.date,
            &timestamp[..8]
        )));
    }
    let seconds: i64 = expires.parse().map_err(|_| wrong("X-Amz-Expires should be a number"))?;
    if seconds < 0 {
        return Err(wrong("X-Amz-Expires must be non-negative"));
    }
    if seconds > MAX_EXPIRES {
        return Err(wrong(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
        ));
    }
    Ok(V4Claim {
        access_key: scope.access_key.to_owned(),
        date: scope.date.to_owned(),
        region: scope.region.to_owned(),
        service: scope.service.to_owned(),
        signed_headers: signed_headers.split(';').map(str::to_ascii_lowercase).collect(),
        signature: signature.into_owned(),
        timestamp: timestamp.into_owned(),
        time,
        expires: Some(Duration::seconds(seconds)),
        session_token: query.get("X-Amz-Security-Token").map(Cow::into_owned),
    })
}

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
