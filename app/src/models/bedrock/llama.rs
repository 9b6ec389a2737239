//! Meta Llama 3: one prompt, in the model's own chat format.
//!
//! Source: "Meta Llama models", Amazon Bedrock User Guide; the chat format from "Llama 3 model cards and prompt formats", Meta.

use serde::{Deserialize, Serialize};

use super::super::request::{Generation, Question, StopReason, Usage};
use super::document::{Fault, Piece, read, write};

pub(super) fn request(question: &Question<'_>) -> Vec<u8> {
    write(&Request {
        prompt: chat(question),
        max_gen_len: question.max_tokens,
        temperature: question.temperature,
    })
}

pub(super) fn answer(document: &[u8]) -> Result<Generation, Fault> {
    let answer: Answer = read(document)?;
    let usage = answer.prompt_token_count.zip(answer.generation_token_count);
    Ok(Generation {
        text: answer.generation,
        stop_reason: StopReason::from_provider(&answer.stop_reason),
        usage: usage.map(|(input_tokens, output_tokens)| Usage { input_tokens, output_tokens }),
    })
}

/// The first document has the prompt's tokens, the last one the reason; all have the answer's tokens up to there.
pub(super) fn piece(document: &[u8]) -> Result<Piece, Fault> {
    let event: Event = read(document)?;
    Ok(Piece {
        text: Some(event.generation),
        ends: event.stop_reason.is_some(),
        stop_reason: event.stop_reason.as_deref().map(StopReason::from_provider),
        input_tokens: event.prompt_token_count,
        output_tokens: event.generation_token_count,
    })
}

/// The prompt, up to where the assistant speaks.
fn chat(question: &Question<'_>) -> String {
    let turn = |role: &str, text: &str| {
        format!("<|start_header_id|>{role}<|end_header_id|>\n\n{}<|eot_id|>", plain(text))
    };
    let system = question.system.map(|text| turn("system", text)).unwrap_or_default();
    let user = turn("user", question.text);
    format!("<|begin_of_text|>{system}{user}<|start_header_id|>assistant<|end_header_id|>\n\n")
}

/// Takes their meaning from special tokens in a text: `<|eot_id|>` becomes `<| eot_id|>`.
///
/// They would end the user's turn, and what follows could speak as the system or the assistant.
/// Every special token of Llama 3 is `<|`, letters, digits or underscores, `|>`. A reader still sees what was meant, and
/// text that only looks a little like it, such as the operators `<|` and `|>` of some languages, stays as it is.
/// To refuse such prompts would keep people from asking about them.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        let (before, from) = rest.split_at(at + OPEN.len());
        plain.push_str(before);
        let name = from.len() - from.trim_start_matches(is_name).len();
        if name > 0 && from[name..].starts_with("|>") {
            plain.push(' ');
        }
        rest = from;
    }
    plain.push_str(rest);
    plain
}

const OPEN: &str = "<|";

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[derive(Serialize)]
struct Request {
    prompt: String,
    max_gen_len: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
}

#[derive(Deserialize)]
struct Answer {
    generation: String,
    stop_reason: String,
    prompt_token_count: Option<u64>,
    generation_token_count: Option<u64>,
}

#[derive(Deserialize)]
struct Event {
    generation: String,
    stop_reason: Option<String>,
    prompt_token_count: Option<u64>,
    generation_token_count: Option<u64>,
}
