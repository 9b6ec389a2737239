//! The call log: who called what, with which outcome.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

mod entry;

pub(crate) use entry::Entry;

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
    /// The service that the credential scope names; S3 for anonymous requests.
    pub service: Service,
    /// Service and API operation, such as `s3:PutObject` or `sts:GetCallerIdentity`: the operation's name, not the IAM action.
    ///
    /// In Bedrock and SageMaker the operations that the sandbox plays are named as their IAM actions: `bedrock:InvokeModelWithResponseStream`, `sagemaker:InvokeEndpoint`.
    /// `s3:Unknown` (`bedrock:Unknown`, ...) where the request was refused before its operation was known.
    pub action: String,
    /// The ARNs that IAM would be asked about, in Bedrock and SageMaker: the foundation model, the inference profile, the endpoint (its name in lower case).
    ///
    /// Empty for the other services, for a caller who could not be identified, and for a model identifier that means nothing.
    pub resources: Vec<String>,
    /// The bucket in the request's path.
    pub bucket: Option<String>,
    /// The object key in the request's path; the keys of a DeleteObjects are in its body and not here.
    pub key: Option<String>,
    /// The status of the answer.
    pub status: u16,
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

/// The AWS services that the sandbox plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Service {
    /// Amazon S3.
    S3,
    /// AWS Security Token Service.
    Sts,
    /// Amazon Bedrock Runtime.
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
