//! Writing and reading at the same time.

use super::scenario::{Budget, MEDIAN, Operation, Scenario, hold};
use super::{KB, secs};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_writes_and_half_reads() {
    hold(&[Scenario {
        concurrency: 8,
        samples: 10 * 8,
        ..Scenario::of(
            Operation::WriteAndRead { bytes: 10 * KB },
            [Budget::OnAws(MEDIAN, secs(2)), Budget::TimesRaw(5.0)],
        )
    }])
    .await;
}
