//! Models that generate text, on Amazon Bedrock and Amazon SageMaker.
//!
//! Bedrock is called by `InvokeModel` and `InvokeModelWithResponseStream`, not by `Converse`.
//! The permissions are the same (`bedrock:InvokeModel` and `bedrock:InvokeModelWithResponseStream`: who is denied them is denied `Converse` too), so that nothing is won or lost there.
//! But every text model has these two, while `Converse` lacks some imported ones (Amazon Bedrock User Guide, "Invoke your imported model"),
//! and an answer is the model's own document, of which nothing is lost or renamed on the way.
//! SageMaker has no `Converse` at all: a form per container is needed there anyhow.
//! The price is a form of request and answer per family, see [`Family`], and for Llama a chat format that is ours to guard.

mod bedrock;
mod call;
mod catalogue;
mod error;
mod failure;
mod model;
mod request;
mod sagemaker;

pub use catalogue::{Catalogue, CatalogueError};
pub use error::ModelError;
pub use model::{Family, Limits, Model, ModelId, Provider};
pub use request::{Generation, GenerationStream, Prompt, StopReason, StreamEvent, Usage};

use std::future::Future;
use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, StalledStreamProtectionConfig};
use aws_types::SdkConfig;

use crate::settings::ModelSettings;
use bedrock::Bedrock;
use call::{Call, Operation};
use request::Question;
use sagemaker::SageMaker;

/// Calls the models of Bedrock and SageMaker.
///
/// Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Models {
    bedrock: Bedrock,
    sagemaker: SageMaker,
    region: Option<String>,
    limit: Duration,
}

impl Models {
    /// Clients for both providers. No request is made here.
    ///
    /// `aws` must hold an HTTP client, a sleep implementation, a region, and what credentials there are; what is missing shows in the first call.
    /// Retries are those of `aws`, or the SDK's standard mode.
    /// The time limits of `aws` do not hold but for connecting: a model may take its time, and `ModelSettings::timeout` says how much.
    pub fn new(settings: &ModelSettings, aws: &SdkConfig) -> Self {
        let aws = for_models(aws);
        Self {
            bedrock: Bedrock::new(&aws),
            sagemaker: SageMaker::new(&aws),
            region: aws.region().map(|region| region.as_ref().to_owned()),
            limit: settings.timeout,
        }
    }

    /// Lets `model` answer `prompt` as a whole.
    ///
    /// The time limit is for the whole answer with all its attempts. Dropping the future cancels the call and closes its connection.
    ///
    /// # Errors
    /// Before any call where the model is disabled, the prompt does not fit it, or there is no region; and whatever the provider answers.
    pub async fn generate(&self, model: &Model, prompt: &Prompt) -> Result<Generation, ModelError> {
        let (call, question) = self.prepare(model, prompt, Operation::Generate)?;
        let answer = async {
            match &model.provider {
                Provider::Bedrock { model, family } => {
                    self.bedrock.generate(&call, model, *family, &question).await
                }
                Provider::SageMaker { endpoint } => {
                    self.sagemaker.generate(&call, endpoint, &question).await
                }
            }
        };
        in_time(&call, call.limit, answer).await
    }

    /// Lets `model` answer `prompt` piece by piece.
    ///
    /// A model that cannot stream answers in one piece.
    /// The time limit is for the first event, then for each next one; the time between two polls does not count.
    /// Dropping the stream cancels the call and closes its connection.
    ///
    /// # Errors
    /// As [`Models::generate`]; what fails later is an item of the stream, and the last one.
    pub async fn stream(
        &self,
        model: &Model,
        prompt: &Prompt,
    ) -> Result<GenerationStream, ModelError> {
        match &model.provider {
            Provider::Bedrock { model: id, family } if model.streaming => {
                let (call, question) = self.prepare(model, prompt, Operation::Stream)?;
                let started = Instant::now();
                let answer = self.bedrock.start_stream(&call, id, *family, &question);
                let answer = in_time(&call, call.limit, answer).await?;
                let left = call.limit.saturating_sub(started.elapsed());
                Ok(GenerationStream { events: answer.into_events(call, left) })
            }
            _ => Ok(GenerationStream::of(self.generate(model, prompt).await?)),
        }
    }

    fn prepare<'p>(
        &self,
        model: &Model,
        prompt: &'p Prompt,
        operation: Operation,
    ) -> Result<(Call, Question<'p>), ModelError> {
        if !model.enabled {
            // Which others there are, the catalogue knows.
            return Err(ModelError::Disabled { id: model.id.clone(), valid: Vec::new() });
        }
        let question = prompt.for_model(model)?;
        let Some(region) = &self.region else {
            return Err(ModelError::ProviderFailure {
                id: model.id.clone(),
                message: "no AWS region is configured".to_owned(),
                hint: Some("set `AWS_REGION` to a region that has the model".to_owned()),
            });
        };
        let call =
            Call { model: model.clone(), operation, region: region.clone(), limit: self.limit };
        Ok((call, question))
    }
}

/// The configuration for both clients.
fn for_models(aws: &SdkConfig) -> SdkConfig {
    // One clock, ours. A limit for each attempt would have a slow answer paid twice, and a pause between two
    // pieces of an answer is no stalled connection.
    let mut timeouts = TimeoutConfig::builder();
    // Left unset, it is the SDK's own; set to nothing, there would be none.
    if let Some(connect) = aws.timeout_config().and_then(TimeoutConfig::connect_timeout) {
        timeouts = timeouts.connect_timeout(connect);
    }
    let timeouts = timeouts
        .disable_read_timeout()
        .disable_operation_timeout()
        .disable_operation_attempt_timeout()
        .build();
    let mut builder = aws
        .to_builder()
        .timeout_config(timeouts)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if aws.behavior_version().is_none() {
        builder.set_behavior_version(Some(BehaviorVersion::latest()));
    }
    if aws.retry_config().is_none() {
        builder.set_retry_config(Some(RetryConfig::standard()));
    }
    builder.build()
}

/// Gives up after `time`.
async fn in_time<T>(
    call: &Call,
    time: Duration,
    work: impl Future<Output = Result<T, ModelError>>,
) -> Result<T, ModelError> {
    tokio::time::timeout(time, work).await.unwrap_or_else(|_| Err(call.timed_out()))
}

#[cfg(test)]
mod tests;
