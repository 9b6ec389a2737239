//! The workspace's members: which of them the suites link, and which file belongs to which.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use tokio::process::Command;
use xshell::cmd;

use crate::context::Context;
use crate::test::nextest::PACKAGE;
use crate::tool;

/// The members.
pub(super) struct Members {
    /// Where cargo builds.
    pub(super) target: PathBuf,
    /// Where the workspace's manifest is.
    pub(super) workspace: PathBuf,
    members: Vec<Member>,
}

/// A package of the workspace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its name.
    pub(super) name: String,
    /// The folder of its manifest.
    pub(super) folder: PathBuf,
    /// What the suites are to it.
    pub(super) role: Role,
}

/// What the suites are to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// They link it.
    Linked,
    /// They do not.
    NotLinked,
    /// It is them. What they run of themselves says nothing of the product.
    Suites,
}

/// What we read of `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    /// `dev`, `build`, or nothing.
    kind: Option<String>,
    /// The folder, where it is a path's.
    path: Option<PathBuf>,
}

impl Members {
    /// Asks cargo.
    ///
    /// # Errors
    /// Where a manifest is broken; in cargo's own words.
    pub(super) async fn ask(cx: &Context) -> Result<Members> {
        let sh = tool::shell(cx)?;
        let metadata = cmd!(sh, "cargo metadata --format-version 1 --no-deps");
        let metadata = std::process::Command::from(tool::as_from_a_shell(cx, metadata));
        let output = Command::from(metadata)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("starting cargo")?;
        if !output.status.success() {
            bail!("`cargo metadata` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Members::read(&output.stdout)
    }

    fn read(json: &[u8]) -> Result<Members> {
        let metadata: Metadata =
            serde_json::from_slice(json).context("reading what cargo says of the workspace")?;
        let linked = linked(&metadata.packages);
        let member = |package: &Package| {
            let folder = package.folder().to_owned();
            let role = match &package.name {
                name if name == PACKAGE => Role::Suites,
                _ if linked.contains(&folder) => Role::Linked,
                _ => Role::NotLinked,
            };
            Member { name: package.name.clone(), folder, role }
        };
        let members = metadata.packages.iter().map(member).collect();
        let (target, workspace) = (metadata.target_directory, metadata.workspace_root);
        Ok(Members { target, workspace, members })
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Member] {
        &self.members
    }

    /// The member that a file belongs to; none where it is a dependency's. Members may lie in each
    /// other's folders.
    pub(super) fn owner(&self, file: &Path) -> Option<&Member> {
        let owners = self.members.iter().filter(|member| file.starts_with(&member.folder));
        owners.max_by_key(|member| member.folder.components().count())
    }
}

impl Package {
    fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }
}

/// The folders of all that the suites link, with their own.
fn linked(packages: &[Package]) -> BTreeSet<PathBuf> {
    let mut linked = BTreeSet::new();
    let mut next: Vec<_> = packages.iter().filter(|package| package.name == PACKAGE).collect();
    while let Some(package) = next.pop() {
        if !linked.insert(package.folder().to_owned()) {
            continue;
        }
        for dependency in &package.dependencies {
            let is_linked = match dependency.kind.as_deref() {
                None => true,
                Some("dev") => package.name == PACKAGE,
                Some(_) => false,
            };
            let found = packages.iter().find(|other| {
                is_linked && dependency.path.as_deref().is_some_and(|path| other.folder() == path)
            });
            next.extend(found);
        }
    }
    linked
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What cargo says of a workspace like ours, shortened to what we read.
    const METADATA: &str = include_str!("metadata.sample.json");

    pub(in super::super) fn members() -> Members {
        Members::read(METADATA.as_bytes()).unwrap()
    }

    #[test]
    fn members_are_linked_by_way_of_others_and_by_no_build_script() {
        let members = members();
        let roles: Vec<_> = members.all().iter().map(|m| (m.name.as_str(), m.role)).collect();
        assert_eq!(
            roles,
            [
                ("app", Role::Linked),
                ("sandbox", Role::Linked),
                ("tests", Role::Suites),
                ("contract", Role::Linked),
                // By the meter alone.
                ("units", Role::Linked),
                ("meter", Role::Linked),
                // For the tests of `app` and for the build script of `sandbox`.
                ("fixtures", Role::NotLinked),
                ("xtask", Role::NotLinked),
            ]
        );
        assert_eq!(members.target, Path::new("/ws/target"));
    }

    #[test]
    fn a_file_belongs_to_the_nearest_member() {
        let members = members();
        let owner = |file: &str| members.owner(Path::new(file)).map(|member| member.name.as_str());
        assert_eq!(owner("/ws/app/src/api/files.rs"), Some("app"));
        assert_eq!(owner("/ws/tests/suites/main.rs"), Some("tests"));
        assert_eq!(owner("/ws/tests/contract/src/lib.rs"), Some("contract"));
        assert_eq!(owner("/ws/tests/contracts.rs"), Some("tests"));
        assert_eq!(owner("/ws/application/src/lib.rs"), None);
        assert_eq!(owner("/home/ada/.cargo/registry/src/x/tokio-1.54.1/src/macros.rs"), None);
    }
}
