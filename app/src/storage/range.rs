//! Which bytes of an object are wanted.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// One range of bytes, as in an HTTP `Range` header (RFC 9110, section 14.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange(Spec);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spec {
    Closed { first: u64, last: u64 },
    From { first: u64 },
    Suffix { length: u64 },
}

impl ByteRange {
    /// `bytes=first-last`, both included; what lies behind the end of the object is left out.
    pub fn closed(first: u64, last: u64) -> Result<Self, RangeError> {
        if first > last {
            // S3 ignores such a range and sends everything: refused here, so that nobody takes the whole for a part.
            return Err(RangeError::Backwards { first, last });
        }
        Ok(Self(Spec::Closed { first, last }))
    }

    /// `bytes=first-`: everything from `first` on.
    pub fn from(first: u64) -> Self {
        Self(Spec::From { first })
    }

    /// `bytes=-length`: the last `length` bytes, or everything where there are fewer.
    pub fn suffix(length: u64) -> Self {
        Self(Spec::Suffix { length })
    }

    /// The offsets within an object of `size_bytes`; `None` if no byte of it is meant.
    ///
    /// No range can be satisfied by an empty object; AWS answers 416 there too.
    pub fn resolve(self, size_bytes: u64) -> Option<Range<u64>> {
        let range = match self.0 {
            Spec::Closed { first, last } => first..last.saturating_add(1).min(size_bytes),
            Spec::From { first } => first..size_bytes,
            Spec::Suffix { length } => size_bytes.saturating_sub(length)..size_bytes,
        };
        (range.start < range.end).then_some(range)
    }
}

/// The value of a `Range` header.
impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Spec::Closed { first, last } => write!(f, "bytes={first}-{last}"),
            Spec::From { first } => write!(f, "bytes={first}-"),
            Spec::Suffix { length } => write!(f, "bytes=-{length}"),
        }
    }
}

/// Reads the value of a `Range` header; one range only, as S3 takes it.
impl FromStr for ByteRange {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let malformed = || RangeError::Malformed { text: text.to_owned() };
        let spec = text.trim().strip_prefix("bytes=").ok_or_else(malformed)?;
        let (first, last) = spec.trim().split_once('-').ok_or_else(malformed)?;
        let number = |digits: &str| {
            // `u64` would also take a leading `+`.
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| digits.parse::<u64>().ok()).flatten().ok_or_else(malformed)
        };
        match (first, last) {
            ("", length) => Ok(Self::suffix(number(length)?)),
            (first, "") => Ok(Self::from(number(first)?)),
            (first, last) => Self::closed(number(first)?, number(last)?),
        }
    }
}

/// Why a text or a pair of numbers is no range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RangeError {
    /// The last byte comes before the first.
    #[error("range ends at byte {last}, before it starts at byte {first}")]
    Backwards {
        /// First byte wanted.
        first: u64,
        /// Last byte wanted.
        last: u64,
    },
    /// Not `bytes=a-b`, `bytes=a-` or `bytes=-n`.
    #[error("range `{text}` is not `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-LENGTH`")]
    Malformed {
        /// What was given.
        text: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_resolved_as_in_rfc_9110() {
        for (header, size, expected) in [
            ("bytes=0-0", 10, Some(0..1)),
            ("bytes=0-9", 10, Some(0..10)),
            ("bytes=5-99", 10, Some(5..10)),
            ("bytes=9-", 10, Some(9..10)),
            ("bytes=10-", 10, None),
            ("bytes=10-20", 10, None),
            ("bytes=-3", 10, Some(7..10)),
            ("bytes=-99", 10, Some(0..10)),
            ("bytes=-0", 10, None),
            ("bytes=0-", 0, None),
            ("bytes=-1", 0, None),
            ("bytes=0-18446744073709551615", 10, Some(0..10)),
        ] {
            let range: ByteRange = header.parse().unwrap();
            assert_eq!(range.resolve(size), expected, "{header} of {size}");
            assert_eq!(range.to_string(), header);
        }
    }

    #[test]
    fn what_s3_would_ignore_is_refused() {
        for text in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=1-2,4-5",
            "items=0-1",
            "bytes=+1-2",
            "bytes=1-0",
            "bytes=0x1-2",
            "bytes=1--2",
            "0-1",
            "bytes=18446744073709551616-",
        ] {
            assert!(text.parse::<ByteRange>().is_err(), "{text:?}");
        }
    }
}
