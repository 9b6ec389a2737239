//! What the providers, or the ways to them, do wrong, read once and turned into a [`ModelError`].

use std::error::Error;
use std::time::Duration;

use aws_sdk_bedrockruntime::config::http::HttpResponse;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_types::event_stream::RawMessage;

use super::call::Call;
use super::error::ModelError;
use crate::causes;

mod cure;
mod meaning;
mod original;
mod retry_after;

use meaning::Meaning;
pub(super) use original::OriginalStatus;

/// What went wrong, before it is known what it means.
pub(super) struct Failure {
    kind: Kind,
    /// AWS's code, `ThrottlingException` say.
    code: Option<String>,
    /// AWS's words, or the reason why there are none.
    message: String,
    /// The status that the model's container gave, where it is not AWS that failed.
    original_status: Option<i32>,
    status: Option<u16>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// There was an answer, and it says no.
    Refused,
    /// There was none.
    Unanswered,
    /// There was one that makes no sense.
    NotUnderstood,
    /// There was half of one.
    BrokeOff,
}

impl Failure {
    /// Of a call.
    pub(super) fn answered<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + OriginalStatus + Error + 'static,
    {
        let mut failure = Self::of_sdk(error);
        if let Some(response) = error.raw_response() {
            let header = |name: &str| response.headers().get(name);
            failure.status = Some(response.status().as_u16());
            failure.request_id = header("x-amzn-requestid").map(str::to_owned);
            failure.retry_after =
                header("retry-after").and_then(|value| retry_after::parse(value, header("date")));
        }
        failure
    }

    /// Of an answer that had begun.
    pub(super) fn in_stream<E>(error: &SdkError<E, RawMessage>, request_id: Option<&str>) -> Self
    where
        E: ProvideErrorMetadata + OriginalStatus + Error + 'static,
    {
        let mut failure = Self::of_sdk(error);
        failure.request_id = request_id.map(str::to_owned);
        if failure.kind != Kind::Refused {
            failure.kind = Kind::BrokeOff;
            failure.message = format!("the answer broke off: {}", told(&causes::behind(error)));
        }
        // The code is not in the frame's body but in a header, which the SDK reads and drops.
        let raw = match error {
            SdkError::ServiceError(context) => Some(context.raw()),
            SdkError::ResponseError(context) => Some(context.raw()),
            _ => None,
        };
        if let Some(RawMessage::Decoded(message)) = raw {
            let header = |name: &str| {
                let header = message.headers().iter().find(|h| h.name().as_str() == name)?;
                Some(header.value().as_string().ok()?.as_str().to_owned())
            };
            let code = header(":exception-type").or_else(|| header(":error-code"));
            if let Some(code) = code {
                failure.kind = Kind::Refused;
                failure.code = failure.code.or(Some(capitalised(&code)));
            }
            if let Some(message) = header(":error-message") {
                failure.message = message;
            }
        }
        failure
    }

    /// An answer without sense.
    pub(super) fn not_understood(reason: &str, request_id: Option<&str>) -> Self {
        Self {
            kind: Kind::NotUnderstood,
            message: format!("the answer was not understood: {}", told(reason)),
            request_id: request_id.map(str::to_owned),
            ..Self::empty()
        }
    }

    /// An answer that ends before its end.
    pub(super) fn broke_off(request_id: Option<&str>) -> Self {
        Self {
            kind: Kind::BrokeOff,
            message: "the answer broke off: there is nothing that says that it is complete"
                .to_owned(),
            request_id: request_id.map(str::to_owned),
            ..Self::empty()
        }
    }

    /// An error that the model itself put in the place of an answer.
    pub(super) fn said(code: String, message: String, request_id: Option<&str>) -> Self {
        Self {
            kind: Kind::Refused,
            code: Some(code),
            message: told(&message),
            request_id: request_id.map(str::to_owned),
            ..Self::empty()
        }
    }

