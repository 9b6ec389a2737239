//! Replaces a file as a whole: whoever reads meanwhile finds the old one or the new one, never half of it.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use uuid::Uuid;

/// Who may read a file that was not there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// As the system has it for new files.
    Usual,
    /// Its owner only: secrets may come to stand in it.
    Owner,
}

/// Writes another file beside `path` and renames it. The mode of the old file stays.
///
/// # Errors
/// Where it cannot be written. The old file is then as it was, and nothing lies beside it.
pub(crate) fn replace(path: &Path, content: &[u8], readers: Readers) -> Result<()> {
    put(path, content, readers).with_context(|| format!("writing `{}`", path.display()))
}

fn put(path: &Path, content: &[u8], readers: Readers) -> std::io::Result<()> {
    let draft = Draft::beside(path);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = options.open(&draft.0)?;
    file.write_all(content)?;
    match fs::metadata(path) {
        Ok(old) => file.set_permissions(old.permissions())?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    file.sync_all()?;
    fs::rename(&draft.0, path)
}

/// A file that is gone when it was not renamed.
struct Draft(PathBuf);

impl Draft {
    fn beside(path: &Path) -> Draft {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Hidden, and with an end of its own, so that nothing takes it for what it becomes.
        let draft = format!(".{name}.{}.tmp", Uuid::new_v4().simple());
        Draft(path.with_file_name(draft))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Nothing is there to remove after the rename.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for text in ["one", "another"] {
            replace(&path, text.as_bytes(), Readers::Usual).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        let occupied = folder.path().join("occupied");
        fs::create_dir(&occupied).unwrap();
        let error = replace(&occupied, b"x", Readers::Usual).unwrap_err();
        assert_eq!(error.to_string(), format!("writing `{}`", occupied.display()));
        replace(&folder.path().join("nowhere/file"), b"x", Readers::Usual).unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_of_the_old_file_stays_and_a_new_one_may_be_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let usual = folder.path().join("usual");
        fs::write(&usual, "").unwrap();
        let path = folder.path().join("new");
        replace(&path, b"x", Readers::Usual).unwrap();
        assert_eq!(mode(&path), mode(&usual));
        let path = folder.path().join("secret");
        replace(&path, b"x", Readers::Owner).unwrap();
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&path, b"y", Readers::Owner).unwrap();
        assert_eq!(mode(&path), 0o640);
    }
}
