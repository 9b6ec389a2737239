//! `tests/requirements.toml`, with one module more and every other byte as it was.

use std::ops::Range;

use anyhow::{Result, anyhow};
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use crate::error::Hint as _;

/// How the file lists a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// It did before, or lists all of the suite.
    Already,
    /// Among the tests of a requirement.
    BelowRequirement,
    /// As showing none, with a reason.
    BelowNone,
}

/// What stands for a reason until somebody has one.
const REASON: &str = "It is new: which requirement it shows is not said yet.";

/// The text with the module below a requirement, or below `none`.
///
/// # Errors
/// Where the file cannot be understood, has no such requirement, or would not be read back as meant.
pub(super) fn with_module(
    text: &str,
    module: &str,
    requirement: Option<&str>,
) -> Result<(String, Listed)> {
    let file = File::parse(text)?;
    if file.lists(module) {
        return Ok((text.to_owned(), Listed::Already));
    }
    let (edit, listed) = match requirement {
        Some(id) => {
            let found = file.requirement.iter().find(|requirement| requirement.id == id);
            let Some(requirement) = found else {
                let ids: Vec<_> = file.requirement.iter().map(|known| known.id.as_str()).collect();
                return Err(anyhow!("there is no requirement `{id}`"))
                    .hint(format_args!("the requirements are {}", ids.join(", ")));
            };
            (below_requirement(text, &requirement.tests, module), Listed::BelowRequirement)
        }
        None => (below_none(text, &file.none, module), Listed::BelowNone),
    };
    let mut edited = text.to_owned();
    edited.replace_range(edit.place, &edit.text);
    let is_as_meant = File::parse(&edited).is_ok_and(|file| file.lists(module))
        && without(&edited, module) == without(text, module);
    if !is_as_meant {
        return Err(anyhow!("there is no safe place for `{module}` in it"))
            .hint("write each `[[requirement]]` and each `[[none]]` as a block of its own");
    }
    Ok((edited, listed))
}

/// As much of the file as it takes to find a place.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    requirement: Vec<Requirement>,
    #[serde(default)]
    none: Vec<NoRequirement>,
}

#[derive(Deserialize)]
struct Requirement {
    id: String,
    tests: Spanned<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
struct NoRequirement {
    module: String,
}

impl File {
    fn parse(text: &str) -> Result<File> {
        toml::from_str(text).map_err(|error| anyhow!(error.to_string().trim_end().to_owned()))
    }

    /// Whether the tests of a module are in it.
    fn lists(&self, module: &str) -> bool {
        let shown = self.requirement.iter().flat_map(|requirement| requirement.tests.get_ref());
        let none = self.none.iter().map(|none| &none.module);
        shown.map(Spanned::get_ref).chain(none).any(|path| {
            module
                .strip_prefix(path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        })
    }
}

/// All that the file says, but for the module.
fn without(text: &str, module: &str) -> Option<Table> {
    let mut table: Table = text.parse().ok()?;
    for entry in table.get_mut("requirement").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(tests) = entry.get_mut("tests").and_then(Value::as_array_mut) {
            tests.retain(|test| test.as_str() != Some(module));
        }
    }
    if let Some(none) = table.get_mut("none").and_then(Value::as_array_mut) {
        none.retain(|entry| entry.get("module").and_then(Value::as_str) != Some(module));
        if none.is_empty() {
            table.remove("none");
        }
    }
    Some(table)
}

/// A text in the place of another.
struct Edit {
    place: Range<usize>,
    text: String,
}

/// One path more in an array, in the order of the alphabet, laid out like its neighbours.
fn below_requirement(text: &str, tests: &Spanned<Vec<Spanned<String>>>, module: &str) -> Edit {
    let quoted = format!("\"{module}\"");
    let insert = |at: usize, text: String| Edit { place: at..at, text };
    // What stands before an item on its line.
    let lead = |at: usize| &text[text[..at].rfind('\n').map_or(0, |newline| newline + 1)..at];
    let items = tests.get_ref();
    if let Some(next) = items.iter().find(|item| item.get_ref().as_str() > module) {
        let lead = lead(next.span().start);
        let is_own_line = lead.trim().is_empty();
        let gap = if is_own_line { format!("{}{lead}", newline(text)) } else { " ".to_owned() };
        return insert(next.span().start, format!("{quoted},{gap}"));
    }
    let Some(last) = items.last() else { return insert(tests.span().start + 1, quoted) };
    let (start, end) = (last.span().start, last.span().end);
    let lead = lead(start);
    let line_end = text[end..].find(['\r', '\n']).map_or(text.len(), |length| end + length);
    if !lead.trim().is_empty() || line_end > tests.span().end {
        return insert(end, format!(", {quoted}"));
    }
    // A comment behind the last one stays with it.
    let rest = &text[end..line_end];
    let comma = if rest.trim_start().starts_with(',') { "" } else { "," };
    Edit { place: end..line_end, text: format!("{comma}{rest}{}{lead}{quoted},", newline(text)) }
}

/// A block more, before the first that comes after it in the alphabet, or behind everything.
fn below_none(text: &str, none: &[NoRequirement], module: &str) -> Edit {
    let newline = newline(text);
    let block = ["[[none]]", &format!("module = \"{module}\""), &format!("reason = \"{REASON}\"")];
    let block = block.join(newline);
    let next = none.iter().position(|entry| entry.module.as_str() > module);
    if let Some(at) = next.and_then(|number| header(text, number)) {
        return Edit { place: at..at, text: format!("{block}{newline}{newline}") };
    }
    let gap = match text {
        "" => "",
        text if text.ends_with('\n') => newline,
        _ => &newline.repeat(2),
    };
    Edit { place: text.len()..text.len(), text: format!("{gap}{block}{newline}") }
}

/// Where the block with this number begins, with the comments right above it.
fn header(text: &str, number: usize) -> Option<usize> {
    let (mut seen, mut at, mut begin) = (0, 0, None);
    for line in text.split_inclusive('\n') {
        if line.trim() == "[[none]]" {
            if seen == number {
                return begin.or(Some(at));
            }
            seen += 1;
        }
        begin = if line.starts_with('#') { begin.or(Some(at)) } else { None };
        at += line.len();
    }
    None
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests;
