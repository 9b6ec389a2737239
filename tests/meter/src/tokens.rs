//! What a model tells of its tokens: in headers, or in the last event of a stream.
//!
//! Source: "InvokeModel" and "Submit a single prompt with InvokeModel", Amazon Bedrock; a chunk with
//! `amazon-bedrock-invocationMetrics` ends each stream of InvokeModelWithResponseStream.

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::BytesMut;
use serde_json::Value;

/// The tokens of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) input: u64,
    pub(crate) output: u64,
}

pub(crate) fn of_headers<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<Tokens> {
    let count = |name: &str| header(name)?.parse().ok();
    Some(Tokens {
        input: count("x-amzn-bedrock-input-token-count")?,
        output: count("x-amzn-bedrock-output-token-count")?,
    })
}

/// Longer than any event: 16 MiB, and its headers ("Amazon Event Stream Specification", Smithy 2.0).
const LONGEST_EVENT: usize = 17 * 1024 * 1024;

/// A stream of events that is read along.
#[derive(Debug, Default)]
pub(crate) struct EventStream {
    decoder: MessageFrameDecoder,
    /// What is left of an event whose end has not come.
    rest: BytesMut,
    /// It is no stream of events: nothing more is kept of it.
    broken: bool,
}

impl EventStream {
    /// Reads on; the tokens, where this piece tells them.
    pub(crate) fn read(&mut self, piece: &[u8]) -> Option<Tokens> {
        if self.broken {
            return None;
        }
        self.rest.extend_from_slice(piece);
        loop {
            match self.decoder.decode_frame(&mut self.rest) {
                Ok(DecodedFrame::Complete(event)) => {
                    if let Some(tokens) = of_event(event.payload()) {
                        return Some(tokens);
                    }
                }
                Ok(DecodedFrame::Incomplete) if self.rest.len() <= LONGEST_EVENT => return None,
                Ok(DecodedFrame::Incomplete) | Err(_) => {
                    self.broken = true;
                    self.rest.clear();
                    return None;
                }
            }
        }
    }
}

/// An event holds the model's own document in Base64.
fn of_event(payload: &[u8]) -> Option<Tokens> {
    let event: Value = serde_json::from_slice(payload).ok()?;
    let document = BASE64_STANDARD.decode(event["bytes"].as_str()?).ok()?;
    let document: Value = serde_json::from_slice(&document).ok()?;
    let metrics = &document["amazon-bedrock-invocationMetrics"];
    Some(Tokens {
        input: metrics["inputTokenCount"].as_u64()?,
        output: metrics["outputTokenCount"].as_u64()?,
    })
}

#[cfg(test)]
mod tests {
    use aws_smithy_eventstream::frame::write_message_to;
    use aws_smithy_types::event_stream::Message;
    use serde_json::json;

    use super::*;

    fn event(document: &Value) -> Vec<u8> {
        let bytes = BASE64_STANDARD.encode(document.to_string());
        let message = Message::new(json!({ "bytes": bytes }).to_string());
        let mut frame = Vec::new();
        write_message_to(&message, &mut frame).unwrap();
        frame
    }

    #[test]
    fn the_last_event_tells_however_the_stream_is_cut() {
        let metrics = json!({ "inputTokenCount": 7, "outputTokenCount": 40 });
        let stream = [
            event(&json!({ "generation": "one" })),
            event(&json!({ "generation": "", "amazon-bedrock-invocationMetrics": metrics })),
        ]
        .concat();
        let expected = Some(Tokens { input: 7, output: 40 });
        for size in [1, 7, 100, stream.len()] {
            let mut reader = EventStream::default();
            let told: Vec<_> = stream.chunks(size).map(|piece| reader.read(piece)).collect();
            let (last, before) = told.split_last().unwrap();
            assert_eq!(*last, expected, "in pieces of {size}");
            assert!(before.iter().all(Option::is_none), "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_stream_tells_nothing() {
        let mut damaged = event(&json!({}));
        *damaged.last_mut().unwrap() ^= 1;
        // A length that no event has.
        for nonsense in [damaged, vec![0x55; LONGEST_EVENT + 100]] {
            let mut reader = EventStream::default();
            assert_eq!(reader.read(&nonsense), None);
            assert!(reader.broken && reader.rest.is_empty());
        }
        assert_eq!(EventStream::default().read(&event(&json!("text"))), None);
    }
}
