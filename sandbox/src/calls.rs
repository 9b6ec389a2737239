//! The call log: who called what, with which outcome.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::iam::Need;

mod entry;
mod sender;

pub(crate) use entry::Entry;
pub(crate) use sender::Sender;

/// One answered call.
///
/// A call whose answer is a stream is logged when the stream ends, before its last piece is sent: whoever has read a stream to its end finds it in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The access key id that the request named; `None` for an anonymous one.
    ///
    /// Where `refused` is true, nothing proves that the caller holds that key.
    pub access_key: Option<String>,
    /// The name that the calling program has given to its SDK (`app/NAME` in the user agent).
    pub app_name: Option<String>,
    /// The signature came in the query, as in a presigned URL: who made the URL need not be who followed it.
    pub presigned: bool,
    /// The service that the credential scope names; S3 for anonymous requests.
    pub service: Service,
    /// Service and API operation, such as `s3:PutObject` or `sts:GetCallerIdentity`: the operation's name, not the IAM action.
    ///
    /// In Bedrock and SageMaker the operations that the sandbox plays are named as their IAM actions: `bedrock:InvokeModelWithResponseStream`, `sagemaker:InvokeEndpoint`.
    /// `s3:Unknown` (`bedrock:Unknown`, ...) where the request was refused before its operation was known.
    pub action: String,
    /// What IAM had to allow for the call to be answered as it was, each once.
    ///
    /// Empty where the caller was refused, where the call failed before it was known what it asks for, and for a redirection to another region.
    /// Of a DeleteObjects, one for each key that might be deleted; of a call through an inference profile, one for each of its destination regions.
    pub needs: Vec<Need>,
    /// The bucket in the request's path.
    pub bucket: Option<String>,
    /// The object key in the request's path; the keys of a DeleteObjects are in its body and not here.
    pub key: Option<String>,
    /// What a listing asked its keys to begin with.
    pub prefix: Option<String>,
    /// The model that Bedrock was asked for, as the request's path names it: an id or an ARN.
    pub model: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The length of the answer's body; `None` where it was not known from the answer's head.
    pub answer_bytes: Option<u64>,
    /// What a model counted; `None` where none answered, or where its answer was to break off before it tells.
    pub tokens: Option<Tokens>,
    /// AWS's error code, where the answer is an error; in a stream of events, the exception that ended it.
    pub error: Option<String>,
    /// Refused as a caller (401 or 403, or a signature that could not be read), whatever it asked for.
    pub refused: bool,
    /// The client went away before its answer was complete; where not even the head had been sent, `status` is 499.
    ///
    /// Known in Bedrock and SageMaker only.
    pub abandoned: bool,
    /// From the request's head to the answer's head; the sending of a body is not in it.
    pub duration: Duration,
    /// `x-amz-request-id` (`x-amzn-requestid` outside S3) of the answer.
    pub request_id: String,
}

impl Call {
    /// A call of which nothing else is known.
    pub(crate) fn of(service: Service, operation: &str, request_id: String) -> Self {
        Self {
            access_key: None,
            app_name: None,
            presigned: false,
            service,
            action: format!("{service}:{operation}"),
            needs: Vec::new(),
            bucket: None,
            key: None,
            prefix: None,
            model: None,
            status: 0,
            answer_bytes: None,
            tokens: None,
            error: None,
            refused: false,
            abandoned: false,
            duration: Duration::ZERO,
            request_id,
        }
    }
}

/// The tokens of one answer of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// What it read.
    pub input: u64,
    /// What it wrote.
    pub output: u64,
}

/// The AWS services that the sandbox plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Service {
    /// Amazon S3.
    S3,
    /// AWS Security Token Service.
    Sts,
    /// AWS Identity and Access Management.
    Iam,
    /// Amazon Bedrock Runtime, and what is played of Bedrock's control plane.
    Bedrock,
    /// Amazon SageMaker Runtime.
    SageMaker,
}

impl Service {
    /// The service's name in a credential scope.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Sts => "sts",
            Self::Iam => "iam",
            Self::Bedrock => "bedrock",
            Self::SageMaker => "sagemaker",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The calls so far, in the order of completion.
#[derive(Default)]
pub(crate) struct CallLog {
    calls: Mutex<Vec<Call>>,
}

impl CallLog {
    pub(crate) fn push(&self, call: Call) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    pub(crate) fn snapshot(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
