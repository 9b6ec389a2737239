//! An error with everything behind it, as text.

use std::error::Error;
use std::fmt::Write as _;

/// An error and what is behind it, in one line.
pub(crate) fn in_one_line(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        next = cause.source();
        let cause = cause.to_string();
        // Wrappers often repeat what they wrap, mostly at their end.
        if !line.contains(&cause) {
            let _ = write!(line, ": {cause}");
        }
    }
    line
}

/// What is behind an error of the SDK, whose own words ("dispatch failure") say nothing.
pub(crate) fn behind(error: &(dyn Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), in_one_line)
}
