//! What keys start with: of a listing, and of everything that the app stores.

use std::fmt;
use std::str::FromStr;

use super::key::{KeyError, ObjectKey, check_segments, check_text};

/// What the keys of a listing start with, relative to `S3_KEY_PREFIX`; it may end in the middle of a segment.
///
/// The rules are those of [`ObjectKey`], but it may be empty, and its last segment may be the beginning of a longer one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(String);

impl Prefix {
    /// The prefix of every key.
    pub fn all() -> Self {
        Self::default()
    }

    /// Checks `prefix` against the rules above.
    pub fn new(prefix: impl Into<String>) -> Result<Self, KeyError> {
        let prefix = prefix.into();
        check_text(&prefix)?;
        let complete = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        check_segments(complete.split('/'))?;
        Ok(Self(prefix))
    }

    /// The prefix as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the prefix of every key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Prefix {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::new(text)
    }
}

/// `S3_KEY_PREFIX`: the folder that holds every key of this app, on both backends.
///
/// Invariant: empty, or ends in `/` and leaves room for a key of one byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPrefix(String);

impl KeyPrefix {
    /// Checks `prefix` by the rules of a key; a missing `/` at its end is added, so that `test` never means `test-data`.
    pub fn new(prefix: &str) -> Result<Self, KeyError> {
        if prefix.is_empty() {
            return Ok(Self::default());
        }
        let folder = match prefix.strip_suffix('/') {
            Some(_) => prefix.to_owned(),
            None => format!("{prefix}/"),
        };
        // With the shortest key behind it, it must be a key.
        ObjectKey::new(format!("{folder}k"))?;
        Ok(Self(folder))
    }

    /// The prefix as text: empty, or with a `/` at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole key, as the backend stores it.
    pub fn join(&self, key: &ObjectKey) -> Result<ObjectKey, KeyError> {
        match ObjectKey::new(format!("{self}{key}")) {
            Err(KeyError::TooLong { .. }) => Err(KeyError::TooLongWithPrefix {
                key_bytes: key.as_str().len(),
                prefix_bytes: self.0.len(),
            }),
            joined => joined,
        }
    }

    /// The whole prefix of a listing, as the backend knows it.
    pub(super) fn join_prefix(&self, prefix: &Prefix) -> Result<Prefix, KeyError> {
        match Prefix::new(format!("{self}{prefix}")) {
            Err(KeyError::TooLong { .. }) => Err(KeyError::TooLongWithPrefix {
                key_bytes: prefix.as_str().len(),
                prefix_bytes: self.0.len(),
            }),
            joined => joined,
        }
    }

    /// The part of a stored key behind this prefix.
    pub(super) fn strip<'a>(&self, whole_key: &'a str) -> Option<&'a str> {
        whole_key.strip_prefix(&self.0)
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_may_be_empty_or_end_in_half_a_segment() {
        for prefix in ["", "a", "a/", "a/.", "a/..", ".", "a//", "a b/%"] {
            assert_eq!(Prefix::new(prefix).unwrap().as_str(), prefix);
        }
    }

    #[test]
    fn what_no_key_can_start_with_is_refused() {
        for prefix in ["/", "/a", "./", "../a", "a/../", "a\n"] {
            assert!(Prefix::new(prefix).is_err(), "{prefix:?}");
        }
        assert!(Prefix::new("a".repeat(1_025)).is_err());
    }

    #[test]
    fn the_key_prefix_is_a_folder() {
        for (given, kept) in [("", ""), ("a", "a/"), ("a/", "a/"), ("a/b", "a/b/")] {
            assert_eq!(KeyPrefix::new(given).unwrap().as_str(), kept);
        }
        for refused in ["/", "/a", ".", "a/..", "a\0"] {
            assert!(KeyPrefix::new(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn the_limit_counts_the_whole_key() {
        assert!(KeyPrefix::new(&"p".repeat(1_023)).is_err());
        let prefix = KeyPrefix::new(&"p".repeat(1_000)).unwrap();
        let fits = ObjectKey::new("k".repeat(23)).unwrap();
        assert_eq!(prefix.join(&fits).unwrap().as_str().len(), 1_024);
        let too_long = ObjectKey::new("k".repeat(24)).unwrap();
        assert_eq!(
            prefix.join(&too_long),
            Err(KeyError::TooLongWithPrefix { key_bytes: 24, prefix_bytes: 1_001 })
        );
    }
}
