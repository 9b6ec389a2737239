//! What is below a prefix, on one page and on several.

use super::scenario::{Budget, MEDIAN, Operation, P90, Scenario, hold};
use super::secs;

#[tokio::test]
async fn fifty_objects() {
    hold(&[Scenario::of(
        Operation::List { objects: 50 },
        [Budget::OnAws(P90, secs(5)), Budget::TimesRaw(5.5)],
    )])
    .await;
}

#[tokio::test]
async fn the_pages_of_five_thousand_objects() {
    hold(&[Scenario {
        // Each of its five pages twice: most of the time goes into writing the objects.
        samples: 10,
        warm_up: 1,
        ..Scenario::of(
            Operation::ListPage { of_objects: 5_000 },
            [Budget::OnAws(MEDIAN, secs(5)), Budget::TimesRaw(9.0)],
        )
    }])
    .await;
}
