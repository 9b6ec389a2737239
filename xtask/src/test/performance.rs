//! The table of what the performance suite measured.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use contract::measurement::{BudgetVerdict, Judged, Load, Measurement, Unit};

use crate::context::Context;

const HEADER: [&str; 9] =
    ["operation", "n", "p50", "p90", "p99", "max", "throughput", "budget", "verdict"];

/// Prints a row for each budget, and one for each measurement without any; nothing where nothing was
/// measured.
pub(crate) fn print<'m>(cx: &Context, measurements: impl Iterator<Item = &'m Measurement>) {
    let table = table(measurements);
    if table.row_count() > 0 {
        cx.ui.line("");
        cx.ui.line(table.trim_fmt());
    }
}

fn table<'m>(measurements: impl Iterator<Item = &'m Measurement>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    // Where the width is known, that is on a terminal, long cells are wrapped.
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(HEADER);
    for measurement in measurements {
        let mut figures = figures(measurement);
        if measurement.budgets.is_empty() {
            table.add_row(figures.iter().cloned().chain(["-".to_owned(), "-".to_owned()]));
        }
        for judged in &measurement.budgets {
            let words = [budget(judged), verdict(judged.verdict).to_owned()];
            table.add_row(figures.iter().cloned().chain(words));
            // A second budget of the same samples has no figures of its own.
            figures.iter_mut().for_each(String::clear);
        }
    }
    for column in 1..7 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn figures(measurement: &Measurement) -> [String; 7] {
    let latency = &measurement.latency;
    let times = [latency.p50, latency.p90, latency.p99, latency.max].map(time);
    let [p50, p90, p99, max] = times;
    [name(measurement), latency.count.to_string(), p50, p90, p99, max, throughput(measurement)]
}

fn name(measurement: &Measurement) -> String {
    let Measurement { operation, subject, concurrency, load, .. } = measurement;
    let at_once = match concurrency {
        1 => String::new(),
        many => format!(", {many} at once"),
    };
    let rate = match load {
        Load::Closed => String::new(),
        Load::Open { per_second } => format!(", {per_second:.0}/s due"),
    };
    format!("{operation} {subject}{at_once}{rate}")
}

/// Three digits, so that a column can be read down.
fn time(microseconds: u64) -> String {
    let seconds = microseconds as f64 / 1e6;
    let (value, unit) = match seconds {
        _ if seconds < 1e-3 => (seconds * 1e6, "µs"),
        _ if seconds < 1.0 => (seconds * 1e3, "ms"),
        _ => (seconds, "s"),
    };
    format!("{} {unit}", three_digits(value))
}

fn throughput(measurement: &Measurement) -> String {
    match measurement.bytes_per_second() {
        Some(bytes) if bytes >= 1e6 => format!("{} MB/s", three_digits(bytes / 1e6)),
        Some(bytes) if bytes >= 1e3 => format!("{} kB/s", three_digits(bytes / 1e3)),
        _ => format!("{}/s", three_digits(measurement.per_second())),
    }
}

fn three_digits(value: f64) -> String {
    let decimals = match value {
        _ if value >= 100.0 => 0,
        _ if value >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

fn budget(judged: &Judged) -> String {
    let measured = match judged.unit {
        Unit::Seconds => time((judged.measured * 1e6) as u64),
        Unit::Ratio => format!("{} x", three_digits(judged.measured)),
    };
    format!("{} (is {measured})", judged.budget)
}

fn verdict(verdict: BudgetVerdict) -> &'static str {
    match verdict {
        BudgetVerdict::Pass => "pass",
        BudgetVerdict::Inconclusive => "inconclusive",
        BudgetVerdict::Fail => "FAIL",
    }
}

#[cfg(test)]
mod tests {
    use contract::measurement::Distribution;

    use super::*;

    #[test]
    fn a_row_for_each_budget_and_for_what_has_none() {
        let measurement = |operation: &str, concurrency, load, budgets| Measurement {
            operation: operation.to_owned(),
            subject: "1 KB".to_owned(),
            object_bytes: (operation == "upload").then_some(1_000),
            concurrency,
            load,
            warm_up: 2,
            seconds: 0.5,
            latency: Distribution {
                count: 60,
                min: 600,
                p50: 950,
                p90: 4_300,
                p99: 12_345,
                max: 1_234_567,
                buckets: Vec::new(),
            },
            baseline: None,
            budgets,
        };
        let judged = |budget: &str, measured, unit, verdict| Judged {
            budget: budget.to_owned(),
            limit: 3.0,
            measured,
            interval: None,
            unit,
            verdict,
            reason: None,
        };
        let both = vec![
            judged("median < 3 x raw HTTP", 2.345, Unit::Ratio, BudgetVerdict::Inconclusive),
            judged("p90 < 2 s", 0.0043, Unit::Seconds, BudgetVerdict::Pass),
        ];
        let failed = vec![judged("p50 < 1 s", 1.5, Unit::Seconds, BudgetVerdict::Fail)];
        let measurements = [
            measurement("upload", 1, Load::Closed, both),
            measurement("exists", 16, Load::Closed, failed),
            measurement("list", 1, Load::Open { per_second: 50.0 }, Vec::new()),
        ];
        insta::assert_snapshot!(table(measurements.iter()).trim_fmt(), @"
        operation                 n     p50      p90      p99     max  throughput  budget                             verdict
        upload 1 KB              60  950 µs  4.30 ms  12.3 ms  1.23 s    120 kB/s  median < 3 x raw HTTP (is 2.35 x)  inconclusive
                                                                                   p90 < 2 s (is 4.30 ms)             pass
        exists 1 KB, 16 at once  60  950 µs  4.30 ms  12.3 ms  1.23 s       120/s  p50 < 1 s (is 1.50 s)              FAIL
        list 1 KB, 50/s due      60  950 µs  4.30 ms  12.3 ms  1.23 s       120/s  -                                  -
        ");
    }
}
