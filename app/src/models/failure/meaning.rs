//! What AWS's codes and words mean: one table.
//!
//! The codes alone do not tell: a missing subscription is an `AccessDeniedException` like a missing permission, and half of all is a `ValidationException`.
//! Source: "Troubleshooting Amazon Bedrock API error codes", Amazon Bedrock User Guide; "Common errors", AWS API references; and, since no page lists the words, answers of AWS that are quoted in public issues.

use super::cure::{self, Cure};

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    AccessDenied,
    NoModelAccess,
    Missing,
    InputTooLong,
    InvalidRequest,
    Throttled,
    TimedOut,
    Failed,
}

/// What a refusal means, and what to do about it.
pub(super) struct Ruling {
    pub(super) meaning: Meaning,
    pub(super) cure: Cure,
}

/// The first row that fits; without a code the status alone tells.
pub(super) fn of(code: Option<&str>, status: Option<u16>, message: &str) -> Ruling {
    // Bedrock writes "isn’t" with a typographic apostrophe, at times.
    let message = message.to_lowercase().replace('’', "'");
    let row = code.and_then(|code| {
        TABLE.iter().find(|row| {
            row.codes.contains(&code) && row.words.iter().all(|words| message.contains(words))
        })
    });
    match (row, status) {
        (Some(row), _) => Ruling { meaning: row.meaning, cure: row.cure },
        (None, Some(403)) => Ruling { meaning: Meaning::AccessDenied, cure: cure::allow },
        (None, Some(413)) => Ruling { meaning: Meaning::InputTooLong, cure: cure::none },
        (None, Some(429)) => Ruling { meaning: Meaning::Throttled, cure: cure::none },
        (None, Some(503)) => Ruling { meaning: Meaning::Failed, cure: cure::later },
        (None, _) => Ruling { meaning: Meaning::Failed, cure: cure::none },
    }
}

struct Row {
    codes: &'static [&'static str],
    /// In lower case, all of them in the message.
    words: &'static [&'static str],
    meaning: Meaning,
    cure: Cure,
}

const fn row(
    codes: &'static [&'static str],
    words: &'static [&'static str],
    meaning: Meaning,
    cure: Cure,
) -> Row {
    Row { codes, words, meaning, cure }
}

const DENIED: &[&str] = &["AccessDeniedException", "AccessDenied", "permission_error"];
const NOT_FOUND: &[&str] = &["ResourceNotFoundException", "not_found_error"];
const GONE: &[&str] =
    &["ResourceNotFoundException", "ValidationException", "AccessDeniedException"];
const INVALID: &[&str] = &[
    "ValidationException",
    "ValidationError",
    "ValidationErrorException",
    "invalid_request_error",
];
/// Those that judge the text, AWS or the model.
const JUDGES: &[&str] = &[
    "ValidationException",
    "ValidationError",
    "invalid_request_error",
    "ModelErrorException",
    "ModelStreamErrorException",
    "ModelError",
];
const BUSY: &[&str] = &[
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "ServiceQuotaExceededException",
    "ModelNotReadyException",
    "rate_limit_error",
    "overloaded_error",
];
const CREDENTIALS: &[&str] = &[
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
];
const EXPIRED: &[&str] = &["ExpiredTokenException", "ExpiredToken", "RequestExpired"];
const SIGNATURE: &[&str] = &["InvalidSignatureException", "SignatureDoesNotMatch"];
const BROKEN: &[&str] = &[
    "InternalServerException",
    "InternalFailure",
    "InternalDependencyException",
    "ServiceUnavailableException",
    "ServiceUnavailable",
    "ModelStreamErrorException",
    "api_error",
];

