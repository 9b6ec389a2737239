//! What the tests needed of IAM, with verdicts.

use maud::{Markup, html};

use super::super::document::{Document, Permission};
use super::super::ending::{Ended, Ending};
use super::super::text;
use super::tests_by_suite::anchor;
use super::{Section, breakable, marks};

/// Nothing where nothing is known.
pub(super) fn section(document: &Document, tests: &[Ended<'_>]) -> Option<Section> {
    if document.permissions.is_empty() {
        return None;
    }
    let mut rows: Vec<_> = document.permissions.iter().collect();
    rows.sort_by_key(|row| (rank(&row.verdict), &row.action, &row.resource));
    let mut verdicts: Vec<(&str, usize)> = Vec::new();
    for row in &rows {
        match verdicts.iter_mut().find(|(verdict, _)| *verdict == row.verdict) {
            Some((_, count)) => *count += 1,
            None => verdicts.push((&row.verdict, 1)),
        }
    }
    let content = html! {
        p.lead {
            @for (index, (verdict, count)) in verdicts.iter().enumerate() {
                @if index > 0 { ", " }
                (count) " " (verdict)
            }
            "."
            @if verdicts.iter().any(|(verdict, _)| *verdict == "observed") {
                " Observed means that a test made a call which IAM would check so; "
                "nobody was asked whether an account of yours allows it: "
                code { "cargo xtask check" } " does."
            }
        }
        table.permissions.stacked role="table" {
            caption.unseen { "Permissions that the tests needed" }
            thead role="rowgroup" { tr role="row" {
                @for column in ["verdict", "action", "resource", "needed by"] {
                    th scope="col" role="columnheader" { (column) }
                }
            } }
            tbody role="rowgroup" { @for row in rows { (row_of(row, tests)) } }
        }
        p.note { "The policy that grants them: " code { "cargo xtask policy --for tests" } }
    };
    Some(Section { id: "permissions", heading: "Permissions", content })
}

fn row_of(row: &Permission, tests: &[Ended<'_>]) -> Markup {
    html! {
        tr role="row" {
            td role="cell" data-label="verdict" { (marks::word(mark_of(&row.verdict), &row.verdict)) }
            th scope="row" role="rowheader" { code { (row.action) } }
            td role="cell" data-label="resource" {
                code { (breakable(&row.resource)) }
                @if let Some(evidence) = &row.evidence { span.why { (evidence) } }
            }
            td role="cell" data-label="needed by" {
                @if row.needed_by.is_empty() {
                    span.aside { "fixtures or app" }
                } @else {
                    details {
                        summary { (text::counted(row.needed_by.len(), "test")) }
                        ul { @for name in &row.needed_by { li { (link(name, tests)) } } }
                    }
                }
            }
        }
    }
}

/// A test's name, as a link where the page has the test.
fn link(name: &str, tests: &[Ended<'_>]) -> Markup {
    let found = tests.binary_search_by_key(&name, |test| test.name).ok().map(|at| &tests[at]);
    html! {
        @match found.filter(|test| test.ending != Ending::LeftOut) {
            Some(test) => a href={ "#" (anchor(test)) } { (breakable(name)) },
            None => (breakable(name)),
        }
    }
}

/// What is wrong first, what is not known then.
fn rank(verdict: &str) -> u8 {
    match verdict {
        "allowed" => 3,
        "observed" => 2,
        "unknown" | "throttled" | "unsupported" => 1,
        _ => 0,
    }
}

fn mark_of(verdict: &str) -> &'static str {
    match rank(verdict) {
        3 => "passed",
        2 => "observed",
        1 => "inconclusive",
        _ => "failed",
    }
}
