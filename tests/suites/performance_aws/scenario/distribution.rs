//! Many latencies as one histogram.

use std::time::Duration;

use contract::measurement::{Bucket, Distribution};
use hdrhistogram::Histogram;

/// An hour in microseconds: longer than any test may run.
const LONGEST: u64 = 3_600_000_000;

/// So many buckets draw a curve; the files stay small.
const MOST_BUCKETS: usize = 200;

/// Sums latencies up, to three digits; the buckets are as fine as their number allows.
pub(in super::super) fn distribution(latencies: &[Duration]) -> Distribution {
    let histogram = histogram(latencies, 3);
    let at = |quantile| histogram.value_at_quantile(quantile);
    Distribution {
        count: histogram.len(),
        min: histogram.min(),
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        max: histogram.max(),
        buckets: buckets(latencies),
    }
}

fn histogram(latencies: &[Duration], digits: u8) -> Histogram<u64> {
    let mut histogram = Histogram::new_with_bounds(1, LONGEST, digits).unwrap();
    for latency in latencies {
        histogram.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LONGEST));
    }
    histogram
}

fn buckets(latencies: &[Duration]) -> Vec<Bucket> {
    let with_digits = |digits| {
        let histogram = histogram(latencies, digits);
        let recorded = histogram.iter_recorded().map(|step| Bucket {
            up_to: step.value_iterated_to(),
            count: step.count_since_last_iteration(),
        });
        recorded.collect::<Vec<_>>()
    };
    let mut buckets = with_digits(3);
    for digits in [2, 1] {
        if buckets.len() > MOST_BUCKETS {
            buckets = with_digits(digits);
        }
    }
    // One digit makes up to 16 of each doubling, which may still be too many: neighbours go together.
    let joined = buckets.chunks(buckets.len().div_ceil(MOST_BUCKETS).max(1)).map(|bunch| Bucket {
        up_to: bunch.last().map_or(0, |bucket| bucket.up_to),
        count: bunch.iter().map(|bucket| bucket.count).sum(),
    });
    joined.collect()
}
