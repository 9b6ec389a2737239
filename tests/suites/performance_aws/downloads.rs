//! Objects of a size that comes down in one request, held to the seconds of the uploads.

use super::scenario::{Budget, MEDIAN, Operation, P90, Scenario, hold};
use super::{KB, MB, secs};

#[tokio::test]
async fn one_kilobyte() {
    hold(&[Scenario::of(
        Operation::Download { bytes: KB },
        [Budget::OnAws(P90, secs(2)), Budget::TimesRaw(3.5)],
    )])
    .await;
}

#[tokio::test]
async fn one_hundred_kilobytes() {
    hold(&[Scenario::of(
        Operation::Download { bytes: 100 * KB },
        [Budget::OnAws(P90, secs(5)), Budget::TimesRaw(3.75)],
    )])
    .await;
}

#[tokio::test]
async fn one_megabyte() {
    hold(&[Scenario {
        samples: 20,
        ..Scenario::of(
            Operation::Download { bytes: MB },
            [Budget::OnAws(MEDIAN, secs(10)), Budget::TimesRaw(5.5)],
        )
    }])
    .await;
}
