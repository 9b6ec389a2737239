//! What somebody has to look at: failures with what they say, what was left behind, what differs.

use maud::{Markup, html};
use serde::Deserialize;

use super::super::document::{Document, Status, Sweep, Test};
use super::super::text;
use super::{Section, breakable, marks};

/// How much of one message is shown; nextest keeps all of it in the JUnit file.
const MOST_OF_A_MESSAGE: usize = 20_000;
/// From this many on, the messages are closed.
const MANY: usize = 8;

/// Nothing where nothing is the matter.
pub(super) fn section(document: &Document) -> Option<Section> {
    let with = |status| document.tests.iter().filter(move |test| test.status == status);
    let failed: Vec<_> = with(Status::Failed).collect();
    let inconclusive: Vec<_> = with(Status::Inconclusive).collect();
    let flaky: Vec<_> = document.tests.iter().filter(|test| test.flaky).collect();
    let difference = Difference::of(document);
    let sweep = document.sweep.as_ref().filter(|sweep| {
        !sweep.leaks.is_empty() || !sweep.failures.is_empty() || !sweep.notices.is_empty()
    });
    let nothing = failed.is_empty() && inconclusive.is_empty() && document.unfinished.is_empty();
    if nothing && flaky.is_empty() && sweep.is_none() && difference.is_none() {
        return None;
    }
    let content = html! {
        @if !failed.is_empty() {
            h3 { "Failed" }
            @for test in &failed { (message(test, "failed", failed.len() < MANY)) }
        }
        @if !document.unfinished.is_empty() {
            h3 { "Did not end" }
            ul.plain { @for name in &document.unfinished {
                li { (marks::mark("unfinished")) code.name { (breakable(name)) } }
            } }
        }
        @if !inconclusive.is_empty() {
            h3 { "Inconclusive" }
            p.note { "These ran well, but their samples are too few or too noisy to say whether a budget is kept." }
            @for test in &inconclusive { (message(test, "inconclusive", inconclusive.len() < MANY)) }
        }
        @if let Some(sweep) = sweep { (left_behind(sweep)) }
        @if let Some(difference) = &difference { (differing(difference)) }
        @if !flaky.is_empty() {
            h3 { "Passed at a later attempt" }
            ul.plain { @for test in &flaky {
                li { (marks::mark("inconclusive")) code.name { (breakable(&test.name)) } }
            } }
        }
    };
    Some(Section { id: "attention", heading: "What to look at", content })
}

fn message(test: &Test, name: &str, open: bool) -> Markup {
    html! {
        @if let Some(message) = &test.message {
            details.message open[open] {
                summary {
                    (marks::mark(name)) code.name { (breakable(&test.name)) }
                    span.aside { (text::seconds(test.seconds)) }
                }
                pre tabindex="0" { (text::shortened(message.trim_end(), MOST_OF_A_MESSAGE)) }
            }
        } @else {
            p.message { (marks::mark(name)) code.name { (breakable(&test.name)) } }
        }
    }
}

fn left_behind(sweep: &Sweep) -> Markup {
    html! {
        @if !sweep.leaks.is_empty() {
            h3 { "Left behind" }
            ul.plain { @for leak in &sweep.leaks {
                li {
                    (marks::mark("leaked")) code.name { (breakable(&leak.test)) } " left " (leak.in_words)
                    @if !leak.examples.is_empty() {
                        ul.keys { @for key in &leak.examples { li { code { (key) } } } }
                    }
                }
            } }
        }
        @if !sweep.failures.is_empty() {
            h3 { "Could not be removed" }
            ul.plain { @for failure in &sweep.failures { li { (marks::mark("failed")) (failure) } } }
        }
        @if !sweep.notices.is_empty() {
            h3 { "Could not be looked at" }
            ul.plain { @for notice in &sweep.notices { li { (marks::mark("unfinished")) (notice) } } }
        }
    }
}

/// How the tests' needs differ from the lock, of what the document says of it.
#[derive(Debug, Deserialize)]
struct Difference {
    lock: String,
    #[serde(default)]
    updated: bool,
    differences: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    subject: String,
    change: String,
    added: Vec<String>,
    removed: Vec<String>,
}

impl Difference {
    fn of(document: &Document) -> Option<Difference> {
        let difference: Difference = serde_json::from_value(document.lock.clone()?).ok()?;
        (!difference.differences.is_empty()).then_some(difference)
    }
}

fn differing(difference: &Difference) -> Markup {
    html! {
        h3 { "Permissions differ from the lock" }
        p.note {
            @if difference.updated {
                code { (difference.lock) } " was brought up to date with these."
            } @else {
                "The tests need other permissions than " code { (difference.lock) } " says."
            }
        }
        @for entry in &difference.differences {
            // What was taken over on purpose is there to be looked up.
            details.message open[!difference.updated] {
                summary {
                    (marks::mark("inconclusive")) code.name { (breakable(&entry.subject)) }
                    span.aside { (entry.change) }
                }
                pre tabindex="0" {
                    @if entry.added.is_empty() && entry.removed.is_empty() { "needs nothing" }
                    @for line in &entry.added { "+ " (line) "\n" }
                    @for line in &entry.removed { "- " (line) "\n" }
                }
            }
        }
    }
}
