//! What the errors of models and of users' choices are to a caller.

use std::time::Duration;

use super::{ApiError, Code};
use crate::models::{ModelError, ModelId};
use crate::preferences::PreferencesError;

/// Where the provider does not say when its quota is free again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The provider's words name accounts and resources: they are a cause, for the log.
impl From<ModelError> for ApiError {
    fn from(error: ModelError) -> Self {
        let hint = error.hint();
        let api_error = translate(&error);
        let api_error = match hint {
            // What the provider was asked for, by its whole name, has an account in it.
            Some(hint) if api_error.0.hint.is_some() || hint.contains("arn:") => {
                api_error.operator_hint(hint)
            }
            Some(hint) => api_error.hint(hint),
            None => api_error,
        };
        api_error.cause(error)
    }
}

fn translate(error: &ModelError) -> ApiError {
    match error {
        ModelError::Unknown { valid, .. } => {
            ApiError::new(Code::UnknownModel, error.to_string()).valid_models(names(valid))
        }
        ModelError::Disabled { valid, .. } => {
            ApiError::new(Code::DisabledModel, error.to_string()).valid_models(names(valid))
        }
        ModelError::InvalidPrompt { field, message, .. } => {
            ApiError::new(Code::InvalidPrompt, format!("{field}: {message}"))
        }
        ModelError::InputTooLong { id, limit_chars, .. } => {
            let detail = match limit_chars {
                Some(limit) => format!("model `{id}` takes at most {limit} characters"),
                None => format!("input for model `{id}` is too long"),
            };
            let api_error = ApiError::new(Code::InputTooLong, detail);
            match limit_chars {
                Some(limit) => api_error.limit(*limit as u64),
                None => api_error,
            }
        }
        ModelError::InvalidRequest { id, .. } => ApiError::new(
            Code::ModelRequestInvalid,
            format!("the provider of model `{id}` takes the app's request for malformed"),
        ),
        ModelError::AccessDenied { id, message, .. } => {
            let detail = format!("the app's credentials may not call model `{id}`");
            let api_error = ApiError::new(Code::ModelAccessDenied, detail);
            match denied_action(message) {
                Some(action) => api_error
                    .missing_permission(action)
                    .hint(format!("allow `{action}` for the app's credentials")),
                None => api_error,
            }
        }
        ModelError::NoModelAccess { id, .. } => ApiError::new(
            Code::NoModelAccess,
            format!("the app's AWS account has no access to model `{id}`"),
        ),
        ModelError::Missing { id, .. } => {
            ApiError::new(Code::ModelMissing, format!("the provider has no model behind `{id}`"))
        }
        ModelError::Throttled { id, retry_after, .. } => {
            ApiError::new(Code::ModelThrottled, format!("model `{id}` is throttled"))
                .retry_after(retry_after.unwrap_or(RETRY_AFTER))
        }
        ModelError::TimedOut { id, .. } => {
            ApiError::new(Code::ModelTimedOut, format!("model `{id}` did not answer in time"))
        }
        ModelError::ProviderFailure { id, .. } => {
            ApiError::new(Code::ModelFailed, format!("the provider of model `{id}` failed"))
        }
    }
}

impl From<PreferencesError> for ApiError {
    fn from(error: PreferencesError) -> Self {
        let api_error =
            Self::new(Code::DatabaseUnavailable, "users' choices cannot be read or written")
                .retry_after(RETRY_AFTER);
        let api_error = match error.hint() {
            Some(hint) => api_error.operator_hint(hint),
            None => api_error,
        };
        api_error.cause(error)
    }
}

fn names(models: &[ModelId]) -> impl Iterator<Item = String> {
    models.iter().map(ToString::to_string)
}

/// The action that IAM's words name: `... is not authorized to perform: bedrock:InvokeModel on resource: ...`.
/// Account, user and resource stand there too, and stay here.
fn denied_action(message: &str) -> Option<&str> {
    let (_, behind) = message.split_once("perform: ")?;
    let action = behind.split_whitespace().next()?;
    let (service, name) = action.split_once(':')?;
    let known = matches!(service, "bedrock" | "sagemaker" | "aws-marketplace");
    (known && name.bytes().all(|b| b.is_ascii_alphabetic())).then_some(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Programs meet a model's error by both: in the API, and where they use the models without it.
    #[test]
    fn a_models_error_has_the_same_code_in_the_api() {
        let id = || ModelId::new("m").unwrap();
        let (message, hint) = (String::new, None::<String>);
        for error in [
            ModelError::Unknown { id: "m".to_owned(), valid: Vec::new() },
            ModelError::Disabled { id: id(), valid: Vec::new() },
            ModelError::InvalidPrompt { id: id(), field: "text", message: message() },
            ModelError::InputTooLong { id: id(), chars: None, limit_chars: None, message: None },
            ModelError::InvalidRequest { id: id(), message: message(), hint: hint.clone() },
            ModelError::AccessDenied { id: id(), message: message(), hint: hint.clone() },
            ModelError::NoModelAccess { id: id(), message: message(), hint: hint.clone() },
            ModelError::Missing { id: id(), message: message(), hint: hint.clone() },
            ModelError::Throttled { id: id(), retry_after: None, message: message() },
            ModelError::TimedOut { id: id(), limit: Duration::ZERO, message: None },
            ModelError::ProviderFailure { id: id(), message: message(), hint },
        ] {
            let code = error.code();
            assert_eq!(ApiError::from(error).code().as_str(), code);
        }
    }

    #[test]
    fn only_the_action_is_taken_from_words_of_iam() {
        let message = "User: arn:aws:iam::123456789012:user/someone is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-west-2::foundation-model/x because no identity-based policy allows it";
        assert_eq!(denied_action(message), Some("bedrock:InvokeModel"));
        for other in [
            "",
            "perform: ",
            "perform: arn:aws:iam::123456789012:user/someone",
            "perform: s3:GetObject",
            "Access denied",
        ] {
            assert_eq!(denied_action(other), None, "{other}");
        }
    }
}
