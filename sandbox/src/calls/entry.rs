//! The log entry of a call while it is being answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{Call, CallLog, Service};

/// What proxies log for a client that left before it was answered; no server ever sends it.
const CLIENT_LEFT: u16 = 499;

/// A call that is not in the log yet.
///
/// Invariant: it gets there exactly once, by [`Entry::close`] when its answer is complete, or by being dropped, which happens when the client goes away: then the call is logged as abandoned.
pub(crate) struct Entry {
    log: Arc<CallLog>,
    started: Instant,
    /// `None` once it is in the log.
    call: Option<Box<Call>>,
}

impl Entry {
    pub(crate) fn open(
        log: Arc<CallLog>,
        service: Service,
        operation: &str,
        access_key: Option<String>,
        started: Instant,
    ) -> Self {
        let call = Call {
            access_key,
            service,
            action: format!("{service}:{operation}"),
            resources: Vec::new(),
            bucket: None,
            key: None,
            status: CLIENT_LEFT,
            error: None,
            refused: false,
            abandoned: true,
            duration: Duration::ZERO,
            request_id: Uuid::new_v4().to_string(),
        };
        Self { log, started, call: Some(Box::new(call)) }
    }

    pub(crate) fn request_id(&self) -> String {
        self.call.as_ref().map(|call| call.request_id.clone()).unwrap_or_default()
    }

    /// What IAM would be asked about.
    pub(crate) fn resources(&mut self, resources: Vec<String>) {
        if let Some(call) = &mut self.call {
            call.resources = resources;
        }
    }

    /// The head of the answer is known.
    pub(crate) fn answered(&mut self, status: u16, error: Option<String>) {
        if let Some(call) = &mut self.call {
            call.status = status;
            call.refused = matches!(status, 401 | 403);
            call.error = error;
            call.duration = self.started.elapsed();
        }
    }

    /// An error after the head.
    pub(crate) fn failed(&mut self, code: &str) {
        if let Some(call) = &mut self.call {
            call.error = Some(code.to_owned());
        }
    }

    /// The answer is complete.
    pub(crate) fn close(&mut self) {
        if let Some(mut call) = self.call.take() {
            call.abandoned = false;
            self.log.push(*call);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(mut call) = self.call.take() {
            if call.status == CLIENT_LEFT {
                call.duration = self.started.elapsed();
            }
            self.log.push(*call);
        }
    }
}
