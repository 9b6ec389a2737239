//! Every test of the run, by suite and module, what failed first.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::document::{Document, SkipReason};
use super::super::ending::{Ended, Ending};
use super::super::requirements::Proof;
use super::super::text;
use super::{Section, breakable, marks, prose};

/// Nothing where there is no test.
pub(super) fn section(
    document: &Document,
    tests: &[Ended<'_>],
    proofs: &[Proof<'_>],
) -> Option<Section> {
    let shown: Vec<_> = tests.iter().filter(|test| test.ending != Ending::LeftOut).collect();
    if shown.is_empty() {
        return None;
    }
    let mut suites: BTreeMap<&str, Vec<&Ended<'_>>> = BTreeMap::new();
    for test in &shown {
        suites.entry(test.suite()).or_default().push(test);
    }
    let mut suites: Vec<_> = suites.into_iter().collect();
    suites.sort_by_key(|(_, tests)| worst(tests));
    let left_out = document.left_out.len();
    let content = html! {
        (filter(document))
        (reasons(document))
        @for (suite, tests) in &suites { (suite_of(suite, tests, proofs)) }
        @if left_out > 0 {
            p.note {
                (text::counted(left_out, "test"))
                (if left_out == 1 { " was" } else { " were" })
                " not asked for, and " (if left_out == 1 { "is" } else { "are" }) " not listed."
            }
        }
    };
    Some(Section { id: "tests", heading: "Tests", content })
}

/// The address of a test on the page: its name, since names may be put into an address as they are.
pub(super) fn anchor(test: &Ended<'_>) -> String {
    format!("test-{}", test.name)
}

fn filter(document: &Document) -> Markup {
    let endings = Ending::COUNTED.map(|ending| (ending, ending.count(document)));
    html! {
        // Without a script there is nothing to filter with.
        form.filter hidden aria-label="Filter the tests" {
            fieldset {
                legend { "Show" }
                label { input type="radio" name="show" value="all" checked; span { "all" } }
                @for (ending, count) in endings {
                    @if count > 0 || matches!(ending, Ending::Failed) {
                        label {
                            input type="radio" name="show" value=(marks::ending_name(ending))
                                disabled[count == 0];
                            span { (marks::mark(marks::ending_name(ending))) (ending.word()) " " b { (count) } }
                        }
                    }
                }
            }
            label.search {
                span { "Search" }
                input type="search" name="text" placeholder="Name, module or reason" autocomplete="off"
                    spellcheck="false";
            }
            output name="count" role="status" {}
        }
    }
}

/// Why tests were skipped, each reason once.
fn reasons(document: &Document) -> Markup {
    let mut reasons: BTreeMap<&SkipReason, usize> = BTreeMap::new();
    for skipped in &document.skipped {
        *reasons.entry(&skipped.reason).or_default() += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    html! {
        @if !reasons.is_empty() {
            div.reasons {
                h3 { "Why tests were skipped" }
                dl {
                    @for (reason, count) in reasons {
                        div {
                            dt { (marks::mark("skipped")) code { (reason.code) } " " span.aside { (text::counted(count, "test")) } }
                            dd {
                                p { (prose(&text::sentence(&reason.text))) "." }
                                @if let Some(cure) = &reason.cure {
                                    p.cure { b { "To run them: " } (prose(cure)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn suite_of(suite: &str, tests: &[&Ended<'_>], proofs: &[Proof<'_>]) -> Markup {
    let mut modules: BTreeMap<&str, Vec<&Ended<'_>>> = BTreeMap::new();
    for test in tests {
        modules.entry(test.module()).or_default().push(test);
    }
    let mut modules: Vec<_> = modules.into_iter().collect();
    modules.sort_by_key(|(_, tests)| worst(tests));
    html! {
        div.suite {
            div.suite-head {
                h3 { code { (breakable(suite)) } }
                p.aside {
                    (tally(tests))
                    @let time = time(tests);
                    @if !time.is_empty() { ", " (time) }
                }
            }
            @for (module, tests) in &modules {
                (module_of(suite, module, tests, proofs))
            }
        }
    }
}

fn module_of(suite: &str, module: &str, tests: &[&Ended<'_>], proofs: &[Proof<'_>]) -> Markup {
    let worst = worst(tests);
    let open = matches!(worst, Ending::Failed | Ending::Unfinished | Ending::Inconclusive);
    let mut tests = tests.to_vec();
    tests.sort_by_key(|test| test.ending);
    let title = if module.is_empty() { suite } else { module };
    let path = if module.is_empty() { suite.to_owned() } else { format!("{suite}::{module}") };
    html! {
        details.module open[open] data-open[open] data-module=(path) {
            summary {
                (marks::mark(marks::ending_name(worst)))
                code.name { (breakable(title)) }
                span.tally { (tally(&tests)) }
                span.time { (time(&tests)) }
            }
            table.tests {
                caption.unseen { "Tests of " (path) }
                thead.unseen { tr {
                    th scope="col" { "Test" } th scope="col" { "Ended" } th scope="col" { "Time" }
                } }
                tbody { @for test in &tests { (row(test, proofs)) } }
            }
        }
    }
}

fn row(test: &Ended<'_>, proofs: &[Proof<'_>]) -> Markup {
    let shows = proofs.iter().filter(|proof| proof.tests.iter().any(|t| t.name == test.name));
    html! {
        tr id=(anchor(test)) tabindex="-1" data-ending=(marks::ending_name(test.ending)) {
            th scope="row" {
                code.name { (breakable(test.own_name())) }
                @if test.test.is_some_and(|test| test.flaky) { " " span.aside { "at a later attempt" } }
                @if let Some(reason) = test.reason {
                    span.why { code { (reason.code) } }
                }
                @if matches!(test.ending, Ending::Failed | Ending::Inconclusive)
                    && let Some(said) = test.test.and_then(|test| test.message.as_deref()) {
                    span.why { (first_line(said)) }
                }
            }
            td { (marks::ending(test.ending)) }
            td.number {
                @if test.test.is_some() { (text::seconds(test.seconds())) }
            }
            td.shows { @for proof in shows {
                a href={ "#requirement-" (proof.requirement.id) }
                    title={ "Shows " (proof.requirement.id) ", " (proof.requirement.title) } {
                    (proof.requirement.id)
                } " "
            } }
        }
    }
}

/// The line of a message that says most: the first that is not where it was said.
fn first_line(message: &str) -> String {
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.find(|line| !line.starts_with("thread '")).unwrap_or("");
    text::shortened(line, 200).replace('\n', " ")
}

fn worst(tests: &[&Ended<'_>]) -> Ending {
    tests.iter().map(|test| test.ending).min().unwrap_or(Ending::Passed)
}

/// `2 failed, 10 passed`.
fn tally(tests: &[&Ended<'_>]) -> String {
    let count = |ending| tests.iter().filter(|test| test.ending == ending).count();
    let counts = Ending::COUNTED.iter().map(|ending| (ending.word(), count(*ending)));
    let counts = counts.filter(|(_, count)| *count > 0);
    counts.map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

fn time(tests: &[&Ended<'_>]) -> String {
    match tests.iter().any(|test| test.test.is_some()) {
        true => text::seconds(tests.iter().map(|test| test.seconds()).sum()),
        false => String::new(),
    }
}
