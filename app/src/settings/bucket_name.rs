//! Names of buckets.

use std::fmt;
use std::net::Ipv4Addr;

/// The name of a general purpose bucket (Amazon S3 User Guide, "General purpose bucket naming rules").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BucketName(String);

const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

impl BucketName {
    /// Checks `name` against the naming rules.
    pub fn new(name: &str) -> Result<Self, BucketNameError> {
        let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let ends = [name.bytes().next(), name.bytes().next_back()];
        if !(3..=63).contains(&name.len()) {
            Err(BucketNameError::Length { bytes: name.len() })
        } else if !name.bytes().all(|b| alphanumeric(b) || matches!(b, b'.' | b'-')) {
            Err(BucketNameError::Character)
        } else if !ends.into_iter().flatten().all(alphanumeric) {
            Err(BucketNameError::Ends)
        } else if name.contains("..") {
            Err(BucketNameError::AdjacentDots)
        } else if name.parse::<Ipv4Addr>().is_ok() {
            Err(BucketNameError::Address)
        } else if let Some(reserved) = RESERVED_PREFIXES.iter().find(|p| name.starts_with(**p)) {
            Err(BucketNameError::Reserved { reserved })
        } else if let Some(reserved) = RESERVED_SUFFIXES.iter().find(|s| name.ends_with(**s)) {
            Err(BucketNameError::Reserved { reserved })
        } else {
            Ok(Self(name.to_owned()))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text names no bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BucketNameError {
    /// Too short or too long.
    #[error("a bucket name has 3 to 63 characters, not {bytes}")]
    Length {
        /// What it has.
        bytes: usize,
    },
    /// Something else than lower-case letters, digits, `.` and `-`.
    #[error("a bucket name has only `a` to `z`, `0` to `9`, `-` and `.`")]
    Character,
    /// It starts or ends with `.` or `-`.
    #[error("a bucket name starts and ends with a letter or digit")]
    Ends,
    /// Two dots in a row.
    #[error("a bucket name has no `..`")]
    AdjacentDots,
    /// An IP address.
    #[error("a bucket name does not look like an IP address")]
    Address,
    /// AWS keeps this beginning or end for itself.
    #[error("AWS reserves names with `{reserved}`")]
    Reserved {
        /// The beginning or end.
        reserved: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_s3() {
        let longest = "b".repeat(63);
        for name in ["abc", "a.b-c", "123", "example-123456789012-us-west-2-an", "1.2.3", &longest]
        {
            assert_eq!(BucketName::new(name).unwrap().as_str(), name);
        }
        let reserved = |reserved| BucketNameError::Reserved { reserved };
        let too_long = "b".repeat(64);
        for (name, error) in [
            ("", BucketNameError::Length { bytes: 0 }),
            ("ab", BucketNameError::Length { bytes: 2 }),
            (too_long.as_str(), BucketNameError::Length { bytes: 64 }),
            ("Abc", BucketNameError::Character),
            ("a_b", BucketNameError::Character),
            ("s3://abc", BucketNameError::Character),
            ("abc/", BucketNameError::Character),
            ("büc", BucketNameError::Character),
            ("-abc", BucketNameError::Ends),
            ("abc.", BucketNameError::Ends),
            ("a..b", BucketNameError::AdjacentDots),
            ("192.168.5.4", BucketNameError::Address),
            ("xn--abc", reserved("xn--")),
            ("sthree-abc", reserved("sthree-")),
            ("amzn-s3-demo-bucket", reserved("amzn-s3-demo-")),
            ("abc-s3alias", reserved("-s3alias")),
            ("abc--x-s3", reserved("--x-s3")),
        ] {
            assert_eq!(BucketName::new(name), Err(error), "{name:?}");
        }
    }
}
