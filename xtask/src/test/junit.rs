//! Reads nextest's JUnit file, and writes into it what nextest does not know: the skipped tests with their
//! reasons, and those whose samples do not tell whether a budget is kept.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use contract::TestId;
use quick_junit::{Report, TestCase, TestCaseStatus, TestSuite};

use super::plan::ListedTest;
use crate::replace::{Readers, replace};
use crate::report::{SkipReason, Status};

/// The JUnit type of a test that ran well and tells nothing. JUnit has no word for it, and `skipped` is
/// the one that no reader takes for a pass.
const INCONCLUSIVE: &str = "inconclusive";

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Whether it passed, on whichever attempt.
    pub(crate) status: Status,
    /// Whether an earlier attempt failed.
    pub(crate) flaky: bool,
    /// How long its last attempt took.
    pub(crate) time: Duration,
    /// What it said, where it failed; why nothing can be said, where it is inconclusive.
    pub(crate) message: Option<String>,
}

impl Outcome {
    /// Whether it ran to its end as it should, whatever its samples tell.
    pub(crate) fn ran_well(&self) -> bool {
        self.status != Status::Failed
    }

    /// Whether what it did is all that it does: it ran well, at its first attempt. Another attempt may
    /// have done more, or less.
    pub(crate) fn tells(&self) -> bool {
        self.ran_well() && !self.flaky
    }
}

/// How each test ended, by nextest's file. A test that is missing from it did not run to its end.
///
/// # Errors
/// Where the file is missing or is no JUnit.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<TestId, Outcome>> {
    let mut outcomes = BTreeMap::new();
    for suite in &report(path)?.test_suites {
        for case in &suite.test_cases {
            let (status, flaky, message) = match &case.status {
                TestCaseStatus::Success { flaky_runs, .. } => {
                    (Status::Passed, !flaky_runs.is_empty(), None)
                }
                TestCaseStatus::NonSuccess { message, description, .. } => {
                    // The description is the whole panic; the message its first line.
                    let said = description.as_ref().or(message.as_ref());
                    (Status::Failed, false, said.map(|said| said.as_str().trim().to_owned()))
                }
                TestCaseStatus::Skipped { .. } => continue,
            };
            let time = case.time.unwrap_or_default();
            outcomes.insert(
                TestId::new(suite.name.as_str(), case.name.as_str()),
                Outcome { status, flaky, time, message },
            );
        }
    }
    Ok(outcomes)
}

/// Adds the skipped tests, each with its reason, to nextest's file, and takes the inconclusive ones for
/// no passes; makes the file where nextest had nothing to run.
///
/// # Errors
/// Where the file cannot be read or written.
pub(crate) fn complete(
    path: &Path,
    skips: &[(ListedTest, SkipReason)],
    outcomes: &BTreeMap<TestId, Outcome>,
) -> Result<()> {
    let mut report = if path.exists() { report(path)? } else { Report::new("xtask") };
    for suite in &mut report.test_suites {
        // Nextest's own skips are what the user's arguments left out, with a generic message.
        suite.test_cases.retain(|case| !matches!(case.status, TestCaseStatus::Skipped { .. }));
        for case in &mut suite.test_cases {
            let test = TestId::new(suite.name.as_str(), case.name.as_str());
            if let Some(outcome) = outcomes.get(&test).filter(|o| o.status == Status::Inconclusive)
            {
                let mut status = TestCaseStatus::skipped();
                let why = outcome.message.as_deref().unwrap_or_default();
                status.set_type(INCONCLUSIVE).set_message(format!("{INCONCLUSIVE}: {why}"));
                case.status = status;
            }
        }
    }
    for (test, reason) in skips {
        let mut status = TestCaseStatus::skipped();
        let SkipReason { code, text, cure } = reason;
        status.set_type(code).set_message(match cure {
            Some(cure) => format!("{code}: {text}; {cure}"),
            None => format!("{code}: {text}"),
        });
        let mut case = TestCase::new(test.id.name(), status);
        case.set_classname(test.id.binary_id());
        let known = report.test_suites.iter_mut().find(|s| s.name.as_str() == test.id.binary_id());
        match known {
            Some(suite) => drop(suite.add_test_case(case)),
            None => {
                let mut suite = TestSuite::new(test.id.binary_id());
                suite.add_test_case(case);
                report.add_test_suite(suite);
            }
        }
    }
    recount(&mut report);
    let text = report.to_string().context("writing JUnit")?;
    replace(path, text.as_bytes(), Readers::Usual)
}

fn report(path: &Path) -> Result<Report> {
    let file =
        std::fs::File::open(path).with_context(|| format!("opening `{}`", path.display()))?;
    Report::deserialize(std::io::BufReader::new(file))
        .with_context(|| format!("reading `{}` as JUnit", path.display()))
}

fn recount(report: &mut Report) {
    for suite in &mut report.test_suites {
        suite.tests = suite.test_cases.len();
        suite.skipped = suite
            .test_cases
            .iter()
            .filter(|case| matches!(case.status, TestCaseStatus::Skipped { .. }))
            .count();
    }
    report.tests = report.test_suites.iter().map(|suite| suite.tests).sum();
    report.skipped = report.test_suites.iter().map(|suite| suite.skipped).sum();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_are_written_with_their_reason_and_read_as_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("junit.xml");
        let test = ListedTest::new("tests::suites", "a::b");
        let skips = [(test, SkipReason::aws_not_configured())];
        complete(&path, &skips, &BTreeMap::new()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(r#"<skipped message="aws-not-configured: "#), "{text}");
        assert!(text.contains(r#"tests="1" skipped="1""#), "{text}");
        assert!(read(&path).unwrap().is_empty());
    }

    #[test]
    fn an_inconclusive_test_is_not_written_as_a_pass() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("junit.xml");
        std::fs::write(
            &path,
            r#"<testsuites name="nextest"><testsuite name="tests::suites" tests="2">
                <testcase name="a::b" classname="tests::suites" time="0.5"/>
                <testcase name="a::c" classname="tests::suites" time="0.5"/>
            </testsuite></testsuites>"#,
        )
        .unwrap();
        let mut outcomes = read(&path).unwrap();
        let test = TestId::new("tests::suites", "a::b");
        let outcome = outcomes.get_mut(&test).unwrap();
        assert_eq!(outcome.status, Status::Passed);
        outcome.status = Status::Inconclusive;
        outcome.message = Some("upload 1 KB: too noisy".to_owned());
        complete(&path, &[], &outcomes).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(r#"message="inconclusive: upload 1 KB: too noisy""#), "{text}");
        assert!(text.contains(r#"tests="2" skipped="1""#), "{text}");
        assert_eq!(read(&path).unwrap().len(), 1);
    }
}
