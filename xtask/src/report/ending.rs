//! Every test of the suites, and how it ended in this run, or why it did not.

use super::document::{Document, SkipReason, Status, Test};

/// How a test ended, or why it did not, in the order in which a reader asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// It failed.
    Failed,
    /// It was to run, and did not end.
    Unfinished,
    /// It ran well, but its samples do not tell whether a budget is kept.
    Inconclusive,
    /// It did not run, for a reason.
    Skipped,
    /// Nobody asked for it in this run.
    LeftOut,
    /// It passed.
    Passed,
}

impl Ending {
    /// Of those that are counted in a run.
    pub(super) const COUNTED: [Ending; 5] =
        [Ending::Failed, Ending::Unfinished, Ending::Inconclusive, Ending::Skipped, Ending::Passed];

    /// As it is shown.
    pub(super) fn word(self) -> &'static str {
        match self {
            Ending::Failed => "failed",
            Ending::Unfinished => "unfinished",
            Ending::Inconclusive => "inconclusive",
            Ending::Skipped => "skipped",
            Ending::LeftOut => "left out",
            Ending::Passed => "passed",
        }
    }

    /// How many there are in this run.
    pub(super) fn count(self, document: &Document) -> usize {
        let counts = document.counts;
        match self {
            Ending::Failed => counts.failed,
            Ending::Unfinished => counts.unfinished,
            Ending::Inconclusive => counts.inconclusive,
            Ending::Skipped => counts.skipped,
            Ending::LeftOut => document.left_out.len(),
            Ending::Passed => counts.passed,
        }
    }
}

/// A test, and how it ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended<'a> {
    /// Its full name.
    pub(super) name: &'a str,
    /// How it ended.
    pub(super) ending: Ending,
    /// What is known of it, where it ended.
    pub(super) test: Option<&'a Test>,
    /// Why, where it was skipped.
    pub(super) reason: Option<&'a SkipReason>,
}

impl<'a> Ended<'a> {
    /// The suite: the name up to the first `::`.
    pub(super) fn suite(&self) -> &'a str {
        self.name.split_once("::").map_or(self.name, |(suite, _)| suite)
    }

    /// The module below the suite; empty where there is none.
    pub(super) fn module(&self) -> &'a str {
        let below = self.name.split_once("::").map_or("", |(_, below)| below);
        below.rsplit_once("::").map_or("", |(module, _)| module)
    }

    /// The test's own name in its module.
    pub(super) fn own_name(&self) -> &'a str {
        self.name.rsplit_once("::").map_or(self.name, |(_, name)| name)
    }

    /// How long it took; nothing where it did not end.
    pub(super) fn seconds(&self) -> f64 {
        self.test.map_or(0.0, |test| test.seconds)
    }
}

/// Every test that this run knows of, in the order of their names.
pub(super) fn all(document: &Document) -> Vec<Ended<'_>> {
    let ended = document.tests.iter().map(|test| Ended {
        name: &test.name,
        ending: match test.status {
            Status::Failed => Ending::Failed,
            Status::Inconclusive => Ending::Inconclusive,
            Status::Passed => Ending::Passed,
        },
        test: Some(test),
        reason: None,
    });
    let skipped = document.skipped.iter().map(|skipped| Ended {
        name: &skipped.name,
        ending: Ending::Skipped,
        test: None,
        reason: Some(&skipped.reason),
    });
    let mut all: Vec<_> = ended.chain(skipped).collect();
    for (names, ending) in
        [(&document.unfinished, Ending::Unfinished), (&document.left_out, Ending::LeftOut)]
    {
        all.extend(names.iter().map(|name| Ended { name, ending, test: None, reason: None }));
    }
    all.sort_by_key(|test| test.name);
    all
}
