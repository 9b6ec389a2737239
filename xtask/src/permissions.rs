//! What every test and every command needs of IAM: observed on the embedded AWS, kept in
//! `tests/permissions.lock`, and the one source of what is checked before a run, of what is skipped,
//! of the policies, and of the table in the README.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use contract::TestId;

mod catalogue;
mod commands;
mod difference;
mod lock;
mod observe;
mod places;
mod readme;
mod requirement;

pub(crate) use catalogue::Catalogue;
pub(crate) use commands::{Scratch, observe as observe_commands};
pub(crate) use difference::{Change, Difference, Observed};
pub(crate) use lock::{LOCK_FILE, UPDATE};
pub(crate) use observe::{Names, View};
pub(crate) use places::{Grant, Places, partition};
pub(crate) use readme::update_readme;
pub(crate) use requirement::{Bucket, Keys, Requirement, Resource};

/// What one subject needs; nothing is an empty set.
pub(crate) type Needs = BTreeSet<Requirement>;

/// Everybody's needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lock {
    /// Who needs what.
    pub(crate) entries: BTreeMap<Subject, Needs>,
}

/// Who needs something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// The app at run time: what it did in any of the tests.
    App,
    /// One of our own commands.
    Command(Command),
    /// What the tests' fixtures do around and beside them: without it no test ends well.
    Fixtures,
    /// A test, by itself and by the app in it.
    Test(TestId),
}

/// A command that calls AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Command {
    /// `cargo xtask check`
    Check,
    /// `cargo xtask cleanup`
    Cleanup,
    /// `cargo xtask setup`
    Setup,
    /// `cargo xtask test --aws`, beside its tests: preflight, marks, sweep.
    Test,
}

impl Command {
    /// All of them.
    pub(crate) const ALL: [Command; 4] =
        [Command::Check, Command::Cleanup, Command::Setup, Command::Test];

    /// As it is typed.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Command::Check => "cargo xtask check",
            Command::Cleanup => "cargo xtask cleanup",
            Command::Setup => "cargo xtask setup",
            Command::Test => "cargo xtask test --aws",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::App => f.write_str("app"),
            Subject::Command(command) => f.write_str(command.as_str()),
            Subject::Fixtures => f.write_str("fixtures"),
            Subject::Test(test) => write!(f, "{} {}", test.binary_id(), test.name()),
        }
    }
}

impl Lock {
    /// What a subject needs; `None` where it was never observed.
    pub(crate) fn needs(&self, subject: &Subject) -> Option<&Needs> {
        self.entries.get(subject)
    }

    /// Every test that is known, and what it needs.
    pub(crate) fn tests(&self) -> impl Iterator<Item = (&TestId, &Needs)> {
        self.entries.iter().filter_map(|(subject, needs)| match subject {
            Subject::Test(test) => Some((test, needs)),
            _ => None,
        })
    }
}