    fn of_sdk<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + OriginalStatus + Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        let service = error.as_service_error();
        let meta = service.map(ProvideErrorMetadata::meta);
        let said = meta.and_then(|meta| meta.message());
        let (kind, message) = match (error, said) {
            (_, Some(said)) => (Kind::Refused, told(said)),
            (SdkError::ServiceError(_), None) => {
                (Kind::Refused, "there is no reason given that can be read".to_owned())
            }
            (SdkError::ResponseError(_), None) => {
                let reason = told(&causes::behind(error));
                (Kind::NotUnderstood, format!("the answer was not understood: {reason}"))
            }
            (SdkError::DispatchFailure(_) | SdkError::TimeoutError(_), None) => {
                (Kind::Unanswered, format!("no answer: {}", told(&causes::behind(error))))
            }
            (_, None) => {
                (Kind::Unanswered, format!("no request: {}", told(&causes::behind(error))))
            }
        };
        Self {
            kind,
            code: meta.and_then(|meta| meta.code()).map(str::to_owned),
            message,
            original_status: service.and_then(OriginalStatus::original_status),
            ..Self::empty()
        }
    }

    fn empty() -> Self {
        Self {
            kind: Kind::Refused,
            code: None,
            message: String::new(),
            original_status: None,
            status: None,
            request_id: None,
            retry_after: None,
        }
    }

    /// What it means for whoever called.
    pub(super) fn of(self, call: &Call) -> ModelError {
        let (meaning, hint) = match self.kind {
            Kind::Refused => {
                let ruling = meaning::of(self.code.as_deref(), self.status, &self.message);
                (ruling.meaning, (ruling.cure)(call, &self.message))
            }
            Kind::Unanswered => (Meaning::Failed, cure::unanswered(call, &self.message)),
            Kind::NotUnderstood => (Meaning::Failed, cure::form(call, &self.message)),
            Kind::BrokeOff => (Meaning::Failed, cure::later(call, &self.message)),
        };
        let id = call.model.id.clone();
        let message = self.to_string();
        match meaning {
            Meaning::AccessDenied => ModelError::AccessDenied { id, message, hint },
            Meaning::NoModelAccess => ModelError::NoModelAccess { id, message, hint },
            Meaning::Missing => ModelError::Missing { id, message, hint },
            Meaning::InvalidRequest => ModelError::InvalidRequest { id, message, hint },
            Meaning::InputTooLong => ModelError::InputTooLong {
                id,
                chars: None,
                limit_chars: None,
                message: Some(message),
            },
            Meaning::Throttled => {
                ModelError::Throttled { id, retry_after: self.retry_after, message }
            }
            Meaning::TimedOut => {
                ModelError::TimedOut { id, limit: call.limit, message: Some(message) }
            }
            Meaning::Failed => ModelError::ProviderFailure { id, message, hint },
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(code) = &self.code {
            write!(f, "`{code}`: ")?;
        }
        f.write_str(&self.message)?;
        let mut facts = Vec::new();
        facts.extend(self.status.map(|status| format!("status {status}")));
        facts.extend(self.original_status.map(|status| format!("the model's status {status}")));
        facts.extend(self.request_id.as_ref().map(|id| format!("request id `{id}`")));
        if facts.is_empty() { Ok(()) } else { write!(f, " ({})", facts.join(", ")) }
    }
}

/// `validationException` in a frame is `ValidationException` in an answer.
fn capitalised(code: &str) -> String {
    let mut chars = code.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// Others' words, as they may be logged.
///
/// On one line, and cut: a message with a whole answer in it would flood the log.
/// And without what should have been signed, which AWS tells to a wrong signature: it has the session token in it.
fn told(message: &str) -> String {
    let (public, _) = message.split_once("The Canonical String").unwrap_or((message, ""));
    let mut told: String = public.trim().chars().take(MAX_MESSAGE_CHARS + 1).collect();
    if told.chars().count() > MAX_MESSAGE_CHARS {
        told.pop();
        told.push('…');
    }
    told.replace(|c: char| c.is_control(), " ")
}

/// AWS's longest messages, those of denied access with three ARNs, are shorter.
const MAX_MESSAGE_CHARS: usize = 1_000;

#[cfg(test)]
mod tests;
