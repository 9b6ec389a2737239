//! A successful answer: its head, and how its body is sent.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use s3s::Body;

use super::insert;
use crate::calls::Entry;
use crate::script::{self, Step};
use crate::staged::Effect;

/// An answer with status 200.
pub(crate) struct Answer {
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// `None` where the body has no length before it ends.
    length: Option<usize>,
    delay: Option<Duration>,
    steps: Vec<Step>,
}

impl Answer {
    /// A body that is known as a whole, as `effect` lets it be.
    pub(crate) fn whole(body: Bytes, effect: Option<Effect>) -> Self {
        let ordinary = Self {
            content_type: "application/json",
            headers: Vec::new(),
            length: Some(body.len()),
            delay: None,
            steps: Vec::new(),
        };
        match effect {
            None => Self { steps: vec![Step::Send(body)], ..ordinary },
            Some(effect) => {
                let (length, steps) = effect.plain(body);
                Self { length: Some(length), delay: effect.delay(), steps, ..ordinary }
            }
        }
    }

    /// A stream of events.
    pub(crate) fn events(steps: Vec<Step>) -> Self {
        let content_type = "application/vnd.amazon.eventstream";
        Self { content_type, headers: Vec::new(), length: None, delay: None, steps }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// Sends it; a whole body is logged now, a stream when it ends.
    pub(crate) async fn send(mut self, mut entry: Entry) -> Response<Body> {
        if let Some(delay) = self.delay {
            tokio::time::sleep(delay).await;
        }
        entry.answered(200, None);
        if let Some(length) = self.length {
            entry.promises(length);
        }
        let request_id = entry.request_id();
        let mut response = Response::new(match self.steps.as_mut_slice() {
            [Step::Send(body)] if self.length.is_some() => {
                entry.close();
                Body::from(std::mem::take(body))
            }
            _ => script::body(self.steps, entry),
        });
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(length) = self.length {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        for (name, value) in self.headers {
            insert(&mut response, name, &value);
        }
        insert(&mut response, "x-amzn-requestid", &request_id);
        response
    }
}
