//! The way in for a signature: what s3s leaves out or words differently is checked before it verifies.

use std::sync::Arc;

use http::request::Parts;
use time::OffsetDateTime;

use super::{S3, Slot, body, lenient};
use crate::access_key::AccessKey;
use crate::fault::Fault;
use crate::sigv4::{Claim, Evidence, MAX_SKEW, V2Claim, V4Claim, header, iso8601};

impl S3 {
    /// Checks the claim's service, age, key and token, and what the operations need to know of it.
    pub(super) fn screen(&self, claim: Claim, parts: &mut Parts) -> Result<Slot, Fault> {
        body::check_transfer(parts)?;
        let claim = match claim {
            Claim::Anonymous => {
                let expires = parts.headers.get(http::header::EXPIRES).cloned();
                lenient::smooth_unsigned(parts);
                return Ok(Slot { expires, ..Slot::default() });
            }
            Claim::V2(claim) => return self.screen_v2(&claim, parts),
            Claim::V4(claim) => claim,
        };
        check_service(&claim)?;
        check_age(&claim)?;
        let key = self.check_key(&claim.access_key, claim.session_token.as_deref())?;
        if claim.signature.len() != 64
            || !claim.signature.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            // s3s would call a signature of another shape a malformed request.
            return Err(Evidence::new(claim, parts.clone()).mismatch());
        }
        if !claim.is_presigned() {
            if header(parts, "x-amz-content-sha256").is_none() {
                return Err(Fault::new("InvalidRequest")
                    .message("Missing required header for this request: x-amz-content-sha256"));
            }
            if !parts.headers.contains_key("x-amz-date")
                && let Ok(value) = http::HeaderValue::from_str(&claim.timestamp)
            {
                // Signed by Date; s3s reads X-Amz-Date alone.
                parts.headers.insert("x-amz-date", value);
            }
        }
        let expires = parts.headers.get(http::header::EXPIRES).cloned();
        let received = parts.clone();
        lenient::smooth_signed(parts, &received, &claim, &key.secret);
        Ok(Slot {
            region: claim.region.clone(),
            evidence: Some(Evidence::new(claim, received)),
            expires,
            ..Slot::default()
        })
    }

    fn screen_v2(&self, claim: &V2Claim, parts: &mut Parts) -> Result<Slot, Fault> {
        let now = OffsetDateTime::now_utc();
        if let Some(time) = claim.time.filter(|time| (now - *time).abs() > MAX_SKEW) {
            return Err(too_skewed(iso8601(time), now));
        }
        self.check_key(&claim.access_key, claim.session_token.as_deref())?;
        let expires = parts.headers.get(http::header::EXPIRES).cloned();
        lenient::smooth_unsigned(parts);
        Ok(Slot { version_2: true, expires, ..Slot::default() })
    }

    fn check_key(&self, id: &str, token: Option<&str>) -> Result<Arc<AccessKey>, Fault> {
        let key = self.keys.get(id).ok_or_else(|| unknown_key(id))?;
        check_token(&key, token)?;
        Ok(key)
    }
}

fn unknown_key(id: &str) -> Fault {
    Fault::new("InvalidAccessKeyId").field("AWSAccessKeyId", id)
}

/// # Errors
/// InvalidAccessKeyId for a temporary key without its token, InvalidToken for a token that is not the key's.
pub(super) fn check_token(key: &AccessKey, token: Option<&str>) -> Result<(), Fault> {
    match (key.session_token.as_deref(), token) {
        (None, None) => Ok(()),
        // A temporary key means nothing without its token.
        (Some(_), None) => Err(unknown_key(&key.id)),
        (expected, given) if expected == given => Ok(()),
        (_, given) => Err(Fault::new("InvalidToken").field("Token-0", given.unwrap_or_default())),
    }
}

fn check_service(claim: &V4Claim) -> Result<(), Fault> {
    if claim.service == "s3" {
        return Ok(());
    }
    let what = format!("incorrect service \"{}\". This endpoint belongs to \"s3\".", claim.service);
    Err(if claim.is_presigned() {
        Fault::new("AuthorizationQueryParametersError")
            .message(format!("Error parsing the X-Amz-Credential parameter; {what}"))
    } else {
        Fault::new("AuthorizationHeaderMalformed")
            .message(format!("The authorization header is malformed; {what}"))
    })
}

fn check_age(claim: &V4Claim) -> Result<(), Fault> {
    let now = OffsetDateTime::now_utc();
    match claim.expires {
        Some(expires) => {
            // First, since nothing can be added to a time at the end of the calendar.
            if claim.time > now + MAX_SKEW {
                return Err(Fault::new("AccessDenied")
                    .message("Request is not valid yet")
                    .field("ServerTime", iso8601(now)));
            }
            if now > claim.time + expires {
                return Err(Fault::new("AccessDenied")
                    .message("Request has expired")
                    .field("X-Amz-Expires", expires.whole_seconds().to_string())
                    .field("Expires", iso8601(claim.time + expires))
                    .field("ServerTime", iso8601(now)));
            }
        }
        None => {
            if (now - claim.time).abs() > MAX_SKEW {
                return Err(too_skewed(claim.timestamp.clone(), now));
            }
        }
    }
    Ok(())
}

fn too_skewed(request: String, now: OffsetDateTime) -> Fault {
    Fault::new("RequestTimeTooSkewed")
        .field("RequestTime", request)
        .field("ServerTime", iso8601(now))
        .field("MaxAllowedSkewMilliseconds", MAX_SKEW.whole_milliseconds().to_string())
}
