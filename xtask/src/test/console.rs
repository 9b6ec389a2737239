//! What a run prints in the end: the counts, what failed, the skips with their reasons, the leaks, the
//! figures, and what to type next.

use std::collections::BTreeMap;

use contract::TestId;

use super::needs::Checked;
use super::performance;
use super::summary::Summary;
use crate::context::Context;
use crate::report::Status;
use crate::ui::Tone;

/// How many tests are named below one reason or verdict, before the rest is only counted or, of the
/// skipped ones, all of them by module.
const NAMED: usize = 10;

/// What is printed beside the summary itself.
#[derive(Debug, Default)]
pub(crate) struct Details {
    /// Where the time went.
    pub(crate) timings: bool,
    /// The page that shows the run, as it is shown.
    pub(crate) page: Option<String>,
    /// What to type next.
    pub(crate) next: Option<String>,
}

/// Prints the summary.
pub(crate) fn print(cx: &Context, summary: &Summary<'_>, details: &Details) {
    let ui = &cx.ui;
    performance::print(cx, summary.records.measurements().into_values().flatten());
    ui.line("");
    let shard = summary.shard.map(|shard| format!(", shard {shard},")).unwrap_or_default();
    ui.line(format_args!("     Summary run {}{shard} on {}", summary.run, summary.target));
    ui.finding(Tone::Plain, "run", summary.outcomes.len());
    let count = |tone: Tone, word: &str, count: usize| {
        ui.finding(if count == 0 { Tone::Plain } else { tone }, word, count);
    };
    count(Tone::Good, "passed", summary.count(Status::Passed));
    count(Tone::Bad, "failed", summary.count(Status::Failed));
    names(cx, &summary.ended(Status::Failed));
    let inconclusive = summary.ended(Status::Inconclusive);
    if !inconclusive.is_empty() {
        count(Tone::Warn, "inconclusive", inconclusive.len());
        for test in inconclusive.iter().take(NAMED) {
            let why = summary.outcomes[*test].message.as_deref().unwrap_or_default();
            ui.line(format_args!("{:>17} {}: {why}", "", test.name()));
        }
        more(cx, inconclusive.len());
    }
    let unfinished = summary.unfinished();
    if !unfinished.is_empty() {
        count(Tone::Bad, "unfinished", unfinished.len());
        names(cx, &unfinished);
    }
    count(Tone::Warn, "skipped", summary.plan.skip.len());
    skips(cx, summary);
    if let Some(swept) = summary.swept {
        swept.print(cx, summary.run);
    }
    if let Some(lock) = summary.lock {
        Checked::print(lock, cx);
    }
    if let Some(cost) = &summary.cost {
        ui.finding(Tone::Plain, "cost", cost);
        for (suite, dollars) in cost.by_suite_in_words() {
            ui.line(format_args!("{:>17} {suite}: {dollars}", ""));
        }
    }
    ui.finding(Tone::Plain, "time", format_args!("{:.1} s", summary.timings.whole().as_secs_f64()));
    if details.timings {
        summary.timings.print(cx);
    }
    ui.finding(Tone::Plain, "junit", summary.shown_junit(cx));
    if let Some(page) = &details.page {
        ui.finding(Tone::Plain, "report", page);
    }
    if let Some(next) = &details.next {
        ui.finding(Tone::Plain, "next", next);
    }
}

fn skips(cx: &Context, summary: &Summary<'_>) {
    let ui = &cx.ui;
    for (reason, tests) in summary.skips() {
        let (code, text) = (reason.code(), reason.text());
        ui.line(format_args!("{:>15} {code}: {text} ({})", "", tests.len()));
        if tests.len() > NAMED {
            by_module(cx, &tests);
        } else {
            names(cx, &tests);
        }
        if let Some(cure) = reason.cure() {
            ui.line(format_args!("{:>15} hint: {cure}", ""));
        }
    }
}

fn names(cx: &Context, tests: &[&TestId]) {
    for test in tests.iter().take(NAMED) {
        cx.ui.line(format_args!("{:>17} {}", "", test.name()));
    }
    more(cx, tests.len());
}

fn more(cx: &Context, count: usize) {
    if let Some(more @ 1..) = count.checked_sub(NAMED) {
        cx.ui.line(format_args!("{:>17} and {more} more", ""));
    }
}

/// Counts the tests by module, so that each is accounted for in a few lines.
fn by_module(cx: &Context, tests: &[&TestId]) {
    let mut modules: BTreeMap<&str, usize> = BTreeMap::new();
    for test in tests {
        let module = test.name().rsplit_once("::").map_or(test.name(), |(module, _)| module);
        *modules.entry(module).or_default() += 1;
    }
    for (module, count) in modules {
        cx.ui.line(format_args!("{:>17} {module} ({count})", ""));
    }
}
