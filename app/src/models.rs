//! Models that generate text, on Amazon Bedrock and Amazon SageMaker.
//!
//! Bedrock is called by `InvokeModel` and `InvokeModelWithResponseStream`, not by `Converse`: the
//! permissions are the same (`bedrock:InvokeModel`, `bedrock:InvokeModelWithResponseStream`), but a
//! model that was imported, or that does not support `Converse`, has only these two, and an answer
//! is the model's own document, of which nothing is lost on the way. The price is a request and
//! answer shape per family: see [`Family`].

mod catalogue;
mod error;
mod model;
mod request;

pub use catalogue::{Catalogue, CatalogueError};
pub use error::ModelError;
pub use model::{Family, Limits, Model, ModelId, Provider};
pub use request::{Generation, GenerationStream, Prompt, StopReason, StreamEvent, Usage};

use aws_types::SdkConfig;

use crate::settings::ModelSettings;

/// Calls the models of Bedrock and SageMaker.
///
/// Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Models {
    // Owned by the implementation: SDK clients, time limits.
}

impl Models {
    /// Clients for both providers. No request is made here.
    ///
    /// `aws` must hold an HTTP client, a sleep implementation, and what credentials there are; missing ones show in the first call.
    pub fn new(settings: &ModelSettings, aws: &SdkConfig) -> Self {
        let _ = (settings, aws);
        Self {}
    }

    /// Lets `model` answer `prompt` as a whole.
    ///
    /// Dropping the future cancels the call.
    ///
    /// # Errors
    /// Before any call where the model is disabled or the prompt is too long, and whatever the provider answers.
    pub async fn generate(&self, model: &Model, prompt: &Prompt) -> Result<Generation, ModelError> {
        let _ = (model, prompt);
        unreachable!("written by the next commit")
    }

    /// Lets `model` answer `prompt` piece by piece.
    ///
    /// A model that cannot stream answers in one piece. Dropping the stream cancels the call.
    ///
    /// # Errors
    /// As [`Models::generate`]; what fails later is an item of the stream, and the last one.
    pub async fn stream(
        &self,
        model: &Model,
        prompt: &Prompt,
    ) -> Result<GenerationStream, ModelError> {
        let _ = (model, prompt);
        unreachable!("written by the next commit")
    }
}
