//! Streams that wait for another call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

use crate::staged::HOLD_LIMIT;

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
}

impl Holds {
    pub(crate) fn take(self: &Arc<Self>, key: HoldKey) -> Hold {
        let notify = Arc::new(Notify::new());
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entry(key.clone()).or_default().push(Arc::downgrade(&notify));
        drop(waiting);
        Hold { holds: self.clone(), key, notify }
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
        tokio::time::timeout(HOLD_LIMIT, self.notify.notified()).await.is_ok()
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
