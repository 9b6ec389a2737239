//! The call log: who called what, with which outcome.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One answered call.
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
    /// `s3:Unknown` where the request was refused before its operation was known.
    pub action: String,
    /// The bucket in the request's path.
    pub bucket: Option<String>,
    /// The object key in the request's path; the keys of a DeleteObjects are in its body and not here.
    pub key: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// AWS's error code, where the answer is an error.
    pub error: Option<String>,
    /// Refused as a caller (401 or 403, or a signature that could not be read), whatever it asked for.
    pub refused: bool,
    /// From the request's head to the answer's head; the sending of a body is not in it.
    pub duration: Duration,
    /// `x-amz-request-id` of the answer.
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
}

impl Service {
    /// The service's name in a credential scope.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Sts => "sts",
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
