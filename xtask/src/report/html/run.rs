//! What the run took: time, money, and on what.

use maud::{Markup, html};

use super::super::document::{Document, Environment};
use super::super::ending::Ended;
use super::super::text;
use super::tests_by_suite::anchor;
use super::{Section, breakable, marks};
use crate::cost::{self, Cost};

/// How many of the slowest tests are shown.
const SLOWEST: usize = 10;

pub(super) fn section(document: &Document, tests: &[Ended<'_>]) -> Option<Section> {
    let content = html! {
        div.columns {
            div { (timings(document)) (money(document.cost.as_ref())) }
            div { (slowest(tests)) (environment(&document.environment)) }
        }
    };
    Some(Section { id: "run", heading: "Time, cost, environment", content })
}

fn timings(document: &Document) -> Markup {
    let largest = document.timings.iter().map(|timing| timing.seconds).fold(0.0, f64::max);
    html! {
        h3 { "Where the time went" }
        table.bars {
            caption.unseen { "Parts of the run" }
            thead.unseen { tr { th scope="col" { "Part" } th scope="col" { "Share" } th scope="col" { "Time" } } }
            tbody {
                @for timing in &document.timings {
                    tr {
                        th scope="row" { (timing.phase) }
                        td { (marks::bar(timing.seconds, largest, "")) }
                        td.number { (text::seconds(timing.seconds)) }
                    }
                }
            }
            tfoot { tr { th scope="row" { "all of it" } td {} td.number { (text::seconds(document.seconds)) } } }
        }
    }
}

fn slowest(tests: &[Ended<'_>]) -> Markup {
    let mut ran: Vec<_> = tests.iter().filter(|test| test.test.is_some()).collect();
    ran.sort_by(|a, b| b.seconds().total_cmp(&a.seconds()));
    ran.truncate(SLOWEST);
    let largest = ran.first().map_or(0.0, |test| test.seconds());
    html! {
        @if !ran.is_empty() {
            h3 { "Slowest tests" }
            table.bars {
                caption.unseen { "The slowest tests" }
                thead.unseen { tr { th scope="col" { "Test" } th scope="col" { "Time" } } }
                tbody { @for test in ran {
                    tr {
                        th scope="row" {
                            a href={ "#" (anchor(test)) } { (breakable(test.own_name())) }
                            (marks::bar(test.seconds(), largest, ""))
                        }
                        td.number { (text::seconds(test.seconds())) }
                    }
                } }
            }
        }
    }
}

fn money(cost: Option<&Cost>) -> Markup {
    html! {
        @if let Some(cost) = cost {
            h3 { "Cost" }
            p.lead { (cost::sentence(cost)) }
            (shares_of_cost("By suite", &cost.by_suite))
            (shares_of_cost("By service", &cost.by_service))
            @for note in &cost.notes { p.note { (note) } }
            p.note {
                "The run's calls by AWS's prices of " (cost.prices_of) ", before any free tier."
            }
        }
    }
}

fn shares_of_cost(title: &str, shares: &std::collections::BTreeMap<String, Option<f64>>) -> Markup {
    html! {
        @if !shares.is_empty() {
            table.bars {
                caption { (title) }
                tbody { @for (name, share) in shares {
                    tr { th scope="row" { (breakable(name)) } td.number { (cost::share(*share)) } }
                } }
            }
        }
    }
}

fn environment(environment: &Environment) -> Markup {
    let processors = text::counted(environment.processors, "processor");
    let rows = [
        ("Version", Some(environment.version.as_str())),
        ("Revision", environment.revision.as_deref()),
        ("Compiler", environment.rustc.as_deref()),
        ("Runner", environment.nextest.as_deref()),
        ("System", Some(environment.system.as_str())),
        ("Processors", Some(processors.as_str())),
        ("Region", environment.region.as_deref()),
        ("Account", environment.account.as_deref()),
    ];
    html! {
        h3 { "Environment" }
        dl.environment {
            @for (name, value) in rows {
                @if let Some(value) = value.filter(|value| !value.is_empty()) {
                    div { dt { (name) } dd { (value) } }
                }
            }
        }
    }
}
