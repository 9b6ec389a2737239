//! The query protocol, which STS and IAM share: parameters in a form or a query string, XML back.
//!
//! Source: "AWS Query protocol", Smithy 2.0; "Making query requests", IAM User Guide.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use s3s::Body;
use uuid::Uuid;

use crate::access_key::{AccessKey, Keyring};
use crate::calls::{Call, Sender, Service};
use crate::fault::{Fault, element};
use crate::iam::{Denial, Global, Need, authorize};
use crate::sigv4::{Query, Unverified, V4Claim};

/// The largest body that is read.
const MAX_BODY: usize = 1024 * 1024;

/// One service that speaks the protocol.
pub(crate) struct Api {
    pub(crate) service: Service,
    pub(crate) namespace: &'static str,
    /// Answers an operation with what stands inside of its result element.
    pub(crate) answer: fn(&str, &mut Request<'_>) -> Result<String, Fault>,
}

/// One request whose signature holds.
pub(crate) struct Request<'a> {
    pub(crate) keys: &'a Keyring,
    pub(crate) caller: Arc<AccessKey>,
    pub(crate) parameters: Query<'a>,
    region: &'a str,
    parts: &'a Parts,
    needs: Vec<Need>,
}

impl Request<'_> {
    /// Holds the caller to what the operation needs, and keeps it for the log.
    ///
    /// # Errors
    /// The first need that is not met.
    pub(crate) fn authorize(&mut self, needs: Vec<Need>) -> Result<(), Denial> {
        let global = Global::of(&self.caller, self.region, self.parts);
        authorize(&self.caller, &needs, &|_, key| global.get(key))?;
        self.needs = needs;
        Ok(())
    }

    /// The values of `name.member.1`, `name.member.2`, and so on.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        (1..)
            .map_while(|index| self.parameters.get(&format!("{name}.member.{index}")))
            .map(|value| value.into_owned())
            .collect()
    }

    /// # Errors
    /// ValidationError where it is not given.
    pub(crate) fn required(&self, name: &str) -> Result<String, Fault> {
        let mut shown = name.to_owned();
        shown[..1].make_ascii_lowercase();
        self.parameters.get(name).filter(|value| !value.is_empty()).map(|value| value.into_owned()).ok_or_else(|| {
            Fault::new("ValidationError").status(StatusCode::BAD_REQUEST).message(format!(
                "1 validation error detected: Value null at '{shown}' failed to satisfy constraint: Member must not be null"
            ))
        })
    }
}

/// What a request came to.
struct Outcome {
    operation: Option<String>,
    needs: Vec<Need>,
    result: Result<String, Fault>,
}

impl Api {
    /// Answers one signed request.
    pub(crate) async fn serve(
        &self,
        keys: &Keyring,
        claim: V4Claim,
        parts: Parts,
        body: Body,
        started: Instant,
    ) -> (Response<Body>, Call) {
        let request_id = Uuid::new_v4().to_string();
        let sender = Sender::of(&parts);
        let outcome = match Limited::new(body, MAX_BODY).collect().await {
            Ok(body) => self.answer(keys, &claim, &parts, &body.to_bytes()),
            Err(error) => {
                tracing::debug!(%error, "a body was not read");
                let fault =
                    Fault::new("RequestEntityTooLarge").status(StatusCode::PAYLOAD_TOO_LARGE);
                Outcome { operation: None, needs: Vec::new(), result: Err(fault) }
            }
        };
        let operation = outcome.operation.as_deref().unwrap_or("Unknown");
        let (status, xml, error) = match outcome.result {
            Ok(result) => (StatusCode::OK, self.document(operation, &result, &request_id), None),
            Err(fault) => {
                let xml = self.error_document(&fault, &request_id);
                (fault.status, xml, Some(fault.code.into_owned()))
            }
        };
        let refused = matches!(status.as_u16(), 401 | 403);
        let call = Call {
            access_key: Some(claim.access_key),
            app_name: sender.app_name,
            presigned: sender.presigned,
            needs: if refused { Vec::new() } else { outcome.needs },
            status: status.as_u16(),
            answer_bytes: Some(xml.len() as u64),
            refused,
            error,
            duration: started.elapsed(),
            ..Call::of(self.service, operation, request_id)
        };
        let mut response = Response::new(Body::from(Bytes::from(xml)));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
        if let Ok(value) = HeaderValue::from_str(&call.request_id) {
            response.headers_mut().insert("x-amzn-requestid", value);
        }
        (response, call)
    }

    fn answer(&self, keys: &Keyring, claim: &V4Claim, parts: &Parts, body: &Bytes) -> Outcome {
        let form = String::from_utf8_lossy(body).replace('+', " ");
        let query = parts.uri.query().unwrap_or_default();
        let parameters = Query::parse(if parts.method == Method::POST { &form } else { query });
        let operation = parameters.get("Action").map(|action| action.into_owned());
        let mut needs = Vec::new();
        let result = verify(keys, claim, parts, body).and_then(|caller| {
            let Some(operation) = operation.as_deref() else {
                return Err(Fault::new("MissingAction").message("Missing Action"));
            };
            let mut request = Request {
                keys,
                caller,
                parameters,
                region: &claim.region,
                parts,
                needs: Vec::new(),
            };
            let result = (self.answer)(operation, &mut request);
            needs = request.needs;
            result
        });
        Outcome { operation, needs, result }
    }

    fn document(&self, operation: &str, result: &str, request_id: &str) -> String {
        let mut xml = format!(
            "<{operation}Response xmlns=\"{}\"><{operation}Result>{result}</{operation}Result><ResponseMetadata>",
            self.namespace
        );
        element(&mut xml, "RequestId", request_id);
        xml.push_str(&format!("</ResponseMetadata></{operation}Response>"));
        xml
    }

    fn error_document(&self, fault: &Fault, request_id: &str) -> String {
        let mut xml = format!("<ErrorResponse xmlns=\"{}\"><Error>", self.namespace);
        let server = fault.status.is_server_error();
        element(&mut xml, "Type", if server { "Receiver" } else { "Sender" });
        element(&mut xml, "Code", &fault.code);
        element(&mut xml, "Message", &fault.message);
        xml.push_str("</Error>");
        element(&mut xml, "RequestId", request_id);
        xml.push_str("</ErrorResponse>");
        xml
    }
}

fn verify(
    keys: &Keyring,
    claim: &V4Claim,
    parts: &Parts,
    body: &Bytes,
) -> Result<Arc<AccessKey>, Fault> {
    claim.verify(keys, parts, body).map_err(|unverified| {
        let code = match unverified {
            Unverified::UnknownKey => "InvalidClientTokenId",
            _ => "SignatureDoesNotMatch",
        };
        Fault::new(code).message(unverified.message())
    })
}
