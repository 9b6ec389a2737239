//! Endpoints of Amazon SageMaker with a container for text generation.
//!
//! The form is that of Hugging Face's containers, for Transformers and for Text Generation Inference alike.
//! Source: "InvokeEndpoint", Amazon SageMaker API Reference; "Reference" of the Hugging Face Inference Toolkit; `/generate` of Text Generation Inference.

use aws_sdk_sagemakerruntime::Client;
use aws_sdk_sagemakerruntime::operation::RequestId;
use aws_sdk_sagemakerruntime::primitives::Blob;
use aws_types::SdkConfig;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::error::ModelError;
use super::failure::Failure;
use super::request::{Generation, Question, StopReason};

/// Calls SageMaker.
#[derive(Clone, Debug)]
pub(super) struct SageMaker {
    client: Client,
}

impl SageMaker {
    pub(super) fn new(aws: &SdkConfig) -> Self {
        Self { client: Client::new(aws) }
    }

    pub(super) async fn generate(
        &self,
        call: &Call,
        endpoint: &str,
        question: &Question<'_>,
    ) -> Result<Generation, ModelError> {
        let request = self
            .client
            .invoke_endpoint()
            .endpoint_name(endpoint)
            .content_type("application/json")
            .accept("application/json")
            .body(Blob::new(request(question)));
        let output = request.send().await.map_err(|error| Failure::answered(&error).of(call))?;
        let document = output.body().map_or(&[][..], |body| body.as_ref());
        answer(document)
            .map_err(|reason| Failure::not_understood(&reason, output.request_id()).of(call))
    }
}

/// These containers know no system text: it stands before the user's.
fn request(question: &Question<'_>) -> Vec<u8> {
    let inputs = match question.system {
        Some(system) => format!("{system}\n\n{}", question.text),
        None => question.text.to_owned(),
    };
    let request = Request {
        inputs,
        parameters: Parameters {
            max_new_tokens: question.max_tokens,
            // Text Generation Inference refuses 0, and means by it what others mean by not sampling at all.
            temperature: question.temperature.filter(|temperature| *temperature > 0.0),
            do_sample: question.temperature.map(|temperature| temperature > 0.0),
            return_full_text: false,
        },
    };
    serde_json::to_vec(&request).expect("texts and finite numbers can be written as JSON")
}

/// One answer, or a list of one, depending on the container.
fn answer(document: &[u8]) -> Result<Generation, String> {
    let is_list = document.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let answer: Answer = if is_list {
        let answers: Vec<Answer> =
            serde_json::from_slice(document).map_err(|error| error.to_string())?;
        answers.into_iter().next().ok_or("the list of answers is empty")?
    } else {
        serde_json::from_slice(document).map_err(|error| error.to_string())?
    };
    let reason = answer.details.and_then(|details| details.finish_reason);
    Ok(Generation {
        text: answer.generated_text,
        stop_reason: reason.map_or(StopReason::Unknown, |word| StopReason::from_provider(&word)),
        usage: None,
    })
}

#[derive(Serialize)]
struct Request {
    inputs: String,
    parameters: Parameters,
}

#[derive(Serialize)]
struct Parameters {
    max_new_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    do_sample: Option<bool>,
    return_full_text: bool,
}

#[derive(Deserialize)]
struct Answer {
    generated_text: String,
    /// Not asked for, since not every container has it; some send it anyhow.
    details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    finish_reason: Option<String>,
}

#[cfg(test)]
mod tests;
