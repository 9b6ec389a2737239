//! How long to wait before another try.

use std::time::{Duration, SystemTime};

/// Waits that double, each cut short by chance so that callers who failed together do not come back
/// together.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    left: u32,
}

impl Backoff {
    /// No wait is longer.
    const LONGEST: Duration = Duration::from_secs(5);

    /// `tries` beyond the first.
    pub(super) fn new(first: Duration, tries: u32) -> Backoff {
        Backoff { next: first, left: tries }
    }

    /// Waits; `false` at once where no try is left.
    pub(super) async fn wait(&mut self) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        tokio::time::sleep(self.next.mul_f64(chance_of_half())).await;
        self.next = (self.next * 2).min(Self::LONGEST);
        true
    }
}

/// Between 0.5 and 1. The clock's nanoseconds are chance enough to spread retries.
fn chance_of_half() -> f64 {
    let nanos = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos() % 1_000);
    0.5 + f64::from(nanos) / 2_000.0
}
