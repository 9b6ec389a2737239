//! Errors that carry their cure: `.hint("...")` beside anyhow's `.context("...")`.

use std::fmt;

/// Adds a cure to an error.
pub(crate) trait Hint<T> {
    /// Adds `hint`: what to do about it, with a command to paste where there is one.
    fn hint(self, hint: impl fmt::Display) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> Hint<T> for Result<T, E> {
    fn hint(self, hint: impl fmt::Display) -> anyhow::Result<T> {
        self.map_err(|error| hinted(error, hint))
    }
}

/// The error with a cure.
pub(crate) fn hinted(error: impl Into<anyhow::Error>, hint: impl fmt::Display) -> anyhow::Error {
    anyhow::Error::new(Hinted { inner: error.into(), hint: hint.to_string() })
}

/// The hints on an error's way up, the innermost last.
pub(crate) fn hints(error: &anyhow::Error) -> Vec<&str> {
    let mut hints = Vec::new();
    collect(error, &mut hints);
    hints
}

fn collect<'a>(error: &'a anyhow::Error, hints: &mut Vec<&'a str>) {
    for cause in error.chain() {
        if let Some(hinted) = cause.downcast_ref::<Hinted>() {
            hints.push(&hinted.hint);
            // The rest of the chain is seen through `inner`, where a further hint may stand.
            collect(&hinted.inner, hints);
            return;
        }
    }
}

/// An error with its cure; reads as the error itself.
struct Hinted {
    inner: anyhow::Error,
    hint: String,
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

impl fmt::Debug for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.inner, f)
    }
}

impl std::error::Error for Hinted {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source()
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn hints_are_found_below_contexts_and_change_no_message() {
        let error = Err::<(), _>(anyhow!("cause"))
            .hint("inner cure")
            .context("step")
            .hint("outer cure")
            .context("command")
            .unwrap_err();
        assert_eq!(hints(&error), ["outer cure", "inner cure"]);
        assert_eq!(format!("{error:#}"), "command: step: cause");
    }
}
