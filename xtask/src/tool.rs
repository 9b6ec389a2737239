//! The cargo subcommands that a command starts: the user's own, or pinned ones in the target folder.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result, anyhow};
use xshell::{Cmd, Shell, cmd};

use crate::context::Context;
use crate::error::Hint as _;

/// Lists the tests and runs them. Its list and JUnit formats are what we read.
pub(crate) const NEXTEST: Tool = Tool {
    subcommand: "nextest",
    package: "cargo-nextest",
    pinned: "0.9.143",
    // Without what lets it replace itself, which a pinned one should not, and which builds a whole TLS
    // library.
    flags: &["--no-default-features", "--features", "default-no-update"],
};

/// Builds with counters, and reads them. The environment that it shows is what we build in.
pub(crate) const LLVM_COV: Tool =
    Tool { subcommand: "llvm-cov", package: "cargo-llvm-cov", pinned: "0.9.1", flags: &[] };

/// A cargo subcommand.
pub(crate) struct Tool {
    /// As cargo knows it.
    pub(crate) subcommand: &'static str,
    /// The package that has it.
    package: &'static str,
    /// What is installed where none is found.
    pinned: &'static str,
    /// How it is installed then.
    flags: &'static [&'static str],
}

/// A subcommand that can be started: `PROGRAM SUBCOMMAND ...`.
pub(crate) struct Found {
    /// `cargo`, or the binary that we installed.
    pub(crate) program: PathBuf,
    /// The line in which it names itself.
    pub(crate) version: String,
}

impl Tool {
    /// Finds the user's, or installs the pinned one into the target folder.
    ///
    /// # Errors
    /// Where it cannot be installed.
    pub(crate) async fn find_or_install(&self, cx: &Context) -> Result<Found> {
        let &Tool { subcommand, package, pinned, flags } = self;
        let sh = shell(cx)?;
        let asked = stoppable(cmd!(sh, "cargo {subcommand} --version")).output().await;
        if let Some(told) = asked.ok().filter(|told| told.status.success()) {
            let told = String::from_utf8_lossy(&told.stdout);
            let version = told.lines().next().unwrap_or_default().to_owned();
            return Ok(Found { program: "cargo".into(), version });
        }
        // A folder for each version: one that was pinned before is not taken for this one.
        let root = cx.workspace().join(format!("target/xtask/tools/{package}-{pinned}"));
        let program = root.join("bin").join(format!("{package}{}", std::env::consts::EXE_SUFFIX));
        if !program.exists() {
            cx.ui.remark(format_args!(
                "{package} is not installed; installing it into `target/xtask/tools`"
            ));
            let install =
                cmd!(sh, "cargo install --locked {package}@{pinned} {flags...} --root {root}");
            let install = as_from_a_shell(cx, install);
            cx.ui.step("Running", &install);
            // Minutes, in which Ctrl-C has to be heard; stdout is kept for our own result.
            let installed = stoppable(install).stdout(std::io::stderr()).status().await;
            let installing = || format!("installing {package}");
            let installed = installed.with_context(installing).hint(self.install_command())?;
            if !installed.success() {
                return Err(anyhow!("`cargo install` failed: {installed}"))
                    .with_context(installing)
                    .hint(self.install_command());
            }
        }
        Ok(Found { program, version: format!("{package} {pinned}") })
    }

    /// The command that installs the pinned one for the user.
    pub(crate) fn install_command(&self) -> String {
        format!("cargo install --locked {}@{}", self.package, self.pinned)
    }
}

/// The command as one that ends where nobody waits for it any more.
fn stoppable(command: Cmd<'_>) -> tokio::process::Command {
    let mut command = tokio::process::Command::from(std::process::Command::from(command));
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The command without what `cargo run` has told us of ourselves.
pub(crate) fn as_from_a_shell<'a>(cx: &Context, command: Cmd<'a>) -> Cmd<'a> {
    cx.config.of_this_package().fold(command, Cmd::env_remove)
}

/// A shell in the workspace's folder.
///
/// # Errors
/// Where the current folder is gone.
pub(crate) fn shell(cx: &Context) -> Result<Shell> {
    let sh = Shell::new().context("finding the current folder")?;
    sh.change_dir(cx.workspace());
    Ok(sh)
}
