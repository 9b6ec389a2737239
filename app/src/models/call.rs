//! One call of a model, as its failures have to name it.

use std::time::Duration;

use super::error::ModelError;
use super::model::{Model, Provider};

/// One call of a model.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) model: Model,
    pub(super) operation: Operation,
    pub(super) region: String,
    pub(super) limit: Duration,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Generate,
    Stream,
}

impl Call {
    /// The IAM action that the call needs.
    pub(super) fn action(&self) -> &'static str {
        match (&self.model.provider, self.operation) {
            (Provider::Bedrock { .. }, Operation::Generate) => "bedrock:InvokeModel",
            (Provider::Bedrock { .. }, Operation::Stream) => {
                "bedrock:InvokeModelWithResponseStream"
            }
            (Provider::SageMaker { .. }, _) => "sagemaker:InvokeEndpoint",
        }
    }

    pub(super) fn timed_out(&self) -> ModelError {
        ModelError::TimedOut { id: self.model.id.clone(), limit: self.limit, message: None }
    }
}
