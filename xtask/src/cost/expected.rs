//! What a planned run will cost, by what earlier runs called.

use contract::TestId;
use contract::calls::{CallCount, Calls};

use super::{Cost, Memory, Spending, estimate};

/// What a planned run will cost.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expected {
    /// What is known of it.
    pub(crate) known: Cost,
    /// Tests whose calls were never counted.
    pub(crate) unknown: Vec<TestId>,
}

/// What is planned.
pub(crate) struct Planned<'a> {
    /// `--samples`.
    pub(crate) samples: Option<u64>,
    /// Whose prices.
    pub(crate) region: &'a str,
    /// Whether the target sends a bill.
    pub(crate) billed: bool,
    /// The model that the tests may invoke.
    pub(crate) model: Option<&'a str>,
    /// What `xtask` has called in this run so far.
    pub(crate) so_far: &'a Calls,
}

/// What the planned tests will cost, each tried once, with `xtask`'s own calls: those that it has made
/// and those of the last run.
pub(crate) fn expected<'a>(
    memory: &Memory,
    planned: impl IntoIterator<Item = &'a TestId>,
    question: &Planned<'_>,
) -> Expected {
    let mut spending = Spending { own: question.so_far.clone(), ..Spending::default() };
    spending.own.merge(&memory.own);
    let mut unknown = Vec::new();
    for test in planned {
        let Some((calls, samples)) = memory.of(test, question.model) else {
            unknown.push(test.clone());
            continue;
        };
        let calls = match (question.samples, samples) {
            (Some(asked), Some(taken)) => more(&calls, asked, taken),
            _ => calls,
        };
        spending.by_test.insert(test.clone(), calls);
    }
    Expected { known: estimate(&spending, question.region, question.billed), unknown }
}

/// As many times the calls as samples are asked for, rounded up. Fewer samples save nothing here: what
/// stands around them stays.
fn more(calls: &Calls, asked: u64, taken: u64) -> Calls {
    let (asked, taken) = (u128::from(asked.max(taken)), u128::from(taken.max(1)));
    let scaled =
        |count: u64| u64::try_from((u128::from(count) * asked).div_ceil(taken)).unwrap_or(u64::MAX);
    let counts = calls.0.iter().map(|(key, count)| {
        let CallCount { requests, received_bytes, input_tokens, output_tokens, untold } = *count;
        let count = CallCount {
            requests: scaled(requests),
            received_bytes: scaled(received_bytes),
            input_tokens: scaled(input_tokens),
            output_tokens: scaled(output_tokens),
            untold: scaled(untold),
        };
        (key.clone(), count)
    });
    Calls(counts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Lesson, OWN_SHARE};

    fn puts(requests: u64) -> Calls {
        let mut calls = Calls::default();
        calls.add("s3:PutObject", CallCount { requests, ..CallCount::default() });
        calls
    }

    fn test(name: &str) -> TestId {
        TestId::new("tests::suites", name)
    }

    fn asked(samples: Option<u64>) -> Expected {
        let by_test = [(test("a::plain"), puts(1000)), (test("b::measures"), puts(2000))].into();
        let spending = Spending { by_test, own: puts(10) };
        let memory = Memory::of_lesson(&Lesson {
            spending: &spending,
            passed: &|_| true,
            samples: &[(test("b::measures"), 20)].into(),
            samples_asked: false,
            model: None,
        });
        let planned = [test("a::plain"), test("b::measures"), test("c::new")];
        let so_far = puts(90);
        let question =
            Planned { samples, region: "us-east-1", billed: true, model: None, so_far: &so_far };
        expected(&memory, &planned, &question)
    }

    #[test]
    fn what_the_last_run_called_is_expected_again_and_more_samples_cost_more() {
        for (samples, measures) in
            [(None, 0.01), (Some(20), 0.01), (Some(5), 0.01), (Some(200), 0.1)]
        {
            let expected = asked(samples);
            let share = |suite: &str| expected.known.by_suite[suite].unwrap();
            let shares = [share("a"), share("b"), share(OWN_SHARE)];
            for (share, dollars) in shares.into_iter().zip([0.005, measures, 0.0005]) {
                assert!((share - dollars).abs() < 1e-9, "{samples:?}: {shares:?}");
            }
        }
    }

    #[test]
    fn what_was_never_counted_is_named() {
        assert_eq!(asked(None).unknown, [test("c::new")]);
        assert!(!asked(None).known.by_suite.contains_key("c"));
    }

    #[test]
    fn calls_are_scaled_up_and_never_overflow() {
        assert_eq!(more(&puts(10), 7, 3), puts(24));
        assert_eq!(more(&puts(10), 1, 3), puts(10));
        assert_eq!(more(&puts(10), u64::MAX, 1), puts(u64::MAX));
        assert_eq!(more(&puts(10), 5, 0), puts(50));
    }
}
