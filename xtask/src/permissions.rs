//! What every test and every command needs of IAM: observed on the embedded AWS, kept in
//! `tests/permissions.lock`, and the one source of what is checked before a run, of what is skipped,
//! of the policies, and of the table in the README.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Result, anyhow};
use clap::ValueEnum;
use contract::TestId;

use crate::error::Hint as _;

mod catalogue;
mod commands;
mod difference;
mod lock;
mod observe;
mod places;
mod purpose;
mod readme;
mod requirement;

pub(crate) use catalogue::Catalogue;
pub(crate) use commands::{Scratch, observe as observe_commands};
pub(crate) use difference::{Change, Difference, Observed};
pub(crate) use lock::{LOCK_FILE, UPDATE};
pub(crate) use observe::{Names, View};
pub(crate) use places::{Grant, Places, partition};
pub(crate) use purpose::Purpose;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
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
    pub(crate) fn all() -> impl Iterator<Item = Command> {
        Command::value_variants().iter().copied()
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Command::Check => "check",
            Command::Cleanup => "cleanup",
            Command::Setup => "setup",
            Command::Test => "test",
        }
    }
}

/// As it is typed.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flag = if *self == Command::Test { " --aws" } else { "" };
        write!(f, "cargo xtask {}{flag}", self.name())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::App => f.write_str("app"),
            Subject::Command(command) => command.fmt(f),
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

    /// What a subject needs.
    ///
    /// # Errors
    /// Where it was never observed: that nothing is known must not pass for that nothing is needed.
    pub(crate) fn known(&self, subject: &Subject) -> Result<&Needs> {
        self.needs(subject)
            .ok_or_else(|| anyhow!("`{LOCK_FILE}` does not say what `{subject}` needs"))
            .hint("cargo xtask test --update-permissions")
    }

    /// Every test that is known, and what it needs.
    pub(crate) fn tests(&self) -> impl Iterator<Item = (&TestId, &Needs)> {
        self.entries.iter().filter_map(|(subject, needs)| match subject {
            Subject::Test(test) => Some((test, needs)),
            _ => None,
        })
    }
}
