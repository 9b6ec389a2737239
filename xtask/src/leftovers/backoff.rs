//! How long to wait before another try.

use std::time::Duration;

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

/// Between 0.5 and 1. Not by the clock, whose last digits are always the same on some systems.
fn chance_of_half() -> f64 {
    let [first, second, ..] = uuid::Uuid::new_v4().into_bytes();
    0.5 + f64::from(u16::from_be_bytes([first, second])) / (2.0 * f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_spread_over_half_of_their_length() {
        let chances: Vec<f64> = (0..1_000).map(|_| chance_of_half()).collect();
        assert!(chances.iter().all(|chance| (0.5..=1.0).contains(chance)), "{chances:?}");
        for tenth in 0..5 {
            let from = 0.5 + f64::from(tenth) / 10.0;
            let within = chances.iter().filter(|chance| (from..from + 0.1).contains(*chance));
            // 200 are to be expected; fewer than 100 do not happen by chance.
            assert!(within.count() > 100, "{from}");
        }
    }
}
