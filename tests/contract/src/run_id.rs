//! The name of one run, the second segment of every key that its tests write.

use std::fmt;

/// Names one run: 1 to 40 of `a-z`, `0-9` and `-`, beginning with a letter or a digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

impl RunId {
    /// The longest run id, in bytes. Keys have 1,024 bytes, most of which belong to the tests.
    pub const MAX_BYTES: usize = 40;

    /// Checks and takes a run id.
    ///
    /// # Errors
    /// Says what a run id looks like, and what was given.
    pub fn parse(text: &str) -> Result<RunId, String> {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty()
            || text.len() > Self::MAX_BYTES
            || text.starts_with('-')
            || !text.bytes().all(good)
        {
            return Err(format!(
                "`{}` is not a run id: expected 1 to {} of `a-z`, `0-9` and `-`, not beginning with `-`",
                text.escape_debug(),
                Self::MAX_BYTES
            ));
        }
        Ok(RunId(text.to_owned()))
    }

    /// The run id as it stands in keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for RunId {
    type Err = String;

    fn from_str(text: &str) -> Result<RunId, String> {
        RunId::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_documented_characters_are_taken() {
        for good in ["a", "20261122-095501-3fa9c1", "0", &"a".repeat(40)] {
            assert_eq!(RunId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "A", "a/b", "a b", "..", "ü", "a\n", &"a".repeat(41)] {
            assert!(RunId::parse(bad).unwrap_err().contains("is not a run id"), "{bad:?}");
        }
    }
}
