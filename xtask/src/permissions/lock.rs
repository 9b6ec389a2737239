//! The lock file: read, and written as a whole.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use contract::TestId;

use super::{Command, Lock, Needs, Requirement, Subject};
use crate::error::Hint as _;
use crate::replace::{Readers, replace};
use crate::shell;

/// Where it is kept, below the workspace's folder.
pub(crate) const LOCK_FILE: &str = "tests/permissions.lock";

/// Writes it anew.
pub(crate) const UPDATE: &str = "cargo xtask test --update-permissions";

const HEADER: &str = "\
# What the app, the commands and each test need of IAM, observed on the embedded AWS.
#
# Written by `cargo xtask test --update-permissions`, and held against every run on the embedded AWS.
# `cargo xtask check` and the preflight of `cargo xtask test --aws` try it, `cargo xtask policy` grants it.
#
# [fixtures]          what the tests' fixtures do around and beside them
# {uploads}           the bucket of that purpose; {bucket} stands for each of them
# {key-prefix}        the app's S3_KEY_PREFIX
# {bedrock-model}     what BEDROCK_TEST_MODEL_ID names; {sagemaker-endpoint} what SAGEMAKER_TEST_ENDPOINT names
# {catalogue-models}  each model of the app's catalogue; {catalogue-endpoints} each endpoint
# {caller}            the user or the role that asks
# prefix=             of a listing, what it asks for: a policy can hold it to that
";

/// Stands below a subject that needs nothing.
const NOTHING: &str = "nothing";

/// What git leaves where two sides differ.
const CONFLICT: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

impl Lock {
    /// Reads the workspace's lock file.
    ///
    /// # Errors
    /// Where it is missing or broken: names the line, and the cure.
    pub(crate) fn read(path: &Path) -> Result<Lock> {
        Lock::read_by(path, UPDATE)
    }

    /// Reads any lock file; `update` is the command that writes it anew.
    ///
    /// # Errors
    /// Where it is missing or broken: names the line, and the cure.
    pub(crate) fn read_by(path: &Path, update: &str) -> Result<Lock> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(anyhow!("there is no `{}`", path.display())).hint(update);
            }
            Err(error) => {
                return Err(error).with_context(|| format!("reading `{}`", path.display()));
            }
        };
        Lock::parse(&text).map_err(|fault| fault.of(path, update))
    }

    /// Reads the workspace's lock file; a missing one is empty.
    ///
    /// # Errors
    /// Where it is broken.
    pub(crate) fn read_or_empty(path: &Path) -> Result<Lock> {
        match path.try_exists() {
            Ok(false) => Ok(Lock::default()),
            _ => Lock::read(path),
        }
    }

    /// Writes the lock file: whoever reads meanwhile finds the old one or the new one.
    ///
    /// # Errors
    /// Where it cannot be written; the old one stays then.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        replace(path, self.to_string().as_bytes(), Readers::Usual)
    }

    fn parse(text: &str) -> Result<Lock, Fault> {
        let mut lock = Lock::default();
        let mut current: Option<Entry> = None;
        for (index, text) in text.lines().enumerate() {
            let line = index + 1;
            let fault = |why: String| Fault { line, why, conflict: false };
            if CONFLICT.iter().any(|mark| text.starts_with(mark)) {
                let why = "is a mark of a merge conflict".to_owned();
                return Err(Fault { line, why, conflict: true });
            }
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            if let Some(name) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
                lock.take(current)?;
                let subject = Subject::parse(name).map_err(fault)?;
                current = Some(Entry { line, subject, needs: Needs::new(), is_nothing: false });
                continue;
            }
            let Some(entry) = &mut current else {
                return Err(fault("stands before the first `[...]`".to_owned()));
            };
            if text == NOTHING {
                entry.is_nothing = true;
            } else {
                entry.needs.insert(Requirement::parse(text).map_err(fault)?);
            }
        }
        lock.take(current)?;
        Ok(lock)
    }

    fn take(&mut self, entry: Option<Entry>) -> Result<(), Fault> {
        let Some(Entry { line, subject, needs, is_nothing }) = entry else { return Ok(()) };
        let fault = |why| Err(Fault { line, why, conflict: false });
        if needs.is_empty() != is_nothing {
            return fault(format!(
                "`[{subject}]` has both requirements and `{NOTHING}`, or neither"
            ));
        }
        if self.entries.contains_key(&subject) {
            return fault(format!("`[{subject}]` is there twice"));
        }
        self.entries.insert(subject, needs);
        Ok(())
    }
}

