//! What is known about one permission, and what it rests on.

use serde::Serialize;

use crate::aws::{AwsError, ErrorKind};

/// What is known, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// IAM says no.
    Denied,
    /// IAM may say yes, but the account has no access to the model.
    NotEntitled,
    /// What it is about is in another region, or not to be had in this one.
    WrongRegion,
    /// What it is about does not exist.
    Missing,
    /// It could not be found out.
    Unknown,
    /// The server has too much to do to answer.
    Throttled,
    /// The server does not know the operation.
    NotSupported,
    /// It may be done.
    Allowed,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Basis {
    /// It was tried, and the server's answer says it.
    Probe,
    /// The server's answer to something else makes it likely.
    Suggestion,
    /// IAM's simulator says so, which does not see every policy.
    Simulator,
    /// Nothing.
    None,
}

/// A verdict with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What is known.
    pub(crate) verdict: Verdict,
    /// What it rests on.
    pub(crate) basis: Basis,
    /// The evidence in words; AWS's own sentence where there is one.
    pub(crate) evidence: String,
}

impl Verdict {
    /// As it is shown.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Verdict::Denied => "denied",
            Verdict::NotEntitled => "not entitled",
            Verdict::WrongRegion => "wrong region",
            Verdict::Missing => "missing",
            Verdict::Unknown => "unknown",
            Verdict::Throttled => "throttled",
            Verdict::NotSupported => "unsupported",
            Verdict::Allowed => "allowed",
        }
    }

    /// What a failed call says. A failure that is none of the caller's permissions says nothing.
    pub(crate) fn of(error: &AwsError) -> Verdict {
        match error.kind {
            ErrorKind::Denied => Verdict::Denied,
            ErrorKind::WrongRegion => Verdict::WrongRegion,
            ErrorKind::Missing => Verdict::Missing,
            ErrorKind::Throttled => Verdict::Throttled,
            ErrorKind::NotSupported => Verdict::NotSupported,
            _ => Verdict::Unknown,
        }
    }

    /// Whether what needs it cannot be counted on to work: what is denied or was not proven. A server
    /// that is busy, or lacks the operation, is told by the tests. A part of the rule by which tests are
    /// skipped: `test/skip.rs`.
    pub(crate) fn skips_what_needs_it(self) -> bool {
        !matches!(self, Verdict::Allowed | Verdict::Throttled | Verdict::NotSupported)
    }
}

impl Finding {
    /// By trying.
    pub(crate) fn probed(verdict: Verdict, evidence: impl Into<String>) -> Finding {
        Finding { verdict, basis: Basis::Probe, evidence: evidence.into() }
    }

    /// By what another answer makes likely.
    pub(crate) fn suggested(verdict: Verdict, evidence: impl Into<String>) -> Finding {
        Finding { verdict, basis: Basis::Suggestion, evidence: evidence.into() }
    }

    /// Not found out, and why.
    pub(crate) fn unknown(why: impl Into<String>) -> Finding {
        Finding { verdict: Verdict::Unknown, basis: Basis::None, evidence: why.into() }
    }

    /// What a call says that does exactly what is asked about.
    pub(crate) fn of<T>(result: &Result<T, AwsError>, done: &str) -> Finding {
        match result {
            Ok(_) => Finding::probed(Verdict::Allowed, done),
            Err(error) => Finding::of_error(error),
        }
    }

    /// What a failed call says.
    pub(crate) fn of_error(error: &AwsError) -> Finding {
        let verdict = Verdict::of(error);
        let basis = if verdict == Verdict::Unknown { Basis::None } else { Basis::Probe };
        Finding { verdict, basis, evidence: in_words(error) }
    }
}

/// Code and sentence, as the server gave them.
pub(crate) fn in_words(error: &AwsError) -> String {
    match &error.code {
        Some(code) => format!("{code}: {}", error.message()),
        None => error.message().to_owned(),
    }
}

/// The action that a refusal names ("Troubleshoot access denied error messages", IAM User Guide): not
/// always the one that was asked for, since some calls need several.
pub(crate) fn refused_action(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    rest.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_comes_first_and_only_what_works_skips_nothing() {
        let mut all = [
            Verdict::Allowed,
            Verdict::Unknown,
            Verdict::Denied,
            Verdict::NotSupported,
            Verdict::Missing,
        ];
        all.sort();
        assert_eq!(
            all.map(Verdict::as_str),
            ["denied", "missing", "unknown", "unsupported", "allowed"]
        );
        assert_eq!(all.map(Verdict::skips_what_needs_it), [true, true, true, false, false]);
    }

    #[test]
    fn a_refusal_names_its_action() {
        let message = "User: arn:aws:iam::1:user/x is not authorized to perform: s3:ListBucket on resource: \"arn\"";
        assert_eq!(refused_action(message), Some("s3:ListBucket"));
        assert_eq!(refused_action("Access Denied"), None);
    }
}
