//! A run in one word, one sentence and the command to type next.

use super::document::{Document, Status};
use super::text;
use crate::exit::Exit;
use crate::permissions::UPDATE;
use crate::shell::quoted;

/// A run in one word; the worst that is true of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Interrupted,
    Failed,
    Leaked,
    Inconclusive,
    /// Nothing ran.
    Skipped,
    Passed,
}

const INTERRUPTED: u8 = Exit::Interrupted.code();
const LEAKED: u8 = Exit::Leaked.code();
const PERMISSIONS_DIFFER: u8 = Exit::PermissionsDiffer.code();

impl Verdict {
    /// That of a run.
    pub(super) fn of(document: &Document) -> Verdict {
        let counts = document.counts;
        match document.exit_code {
            INTERRUPTED => Verdict::Interrupted,
            _ if counts.failed + counts.unfinished > 0 => Verdict::Failed,
            LEAKED => Verdict::Leaked,
            0 if counts.leaked > 0 => Verdict::Leaked,
            0 if counts.inconclusive > 0 => Verdict::Inconclusive,
            0 if counts.run == 0 => Verdict::Skipped,
            0 => Verdict::Passed,
            _ => Verdict::Failed,
        }
    }

    /// As it is shown.
    pub(super) fn word(self) -> &'static str {
        match self {
            Verdict::Interrupted => "Interrupted",
            Verdict::Failed => "Failed",
            Verdict::Leaked => "Leaked",
            Verdict::Inconclusive => "Inconclusive",
            Verdict::Skipped => "Skipped",
            Verdict::Passed => "Passed",
        }
    }
}

/// What stands behind the verdict, in one sentence or two.
pub(super) fn sentences(document: &Document) -> String {
    let counts = document.counts;
    let all = counts.run + counts.unfinished + counts.skipped;
    let mut parts = Vec::new();
    let mut add = |count: usize, what: &str| {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    };
    add(counts.failed, "failed");
    add(counts.unfinished, "did not end");
    add(
        counts.inconclusive,
        if counts.inconclusive == 1 { "is inconclusive" } else { "are inconclusive" },
    );
    add(counts.passed, "passed");
    add(counts.skipped, if counts.skipped == 1 { "was skipped" } else { "were skipped" });
    let verdict = Verdict::of(document);
    let tests = text::counted(all, "test");
    let were = if all == 1 { "was" } else { "were" };
    let mut sentences = match parts.as_slice() {
        [] => "No test ran.".to_owned(),
        [_] if counts.passed == all && all == 1 => "The one test passed.".to_owned(),
        [_] if counts.passed == all => format!("All {all} tests passed."),
        [_] if counts.skipped == all => {
            format!("Nothing ran: {tests} {were} skipped, {}.", reasons(document))
        }
        [first, rest @ ..] => {
            let list = match rest.split_last() {
                Some((last, [])) => format!("{first} and {last}"),
                Some((last, more)) => format!("{first}, {} and {last}", more.join(", ")),
                None => first.clone(),
            };
            let why = match counts.skipped {
                0 => String::new(),
                _ => format!(", {}", reasons(document)),
            };
            format!("Of {tests}, {list}{why}.")
        }
    };
    if !document.left_out.is_empty() {
        let others = text::counted(document.left_out.len(), "other");
        let were = if document.left_out.len() == 1 { "was" } else { "were" };
        sentences.push_str(&format!(" {others} {were} not asked for."));
    }
    if counts.leaked > 0 {
        let things = text::counted(counts.leaked as usize, "thing");
        let were = if counts.leaked == 1 { "was" } else { "were" };
        sentences.push_str(&format!(" {things} {were} left behind in the buckets."));
    }
    // The code says something of its own where the counts do not say it.
    let says_more = !matches!(document.exit_code, 0 | 100 | LEAKED);
    if says_more && !document.outcome.is_empty() && verdict != Verdict::Passed {
        sentences.push_str(&format!(" {}.", text::sentence(&document.outcome)));
    }
    sentences
}

fn reasons(document: &Document) -> String {
    let mut codes: Vec<_> = document.skipped.iter().map(|test| &test.reason).collect();
    codes.sort();
    codes.dedup();
    match codes.as_slice() {
        [only] => format!("as {}", only.code),
        _ => format!("for {} reasons", codes.len()),
    }
}

/// Something to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// What it does.
    pub(super) why: &'static str,
    pub(crate) command: String,
}

/// What to type next, the most urgent first; nothing where there is nothing to do.
pub(crate) fn next(document: &Document) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut add = |why, command| steps.push(Step { why, command });
    let aws =
        if document.command.split_whitespace().any(|word| word == "--aws") { " --aws" } else { "" };
    let with = |status| document.tests.iter().find(|test| test.status == status);
    if let Some(test) = with(Status::Failed) {
        let name = quoted(&test.name);
        add("Run the first one that failed, with all its output", {
            format!("cargo xtask test{aws} {name} -- --no-capture")
        });
    } else if let Some(name) = document.unfinished.first()
        && document.exit_code != INTERRUPTED
    {
        let name = quoted(name);
        add("Run the first one that did not end, with all its output", {
            format!("cargo xtask test{aws} {name} -- --no-capture")
        });
    }
    if let Some(sweep) = &document.sweep {
        // What was left on the embedded AWS ended with it.
        if !aws.is_empty() && !sweep.failures.is_empty() {
            let run = quoted(&document.run);
            add("Remove what this run left", format!("cargo xtask cleanup --run {run}"));
        } else if let Some(leak) = sweep.leaks.first() {
            let name = quoted(&leak.test);
            add("Run the test that left something", format!("cargo xtask test{aws} {name}"));
        }
    }
    if document.exit_code == PERMISSIONS_DIFFER {
        let command = document.lock.as_ref().and_then(|lock| lock.get("update")?.as_str());
        let command = command.unwrap_or(UPDATE).to_owned();
        add("Bring the lock up to date, where the new permissions are meant", command);
    }
    if with(Status::Failed).is_none() && with(Status::Inconclusive).is_some() {
        let command = format!("cargo xtask test{aws} --suite performance_aws --samples 1000");
        add("Measure again, with more samples", command);
    }
    if !aws.is_empty() && Verdict::of(document) == Verdict::Skipped {
        add("Run them on the embedded AWS, without an account", "cargo xtask test".to_owned());
    }
    if document.exit_code == INTERRUPTED {
        add("Begin again", document.command.clone());
    }
    steps
}
