//! Amazon Nova: the schema `messages-v1`.
//!
//! Source: "Complete request schema" and "Using the Invoke API", Amazon Nova User Guide; for the stream, "ConverseStream", Amazon Bedrock API Reference, whose events these are.

use serde::{Deserialize, Serialize};

use super::super::request::{Generation, Question, StopReason, Usage};
use super::document::{Fault, Piece, read, write};

pub(super) fn request(question: &Question<'_>) -> Vec<u8> {
    write(&Request {
        schema_version: "messages-v1",
        system: question.system.map(|text| [Text { text }]),
        messages: [Message { role: "user", content: [Text { text: question.text }] }],
        inference_config: InferenceConfig {
            max_tokens: question.max_tokens,
            temperature: question.temperature,
        },
    })
}

/// Blocks other than text (reasoning, tools) are left out.
pub(super) fn answer(document: &[u8]) -> Result<Generation, Fault> {
    let answer: Answer = read(document)?;
    let blocks = answer.output.message.content.into_iter();
    Ok(Generation {
        text: blocks.filter_map(|block| block.text).collect(),
        stop_reason: StopReason::from_provider(&answer.stop_reason),
        usage: answer.usage.map(|usage| Usage {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
        }),
    })
}

/// A document has one event as its one member; one that we do not know brings nothing.
pub(super) fn piece(document: &[u8]) -> Result<Piece, Fault> {
    let event: Event = read(document)?;
    let usage = event.metadata.and_then(|metadata| metadata.usage);
    Ok(Piece {
        text: event.content_block_delta.and_then(|delta| delta.delta.text),
        ends: event.message_stop.is_some(),
        stop_reason: event.message_stop.map(|stop| StopReason::from_provider(&stop.stop_reason)),
        input_tokens: usage.as_ref().map(|usage| usage.input_tokens),
        output_tokens: usage.map(|usage| usage.output_tokens),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    schema_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<[Text<'a>; 1]>,
    messages: [Message<'a>; 1],
    inference_config: InferenceConfig,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: [Text<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InferenceConfig {
    max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    output: Output,
    stop_reason: String,
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Output {
    message: Said,
}

#[derive(Deserialize)]
struct Said {
    content: Vec<Block>,
}

#[derive(Deserialize)]
struct Block {
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    input_tokens: u64,
    output_tokens: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    content_block_delta: Option<Delta>,
    message_stop: Option<Stop>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Delta {
    delta: Block,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stop {
    stop_reason: String,
}

#[derive(Deserialize)]
struct Metadata {
    usage: Option<Counts>,
}
