//! URLs that are signed on the spot, without a request.

use super::millis;
use super::scenario::{Budget, Operation, P90, Scenario, hold};

#[tokio::test]
async fn one_is_made_in_less_than_a_request_takes() {
    hold(&[Scenario::of(
        Operation::PresignGet,
        [Budget::OnAws(P90, millis(500)), Budget::TimesRaw(1.5)],
    )])
    .await;
}
