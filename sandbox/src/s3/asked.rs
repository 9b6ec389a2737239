//! What IAM was asked in the course of one request, for the log.

use std::sync::{Mutex, PoisonError};

use http::StatusCode;

use crate::iam::Need;

/// Needs, each once.
#[derive(Default)]
pub(crate) struct Asked {
    needs: Mutex<Vec<Need>>,
    /// What is needed only to be told that something is not there.
    to_be_told: Mutex<Vec<Need>>,
}

impl Asked {
    pub(super) fn record(&self, needs: &[Need]) {
        add(&self.needs, needs);
    }

    /// Needs that count if the answer is 404.
    pub(super) fn record_missing(&self, needs: &[Need]) {
        add(&self.to_be_told, needs);
    }

    /// What the call needed, by how it was answered.
    ///
    /// A refused caller shows nothing of what it needs, and to be sent to another region takes no permission.
    pub(super) fn needs(&self, status: StatusCode) -> Vec<Need> {
        if matches!(status.as_u16(), 301 | 401 | 403) {
            return Vec::new();
        }
        let mut needs = self.needs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if status == StatusCode::NOT_FOUND {
            needs.extend(self.to_be_told.lock().unwrap_or_else(PoisonError::into_inner).clone());
        }
        needs
    }
}

fn add(list: &Mutex<Vec<Need>>, needs: &[Need]) {
    let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
    for need in needs {
        if !list.contains(need) {
            list.push(need.clone());
        }
    }
}
