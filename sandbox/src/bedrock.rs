//! Amazon Bedrock: InvokeModel and InvokeModelWithResponseStream, and of its control plane GetFoundationModelAvailability.
//!
//! Source: the pages of these operations, Amazon Bedrock API Reference.
//! Every other operation, Converse included, is answered with `UnknownOperationException`, as by a service that does not know it, and a message that says so.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::Response;
use http::request::Parts;
use s3s::Body;
use serde_json::{Value, json};

use crate::access_key::{AccessKey, Keyring};
use crate::calls::{CallLog, Entry, Sender, Service};
use crate::generation::{Generation, Prompt};
use crate::holds::{HoldKey, Holds};
use crate::iam::{self, Global};
use crate::rest_json::{self, Answer, Refusal};
use crate::sigv4::V4Claim;
use crate::staged::{Circumstances, Effect, Family, HOLD_LIMIT};

mod anthropic;
mod availability;
mod destinations;
mod event;
mod llama;
mod models;
mod nova;
mod operation;
mod schema;
mod stream;
mod target;

pub use destinations::profile_destinations;
pub(crate) use operation::Operation;
use target::Target;

/// The largest body: "InvokeModel", Amazon Bedrock API Reference ("Maximum length of 25000000").
const MAX_BODY: usize = 25_000_000;

/// Bedrock, and the streams that wait in it.
pub(crate) struct Bedrock {
    keys: Arc<Keyring>,
    calls: Arc<CallLog>,
    holds: Arc<Holds>,
}

/// Who asks for what.
struct Call<'a> {
    caller: &'a AccessKey,
    region: &'a str,
    streamed: bool,
    target: Target,
    effect: Option<Effect>,
}

impl Bedrock {
    pub(crate) fn new(keys: Arc<Keyring>, calls: Arc<CallLog>) -> Self {
        Self { keys, calls, holds: Arc::default() }
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
            Entry::open(self.calls.clone(), Service::Bedrock, operation.name(), key, started);
        entry.sent_by(Sender::of(&parts));
        if let Some(model) = operation.model() {
            entry.asks(model);
        }
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
        let (identifier, streamed) = match operation {
            Operation::InvokeModel { model } => (model, false),
            Operation::InvokeModelWithResponseStream { model } => (model, true),
            Operation::GetFoundationModelAvailability { model } => {
                return availability::answer(&caller, model, &claim.region, parts, entry);
            }
            Operation::NotPlayed(name) => {
                return Err(Refusal::unknown_operation(format!(
                    "the sandbox does not play the Bedrock operation {name}"
                )));
            }
            Operation::Unknown => {
                return Err(Refusal::unknown_operation(format!(
                    "the sandbox knows no Bedrock operation {} {}",
                    parts.method,
                    parts.uri.path()
                )));
            }
        };
        let target = Target::resolve(identifier, &claim.region, &caller.account)?;
        let needs = destinations::needed(operation.name(), &target, &claim.region);
        entry.needs(&needs);
        iam::authorize(&caller, &needs, &|need, key| {
            destinations::context(&target, need, key)
                .or_else(|| Global::of(&caller, &claim.region, parts).get(key))
        })?;
        let effect = target.staged.and_then(|staged| staged.effect(Service::Bedrock));
        let call = Call { caller: &caller, region: &claim.region, streamed, target, effect };
        if let Some(wording) = effect.and_then(|effect| effect.refuses(parts)) {
            return Err(wording.refusal(&call.circumstances()));
        }
        call.target.invocable()?;
        // An SDK that is told no type may send one for bytes of any kind, as the one for Rust does.
        if rest_json::declares_json(parts) == Some(false) {
            // [seen]
            return Err(schema::invalid(
                "The provided Content Type is invalid or not supported for this model",
            ));
        }
        let prompt = call.read(body)?;
        let said = Generation::new(&call.target.id, &prompt);
        if !(streamed && effect.is_some_and(Effect::breaks_off)) {
            entry.tells(said.counted());
        }
        Ok(if streamed {
            self.stream(&call, &prompt, &said)
        } else {
            self.plain(&call, &prompt, &said)
        })
    }

    fn plain(&self, call: &Call<'_>, prompt: &Prompt, said: &Generation) -> Answer {
        if matches!(call.effect, Some(Effect::Held)) {
            self.holds.release(&call.hold_key(prompt));
        }
        let body = match call.target.family {
            Family::Anthropic => anthropic::answer(&call.target, said),
            Family::Amazon => nova::answer(said),
            Family::Meta => llama::answer(said),
        };
        Answer::whole(body.to_string().into(), call.effect)
            .header("x-amzn-bedrock-input-token-count", said.input_tokens)
            .header("x-amzn-bedrock-output-token-count", said.output_tokens())
            .header("x-amzn-bedrock-invocation-latency", LATENCY_MS)
    }

    fn stream(&self, call: &Call<'_>, prompt: &Prompt, said: &Generation) -> Answer {
        let mut events = match call.target.family {
            Family::Anthropic => anthropic::events(&call.target, said),
            Family::Amazon => nova::events(said),
            Family::Meta => llama::events(said),
        };
        if let Some(last) = events.last_mut() {
            last.payload["amazon-bedrock-invocationMetrics"] = metrics(said);
        }
        let steps = match call.effect {
            None => stream::steps(&events),
            Some(effect) => stream::disturbed(&events, effect, || {
                self.holds.take(call.hold_key(prompt), HOLD_LIMIT)
            }),
        };
        Answer::events(steps).header("x-amzn-bedrock-content-type", "application/json")
    }
}

impl Call<'_> {
    fn read(&self, body: &[u8]) -> Result<Prompt, Refusal> {
        let body = schema::parse(body)?;
        match self.target.family {
            Family::Anthropic => anthropic::read(&body, &self.target),
            Family::Amazon => nova::read(&body, &self.target),
            Family::Meta => llama::read(&body, &self.target),
        }
    }

    fn hold_key(&self, prompt: &Prompt) -> HoldKey {
        HoldKey {
            access_key: self.caller.id.clone(),
            model: self.target.id.clone(),
            prompt: prompt.text.clone(),
        }
    }

    fn circumstances(&self) -> Circumstances<'_> {
        Circumstances {
            caller: &self.caller.principal_arn,
            action: if self.streamed {
                "bedrock:InvokeModelWithResponseStream"
            } else {
                "bedrock:InvokeModel"
            },
            resource: &self.target.arn,
            region: self.region,
            account: &self.caller.account,
            endpoint: "",
        }
    }
}

/// The latency that every answer claims, in milliseconds: a measured one would make answers differ.
const LATENCY_MS: u64 = 1;

fn metrics(said: &Generation) -> Value {
    json!({
        "inputTokenCount": said.input_tokens,
        "outputTokenCount": said.output_tokens(),
        "invocationLatency": LATENCY_MS,
        "firstByteLatency": LATENCY_MS,
    })
}

/// The limit is documented, the words of its refusal are those of AWS's framework for any constraint.
fn too_large() -> Refusal {
    schema::invalid(&format!(
        "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to {MAX_BODY}"
    ))
}
