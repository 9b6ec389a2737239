//! Drives `cargo llvm-cov`: the environment in which a build counts itself, and what comes of the counters.
//!
//! The build has a target folder of its own, so that the usual one stays as it is; its dependencies are
//! not instrumented.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, anyhow, bail};
use tokio::process::Command;

use super::llvm::{COV_VARIABLE, PROFDATA_VARIABLE, Tools};
use super::members::Members;
use crate::context::Context;
use crate::error::Hint as _;
use crate::exit::Exit;
use crate::tether;
use crate::tool::{Found, LLVM_COV};

/// Below the usual target folder; where cargo-llvm-cov builds when it is called by hand.
const TARGET: &str = "llvm-cov-target";

/// Where the counters go that a process leaves.
const PROFILES_VARIABLE: &str = "LLVM_PROFILE_FILE";

/// What the file of a process is called, and the one that they are merged into.
const RAW: &str = "profraw";
const MERGED: &str = "profdata";

/// A `cargo llvm-cov` that can be started, and the folder that it works in.
pub(super) struct LlvmCov {
    found: Found,
    workspace: PathBuf,
    target: PathBuf,
    variables: Vec<(&'static str, OsString)>,
    /// What a cargo that we start must not take for the user's own.
    of_this_package: Vec<String>,
}

impl LlvmCov {
    pub(super) fn new(cx: &Context, found: Found, tools: Tools, members: &Members) -> LlvmCov {
        let target = members.target.join(TARGET);
        let variables = vec![
            ("CARGO_TARGET_DIR", target.clone().into()),
            // Where the user's configuration has one, both builds would share it.
            ("CARGO_BUILD_BUILD_DIR", target.clone().into()),
            // Its reports look there; the folder's default would lie below the first.
            ("CARGO_LLVM_COV_TARGET_DIR", target.clone().into()),
            ("CARGO_LLVM_COV_BUILD_DIR", target.clone().into()),
            (COV_VARIABLE, tools.cov.into()),
            (PROFDATA_VARIABLE, tools.profdata.into()),
        ];
        let of_this_package = cx.config.of_this_package().map(ToOwned::to_owned).collect();
        LlvmCov {
            found,
            workspace: cx.workspace().to_path_buf(),
            target,
            variables,
            of_this_package,
        }
    }

    /// The environment of an instrumented build and of its tests.
    ///
    /// # Errors
    /// Where `cargo llvm-cov` is too old, or refuses.
    pub(super) async fn environment(&self) -> Result<BTreeMap<String, OsString>> {
        // The oldest name of the option: the user's own may be older than the pinned one.
        let shown = self.output(["show-env", "--export-prefix"].map(OsStr::new)).await?;
        let mut environment = read_environment(&shown)?;
        for (name, value) in &self.variables {
            environment.insert((*name).to_owned(), value.clone());
        }
        Ok(environment)
    }

    /// Removes what was counted so far, and the binaries of an earlier build, which would count as well:
    /// every executable that is found is, and what no test of it runs is uncovered.
    ///
    /// # Errors
    /// Where one of them cannot be removed.
    pub(super) fn forget(&self, built: &[PathBuf]) -> Result<()> {
        // Without new counters, a report would be drawn of the merged ones of the run before.
        for kind in [RAW, MERGED] {
            remove_where(&self.target, |file| file.extension().is_some_and(|e| e == kind))?;
        }
        for binary in built {
            let (Some(folder), Some(stem)) = (binary.parent(), stem_without_hash(binary)) else {
                continue;
            };
            remove_where(folder, |file| {
                file.extension() == binary.extension()
                    && stem_without_hash(file) == Some(stem)
                    && !built.iter().any(|built| built == file)
            })?;
        }
        Ok(())
    }

    /// What was counted, as JSON, file by file.
    ///
    /// # Errors
    /// Where the counters cannot be read.
    pub(super) async fn export(&self, exit: Exit) -> Result<Vec<u8>> {
        let mut args = vec!["--json", "--summary-only"];
        if exit != Exit::Success {
            // A test that was killed may have left half a file.
            args.extend(["--failure-mode", "all"]);
        }
        let export = self.report(args.into_iter().map(OsString::from).collect(), None).await?;
        // They are merged into one file by now, which the next reports read.
        remove_where(&self.target, |file| file.extension().is_some_and(|e| e == RAW))?;
        Ok(export)
    }

    /// Writes the pages below a folder, and gives the first.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub(super) async fn html(&self, folder: &Path, left_out: &str) -> Result<PathBuf> {
        let pages = folder.join("html");
        // Those of files that are gone would stay.
        if pages.exists() {
            std::fs::remove_dir_all(&pages)
                .with_context(|| format!("removing `{}`", pages.display()))?;
        }
        let args = vec!["--html".into(), "--output-dir".into(), folder.into()];
        self.report(args, Some(left_out)).await?;
        let index = pages.join("index.html");
        if !index.exists() {
            bail!("cargo llvm-cov wrote no `{}`", index.display());
        }
        Ok(index)
    }

