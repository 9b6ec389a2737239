//! How a key becomes the path of a file, and back.
//!
//! Every key of S3 must have a file of its own, on every file system: `a` beside `a/b`, `A` beside `a`, `a/`, `a//b`,
//! names of more than 255 bytes, names that a file system would normalise.
//! And a listing must be able to walk the folders in the order of S3, the order of UTF-8 bytes, without reading all of them.
//!
//! - Bytes other than `a` to `z`, `0` to `9`, `-`, `_` and `.` become `%` and two lower-case hexadecimal digits,
//!   a leading `.` too.
//! - A segment with a `/` behind it becomes a folder whose name ends in `+`.
//! - A segment of 64 bytes or more is cut: each 64 bytes become a folder whose name ends in `~`, and what remains,
//!   if only nothing, stands below.
//!   So everything that starts with those 64 bytes, and nothing else, lies in that folder, and the order holds.
//! - The last segment becomes a file; its name is `=` if nothing is left of it.
//!
//! The longest name has 193 bytes, the longest path of a key of 1,024 bytes less than 4,096.

/// Bytes of a segment in one name: escaped, they stay below the 255 bytes that file systems allow.
const NAME_BYTES: usize = 64;

const SEGMENT_END: u8 = b'+';
const CUT_END: u8 = b'~';
const EMPTY_FILE: &str = "=";

/// The path of the file of `key`, relative to the folder of all objects.
pub(super) fn file_of(key: &str) -> String {
    let mut path = String::with_capacity(key.len() * 2);
    let mut segments = key.split('/').peekable();
    while let Some(segment) = segments.next() {
        let (cuts, rest) = segment.as_bytes().as_chunks::<NAME_BYTES>();
        for cut in cuts {
            escape(cut, &mut path);
            path.push(char::from(CUT_END));
            path.push('/');
        }
        escape(rest, &mut path);
        if segments.peek().is_some() {
            path.push(char::from(SEGMENT_END));
            path.push('/');
        } else if rest.is_empty() {
            path.push_str(EMPTY_FILE);
        }
    }
    path
}

/// What a name in a folder stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// The last bytes of a key.
    File(Vec<u8>),
    /// More bytes of the keys below; they end in `/` unless the segment goes on.
    Folder(Vec<u8>),
}

/// Reads a name; `None` if [`file_of`] never makes it.
pub(super) fn decode(name: &str) -> Option<Name> {
    let decoded = match name.as_bytes() {
        [segment @ .., SEGMENT_END] => {
            let mut bytes = unescape(segment)?;
            bytes.push(b'/');
            Name::Folder(bytes)
        }
        [cut @ .., CUT_END] => Name::Folder(unescape(cut)?),
        b"=" => Name::File(Vec::new()),
        rest => Name::File(unescape(rest)?),
    };
    // Other spellings of the same bytes are not ours: two files for one key.
    (encode(&decoded) == name).then_some(decoded)
}

fn encode(name: &Name) -> String {
    let mut text = String::new();
    match name {
        Name::File(bytes) if bytes.is_empty() => text.push_str(EMPTY_FILE),
        Name::File(bytes) => escape(bytes, &mut text),
        Name::Folder(bytes) => match bytes.as_slice() {
            [segment @ .., b'/'] => {
                escape(segment, &mut text);
                text.push(char::from(SEGMENT_END));
            }
            cut => {
                escape(cut, &mut text);
                text.push(char::from(CUT_END));
            }
        },
    }
    text
}

