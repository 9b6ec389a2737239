//! `summary.json`: a run as data. What `cargo xtask test --json` prints, what `cargo xtask report` draws,
//! and what other tools may read.

use contract::Shard;
use contract::measurement::Measurement;
use serde::{Deserialize, Serialize};

use crate::cost::Cost;

/// The version of the schema. It grows with every change that a reader may stumble over: a field that is
/// gone, renamed, or means something else. New fields leave it as it is.
pub(crate) const VERSION: u32 = 2;

/// A run, from what was asked for to what it ended with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Document {
    /// [`VERSION`].
    pub(crate) version: u32,
    /// The run's id.
    pub(crate) run: String,
    /// The shard of the run; `None` where it is all of it.
    pub(crate) shard: Option<Shard>,
    /// When it began: UTC, RFC 3339.
    pub(crate) started: String,
    /// The command as it was typed, without its environment.
    pub(crate) command: String,
    /// Where the tests sent their requests, as it is shown.
    pub(crate) target: String,
    /// The code that the command ended with.
    pub(crate) exit_code: u8,
    /// What the code means, in a few words.
    pub(crate) outcome: String,
    /// The whole run, in seconds.
    pub(crate) seconds: f64,
    /// Its parts, in their order; together they are nearly the whole.
    pub(crate) timings: Vec<Timing>,
    /// How many tests ended how.
    pub(crate) counts: Counts,
    /// Every test that was to run, in the order of their names.
    pub(crate) tests: Vec<Test>,
    /// Names of the tests that were to run and did not end.
    pub(crate) unfinished: Vec<String>,
    /// Every test that was skipped, and why.
    pub(crate) skipped: Vec<Skipped>,
    /// Names of the tests of the suites that were not asked for: by suite, by filter, by shard.
    pub(crate) left_out: Vec<String>,
    /// What was left behind, and whether it could be removed; `None` where there was nothing to sweep.
    pub(crate) sweep: Option<Sweep>,
    /// What the tests needed of IAM, with a verdict where the target was asked for one.
    pub(crate) permissions: Vec<Permission>,
    /// How the needs differ from the lock; `None` where they were not observed.
    pub(crate) lock: Option<serde_json::Value>,
    /// What the performance suite measured.
    pub(crate) measurements: Vec<Measured>,
    /// What the run's calls cost by the price table.
    pub(crate) cost: Option<Cost>,
    /// What it ran on.
    pub(crate) environment: Environment,
    /// The JUnit file, relative to the workspace.
    pub(crate) junit: String,
}

impl Document {
    /// The run's id, and which shard of it this is.
    pub(crate) fn run_in_words(&self) -> String {
        match self.shard {
            Some(shard) => format!("{}, shard {shard}", self.run),
            None => self.run.clone(),
        }
    }
}

/// One part of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timing {
    /// `preflight`, `build`, `tests`, `sweep`, `report`.
    pub(crate) phase: String,
    /// How long it took.
    pub(crate) seconds: f64,
}

/// How many tests ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Tests that ended: passed, failed and inconclusive ones.
    pub(crate) run: usize,
    /// Tests that passed.
    pub(crate) passed: usize,
    /// Tests that failed.
    pub(crate) failed: usize,
    /// Tests that ran well, but whose samples do not tell whether a budget is kept.
    pub(crate) inconclusive: usize,
    /// Tests that were to run and did not end.
    pub(crate) unfinished: usize,
    /// Tests that were skipped.
    pub(crate) skipped: usize,
    /// Things that tests left behind.
    pub(crate) leaked: u64,
}

/// A test that ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Test {
    /// Nextest's id of its binary.
    pub(crate) binary: String,
    /// Its full name.
    pub(crate) name: String,
    /// How it ended.
    pub(crate) status: Status,
    /// Whether an earlier attempt failed.
    pub(crate) flaky: bool,
    /// How long its last attempt took.
    pub(crate) seconds: f64,
    /// What it said, where it failed.
    pub(crate) message: Option<String>,
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// It failed.
    Failed,
    /// It ran well, but its samples do not tell whether a budget is kept.
    Inconclusive,
    /// It passed.
    Passed,
}

/// A test that was skipped.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Skipped {
    /// Nextest's id of its binary.
    pub(crate) binary: String,
    /// Its full name.
    pub(crate) name: String,
    /// Why.
    pub(crate) reason: SkipReason,
}

/// Why a test was skipped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct SkipReason {
    /// The stable code, `aws-not-configured`.
    pub(crate) code: String,
    /// What is the matter.
    pub(crate) text: String,
    /// What to do about it.
    pub(crate) cure: Option<String>,
}

/// What the sweep found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Sweep {
    /// What tests left behind.
    pub(crate) leaks: Vec<Leak>,
    /// What could not be removed or looked at, in words.
    pub(crate) failures: Vec<String>,
    /// What the server cannot show, in words.
    pub(crate) notices: Vec<String>,
}

/// What one test left behind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Leak {
    /// The test's full name.
    pub(crate) test: String,
    /// How many things.
    pub(crate) things: u64,
    /// What they are, in words.
    pub(crate) in_words: String,
    /// Some of their keys.
    pub(crate) examples: Vec<String>,
}

/// Something that the tests of the run needed of IAM.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Permission {
    /// `observed` on the embedded AWS; on another target `allowed`, `denied`, `unknown`, ...: the words
    /// of `cargo xtask check`.
    pub(crate) verdict: String,
    /// The IAM action.
    pub(crate) action: String,
    /// On what, as the lock or as `check` writes it.
    pub(crate) resource: String,
    /// What the verdict rests on.
    pub(crate) evidence: Option<String>,
    /// Names of the tests that need it.
    pub(crate) needed_by: Vec<String>,
}

/// A measurement, and the test that made it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// The test's full name.
    pub(crate) test: String,
    /// What it measured.
    #[serde(flatten)]
    pub(crate) measurement: Measurement,
}

/// What a run ran on. Nothing in it is secret, and nothing is a path.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Environment {
    /// The workspace's version.
    pub(crate) version: String,
    /// The compiler, `rustc 1.95.0 (...)`.
    pub(crate) rustc: Option<String>,
    /// `cargo-nextest 0.9.143`.
    pub(crate) nextest: Option<String>,
    /// `linux x86_64`.
    pub(crate) system: String,
    /// Processors that the run could use.
    pub(crate) processors: usize,
    /// The region of the target.
    pub(crate) region: Option<String>,
    /// The account that asked, where the target has accounts.
    pub(crate) account: Option<String>,
    /// Where there is one: the revision of the workspace, and `dirty` where it was changed.
    pub(crate) revision: Option<String>,
}
