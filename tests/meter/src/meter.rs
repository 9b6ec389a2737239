//! The counter, and one request that it has seen.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contract::calls::{self, CallCount, Calls};

use crate::hosts::Hosts;
use crate::operation::{Head, Operation};
use crate::tokens::{self, EventStream, Tokens};

/// Counts requests. A clone counts into the same sum.
#[derive(Debug, Clone)]
pub struct Meter {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    hosts: Hosts,
    calls: Mutex<Calls>,
}

impl Meter {
    /// Counts what goes to AWS and to `endpoints`, which are URLs of servers that stand in for it.
    pub fn new<'a>(endpoints: impl IntoIterator<Item = &'a str>) -> Meter {
        let inner = Inner { hosts: Hosts::new(endpoints), calls: Mutex::default() };
        Meter { inner: Arc::new(inner) }
    }

    /// What was counted so far.
    pub fn so_far(&self) -> Calls {
        self.calls().clone()
    }

    /// What was counted since the last time.
    pub fn take(&self) -> Calls {
        std::mem::take(&mut *self.calls())
    }

    /// Counts a request that is about to be sent; `None` where it does not go to the target.
    ///
    /// What is returned lives until the answer has been read.
    pub fn sent(&self, head: &Head<'_>) -> Option<Exchange> {
        let operation = Operation::of(head, &self.inner.hosts)?;
        let key = calls::key(&operation.name, operation.model.as_deref());
        self.calls().add(&key, CallCount { requests: 1, ..CallCount::default() });
        let telling = match calls::invokes_a_model(&operation.name) {
            true => Telling::Awaited,
            false => Telling::Nothing,
        };
        Some(Exchange { meter: self.clone(), key, telling })
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.inner.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that was counted, and what is still to be counted of its answer.
#[derive(Debug)]
pub struct Exchange {
    meter: Meter,
    key: String,
    telling: Telling,
}

/// Whether the tokens of a model are known.
#[derive(Debug)]
enum Telling {
    /// There is nothing to know, or it was told.
    Nothing,
    /// Nothing was heard yet.
    Awaited,
    /// The last event of the answer tells.
    Streamed(EventStream),
}

impl Exchange {
    /// The head of the answer is there.
    pub fn answered<'a>(&mut self, status: u16, header: impl Fn(&str) -> Option<&'a str>) {
        if matches!(self.telling, Telling::Nothing) {
            return;
        }
        if !(200..300).contains(&status) {
            // What was refused has read and written nothing.
            self.telling = Telling::Nothing;
        } else if let Some(tokens) = tokens::of_headers(&header) {
            self.told(tokens);
        } else if header("content-type") == Some("application/vnd.amazon.eventstream") {
            self.telling = Telling::Streamed(EventStream::default());
        }
    }

    /// A piece of the answer's body is there.
    pub(crate) fn received(&mut self, piece: &[u8]) {
        let received_bytes = piece.len() as u64;
        self.meter.calls().add(&self.key, CallCount { received_bytes, ..CallCount::default() });
        if let Telling::Streamed(stream) = &mut self.telling
            && let Some(tokens) = stream.read(piece)
        {
            self.told(tokens);
        }
    }

    fn told(&mut self, tokens: Tokens) {
        self.telling = Telling::Nothing;
        let Tokens { input: input_tokens, output: output_tokens } = tokens;
        let count = CallCount { input_tokens, output_tokens, ..CallCount::default() };
        self.meter.calls().add(&self.key, count);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !matches!(self.telling, Telling::Nothing) {
            self.meter.calls().add(&self.key, CallCount { untold: 1, ..CallCount::default() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is counted of one invocation whose answer comes as `answer` says.
    fn counted(answer: impl FnOnce(&mut Exchange)) -> CallCount {
        let meter = Meter::new([]);
        let uri = "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke";
        let request = http::Request::post(uri).body(()).unwrap();
        let mut exchange = meter.sent(&Head::of(&request, None)).unwrap();
        answer(&mut exchange);
        drop(exchange);
        let calls = meter.take();
        assert_eq!(meter.so_far(), Calls::default());
        calls.0["bedrock:InvokeModel m"]
    }

    fn headers(name: &str) -> Option<&'static str> {
        match name {
            "x-amzn-bedrock-input-token-count" => Some("12"),
            "x-amzn-bedrock-output-token-count" => Some("3"),
            _ => None,
        }
    }

    #[test]
    fn tokens_that_are_not_told_are_not_taken_for_none() {
        let one = CallCount { requests: 1, ..CallCount::default() };
        let untold = CallCount { untold: 1, ..one };
        assert_eq!(
            counted(|exchange| exchange.answered(200, headers)),
            CallCount { input_tokens: 12, output_tokens: 3, ..one }
        );
        // No answer; an answer without the headers; half of the headers; a stream that breaks off.
        assert_eq!(counted(|_| {}), untold);
        assert_eq!(counted(|exchange| exchange.answered(200, |_| None)), untold);
        let half = |name: &str| headers(name).filter(|_| name.contains("input"));
        assert_eq!(counted(|exchange| exchange.answered(200, half)), untold);
        let stream =
            |name: &str| (name == "content-type").then_some("application/vnd.amazon.eventstream");
        let broken = counted(|exchange| {
            exchange.answered(200, stream);
            exchange.received(b"\0\0\0");
        });
        assert_eq!(broken, CallCount { received_bytes: 3, ..untold });
        // What was refused costs nothing.
        assert_eq!(counted(|exchange| exchange.answered(429, |_| None)), one);
    }
}
