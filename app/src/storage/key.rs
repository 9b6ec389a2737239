//! The name of an object: what every other part may rely on once it holds an [`ObjectKey`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::prefix::Prefix;

/// The name of an object, relative to `S3_KEY_PREFIX`.
///
/// 1 to 1,024 bytes of UTF-8 (Amazon S3 User Guide, "Naming Amazon S3 objects"), no leading `/`, no segment that is `.` or `..`
/// (SDKs and proxies fold them, so that the object becomes unreachable), no control characters, nothing that XML cannot carry.
/// Everything else is a key: spaces, `+`, `%`, `//`, a trailing `/`, any script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectKey(String);

impl ObjectKey {
    /// The longest key in bytes, with `S3_KEY_PREFIX` counted.
    pub const MAX_BYTES: usize = 1024;

    /// Checks `key` against the rules above.
    pub fn new(key: impl Into<String>) -> Result<Self, KeyError> {
        let key = key.into();
        if key.is_empty() {
            return Err(KeyError::Empty);
        }
        check_text(&key)?;
        check_segments(key.split('/'))?;
        Ok(Self(key))
    }

    /// Makes a key that no other call makes: `prefix`, a random UUID, and the extension of `file_name`.
    ///
    /// Of the original name only the extension stays, in lower case, and only if it is 1 to 16 ASCII letters and digits.
    /// Errors if `prefix` leaves no room, or ends in the middle of a segment (`/` is not added silently).
    pub fn generate(prefix: &Prefix, file_name: &str) -> Result<Self, KeyError> {
        if !prefix.is_empty() && !prefix.as_str().ends_with('/') {
            return Err(KeyError::OpenPrefix { prefix: prefix.to_string() });
        }
        let id = Uuid::new_v4();
        match extension(file_name) {
            Some(extension) => Self::new(format!("{prefix}{id}.{extension}")),
            None => Self::new(format!("{prefix}{id}")),
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no key, or no prefix of keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no text at all.
    #[error("key is empty")]
    Empty,
    /// Longer than S3 takes.
    #[error("key has {bytes} bytes of UTF-8, the limit is {limit}", limit = ObjectKey::MAX_BYTES)]
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
    /// The key alone would do, but not behind `S3_KEY_PREFIX`.
    #[error(
        "key has {key_bytes} bytes of UTF-8 and `S3_KEY_PREFIX` {prefix_bytes}, the limit is {limit} together",
        limit = ObjectKey::MAX_BYTES
    )]
    TooLongWithPrefix {
        /// Bytes of the key alone.
        key_bytes: usize,
        /// Bytes of the prefix alone.
        prefix_bytes: usize,
    },
    /// It starts with `/`.
    #[error("key starts with `/`")]
    LeadingSlash,
    /// A segment is `.` or `..`.
    #[error("key has the segment `{segment}`")]
    DotSegment {
        /// The segment.
        segment: String,
    },
    /// A control character, or one that XML 1.0 cannot carry.
    #[error("key has the character `U+{:04X}` at byte {position}", u32::from(*character))]
    ForbiddenCharacter {
        /// The character.
        character: char,
        /// Where it starts, in bytes.
        position: usize,
    },
    /// A name was to be made below a prefix that is no folder.
    #[error("prefix `{prefix}` does not end in `/`")]
    OpenPrefix {
        /// The prefix.
        prefix: String,
    },
}

/// What keys and prefixes have in common.
pub(super) fn check_text(text: &str) -> Result<(), KeyError> {
    if text.len() > ObjectKey::MAX_BYTES {
        return Err(KeyError::TooLong { bytes: text.len() });
    }
    if text.starts_with('/') {
        return Err(KeyError::LeadingSlash);
    }
    // U+FFFE and U+FFFF are not characters of XML 1.0, and listings are XML.
    let forbidden = |c: char| c.is_control() || c == '\u{fffe}' || c == '\u{ffff}';
    match text.char_indices().find(|(_, c)| forbidden(*c)) {
        Some((position, character)) => Err(KeyError::ForbiddenCharacter { character, position }),
        None => Ok(()),
    }
}

