//! Writes variables into `app/.env` and leaves every other byte of it as it is.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::config::parse_dot_env;
use crate::replace::{Readers, replace};

/// A variable and its value.
pub(super) type Assignment = (&'static str, String);

/// Gives variables that are unset or empty in the file their values: in the place of an empty
/// assignment, or behind the last line. Creates the file where there is none, for its owner only,
/// since secrets may come to stand beside them.
///
/// # Errors
/// Where the file cannot be read or written, or would not be read back as meant. It is then as it
/// was: what is written is another file, which takes its place at once.
pub(super) fn fill(path: &Path, assignments: &[Assignment]) -> Result<()> {
    // A link stays a link: what is replaced is the file that it means.
    let path = match path.canonicalize() {
        Ok(path) => path,
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error).context(format!("looking for `{}`", path.display())),
    };
    let before = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).context(format!("reading `{}`", path.display())),
    };
    let after = edited(&before, assignments);
    check(&before, &after, assignments)
        .with_context(|| format!("`{}` cannot be edited safely", path.display()))?;
    replace(&path, after.as_bytes(), Readers::Owner)
}

/// The text with the assignments in it.
fn edited(text: &str, assignments: &[Assignment]) -> String {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut missing: Vec<&Assignment> = assignments.iter().collect();
    let mut edited = String::new();
    let mut quotes = Quotes::default();
    for line in text.split_inclusive('\n') {
        let is_own_line = !quotes.are_open();
        quotes.read(line);
        let filled = is_own_line.then(|| {
            assignments.iter().find_map(|assignment| Some((assignment, filled(line, assignment)?)))
        });
        match filled.flatten() {
            Some((assignment, line)) => {
                missing.retain(|missing| missing.0 != assignment.0);
                edited.push_str(&line);
            }
            None => edited.push_str(line),
        }
    }
    for (name, value) in missing {
        if !edited.is_empty() && !edited.ends_with('\n') {
            edited.push_str(newline);
        }
        edited.push_str(&format!("{name}={value}{newline}"));
    }
    edited
}

/// The line with the value, where it is an empty assignment of the variable: `NAME=`, `NAME=""`,
/// `export NAME=''`, with or without a comment behind.
fn filled(line: &str, (name, value): &Assignment) -> Option<String> {
    let (left, right) = line.split_once('=')?;
    let words: Vec<&str> = left.split_whitespace().collect();
    if !matches!(words[..], [word] | ["export", word] if word == *name) {
        return None;
    }
    let rest = right.trim_start_matches([' ', '\t']);
    let quoted = ["\"\"", "''"].into_iter().find_map(|quotes| rest.strip_prefix(quotes));
    // What stands behind stays as it is, the end of the line and the space before a comment included.
    let (gap, tail) = match quoted {
        Some(tail) => (&right[..right.len() - rest.len()], tail),
        None => ("", right),
    };
    let comment = tail.trim_start();
    if !comment.is_empty() && !comment.starts_with('#') {
        return None;
    }
    let space = if tail.starts_with('#') { " " } else { "" };
    Some(format!("{left}={gap}{value}{space}{tail}"))
}

/// Which quotes are open at the end of a line: a value may go on over several.
#[derive(Default)]
struct Quotes {
    open: Option<char>,
}

impl Quotes {
    fn are_open(&self) -> bool {
        self.open.is_some()
    }

    fn read(&mut self, line: &str) {
        if self.open.is_none() && line.trim_start().starts_with('#') {
            return;
        }
        let mut before = ' ';
        let mut is_escaped = false;
        for char in line.chars() {
            match (self.open, char) {
                _ if is_escaped => is_escaped = false,
                (_, '\\') => is_escaped = true,
                (Some(open), _) if char == open => self.open = None,
                (None, '"' | '\'') => self.open = Some(char),
                (None, '#') if before.is_whitespace() => return,
                _ => {}
            }
            before = char;
        }
    }
}

/// Reads both texts as everybody else does. Whatever an edit by lines could get wrong shows here.
fn check(before: &str, after: &str, assignments: &[Assignment]) -> Result<()> {
    let mut expected = parse_dot_env(before)?;
    for (name, value) in assignments {
        expected.insert((*name).to_owned(), value.clone());
    }
    if parse_dot_env(after)? != expected {
        bail!("other variables would change with it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_a(text: &str) -> String {
        edited(text, &[("A", "new".to_owned())])
    }

    #[test]
    fn only_empty_assignments_are_filled_and_the_rest_stays() {
        for (before, after) in [
            ("", "A=new\n"),
            ("B=1", "B=1\nA=new\n"),
            ("B=1\r\n", "B=1\r\nA=new\r\n"),
            ("# A=\n\n\nB=1\n", "# A=\n\n\nB=1\nA=new\n"),
            ("A=\nB=1\n", "A=new\nB=1\n"),
            ("A=", "A=new"),
            ("A=\r\nB=1\r\n", "A=new\r\nB=1\r\n"),
            ("A=\"\"\n", "A=new\n"),
            ("export A=''\n", "export A=new\n"),
            ("  A = # why\n", "  A =new # why\n"),
            ("A=#why\n", "A=new #why\n"),
            ("A= \"\" # why\n", "A= new # why\n"),
            ("A=\nA=\n", "A=new\nA=new\n"),
            ("AA=\nB_A=\n", "AA=\nB_A=\nA=new\n"),
            ("A=old\n", "A=old\nA=new\n"),
            ("B='\nA=\n'\n", "B='\nA=\n'\nA=new\n"),
            ("B=\"x\\\"\nA=\n\"\n", "B=\"x\\\"\nA=\n\"\nA=new\n"),
            ("B=x # don't\nA=\n", "B=x # don't\nA=new\n"),
            ("# don't\nA=\n", "# don't\nA=new\n"),
        ] {
            assert_eq!(with_a(before), after, "{before:?}");
            check(before, after, &[("A", "new".to_owned())]).unwrap();
        }
    }

    #[test]
    fn an_edit_that_would_change_another_variable_is_refused() {
        let assignments = [("A", "new".to_owned())];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        let text = "A=\nB=x${A}\n";
        fs::write(&path, text).unwrap();
        fill(&path, &assignments).unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);

        fs::write(&path, "S='s3cr3t\n").unwrap();
        let error = format!("{:#}", fill(&path, &assignments).unwrap_err());
        assert!(!error.contains("s3cr3t"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_stays_and_a_new_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let assignments = [("A", "new".to_owned())];

        let new = folder.path().join("new.env");
        fill(&new, &assignments).unwrap();
        assert_eq!(mode(&new), 0o600);

        let old = folder.path().join("old.env");
        fs::write(&old, "B=1\n").unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("link.env");
        std::os::unix::fs::symlink(&old, &link).unwrap();
        fill(&link, &assignments).unwrap();
        assert_eq!(mode(&old), 0o640);
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&old).unwrap(), "B=1\nA=new\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
