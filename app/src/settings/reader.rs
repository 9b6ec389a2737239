//! Takes values out of a set of variables and notes every problem on the way, instead of stopping at the first.

use std::collections::HashMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use super::error::SettingProblem;
use super::variables::{find, position};

pub(super) struct Reader {
    vars: HashMap<String, String>,
    problems: Vec<SettingProblem>,
}

impl Reader {
    /// Invariant: no value is empty.
    pub(super) fn new(vars: HashMap<String, String>) -> Self {
        Self { vars, problems: Vec::new() }
    }

    /// In the order of the table.
    pub(super) fn into_problems(mut self) -> Vec<SettingProblem> {
        self.problems.sort_by_key(|problem| position(problem.variable));
        self.problems
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.vars.contains_key(name)
    }

    pub(super) fn problem(&mut self, name: &'static str, problem: impl Into<String>) {
        self.problems.push(SettingProblem::of(find(name), problem.into()));
    }

    /// A value that may be missing.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match parse(self.vars.get(name)?) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.problem(name, problem);
                None
            }
        }
    }

    /// A value whose own type knows what is wrong with a text.
    pub(super) fn text<T, E: Display>(
        &mut self,
        name: &'static str,
        required: bool,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if required && !self.is_set(name) {
            self.problem(name, "not set");
            return None;
        }
        self.optional(name, |text| parse(text).map_err(|error| format!("{text:?}: {error}")))
    }

    /// A value that has a default in the table.
    pub(super) fn with_default<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if let (false, Some(default)) = (self.is_set(name), find(name).default) {
            self.vars.insert(name.to_owned(), default.to_owned());
        }
        self.optional(name, parse)
    }

    /// A value that must not appear in a message: `parse` does not repeat it.
    pub(super) fn secret<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(String) -> Result<T, String>,
    ) -> Option<T> {
        self.optional(name, |text| parse(text.to_owned()))
    }
}

/// A whole number within bounds.
pub(super) fn number(text: &str, range: RangeInclusive<u64>) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("{text:?} is no whole number from {} to {}", range.start(), range.end())),
    }
}
