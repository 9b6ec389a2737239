//! Drives `cargo nextest`: finds or installs it, lists the tests, runs exactly the planned ones.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nextest_metadata::{BinaryListSummary, NextestExitCode, RustTestCaseSummary, TestListSummary};
use tokio::process::Child;
use xshell::cmd;

mod arguments;

pub(crate) use arguments::check_extra_args;

use super::plan::{ListedTest, Withheld};
use crate::context::Context;
use crate::exit::Exit;
use crate::shell::quoted;
use crate::signals::{self, Signals};
use crate::tether;
use crate::tool::{self, Found};
use crate::ui::Ui;

/// The package that holds the suites.
pub(crate) const PACKAGE: &str = "tests";

/// A nextest that can be started.
pub(crate) struct Nextest {
    found: Found,
    /// Variables that it builds and runs with beside what it inherits.
    environment: BTreeMap<String, OsString>,
}

impl Nextest {
    /// Finds the user's nextest, or installs the pinned one into the target folder.
    ///
    /// # Errors
    /// Where it cannot be installed.
    pub(crate) async fn find_or_install(cx: &Context) -> Result<Nextest> {
        let environment = BTreeMap::new();
        Ok(Nextest { found: tool::NEXTEST.find_or_install(cx).await?, environment })
    }

    /// The same, which builds and runs with these variables.
    pub(crate) fn in_environment(self, environment: BTreeMap<String, OsString>) -> Nextest {
        Nextest { environment, ..self }
    }

    /// The line in which it names itself.
    pub(crate) fn version(&self) -> &str {
        &self.found.version
    }

    /// The command that lists every test, for the user to type.
    pub(crate) fn list_command(&self, cx: &Context) -> String {
        let program = &self.found.program;
        let program = program.strip_prefix(cx.workspace()).unwrap_or(program).display().to_string();
        format!("{} nextest list --package {PACKAGE}", quoted(&program))
    }

    /// Builds the suites and lists their tests.
    ///
    /// # Errors
    /// Where they do not build; the compiler's own words went to stderr.
    pub(crate) async fn list(&self, cx: &Context) -> Result<Listed> {
        let sh = tool::shell(cx)?;
        let program = &self.found.program;
        let list = cmd!(sh, "{program} nextest list --package {PACKAGE} --message-format json");
        let list = tool::as_from_a_shell(cx, list).envs(&self.environment);
        cx.ui.step("Building", format_args!("the suites ({list})"));
        let mut list = tokio::process::Command::from(std::process::Command::from(list));
        let list = list.stdout(Stdio::piped()).stdin(Stdio::null()).kill_on_drop(true).output();
        // Both build on what cargo knows of the workspace; asked side by side, the second run of
        // nextest need not ask again.
        let metadata = cmd!(sh, "cargo metadata --format-version 1 --all-features");
        let metadata = tool::as_from_a_shell(cx, metadata).envs(&self.environment);
        let mut metadata = tokio::process::Command::from(std::process::Command::from(metadata));
        let metadata = metadata
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let (list, metadata) = tokio::try_join!(list, metadata).context("starting cargo")?;
        if !list.status.success() {
            return Ok(Listed::Failed(exit_of(cx.ui, list.status)));
        }
        if !metadata.status.success() {
            bail!("`cargo metadata` failed: {}", String::from_utf8_lossy(&metadata.stderr).trim());
        }
        let summary: TestListSummary =
            serde_json::from_slice(&list.stdout).context("reading nextest's list of tests")?;
        Ok(Listed::Tests(Box::new(TestList { summary, cargo_metadata: metadata.stdout })))
    }

