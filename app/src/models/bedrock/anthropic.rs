//! Anthropic's models: the Messages API.
//!
//! Source: "Anthropic Claude Messages API", Amazon Bedrock User Guide; for the stream, "Streaming messages", Anthropic's documentation.

use serde::{Deserialize, Serialize};

use super::super::request::{Generation, Question, StopReason, Usage};
use super::document::{Fault, Piece, read, write};

pub(super) fn request(question: &Question<'_>) -> Vec<u8> {
    write(&Request {
        anthropic_version: "bedrock-2023-05-31",
        max_tokens: question.max_tokens,
        temperature: question.temperature,
        system: question.system,
        messages: [Message { role: "user", content: question.text }],
    })
}

/// Blocks other than text (thinking, tools) are left out.
/// An answer without any block is one: the model may say nothing, and does where it refuses.
pub(super) fn answer(document: &[u8]) -> Result<Generation, Fault> {
    let answer: Answer = read(document)?;
    let texts = answer.content.into_iter().filter_map(Block::into_text);
    Ok(Generation {
        text: texts.collect(),
        stop_reason: StopReason::from_provider(&answer.stop_reason),
        usage: answer.usage.map(|usage| Usage {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
        }),
    })
}

pub(super) fn piece(document: &[u8]) -> Result<Piece, Fault> {
    Ok(match read(document)? {
        Event::MessageStart { message } => Piece {
            input_tokens: message.usage.and_then(|usage| usage.input_tokens),
            ..Piece::default()
        },
        Event::ContentBlockStart { content_block: Block::Text { text } }
        | Event::ContentBlockDelta { delta: Delta::TextDelta { text } } => Piece::text(text),
        Event::MessageDelta { delta, usage } => Piece {
            stop_reason: delta.stop_reason.as_deref().map(StopReason::from_provider),
            output_tokens: usage.and_then(|usage| usage.output_tokens),
            ..Piece::default()
        },
        Event::MessageStop => Piece { ends: true, ..Piece::default() },
        Event::Error { error } => {
            return Err(Fault::Said { code: error.code, message: error.message });
        }
        Event::ContentBlockStart { .. } | Event::ContentBlockDelta { .. } | Event::Other => {
            Piece::default()
        }
    })
}

#[derive(Serialize)]
struct Request<'a> {
    anthropic_version: &'static str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'a str>,
    messages: [Message<'a>; 1],
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    content: Vec<Block>,
    stop_reason: String,
    usage: Option<WholeUsage>,
}

#[derive(Deserialize)]
struct WholeUsage {
    input_tokens: u64,
    output_tokens: u64,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        text: String,
    },
    #[serde(other)]
    Other,
}

impl Block {
    fn into_text(self) -> Option<String> {
        match self {
            Self::Text { text } => Some(text),
            Self::Other => None,
        }
    }
}

/// Anthropic adds events "in accordance with the versioning policy": unknown ones are passed over.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    MessageStart {
        message: Start,
    },
    ContentBlockStart {
        content_block: Block,
    },
    ContentBlockDelta {
        delta: Delta,
    },
    MessageDelta {
        delta: Stop,
        usage: Option<PartialUsage>,
    },
    MessageStop,
    Error {
        error: Trouble,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Start {
    usage: Option<PartialUsage>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Delta {
    TextDelta {
        text: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Stop {
    stop_reason: Option<String>,
}

/// At the start both counts, in a delta mostly that of the answer alone.
#[derive(Deserialize)]
struct PartialUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Trouble {
    #[serde(rename = "type")]
    code: String,
    message: String,
}
