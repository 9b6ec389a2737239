//! What a run prints in the end: the counts, what failed, the skips with their reasons, the leaks, the
//! figures, and what to type next.

use std::collections::BTreeMap;

use contract::TestId;

use super::performance;
use super::summary::Summary;
use crate::context::Context;
use crate::report::{SkipReason, Status};
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
pub(crate) fn print(cx: &Context, summary: &Summary, details: &Details) {
    let ui = &cx.ui;
    performance::print(cx, summary.records.measurements().into_values().flatten());
    ui.line("");
    let shard = summary.shard.map(|shard| format!(", shard {shard},")).unwrap_or_default();
    ui.line(format_args!("     Summary run {}{shard} on {}", summary.run, summary.target));
    if summary.ended_early() {
        ui.finding(Tone::Bad, "ended", summary.outcome());
        if let Some(swept) = &summary.swept {
            swept.report_failures(cx, summary.on, &summary.run);
        }
    } else {
        results(cx, summary);
    }
    let seconds = summary.timings.whole().as_secs_f64();
    ui.finding(Tone::Plain, "time", format_args!("{seconds:.1} s"));
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

/// What became of the tests, and of what they left, needed and called.
fn results(cx: &Context, summary: &Summary) {
    let ui = &cx.ui;
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
            ui.below(1, format_args!("{}: {why}", test.name()));
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
    if let Some(swept) = &summary.swept {
        swept.print(cx, summary.on, &summary.run);
    }
    if let Some(checked) = &summary.lock {
        checked.print(cx);
    }
    if let Some(cost) = &summary.cost {
        ui.finding(Tone::Plain, "cost", cost);
        for (suite, dollars) in cost.by_suite_in_words() {
            ui.below(1, format_args!("{suite}: {dollars}"));
        }
    }
}

fn skips(cx: &Context, summary: &Summary) {
    let ui = &cx.ui;
    for (reason, tests) in summary.skips() {
        let SkipReason { code, text, cure } = reason;
        ui.below(0, format_args!("{code}: {text} ({})", tests.len()));
        if tests.len() > NAMED {
            by_module(cx, &tests);
        } else {
            names(cx, &tests);
        }
        if let Some(cure) = cure {
            ui.below(0, format_args!("hint: {cure}"));
        }
    }
}

fn names(cx: &Context, tests: &[&TestId]) {
    for test in tests.iter().take(NAMED) {
        cx.ui.below(1, test.name());
    }
    more(cx, tests.len());
}

fn more(cx: &Context, count: usize) {
    if let Some(more @ 1..) = count.checked_sub(NAMED) {
        cx.ui.below(1, format_args!("and {more} more"));
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
        cx.ui.below(1, format_args!("{module} ({count})"));
    }
}
