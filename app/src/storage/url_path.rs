//! How a key stands in the path of a URL.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters and the `/` between segments: the set that S3 signs.
const NOT_IN_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Percent-encodes a key, segment by segment.
pub(super) fn encode(key: &str) -> String {
    utf8_percent_encode(key, NOT_IN_PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_and_slashes_stay() {
        for (key, path) in [
            ("a/b-c_d.e~f", "a/b-c_d.e~f"),
            ("a b", "a%20b"),
            ("a+b", "a%2Bb"),
            ("50%", "50%25"),
            ("%2F", "%252F"),
            ("a?b#c", "a%3Fb%23c"),
            ("é", "%C3%A9"),
            ("\u{1f980}", "%F0%9F%A6%80"),
            ("a//b/", "a//b/"),
            ("a\\b", "a%5Cb"),
            ("a=b&c:d@e", "a%3Db%26c%3Ad%40e"),
            ("it's (1)*!", "it%27s%20%281%29%2A%21"),
        ] {
            assert_eq!(encode(key), path);
        }
    }
}
