//! URLs that let somebody without credentials read or write one object for a while.

use std::fmt;
use std::time::{Duration, SystemTime};

use url::Url;

/// How long a presigned URL lives: whole seconds, from one second to seven days.
///
/// Seven days is the limit of Signature Version 4 (Amazon S3 User Guide, "Download and upload objects with presigned URLs").
/// A URL that temporary credentials have signed dies with them, if that is earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UrlExpiry(Duration);

impl UrlExpiry {
    /// One second.
    pub const MIN: Self = Self(Duration::from_secs(1));
    /// Seven days.
    pub const MAX: Self = Self(Duration::from_secs(7 * 24 * 60 * 60));

    /// Checks the bounds; a fraction of a second is cut off.
    pub fn new(duration: Duration) -> Result<Self, ExpiryError> {
        if duration < Self::MIN.0 || duration > Self::MAX.0 {
            return Err(ExpiryError { duration });
        }
        Ok(Self(Duration::from_secs(duration.as_secs())))
    }

    /// [`UrlExpiry::new`] of so many seconds.
    pub fn from_secs(seconds: u64) -> Result<Self, ExpiryError> {
        Self::new(Duration::from_secs(seconds))
    }

    /// The duration, in whole seconds.
    pub fn as_duration(self) -> Duration {
        self.0
    }
}

/// A lifetime that a presigned URL cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a presigned URL lives from 1 second to 7 days (604800 seconds), not {duration:?}")]
pub struct ExpiryError {
    duration: Duration,
}

/// What a presigned URL lets its holder do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresignMethod {
    /// Read the object.
    Get,
    /// Write the object.
    Put,
}

impl PresignMethod {
    /// The HTTP method.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
        }
    }
}

impl fmt::Display for PresignMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A URL with its own permission inside; whoever holds it may use it, so it is a secret while it lives.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedUrl {
    /// What it may be used for.
    pub method: PresignMethod,
    /// Where to send the request, to the byte.
    pub url: Url,
    /// Headers (name in lower case, value) that the request must carry, since the signature covers them.
    pub headers: Vec<(String, String)>,
    /// When it stops working, unless the credentials that signed it die before.
    pub expires_at: SystemTime,
}

/// Leaves the query out: the signature is in it.
impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.url.clone();
        url.set_query(Some("redacted"));
        f.debug_struct("PresignedUrl")
            .field("method", &self.method)
            .field("url", &url.as_str())
            .field("headers", &self.headers)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_bounded() {
        let seven_days = 604_800;
        for seconds in [1, 2, 3_600, seven_days] {
            let expiry = UrlExpiry::from_secs(seconds).unwrap();
            assert_eq!(expiry.as_duration().as_secs(), seconds);
        }
        for refused in [0, seven_days + 1, u64::MAX] {
            assert!(UrlExpiry::from_secs(refused).is_err(), "{refused}");
        }
        assert!(UrlExpiry::new(Duration::from_millis(999)).is_err());
        assert!(UrlExpiry::new(Duration::from_millis(604_800_001)).is_err());
        let cut = UrlExpiry::new(Duration::from_millis(1_999)).unwrap();
        assert_eq!(cut, UrlExpiry::MIN);
    }

    #[test]
    fn debug_output_does_not_give_the_signature_away() {
        let url = PresignedUrl {
            method: PresignMethod::Get,
            url: Url::parse("https://host/key?X-Amz-Signature=abc").unwrap(),
            headers: Vec::new(),
            expires_at: SystemTime::UNIX_EPOCH,
        };
        assert!(!format!("{url:?}").contains("abc"));
    }
}
