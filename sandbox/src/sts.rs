//! AWS STS: GetCallerIdentity, by the query protocol (STS API Reference, version 2011-06-15).

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::access_key::{AccessKey, Keyring};
use crate::fault::{Fault, element};
use crate::sigv4::{MAX_SKEW, Query, V4Claim, iso8601};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// What an STS request came to: the operation as far as it was read, and the answer.
pub(crate) struct Outcome {
    pub(crate) operation: Option<String>,
    pub(crate) response: Response<Bytes>,
    pub(crate) error: Option<String>,
    pub(crate) request_id: String,
}

/// Answers one signed request whose body is whole.
pub(crate) fn answer(keys: &Keyring, claim: &V4Claim, parts: &Parts, body: &Bytes) -> Outcome {
    let request_id = Uuid::new_v4().to_string();
    let form = String::from_utf8_lossy(body).replace('+', " ");
    let query = parts.uri.query().unwrap_or_default();
    let parameters = Query::parse(if parts.method == Method::POST { &form } else { query });
    let operation = parameters.get("Action").map(|action| action.into_owned());

    let result = verify(keys, claim, parts, body).and_then(|caller| match operation.as_deref() {
        Some("GetCallerIdentity") => Ok(caller_identity(&caller, &request_id)),
        Some(other) if is_sts_operation(other) => Err(Fault::new("NotImplemented")
            .message(format!("the sandbox does not play the STS operation {other}"))),
        Some(other) => {
            let version = parameters.get("Version").unwrap_or_default();
            Err(Fault::new("InvalidAction")
                .message(format!("Could not find operation {other} for version {version}")))
        }
        None => Err(Fault::new("MissingAction").message("Missing Action")),
    });
    let (status, xml, error) = match result {
        Ok(xml) => (StatusCode::OK, xml, None),
        Err(fault) => {
            (fault.status, error_document(&fault, &request_id), Some(fault.code.into_owned()))
        }
    };
    let mut response = Response::new(Bytes::from(xml));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-amzn-requestid", value);
    }
    Outcome { operation, response, error, request_id }
}

fn verify(
    keys: &Keyring,
    claim: &V4Claim,
    parts: &Parts,
    body: &Bytes,
) -> Result<AccessKey, Fault> {
    let now = OffsetDateTime::now_utc();
    let expiry = claim.time + claim.expires.unwrap_or(MAX_SKEW);
    if now > expiry {
        return Err(Fault::new("SignatureDoesNotMatch").message(format!(
            "Signature expired: {} is now earlier than {}",
            iso8601(claim.time),
            iso8601(now - MAX_SKEW)
        )));
    }
    if claim.time > now + MAX_SKEW {
        return Err(Fault::new("SignatureDoesNotMatch").message(format!(
            "Signature not yet current: {} is still later than {}",
            iso8601(claim.time),
            iso8601(now + MAX_SKEW)
        )));
    }
    let key = keys
        .get(&claim.access_key)
        .filter(|key| key.session_token == claim.session_token)
        .ok_or_else(|| Fault::new("InvalidClientTokenId"))?;
    let hash = hex::encode(Sha256::digest(body));
    let canonical = claim.canonical_request(parts, &hash, true);
    if claim.is_signed_by(&key.secret, &canonical) {
        Ok(key)
    } else {
        Err(Fault::new("SignatureDoesNotMatch").message(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
        ))
    }
}

fn caller_identity(caller: &AccessKey, request_id: &str) -> String {
    let mut xml =
        format!("<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult>");
    element(&mut xml, "Arn", &caller.principal_arn);
    element(&mut xml, "UserId", &caller.user_id);
    element(&mut xml, "Account", &caller.account);
    xml.push_str("</GetCallerIdentityResult><ResponseMetadata>");
    element(&mut xml, "RequestId", request_id);
    xml.push_str("</ResponseMetadata></GetCallerIdentityResponse>");
    xml
}

/// The error document of the query protocol.
pub(crate) fn error_document(fault: &Fault, request_id: &str) -> String {
    let mut xml = format!("<ErrorResponse xmlns=\"{NAMESPACE}\"><Error>");
    element(&mut xml, "Type", if fault.status.is_server_error() { "Receiver" } else { "Sender" });
    element(&mut xml, "Code", &fault.code);
    element(&mut xml, "Message", &fault.message);
    xml.push_str("</Error>");
    element(&mut xml, "RequestId", request_id);
    xml.push_str("</ErrorResponse>");
    xml
}

fn is_sts_operation(name: &str) -> bool {
    matches!(
        name,
        "AssumeRole"
            | "AssumeRoleWithSAML"
            | "AssumeRoleWithWebIdentity"
            | "AssumeRoot"
            | "DecodeAuthorizationMessage"
            | "GetAccessKeyInfo"
            | "GetFederationToken"
            | "GetSessionToken"
    )
}
