//! How many requests that delete are in flight at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Fewer as soon as the server says `SlowDown`, more again while it does not.
///
/// S3 takes at least 3,500 deletes per second and prefix, and more once it has scaled; how it counts
/// the keys of a batch is not documented, so that the limit is found by trying.
#[derive(Debug)]
pub(super) struct Pace {
    slots: Semaphore,
    limit: AtomicUsize,
    good: AtomicUsize,
}

impl Pace {
    const FIRST: usize = 6;
    const MOST: usize = 16;
    /// So many good answers in a row earn one more slot.
    const REWARD: usize = 8;

    pub(super) fn new() -> Pace {
        Pace {
            slots: Semaphore::new(Self::FIRST),
            limit: AtomicUsize::new(Self::FIRST),
            good: AtomicUsize::new(0),
        }
    }

    /// Waits for a slot. Held through the waits between retries, so that a server that is asked to
    /// rest does rest.
    pub(super) async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.slots.acquire().await.ok()
    }

    /// An answer without complaint.
    pub(super) fn went_well(&self) {
        if (self.good.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(Self::REWARD) {
            let more = |limit| (limit < Self::MOST).then_some(limit + 1);
            if self.limit.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok() {
                self.slots.add_permits(1);
            }
        }
    }

    /// The server wants less: the slot that got this answer is given up for good, down to one.
    pub(super) fn slow_down(&self, slot: &mut Option<SemaphorePermit<'_>>) {
        self.good.store(0, Ordering::Relaxed);
        let less = |limit| (limit > 1).then_some(limit - 1);
        if slot.is_some()
            && self.limit.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
            && let Some(slot) = slot.take()
        {
            slot.forget();
        }
    }

    /// How many may be in flight.
    pub(super) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn complaints_narrow_down_to_one_and_good_answers_widen_again() {
        let pace = Pace::new();
        for _ in 0..2 * Pace::FIRST {
            let mut slot = pace.slot().await;
            pace.slow_down(&mut slot);
        }
        assert_eq!((pace.limit(), pace.slots.available_permits()), (1, 1));
        for _ in 0..Pace::REWARD * 2 * Pace::MOST {
            let _slot = pace.slot().await;
            pace.went_well();
        }
        assert_eq!((pace.limit(), pace.slots.available_permits()), (Pace::MOST, Pace::MOST));
    }
}
