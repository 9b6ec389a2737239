//! Divides the tests into those that run, those that are skipped, and those that nobody asked for. Why one
//! is skipped is the rule's business: `skip.rs`.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use contract::{Shard, TestId};

use super::skip::SkipRule;
use crate::error::Hint as _;
use crate::report::SkipReason;

/// A test that nextest found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedTest {
    /// Its name.
    pub(crate) id: TestId,
    /// What keeps nextest from running it; `None` where nothing does.
    pub(crate) withheld: Option<Withheld>,
}

/// What keeps nextest from running a test that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Withheld {
    /// It is marked `#[ignore]`.
    Ignored,
    /// Nextest's configuration leaves it out.
    FilteredOut,
}

impl ListedTest {
    /// Takes nextest's binary id and the test's name in it.
    pub(crate) fn new(binary_id: &str, name: &str) -> ListedTest {
        ListedTest { id: TestId::new(binary_id, name), withheld: None }
    }
}

/// What the user wants to run.
#[derive(Debug, Default)]
pub(crate) struct Selection<'a> {
    /// Names of suites; none means all.
    pub(crate) suites: &'a [String],
    /// Parts of names, any of which must be there; none means all.
    pub(crate) filters: &'a [String],
    /// The shard of the whole list; `None` means all of it.
    pub(crate) shard: Option<Shard>,
}

/// Each selected test, to run or to skip.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The tests that run, in the order of their names.
    pub(crate) run: Vec<ListedTest>,
    /// The tests that are skipped, in the order of their names, and why.
    pub(crate) skip: Vec<(ListedTest, SkipReason)>,
    /// The tests that were not asked for.
    pub(crate) left_out: Vec<TestId>,
    /// Of those, how many only the shard leaves out.
    pub(crate) of_other_shards: usize,
}

impl Plan {
    /// Plans the selected ones of `tests`, which is the whole list in the order of its names.
    ///
    /// A shard is cut before anything is selected or skipped: whatever each of them may not do, together
    /// they take each test exactly once.
    ///
    /// # Errors
    /// Where a suite is named that does not exist. That no test matches is no error here.
    pub(crate) fn new(
        tests: Vec<ListedTest>,
        selection: &Selection<'_>,
        rule: &SkipRule,
    ) -> Result<Plan> {
        let suites: BTreeSet<&str> = tests.iter().map(|test| test.id.suite()).collect();
        for wanted in selection.suites {
            if !suites.contains(wanted.as_str()) {
                let known: Vec<_> = suites.into_iter().map(|name| format!("`{name}`")).collect();
                return Err(anyhow!("there is no suite `{wanted}`"))
                    .hint(format_args!("the suites are {}", known.join(", ")));
            }
        }
        let mut plan = Plan::default();
        for (position, test) in tests.into_iter().enumerate() {
            let is_asked_for = selection.holds(&test.id);
            let is_ours = selection.shard.is_none_or(|shard| shard.holds(position));
            if !is_asked_for || !is_ours {
                plan.of_other_shards += usize::from(is_asked_for);
                plan.left_out.push(test.id);
                continue;
            }
            match rule.reason(&test) {
                Some(reason) => plan.skip.push((test, reason)),
                None => plan.run.push(test),
            }
        }
        Ok(plan)
    }
}

impl Selection<'_> {
    /// Whether the user wants to run a test, in whichever shard.
    pub(crate) fn holds(&self, test: &TestId) -> bool {
        let suite = self.suites.is_empty() || self.suites.iter().any(|suite| suite == test.suite());
        let filter = self.filters.is_empty()
            || self.filters.iter().any(|filter| test.name().contains(filter.as_str()));
        suite && filter
    }
}

#[cfg(test)]
mod tests {
    use contract::Capability;

    use super::*;

    fn listed() -> Vec<ListedTest> {
        [
            "e2e_model_selection::choose::works",
            "s3_integration::checksums::wrong_crc32_is_refused",
            "s3_integration::round_trip::empty",
        ]
        .map(|name| ListedTest::new("tests::suites", name))
        .into()
    }

    fn names(plan: &Plan) -> (Vec<&str>, Vec<(&str, &str)>) {
        (
            plan.run.iter().map(|test| test.id.name()).collect(),
            plan.skip.iter().map(|(test, reason)| (test.id.name(), reason.code.as_str())).collect(),
        )
    }

