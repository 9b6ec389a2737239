//! The staged behaviours in the words of each service.
//!
//! Statuses and types from the API references (Bedrock Runtime, "Errors" of InvokeModel; SageMaker Runtime, "Errors" of InvokeEndpoint).
//! Messages marked `[seen]` are quoted from AWS in public issues, `[doc]` are AWS's documentation, `[?]` are not confirmed; AWS changes them without notice.

use super::Staged;
use super::effect::{Effect, Original, Wording};

/// One behaviour in both services.
pub(super) struct Row {
    pub(super) staged: Staged,
    pub(super) name: &'static str,
    pub(super) bedrock: Effect,
    /// `None` where SageMaker has no such thing.
    pub(super) sagemaker: Option<Effect>,
}

/// The row of a behaviour; every one has its row (tested).
pub(super) fn row(staged: Staged) -> &'static Row {
    ROWS.iter().find(|row| row.staged == staged).unwrap_or(&ROWS[0])
}

pub(super) static ROWS: [Row; 18] = [
    Row {
        staged: Staged::Denied,
        name: "denied",
        bedrock: Effect::Refuse(&IAM),
        sagemaker: Some(Effect::Refuse(&IAM)),
    },
    Row {
        staged: Staged::NoAccess,
        name: "no-access",
        // [seen]
        bedrock: Effect::Refuse(&Wording::new(
            403,
            "AccessDeniedException",
            "You don't have access to the model with the specified model ID.",
        )),
        sagemaker: None,
    },
    Row {
        staged: Staged::Marketplace,
        name: "marketplace",
        // [seen]
        bedrock: Effect::Refuse(&Wording::new(
            403,
            "AccessDeniedException",
            "Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access to this model. Refer to the Amazon Bedrock documentation for further details. Your AWS Marketplace subscription for this model cannot be completed at this time. If you recently fixed this issue, try again after 2 minutes.",
        )),
        sagemaker: None,
    },
    Row {
        staged: Staged::UseCase,
        name: "use-case",
        // [doc] "Troubleshooting Amazon Bedrock API Error Codes", FTUFormNotFilled; the rest [seen].
        bedrock: Effect::Refuse(&Wording::new(
            404,
            "ResourceNotFoundException",
            "Model use case details have not been submitted for this account. Fill out the Anthropic use case details form before using the model. If you have already filled out the form, try again in 15 minutes.",
        )),
        sagemaker: None,
    },
    Row {
        staged: Staged::Throttled,
        name: "throttled",
        bedrock: Effect::Refuse(&THROTTLED),
        sagemaker: Some(Effect::Refuse(&RATE_EXCEEDED)),
    },
    Row {
        staged: Staged::ThrottledRetryAfter,
        name: "throttled-retry-after",
        bedrock: Effect::Refuse(&Wording { retry_after: Some("1"), ..THROTTLED }),
        sagemaker: Some(Effect::Refuse(&Wording { retry_after: Some("1"), ..RATE_EXCEEDED })),
    },
    Row {
        staged: Staged::Flaky,
        name: "flaky",
        bedrock: Effect::RefuseAtFirst(&THROTTLED),
        sagemaker: Some(Effect::RefuseAtFirst(&RATE_EXCEEDED)),
    },
    Row {
        staged: Staged::Quota,
        name: "quota",
        // [doc] ServiceQuotaExceededException
        bedrock: Effect::Refuse(&Wording::new(
            400,
            "ServiceQuotaExceededException",
            "Your request exceeds the service quota for your account. You can view your quotas at Viewing service quotas. You can resubmit your request later.",
        )),
        sagemaker: None,
    },
    Row {
        staged: Staged::NotReady,
        name: "not-ready",
        // [doc] ModelNotReadyException
        bedrock: Effect::Refuse(&Wording::new(
            429,
            "ModelNotReadyException",
            "The model specified in the request is not ready to serve inference requests.",
        )),
        // [doc] ModelNotReadyException
        sagemaker: Some(Effect::Refuse(&Wording::capitalized(
            429,
            "ModelNotReadyException",
            "Either a serverless endpoint variant's resources are still being provisioned, or a multi-model endpoint is still downloading or loading the target model. Wait and try your request again.",
        ))),
    },
    Row {
        staged: Staged::Unavailable,
        name: "unavailable",
        // [?]
        bedrock: Effect::Refuse(&Wording::new(
            503,
            "ServiceUnavailableException",
            "Bedrock is unable to process your request.",
        )),
        // [doc] ServiceUnavailable
        sagemaker: Some(Effect::Refuse(&Wording::capitalized(
            503,
            "ServiceUnavailable",
            "The service is unavailable. Try your call again.",
        ))),
    },
    Row {
        staged: Staged::Internal,
        name: "internal",
        bedrock: Effect::Refuse(&Wording::new(500, "InternalServerException", UNEXPECTED)),
        // [doc] InternalFailure
        sagemaker: Some(Effect::Refuse(&Wording::capitalized(
            500,
            "InternalFailure",
            "An internal failure occurred.",
        ))),
    },
    Row {
        staged: Staged::ModelError,
        name: "model-error",
        bedrock: Effect::Refuse(&Wording {
            original: Some(Original { status: 500, message: "" }),
            ..Wording::new(424, "ModelErrorException", UNEXPECTED)
        }),
        // [seen]
        sagemaker: Some(Effect::Refuse(&Wording {
            original: Some(Original {
                status: 500,
                message: "{\"error\":\"Request failed during generation\",\"error_type\":\"generation\"}",
            }),
            ..Wording::capitalized(
                424,
                "ModelError",
                "Received server error (500) from primary with message \"{\"error\":\"Request failed during generation\",\"error_type\":\"generation\"}\". See https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group=/aws/sagemaker/Endpoints/{endpoint} in account {account} for more information.",
            )
        })),
    },
    Row {
        staged: Staged::ModelTimeout,
        name: "model-timeout",
        // [?]
        bedrock: Effect::Refuse(&Wording::new(408, "ModelTimeoutException", TIMED_OUT)),
        // [?]: SageMaker has no status of its own for this.
        sagemaker: Some(Effect::Refuse(&Wording {
            original: Some(Original { status: 0, message: CONTAINER_TIMED_OUT }),
            ..Wording::capitalized(
                424,
                "ModelError",
                "Received server error (0) from primary with message \"Your invocation timed out while waiting for a response from container primary. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.\". See https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group=/aws/sagemaker/Endpoints/{endpoint} in account {account} for more information.",
            )
        })),
    },
    Row {
        staged: Staged::Slow,
        name: "slow",
        bedrock: Effect::Slow,
        sagemaker: Some(Effect::Slow),
    },
    Row { staged: Staged::Breaks, name: "breaks", bedrock: Effect::Breaks, sagemaker: None },
    Row { staged: Staged::Cut, name: "cut", bedrock: Effect::Cut, sagemaker: Some(Effect::Cut) },
    Row {
        staged: Staged::Garbled,
        name: "garbled",
        bedrock: Effect::Garbled,
        sagemaker: Some(Effect::Garbled),
    },
    Row { staged: Staged::Held, name: "held", bedrock: Effect::Held, sagemaker: None },
];

/// `[seen]` in 500s, 424s and exceptions of streams.
pub(crate) const UNEXPECTED: &str =
    "The system encountered an unexpected error during processing. Try your request again.";

/// `[seen]`
pub(crate) const TIMED_OUT: &str =
    "Model has timed out in processing the request. Try your request again.";

const CONTAINER_TIMED_OUT: &str = "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.";

/// `[seen]` in both services.
static IAM: Wording = Wording::capitalized(
    403,
    "AccessDeniedException",
    "User: {caller} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action",
);

/// `[seen]`
const THROTTLED: Wording =
    Wording::new(429, "ThrottlingException", "Too many requests, please wait before trying again.");

/// `[doc]` "Common Errors", SageMaker API Reference; the words `[seen]`.
const RATE_EXCEEDED: Wording = Wording::new(400, "ThrottlingException", "Rate exceeded");

impl Wording {
    const fn new(status: u16, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, capitalized: false, retry_after: None, original: None }
    }

    const fn capitalized(status: u16, code: &'static str, message: &'static str) -> Self {
        Self { capitalized: true, ..Self::new(status, code, message) }
    }
}
