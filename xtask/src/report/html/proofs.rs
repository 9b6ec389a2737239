//! Which tests show which requirement, with how they ended in this run.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::ending::{Ended, Ending};
use super::super::requirements::{Proof, Requirements, Shown};
use super::super::text;
use super::tests_by_suite::anchor;
use super::{Section, breakable, marks};

/// Nothing where the workspace has no requirements.
pub(super) fn section(
    proofs: &[Proof<'_>],
    requirements: &Requirements,
    tests: &[Ended<'_>],
) -> Option<Section> {
    if proofs.is_empty() {
        return None;
    }
    let count = |shown| proofs.iter().filter(|proof| proof.shown() == shown).count();
    let (shown, failed, not) = (count(Shown::Yes), count(Shown::Failed), count(Shown::No));
    let all = proofs.len();
    let content = html! {
        p.lead {
            @if shown == all {
                "This run shows all " (all) " requirements."
            } @else {
                "This run shows " (shown) " of " (all) " requirements"
                @if failed > 0 { ", " (failed) " failed" }
                @if not > 0 { ", " (not) " not shown" }
                ". A requirement is shown when every one of its tests ran and passed."
            }
        }
        div.proofs {
            @for proof in proofs { (proof_of(proof)) }
        }
        @if !requirements.none.is_empty() {
            p.note {
                "Tests that show none: "
                @for (index, none) in requirements.none.iter().enumerate() {
                    @if index > 0 { "; " }
                    code { (breakable(&none.module)) } " (" (none.reason.trim_end_matches('.')) ")"
                }
                "."
            }
        }
        (unmapped(requirements, tests))
    };
    Some(Section { id: "requirements", heading: "Requirements", content })
}

fn proof_of(proof: &Proof<'_>) -> Markup {
    let requirement = proof.requirement;
    let shown = proof.shown();
    let name = match shown {
        Shown::Failed => "failed",
        Shown::No => "unfinished",
        Shown::Yes => "passed",
    };
    let endings = [Ending::Passed, Ending::Failed, Ending::Unfinished, Ending::Inconclusive];
    let endings = endings.into_iter().chain([Ending::Skipped, Ending::LeftOut]);
    let counts: Vec<_> = endings.map(|ending| (ending, proof.count(ending))).collect();
    let parts: Vec<_> = counts.iter().map(|(e, count)| (marks::ending_name(*e), *count)).collect();
    html! {
        article.proof id={ "requirement-" (requirement.id) } tabindex="-1" {
            div.proof-head {
                h3 { span.id { (requirement.id) } " " (requirement.title) }
                (marks::word(name, shown.word()))
            }
            p { (requirement.text) }
            @if proof.tests.is_empty() {
                p.note { "This run knows no test that shows it." }
            } @else {
                (marks::shares(&parts))
                details {
                    summary {
                        @for (index, (ending, count)) in counts.iter().filter(|(_, c)| *c > 0).enumerate() {
                            @if index > 0 { ", " }
                            (text::number(*count as f64)) " " (ending.word())
                        }
                    }
                    (matrix(proof))
                }
            }
        }
    }
}

/// Its tests, by module.
fn matrix(proof: &Proof<'_>) -> Markup {
    let mut modules: BTreeMap<&str, Vec<&Ended<'_>>> = BTreeMap::new();
    for test in &proof.tests {
        let module = test.name.rsplit_once("::").map_or("", |(module, _)| module);
        modules.entry(module).or_default().push(test);
    }
    html! {
        table.matrix {
            caption.unseen { "Tests that show " (proof.requirement.id) }
            thead.unseen { tr { th scope="col" { "Module" } th scope="col" { "Tests" } } }
            tbody { @for (module, tests) in &modules {
                tr {
                    th scope="row" { code { (breakable(module)) } }
                    td { ul { @for test in tests {
                        li {
                            (marks::mark(marks::ending_name(test.ending)))
                            @if test.ending == Ending::LeftOut {
                                (breakable(test.own_name()))
                            } @else {
                                a href={ "#" (anchor(test)) } { (breakable(test.own_name())) }
                            }
                            @if test.ending != Ending::Passed { " " span.aside { (test.ending.word()) } }
                        }
                    } } }
                }
            } }
        }
    }
}

/// Tests that the requirements do not know: a test holds that there are none in the workspace.
fn unmapped(requirements: &Requirements, tests: &[Ended<'_>]) -> Markup {
    let unmapped = tests.iter().filter(|test| !requirements.know(test.name)).count();
    html! {
        @if unmapped > 0 {
            p.note { (text::counted(unmapped, "test")) " of this run stand below no requirement." }
        }
    }
}
