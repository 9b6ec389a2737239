//! The rule by which budgets are judged, against values that are known.

use contract::measurement::{BudgetVerdict, Unit};

use super::scenario::{MEDIAN, judge, ranks};

#[test]
fn ranks_of_the_median_are_those_of_the_tables() {
    // Two-sided 95 % intervals of the median, as tables of the sign test have them.
    for (samples, lower, upper) in [
        (6, 1, 6),
        (8, 1, 8),
        (9, 2, 8),
        (10, 2, 9),
        (15, 4, 12),
        (20, 6, 15),
        (25, 8, 18),
        (100, 40, 61),
    ] {
        assert_eq!(ranks(samples, 0.5), (Some(lower), Some(upper)), "{samples} samples");
    }
    assert_eq!(ranks(5, 0.5), (None, None));
    assert_eq!(ranks(0, 0.5), (None, None));
}

#[test]
fn a_quantile_in_the_tail_takes_more_samples() {
    // 0.9 to the power of 36 is 0.0225, to that of 35 it is 0.0250 and more than half of 5 %.
    assert_eq!(ranks(36, 0.9).1, Some(36));
    assert_eq!(ranks(35, 0.9).1, None);
    // That two lie above it by chance has a probability of 1 %, that one does, of 10 %.
    assert_eq!(ranks(1, 0.9).0, None);
    assert_eq!(ranks(2, 0.9).0, Some(1));
    // 0.99 to the power of 368 is 0.0248.
    assert_eq!(ranks(368, 0.99).1, Some(368));
    assert_eq!(ranks(367, 0.99).1, None);
}

#[test]
fn many_samples_narrow_the_interval_down() {
    // By the normal approximation: 500,000 plus and minus 1.96 times 500.
    let (lower, upper) = ranks(1_000_000, 0.5);
    assert!(lower.unwrap().abs_diff(499_020) <= 2, "{lower:?}");
    assert!(upper.unwrap().abs_diff(500_981) <= 2, "{upper:?}");
}

/// What 20 samples, 1 to 20 in some order, say of a limit of their median.
fn verdict(limit: f64) -> (BudgetVerdict, Option<String>) {
    let samples = (1..=20).map(|n| f64::from(n * 7 % 20 + 1)).collect();
    let judged = judge("some budget".to_owned(), samples, MEDIAN, limit, Unit::Ratio);
    assert_eq!((judged.measured, judged.interval), (10.0, Some((6.0, 15.0))));
    (judged.verdict, judged.reason)
}

#[test]
fn the_interval_decides_and_not_the_measured_value() {
    assert_eq!(verdict(15.1), (BudgetVerdict::Pass, None));
    let noisy = "too noisy: the limit lies within the interval".to_owned();
    for limit in [15.0, 11.0, 10.0, 6.1] {
        assert_eq!(verdict(limit), (BudgetVerdict::Inconclusive, Some(noisy.clone())), "{limit}");
    }
    assert_eq!(verdict(6.0), (BudgetVerdict::Fail, None));
}

#[test]
fn too_few_samples_decide_nothing_however_clear_they_look() {
    for samples in [vec![], vec![1.0], vec![1.0; 5]] {
        let count = samples.len();
        for limit in [0.5, 1_000.0] {
            let judged =
                judge("some budget".to_owned(), samples.clone(), MEDIAN, limit, Unit::Ratio);
            assert_eq!(judged.verdict, BudgetVerdict::Inconclusive);
            let reason = format!("too few samples: {count} of the 6 that it takes");
            assert_eq!((judged.interval, judged.reason), (None, Some(reason)));
        }
    }
}
