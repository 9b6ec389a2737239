//! A run in Markdown, for the summary page of a job on GitHub.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::document::{Document, SkipReason, Status};
use super::ending::Ending;
use super::verdict::{self, Verdict};
use super::{measured, text};
use crate::cost;

/// GitHub takes 1 MiB of each step; several steps may write.
const MOST_BYTES: usize = 200_000;
/// How much of one message is shown.
const MOST_OF_A_MESSAGE: usize = 4_000;
/// How many failures are shown with their messages, how many of other things by name.
const MOST_FAILURES: usize = 30;
const MOST_NAMES: usize = 20;

/// The run in Markdown.
pub(super) fn summary(document: &Document) -> String {
    let mut out = String::new();
    head(&mut out, document);
    failures(&mut out, document);
    skips(&mut out, document);
    left_behind(&mut out, document);
    budgets(&mut out, document);
    money(&mut out, document);
    if out.len() > MOST_BYTES {
        out.truncate(out.floor_char_boundary(MOST_BYTES));
        // What was cut may have been inside a fence or an element.
        out.push_str("\n\n``````````\n\nThe rest is in the run's report.\n");
    }
    out.push('\n');
    out
}

fn head(out: &mut String, document: &Document) {
    let word = Verdict::of(document).word();
    line(out, &format!("## {word}: integration tests on {}", inline(&document.target)));
    line(out, "");
    line(out, &inline(&verdict::sentences(document)));
    line(out, "");
    let endings = Ending::COUNTED.map(|ending| (ending.word(), ending.count(document)));
    line(out, &format!("| {} |", endings.map(|(word, _)| word).join(" | ")));
    line(out, "|---:|---:|---:|---:|---:|");
    line(out, &format!("| {} |", endings.map(|(_, count)| count.to_string()).join(" | ")));
    line(out, "");
    let took = text::seconds(document.seconds);
    let started = inline(&text::moment(&document.started));
    let shard = document.shard.map(|shard| format!(", shard {shard}")).unwrap_or_default();
    line(out, &format!("Run {}{shard}, {started}, {took}.", code(&document.run)));
    for step in verdict::next(document) {
        line(out, "");
        line(out, &format!("{}: {}", step.why, code(&step.command)));
    }
}

fn failures(out: &mut String, document: &Document) {
    for (status, heading) in
        [(Status::Failed, "Failed"), (Status::Inconclusive, "Could not tell whether in budget")]
    {
        let tests: Vec<_> = document.tests.iter().filter(|test| test.status == status).collect();
        if tests.is_empty() {
            continue;
        }
        line(out, &format!("\n### {heading}"));
        for test in tests.iter().take(MOST_FAILURES) {
            line(out, &format!("\n{} ({})", code(&test.name), text::seconds(test.seconds)));
            if let Some(message) = &test.message {
                fence(out, &text::shortened(message.trim_end(), MOST_OF_A_MESSAGE));
            }
        }
        and_more(out, tests.len(), MOST_FAILURES);
    }
    if !document.unfinished.is_empty() {
        line(out, "\n### Did not end\n");
        names(out, &document.unfinished);
    }
}

fn skips(out: &mut String, document: &Document) {
    let mut reasons: BTreeMap<&SkipReason, Vec<String>> = BTreeMap::new();
    for skipped in &document.skipped {
        reasons.entry(&skipped.reason).or_default().push(skipped.name.clone());
    }
    if reasons.is_empty() {
        return;
    }
    line(out, "\n### Skipped\n");
    line(out, "| reason | tests | what to do |");
    line(out, "|---|---:|---|");
    for (reason, tests) in reasons.iter().take(MOST_NAMES) {
        let cure = cell(reason.cure.as_deref().unwrap_or(""));
        let (reason, text) = (code(&reason.code), cell(&reason.text));
        line(out, &format!("| {reason}: {text} | {} | {cure} |", tests.len()));
    }
    and_more(out, reasons.len(), MOST_NAMES);
}

fn left_behind(out: &mut String, document: &Document) {
    let Some(sweep) = &document.sweep else { return };
    if sweep.leaks.is_empty() && sweep.failures.is_empty() {
        return;
    }
    line(out, "\n### Left behind\n");
    for leak in sweep.leaks.iter().take(MOST_NAMES) {
        line(out, &format!("- {}: {}", code(&leak.test), inline(&leak.in_words)));
    }
    and_more(out, sweep.leaks.len(), MOST_NAMES);
    for failure in sweep.failures.iter().take(MOST_NAMES) {
        line(out, &format!("- not removed: {}", inline(failure)));
    }
    and_more(out, sweep.failures.len(), MOST_NAMES);
}

fn budgets(out: &mut String, document: &Document) {
    let judged: Vec<_> =
        document.measurements.iter().filter(|m| !m.measurement.budgets.is_empty()).collect();
    if judged.is_empty() {
        return;
    }
    line(out, "\n<details><summary>Budgets</summary>\n");
    let figures = measured::FIGURES.join(" | ");
    line(out, &format!("| operation | {figures} | budget | verdict |"));
    line(out, "|---|---:|---:|---:|---:|---:|---:|---|---|");
    for row in judged {
        let m = &row.measurement;
        for judged in &m.budgets {
            let mut cells = vec![cell(&measured::title(m))];
            cells.extend(measured::figures(m));
            cells.push(cell(&judged.budget));
            cells.push(measured::verdict_word(judged.verdict).to_owned());
            line(out, &format!("| {} |", cells.join(" | ")));
        }
    }
    line(out, "\n</details>");
}

fn money(out: &mut String, document: &Document) {
    let Some(cost) = &document.cost else { return };
    let (sentence, date) = (cost::sentence(cost), &cost.prices_of);
    line(out, &format!("\nCost: {} Prices of {}.", inline(&sentence), inline(date)));
}

fn names(out: &mut String, names: &[String]) {
    for name in names.iter().take(MOST_NAMES) {
        line(out, &format!("- {}", code(name)));
    }
    and_more(out, names.len(), MOST_NAMES);
}

fn and_more(out: &mut String, all: usize, most: usize) {
    if all > most {
        line(out, &format!("\nand {} more", all - most));
    }
}

fn line(out: &mut String, text: &str) {
    // A string takes everything.
    let _ = writeln!(out, "{text}");
}

/// A block of text as it is, in a fence that is longer than any in it.
fn fence(out: &mut String, text: &str) {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    line(out, &format!("\n{fence}text\n{}\n{fence}", text::visible(text)));
}

/// One line in which nothing is Markdown or HTML.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for c in text::visible(text).chars() {
        match c {
            '\n' | '\t' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A reference is neither a mention, nor a link, nor an emphasis, nor the end of a cell.
            '@' | '#' | '|' | '`' | '*' | '_' | '~' | '[' | ']' | '(' | ')' | '!' | '\\' | '$'
            | ':' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// As [`inline`], and short enough for a table.
fn cell(text: &str) -> String {
    inline(&text::shortened(text, 500))
}

/// Code in a line, whatever stands in it.
fn code(text: &str) -> String {
    format!("<code>{}</code>", inline(text))
}
