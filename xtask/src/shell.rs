//! Words of commands that are given to paste, so that a shell takes them as they are.

/// A word that a shell takes as it is.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_:-./@%+=,".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// A command of these words.
pub(crate) fn command<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| quoted(word.as_ref())).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        for plain in ["cargo", "--max-cost=1", "a::b", "./x/y.toml", "org@1/repo@2", "1/4"] {
            assert_eq!(quoted(plain), plain);
        }
        for (word, shown) in [
            ("", "''"),
            ("$0.05", "'$0.05'"),
            ("my work", "'my work'"),
            ("it's", r"'it'\''s'"),
            ("*", "'*'"),
            ("~/x", "'~/x'"),
            ("a;b", "'a;b'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
        assert_eq!(command(["cargo", "xtask", "test", "a b"]), "cargo xtask test 'a b'");
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_back_what_was_meant() {
        let words = ["$0.05", "it's", "a b", "\\", "\n", "\"", "`x`", "#", "!", "~", "ä"];
        let echo = command(["printf", "%s|"].into_iter().chain(words));
        let output = std::process::Command::new("sh").args(["-c", &echo]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), words.join("|") + "|");
    }
}
