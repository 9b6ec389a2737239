//! The table of what the performance suite measured.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use contract::measurement::Measurement;

use crate::context::Context;
use crate::report::measured;

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
    let figures = measured::FIGURES.into_iter();
    table.set_header(["operation"].into_iter().chain(figures).chain(["budget", "verdict"]));
    for measurement in measurements {
        let mut cells = vec![measured::title(measurement)];
        cells.extend(measured::figures(measurement));
        if measurement.budgets.is_empty() {
            table.add_row(cells.iter().cloned().chain(["-".to_owned(), "-".to_owned()]));
        }
        for judged in &measurement.budgets {
            let value = measured::value(judged, judged.measured);
            let budget = format!("{} (is {value})", judged.budget);
            let verdict = measured::verdict_word(judged.verdict).to_owned();
            table.add_row(cells.iter().cloned().chain([budget, verdict]));
            // A second budget of the same samples has no figures of its own.
            cells.iter_mut().for_each(String::clear);
        }
    }
    for column in 1..7 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use contract::measurement::{BudgetVerdict, Distribution, Judged, Load, Unit};

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
        operation                       n     p50     p90      p99     max  throughput  budget                             verdict
        upload, 1 KB                   60  950 µs  4.3 ms  12.3 ms  1.23 s       120/s  median < 3 x raw HTTP (is 2.35 ×)  inconclusive
                                                                                        p90 < 2 s (is 4.3 ms)              kept
        exists, 1 KB, 16 at once       60  950 µs  4.3 ms  12.3 ms  1.23 s       120/s  p50 < 1 s (is 1.5 s)               broken
        list, 1 KB, 50 due per second  60  950 µs  4.3 ms  12.3 ms  1.23 s       120/s  -                                  -
        ");
    }
}
