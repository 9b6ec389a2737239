//! Names of regions.

use std::fmt;

/// The name of a region: letters `a` to `z`, digits and hyphens.
///
/// Servers other than AWS have names of their own (`garage`, `auto`) that requests must be signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionName(String);

impl RegionName {
    /// Checks that `name` can stand in a host name and in a signature's scope.
    pub fn new(name: &str) -> Result<Self, RegionError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (1..=63).contains(&name.len()) && name.bytes().all(plain);
        if fits && !name.starts_with('-') && !name.ends_with('-') {
            Ok(Self(name.to_owned()))
        } else {
            Err(RegionError::Malformed)
        }
    }

    /// The name itself, if it looks like one of AWS: `us-west-2`, `us-gov-east-1`, `eusc-de-east-1`.
    pub(super) fn require_aws(self) -> Result<Self, RegionError> {
        let parts: Vec<_> = self.0.split('-').collect();
        let letters = |part: &&str| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_lowercase());
        match parts.as_slice() {
            [names @ .., number]
                if (2..=3).contains(&names.len())
                    && names.iter().all(letters)
                    && matches!(number.as_bytes(), [b'1'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']) =>
            {
                Ok(self)
            }
            [names @ .., zone]
                if (2..=3).contains(&names.len())
                    && matches!(zone.as_bytes(), [b'0'..=b'9', b'a'..=b'z']) =>
            {
                Err(RegionError::Zone)
            }
            _ => Err(RegionError::NotOfAws),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RegionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text names no region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegionError {
    /// Other characters than a host name takes.
    #[error("a region has only `a` to `z`, `0` to `9` and `-`")]
    Malformed,
    /// An availability zone.
    #[error("this is an availability zone: leave the last letter out")]
    Zone,
    /// AWS has no such names.
    #[error("this does not look like a region of AWS, and no `AWS_ENDPOINT_URL` is set")]
    NotOfAws,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_aws_are_told_from_others() {
        for name in [
            "us-east-1",
            "us-west-2",
            "ap-southeast-7",
            "us-gov-west-1",
            "cn-northwest-1",
            "us-isob-east-1",
            "eusc-de-east-1",
            "mx-central-1",
        ] {
            assert!(RegionName::new(name).unwrap().require_aws().is_ok(), "{name}");
        }
        for (name, error) in [
            ("us-west-2a", RegionError::Zone),
            ("garage", RegionError::NotOfAws),
            ("us-west", RegionError::NotOfAws),
            ("west-2", RegionError::NotOfAws),
            ("us-west-0", RegionError::NotOfAws),
            ("us--west-2", RegionError::NotOfAws),
        ] {
            assert_eq!(RegionName::new(name).unwrap().require_aws(), Err(error), "{name}");
        }
        for name in ["", "US-WEST-2", "us west 2", "us_west_2", "-a", "a-", "us-west-2\n"] {
            assert_eq!(RegionName::new(name), Err(RegionError::Malformed), "{name:?}");
        }
    }
}
