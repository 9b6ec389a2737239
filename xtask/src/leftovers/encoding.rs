//! Keys that XML cannot carry.
//!
//! S3 takes any UTF-8 as a key, XML 1.0 does not. Listings are therefore asked for with
//! `encoding-type=url`; a batch delete has no such way out, so that such keys are deleted one by one.

/// Undoes `encoding-type=url`: `%XX` is a byte, and `+` a space, since S3 encodes as HTML forms do.
/// What does not decode to UTF-8 was not encoded by that rule, and is taken as it stands.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut digits = rest.clone();
                let pair = digits.next().and_then(hex).zip(digits.next().and_then(hex));
                match pair {
                    Some((high, low)) => {
                        bytes.push(high << 4 | low);
                        rest = digits;
                    }
                    None => bytes.push(byte),
                }
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Whether a batch delete can carry the key. Stricter than XML 1.0: of the control characters that it
/// allows, some are changed on the way by one parser or another.
pub(super) fn fits_xml(key: &str) -> bool {
    !key.chars().any(|char| char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}'))
}

fn hex(digit: u8) -> Option<u8> {
    // A hexadecimal digit's value is below 16.
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded_as_forms_are() {
        let table = [
            ("test/a+b", "test/a b"),
            ("test/a%20b", "test/a b"),
            ("test/a%2Bb", "test/a+b"),
            ("test/a%2bb", "test/a+b"),
            ("test/100%25", "test/100%"),
            ("test/%C3%BC%01", "test/ü\u{1}"),
            ("test/%", "test/%"),
            ("test/%4", "test/%4"),
            ("test/%zz", "test/%zz"),
            ("test/%ff", "test/%ff"),
        ];
        for (encoded, key) in table {
            assert_eq!(decoded(encoded), key);
        }
    }

    #[test]
    fn control_characters_do_not_fit_into_xml() {
        for key in ["test/a b", "test/ü", "test/<&>\"'", "test/😀", "test/\u{fffd}"] {
            assert!(fits_xml(key), "{key:?}");
        }
        for key in
            ["test/\u{1}", "test/\n", "test/\r", "test/\u{7f}", "test/\u{85}", "test/\u{ffff}"]
        {
            assert!(!fits_xml(key), "{key:?}");
        }
    }
}
