//! The top of the page: how the run ended, and what to type next.

use crate::cost;
use contract::measurement::BudgetVerdict;
use maud::{Markup, html};

use super::super::document::Document;
use super::super::ending::Ending;
use super::super::requirements::{Proof, Shown};
use super::super::text;
use super::super::verdict::{self, Verdict};
use super::marks;

/// The verdict, the counts and the next command.
pub(super) fn header(document: &Document, verdict: Verdict, proofs: &[Proof<'_>]) -> Markup {
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
            (facts(document, proofs))
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

fn facts(document: &Document, proofs: &[Proof<'_>]) -> Markup {
    let shown = proofs.iter().filter(|proof| proof.shown() == Shown::Yes).count();
    let budgets = || document.measurements.iter().flat_map(|m| &m.measurement.budgets);
    let kept = budgets().filter(|judged| judged.verdict == BudgetVerdict::Pass).count();
    let environment = &document.environment;
    html! {
        dl.facts {
            @if !proofs.is_empty() {
                div { dt { "Requirements" } dd { a href="#requirements" { (shown) " of " (proofs.len()) " shown" } } }
            }
            @if budgets().count() > 0 {
                div { dt { "Budgets" } dd { a href="#performance" { (kept) " of " (budgets().count()) " kept" } } }
            }
            div { dt { "Started" } dd { time datetime=(document.started) { (text::moment(&document.started)) } } }
            div { dt { "Took" } dd { (text::seconds(document.seconds)) } }
            @if let Some(region) = &environment.region {
                div { dt { "Region" } dd { (region) } }
            }
            @if let Some(cost) = &document.cost {
                div { dt { "Cost" } dd {
                    @match (cost.billed, cost.total) {
                        (false, _) => "nothing here",
                        (true, Some(_)) => { "about " (cost::share(cost.total)) }
                        (true, None) => "not known",
                    }
                } }
            }
            @if let Some(revision) = &environment.revision {
                div { dt { "Revision" } dd { (revision) } }
            }
            div { dt { "Run" } dd { (document.run_in_words()) } }
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
