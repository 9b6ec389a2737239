//! Meta's Llama models.
//!
//! Source: "Meta Llama models", Amazon Bedrock User Guide; the words of refusals from AWS's answers quoted in public issues.

use serde_json::{Map, Value, json};

use crate::generation::{Generation, Prompt, Stop, count_tokens};
use crate::rest_json::Refusal;

use super::event::Event;
use super::schema::{Checker, Dialect, invalid};
use super::target::Target;

/// `max_gen_len` where the request has none.
const DEFAULT_LENGTH: usize = 512;

pub(super) fn read(body: &Map<String, Value>, target: &Target) -> Result<Prompt, Refusal> {
    let mut check = Checker::new(Dialect::JsonSchema);
    let text = check.required("", body, "prompt").and_then(|value| check.string("/prompt", value));
    if text.is_some_and(str::is_empty) {
        check.violation("/prompt", "expected minLength: 1, actual: 0");
    }
    let mut max_tokens = DEFAULT_LENGTH;
    if let Some(value) = body.get("max_gen_len") {
        let limit = target.max_output as u64;
        max_tokens = check.integer("/max_gen_len", value, 1, limit).unwrap_or(max_tokens);
    }
    for name in ["temperature", "top_p"] {
        if let Some(value) = body.get(name) {
            check.number(&format!("/{name}"), value, 0.0, 1.0);
        }
    }
    check.known("", body, &["images", "max_gen_len", "prompt", "temperature", "top_p"]);
    check.finish()?;

    let text = text.unwrap_or_default();
    let input_tokens = count_tokens(text);
    if input_tokens > target.context {
        return Err(invalid(&format!(
            "This model's maximum context length is {} tokens. Please reduce the length of the prompt",
            target.context
        )));
    }
    let said = last_user_turn(text).unwrap_or(text).to_owned();
    Ok(Prompt { text: said, input_tokens, max_tokens, stop_sequences: Vec::new() })
}

/// What the user said last, in Llama 3's chat format; `None` for a prompt that is not in it.
///
/// Source: "Llama 3 model cards and prompt formats", Meta.
fn last_user_turn(prompt: &str) -> Option<&str> {
    let (_, turn) = prompt.rsplit_once("<|start_header_id|>user<|end_header_id|>")?;
    Some(turn.split("<|eot_id|>").next().unwrap_or(turn).trim())
}

pub(super) fn answer(said: &Generation) -> Value {
    json!({
        "generation": said.text(),
        "prompt_token_count": said.input_tokens,
        "generation_token_count": said.output_tokens(),
        "stop_reason": stop(said),
    })
}

/// The first piece alone tells the length of the prompt, the last one alone why the model stopped.
pub(super) fn events(said: &Generation) -> Vec<Event> {
    let piece = |text: &str, count: usize, reason: Option<&str>| {
        json!({
            "generation": text,
            "prompt_token_count": (count == 1).then_some(said.input_tokens),
            "generation_token_count": count,
            "stop_reason": reason,
        })
    };
    let texts = said.tokens.iter().zip(1..);
    texts
        .map(|(token, count)| Event::text(piece(token, count, None)))
        .chain([Event::other(piece("", said.output_tokens(), Some(stop(said))))])
        .collect()
}

fn stop(said: &Generation) -> &'static str {
    match said.stop {
        Stop::MaxTokens => "length",
        Stop::EndOfTurn | Stop::Sequence(_) => "stop",
    }
}
