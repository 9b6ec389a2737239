//! `--max-cost`: what a run may cost.

use std::str::FromStr;

use anyhow::{Result, anyhow};

use super::Expected;
use super::words::Dollars;
use crate::error::Hint as _;

/// What a run may cost, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limit(f64);

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Limit, String> {
        let number = text.strip_prefix('$').unwrap_or(text);
        // `f64` would take `inf`, `nan` and `1e9` as well, and a sign behind the `$`.
        let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let dollars = number.parse().ok().filter(|dollars: &f64| plain && dollars.is_finite());
        dollars.map(Limit).ok_or_else(|| {
            "not an amount in US dollars: expected one such as `0.05` or `$0.05`".to_owned()
        })
    }
}

/// Lets a run pass that costs at most `limit` for all that is known.
///
/// # Errors
/// Where it costs more, or where it cannot be told.
pub(crate) fn check_limit(limit: Limit, expected: &Expected) -> Result<()> {
    if let [first, rest @ ..] = expected.unknown.as_slice() {
        let more = match rest.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        return Err(anyhow!(
            "what the run would cost is not known: the calls of `{}`{more} were never counted",
            first.name()
        ))
        .hint("cargo xtask test, which counts them on the embedded AWS for free; or leave out --max-cost");
    }
    let Some(total) = expected.known.total else {
        let why = expected.known.notes.first().map(String::as_str).unwrap_or_default();
        return Err(anyhow!("what the run would cost is not known: {why}"))
            .hint("add the prices to `xtask/src/cost/prices.toml`, or leave out --max-cost");
    };
    if total > limit.0 {
        return Err(anyhow!(
            "the run would cost about {} in {}, and `--max-cost` allows {}",
            Dollars(total),
            expected.known.region,
            Dollars(limit.0)
        ))
        .hint("choose fewer tests with --suite or a filter, take fewer --samples, or raise --max-cost");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use contract::TestId;
    use contract::calls::{CallCount, Calls};

    use super::*;
    use crate::cost::{Spending, estimate};
    use crate::error::hints;

    #[test]
    fn a_limit_is_an_amount_in_dollars() {
        for (text, dollars) in [("0.05", 0.05), ("$0.05", 0.05), ("0", 0.0), ("12", 12.0)] {
            assert_eq!(text.parse(), Ok(Limit(dollars)));
        }
        for text in ["", "$", "-1", "$-1", "+1", "inf", "nan", "1e3", "0,05", "0.05 USD", "five"] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }

    /// An expectation of this many PUTs.
    fn puts(requests: u64, region: &str, unknown: &[&str]) -> Expected {
        let mut own = Calls::default();
        own.add("s3:PutObject", CallCount { requests, ..CallCount::default() });
        let known = estimate(&Spending { own, ..Spending::default() }, region, true);
        let unknown = unknown.iter().map(|name| TestId::new("tests::suites", *name)).collect();
        Expected { known, unknown }
    }

    fn refusal(limit: &str, expected: &Expected) -> String {
        let error = check_limit(limit.parse().unwrap(), expected).unwrap_err();
        format!("{error}; {}", hints(&error)[0])
    }

    #[test]
    fn what_costs_no_more_than_allowed_passes() {
        for (limit, requests) in [("0.005", 1000), ("$1", 1000), ("0", 0)] {
            check_limit(limit.parse().unwrap(), &puts(requests, "us-east-1", &[])).unwrap();
        }
    }

    #[test]
    fn what_costs_more_or_cannot_be_told_does_not() {
        insta::assert_snapshot!(refusal("0.0049", &puts(1000, "us-east-1", &[])), @"the run would cost about $0.0050 in us-east-1, and `--max-cost` allows $0.0049; choose fewer tests with --suite or a filter, take fewer --samples, or raise --max-cost");
        insta::assert_snapshot!(refusal("1000", &puts(1, "xx-north-1", &[])), @"what the run would cost is not known: no prices for `xx-north-1`; add the prices to `xtask/src/cost/prices.toml`, or leave out --max-cost");
        insta::assert_snapshot!(refusal("1000", &puts(1, "us-east-1", &["a::b", "c::d"])), @"what the run would cost is not known: the calls of `a::b` and 1 more were never counted; cargo xtask test, which counts them on the embedded AWS for free; or leave out --max-cost");
    }
}
