//! Turns the SDK's errors into ours: AWS's code, message and request id, and what to do about it.

use std::fmt;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::error::hinted;

/// A call that failed.
#[derive(Debug, Clone)]
pub(crate) struct AwsError {
    /// The IAM action or operation, `s3:PutObject`.
    pub(crate) operation: &'static str,
    /// The bucket, or bucket and key; empty where there is none.
    pub(crate) subject: String,
    /// What kind of failure it is.
    pub(crate) kind: Kind,
    /// AWS's error code.
    pub(crate) code: Option<String>,
    /// The region of the bucket, where the server named it.
    pub(crate) bucket_region: Option<String>,
    message: String,
    request_id: Option<String>,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 403 without a better reason.
    Denied,
    /// The key is unknown or the secret does not fit it.
    BadCredentials,
    /// The credentials were good once.
    Expired,
    /// The clocks are more than 15 minutes apart.
    ClockSkew,
    /// 404.
    Missing,
    /// The bucket is in another region.
    WrongRegion,
    /// A precondition did not hold.
    Precondition,
    /// The server does not know the operation.
    NotSupported,
    /// Too many requests, or a passing fault of the server: worth another try.
    Throttled,
    /// No answer: refused, reset, timed out, no such host.
    Unreachable,
    /// An answer that is not of this protocol.
    NotTheProtocol,
    /// Anything else.
    Other,
}

impl AwsError {
    /// Reads an SDK error of `operation` on `subject`.
    pub(crate) fn new<E>(
        operation: &'static str,
        subject: impl Into<String>,
        error: SdkError<E, HttpResponse>,
    ) -> AwsError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let response = error.raw_response();
        let status = response.map(|response| response.status().as_u16());
        let header = |name: &str| {
            response.and_then(|response| response.headers().get(name)).map(ToOwned::to_owned)
        };
        let code = error.code().map(ToOwned::to_owned);
        let bucket_region = header("x-amz-bucket-region");
        let request_id = header("x-amz-request-id").or_else(|| header("x-amzn-requestid"));
        let kind = match &error {
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => Kind::Unreachable,
            SdkError::ResponseError(_) => Kind::NotTheProtocol,
            SdkError::ServiceError(_) => Kind::of_answer(code.as_deref(), status),
            _ => Kind::Other,
        };
        let message = match error.message() {
            Some(message) => message.to_owned(),
            // HEAD answers have no body, so that the status is all there is.
            None => match (&error, status) {
                (SdkError::ServiceError(_), Some(status)) => format!("HTTP status {status}"),
                _ => with_sources(&error),
            },
        };
        AwsError {
            operation,
            subject: subject.into(),
            kind: kind.or_skew(&message),
            code,
            bucket_region,
            message,
            request_id,
        }
    }

    /// An answer of a service that we have no SDK for.
    pub(super) fn answered(
        operation: &'static str,
        subject: String,
        status: u16,
        code: Option<String>,
        message: String,
        request_id: Option<String>,
    ) -> AwsError {
        let kind = Kind::of_answer(code.as_deref(), Some(status)).or_skew(&message);
        AwsError { operation, subject, kind, code, bucket_region: None, message, request_id }
    }

    /// No answer of such a service.
    pub(super) fn unanswered(
        operation: &'static str,
        subject: String,
        message: String,
    ) -> AwsError {
        let kind = Kind::Unreachable;
        let (code, bucket_region, request_id) = (None, None, None);
        AwsError { operation, subject, kind, code, bucket_region, message, request_id }
    }

    /// The same failure, where it turns out that the answer is none of S3's.
    pub(crate) fn not_the_protocol(self) -> AwsError {
        let message = format!("the answer is none of S3's ({})", self.message);
        AwsError { kind: Kind::NotTheProtocol, message, ..self }
    }

    /// As an error of a command, with its cure.
    pub(crate) fn into_error(self) -> anyhow::Error {
        match self.cure() {
            Some(cure) => hinted(self, cure),
            None => self.into(),
        }
    }

    /// What the server says, without a closing full stop.
    pub(crate) fn message(&self) -> &str {
        self.message.trim_end_matches('.')
    }

    /// What to do about it, where that is known.
    pub(crate) fn cure(&self) -> Option<String> {
        let text = match self.kind {
            Kind::Denied => format!(
                "allow `{}`{} for the caller that `aws sts get-caller-identity` names",
                self.operation,
                if self.subject.is_empty() {
                    String::new()
                } else {
                    format!(" on `{}`", self.subject)
                }
            ),
            Kind::BadCredentials => {
                "check the access key and its secret; `aws sts get-caller-identity` must answer".to_owned()
            }
            Kind::Expired => {
                "renew the credentials (`aws sso login`, or new temporary keys) and run the command again".to_owned()
            }
            Kind::ClockSkew => "set this machine's clock: it is more than 15 minutes off".to_owned(),
            Kind::WrongRegion => match &self.bucket_region {
                Some(region) => format!("export AWS_REGION={region}"),
                None => "set `AWS_REGION` to the bucket's own region".to_owned(),
            },
            Kind::Unreachable => {
                "check the network and, if set, `AWS_ENDPOINT_URL`; is the server running?".to_owned()
            }
            Kind::NotTheProtocol => {
                "check `AWS_ENDPOINT_URL`: what answers there does not speak S3".to_owned()
            }
            _ => return None,
        };
        Some(text)
    }
}

