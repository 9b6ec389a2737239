//! The log entry of a call while it is being answered.

use std::sync::Arc;
use std::time::Instant;

use uuid::Uuid;

use super::{Call, CallLog, Sender, Service, Tokens};
use crate::iam::Need;

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
            status: CLIENT_LEFT,
            abandoned: true,
            ..Call::of(service, operation, Uuid::new_v4().to_string())
        };
        Self { log, started, call: Some(Box::new(call)) }
    }

    pub(crate) fn request_id(&self) -> String {
        self.call.as_ref().map(|call| call.request_id.clone()).unwrap_or_default()
    }

    /// Who made the request.
    pub(crate) fn sent_by(&mut self, sender: Sender) {
        if let Some(call) = &mut self.call {
            call.app_name = sender.app_name;
            call.presigned = sender.presigned;
        }
    }

    /// Which model is asked for.
    pub(crate) fn asks(&mut self, model: &str) {
        if let Some(call) = &mut self.call {
            call.model = Some(model.to_owned());
        }
    }

    /// What the answer tells of its tokens.
    pub(crate) fn tells(&mut self, tokens: Tokens) {
        if let Some(call) = &mut self.call {
            call.tokens = Some(tokens);
        }
    }

    /// The length of the body is known.
    pub(crate) fn promises(&mut self, bytes: usize) {
        if let Some(call) = &mut self.call {
            call.answer_bytes = Some(bytes as u64);
        }
    }

    /// What IAM is asked.
    pub(crate) fn needs(&mut self, needs: &[Need]) {
        if let Some(call) = &mut self.call {
            call.needs = needs.to_vec();
        }
    }

    /// The head of the answer is known.
    pub(crate) fn answered(&mut self, status: u16, error: Option<String>) {
        if let Some(call) = &mut self.call {
            call.status = status;
            call.refused = matches!(status, 401 | 403);
            if call.refused {
                // A refused caller shows nothing of what it needs.
                call.needs.clear();
            }
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
