//! `tests/requirements.toml`: which tests show which requirement, and what a run says of it.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use serde::Deserialize;

use super::ending::{Ended, Ending};
use crate::error::Hint as _;

const FILE: &str = "tests/requirements.toml";

/// The requirements, in their order.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Requirements {
    /// What the tests are to show.
    #[serde(default, rename = "requirement")]
    pub(super) all: Vec<Requirement>,
    /// The modules that show nothing of it.
    #[serde(default)]
    pub(super) none: Vec<NoRequirement>,
}

/// What the tests are to show.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Requirement {
    /// Its number, `1.1`.
    pub(super) id: String,
    /// Its name, in a few words.
    pub(super) title: String,
    /// All that it says.
    pub(super) text: String,
    /// The tests that show it: paths of modules, or full names.
    pub(super) tests: Vec<String>,
}

/// A module whose tests show no requirement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoRequirement {
    /// The module's path.
    pub(super) module: String,
    /// What its tests are there for.
    pub(super) reason: String,
}

impl Requirements {
    /// Reads them; none where the workspace has no such file.
    ///
    /// # Errors
    /// Where the file cannot be read or understood.
    pub(super) fn read(workspace: &Path) -> Result<Requirements> {
        let path = workspace.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Requirements::default()),
            Err(error) => return Err(error).with_context(|| format!("reading `{FILE}`")),
        };
        toml::from_str(&text)
            .map_err(|error| anyhow!(error.to_string().trim_end().to_owned()))
            .with_context(|| format!("reading `{FILE}` as requirements"))
            .hint(
                "each `[[requirement]]` has `id`, `title`, `text` and `tests`, each `[[none]]` has \
             `module` and `reason`",
            )
    }

    /// Whether a test stands below a requirement, or below none for a reason.
    pub(super) fn know(&self, test: &str) -> bool {
        let shown = self.all.iter().flat_map(|requirement| &requirement.tests);
        let mut paths = shown.chain(self.none.iter().map(|none| &none.module));
        paths.any(|path| is_at(path, test))
    }
}

/// What a run says of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// One of its tests failed.
    Failed,
    /// Not all of its tests ran to a verdict.
    No,
    /// All of its tests passed, and there are some.
    Yes,
}

impl Shown {
    /// As it is shown.
    pub(super) fn word(self) -> &'static str {
        match self {
            Shown::Failed => "failed",
            Shown::No => "not shown",
            Shown::Yes => "shown",
        }
    }
}

/// A requirement, and its tests.
#[derive(Debug)]
pub(super) struct Proof<'a> {
    pub(super) requirement: &'a Requirement,
    pub(super) tests: Vec<Ended<'a>>,
}

impl<'a> Proof<'a> {
    /// Those of the tests that show the requirement, failed ones first.
    pub(super) fn new(requirement: &'a Requirement, tests: &[Ended<'a>]) -> Proof<'a> {
        let shows = |test: &&Ended<'_>| requirement.tests.iter().any(|path| is_at(path, test.name));
        let mut tests: Vec<_> = tests.iter().filter(shows).copied().collect();
        tests.sort_by_key(|test| test.ending);
        Proof { requirement, tests }
    }

    /// What the run says of it.
    pub(super) fn shown(&self) -> Shown {
        let any = |ending| self.count(ending) > 0;
        if any(Ending::Failed) {
            Shown::Failed
        } else if !self.tests.is_empty() && self.count(Ending::Passed) == self.tests.len() {
            Shown::Yes
        } else {
            Shown::No
        }
    }

    /// How many of its tests ended so.
    pub(super) fn count(&self, ending: Ending) -> usize {
        self.tests.iter().filter(|test| test.ending == ending).count()
    }
}

/// Whether a test is the one that `path` names, or lies in the module that it names.
fn is_at(path: &str, test: &str) -> bool {
    test.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
