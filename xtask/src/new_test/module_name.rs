//! What a module of tests may be called.

use std::fmt;
use std::str::FromStr;

/// The name of a module: words of `a-z` and `0-9`, joined by `_`, that are no keyword of Rust.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ModuleName(String);

/// Keywords, strict and reserved, of the 2024 edition (The Rust Reference, "Keywords"). Those with a
/// capital are no names by our grammar anyway.
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

impl ModuleName {
    /// As a file and a path have it.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// As the beginning of a sentence.
    pub(super) fn in_words(&self) -> String {
        let mut words = self.0.replace('_', " ");
        if let Some(first) = words.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        words
    }
}

impl fmt::Display for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ModuleName {
    type Err = String;

    fn from_str(text: &str) -> Result<ModuleName, String> {
        if KEYWORDS.contains(&text) {
            return Err(format!(
                "`{text}` is a keyword of Rust: name the module after its subject"
            ));
        }
        if is_name(text) {
            return Ok(ModuleName(text.to_owned()));
        }
        let near = nearest(text);
        let near = if is_name(&near) { format!(", such as `{near}`") } else { String::new() };
        Err(format!("expected words of `a-z` and `0-9`, joined by `_`{near}"))
    }
}

fn is_name(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.split('_').all(is_word)
}

/// The name that was probably meant: `FooBar` and `foo-bar` are `foo_bar`.
fn nearest(text: &str) -> String {
    let mut near = String::new();
    for char in text.trim_end_matches(".rs").chars() {
        let parts = !char.is_ascii_alphanumeric() || char.is_ascii_uppercase();
        if parts && !near.is_empty() && !near.ends_with('_') {
            near.push('_');
        }
        if char.is_ascii_alphanumeric() {
            near.push(char.to_ascii_lowercase());
        }
    }
    near.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_joined_by_underscores() {
        for name in ["thumbnails", "odd_keys", "s3", "part_2_of_3", "yields", "test"] {
            assert_eq!(name.parse::<ModuleName>().unwrap().as_str(), name);
        }
        for slip in [
            "", "_", "_a", "a_", "a__b", "1x", "Foo", "foo-bar", "foo bar", "a::b", "../a", "a.rs",
            "ä",
        ] {
            assert!(slip.parse::<ModuleName>().is_err(), "{slip}");
        }
        for keyword in ["fn", "self", "crate", "super", "async", "gen", "try", "yield", "mod"] {
            let error = keyword.parse::<ModuleName>().unwrap_err();
            assert!(error.contains("keyword"), "{error}");
        }
    }

    #[test]
    fn a_slip_is_told_what_was_meant() {
        for (slip, meant) in [
            ("FooBar", "`foo_bar`"),
            ("foo-bar", "`foo_bar`"),
            ("Odd  Keys", "`odd_keys`"),
            ("thumbnails.rs", "`thumbnails`"),
            ("_a_", "`a`"),
        ] {
            let error = slip.parse::<ModuleName>().unwrap_err();
            assert!(error.ends_with(&format!("such as {meant}")), "{slip}: {error}");
        }
        assert!(!"1x".parse::<ModuleName>().unwrap_err().contains("such as"));
    }

    #[test]
    fn its_words_begin_a_sentence() {
        assert_eq!("odd_keys".parse::<ModuleName>().unwrap().in_words(), "Odd keys");
    }
}