/// The first row that fits counts.
static TABLE: &[Row] = &[
    // Retired models, under three codes.
    row(GONE, &["marked by provider as legacy"], Meaning::Missing, cure::retired),
    row(GONE, &["end of its life"], Meaning::Missing, cure::retired),
    // Entitlement, in the words of IAM and of others. Before the permission: the words of the Marketplace quote IAM's.
    row(DENIED, &["aws-marketplace"], Meaning::NoModelAccess, cure::marketplace),
    row(DENIED, &["model access is denied"], Meaning::NoModelAccess, cure::marketplace),
    row(DENIED, &["don't have access to the model"], Meaning::NoModelAccess, cure::model_access),
    row(DENIED, &["not available for this account"], Meaning::NoModelAccess, cure::support),
    row(
        &["AccessDeniedException", "ValidationException"],
        &["unsupported countries"],
        Meaning::NoModelAccess,
        cure::model_access,
    ),
    row(NOT_FOUND, &["use case details"], Meaning::NoModelAccess, cure::use_case_form),
    row(INVALID, &["operation not allowed"], Meaning::NoModelAccess, cure::support),
    row(INVALID, &["account is not authorized"], Meaning::NoModelAccess, cure::model_access),
    row(INVALID, &["data retention mode"], Meaning::NoModelAccess, cure::data_retention),
    row(DENIED, &[], Meaning::AccessDenied, cure::allow),
    // What is asked for is not there.
    row(NOT_FOUND, &[], Meaning::Missing, cure::no_model),
    row(INVALID, &["on-demand throughput"], Meaning::Missing, cure::inference_profile),
    row(INVALID, &["model identifier is invalid"], Meaning::Missing, cure::no_model),
    row(INVALID, &["endpoint ", "not found"], Meaning::Missing, cure::no_endpoint),
    // Too much text: first AWS itself, then Anthropic, Nova, Llama, Hugging Face.
    row(JUDGES, &["input is too long"], Meaning::InputTooLong, cure::none),
    row(JUDGES, &["too many input tokens"], Meaning::InputTooLong, cure::none),
    row(JUDGES, &["prompt is too long"], Meaning::InputTooLong, cure::none),
    row(JUDGES, &["exceed context limit"], Meaning::InputTooLong, cure::none),
    row(JUDGES, &["input tokens exceed"], Meaning::InputTooLong, cure::none),
    row(JUDGES, &["maximum context length"], Meaning::InputTooLong, cure::none),
    row(JUDGES, &["`inputs` must have less than"], Meaning::InputTooLong, cure::none),
    row(JUDGES, &["`inputs` tokens + `max_new_tokens` must be"], Meaning::InputTooLong, cure::none),
    row(JUDGES, &["expected maxlength"], Meaning::InputTooLong, cure::none),
    // Mistakes in the catalogue.
    row(INVALID, &["maximum tokens you requested"], Meaning::InvalidRequest, cure::fewer_tokens),
    row(INVALID, &["max_gen_len"], Meaning::InvalidRequest, cure::fewer_tokens),
    row(INVALID, &["maxtokens"], Meaning::InvalidRequest, cure::fewer_tokens),
    row(INVALID, &["unsupported for streaming"], Meaning::InvalidRequest, cure::no_streaming),
    row(INVALID, &["streaming", "not supported"], Meaning::InvalidRequest, cure::no_streaming),
    row(INVALID, &["temperature"], Meaning::InvalidRequest, cure::no_temperature),
    row(INVALID, &[], Meaning::InvalidRequest, cure::family),
    // Time and load.
    row(BUSY, &[], Meaning::Throttled, cure::none),
    row(&["ModelTimeoutException", "timeout_error"], &[], Meaning::TimedOut, cure::none),
    // SageMaker has no type for it.
    row(&["ModelError"], &["invocation timed out"], Meaning::TimedOut, cure::none),
    // The caller's credentials.
    row(EXPIRED, &[], Meaning::Failed, cure::expired),
    row(SIGNATURE, &["expired"], Meaning::Failed, cure::clock),
    row(SIGNATURE, &["not yet current"], Meaning::Failed, cure::clock),
    row(SIGNATURE, &[], Meaning::Failed, cure::secret),
    row(CREDENTIALS, &[], Meaning::Failed, cure::credentials),
    // The other side.
    row(BROKEN, &[], Meaning::Failed, cure::later),
    row(&["ModelError"], &[], Meaning::Failed, cure::container),
    row(&["UnknownOperationException"], &[], Meaning::Failed, cure::other_server),
];
