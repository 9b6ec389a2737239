//! Amazon SageMaker Runtime: InvokeEndpoint.
//!
//! Source: "InvokeEndpoint", Amazon SageMaker API Reference.
//! The other two operations, InvokeEndpointAsync and InvokeEndpointWithResponseStream, are answered with `UnknownOperationException`, as by a service that does not know them, and a message that says so.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response};
use percent_encoding::percent_decode_str;
use s3s::Body;

use crate::access_key::{AccessKey, Keyring};
use crate::calls::{CallLog, Entry, Sender, Service};
use crate::iam::{self, Global, On, When};
use crate::rest_json::{self, Answer, Refusal};
use crate::sigv4::{V4Claim, header};
use crate::staged::{Circumstances, Staged};

mod container;

use container::Container;

/// The largest body: "InvokeEndpoint" of the API model ("Maximum length of 6291456"); "Inference options in Amazon SageMaker AI", Developer Guide, says 6 MB for real-time inference, too.
const MAX_BODY: usize = 6_291_456;

/// The endpoint that behaves well.
const TEXT_GENERATION: &str = "text-generation";

/// An endpoint's only variant, as consoles and SDKs name it by default.
const VARIANT: &str = "AllTraffic";

/// An operation, told by method and path.
pub(crate) enum Operation {
    InvokeEndpoint { endpoint: String },
    NotPlayed(&'static str),
    Unknown,
}

impl Operation {
    pub(crate) fn read(parts: &Parts) -> Self {
        let segments: Vec<&str> = parts.uri.path().trim_start_matches('/').split('/').collect();
        if parts.method != Method::POST {
            return Self::Unknown;
        }
        match segments.as_slice() {
            ["endpoints", name, "invocations"] => Self::InvokeEndpoint {
                endpoint: percent_decode_str(name).decode_utf8_lossy().into_owned(),
            },
            ["endpoints", _, "async-invocations"] => Self::NotPlayed("InvokeEndpointAsync"),
            ["endpoints", _, "invocations-response-stream"] => {
                Self::NotPlayed("InvokeEndpointWithResponseStream")
            }
            _ => Self::Unknown,
        }
    }

    /// Its name, as AWS and IAM have it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::InvokeEndpoint { .. } => "InvokeEndpoint",
            Self::NotPlayed(name) => name,
            Self::Unknown => "Unknown",
        }
    }
}

/// SageMaker, with its endpoints.
pub(crate) struct SageMaker {
    keys: Arc<Keyring>,
    calls: Arc<CallLog>,
}

impl SageMaker {
    pub(crate) fn new(keys: Arc<Keyring>, calls: Arc<CallLog>) -> Self {
        Self { keys, calls }
    }

    /// Answers one signed request.
    pub(crate) async fn serve(
        &self,
        claim: V4Claim,
        parts: Parts,
        body: Body,
        started: Instant,
    ) -> Response<Body> {
        let operation = Operation::read(&parts);
        let key = Some(claim.access_key.clone());
        let mut entry =
            Entry::open(self.calls.clone(), Service::SageMaker, operation.name(), key, started);
        entry.sent_by(Sender::of(&parts));
        let answer = match rest_json::read(body, MAX_BODY, too_large).await {
            Ok(body) => self.answer(&operation, &claim, &parts, &body, &mut entry),
            Err(refusal) => Err(refusal),
        };
        rest_json::respond(answer, entry).await
    }

    fn answer(
        &self,
        operation: &Operation,
        claim: &V4Claim,
        parts: &Parts,
        body: &Bytes,
        entry: &mut Entry,
    ) -> Result<Answer, Refusal> {
        let caller = claim.verify(&self.keys, parts, body)?;
        let endpoint = match operation {
            Operation::InvokeEndpoint { endpoint } => endpoint,
            Operation::NotPlayed(name) => {
                return Err(Refusal::unknown_operation(format!(
                    "the sandbox does not play the SageMaker operation {name}"
                )));
            }
            Operation::Unknown => {
                return Err(Refusal::unknown_operation(format!(
                    "the sandbox knows no SageMaker operation {} {}",
                    parts.method,
                    parts.uri.path()
                )));
            }
        };
        let name = endpoint.to_ascii_lowercase();
        let arn = format!("arn:aws:sagemaker:{}:{}:endpoint/{name}", claim.region, caller.account);
        let of = Circumstances {
            caller: &caller.principal_arn,
            action: "sagemaker:InvokeEndpoint",
            resource: &arn,
            region: &claim.region,
            account: &caller.account,
            endpoint,
        };
        well_formed(endpoint)?;
        let needs = iam::needs(
            operation.name(),
            |when| when == When::Always,
            |on| if on == On::Endpoint { vec![arn.clone()] } else { Vec::new() },
        );
        entry.needs(&needs);
        let global = Global::of(&caller, &claim.region, parts);
        iam::authorize(&caller, &needs, &|_, key| global.get(key))?;
        let effect = match Staged::by_name(&name).map(|staged| staged.effect(Service::SageMaker)) {
            Some(Some(effect)) => Some(effect),
            None if name == TEXT_GENERATION => None,
            _ => return Err(missing(endpoint, &caller)),
        };
        if let Some(wording) = effect.and_then(|effect| effect.refuses(parts)) {
            return Err(wording.refusal(&of));
        }
        let said = Container::new(&name)
            .answer(rest_json::declares_json(parts) == Some(true), body)
            .map_err(|failure| failure.refusal(&of))?;
        let answer = Answer::whole(said.to_string().into(), effect)
            .header("x-amzn-invoked-production-variant", VARIANT);
        Ok(match header(parts, "x-amzn-sagemaker-custom-attributes") {
            None => answer,
            Some(attributes) => answer.header("x-amzn-sagemaker-custom-attributes", attributes),
        })
    }
}

/// `[seen]` in many public issues.
fn missing(endpoint: &str, caller: &AccessKey) -> Refusal {
    let message = format!("Endpoint {endpoint} of account {} not found.", caller.account);
    Refusal::new(400, "ValidationError", message)
}

/// Letters, digits and single hyphens between them, 63 at most ("InvokeEndpoint", API Reference); the words are those of AWS's framework for any constraint.
fn well_formed(endpoint: &str) -> Result<(), Refusal> {
    let violated = if endpoint.len() > 63 {
        "Member must have length less than or equal to 63"
    } else if endpoint.starts_with('-')
        || endpoint.ends_with('-')
        || endpoint.is_empty()
        || !endpoint.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        "Member must satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9])*"
    } else {
        return Ok(());
    };
    Err(Refusal::new(
        400,
        "ValidationError",
        format!(
            "1 validation error detected: Value '{endpoint}' at 'endpointName' failed to satisfy constraint: {violated}"
        ),
    ))
}

/// `[seen]` in public issues, with the limit of its time, and without an error type: clients show the status as the code.
fn too_large() -> Refusal {
    Refusal::new(413, "", format!("HTTP content length exceeded {MAX_BODY} bytes.")).untyped()
}
