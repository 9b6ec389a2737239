//! Models and endpoints that misbehave on purpose, each in one way.
//!
//! For each family of Bedrock models there is a model `<family>.sandbox-<behaviour>-v1:0`, and for most behaviours a SageMaker endpoint `sandbox-<behaviour>`.
//! They are asked like any other, so that a test in another process can have each failure of AWS over the wire.
//! What they answer when they do answer is what an ordinary model would.

use std::fmt;
use std::time::Duration;

use crate::calls::Service;

mod effect;
mod table;

pub(crate) use effect::{Circumstances, Effect};
pub(crate) use table::{TIMED_OUT, UNEXPECTED};

/// How long [`Staged::Slow`] pauses.
pub const SLOW: Duration = Duration::from_secs(20);

/// How long [`Staged::Held`] waits at most.
pub const HOLD_LIMIT: Duration = Duration::from_secs(30);

/// The families of Bedrock models, by the first part of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// `anthropic.`: the Messages API.
    Anthropic,
    /// `amazon.`: Amazon Nova.
    Amazon,
    /// `meta.`: Llama.
    Meta,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 3] = [Self::Anthropic, Self::Amazon, Self::Meta];

    /// What the ids of its models begin with, without the dot.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::Amazon => "amazon",
            Self::Meta => "meta",
        }
    }
}

/// One way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Staged {
    /// IAM does not allow the call: AccessDeniedException with the caller's and the resource's ARN.
    Denied,
    /// The account has no access to the model.
    NoAccess,
    /// The caller may not subscribe to the model on AWS Marketplace.
    Marketplace,
    /// The account has not submitted its use case to Anthropic.
    UseCase,
    /// Too many requests; no `Retry-After`, since AWS documents none.
    Throttled,
    /// Too many requests, with `Retry-After: 1`, as gateways in front of AWS send it.
    ThrottledRetryAfter,
    /// Throttled on the first and second attempt of a call, by the attempt that the SDK counts in its `amz-sdk-request` header; then it answers.
    Flaky,
    /// A quota of the account is used up.
    Quota,
    /// The model is not ready yet.
    NotReady,
    /// The service is not available.
    Unavailable,
    /// The service broke.
    Internal,
    /// The model, or its container, broke.
    ModelError,
    /// The model took too long.
    ModelTimeout,
    /// A plain call is answered after [`SLOW`]; a stream pauses as long after its first piece of text.
    Slow,
    /// A stream ends in a `modelStreamErrorException` after two pieces of text; a plain call is answered as usual.
    Breaks,
    /// The connection is closed after two pieces of text of a stream, or in the middle of a plain answer.
    Cut,
    /// Status 200 and no JSON: in the body of a plain answer, in the chunks of a stream.
    Garbled,
    /// A stream sends its first piece of text, and the rest only when the same access key has made a plain call of the same model with the same prompt.
    ///
    /// Where none comes within [`HOLD_LIMIT`], the stream ends in a `modelTimeoutException`.
    /// A plain call is answered as usual.
    Held,
}

impl Staged {
    /// Every behaviour.
    pub const ALL: [Self; 18] = [
        Self::Denied,
        Self::NoAccess,
        Self::Marketplace,
        Self::UseCase,
        Self::Throttled,
        Self::ThrottledRetryAfter,
        Self::Flaky,
        Self::Quota,
        Self::NotReady,
        Self::Unavailable,
        Self::Internal,
        Self::ModelError,
        Self::ModelTimeout,
        Self::Slow,
        Self::Breaks,
        Self::Cut,
        Self::Garbled,
        Self::Held,
    ];

    /// Its name in ids, such as `no-access`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The Bedrock model that behaves so, such as `amazon.sandbox-throttled-v1:0`.
    pub fn model_id(self, family: Family) -> String {
        format!("{}.sandbox-{}-v1:0", family.name(), self.name())
    }

    /// The SageMaker endpoint that behaves so, such as `sandbox-throttled`.
    ///
    /// It exists where [`Staged::has_endpoint`] says so.
    pub fn endpoint_name(self) -> String {
        format!("sandbox-{}", self.name())
    }

    /// Whether SageMaker can misbehave so.
    pub fn has_endpoint(self) -> bool {
        self.row().sagemaker.is_some()
    }

    /// Status and error type of a service's refusal; `None` where it does not refuse (every time).
    pub fn error(self, service: Service) -> Option<(u16, &'static str)> {
        match self.effect(service)? {
            Effect::Refuse(wording) => Some((wording.status, wording.code)),
            _ => None,
        }
    }

    pub(crate) fn effect(self, service: Service) -> Option<Effect> {
        match service {
            Service::Bedrock => Some(self.row().bedrock),
            Service::SageMaker => self.row().sagemaker,
            Service::S3 | Service::Sts | Service::Iam => None,
        }
    }

    /// The behaviour of a model's or endpoint's name without family and version: `sandbox-throttled`.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        let name = name.strip_prefix("sandbox-")?;
        table::ROWS.iter().find(|row| row.name == name).map(|row| row.staged)
    }

    fn row(self) -> &'static table::Row {
        table::row(self)
    }
}

impl fmt::Display for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_behaviour_has_its_row_and_is_found_by_its_name() {
        for staged in Staged::ALL {
            assert_eq!(Staged::by_name(&staged.endpoint_name()), Some(staged));
        }
        assert_eq!(table::ROWS.len(), Staged::ALL.len());
        assert_eq!(Staged::by_name("sandbox-"), None);
        assert_eq!(Staged::by_name("throttled"), None);
    }
}
