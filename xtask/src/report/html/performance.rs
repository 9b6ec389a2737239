//! What the performance suite measured: budgets, distributions, throughput.

use contract::measurement::{BudgetVerdict, Judged, Measurement, Unit};
use maud::{Markup, html};

use super::super::document::Document;
use super::super::plots::Layout;
use super::super::{measured, plots, text};
use super::{Section, marks};

/// Nothing where nothing was measured.
pub(super) fn section(document: &Document) -> Option<Section> {
    let all: Vec<_> = document.measurements.iter().map(|m| &m.measurement).collect();
    if all.is_empty() {
        return None;
    }
    let scans = plots::scans(&all);
    let content = html! {
        (budgets(&all))
        (without_budget(&all))
        @if let Some(wide) = plots::distributions(&all, Layout::Wide) {
            h3 { "Latency" }
            p.note {
                "Each row is one scenario, all on one logarithmic axis, and as high as its most frequent latency. "
                "The line inside is the median, the short one the 99th percentile, the dot the longest; "
                "the figures are median \u{b7} 99th percentile."
            }
            (legend(&all))
            figure { (wide) (plots::distributions(&all, Layout::Narrow).unwrap_or_default()) }
        }
        @if !scans.is_empty() {
            h3 { "Throughput" }
            p.note { "Operations in each second, over how many are under way at once." }
            div.scans { @for scan in &scans {
                figure {
                    figcaption { (scan.title) }
                    (plots::throughput(scan))
                }
            } }
        }
    };
    Some(Section { id: "performance", heading: "Performance", content })
}

fn legend(all: &[&Measurement]) -> Markup {
    let judged = || all.iter().flat_map(|m| &m.budgets);
    let limits = judged().any(|judged| judged.unit == Unit::Seconds);
    html! {
        @if limits || all.iter().any(|m| m.baseline.is_some()) {
            ul.legend {
                @if all.iter().any(|m| m.baseline.is_some()) {
                    li {
                        svg viewBox="0 0 16 16" aria-hidden="true" { circle.ink-baseline-stroke cx="8" cy="8" r="4" fill="none" stroke-width="2" {} }
                        "median of the same by raw HTTP"
                    }
                }
                @if limits {
                    @for (verdict, class) in [
                        (BudgetVerdict::Pass, "ink-kept-stroke"),
                        (BudgetVerdict::Inconclusive, "ink-unsure-stroke"),
                        (BudgetVerdict::Fail, "ink-broken-stroke"),
                    ] {
                        @if judged().any(|j| j.unit == Unit::Seconds && j.verdict == verdict) {
                            li {
                                svg viewBox="0 0 16 16" aria-hidden="true" { path class=(class) d="M8 2v12" stroke-width="2" {} }
                                "budget, " (measured::verdict_word(verdict))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn budgets(all: &[&Measurement]) -> Markup {
    let mut rows: Vec<_> = all.iter().copied().filter(|row| !row.budgets.is_empty()).collect();
    // What is broken first; otherwise in the order in which it was measured.
    rows.sort_by_key(|row| std::cmp::Reverse(row.verdict()));
    let judged = || all.iter().flat_map(|m| &m.budgets);
    let count = |verdict| judged().filter(|judged| judged.verdict == verdict).count();
    let (kept, broken) = (count(BudgetVerdict::Pass), count(BudgetVerdict::Fail));
    let unsure = count(BudgetVerdict::Inconclusive);
    html! {
        p.lead {
            @match (kept, unsure, broken) {
                (0, 0, 0) => "Nothing that was measured has a budget.",
                (kept, 0, 0) => { "All " (kept) " budgets are kept." }
                _ => {
                    (kept) " of " (kept + unsure + broken) " budgets are kept"
                    @if broken > 0 { ", " (broken) " broken" }
                    @if unsure > 0 { ", " (unsure) " inconclusive" }
                    "."
                }
            }
        }
        @if !rows.is_empty() { (table("What has a budget", &rows, true)) }
    }
}

fn without_budget(all: &[&Measurement]) -> Markup {
    let rows: Vec<_> = all.iter().copied().filter(|row| row.budgets.is_empty()).collect();
    html! {
        @if !rows.is_empty() {
            details.more {
                summary { (text::counted(rows.len(), "scenario")) " without a budget" }
                (table("What has no budget", &rows, false))
            }
        }
    }
}

fn table(caption: &str, rows: &[&Measurement], judged: bool) -> Markup {
    html! {
        table.budgets.stacked role="table" {
            caption.unseen { (caption) }
            thead role="rowgroup" { tr role="row" {
                th scope="col" role="columnheader" { "operation" }
                @for figure in measured::FIGURES { th.number scope="col" role="columnheader" { (figure) } }
                @if judged { th.judged scope="col" role="columnheader" { "budget" } }
            } }
            tbody role="rowgroup" { @for row in rows { (row_of(row, judged)) } }
        }
    }
}

fn row_of(row: &Measurement, judged: bool) -> Markup {
    let load = measured::load(row);
    let figures = measured::FIGURES.into_iter().zip(measured::figures(row));
    let bytes = |figure| row.bytes_per_second().filter(|_| figure == "throughput");
    html! {
        tr role="row" {
            th scope="row" role="rowheader" {
                (row.operation) " " (row.subject)
                @if !load.is_empty() { span.why { (load) } }
            }
            @for (name, figure) in figures {
                td.number role="cell" data-label=(name) {
                    (figure)
                    @if let Some(bytes) = bytes(name) {
                        span.why { (text::bytes_per_second(bytes)) }
                    }
                }
            }
            @if judged {
                td.judged role="cell" data-label="budget" {
                    @for judged in &row.budgets { (judged_as(judged)) }
                }
            }
        }
    }
}

fn judged_as(judged: &Judged) -> Markup {
    let name = match judged.verdict {
        BudgetVerdict::Pass => "passed",
        BudgetVerdict::Inconclusive => "inconclusive",
        BudgetVerdict::Fail => "failed",
    };
    let value = |value| measured::value(judged, value);
    html! {
        div.budget {
            div { (marks::word(name, measured::verdict_word(judged.verdict))) " " span.asked { (judged.budget) } }
            (marks::bar(judged.measured, judged.limit, name))
            span.why {
                "measured " (value(judged.measured))
                @if let Some((low, high)) = judged.interval {
                    ", between " (value(low)) " and " (value(high))
                }
                @if let Some(reason) = &judged.reason { "; " (reason) }
            }
        }
    }
}
