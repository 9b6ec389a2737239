//! What can go wrong with a model, with a code for programs and a cure for people.

use std::time::Duration;

use super::model::ModelId;

/// What can go wrong with a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The catalogue has no such model.
    #[error("no model `{id}`")]
    Unknown {
        /// What was asked for, cut to 64 characters.
        id: String,
        /// The enabled models, the nearest name first.
        valid: Vec<ModelId>,
    },
    /// The catalogue has it, but it may not be used.
    #[error("model `{id}` is disabled")]
    Disabled {
        /// The model.
        id: ModelId,
        /// The enabled models, the nearest name first.
        valid: Vec<ModelId>,
    },
    /// More text than the model takes, by the catalogue or by the provider.
    #[error("input for model `{id}` is too long")]
    InputTooLong {
        /// The model.
        id: ModelId,
        /// Characters that came, where we counted.
        chars: Option<usize>,
        /// Characters that the model takes, where the catalogue says so.
        limit_chars: Option<usize>,
    },
    /// The provider takes the request for malformed: a wrong family in the catalogue, mostly.
    #[error("model `{id}` refused the request: {message}")]
    InvalidRequest {
        /// The model.
        id: ModelId,
        /// The provider's words.
        message: String,
    },
    /// IAM says no.
    #[error("access to model `{id}` is denied: {message}")]
    AccessDenied {
        /// The model.
        id: ModelId,
        /// The provider's words; they name the action and the resource.
        message: String,
    },
    /// The account has no access to the model: entitlement, Marketplace, use-case form, region.
    #[error("this account has no access to model `{id}`: {message}")]
    NoModelAccess {
        /// The model.
        id: ModelId,
        /// The provider's words.
        message: String,
    },
    /// The endpoint, or the model behind the id, is not there.
    #[error("model `{id}` is not there: {message}")]
    Missing {
        /// The model.
        id: ModelId,
        /// The provider's words.
        message: String,
    },
    /// Too many requests, also after the SDK's retries.
    #[error("model `{id}` is throttled")]
    Throttled {
        /// The model.
        id: ModelId,
        /// When to try again, if the provider says so.
        retry_after: Option<Duration>,
    },
    /// No answer in time.
    #[error("model `{id}` did not answer within {limit:?}")]
    TimedOut {
        /// The model.
        id: ModelId,
        /// The time it had.
        limit: Duration,
    },
    /// Anything else that the provider, or the way to it, did wrong.
    #[error("model `{id}` failed: {message}")]
    ProviderFailure {
        /// The model.
        id: ModelId,
        /// AWS's code, message and request id, as far as there are any.
        message: String,
    },
}

impl ModelError {
    /// A stable code for programs, such as `unknown-model`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown-model",
            Self::Disabled { .. } => "disabled-model",
            Self::InputTooLong { .. } => "input-too-long",
            Self::InvalidRequest { .. } => "model-request-invalid",
            Self::AccessDenied { .. } => "model-access-denied",
            Self::NoModelAccess { .. } => "no-model-access",
            Self::Missing { .. } => "model-missing",
            Self::Throttled { .. } => "model-throttled",
            Self::TimedOut { .. } => "model-timed-out",
            Self::ProviderFailure { .. } => "model-failed",
        }
    }

    /// What to do about it, where there is a cure.
    pub fn hint(&self) -> Option<String> {
        None
    }
}
