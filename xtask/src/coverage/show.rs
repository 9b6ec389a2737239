//! The result as text.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::figures::{Coverage, Figure, Figures};
use crate::exit::Exit;
use crate::ui::{Tone, Ui};

const HEADER: [&str; 7] = ["crate", "lines", "", "functions", "", "regions", ""];

/// Prints the table, and what has to be known of it.
pub(super) fn print(ui: &Ui, coverage: &Coverage, exit: Exit) {
    ui.line(table(coverage).trim_fmt());
    let tests = coverage.tests;
    if exit != Exit::Success {
        ui.finding(
            Tone::Bad,
            "tests",
            format_args!(
                "{}: {} of {} passed, {} failed; what they did not reach counts as not covered",
                exit.meaning(),
                tests.passed,
                tests.listed,
                tests.failed
            ),
        );
    }
    if !coverage.not_linked.is_empty() {
        let names: Vec<_> = coverage.not_linked.iter().map(|name| format!("`{name}`")).collect();
        let names = names.join(", ");
        ui.finding(
            Tone::Plain,
            "not linked",
            format_args!("{names}: the suites run nothing of it"),
        );
    }
    for (word, file) in [("html", &coverage.html), ("lcov", &coverage.lcov)] {
        if let Some(file) = file {
            ui.finding(Tone::Plain, word, file);
        }
    }
    if coverage.html.is_none() {
        ui.finding(Tone::Plain, "next", "cargo xtask coverage --open");
    }
}

fn table(coverage: &Coverage) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    // Where the width is known, that is on a terminal, long cells are wrapped.
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(HEADER);
    for krate in &coverage.crates {
        table.add_row(cells(&krate.name, &krate.figures));
    }
    table.add_row(cells("all", &coverage.total));
    for column in 1..HEADER.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn cells(name: &str, figures: &Figures) -> Vec<String> {
    let counted = [&figures.lines, &figures.functions, &figures.regions];
    let counted = counted.into_iter().flat_map(|figure: &Figure| {
        let percent = figure.percent.map_or("-".to_owned(), |percent| format!("{percent:.1} %"));
        [format!("{}/{}", figure.covered, figure.total), percent]
    });
    [name.to_owned()].into_iter().chain(counted).collect()
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::coverage;
    use super::*;

    #[test]
    fn a_row_for_each_crate_and_one_for_all() {
        insta::assert_snapshot!(table(&coverage()).trim_fmt(), @"
        crate       lines          functions          regions
        app         76/94  80.8 %      16/19  84.2 %  121/149  81.2 %
        contract    28/65  43.0 %       7/14  50.0 %   35/104  33.6 %
        meter       52/55  94.5 %        8/9  88.8 %    89/93  95.6 %
        sandbox      0/26   0.0 %        0/3   0.0 %     0/43   0.0 %
        all       156/240  65.0 %      31/45  68.8 %  245/389  62.9 %
        ");
    }
}