    /// Runs exactly `tests`; `variables` is the children's environment beside what they inherit,
    /// `None` takes a variable away.
    ///
    /// # Errors
    /// Where nextest cannot be started.
    pub(crate) async fn run(
        &self,
        cx: &Context,
        request: RunRequest<'_>,
        signals: &mut Signals,
    ) -> Result<Exit> {
        let folder = request.folder;
        let binaries = folder.join("binaries.json");
        let config = folder.join("nextest.toml");
        let junit = request.junit;
        let metadata = folder.join("cargo-metadata.json");
        write(&binaries, &serde_json::to_vec(&request.list.binaries())?)?;
        write(&metadata, &request.list.cargo_metadata)?;
        // Each run has a JUnit file of its own: runs may go on side by side.
        let junit = junit.to_str().context("the workspace's path is not UTF-8")?;
        // What the workspace's own `.config/nextest.toml` says wins over all of this.
        let text = format!(
            "[profile.default]\nfail-fast = false\ntest-threads = {}\n[profile.default.junit]\npath = {}\n{}",
            test_threads(),
            serde_json::to_string(junit)?,
            request.config
        );
        write(&config, text.as_bytes())?;
        let config = format!("xtask:{}", config.display());

        let sh = tool::shell(cx)?;
        let program = &self.found.program;
        let extra = request.extra_args;
        let filters = filter_expressions(request.tests, ARGUMENT_BYTES);
        let filters = filters.iter().flat_map(|filter| ["-E", filter.as_str()]);
        let run = cmd!(
            sh,
            "{program} nextest run --binaries-metadata {binaries} --cargo-metadata {metadata} --tool-config-file {config} {filters...} {extra...}"
        );
        let run = tool::as_from_a_shell(cx, run).envs(&self.environment);
        cx.ui.step(
            "Running",
            format_args!(
                "cargo nextest run --package {PACKAGE} ({} tests){}",
                request.tests.len(),
                extra.iter().map(|arg| format!(" {arg}")).collect::<String>()
            ),
        );
        let mut run = tokio::process::Command::from(tether::tethered(run.into()));
        for (name, value) in request.variables {
            match value {
                Some(value) => run.env(name, value),
                None => run.env_remove(name),
            };
        }
        // Nextest starts each test by way of itself, for those who suspend a run on their terminal; ours
        // ends with us, and cannot be suspended alone.
        run.env("NEXTEST_DOUBLE_SPAWN", "0");
        // The tests' output is for people; stdout is kept for our own result.
        run.stdin(Stdio::null()).stdout(std::io::stderr());
        let mut child = run.spawn().context("starting nextest")?;
        let status = tokio::select! {
            biased;
            () = signals.received() => {
                cx.ui.warning("interrupted: waiting for the tests to stop");
                stop(&mut child).await?;
                None
            }
            status = child.wait() => Some(status.context("waiting for nextest")?),
        };
        // Megabytes that nobody reads again, in a folder that every run adds to.
        for file in [&binaries, &metadata] {
            let _ = std::fs::remove_file(file);
        }
        Ok(status.map_or(Exit::Interrupted, |status| exit_of(cx.ui, status)))
    }
}

/// What a run of nextest needs.
pub(crate) struct RunRequest<'a> {
    /// Where this run's files go.
    pub(crate) folder: &'a Path,
    /// Where nextest writes its JUnit file.
    pub(crate) junit: &'a Path,
    /// What was built.
    pub(crate) list: &'a TestList,
    /// The tests to run; not empty.
    pub(crate) tests: &'a [ListedTest],
    /// The children's variables.
    pub(crate) variables: &'a BTreeMap<String, Option<String>>,
    /// More of nextest's configuration, in TOML, after the profile `default`.
    pub(crate) config: &'a str,
    /// The user's own arguments for nextest.
    pub(crate) extra_args: &'a [String],
}

/// What came of listing.
pub(crate) enum Listed {
    /// The tests.
    Tests(Box<TestList>),
    /// The suites do not build.
    Failed(Exit),
}

/// The tests that were built.
pub(crate) struct TestList {
    summary: TestListSummary,
    cargo_metadata: Vec<u8>,
}

impl TestList {
    /// Every test that is there, in the order of their names; those that nextest would not run with
    /// the reason.
    pub(crate) fn tests(&self) -> Vec<ListedTest> {
        let mut tests = Vec::new();
        for suite in self.summary.rust_suites.values() {
            for (name, case) in &suite.test_cases {
                let test = ListedTest::new(suite.binary.binary_id.as_str(), name.as_str());
                tests.push(ListedTest { withheld: withheld(case), ..test });
            }
        }
        tests
    }

    /// The binaries that hold them.
    pub(crate) fn binaries_paths(&self) -> Vec<PathBuf> {
        let suites = self.summary.rust_suites.values();
        suites.map(|suite| suite.binary.binary_path.clone().into()).collect()
    }

    /// What nextest needs to find the binaries without asking cargo again.
    fn binaries(&self) -> BinaryListSummary {
        BinaryListSummary {
            rust_build_meta: self.summary.rust_build_meta.clone(),
            rust_binaries: self
                .summary
                .rust_suites
                .iter()
                .map(|(id, suite)| (id.clone(), suite.binary.clone()))
                .collect(),
        }
    }
}

fn withheld(case: &RustTestCaseSummary) -> Option<Withheld> {
    match (case.ignored, case.filter_match.is_match()) {
        (true, _) => Some(Withheld::Ignored),
        // The list was asked for without any filter: only the configuration has one.
        (false, false) => Some(Withheld::FilteredOut),
        (false, true) => None,
    }
}

/// The tests wait for a server more than they compute, so that twice as many as there are processors keep
/// those busy.
fn test_threads() -> usize {
    2 * std::thread::available_parallelism().map_or(1, usize::from)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("writing `{}`", path.display()))
}

/// Linux takes 128 KiB in one argument, and 2 MiB in all of them; some 300 of our tests fit into this.
const ARGUMENT_BYTES: usize = 32 * 1024;

