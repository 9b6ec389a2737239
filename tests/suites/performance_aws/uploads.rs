//! Objects of a size that goes up in one request.

use super::scenario::{Budget, MEDIAN, Operation, P90, Scenario, hold};
use super::{KB, MB, secs};

#[tokio::test]
async fn one_kilobyte() {
    hold(&[Scenario::of(
        Operation::Upload { bytes: KB },
        [Budget::OnAws(P90, secs(2)), Budget::TimesRaw(4.25)],
    )])
    .await;
}

#[tokio::test]
async fn one_hundred_kilobytes() {
    hold(&[Scenario::of(
        Operation::Upload { bytes: 100 * KB },
        [Budget::OnAws(P90, secs(5)), Budget::TimesRaw(3.5)],
    )])
    .await;
}

#[tokio::test]
async fn one_megabyte() {
    hold(&[Scenario {
        samples: 12,
        ..Scenario::of(
            Operation::Upload { bytes: MB },
            [Budget::OnAws(MEDIAN, secs(10)), Budget::TimesRaw(3.0)],
        )
    }])
    .await;
}
