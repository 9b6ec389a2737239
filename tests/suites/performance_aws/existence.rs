//! Whether an object is there.

use super::scenario::{Budget, Operation, P90, Scenario, hold};
use super::secs;

#[tokio::test]
async fn an_object_is_found() {
    hold(&[Scenario::of(Operation::Exists, [Budget::OnAws(P90, secs(1)), Budget::TimesRaw(3.5)])])
        .await;
}