/// An error and what caused it, on one line. The SDK's own way adds every struct on the way down.
pub(super) fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        // Some errors repeat their cause in their own words.
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
        source = error.source();
    }
    text
}

impl Kind {
    /// Outside of S3 a clock that is off has no code of its own ("Signature expired: ... is now earlier
    /// than ...", "Signature not yet current: ...").
    fn or_skew(self, message: &str) -> Kind {
        let is_skew = ["Signature expired", "Signature not yet current"];
        match is_skew.iter().any(|begin| message.starts_with(begin)) {
            true => Kind::ClockSkew,
            false => self,
        }
    }

    /// By the error code, or by the HTTP status where the code is not known.
    pub(crate) fn of_answer(code: Option<&str>, status: Option<u16>) -> Kind {
        match code {
            Some(
                "InvalidAccessKeyId"
                | "InvalidClientTokenId"
                | "SignatureDoesNotMatch"
                | "UnrecognizedClientException"
                | "InvalidToken"
                | "InvalidSecurity",
            ) => Kind::BadCredentials,
            Some(
                "ExpiredToken"
                | "ExpiredTokenException"
                | "TokenRefreshRequired"
                | "RequestExpired",
            ) => Kind::Expired,
            Some("RequestTimeTooSkewed") => Kind::ClockSkew,
            Some(
                "PermanentRedirect"
                | "AuthorizationHeaderMalformed"
                | "IllegalLocationConstraintException",
            ) => Kind::WrongRegion,
            Some("PreconditionFailed" | "ConditionalRequestConflict") => Kind::Precondition,
            Some("NotImplemented" | "MethodNotAllowed" | "UnknownOperationException") => {
                Kind::NotSupported
            }
            Some(
                "SlowDown"
                | "ServiceUnavailable"
                | "InternalError"
                | "RequestTimeout"
                | "Throttling"
                | "ThrottlingException"
                | "OperationAborted"
                | "503 SlowDown",
            ) => Kind::Throttled,
            _ => match status {
                Some(301) => Kind::WrongRegion,
                Some(401 | 403) => Kind::Denied,
                Some(404) => Kind::Missing,
                Some(405 | 501) => Kind::NotSupported,
                Some(412) => Kind::Precondition,
                Some(429 | 500 | 502 | 503 | 504) => Kind::Throttled,
                _ => Kind::Other,
            },
        }
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.operation)?;
        if !self.subject.is_empty() {
            write!(f, " on `{}`", self.subject)?;
        }
        write!(f, " failed: ")?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(self.message())?;
        if let Some(request_id) = &self.request_id {
            write!(f, " (request id {request_id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for AwsError {}

#[cfg(test)]
impl AwsError {
    /// An answer, by hand.
    pub(crate) fn of_answer(
        operation: &'static str,
        subject: &str,
        status: u16,
        code: &str,
        message: &str,
    ) -> AwsError {
        let (code, message) = (Some(code.to_owned()), message.to_owned());
        AwsError::answered(operation, subject.to_owned(), status, code, message, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_told_from_a_bad_secret() {
        let kind = |message| {
            let code = "SignatureDoesNotMatch";
            AwsError::of_answer("sts:GetCallerIdentity", "", 403, code, message).kind
        };
        assert_eq!(
            kind("Signature expired: 20261122T100000Z is now earlier than 20261122T101500Z"),
            Kind::ClockSkew
        );
        assert_eq!(kind("Signature not yet current: 20261122T103000Z"), Kind::ClockSkew);
        assert_eq!(
            kind("The request signature we calculated does not match"),
            Kind::BadCredentials
        );
    }
}
