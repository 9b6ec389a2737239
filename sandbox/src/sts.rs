//! AWS STS: GetCallerIdentity, by the query protocol (STS API Reference, version 2011-06-15).

use std::time::Instant;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use s3s::Body;
use uuid::Uuid;

use crate::access_key::{AccessKey, Keyring};
use crate::calls::{Call, Sender, Service};
use crate::fault::{Fault, element};
use crate::sigv4::{Query, Unverified, V4Claim};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The largest body that is read.
const MAX_BODY: usize = 1024 * 1024;

/// What an STS request came to: the operation as far as it was read, and the answer.
struct Outcome {
    operation: Option<String>,
    response: Response<Bytes>,
    error: Option<String>,
}

/// Answers one signed request.
pub(crate) async fn serve(
    keys: &Keyring,
    claim: V4Claim,
    parts: Parts,
    body: Incoming,
    started: Instant,
) -> (Response<Body>, Call) {
    let request_id = Uuid::new_v4().to_string();
    let sender = Sender::of(&parts);
    let outcome = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => answer(keys, &claim, &parts, &body.to_bytes(), &request_id),
        Err(error) => {
            tracing::debug!(%error, "a body was not read");
            let fault = Fault::new("RequestEntityTooLarge").status(StatusCode::PAYLOAD_TOO_LARGE);
            let mut response = Response::new(Bytes::from(error_document(&fault, &request_id)));
            *response.status_mut() = fault.status;
            Outcome { operation: None, response, error: Some(fault.code.into_owned()) }
        }
    };
    let status = outcome.response.status().as_u16();
    let call = Call {
        access_key: Some(claim.access_key),
        app_name: sender.app_name,
        presigned: sender.presigned,
        service: Service::Sts,
        action: format!("sts:{}", outcome.operation.as_deref().unwrap_or("Unknown")),
        needs: Vec::new(),
        bucket: None,
        key: None,
        prefix: None,
        status,
        refused: matches!(status, 401 | 403),
        abandoned: false,
        error: outcome.error,
        duration: started.elapsed(),
        request_id,
    };
    (outcome.response.map(Body::from), call)
}

/// Answers one signed request whose body is whole.
fn answer(
    keys: &Keyring,
    claim: &V4Claim,
    parts: &Parts,
    body: &Bytes,
    request_id: &str,
) -> Outcome {
    let form = String::from_utf8_lossy(body).replace('+', " ");
    let query = parts.uri.query().unwrap_or_default();
    let parameters = Query::parse(if parts.method == Method::POST { &form } else { query });
    let operation = parameters.get("Action").map(|action| action.into_owned());

    let result = verify(keys, claim, parts, body).and_then(|caller| match operation.as_deref() {
        Some("GetCallerIdentity") => Ok(caller_identity(&caller, request_id)),
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
            (fault.status, error_document(&fault, request_id), Some(fault.code.into_owned()))
        }
    };
    let mut response = Response::new(Bytes::from(xml));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", value);
    }
    Outcome { operation, response, error }
}

fn verify(
    keys: &Keyring,
    claim: &V4Claim,
    parts: &Parts,
    body: &Bytes,
) -> Result<AccessKey, Fault> {
    claim.verify(keys, parts, body).map_err(|unverified| {
        let code = match unverified {
            Unverified::UnknownKey => "InvalidClientTokenId",
            _ => "SignatureDoesNotMatch",
        };
        Fault::new(code).message(unverified.message())
    })
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
fn error_document(fault: &Fault, request_id: &str) -> String {
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
