//! What S3 says when it refuses, with the cure where there is one.

use std::error::Error;
use std::fmt::Write as _;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::super::error::StorageError;
use super::super::key::ObjectKey;
use super::super::transfer::BoxError;
use super::S3Backend;
use super::operation::Operation;
use crate::causes;

/// S3 refused, could not be reached, or answered nonsense.
#[non_exhaustive]
pub struct S3Error {
    /// The operation's name in the API: `GetObject`.
    pub operation: &'static str,
    /// The bucket.
    pub bucket: String,
    /// The whole key, with `S3_KEY_PREFIX`; empty where the bucket as such was meant.
    pub key: String,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// AWS's error code, such as `AccessDenied`; answers to HEAD requests have none.
    pub code: Option<String>,
    /// AWS's words, or the reason why there was no answer.
    pub message: String,
    /// What AWS support asks for.
    pub request_id: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    source: Option<BoxError>,
}

impl std::fmt::Display for S3Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` on `s3://{}/{}` failed: ", self.operation, self.bucket, self.key)?;
        if let Some(code) = &self.code {
            write!(f, "`{code}`: ")?;
        }
        f.write_str(&self.message)?;
        match (self.status, &self.request_id) {
            (Some(status), Some(id)) => write!(f, " (status {status}, request id `{id}`)"),
            (Some(status), None) => write!(f, " (status {status}, no request id)"),
            (None, _) => Ok(()),
        }
    }
}

/// What is displayed, and the hint; the SDK's own error would be pages.
impl std::fmt::Debug for S3Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3Error")
            .field("message", &self.to_string())
            .field("hint", &self.hint)
            .finish_non_exhaustive()
    }
}

impl Error for S3Error {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

impl S3Error {
    /// The body of a download broke off.
    pub(super) fn broken_body(
        backend: &S3Backend,
        key: &ObjectKey,
        error: impl Error + Send + Sync + 'static,
    ) -> StorageError {
        let message = format!("the body broke off: {}", causes::in_one_line(&error));
        Self::local(backend, Operation::GET_OBJECT, key.as_str(), message, Some(error.into()))
    }

    /// The answer contradicts the protocol.
    pub(super) fn bad_answer(
        backend: &S3Backend,
        operation: Operation,
        key: &str,
        message: String,
    ) -> StorageError {
        Self::local(backend, operation, key, message, None)
    }

    /// No URL could be signed.
    pub(super) fn not_signed(
        backend: &S3Backend,
        operation: Operation,
        key: &ObjectKey,
        error: BoxError,
    ) -> StorageError {
        let message = format!("no presigned URL: {}", causes::in_one_line(error.as_ref()));
        Self::local(backend, operation, key.as_str(), message, Some(error))
    }

    fn local(
        backend: &S3Backend,
        operation: Operation,
        key: &str,
        message: String,
        source: Option<BoxError>,
    ) -> StorageError {
        StorageError::S3(Box::new(Self {
            operation: operation.name,
            bucket: backend.bucket.clone(),
            key: key.to_owned(),
            status: None,
            code: None,
            message,
            request_id: None,
            hint: None,
            source,
        }))
    }
}

/// An error of the SDK, read once, before it is known what it means for the caller.
pub(super) struct Failure {
    status: Option<u16>,
    code: Option<String>,
    message: String,
    request_id: Option<String>,
    headers: Vec<(String, String)>,
    body: String,
    source: BoxError,
}

impl Failure {
    pub(super) fn new<E>(error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let response = error.raw_response();
        let headers: Vec<_> = response
            .iter()
            .flat_map(|response| response.headers())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let status = response.map(|response| response.status().as_u16());
        let service = error.as_service_error().map(ProvideErrorMetadata::meta);
        let code = service.and_then(|meta| meta.code()).map(str::to_owned);
        let said = service.and_then(|meta| meta.message()).map(str::to_owned);
        let message = said.unwrap_or_else(|| match &error {
            SdkError::ServiceError(_) => "the server gave no reason that can be read".to_owned(),
            SdkError::TimeoutError(_) => format!("timed out: {}", causes::behind(&error)),
            SdkError::DispatchFailure(_) => format!("no answer: {}", causes::behind(&error)),
            SdkError::ResponseError(_) => {
                format!("the answer was not understood: {}", causes::behind(&error))
            }
            _ => causes::behind(&error),
        });
        let request_id = ["x-amz-request-id", "x-amzn-requestid"]
            .iter()
            .find_map(|id| headers.iter().find(|(name, _)| name == id));
        let body = response.and_then(|response| response.body().bytes());
        let body = body.map(|body| String::from_utf8_lossy(body).into_owned());
        Self {
            status,
            code,
            message,
            request_id: request_id.map(|(_, id)| id.clone()),
            headers,
            body: body.unwrap_or_default(),
            source: error.into(),
        }
    }

