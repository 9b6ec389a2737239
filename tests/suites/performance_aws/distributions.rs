//! Many latencies as one histogram.

use std::time::Duration;

use super::scenario::distribution;

fn micros(values: impl IntoIterator<Item = u64>) -> Vec<Duration> {
    values.into_iter().map(Duration::from_micros).collect()
}

#[test]
fn quantiles_are_those_of_the_samples() {
    let found = distribution(&micros((1..=1_000).rev()));
    assert_eq!((found.count, found.min, found.max), (1_000, 1, 1_000));
    assert_eq!((found.p50, found.p90, found.p99), (500, 900, 990));
}

#[test]
fn few_latencies_keep_their_own_buckets() {
    let found = distribution(&micros([30, 10, 30, 20]));
    let buckets: Vec<_> = found.buckets.iter().map(|bucket| (bucket.up_to, bucket.count)).collect();
    assert_eq!(buckets, [(10, 1), (20, 1), (30, 2)]);
}

#[test]
fn many_latencies_share_buckets_and_none_is_lost() {
    for values in [micros(1..=100_000), micros((1..40_000).map(|n| n * n))] {
        let found = distribution(&values);
        assert!(found.buckets.len() <= 200, "{}", found.buckets.len());
        assert!(found.buckets.len() > 50, "{}", found.buckets.len());
        assert_eq!(found.buckets.iter().map(|bucket| bucket.count).sum::<u64>(), found.count);
        assert_eq!(found.count, values.len() as u64);
        assert!(found.buckets.is_sorted_by(|one, next| one.up_to < next.up_to));
        let last = found.buckets.last().unwrap().up_to;
        assert!(last >= found.max, "{last} and {}", found.max);
    }
}
