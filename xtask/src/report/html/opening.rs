//! The top of the page: how the run ended, and what to type next.

use maud::{Markup, html};

use super::super::document::Document;
use super::super::ending::Ending;
use super::super::text;
use super::super::verdict::{self, Verdict};
use super::marks;

/// The verdict, the counts and the next command.
pub(super) fn header(document: &Document, verdict: Verdict) -> Markup {
    let name = marks::verdict_name(verdict);
    let counts: Vec<_> =
        Ending::COUNTED.iter().map(|ending| (*ending, ending.count(document))).collect();
    let parts: Vec<_> = counts.iter().map(|(e, count)| (marks::ending_name(*e), *count)).collect();
    html! {
        header.opening {
            p.kicker { "Integration tests on " (document.target) }
            h1 class={ "verdict is-" (name) } { (marks::mark(name)) (verdict.word()) }
            p.sentence { (verdict::sentences(document)) }
            (steps(document))
            (marks::shares(&parts))
            ul.counts {
                @for (ending, count) in counts {
                    // What did not happen and seldom does is not worth a place.
                    @if count > 0 || !matches!(ending, Ending::Unfinished | Ending::Inconclusive) {
                        (tile(ending, count))
                    }
                }
                @if document.counts.leaked > 0 {
                    li { a.tile href="#attention" {
                        span.number { (document.counts.leaked) }
                        (marks::word("leaked", "left behind"))
                    } }
                }
            }
            (facts(document))
        }
    }
}

fn tile(ending: Ending, count: usize) -> Markup {
    let name = marks::ending_name(ending);
    html! {
        li {
            @if count == 0 {
                span.tile.is-none {
                    span.number { "0" }
                    (marks::word(name, ending.word()))
                }
            } @else {
                a.tile href="#tests" data-show=(name) {
                    span.number { (text::number(count as f64)) }
                    (marks::word(name, ending.word()))
                }
            }
        }
    }
}

fn steps(document: &Document) -> Markup {
    html! {
        @for step in verdict::next(document) {
            div.step {
                p { (step.why) }
                pre.command tabindex="0" { code { (step.command) } }
            }
        }
    }
}

fn facts(document: &Document) -> Markup {
    let environment = &document.environment;
    html! {
        dl.facts {
            div { dt { "Started" } dd { time datetime=(document.started) { (text::moment(&document.started)) } } }
            div { dt { "Took" } dd { (text::seconds(document.seconds)) } }
            @if let Some(region) = &environment.region {
                div { dt { "Region" } dd { (region) } }
            }
            @if let Some(cost) = &document.cost {
                div { dt { "Cost" } dd {
                    @if cost.total.is_some() { "about " }
                    (text::dollars(cost.total))
                } }
            }
            @if let Some(revision) = &environment.revision {
                div { dt { "Revision" } dd { (revision) } }
            }
            div { dt { "Run" } dd { (document.run) } }
            div.wide { dt { "Command" } dd { code { (document.command) } } }
        }
    }
}

/// Where the same run is as data.
pub(super) fn footer(document: &Document) -> Markup {
    html! {
        footer {
            p {
                "The same as data: " a href="summary.json" { "summary.json" }
                " (version " (document.version) ") and "
                a href="junit.xml" { "junit.xml" } "."
            }
        }
    }
}