/// Expressions that together name each test exactly: nextest runs what any of them matches. Each begins no
/// name behind `most_bytes`.
fn filter_expressions(tests: &[ListedTest], most_bytes: usize) -> Vec<String> {
    let mut by_binary: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for test in tests {
        by_binary.entry(test.id.binary_id()).or_default().push(test.id.name());
    }
    let mut expressions = Vec::new();
    for (binary, names) in by_binary {
        let mut expression = String::new();
        for name in names {
            let begin = match expression.len() {
                0 => format!("binary_id(={binary}) & ("),
                length if length >= most_bytes => {
                    expressions.push(std::mem::take(&mut expression) + ")");
                    format!("binary_id(={binary}) & (")
                }
                _ => " | ".to_owned(),
            };
            expression.push_str(&format!("{begin}test(={name})"));
        }
        expressions.push(expression + ")");
    }
    expressions
}

/// A terminal sends Ctrl-C to nextest too; a signal sent to us alone does not reach it. Nextest is
/// killed last, since its tests would outlive it and go on writing.
async fn stop(child: &mut Child) -> Result<()> {
    for (patience_seconds, then) in [(2, "terminate"), (12, "kill"), (5, "")] {
        let patience = Duration::from_secs(patience_seconds);
        if let Ok(status) = tokio::time::timeout(patience, child.wait()).await {
            status.context("waiting for nextest")?;
            return Ok(());
        }
        match (then, child.id()) {
            ("terminate", Some(pid)) => signals::terminate(pid),
            // It may have ended in the meantime.
            ("kill", _) => drop(child.start_kill()),
            _ => {}
        }
    }
    bail!("nextest does not stop")
}

fn exit_of(ui: Ui, status: std::process::ExitStatus) -> Exit {
    match status.code() {
        Some(0) => Exit::Success,
        Some(code) => Exit::Nextest(u8::try_from(code).unwrap_or(1)),
        // Whoever killed it, for want of memory as a rule, it was not the user's Ctrl-C.
        None => {
            ui.failure(format_args!("nextest did not end by itself: {status}"));
            Exit::Failure
        }
    }
}

/// nextest's code where no test matches, used where we find that out ourselves.
pub(crate) const NO_TESTS: Exit = Exit::Nextest(NextestExitCode::NO_TESTS_RUN as u8);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_name_each_test_exactly_however_many_there_are() {
        let [a, b, c] = [("x", "m::a"), ("x", "m::b"), ("y", "m::a")]
            .map(|(binary, name)| ListedTest::new(binary, name));
        let tests = [a, b, c];
        assert_eq!(
            filter_expressions(&tests, ARGUMENT_BYTES),
            ["binary_id(=x) & (test(=m::a) | test(=m::b))", "binary_id(=y) & (test(=m::a))"]
        );
        // As if there were thousands.
        assert_eq!(
            filter_expressions(&tests, 10),
            [
                "binary_id(=x) & (test(=m::a))",
                "binary_id(=x) & (test(=m::b))",
                "binary_id(=y) & (test(=m::a))"
            ]
        );
    }

    #[test]
    fn tests_that_nextest_would_not_run_are_listed_with_the_reason() {
        let case = |ignored: bool, filter_match: &str| {
            format!(r#"{{"kind": "test", "ignored": {ignored}, "filter-match": {filter_match}}}"#)
        };
        let mismatch = |reason: &str| format!(r#"{{"status": "mismatch", "reason": "{reason}"}}"#);
        let matches = r#"{"status": "matches"}"#;
        let summary = format!(
            r#"{{
                "rust-build-meta": {{"target-directory": "/t", "base-output-directories": [],
                    "non-test-binaries": {{}}, "linked-paths": []}},
                "test-count": 3,
                "rust-suites": {{"tests::suites": {{
                    "package-name": "tests", "binary-id": "tests::suites", "binary-name": "suites",
                    "package-id": "tests", "kind": "test", "binary-path": "/t/suites",
                    "build-platform": "target", "cwd": "/", "status": "listed",
                    "testcases": {{"a": {}, "b": {}, "c": {}}}
                }}}}
            }}"#,
            case(true, &mismatch("ignored")),
            case(false, &mismatch("default-filter")),
            case(false, matches),
        );
        let summary = serde_json::from_str(&summary).unwrap();
        let tests = TestList { summary, cargo_metadata: Vec::new() }.tests();
        let tests: Vec<_> = tests.iter().map(|test| (test.id.name(), test.withheld)).collect();
        let expected =
            [("a", Some(Withheld::Ignored)), ("b", Some(Withheld::FilteredOut)), ("c", None)];
        assert_eq!(tests, expected);
    }

    #[cfg(unix)]
    #[test]
    fn what_was_killed_was_not_interrupted() {
        use std::os::unix::process::ExitStatusExt as _;
        let exit = |raw| exit_of(Ui::new(false), std::process::ExitStatus::from_raw(raw));
        assert_eq!(exit(9), Exit::Failure);
        assert_eq!(exit(100 << 8), Exit::Nextest(100));
        assert_eq!(exit(0), Exit::Success);
    }
}