pub(super) fn check_segments<'a>(
    mut segments: impl Iterator<Item = &'a str>,
) -> Result<(), KeyError> {
    match segments.find(|segment| matches!(*segment, "." | "..")) {
        Some(segment) => Err(KeyError::DotSegment { segment: segment.to_owned() }),
        None => Ok(()),
    }
}

fn extension(file_name: &str) -> Option<String> {
    let (stem, extension) = file_name.rsplit_once('.')?;
    let sane =
        (1..=16).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    // `.env` is a name, not an extension.
    let has_stem = stem.rsplit(['/', '\\']).next().is_some_and(|s| !s.is_empty());
    (sane && has_stem).then(|| extension.to_ascii_lowercase())
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for ObjectKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::new(text)
    }
}

impl TryFrom<String> for ObjectKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        Self::new(text)
    }
}

impl From<ObjectKey> for String {
    fn from(key: ObjectKey) -> Self {
        key.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn odd_keys_are_keys() {
        let longest = "k".repeat(ObjectKey::MAX_BYTES);
        let longest_unicode = "é".repeat(ObjectKey::MAX_BYTES / 2);
        for key in [
            "a",
            "a/b",
            "a/",
            "a//b",
            "a///",
            " ",
            "a b",
            "+",
            "%",
            "%2F",
            "..a",
            "a..",
            "...",
            ".hidden",
            "a/.b",
            "ключ",
            "\u{1f980}",
            "\\",
            "a\\..\\b",
            "~",
            "*?<>|:\"",
            "e\u{301}",
            &longest,
            &longest_unicode,
        ] {
            assert_eq!(ObjectKey::new(key).unwrap().as_str(), key);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_its_reason() {
        let dot = |segment: &str| KeyError::DotSegment { segment: segment.to_owned() };
        let character = |character, position| KeyError::ForbiddenCharacter { character, position };
        for (text, reason) in [
            ("", KeyError::Empty),
            ("/", KeyError::LeadingSlash),
            ("/a", KeyError::LeadingSlash),
            (".", dot(".")),
            ("..", dot("..")),
            ("./a", dot(".")),
            ("a/..", dot("..")),
            ("a/../b", dot("..")),
            ("a/./", dot(".")),
            ("a\0", character('\0', 1)),
            ("é\n", character('\n', 2)),
            ("\u{7f}", character('\u{7f}', 0)),
            ("\u{85}", character('\u{85}', 0)),
            ("a\u{ffff}", character('\u{ffff}', 1)),
        ] {
            assert_eq!(ObjectKey::new(text), Err(reason), "{text:?}");
        }
        let too_long = "é".repeat(513);
        assert_eq!(ObjectKey::new(too_long), Err(KeyError::TooLong { bytes: 1026 }));
    }

    #[test]
    fn generated_keys_never_collide_and_keep_a_sane_extension() {
        let prefix = Prefix::new("in/").unwrap();
        let keys: HashSet<_> =
            (0..1_000).map(|_| ObjectKey::generate(&prefix, "hero.PNG").unwrap()).collect();
        assert_eq!(keys.len(), 1_000);
        assert!(keys.iter().all(|key| {
            let key = key.as_str();
            key.starts_with("in/") && key.ends_with(".png") && key.len() == "in/.png".len() + 36
        }));
    }

    #[test]
    fn an_odd_file_name_gives_no_extension() {
        for name in [
            "",
            "png",
            ".png",
            "a/.png",
            "a.",
            "a.p g",
            "a.пнг",
            "a./b",
            "a.01234567890123456",
            "a.p\0",
            "c:\\.env",
        ] {
            let key = ObjectKey::generate(&Prefix::all(), name).unwrap();
            assert!(Uuid::parse_str(key.as_str()).is_ok(), "{name:?}: {key}");
        }
    }

    #[test]
    fn a_name_is_not_generated_below_half_a_segment() {
        let prefix = Prefix::new("in").unwrap();
        assert!(matches!(ObjectKey::generate(&prefix, "a.png"), Err(KeyError::OpenPrefix { .. })));
    }
}
