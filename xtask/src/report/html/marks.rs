//! Small drawings: a mark for each ending, so that colour is never the only carrier, and bars.

use maud::{Markup, PreEscaped, html};

use super::super::ending::Ending;
use super::super::verdict::Verdict;

/// The shapes of the marks, in a square of 16. What is open is drawn, what is `solid` is filled.
const SHAPES: [(&str, &str); 8] = [
    ("passed", r#"<path d="M3 8.6 6.4 12 13 4.4"/>"#),
    ("failed", r#"<path d="M3.6 3.6l8.8 8.8M12.4 3.6l-8.8 8.8"/>"#),
    ("unfinished", r#"<circle cx="8" cy="8" r="5.6" stroke-dasharray="2.4 2"/>"#),
    ("inconclusive", r#"<path d="M2.4 9.4c1.6-3.6 3.6-3.6 5.6-1.4s4 2.2 5.6-1.4"/>"#),
    ("skipped", r#"<path d="M3 3.8 7.4 8 3 12.2M8.6 3.8 13 8l-4.4 4.2"/>"#),
    ("left-out", r#"<circle cx="8" cy="8" r="2"/>"#),
    ("leaked", r#"<path d="M8 2.2c2.6 3.4 4 5.4 4 7.4a4 4 0 0 1-8 0c0-2 1.4-4 4-7.4z"/>"#),
    ("interrupted", r#"<path d="M5 3v10M11 3v10"/>"#),
];

/// The definitions that [`mark`] refers to.
pub(super) fn symbols() -> Markup {
    html! {
        svg.symbols width="0" height="0" aria-hidden="true" {
            @for (name, shape) in SHAPES {
                symbol id={ "mark-" (name) } viewBox="0 0 16 16" { (PreEscaped(shape)) }
            }
        }
    }
}

/// A mark by its name, which a word beside it explains.
pub(super) fn mark(name: &str) -> Markup {
    html! {
        svg class={ "mark is-" (name) } viewBox="0 0 16 16" aria-hidden="true" {
            use href={ "#mark-" (name) } {}
        }
    }
}

/// A mark and a word.
pub(super) fn word(name: &str, word: &str) -> Markup {
    html! { span class={ "word is-" (name) } { (mark(name)) (word) } }
}

/// How a test ended.
pub(super) fn ending(ending: Ending) -> Markup {
    word(ending_name(ending), ending.word())
}

/// The name of an ending's mark.
pub(super) fn ending_name(ending: Ending) -> &'static str {
    match ending {
        Ending::LeftOut => "left-out",
        other => other.word(),
    }
}

/// The name of a verdict's mark.
pub(super) fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Interrupted => "interrupted",
        Verdict::Failed => "failed",
        Verdict::Leaked => "leaked",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Skipped => "skipped",
        Verdict::Passed => "passed",
    }
}

/// The mark in the browser's tab, as an address of its own content.
pub(super) fn icon(verdict: Verdict) -> String {
    let name = verdict_name(verdict);
    let shape = SHAPES.iter().find(|(known, _)| *known == name).map_or("", |(_, shape)| shape);
    let colour = match verdict {
        Verdict::Passed => "1f7a4d",
        Verdict::Failed | Verdict::Leaked | Verdict::Interrupted => "c0271d",
        Verdict::Inconclusive | Verdict::Skipped => "946200",
    };
    let shape = shape.replace('"', "'").replace('<', "%3C").replace('>', "%3E");
    format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='-1 -1 18 18' \
         fill='none' stroke='%23{colour}' stroke-width='2.6' stroke-linecap='round' \
         stroke-linejoin='round'%3E{shape}%3C/svg%3E"
    )
}

/// Shares of a whole as one bar, which figures beside it repeat.
pub(super) fn shares(parts: &[(&str, usize)]) -> Markup {
    let all: usize = parts.iter().map(|(_, count)| count).sum();
    // A share is never too small to be seen.
    let width = |count: usize| (count as f64 / all.max(1) as f64 * 1000.0).max(8.0);
    let mut end = 0.0;
    let mut rects = Vec::new();
    for &(name, count) in parts.iter().filter(|(_, count)| *count > 0) {
        rects.push((name, end, width(count)));
        end += width(count);
    }
    html! {
        svg.shares viewBox={ "0 0 " (format!("{end:.1}")) " 10" } preserveAspectRatio="none" aria-hidden="true" {
            @for (name, x, width) in rects {
                rect class={ "share is-" (name) } x=(format!("{x:.1}")) y="0"
                    width=(format!("{width:.1}")) height="10" {}
            }
        }
    }
}

/// A part of the largest value as a bar, which a figure beside it repeats.
pub(super) fn bar(part: f64, largest: f64, class: &str) -> Markup {
    let share = if largest > 0.0 { (part / largest).clamp(0.0, 1.0) } else { 0.0 };
    html! {
        svg class={ "bar " (class) } viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            rect.bar-room x="0" y="0" width="100" height="6" {}
            rect.bar-part x="0" y="0" width=(format!("{:.2}", (share * 100.0).max(0.4))) height="6" {}
        }
    }
}