fn escape(bytes: &[u8], text: &mut String) {
    for (index, &byte) in bytes.iter().enumerate() {
        let plain =
            matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_') || (byte == b'.' && index > 0);
        if plain {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return Some(bytes),
            [b'%', high, low, rest @ ..] => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                let value = digit(high)? * 16 + digit(low)?;
                bytes.push(u8::try_from(value).ok()?);
                rest
            }
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::super::key::ObjectKey;
    use super::*;

    /// What the walk of a listing makes of a path.
    fn key_of(path: &str) -> String {
        let mut key = Vec::new();
        for name in path.split('/') {
            match decode(name).unwrap() {
                Name::File(bytes) | Name::Folder(bytes) => key.extend(bytes),
            }
        }
        String::from_utf8(key).unwrap()
    }

    /// The names of a path as a listing sorts them.
    fn sort_key(path: &str) -> Vec<Vec<u8>> {
        let names = path.split('/').map(|name| match decode(name).unwrap() {
            Name::File(bytes) | Name::Folder(bytes) => bytes,
        });
        names.collect()
    }

    /// All texts over an alphabet of what is special to keys, to paths and to this encoding, up to `length` characters.
    fn texts(alphabet: &[&str], length: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..length {
            let longer = last.iter().flat_map(|t| alphabet.iter().map(move |c| format!("{t}{c}")));
            last = longer.collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    /// Short keys exhaustively, and the same behind segments that reach and pass the limit of a name.
    fn keys() -> Vec<ObjectKey> {
        let alphabet = ["a", "A", "/", ".", "-", "0", "+", "~", "=", "%", "é", " "];
        let short = texts(&alphabet, 3);
        let around_the_cut = texts(&["a", "/", "0", "é", "-"], 3);
        let long = [62, 63, 64, 65, 127, 128].into_iter().flat_map(|length| {
            let around_the_cut = &around_the_cut;
            around_the_cut.iter().map(move |text| format!("{}{text}", "x".repeat(length)))
        });
        let all = short.into_iter().chain(long);
        all.filter_map(|text| ObjectKey::new(text).ok()).collect()
    }

    #[test]
    fn every_key_has_a_path_of_its_own_and_comes_back_from_it() {
        let mut seen = HashMap::new();
        for key in keys() {
            let path = file_of(key.as_str());
            assert_eq!(key_of(&path), key.as_str());
            if let Some(other) = seen.insert(path.to_lowercase(), key.clone()) {
                panic!("{other:?} and {key:?} share {path}");
            }
        }
        assert!(seen.len() > 2_000, "{}", seen.len());
    }

    #[test]
    fn a_file_is_never_a_folder_too() {
        let paths: Vec<_> = keys().iter().map(|key| file_of(key.as_str())).collect();
        let files: std::collections::HashSet<_> = paths.iter().map(String::as_str).collect();
        for path in &paths {
            for (end, _) in path.match_indices('/') {
                assert!(!files.contains(&path[..end]), "{path}");
            }
        }
    }

    #[test]
    fn walking_the_names_gives_the_order_of_utf_8_bytes() {
        let mut keys = keys();
        keys.sort();
        for pair in keys.windows(2) {
            let [lower, higher] = [&pair[0], &pair[1]].map(|key| sort_key(&file_of(key.as_str())));
            assert!(lower < higher, "{} {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn names_and_paths_stay_within_the_limits_of_file_systems() {
        let longest = [
            "X".repeat(1_024),
            "é".repeat(512),
            "\u{1f980}".repeat(256),
            "X/".repeat(512),
            "/".repeat(1_023).replacen('/', "x/", 1),
            format!("{}/", "X".repeat(63)).repeat(16),
            format!("{}/", "X".repeat(64)).repeat(15),
        ];
        for key in longest {
            let key = ObjectKey::new(key).unwrap();
            let path = file_of(key.as_str());
            assert!(path.len() < 4_000, "{}", path.len());
            assert!(path.split('/').all(|name| (1..=193).contains(&name.len())), "{path}");
            assert_eq!(key_of(&path), key.as_str());
        }
    }

    #[test]
    fn no_name_is_special_to_a_file_system() {
        for key in keys() {
            let path = file_of(key.as_str());
            assert!(!path.starts_with('/'), "{path}");
            assert!(path.split('/').all(|name| !name.starts_with('.')), "{path}");
            assert!(path.is_ascii() && !path.contains([' ', '\\', ':', '*', '\0']), "{path}");
        }
    }

    #[test]
    fn plain_keys_keep_their_names() {
        assert_eq!(file_of("2026/hero-1_x.png"), "2026+/hero-1_x.png");
        assert_eq!(file_of("A b"), "%41%20b");
        assert_eq!(file_of("a/"), "a+/=");
        assert_eq!(file_of("a//b"), "a+/+/b");
    }

    #[test]
    fn names_that_are_not_ours_are_not_read() {
        for name in
            ["A", "%61", "%4", "%", "%4G", "%2F", "%c3%A9", ".hidden", "a b", "é", "", "a=", "a+b"]
        {
            assert_eq!(decode(name), None, "{name:?}");
        }
    }
}
