//! The README's table of permissions, generated from the lock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};

use super::{Bucket, Command, Lock, Requirement, Resource, Subject};
use crate::error::Hint as _;
use crate::models::Models;
use crate::replace::{Readers, replace};

const BEGIN: &str = "<!-- permissions: written by `cargo xtask test --update-permissions` -->\n";
const END: &str = "<!-- permissions: end -->\n";

/// Writes the table between its marks.
///
/// # Errors
/// Where the README has no marks, or cannot be read or written.
pub(crate) fn update_readme(path: &Path, lock: &Lock) -> Result<()> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
    let new = with_table(&text, lock)
        .ok_or_else(|| anyhow!("`{}` has no place for the table of permissions", path.display()))
        .hint(format_args!("put these two lines where it is to stand:\n\n{BEGIN}{END}"))?;
    if new == text { Ok(()) } else { replace(path, new.as_bytes(), Readers::Usual) }
}

fn with_table(text: &str, lock: &Lock) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n{END}{after}", table(lock)))
}

/// One row for each action on each kind of resource: which purpose a bucket has does not matter here.
fn table(lock: &Lock) -> String {
    let mut rows: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (subject, needs) in &lock.entries {
        let Some(who) = who(subject) else { continue };
        for requirement in needs {
            let Requirement { action, resource, prefix } = requirement;
            let mut on = format!("`{}`", of_any_purpose(resource));
            if let Some(prefix) = prefix {
                let _ = write!(on, ", listing `{prefix}`");
            }
            rows.entry((action.clone(), on)).or_default().insert(who.clone());
        }
    }
    let mut table = "| action | on | needed by |\n|---|---|---|\n".to_owned();
    for ((action, on), who) in rows {
        let who: Vec<_> = who.into_iter().collect();
        let _ = writeln!(table, "| `{action}` | {on} | {} |", who.join(", "));
    }
    table
}

fn who(subject: &Subject) -> Option<String> {
    let command = |command: Command| Some(format!("`{}`", command.name()));
    match subject {
        Subject::App => Some("the app".to_owned()),
        Subject::Command(known) => command(*known),
        Subject::Fixtures => command(Command::Test),
        // These never run on AWS.
        Subject::Test(test) if Models::of_any_aws().why_not(test).is_some() => None,
        Subject::Test(_) => command(Command::Test),
    }
}

fn of_any_purpose(resource: &Resource) -> Resource {
    match resource {
        Resource::Bucket(_) => Resource::Bucket(Bucket::Each),
        Resource::Objects(_, keys) => Resource::Objects(Bucket::Each, keys.clone()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::LOCK_FILE;

    #[test]
    fn the_readme_says_what_the_lock_says() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let lock = Lock::read(&workspace.join(LOCK_FILE)).unwrap();
        let readme = std::fs::read_to_string(workspace.join("README.md")).unwrap();
        let expected = with_table(&readme, &lock).unwrap();
        assert!(readme == expected, "cargo xtask test --update-permissions");
    }

    #[test]
    fn a_readme_without_marks_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("README.md");
        std::fs::write(&path, "# X\n").unwrap();
        assert!(update_readme(&path, &Lock::default()).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "# X\n");
    }
}
