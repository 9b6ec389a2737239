//! Waits for what AWS settles only after it has answered.
//!
//! Bucket configuration is eventually consistent: a bucket that was just created may be unknown to
//! the next call, and two changes at once are refused as `OperationAborted` (Amazon S3 User Guide,
//! "Amazon S3 data consistency model").

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::aws::AwsError;

/// Long enough for a new bucket to be known everywhere. A name that was deleted may stay blocked for
/// hours; nobody should wait for that.
const BOUND: Duration = Duration::from_secs(20);

/// Repeats `call` while its bucket settles.
///
/// # Errors
/// The last error, once the time is over; every other error at once.
pub(super) async fn patiently<T>(
    call: impl AsyncFn() -> Result<T, AwsError>,
) -> Result<T, AwsError> {
    until_settled(call, |result| result.as_ref().is_err_and(is_settling)).await
}

/// Repeats `call` while its result says that its bucket settles, for as long.
pub(super) async fn until_settled<T>(
    call: impl AsyncFn() -> T,
    is_settling: impl Fn(&T) -> bool,
) -> T {
    let end = Instant::now() + BOUND;
    let mut delay = Duration::from_millis(200);
    loop {
        let result = call().await;
        if !is_settling(&result) || Instant::now() + delay >= end {
            return result;
        }
        sleep(delay).await;
        delay = (delay * 2).min(Duration::from_secs(4));
    }
}

fn is_settling(error: &AwsError) -> bool {
    matches!(error.code.as_deref(), Some("NoSuchBucket" | "OperationAborted"))
}