    pub(super) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    pub(super) fn status(&self) -> Option<u16> {
        self.status
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(n, _)| n == name);
        header.map(|(_, value)| value.as_str())
    }

    /// The ETag in an answer that says "done" in other words than S3: without an error, but not understood by the SDK.
    pub(super) fn etag_of_odd_success(&self) -> Option<String> {
        if self.status != Some(200) || self.code.is_some() || self.body.contains("<Error>") {
            return None;
        }
        let (_, behind) = self.body.split_once("<ETag>")?;
        let (etag, _) = behind.split_once("</ETag>")?;
        Some(etag.replace("&quot;", "\"").replace("&#34;", "\""))
    }

    pub(super) fn of(self, backend: &S3Backend, operation: Operation, key: &str) -> StorageError {
        let hint = self.hint(backend, operation, key);
        StorageError::S3(Box::new(S3Error {
            operation: operation.name,
            bucket: backend.bucket.clone(),
            key: key.to_owned(),
            status: self.status,
            code: self.code,
            message: self.message,
            request_id: self.request_id,
            hint,
            source: Some(self.source),
        }))
    }

    fn hint(&self, backend: &S3Backend, operation: Operation, key: &str) -> Option<String> {
        let bucket = &backend.bucket;
        let variable = backend.bucket_variable;
        let hint = match (self.code(), self.status) {
            (Some("NoSuchBucket"), _) | (_, Some(404)) if operation.on_bucket || self.code() == Some("NoSuchBucket") => format!(
                "set `{variable}` to a bucket that exists, or create it: aws s3 mb s3://{bucket}"
            ),
            (Some("PermanentRedirect" | "AuthorizationHeaderMalformed" | "TemporaryRedirect"), _)
            | (_, Some(301)) => match self.bucket_region() {
                Some(region) => format!("the bucket is in another region: AWS_REGION={region}"),
                None => format!(
                    "set `AWS_REGION` to the bucket's region: aws s3api get-bucket-location --bucket {bucket}"
                ),
            },
            (Some("ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired"), _) => {
                "the temporary credentials have expired: get new ones, for instance by `aws sso login`"
                    .to_owned()
            }
            (Some("InvalidAccessKeyId"), _) => {
                "AWS does not know this `AWS_ACCESS_KEY_ID`: see where it comes from by `aws configure list`"
                    .to_owned()
            }
            (Some("InvalidToken"), _) => {
                "`AWS_SESSION_TOKEN` does not belong to the key: unset it, or get new credentials".to_owned()
            }
            (Some("SignatureDoesNotMatch"), _) => {
                "check `AWS_SECRET_ACCESS_KEY`, and `AWS_REGION` on servers other than AWS".to_owned()
            }
            (Some("RequestTimeTooSkewed"), _) => "set this machine's clock".to_owned(),
            (Some("AccessDenied" | "AllAccessDisabled" | "AccountProblem"), _) | (_, Some(403)) => {
                self.permission_hint(backend, operation, key)
            }
            (Some("NotImplemented"), _) | (_, Some(501)) => {
                format!("this server does not offer `{}`", operation.name)
            }
            (Some("SlowDown" | "ServiceUnavailable"), _) | (_, Some(503)) => {
                "the server is busy: try again later".to_owned()
            }
            (None, None) => return self.unanswered_hint(backend),
            _ => return None,
        };
        Some(hint)
    }

    fn bucket_region(&self) -> Option<String> {
        if let Some(region) = self.header("x-amz-bucket-region") {
            return Some(region.to_owned());
        }
        // "The authorization header is malformed; the region 'a' is wrong; expecting 'b'"
        let (_, behind) = self.message.split_once("expecting '")?;
        Some(behind.split_once('\'')?.0.to_owned())
    }

    fn permission_hint(&self, backend: &S3Backend, operation: Operation, key: &str) -> String {
        let bucket = &backend.bucket;
        let resource = if operation.on_bucket {
            format!("arn:aws:s3:::{bucket}")
        } else {
            format!("arn:aws:s3:::{bucket}/{key}")
        };
        let mut hint = format!("allow `{}` on `{resource}`", operation.action);
        if operation.action == "s3:GetObject" {
            let _ = write!(
                hint,
                "; without `s3:ListBucket` on `arn:aws:s3:::{bucket}` a missing object is answered like this too"
            );
        }
        hint
    }

    fn unanswered_hint(&self, backend: &S3Backend) -> Option<String> {
        let message = self.message.to_ascii_lowercase();
        if message.contains("credential") {
            return Some(
                "set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`".to_owned(),
            );
        }
        match &backend.endpoint {
            Some(endpoint) => Some(format!(
                "is a server running at `{endpoint}`? it comes from `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3` or the profile"
            )),
            None => Some(
                "check the network, and `AWS_REGION`: its endpoint could not be reached".to_owned(),
            ),
        }
    }
}
