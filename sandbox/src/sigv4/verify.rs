//! Who signed a request, for the services whose signatures s3s does not verify.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use super::{MAX_SKEW, V4Claim, amz_date};
use crate::access_key::{AccessKey, Keyring};

/// Why a signature was not accepted; each protocol has its own words for it.
pub(crate) enum Unverified {
    /// Signed too long ago, or a presigned request that outlived its time.
    Expired { signed: OffsetDateTime, now: OffsetDateTime, life: Duration },
    /// Signed by a clock that is too far ahead.
    NotYetCurrent { signed: OffsetDateTime, now: OffsetDateTime },
    /// No such access key, or not with this session token.
    UnknownKey,
    /// Another secret, or another request than the one that was signed.
    Mismatch,
}

impl Unverified {
    /// What AWS says, as quoted in public issues: the same sentences in every service but S3, which has its own.
    pub(crate) fn message(&self) -> String {
        match *self {
            Self::Expired { signed, now, life } => format!(
                "Signature expired: {} is now earlier than {} ({} - {} min.)",
                amz_date(signed),
                amz_date(now - life),
                amz_date(now),
                life.whole_minutes()
            ),
            Self::NotYetCurrent { signed, now } => format!(
                "Signature not yet current: {} is still later than {} ({} + {} min.)",
                amz_date(signed),
                amz_date(now + MAX_SKEW),
                amz_date(now),
                MAX_SKEW.whole_minutes()
            ),
            Self::UnknownKey => "The security token included in the request is invalid.".to_owned(),
            Self::Mismatch => "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.".to_owned(),
        }
    }
}

impl V4Claim {
    /// The key that signed the request, whose body is whole.
    pub(crate) fn verify(
        &self,
        keys: &Keyring,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<Arc<AccessKey>, Unverified> {
        self.verify_time(OffsetDateTime::now_utc())?;
        let key = keys
            .get(&self.access_key)
            .filter(|key| key.session_token == self.session_token)
            .ok_or(Unverified::UnknownKey)?;
        let hash = hex::encode(Sha256::digest(body));
        let canonical = self.canonical_request(parts, &hash, true);
        if self.is_signed_by(&key.secret, &canonical) { Ok(key) } else { Err(Unverified::Mismatch) }
    }

    fn verify_time(&self, now: OffsetDateTime) -> Result<(), Unverified> {
        // First, since nothing can be added to a time at the end of the calendar.
        if self.time > now + MAX_SKEW {
            return Err(Unverified::NotYetCurrent { signed: self.time, now });
        }
        let life: Duration = self.expires.unwrap_or(MAX_SKEW);
        if now > self.time + life {
            return Err(Unverified::Expired { signed: self.time, now, life });
        }
        Ok(())
    }
}
