//! What a request claims of its signature: read from its header or its query, not verified yet.

use std::borrow::Cow;

use http::request::Parts;
use time::{Duration, OffsetDateTime};

use super::dates::{amz_date, parse_amz_date};
use super::scope::Scope;
use super::{Query, header};
use crate::fault::Fault;

/// Seven days: the longest life of a presigned URL.
const MAX_EXPIRES: i64 = 604_800;

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
        (Some(text), _) => Some(text.to_owned()),
        // The Date header may stand in for X-Amz-Date.
        (None, Some(text)) => {
            httpdate::parse_http_date(text).ok().map(|time| amz_date(time.into()))
        }
        (None, None) => None,
    };
    let dated = timestamp.and_then(|text| parse_amz_date(&text).map(|time| (text, time)));
    let (timestamp, time) = dated.ok_or_else(|| {
        Fault::new("AccessDenied")
            .message("AWS authentication requires a valid Date or x-amz-date header")
    })?;
    scope.check_date(&timestamp).map_err(|what| malformed(&what))?;
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
    scope.check_date(&timestamp).map_err(|what| wrong(&what))?;
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
