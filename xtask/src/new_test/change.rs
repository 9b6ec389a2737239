//! Files that are written together: all of them, or none.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::error::Hint as _;
use crate::replace::{Readers, replace};

/// A file as it is to be.
#[derive(Debug)]
pub(super) struct Change {
    path: PathBuf,
    /// What it holds now; `None` where there is no such file.
    before: Option<String>,
    after: String,
}

impl Change {
    /// A file that is not there yet.
    pub(super) fn new_file(path: PathBuf, text: String) -> Change {
        Change { path, before: None, after: text }
    }

    /// Another text for a file.
    pub(super) fn edit(path: PathBuf, before: String, after: String) -> Change {
        Change { path, before: Some(before), after }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_new(&self) -> bool {
        self.before.is_none()
    }

    fn write(&self) -> Result<()> {
        if self.before.is_some() {
            return replace(&self.path, self.after.as_ref(), Readers::Usual);
        }
        let write = || {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            // Never over a file that came to be meanwhile.
            fs::File::create_new(&self.path)?.write_all(self.after.as_bytes())
        };
        write().with_context(|| format!("writing `{}`", self.path.display()))
    }

    fn undo(&self) -> Result<()> {
        match &self.before {
            Some(before) => replace(&self.path, before.as_ref(), Readers::Usual),
            None => Ok(fs::remove_file(&self.path)?),
        }
    }
}

/// Writes all of them. Where one cannot be written, those before it are as they were.
///
/// # Errors
/// Where one cannot be written; its hints name each file that could not be put back.
pub(super) fn write_all(changes: &[Change]) -> Result<()> {
    for (done, change) in changes.iter().enumerate() {
        let mut written = change.write();
        if written.is_err() {
            for done in changes[..done].iter().rev() {
                if done.undo().is_err() {
                    written = written.hint(format_args!("git restore {}", done.path.display()));
                }
            }
        }
        written?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("edited"), "before").unwrap();
        fs::write(path("taken"), "somebody's").unwrap();
        let changes = [
            Change::new_file(path("new"), "text".to_owned()),
            Change::edit(path("edited"), "before".to_owned(), "after".to_owned()),
            Change::new_file(path("taken"), "ours".to_owned()),
        ];
        let error = write_all(&changes).unwrap_err();
        assert!(error.to_string().contains("taken"), "{error}");
        let read = |name: &str| fs::read_to_string(path(name)).unwrap();
        assert!(!path("new").exists());
        assert_eq!((read("edited"), read("taken")), ("before".into(), "somebody's".into()));

        write_all(&changes[..2]).unwrap();
        assert_eq!((read("new"), read("edited")), ("text".into(), "after".into()));
        let names = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 3, "nothing is left beside them");
    }
}
