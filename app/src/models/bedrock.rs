//! Models of Amazon Bedrock.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_types::SdkConfig;

use super::call::Call;
use super::error::ModelError;
use super::failure::Failure;
use super::model::Family;
use super::request::{Generation, Question};

mod additions;
mod anthropic;
mod document;
mod llama;
mod nova;
mod stream;

use document::{Fault, Piece};
use stream::Answer;

/// Calls Bedrock.
#[derive(Clone, Debug)]
pub(super) struct Bedrock {
    client: Client,
}

impl Bedrock {
    pub(super) fn new(aws: &SdkConfig) -> Self {
        Self { client: Client::new(aws) }
    }

    pub(super) async fn generate(
        &self,
        call: &Call,
        model: &str,
        family: Family,
        question: &Question<'_>,
    ) -> Result<Generation, ModelError> {
        let request = self
            .client
            .invoke_model()
            .model_id(model)
            .content_type(JSON)
            .accept(JSON)
            .body(Blob::new(family.request(question)));
        let output = request.send().await.map_err(|error| Failure::answered(&error).of(call))?;
        let document = output.body().as_ref();
        family.answer(document).map_err(|fault| fault.of(call, output.request_id()))
    }

    pub(super) async fn start_stream(
        &self,
        call: &Call,
        model: &str,
        family: Family,
        question: &Question<'_>,
    ) -> Result<Answer, ModelError> {
        let request = self
            .client
            .invoke_model_with_response_stream()
            .model_id(model)
            .content_type(JSON)
            .accept(JSON)
            .body(Blob::new(family.request(question)));
        let output = request.send().await.map_err(|error| Failure::answered(&error).of(call))?;
        Ok(Answer::new(output, family))
    }
}

const JSON: &str = "application/json";

impl Family {
    /// The document that asks.
    fn request(self, question: &Question<'_>) -> Vec<u8> {
        match self {
            Self::Anthropic => anthropic::request(question),
            Self::Nova => nova::request(question),
            Self::Llama => llama::request(question),
        }
    }

    /// Reads a whole answer.
    fn answer(self, document: &[u8]) -> Result<Generation, Fault> {
        match self {
            Self::Anthropic => anthropic::answer(document),
            Self::Nova => nova::answer(document),
            Self::Llama => llama::answer(document),
        }
        .map(|answer| additions::complete(answer, document))
    }

    /// Reads one document of a streamed answer.
    fn piece(self, document: &[u8]) -> Result<Piece, Fault> {
        let piece = match self {
            Self::Anthropic => anthropic::piece(document),
            Self::Nova => nova::piece(document),
            Self::Llama => llama::piece(document),
        }?;
        Ok(additions::complete_piece(piece, document))
    }
}

#[cfg(test)]
mod tests;
