//! Who chooses.

/// Who chooses: 1 to 256 bytes of UTF-8 without control characters. Compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    /// The longest id, in bytes.
    pub const MAX_BYTES: usize = 256;

    /// Reads an id.
    ///
    /// # Errors
    /// Says what of the form is hurt, without repeating the text.
    pub fn new(text: impl Into<String>) -> Result<Self, String> {
        let text = text.into();
        if text.is_empty() {
            return Err("user id is empty".to_owned());
        }
        if text.len() > Self::MAX_BYTES {
            let (bytes, limit) = (text.len(), Self::MAX_BYTES);
            return Err(format!("user id has {bytes} bytes of UTF-8, the limit is {limit}"));
        }
        match text.char_indices().find(|(_, character)| character.is_control()) {
            Some((position, character)) => Err(format!(
                "user id has the control character `U+{:04X}` at byte {position}",
                u32::from(character)
            )),
            None => Ok(Self(text)),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_ids_are_ids() {
        let longest = "u".repeat(UserId::MAX_BYTES);
        let longest_unicode = "é".repeat(UserId::MAX_BYTES / 2);
        for text in
            ["a", " ", "A", "ü@example.org", "\u{1f980}", "a'; --", &longest, &longest_unicode]
        {
            assert_eq!(UserId::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_no_id_is_refused_without_repeating_it() {
        let too_long = "secret".repeat(43);
        for (text, reason) in [
            ("", "user id is empty"),
            (&*too_long, "user id has 258 bytes of UTF-8, the limit is 256"),
            ("secret\0", "user id has the control character `U+0000` at byte 6"),
            ("é\nsecret", "user id has the control character `U+000A` at byte 2"),
            ("\u{7f}secret", "user id has the control character `U+007F` at byte 0"),
            ("a\u{85}secret", "user id has the control character `U+0085` at byte 1"),
        ] {
            assert_eq!(UserId::new(text), Err(reason.to_owned()));
        }
    }
}
