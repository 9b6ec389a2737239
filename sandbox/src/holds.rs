//! Streams that wait for another call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;

/// What a stream and the call that releases it have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HoldKey {
    pub(crate) access_key: String,
    pub(crate) model: String,
    pub(crate) prompt: String,
}

/// The streams that wait now.
#[derive(Default)]
pub(crate) struct Holds {
    waiting: Mutex<HashMap<HoldKey, Vec<Weak<Notify>>>>,
}

/// One stream's place in the queue; it counts from the moment it is taken, not from when the stream gets there.
pub(crate) struct Hold {
    holds: Arc<Holds>,
    key: HoldKey,
    notify: Arc<Notify>,
    limit: Duration,
}

impl Holds {
    /// A place for a stream that waits no longer than `limit`.
    pub(crate) fn take(self: &Arc<Self>, key: HoldKey, limit: Duration) -> Hold {
        let notify = Arc::new(Notify::new());
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entry(key.clone()).or_default().push(Arc::downgrade(&notify));
        drop(waiting);
        Hold { holds: self.clone(), key, notify, limit }
    }

    /// Lets every stream go that waits for `key`.
    pub(crate) fn release(&self, key: &HoldKey) {
        let released = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        for notify in released.unwrap_or_default() {
            if let Some(notify) = notify.upgrade() {
                notify.notify_one();
            }
        }
    }
}

impl Hold {
    /// Whether somebody released it in time.
    pub(crate) async fn released(&self) -> bool {
        tokio::time::timeout(self.limit, self.notify.notified()).await.is_ok()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut waiting = self.holds.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(others) = waiting.get_mut(&self.key) {
            others.retain(|other| !std::ptr::eq(other.as_ptr(), Arc::as_ptr(&self.notify)));
            if others.is_empty() {
                waiting.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn key(prompt: &str) -> HoldKey {
        let text = |text: &str| text.to_owned();
        HoldKey { access_key: text("AKIA"), model: text("m"), prompt: text(prompt) }
    }

    #[tokio::test]
    async fn every_stream_of_a_key_is_released_and_no_other() {
        let holds = Arc::new(Holds::default());
        let (first, second) = (holds.take(key("a"), LONG), holds.take(key("a"), LONG));
        let other = holds.take(key("b"), Duration::ZERO);
        // Before anybody waits: the place counts from when it was taken.
        holds.release(&key("a"));
        assert!(first.released().await && second.released().await);
        assert!(!other.released().await);
    }

    #[test]
    fn streams_that_are_gone_leave_nothing_behind() {
        let holds = Arc::new(Holds::default());
        let (first, second) = (holds.take(key("a"), LONG), holds.take(key("a"), LONG));
        drop(first);
        assert_eq!(holds.waiting.lock().unwrap()[&key("a")].len(), 1);
        drop(second);
        assert!(holds.waiting.lock().unwrap().is_empty());
        holds.release(&key("a"));
    }
}
