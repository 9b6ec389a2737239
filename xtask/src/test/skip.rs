//! The rule by which a test is skipped. Whatever decides it is decided here, and nowhere else:
//!
//! | what | is found by |
//! |---|---|
//! | nextest would not run it | [`ListedTest::withheld`] |
//! | nothing runs at all | `cargo xtask test` itself, where AWS is not configured |
//! | the target lacks what it needs | `test/capabilities.rs`, which tries the target |
//! | there is no model or endpoint for it | [`Models::why_not`] |
//! | the caller may not do what it needs | `cargo xtask check`'s [`Verdict`]s, before anything is built |
//!
//! What a skip says, and whether `--strict` allows it, is in `skip/reason.rs`; `plan.rs` divides the tests by
//! this rule; with which exit code a skip ends a strict run is in `summary.rs`. What ends the whole run is none of this:
//! `preflight.rs`, and in `allowed.rs` what is needed around every test.

use std::collections::BTreeMap;

use contract::TestId;
use contract::capability::{Capability, needed_by};

mod reason;

use super::plan::{ListedTest, Withheld};
use crate::check::{Answer, Verdict};
use crate::models::Models;
use crate::permissions::{Places, Subject};
use crate::report::SkipReason;

/// What is known of the target and of the caller.
#[derive(Debug)]
pub(crate) struct SkipRule {
    /// Why nothing can run at all.
    pub(crate) nothing_runs: Option<SkipReason>,
    /// What the target was seen to lack.
    pub(crate) lacking: BTreeMap<Capability, SkipReason>,
    /// The model and the endpoint that the tests may invoke.
    pub(crate) models: Models,
    /// The tests that the caller may not run, or cannot be counted on to: see [`by_verdicts`].
    pub(crate) not_allowed: BTreeMap<TestId, SkipReason>,
}

impl Default for SkipRule {
    /// Nothing is skipped, as on the embedded AWS.
    fn default() -> SkipRule {
        SkipRule {
            nothing_runs: None,
            lacking: BTreeMap::new(),
            models: Models::of_sandbox(),
            not_allowed: BTreeMap::new(),
        }
    }
}

impl SkipRule {
    /// Every test is skipped for this.
    pub(crate) fn nothing_runs(reason: SkipReason) -> SkipRule {
        SkipRule { nothing_runs: Some(reason), ..SkipRule::default() }
    }

    /// Why a test is skipped; `None` where it runs. Of several reasons the one that has to be cured
    /// first.
    pub(crate) fn reason(&self, test: &ListedTest) -> Option<SkipReason> {
        let withheld = test.withheld.map(|why| match why {
            Withheld::Ignored => SkipReason::ignored(),
            Withheld::FilteredOut => SkipReason::filtered_out(),
        });
        let id = &test.id;
        let lacks = || needed_by(id.name()).find_map(|need| self.lacking.get(&need).cloned());
        let has_no_model = || {
            let (capability, why) = self.models.why_not(id)?;
            Some(SkipReason::lacking(capability, &why))
        };
        withheld
            .or_else(|| self.nothing_runs.clone())
            .or_else(lacks)
            .or_else(has_no_model)
            .or_else(|| self.not_allowed.get(id).cloned())
    }
}

/// The tests that are skipped for what the preflight found, each for the worst of its verdicts; the
/// answers come worst first. Which verdicts skip a test says [`Verdict::skips_what_needs_it`].
pub(crate) fn by_verdicts(answers: &[Answer], places: &Places) -> BTreeMap<TestId, SkipReason> {
    let mut skips = BTreeMap::new();
    for answer in answers.iter().filter(|answer| answer.finding.verdict.skips_what_needs_it()) {
        for subject in &answer.needed_by {
            if let Subject::Test(test) = subject {
                skips.entry(test.clone()).or_insert_with(|| by_verdict(answer, places));
            }
        }
    }
    skips
}

/// A verdict with its evidence.
pub(super) fn in_words(answer: &Answer, places: &Places) -> String {
    let Answer { question, finding, .. } = answer;
    format!(
        "`{}` on `{}` is {}: {}",
        question.action,
        question.resource(places),
        finding.verdict.as_str(),
        finding.evidence
    )
}

fn by_verdict(answer: &Answer, places: &Places) -> SkipReason {
    let text = in_words(answer, places);
    let action = &answer.question.action;
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
