//! Users do not wait for each other: operations that are due by the clock, however long those before
//! them take.
//!
//! The rate is fixed, so that runs and machines can be compared: a fraction of what one connection to
//! the embedded AWS carries in an unoptimised build, and much less than what S3 takes.

use contract::measurement::Load;

use super::scenario::{Budget, Operation, P90, Scenario, hold};
use super::{KB, secs};

#[tokio::test]
async fn one_hundred_a_second_half_writes_and_half_reads() {
    hold(&[Scenario {
        load: Load::Open { per_second: 100.0 },
        ..Scenario::of(
            Operation::WriteAndRead { bytes: KB },
            [Budget::OnAws(P90, secs(2)), Budget::TimesRaw(3.75)],
        )
    }])
    .await;
}
