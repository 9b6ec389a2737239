//! The words for what the performance suite measured.

use contract::measurement::{BudgetVerdict, Load, Measurement};

use super::text;

/// A scenario in a few words: `upload, 1 KB, 16 at once`.
pub(super) fn title(measurement: &Measurement) -> String {
    let mut title = measurement.operation.clone();
    if !measurement.subject.is_empty() {
        title.push_str(", ");
        title.push_str(&measurement.subject);
    }
    let under = load(measurement);
    if !under.is_empty() {
        title.push_str(", ");
        title.push_str(&under);
    }
    title
}

/// What it was done under; empty where one operation followed the other.
pub(super) fn load(measurement: &Measurement) -> String {
    match (measurement.load, measurement.concurrency) {
        (Load::Open { per_second }, _) => format!("{} due per second", text::number(per_second)),
        (Load::Closed, 0 | 1) => String::new(),
        (Load::Closed, at_once) => format!("{at_once} at once"),
    }
}

/// A verdict as it is shown.
pub(super) fn verdict_word(verdict: BudgetVerdict) -> &'static str {
    match verdict {
        BudgetVerdict::Pass => "kept",
        BudgetVerdict::Inconclusive => "inconclusive",
        BudgetVerdict::Fail => "broken",
    }
}
