//! The page of a run: one file that needs no network.
//!
//! The order is that of a reader's questions: how did it end, what failed, what ran, what does that
//! show, is it fast, may it, what did it take.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

mod attention;
mod marks;
mod opening;
mod performance;
mod permissions;
mod proofs;
mod run;
mod tests_by_suite;

use super::document::Document;
use super::ending;
use super::requirements::{Proof, Requirements};
use super::verdict::Verdict;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// A part of the page, with a heading and a place in the table of contents.
struct Section {
    id: &'static str,
    heading: &'static str,
    content: Markup,
}

/// The page of a run. The texts of the document have to be visible ones.
pub(super) fn page(document: &Document, requirements: &Requirements) -> String {
    let tests = ending::all(document);
    let proofs: Vec<_> = requirements.all.iter().map(|r| Proof::new(r, &tests)).collect();
    let sections = [
        attention::section(document),
        tests_by_suite::section(document, &tests, &proofs),
        proofs::section(&proofs, requirements, &tests),
        performance::section(document),
        permissions::section(document, &tests),
        run::section(document, &tests),
    ];
    let sections: Vec<Section> = sections.into_iter().flatten().collect();
    let verdict = Verdict::of(document);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                title { (verdict.word()) " \u{b7} run " (document.run_in_words()) }
                link rel="icon" href=(marks::icon(verdict));
                style { (PreEscaped(STYLE)) }
            }
            body {
                (marks::symbols())
                a.skip-link href="#content" { "Skip to the content" }
                (opening::header(document, verdict, &proofs))
                nav.contents aria-label="Contents" {
                    ul { @for section in &sections {
                        li { a href={ "#" (section.id) } { (section.heading) } }
                    } }
                }
                main #content tabindex="-1" {
                    @for section in &sections {
                        section id=(section.id) aria-labelledby={ (section.id) "-heading" } {
                            h2 id={ (section.id) "-heading" } { (section.heading) }
                            (section.content)
                        }
                    }
                }
                (opening::footer(document))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Nothing is loaded from anywhere, and no style or script counts but the page's own, by their digests.
fn policy() -> String {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; \
         base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

/// A sentence, with what it has in backticks as code.
fn prose(text: &str) -> Markup {
    // Without its partner a backtick is one.
    let paired = text.matches('`').count().is_multiple_of(2);
    html! {
        @if paired {
            @for (index, part) in text.split('`').enumerate() {
                @if index % 2 == 1 { code { (part) } } @else { (part) }
            }
        } @else { (text) }
    }
}

/// A name that may be broken over lines where its parts meet.
fn breakable(name: &str) -> Markup {
    html! {
        @for (index, part) in name.split_inclusive(['_', ':', '/', '-', '.']).enumerate() {
            @if index > 0 { wbr; }
            (part)
        }
    }
}
