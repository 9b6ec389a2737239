//! The events of a response stream, and their frames on the wire.
//!
//! Source: "Event stream encoding", Amazon Transcribe Developer Guide (the same frames in all of AWS); "InvokeModelWithResponseStream", Amazon Bedrock API Reference.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

/// What a chunk is padded with, so that its length does not tell the length of its text.
const PADDING: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// One chunk of a model's stream.
pub(super) struct Event {
    pub(super) payload: Value,
    /// It carries a piece of the text.
    pub(super) has_text: bool,
}

impl Event {
    pub(super) fn text(payload: Value) -> Self {
        Self { payload, has_text: true }
    }

    pub(super) fn other(payload: Value) -> Self {
        Self { payload, has_text: false }
    }
}

/// The frame of a chunk.
pub(super) fn chunk(payload: &[u8]) -> Bytes {
    let padding = &PADDING[..1 + payload.len() * 7 % PADDING.len()];
    let body = json!({"bytes": STANDARD.encode(payload), "p": padding});
    frame(":event-type", "chunk", "event", &body)
}

/// The frame of an exception, such as `modelStreamErrorException`.
pub(super) fn exception(name: &'static str, body: &Value) -> Bytes {
    frame(":exception-type", name, "exception", body)
}

fn frame(kind: &'static str, name: &'static str, message: &'static str, body: &Value) -> Bytes {
    let text = |text: &'static str| HeaderValue::String(text.into());
    let message = Message::new_from_parts(
        vec![
            Header::new(kind, text(name)),
            Header::new(":content-type", text("application/json")),
            Header::new(":message-type", text(message)),
        ],
        body.to_string(),
    );
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes)
        .expect("a few short headers and a body far below the frame's limit");
    bytes.into()
}
