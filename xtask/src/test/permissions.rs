//! What the caller may do on AWS, before anything is built: what stops the run, and what stops single
//! tests.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, anyhow};
use contract::{RunId, TestId};

use super::plan::{ListedTest, Selection};
use super::skip::SkipReason;
use super::target::RunTarget;
use crate::check::{self, Answer, Question, Verdict};
use crate::context::Context;
use crate::error::hinted;
use crate::permissions::{LOCK_FILE, Lock, Places, Subject};
use crate::report::Permission;
use crate::signals::Signals;

/// How many refusals are named where several stop the run.
const NAMED: usize = 5;

/// What is known about the tests' permissions.
#[derive(Debug, Default)]
pub(crate) struct Permissions {
    /// The tests that cannot be counted on to work, and why.
    stopped: BTreeMap<TestId, SkipReason>,
    /// The tests whose needs are known.
    locked: BTreeSet<TestId>,
    /// What the tests need, with the verdicts; the worst first.
    pub(crate) table: Vec<Permission>,
}

impl Permissions {
    /// Finds the verdicts on what the selected tests need, and on what is needed around every test. `None`
    /// where a signal arrives meanwhile.
    ///
    /// # Errors
    /// Where something is refused without which no test ends well.
    pub(crate) async fn find(
        cx: &Context,
        target: &RunTarget,
        run: &RunId,
        lock: &Lock,
        selection: &Selection<'_>,
        signals: &mut Signals,
    ) -> Result<Option<Permissions>> {
        let places = check::places(cx, &target.aws, &target.models)?;
        let around = check::around_tests();
        warn_of_unknown(cx, &around, lock);
        let shared = around.iter().filter_map(|who| Some((who.clone(), lock.needs(who)?)));
        let tests = check::tests(lock, &target.models, |test| selection.holds(test));
        let questions = check::questions(shared.chain(tests), &places);
        let verifying = check::verify(&target.aws, &places, run, &questions, false);
        let Some(verified) = check::to_its_end(cx.ui, signals, run, verifying).await else {
            return Ok(None);
        };
        for left in &verified.left {
            cx.ui.warning(format_args!("a probe could not be removed: {left}"));
            cx.ui.hint("once it may be deleted: cargo xtask cleanup");
        }
        refuse_around(&verified.answers, &places, &around)?;
        Ok(Some(Permissions {
            stopped: stopped(&verified.answers, &places),
            locked: lock.tests().map(|(test, _)| test.clone()).collect(),
            table: verified.answers.iter().filter_map(|answer| row(answer, &places)).collect(),
        }))
    }

    /// Why a test is skipped; `None` where it runs.
    pub(super) fn reason_to_skip(&self, test: &TestId) -> Option<&SkipReason> {
        self.stopped.get(test)
    }

    /// Says which tests run without a word about their permissions.
    pub(crate) fn remark_on_new(&self, cx: &Context, planned: &[ListedTest]) {
        let new = planned.iter().filter(|test| !self.locked.contains(&test.id)).count();
        if new > 0 {
            cx.ui.warning(format_args!(
                "tests that are not in `{LOCK_FILE}` run without their permissions being checked: {new}"
            ));
            cx.ui.hint("cargo xtask test --update-permissions");
        }
    }
}

/// Says that what every test needs is not tried, where the lock does not know it.
fn warn_of_unknown(cx: &Context, around: &[Subject], lock: &Lock) {
    let unknown = around.iter().filter(|who| lock.needs(who).is_none());
    let unknown: Vec<_> = unknown.map(|who| format!("`{who}`")).collect();
    if !unknown.is_empty() {
        cx.ui.warning(format_args!(
            "the lock does not say what {} need: it is not tried before the run",
            unknown.join(" and ")
        ));
        cx.ui.hint("cargo xtask test --update-permissions");
    }
}

/// Marks, fixtures and the sweep: where they are refused, every test would only fail, or leave behind
/// what it wrote.
fn refuse_around(answers: &[Answer], places: &Places, around: &[Subject]) -> Result<()> {
    let is_around = |answer: &&Answer| around.iter().any(|who| answer.needed_by.contains(who));
    let refused = answers.iter().filter(is_around).filter(|answer| {
        let verdict = answer.finding.verdict;
        verdict.stops() && verdict != Verdict::Unknown
    });
    let refused: Vec<String> = refused.map(|answer| in_words(answer, places)).collect();
    if refused.is_empty() {
        return Ok(());
    }
    let mut named = refused.iter().take(NAMED).cloned().collect::<Vec<_>>().join("\n  ");
    if let Some(more @ 1..) = refused.len().checked_sub(NAMED) {
        named.push_str(&format!("\n  and {more} more"));
    }
    let error = anyhow!("no test can run without what is refused here:\n  {named}");
    let error = hinted(error, "all of it, and what it stops: cargo xtask check");
    Err(hinted(error, "the policy that allows it: cargo xtask policy --for tests"))
}

fn in_words(answer: &Answer, places: &Places) -> String {
    let Answer { question, finding, .. } = answer;
    format!(
        "`{}` on `{}` is {}: {}",
        question.action,
        question.resource(places),
        finding.verdict.as_str(),
        finding.evidence
    )
}

/// Each test by the worst of its verdicts; the answers come worst first.
fn stopped(answers: &[Answer], places: &Places) -> BTreeMap<TestId, SkipReason> {
    let mut stopped = BTreeMap::new();
    for answer in answers.iter().filter(|answer| answer.finding.verdict.stops()) {
        for subject in &answer.needed_by {
            if let Subject::Test(test) = subject {
                stopped.entry(test.clone()).or_insert_with(|| reason(answer, places));
            }
        }
    }
    stopped
}

/// An answer as it is reported; `None` where no test needs it.
fn row(answer: &Answer, places: &Places) -> Option<Permission> {
    let Answer { question, finding, needed_by, .. } = answer;
    let tests = needed_by.iter().filter_map(|subject| match subject {
        Subject::Test(test) => Some(test.name().to_owned()),
        _ => None,
    });
    let needed_by: Vec<_> = tests.collect();
    (!needed_by.is_empty()).then(|| Permission {
        verdict: finding.verdict.as_str().to_owned(),
        action: question.action.clone(),
        resource: question.resource(places),
        evidence: Some(finding.evidence.clone()),
        needed_by,
    })
}

fn reason(answer: &Answer, places: &Places) -> SkipReason {
    let text = in_words(answer, places);
    let Question { action, .. } = &answer.question;
    match answer.finding.verdict {
        Verdict::Denied => SkipReason::permission_denied(text),
        Verdict::NotEntitled | Verdict::WrongRegion | Verdict::Missing
            if action.starts_with("bedrock:") =>
        {
            SkipReason::model_access(text)
        }
        Verdict::Missing if action.starts_with("sagemaker:") => SkipReason::endpoint_missing(text),
        _ => SkipReason::permission_unknown(text),
    }
}
