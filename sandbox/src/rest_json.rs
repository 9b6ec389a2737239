//! The restJson1 protocol, as far as Bedrock and SageMaker share it: bodies, callers, errors.
//!
//! Source: "AWS restJson1 protocol", Smithy 2.0; the form of the error header and of the two spellings of `message` from answers of AWS quoted in public issues.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use s3s::Body;
use serde_json::{Map, Value};

use crate::calls::Entry;
use crate::fault::Fault;
use crate::iam::Denial;
use crate::sigv4::{Claim, Unverified, header as header_of};

mod answer;

pub(crate) use answer::Answer;

/// What AWS's framework writes behind an error's type.
const NAMESPACE: &str = "http://internal.amazon.com/coral/com.amazon.coral.service/";

/// An error as restJson1 answers it.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// The error's type; `None` where AWS sends none, so that clients show the status in its place.
    pub(crate) code: Option<&'static str>,
    pub(crate) message: String,
    /// `message` or `Message`: Bedrock's and the common front's own errors have the first, IAM's and SageMaker's the second.
    spelling: &'static str,
    /// Members beside the message.
    members: Map<String, Value>,
    headers: Vec<(&'static str, &'static str)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
            code: Some(code),
            message: message.into(),
            spelling: "message",
            members: Map::new(),
            headers: Vec::new(),
        }
    }

    /// The answer of a service that does not know the operation (Smithy, "AWS restJson1 protocol").
    pub(crate) fn unknown_operation(message: impl Into<String>) -> Self {
        Self::new(404, "UnknownOperationException", message)
    }

    pub(crate) fn capitalized(mut self) -> Self {
        self.spelling = "Message";
        self
    }

    pub(crate) fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The error without its type.
    pub(crate) fn untyped(mut self) -> Self {
        self.code = None;
        self
    }

    /// Answers with it.
    pub(crate) fn send(self, mut entry: Entry) -> Response<Body> {
        let status = self.status;
        let logged = self.code.map_or_else(|| status.as_str().to_owned(), str::to_owned);
        entry.answered(status.as_u16(), Some(logged));
        let request_id = entry.request_id();
        let mut body = self.members;
        body.insert(self.spelling.to_owned(), self.message.into());
        let body = Value::Object(body).to_string();
        entry.promises(body.len());
        entry.close();

        let mut response = Response::new(Body::from(Bytes::from(body)));
        *response.status_mut() = status;
        for (name, value) in self.headers {
            insert(&mut response, name, value);
        }
        insert(&mut response, "content-type", "application/json");
        insert(&mut response, "x-amzn-requestid", &request_id);
        if let Some(code) = self.code {
            // AWS appends a namespace, which clients must cut off.
            insert(&mut response, "x-amzn-errortype", &format!("{code}:{NAMESPACE}"));
        }
        response
    }
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        Self::new(403, "AccessDeniedException", denial.message("")).capitalized()
    }
}

impl From<Unverified> for Refusal {
    fn from(unverified: Unverified) -> Self {
        let code = match unverified {
            Unverified::UnknownKey => "UnrecognizedClientException",
            _ => "InvalidSignatureException",
        };
        Self::new(403, code, unverified.message())
    }
}

/// A body of at most `limit` bytes, or `too_large`.
pub(crate) async fn read(
    body: Body,
    limit: usize,
    too_large: impl FnOnce() -> Refusal,
) -> Result<Bytes, Refusal> {
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => {
            tracing::debug!(%error, "a body was not read");
            Err(too_large())
        }
    }
}

/// Answers, one way or the other.
pub(crate) async fn respond(answer: Result<Answer, Refusal>, entry: Entry) -> Response<Body> {
    match answer {
        Ok(answer) => answer.send(entry).await,
        Err(refusal) => refusal.send(entry),
    }
}

/// What a request without a readable Signature Version 4 is answered.
///
/// Bedrock's API keys, which are bearer tokens, are not played.
pub(crate) fn unsigned(claim: &Result<Claim, Fault>, parts: &Parts) -> Refusal {
    match claim {
        _ if header_of(parts, "authorization")
            .is_some_and(|value| value.starts_with("Bearer ")) =>
        {
            Refusal::new(
                403,
                "AccessDeniedException",
                "the sandbox does not take Bedrock API keys (bearer tokens): sign with an access key",
            )
        }
        Err(fault) => Refusal::new(400, "IncompleteSignatureException", fault.message.clone()),
        Ok(_) => {
            Refusal::new(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        }
    }
}

/// Whether the body is declared as JSON; `None` where nothing is declared.
pub(crate) fn declares_json(parts: &Parts) -> Option<bool> {
    let declared = header_of(parts, "content-type")?.split(';').next()?;
    Some(declared.trim().eq_ignore_ascii_case("application/json"))
}

/// Sets a header whose value is made of visible characters.
pub(crate) fn insert(response: &mut Response<Body>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}
