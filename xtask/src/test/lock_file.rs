//! The lock file that a run is about: the workspace's own, or the one that `--permissions-lock` names.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cli;
use crate::context::Context;
use crate::permissions::{LOCK_FILE, Lock, UPDATE};
use crate::shell::quoted;

/// The lock file of a run.
#[derive(Debug)]
pub(crate) struct LockFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// As it is shown: below the workspace, where it is there.
    pub(crate) shown: String,
    /// Whether it is the workspace's own, from which the README's table comes.
    pub(crate) is_the_workspaces: bool,
}

impl LockFile {
    /// The one that the flags say.
    pub(crate) fn of(args: &cli::Test, cx: &Context) -> LockFile {
        LockFile::named(args.permissions_lock.as_deref(), cx.workspace())
    }

    fn named(path: Option<&Path>, workspace: &Path) -> LockFile {
        let own = workspace.join(LOCK_FILE);
        let path = path.map_or_else(|| own.clone(), Path::to_owned);
        let shown = path.strip_prefix(workspace).unwrap_or(&path).display().to_string();
        let is_the_workspaces = path == own || is_same(&path, &own);
        LockFile { path, shown, is_the_workspaces }
    }

    /// Reads it.
    ///
    /// # Errors
    /// Where it is missing or broken.
    pub(crate) fn read(&self) -> Result<Lock> {
        Lock::read_by(&self.path, &self.update_command())
    }

    /// Reads it; a missing one is empty.
    ///
    /// # Errors
    /// Where it is broken.
    pub(crate) fn read_or_empty(&self) -> Result<Lock> {
        match self.path.try_exists() {
            Ok(false) => Ok(Lock::default()),
            _ => self.read(),
        }
    }

    /// The command that brings it up to date, and no other one.
    pub(crate) fn update_command(&self) -> String {
        match self.is_the_workspaces {
            true => UPDATE.to_owned(),
            false => {
                format!("{UPDATE} --permissions-lock {}", quoted(&self.path.display().to_string()))
            }
        }
    }
}

/// Whether both are one file, however they are spelled; it need not be there yet.
fn is_same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| {
        let whole = path.canonicalize();
        whole.or_else(|_| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new(".")).canonicalize()?;
            Ok::<_, std::io::Error>(folder.join(path.file_name().unwrap_or_default()))
        })
    };
    matches!((real(a), real(b)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspaces_own_is_known_however_it_is_spelled_and_no_other_is_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path();
        std::fs::create_dir(workspace.join("tests")).unwrap();
        let update = |path: Option<&str>| {
            let path = path.map(|path| workspace.join(path));
            let command = LockFile::named(path.as_deref(), workspace).update_command();
            command.replace(&workspace.display().to_string(), "DIR")
        };
        // Before it is there, and then.
        for _ in 0..2 {
            assert_eq!(update(None), UPDATE);
            assert_eq!(update(Some("tests/../tests/permissions.lock")), UPDATE);
            let other = format!("{UPDATE} --permissions-lock DIR/other.lock");
            assert_eq!(update(Some("other.lock")), other);
            let spaced = format!("{UPDATE} --permissions-lock 'DIR/an other.lock'");
            assert_eq!(update(Some("an other.lock")), spaced);
            std::fs::write(workspace.join(LOCK_FILE), "").unwrap();
        }
    }
}
