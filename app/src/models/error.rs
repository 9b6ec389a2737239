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
    /// A prompt that makes no sense for the model, found before any call: the caller's mistake.
    #[error("prompt for model `{id}` is invalid: {message}")]
    InvalidPrompt {
        /// The model.
        id: ModelId,
        /// The field of [`Prompt`](super::Prompt): `text`, `max_tokens` or `temperature`.
        field: &'static str,
        /// What is wrong with it, and what is expected; our words, nothing of the provider or the account.
        message: String,
    },
    /// More text than the model takes, by the catalogue or by the provider.
    #[error("input for model `{id}` is too long: {}", excess(*chars, *limit_chars, message.as_deref()))]
    InputTooLong {
        /// The model.
        id: ModelId,
        /// Characters that came, where we counted.
        chars: Option<usize>,
        /// Characters that the model takes, where the catalogue says so.
        limit_chars: Option<usize>,
        /// The provider's words, where it was the provider who counted.
        message: Option<String>,
    },
    /// The provider takes the request for malformed: a mistake in the catalogue, mostly.
    #[error("model `{id}` refused the request: {message}")]
    InvalidRequest {
        /// The model.
        id: ModelId,
        /// The provider's words.
        message: String,
        /// The cure.
        hint: Option<String>,
    },
    /// IAM says no.
    #[error("access to model `{id}` is denied: {message}")]
    AccessDenied {
        /// The model.
        id: ModelId,
        /// The provider's words; they name the action and the resource.
        message: String,
        /// The cure.
        hint: Option<String>,
    },
    /// The account has no access to the model: entitlement, Marketplace, use-case form, region.
    #[error("this account has no access to model `{id}`: {message}")]
    NoModelAccess {
        /// The model.
        id: ModelId,
        /// The provider's words.
        message: String,
        /// The cure.
        hint: Option<String>,
    },
    /// The endpoint, or the model behind the id, is not there.
    #[error("model `{id}` is not there: {message}")]
    Missing {
        /// The model.
        id: ModelId,
        /// The provider's words.
        message: String,
        /// The cure.
        hint: Option<String>,
    },
    /// Too many requests, also after the SDK's retries.
    #[error("model `{id}` is throttled: {message}")]
    Throttled {
        /// The model.
        id: ModelId,
        /// When to try again, if the provider says so.
        retry_after: Option<Duration>,
        /// The provider's words.
        message: String,
    },
    /// No answer in time.
    #[error("model `{id}` did not answer {}", in_time(*limit, message.as_deref()))]
    TimedOut {
        /// The model.
        id: ModelId,
        /// The time it had here.
        limit: Duration,
        /// The provider's words, where its own limit was the shorter one.
        message: Option<String>,
    },
    /// Anything else that the provider, or the way to it, did wrong.
    #[error("model `{id}` failed: {message}")]
    ProviderFailure {
        /// The model.
        id: ModelId,
        /// AWS's code, message and request id, as far as there are any.
        message: String,
        /// The cure.
        hint: Option<String>,
    },
}

impl ModelError {
    /// A stable code for programs, such as `unknown-model`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown-model",
            Self::Disabled { .. } => "disabled-model",
            Self::InvalidPrompt { .. } => "invalid-prompt",
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

    /// What to do about it, where there is a cure: one sentence, or a command to paste.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { valid, .. } | Self::Disabled { valid, .. } => choose(valid),
            Self::InvalidPrompt { .. } => None,
            Self::InputTooLong { .. } => {
                Some("shorten the prompt, or choose a model that takes more".to_owned())
            }
            Self::Throttled { retry_after: Some(time), .. } => {
                Some(format!("try again in {} s", time.as_secs().max(1)))
            }
            Self::Throttled { retry_after: None, .. } => Some(
                "try again in a minute; if it lasts, ask for a higher quota of the model in Service Quotas"
                    .to_owned(),
            ),
            Self::TimedOut { message: None, .. } => Some(
                "ask for fewer tokens, or raise `MODEL_TIMEOUT_SECONDS`".to_owned(),
            ),
            Self::TimedOut { message: Some(_), .. } => {
                Some("ask for fewer tokens, or try again later".to_owned())
            }
            Self::InvalidRequest { hint, .. }
            | Self::AccessDenied { hint, .. }
            | Self::NoModelAccess { hint, .. }
            | Self::Missing { hint, .. }
            | Self::ProviderFailure { hint, .. } => hint.clone(),
        }
    }
}

/// A hint shows a few; the error has all.
const CHOICES: usize = 3;

fn choose(valid: &[ModelId]) -> Option<String> {
    let shown: Vec<String> = valid.iter().take(CHOICES).map(|id| format!("`{id}`")).collect();
    let more = if valid.len() > CHOICES { ", or another one of the catalogue" } else { "" };
    (!shown.is_empty()).then(|| format!("choose {}{more}", shown.join(", ")))
}

fn excess(chars: Option<usize>, limit: Option<usize>, message: Option<&str>) -> String {
    match (message, chars, limit) {
        (Some(message), _, _) => message.to_owned(),
        (None, Some(chars), Some(limit)) => format!("{chars} characters, the most is {limit}"),
        (None, _, _) => "the provider does not say how much".to_owned(),
    }
}

fn in_time(limit: Duration, message: Option<&str>) -> String {
    match message {
        Some(message) => format!("in time: {message}"),
        None => format!("within {limit:?}"),
    }
}
