//! Conditional requests: what `If-Match` and its relatives decide.
//!
//! Sources: RFC 9110, section 13; "Conditional requests", S3 User Guide.

use std::time::SystemTime;

use s3s::dto::{ETagCondition, Timestamp};
use time::OffsetDateTime;

use super::Cx;
use super::convert::missing_version;
use crate::fault::Fault;
use crate::store::Bucket;

/// The four conditions of a read, or of a copy's source.
#[derive(Default)]
pub(super) struct ReadConditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
    pub(super) if_modified_since: Option<Timestamp>,
    pub(super) if_unmodified_since: Option<Timestamp>,
}

/// Why a read is not answered with the object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unmet {
    /// 304: the client has it already.
    NotModified,
    /// 412, by this header.
    Failed(&'static str),
}

impl ReadConditions {
    /// Decides for an object of this ETag and time; `If-Match` overrules `If-Unmodified-Since`, `If-None-Match` overrules `If-Modified-Since`.
    pub(super) fn decide(&self, etag: &str, modified: SystemTime) -> Result<(), Unmet> {
        let modified = whole_seconds(modified);
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) if !holds(condition, etag) => {
                return Err(Unmet::Failed("If-Match"));
            }
            (None, Some(since))
                if modified > OffsetDateTime::from(since.clone()).unix_timestamp() =>
            {
                return Err(Unmet::Failed("If-Unmodified-Since"));
            }
            _ => {}
        }
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) if holds(condition, etag) => Err(Unmet::NotModified),
            (None, Some(since))
                if modified <= OffsetDateTime::from(since.clone()).unix_timestamp() =>
            {
                Err(Unmet::NotModified)
            }
            _ => Ok(()),
        }
    }
}

/// HTTP dates have no fractions.
fn whole_seconds(time: SystemTime) -> i64 {
    OffsetDateTime::from(time).unix_timestamp()
}

fn holds(condition: &ETagCondition, etag: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(wanted) => wanted.value() == etag,
    }
}

/// The conditions of a write: `If-Match` and `If-None-Match: *`.
pub(super) struct WriteConditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
}

impl WriteConditions {
    /// Reads them from the headers, for CopyObject, whose input does not carry them.
    ///
    /// # Errors
    /// As `check`; InvalidArgument for what is no ETag.
    pub(super) fn from_headers(cx: &Cx) -> Result<Self, Fault> {
        let read = |name: &'static str| {
            let invalid = |_| Fault::new("InvalidArgument").field("ArgumentName", name);
            cx.header(name)
                .map(|text| ETagCondition::parse_http_header(text.as_bytes()).map_err(invalid))
                .transpose()
        };
        let conditions =
            Self { if_match: read("if-match")?, if_none_match: read("if-none-match")? };
        conditions.check()?;
        Ok(conditions)
    }

    /// What can be refused before the bucket is looked at.
    ///
    /// # Errors
    /// NotImplemented for an `If-None-Match` other than `*`.
    pub(super) fn check(&self) -> Result<(), Fault> {
        match &self.if_none_match {
            Some(ETagCondition::ETag(_)) => {
                Err(Fault::new("NotImplemented").field("Header", "If-None-Match").field(
                    "additionalMessage",
                    "We don't accept the provided value of If-None-Match header for this API",
                ))
            }
            _ => Ok(()),
        }
    }

    /// Decides against the key's current object.
    ///
    /// # Errors
    /// PreconditionFailed; NoSuchKey for an `If-Match` without an object.
    pub(super) fn decide(&self, bucket: &Bucket, key: &str) -> Result<(), Fault> {
        let current = bucket.version(key, None);
        if self.if_none_match.is_some() && current.is_ok() {
            return Err(failed("If-None-Match"));
        }
        if let Some(condition) = &self.if_match {
            match current {
                Err(missing) => return Err(missing_version(missing, key, None)),
                Ok(version) => {
                    let etag = version.object().map_or("", |object| object.etag.as_str());
                    if !holds(condition, etag) {
                        return Err(failed("If-Match"));
                    }
                }
            }
        }
        Ok(())
    }
}

/// 412, by this header.
pub(super) fn failed(condition: &'static str) -> Fault {
    Fault::new("PreconditionFailed").field("Condition", condition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(seconds * 1_000 + 500)
    }

    fn etag(text: &str) -> Option<ETagCondition> {
        Some(text.parse().unwrap())
    }

    fn since(seconds: u64) -> Option<Timestamp> {
        Some((SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).into())
    }

    #[test]
    fn a_match_overrules_the_dates() {
        let conditions = ReadConditions {
            if_match: etag("\"a\""),
            if_unmodified_since: since(1),
            ..ReadConditions::default()
        };
        assert_eq!(conditions.decide("a", at(5)), Ok(()));
        let conditions = ReadConditions {
            if_none_match: etag("\"b\""),
            if_modified_since: since(9),
            ..ReadConditions::default()
        };
        assert_eq!(conditions.decide("a", at(5)), Ok(()));
    }

    #[test]
    fn fractions_of_a_second_do_not_count() {
        let conditions =
            ReadConditions { if_modified_since: since(5), ..ReadConditions::default() };
        assert_eq!(conditions.decide("a", at(5)), Err(Unmet::NotModified));
        let conditions =
            ReadConditions { if_unmodified_since: since(5), ..ReadConditions::default() };
        assert_eq!(conditions.decide("a", at(5)), Ok(()));
    }

    #[test]
    fn unmet_conditions_name_their_header() {
        let conditions = ReadConditions { if_match: etag("\"b\""), ..ReadConditions::default() };
        assert_eq!(conditions.decide("a", at(5)), Err(Unmet::Failed("If-Match")));
        let conditions = ReadConditions { if_none_match: etag("*"), ..ReadConditions::default() };
        assert_eq!(conditions.decide("a", at(5)), Err(Unmet::NotModified));
    }
}
