//! What IAM was asked in the course of one request, for the log.

use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use indexmap::IndexSet;

use crate::iam::Need;

/// Needs, each once, in the order in which they were asked for.
#[derive(Default)]
pub(crate) struct Asked {
    /// Of a DeleteObjects, a thousand and more.
    needs: Mutex<IndexSet<Need>>,
    /// What is needed only to be told that something is not there.
    to_be_told: Mutex<IndexSet<Need>>,
}

impl Asked {
    pub(super) fn record(&self, needs: impl IntoIterator<Item = Need>) {
        add(&self.needs, needs);
    }

    /// Needs that count if the answer is 404.
    pub(super) fn record_missing(&self, needs: impl IntoIterator<Item = Need>) {
        add(&self.to_be_told, needs);
    }

    /// What the call needed, by how it was answered; nothing is kept.
    ///
    /// A refused caller shows nothing of what it needs, and to be sent to another region takes no permission.
    pub(super) fn take(&self, status: StatusCode) -> Vec<Need> {
        if matches!(status.as_u16(), 301 | 401 | 403) {
            return Vec::new();
        }
        let take = |needs: &Mutex<IndexSet<Need>>| {
            std::mem::take(&mut *needs.lock().unwrap_or_else(PoisonError::into_inner))
        };
        let mut needs = take(&self.needs);
        if status == StatusCode::NOT_FOUND {
            needs.extend(take(&self.to_be_told));
        }
        needs.into_iter().collect()
    }
}

fn add(recorded: &Mutex<IndexSet<Need>>, needs: impl IntoIterator<Item = Need>) {
    recorded.lock().unwrap_or_else(PoisonError::into_inner).extend(needs);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(resource: &str) -> Need {
        Need { action: "s3:DeleteObject".into(), resource: resource.into() }
    }

    #[test]
    fn each_need_is_told_once_in_the_order_of_asking() {
        let asked = Asked::default();
        for resource in ["b", "a", "b"] {
            asked.record([need(resource)]);
        }
        asked.record_missing([need("a"), need("c")]);
        assert_eq!(asked.take(StatusCode::NOT_FOUND), ["b", "a", "c"].map(need));
    }

    #[test]
    fn what_is_missing_counts_for_nothing_else() {
        let asked = Asked::default();
        asked.record_missing([need("a")]);
        assert_eq!(asked.take(StatusCode::OK), []);
    }
}