    #[test]
    fn a_lacking_capability_skips_the_modules_that_need_it() {
        let lack = SkipReason::lacking(Capability::ChecksumVerification, "wrong CRC32 was taken");
        let rule = SkipRule {
            lacking: [(Capability::ChecksumVerification, lack)].into(),
            ..SkipRule::default()
        };
        let plan = Plan::new(listed(), &Selection::default(), &rule).unwrap();
        let (run, skip) = names(&plan);
        assert_eq!(
            run,
            ["e2e_model_selection::choose::works", "s3_integration::round_trip::empty"]
        );
        assert_eq!(
            skip,
            [(
                "s3_integration::checksums::wrong_crc32_is_refused",
                "target-lacks-checksum-verification"
            )]
        );
    }

    #[test]
    fn what_nextest_would_not_run_is_skipped_for_that_whatever_the_target_is() {
        for nothing_runs in [None, Some(SkipReason::aws_not_configured())] {
            let mut tests = listed();
            tests[0].withheld = Some(Withheld::Ignored);
            tests[1].withheld = Some(Withheld::FilteredOut);
            let rule = SkipRule { nothing_runs, ..SkipRule::default() };
            let plan = Plan::new(tests, &Selection::default(), &rule).unwrap();
            let (_, skip) = names(&plan);
            assert_eq!(skip[0], ("e2e_model_selection::choose::works", "ignored"));
            let filtered_out =
                ("s3_integration::checksums::wrong_crc32_is_refused", "filtered-out");
            assert_eq!(skip[1], filtered_out);
        }
    }

    #[test]
    fn suites_and_filters_narrow_the_plan() {
        let suites = ["s3_integration".to_owned()];
        let filters = ["empty".to_owned(), "choose".to_owned()];
        let selection = Selection { suites: &suites, filters: &filters, ..Selection::default() };
        let plan = Plan::new(listed(), &selection, &SkipRule::default()).unwrap();
        assert_eq!(names(&plan).0, ["s3_integration::round_trip::empty"]);
        assert_eq!(plan.left_out.len(), 2);
    }

    #[test]
    fn shards_with_different_skips_take_each_test_exactly_once() {
        let suites = ["s3_integration".to_owned()];
        for suites in [&[][..], &suites] {
            let shards = (1..=3).map(|k| Shard::parse(&format!("{k}/3")).unwrap());
            let plans = shards.enumerate().map(|(place, shard)| {
                let selection = Selection { suites, shard: Some(shard), ..Selection::default() };
                let lack = SkipReason::lacking(Capability::ChecksumVerification, "taken");
                let mut rule = SkipRule::default();
                match place {
                    0 => rule.nothing_runs = Some(SkipReason::aws_not_configured()),
                    1 => drop(rule.lacking.insert(Capability::ChecksumVerification, lack)),
                    _ => {}
                }
                Plan::new(listed(), &selection, &rule).unwrap()
            });
            let plans: Vec<_> = plans.collect();
            let taken = plans.iter().flat_map(|plan| {
                let (run, skip) = names(plan);
                run.into_iter().chain(skip.into_iter().map(|(name, _)| name)).collect::<Vec<_>>()
            });
            let mut taken: Vec<_> = taken.collect();
            taken.sort_unstable();
            let all = listed();
            let wanted = all.iter().filter(|test| {
                suites.is_empty() || suites.iter().any(|suite| suite == test.id.suite())
            });
            let wanted: Vec<_> = wanted.map(|test| test.id.name()).collect();
            assert_eq!(taken, wanted);
            for plan in &plans {
                let planned = plan.run.len() + plan.skip.len();
                assert_eq!(planned + plan.of_other_shards, wanted.len());
                assert_eq!(planned + plan.left_out.len(), all.len());
            }
        }
    }

    #[test]
    fn an_unknown_suite_names_the_known_ones() {
        let suites = ["s3".to_owned()];
        let selection = Selection { suites: &suites, ..Selection::default() };
        let error = Plan::new(listed(), &selection, &SkipRule::default()).unwrap_err();
        assert_eq!(
            crate::error::hints(&error),
            ["the suites are `e2e_model_selection`, `s3_integration`"]
        );
    }
}