/// An entry while its lines are read.
struct Entry {
    line: usize,
    subject: Subject,
    needs: Needs,
    is_nothing: bool,
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        for (subject, needs) in &self.entries {
            writeln!(f, "\n[{subject}]")?;
            // In the order of the text, so that nobody has to know another one.
            let mut lines: Vec<String> = needs.iter().map(ToString::to_string).collect();
            lines.sort();
            if lines.is_empty() {
                lines.push(NOTHING.to_owned());
            }
            for line in lines {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}

impl Subject {
    fn parse(name: &str) -> Result<Subject, String> {
        if let Some(command) = Command::all().find(|known| known.to_string() == name) {
            return Ok(Subject::Command(command));
        }
        match (name, name.split_once(' ')) {
            ("app", _) => Ok(Subject::App),
            ("fixtures", _) => Ok(Subject::Fixtures),
            (_, Some((binary, test)))
                if binary != "cargo" && !binary.is_empty() && !test.is_empty() =>
            {
                Ok(Subject::Test(TestId::new(binary, test)))
            }
            _ => Err(format!("`[{name}]` is neither a test, `[BINARY NAME]`, nor a command")),
        }
    }
}

/// A line that is not as it should be.
#[derive(Debug)]
struct Fault {
    line: usize,
    why: String,
    conflict: bool,
}

impl Fault {
    fn of(self, path: &Path, update: &str) -> anyhow::Error {
        let Fault { line, why, conflict } = self;
        let error = anyhow!("line {line} of `{}` is broken: {why}", path.display());
        let path = shell::quoted(&path.display().to_string());
        let cure = match conflict {
            true => format!(
                "take either side, then the tests' word: git checkout --ours {path} && {update}"
            ),
            false => {
                format!("git checkout {path}, or remove it and observe everything again: {update}")
            }
        };
        crate::error::hinted(error, cure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
[app]
s3:GetObject arn:aws:s3:::{bucket}/{key-prefix}*

[cargo xtask cleanup]
s3:DeleteObject arn:aws:s3:::{bucket}/test/*
s3:ListBucketVersions arn:aws:s3:::{bucket} prefix=test/*

[fixtures]
s3:DeleteObject arn:aws:s3:::{uploads}/test/*

[tests::suites a::reads]
s3:GetObject arn:aws:s3:::{uploads}/test/*
s3:ListBucket arn:aws:s3:::{uploads}

[tests::suites a::sleeps]
nothing
";

    #[test]
    fn it_is_written_sorted_and_read_back_whatever_the_order_was() {
        let lock = Lock::parse(TEXT).unwrap();
        assert_eq!(lock.to_string(), format!("{HEADER}{TEXT}"));
        assert_eq!(Lock::parse(&lock.to_string()).unwrap(), lock);
        let mut blocks: Vec<&str> = TEXT.trim().split("\n\n").collect();
        blocks.reverse();
        assert_eq!(Lock::parse(&blocks.join("\n")).unwrap(), lock);
        let of_test = |name| lock.needs(&Subject::Test(TestId::new("tests::suites", name)));
        assert_eq!(of_test("a::sleeps"), Some(&Needs::new()));
        assert_eq!(of_test("a::new"), None);
    }

    #[test]
    fn a_broken_line_is_named_with_its_cure() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("permissions.lock");
        let says = |text: &str| {
            fs::write(&path, text).unwrap();
            let error = Lock::read(&path).unwrap_err();
            let text = format!("{error}\nhint: {}", crate::error::hints(&error).join("; "));
            text.replace(&folder.path().display().to_string(), "DIR")
        };
        let broken = [
            "[app]\n<<<<<<< HEAD\nnothing\n",
            "\nnothing\n",
            "[app]\nnothing\ns3:GetObject *\n",
            "[app]\n[fixtures]\nnothing\n",
            "[app]\ns3:GetObject\n",
            "[app]\nnothing\n[app]\nnothing\n",
            "[cargo xtask tset]\nnothing\n",
        ];
        insta::assert_snapshot!(broken.map(says).join("\n\n"), @"
        line 2 of `DIR/permissions.lock` is broken: is a mark of a merge conflict
        hint: take either side, then the tests' word: git checkout --ours DIR/permissions.lock && cargo xtask test --update-permissions

        line 2 of `DIR/permissions.lock` is broken: stands before the first `[...]`
        hint: git checkout DIR/permissions.lock, or remove it and observe everything again: cargo xtask test --update-permissions

        line 1 of `DIR/permissions.lock` is broken: `[app]` has both requirements and `nothing`, or neither
        hint: git checkout DIR/permissions.lock, or remove it and observe everything again: cargo xtask test --update-permissions

        line 1 of `DIR/permissions.lock` is broken: `[app]` has both requirements and `nothing`, or neither
        hint: git checkout DIR/permissions.lock, or remove it and observe everything again: cargo xtask test --update-permissions

        line 2 of `DIR/permissions.lock` is broken: expected `ACTION RESOURCE`
        hint: git checkout DIR/permissions.lock, or remove it and observe everything again: cargo xtask test --update-permissions

        line 3 of `DIR/permissions.lock` is broken: `[app]` is there twice
        hint: git checkout DIR/permissions.lock, or remove it and observe everything again: cargo xtask test --update-permissions

        line 1 of `DIR/permissions.lock` is broken: `[cargo xtask tset]` is neither a test, `[BINARY NAME]`, nor a command
        hint: git checkout DIR/permissions.lock, or remove it and observe everything again: cargo xtask test --update-permissions
        ");
    }

    #[test]
    fn a_missing_lock_is_an_error_or_empty_as_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("permissions.lock");
        assert!(Lock::read(&path).unwrap_err().to_string().starts_with("there is no `"));
        assert_eq!(Lock::read_or_empty(&path).unwrap(), Lock::default());
    }

    #[test]
    fn writing_replaces_the_file_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("permissions.lock");
        fs::write(&path, "old").unwrap();
        let lock = Lock::parse(TEXT).unwrap();
        lock.write(&path).unwrap();
        assert_eq!(Lock::read(&path).unwrap(), lock);
        let occupied = folder.path().join("occupied");
        fs::create_dir(&occupied).unwrap();
        assert!(lock.write(&occupied).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(lock.write(&folder.path().join("nowhere/permissions.lock")).is_err());
    }
}