    /// Writes what was counted in the format of lcov.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(super) async fn lcov(&self, file: &Path, left_out: &str) -> Result<()> {
        let args = vec!["--lcov".into(), "--output-path".into(), file.into()];
        self.report(args, Some(left_out)).await?;
        Ok(())
    }

    async fn report(&self, mut args: Vec<OsString>, left_out: Option<&str>) -> Result<Vec<u8>> {
        // By default it leaves out whatever lies in a folder `tests`, two members of ours among it.
        args.splice(0..0, ["report", "--no-default-ignore-filename-regex"].map(OsString::from));
        if let Some(left_out) = left_out {
            args.extend(["--ignore-filename-regex", left_out].map(OsString::from));
        }
        self.output(args).await
    }

    /// Runs it to its end and gives its stdout.
    async fn output(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Vec<u8>> {
        let mut command = std::process::Command::new(&self.found.program);
        command.arg(LLVM_COV.subcommand).args(args).current_dir(&self.workspace);
        for name in &self.of_this_package {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let line: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        let line = format!("cargo {}", line.join(" "));
        let output = Command::from(tether::tethered(command))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("starting `{line}`"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(anyhow!(said)).with_context(|| format!("`{line}` failed"));
        }
        Ok(output.stdout)
    }
}

fn read_environment(shown: &[u8]) -> Result<BTreeMap<String, OsString>> {
    let mut environment = BTreeMap::new();
    for variable in dotenvy::from_read_iter(shown) {
        let (name, value) = variable.context("reading `cargo llvm-cov show-env`")?;
        environment.insert(name, value.into());
    }
    if !environment.contains_key(PROFILES_VARIABLE) {
        return Err(anyhow!("`cargo llvm-cov show-env` does not say `{PROFILES_VARIABLE}`"))
            .hint(LLVM_COV.install_command());
    }
    Ok(environment)
}

/// `suites` of `suites-0123456789abcdef`; `None` without such a hash.
fn stem_without_hash(file: &Path) -> Option<&str> {
    let (stem, hash) = file.file_stem()?.to_str()?.rsplit_once('-')?;
    hash.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(stem)
}

/// Removes the files of a folder that are meant; one that is not there has none.
fn remove_where(folder: &Path, is_meant: impl Fn(&Path) -> bool) -> Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(error).with_context(|| format!("reading `{}`", folder.display()));
        }
    };
    for entry in entries {
        let path = entry.with_context(|| format!("reading `{}`", folder.display()))?.path();
        if is_meant(&path) {
            std::fs::remove_file(&path)
                .with_context(|| format!("removing `{}`", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::hints;

    #[test]
    fn the_environment_is_read_as_a_shell_would() {
        let shown = "export LLVM_PROFILE_FILE='/home/ada/it'\\''s mine/target/ws-%p-%2m.profraw'\n\
            export __CARGO_LLVM_COV_RUSTC_WRAPPER_RUSTFLAGS='-C\u{1f}instrument-coverage\u{1f}--cfg=$x'\n\
            export RUSTC_WRAPPER=/tools/bin/cargo-llvm-cov\n";
        let environment = read_environment(shown.as_bytes()).unwrap();
        let expected = [
            ("LLVM_PROFILE_FILE", "/home/ada/it's mine/target/ws-%p-%2m.profraw"),
            ("RUSTC_WRAPPER", "/tools/bin/cargo-llvm-cov"),
            (
                "__CARGO_LLVM_COV_RUSTC_WRAPPER_RUSTFLAGS",
                "-C\u{1f}instrument-coverage\u{1f}--cfg=$x",
            ),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.into()));
        assert_eq!(environment, expected.into());
    }

    #[test]
    fn an_environment_that_counts_nothing_is_refused() {
        let error = read_environment(b"export RUSTC_WRAPPER=x\n").unwrap_err();
        assert!(error.to_string().contains("LLVM_PROFILE_FILE"), "{error}");
        assert_eq!(hints(&error), ["cargo install --locked cargo-llvm-cov@0.9.1"]);
    }

    #[test]
    fn counters_and_older_binaries_are_forgotten_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path();
        let deps = target.join("debug/deps");
        std::fs::create_dir_all(&deps).unwrap();
        let built = deps.join("suites-1111111111111111");
        let older = deps.join("suites-2222222222222222");
        let raw = target.join("ws-17-1_0.profraw");
        let merged = target.join("ws.profdata");
        let kept = [
            built.clone(),
            deps.join("suites-2222222222222222.d"),
            deps.join("app-2222222222222222"),
            deps.join("suites-of-others"),
            target.join("ws-profraw-list"),
        ];
        for file in kept.iter().chain([&older, &raw, &merged]) {
            std::fs::write(file, "").unwrap();
        }
        let llvm_cov = LlvmCov {
            found: Found { program: "cargo".into(), version: String::new() },
            workspace: PathBuf::new(),
            target: target.to_owned(),
            variables: Vec::new(),
            of_this_package: Vec::new(),
        };
        llvm_cov.forget(&[built]).unwrap();
        for file in [&older, &raw, &merged] {
            assert!(!file.exists(), "{}", file.display());
        }
        for file in &kept {
            assert!(file.exists(), "{}", file.display());
        }
    }
}
