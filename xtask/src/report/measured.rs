//! The words for what the performance suite measured, on the page, in Markdown and on the console.

use contract::measurement::{BudgetVerdict, Judged, Load, Measurement, Unit};

use super::text;

/// A scenario in a few words: `upload, 1 KB, 16 at once`.
pub(crate) fn title(measurement: &Measurement) -> String {
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
pub(crate) fn verdict_word(verdict: BudgetVerdict) -> &'static str {
    match verdict {
        BudgetVerdict::Pass => "kept",
        BudgetVerdict::Inconclusive => "inconclusive",
        BudgetVerdict::Fail => "broken",
    }
}

/// What [`figures`] are called.
pub(crate) const FIGURES: [&str; 6] = ["n", "p50", "p90", "p99", "max", "throughput"];

/// The figures of a measurement, in the order of [`FIGURES`].
pub(crate) fn figures(measurement: &Measurement) -> [String; 6] {
    let latency = &measurement.latency;
    let [p50, p90, p99, max] = [latency.p50, latency.p90, latency.p99, latency.max];
    let [p50, p90, p99, max] = [p50, p90, p99, max].map(text::micros);
    let throughput = format!("{}/s", text::number(measurement.per_second()));
    [text::number(latency.count as f64), p50, p90, p99, max, throughput]
}

/// A value that a budget counts.
pub(crate) fn value(judged: &Judged, value: f64) -> String {
    match judged.unit {
        Unit::Seconds => text::seconds(value),
        Unit::Ratio => format!("{} \u{d7}", text::number(value)),
    }
}
