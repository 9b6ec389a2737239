//! What is known about an object besides its bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// What is known about an object besides its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectMetadata {
    /// Length in bytes.
    pub size_bytes: u64,
    /// `application/octet-stream` where none was given.
    pub content_type: ContentType,
    /// The `ETag` header with its quotes: other bytes, other tag. Not to be taken for a digest.
    pub etag: String,
    /// When it was written, in whole seconds, since HTTP knows no finer time.
    pub last_modified: SystemTime,
    /// What the writer added.
    pub user: UserMetadata,
}

/// A media type that can stand in a `Content-Type` header (RFC 9110, section 8.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentType(String);

impl ContentType {
    /// Checks for `type/subtype`, with optional parameters behind a `;`.
    pub fn new(text: impl Into<String>) -> Result<Self, MetadataError> {
        let text = text.into();
        let essence = text.split(';').next().unwrap_or_default().trim_end();
        let well_formed = essence
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
            && is_header_value(&text);
        if well_formed { Ok(Self(text)) } else { Err(MetadataError::ContentType { text }) }
    }

    /// The text of the header.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a server says, which may be looser than what we send.
    pub(super) fn from_server(text: Option<String>) -> Self {
        text.map_or_else(Self::default, Self)
    }
}

/// `application/octet-stream`: bytes of which nothing is known.
impl Default for ContentType {
    fn default() -> Self {
        Self("application/octet-stream".to_owned())
    }
}

/// What the writer of an object adds to it: names and values, kept as `x-amz-meta-` headers by S3.
///
/// Names are lower-case letters, digits and `-` (proxies drop headers that have a `_` or `.`); values are printable ASCII without blanks at either end;
/// together at most 2,048 bytes (Amazon S3 User Guide, "Working with object metadata").
/// Anything else would be folded, re-encoded or lost on the way: it is refused here, so that one reads what one wrote, on both backends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct UserMetadata(BTreeMap<String, String>);

impl UserMetadata {
    /// The most bytes that names and values may have together.
    pub const MAX_BYTES: usize = 2_048;

    /// Checks every name, every value, and the sum.
    pub fn new<N: Into<String>, V: Into<String>>(
        entries: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, MetadataError> {
        let mut kept = BTreeMap::new();
        for (name, value) in entries {
            let (name, value) = (name.into(), value.into());
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if name.is_empty() || !name.bytes().all(plain) {
                return Err(MetadataError::Name { name });
            }
            if value.trim() != value || !is_header_value(&value) {
                return Err(MetadataError::Value { name });
            }
            if kept.insert(name.clone(), value).is_some() {
                return Err(MetadataError::Twice { name });
            }
        }
        let bytes = kept.iter().map(|(n, v)| n.len() + v.len()).sum();
        if bytes > Self::MAX_BYTES {
            return Err(MetadataError::TooLarge { bytes });
        }
        Ok(Self(kept))
    }

    /// The value under `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Names and values, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a server says, which may be looser than what we send.
    pub(super) fn from_server(entries: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(entries.into_iter().collect())
    }
}

/// Why something cannot be kept beside an object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Not `type/subtype`.
    #[error("content type {text:?} is not of the form `type/subtype; parameter=value`")]
    ContentType {
        /// What was given.
        text: String,
    },
    /// A name that S3 would change.
    #[error("metadata name {name:?} has other characters than `a` to `z`, `0` to `9` and `-`")]
    Name {
        /// The name.
        name: String,
    },
    /// A value that S3 would change.
    #[error(
        "value of metadata `{name}` has other characters than printable ASCII, or blanks around it"
    )]
    Value {
        /// The name; the value may be private.
        name: String,
    },
    /// One name given twice.
    #[error("metadata `{name}` is given twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// More than S3 keeps.
    #[error("metadata has {bytes} bytes, the limit is {limit}", limit = UserMetadata::MAX_BYTES)]
    TooLarge {
        /// Names and values together.
        bytes: usize,
    },
}

/// A token of RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(token)
}

fn is_header_value(text: &str) -> bool {
    text.trim() == text && text.bytes().all(|b| (b' '..=b'~').contains(&b))
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ContentType {
    type Err = MetadataError;

    fn from_str(text: &str) -> Result<Self, MetadataError> {
        Self::new(text)
    }
}

impl TryFrom<String> for ContentType {
    type Error = MetadataError;

    fn try_from(text: String) -> Result<Self, MetadataError> {
        Self::new(text)
    }
}

impl From<ContentType> for String {
    fn from(content_type: ContentType) -> Self {
        content_type.0
    }
}

impl TryFrom<BTreeMap<String, String>> for UserMetadata {
    type Error = MetadataError;

    fn try_from(entries: BTreeMap<String, String>) -> Result<Self, MetadataError> {
        Self::new(entries)
    }
}

impl From<UserMetadata> for BTreeMap<String, String> {
    fn from(metadata: UserMetadata) -> Self {
        metadata.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_are_checked() {
        for good in ["text/plain", "text/html; charset=utf-8", "image/svg+xml", "a/b;c=\"d e\""] {
            assert_eq!(ContentType::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "text",
            "/",
            "text/",
            "/plain",
            "text/plain\r\nX: y",
            "te xt/plain",
            "tëxt/plain",
            " text/plain",
            "text/plain ",
            "text/plain; ü",
        ] {
            assert!(ContentType::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn metadata_that_s3_would_change_is_refused() {
        let of = |name: &str, value: &str| UserMetadata::new([(name, value)]);
        assert_eq!(of("a-b-c0", "Any (text)!").unwrap().get("a-b-c0"), Some("Any (text)!"));
        assert!(of("empty", "").is_ok());
        for name in ["", "A", "a b", "ä", "a:b", "a_b", "a.b"] {
            assert!(matches!(of(name, "v"), Err(MetadataError::Name { .. })), "{name:?}");
        }
        for value in [" v", "v ", "a\nb", "ü", "\u{7f}"] {
            assert!(matches!(of("n", value), Err(MetadataError::Value { .. })), "{value:?}");
        }
        assert!(matches!(
            UserMetadata::new([("a", "1"), ("a", "2")]),
            Err(MetadataError::Twice { .. })
        ));
    }

    #[test]
    fn metadata_is_bounded() {
        let value = "v".repeat(2_047);
        assert!(UserMetadata::new([("n", value.clone())]).is_ok());
        assert_eq!(
            UserMetadata::new([("nn", value)]),
            Err(MetadataError::TooLarge { bytes: 2_049 })
        );
    }
}
