//! Anthropic's models: the Messages API.
//!
//! Source: "Anthropic Claude Messages API", Amazon Bedrock User Guide; the words of refusals from AWS's answers quoted in public issues.

use serde_json::{Map, Value, json};

use crate::generation::{Generation, Prompt, Stop, count_tokens};
use crate::rest_json::Refusal;

use super::event::Event;
use super::schema::{Checker, Dialect, invalid};
use super::target::Target;

const VERSION: &str = "bedrock-2023-05-31";

/// What a request may have; tools and the like are taken and change nothing.
const MEMBERS: [&str; 14] = [
    "anthropic_beta",
    "anthropic_version",
    "max_tokens",
    "messages",
    "metadata",
    "output_config",
    "stop_sequences",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
];

/// Blocks of content; those without text are taken and not looked at.
const BLOCKS: [&str; 6] = ["text", "image", "document", "thinking", "tool_use", "tool_result"];

pub(super) fn read(body: &Map<String, Value>, target: &Target) -> Result<Prompt, Refusal> {
    let mut check = Checker::new(Dialect::Anthropic);
    if let Some(version) = check.required("", body, "anthropic_version") {
        check.choice("/anthropic_version", version, &[VERSION]);
    }
    let max_tokens = check
        .required("", body, "max_tokens")
        .and_then(|value| check.integer("/max_tokens", value, 1, u64::MAX));
    let messages =
        check.required("", body, "messages").and_then(|value| check.array("/messages", value));
    let system = body.get("system").map(|value| content(&mut check, "/system", value));
    for name in ["temperature", "top_p"] {
        if let Some(value) = body.get(name) {
            check.number(&format!("/{name}"), value, 0.0, 1.0);
        }
    }
    let stop_sequences = body
        .get("stop_sequences")
        .map(|value| check.strings("/stop_sequences", value))
        .unwrap_or_default();
    check.known("", body, &MEMBERS);
    let turns: Vec<Option<Turn>> = messages
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(index, message)| turn(&mut check, &format!("/messages/{index}"), message))
        .collect();
    check.finish()?;
    let turns: Vec<Turn> = turns.into_iter().flatten().collect();
    conversation(&turns)?;

    let max_tokens = max_tokens.unwrap_or_default();
    if max_tokens > target.max_output {
        return Err(invalid(&format!(
            "The maximum tokens you requested exceeds the model limit of {limit}. Try again with a maximum tokens value that is lower than {limit}.",
            limit = target.max_output
        )));
    }
    let input_tokens = turns.iter().map(|turn| count_tokens(&turn.text)).sum::<usize>()
        + system.as_deref().map_or(0, count_tokens);
    if input_tokens > target.context {
        return Err(invalid("Input is too long for requested model."));
    }
    let text = turns.iter().rev().find(|turn| turn.user).map(|turn| turn.text.clone());
    Ok(Prompt { text: text.unwrap_or_default(), input_tokens, max_tokens, stop_sequences })
}

/// One message.
struct Turn {
    user: bool,
    text: String,
    /// Nothing but text, and none of it.
    empty: bool,
}

fn turn(check: &mut Checker, at: &str, message: &Value) -> Option<Turn> {
    let message = check.object(at, message)?;
    let role = check
        .required(at, message, "role")
        .and_then(|role| check.choice(&format!("{at}/role"), role, &["user", "assistant"]));
    let value = check.required(at, message, "content")?;
    let text = content(check, &format!("{at}/content"), value);
    check.known(at, message, &["role", "content"]);
    let other = value
        .as_array()
        .is_some_and(|blocks| blocks.iter().any(|block| block.get("text").is_none()));
    Some(Turn { user: role? == "user", empty: text.trim().is_empty() && !other, text })
}

/// The text of a string or of blocks.
fn content(check: &mut Checker, at: &str, value: &Value) -> String {
    if let Some(text) = value.as_str() {
        return text.to_owned();
    }
    let mut texts = Vec::new();
    for (index, block) in check.array(at, value).into_iter().flatten().enumerate() {
        let at = format!("{at}/{index}");
        let Some(block) = check.object(&at, block) else { continue };
        let kind = check
            .required(&at, block, "type")
            .and_then(|kind| check.choice(&format!("{at}/type"), kind, &BLOCKS));
        if kind == Some("text")
            && let Some(text) = check.required(&at, block, "text")
            && let Some(text) = check.string(&format!("{at}/text"), text)
        {
            texts.push(text);
        }
    }
    texts.join("\n")
}

/// What a conversation must look like; all of it quoted from answers of AWS.
fn conversation(turns: &[Turn]) -> Result<(), Refusal> {
    let Some(first) = turns.first() else {
        return Err(invalid("messages: at least one message is required"));
    };
    if !first.user {
        return Err(invalid("messages: first message must use the \"user\" role"));
    }
    if let Some(pair) = turns.windows(2).find(|pair| pair[0].user == pair[1].user) {
        let role = if pair[0].user { "user" } else { "assistant" };
        return Err(invalid(&format!(
            "messages: roles must alternate between \"user\" and \"assistant\", but found multiple \"{role}\" roles in a row"
        )));
    }
    let last = turns.len() - 1;
    match turns.iter().position(|turn| turn.empty) {
        Some(index) if index != last || turns[index].user => Err(invalid(&format!(
            "messages.{index}: all messages must have non-empty content except for the optional final assistant message"
        ))),
        _ => Ok(()),
    }
}

pub(super) fn answer(target: &Target, said: &Generation) -> Value {
    let (reason, sequence) = stop(said);
    let mut message = message(target, said);
    message["content"] = json!([{"type": "text", "text": said.text()}]);
    message["stop_reason"] = reason.into();
    message["stop_sequence"] = sequence;
    message["usage"]["output_tokens"] = said.output_tokens().into();
    message
}

pub(super) fn events(target: &Target, said: &Generation) -> Vec<Event> {
    let (reason, sequence) = stop(said);
    let mut events = vec![
        Event::other(json!({"type": "message_start", "message": message(target, said)})),
        Event::other(json!({
            "type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""},
        })),
    ];
    events.extend(said.tokens.iter().map(|token| {
        Event::text(json!({
            "type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": token},
        }))
    }));
    events.extend([
        Event::other(json!({"type": "content_block_stop", "index": 0})),
        Event::other(json!({
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": sequence},
            "usage": {"output_tokens": said.output_tokens()},
        })),
        Event::other(json!({"type": "message_stop"})),
    ]);
    events
}

/// A message of which nothing has been said yet.
fn message(target: &Target, said: &Generation) -> Value {
    json!({
        "id": format!("msg_bdrk_{}", said.fingerprint),
        "type": "message",
        "role": "assistant",
        "model": short_name(&target.id),
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": {"input_tokens": said.input_tokens, "output_tokens": 1},
    })
}

/// `claude-3-haiku-20240307`, as the answers say.
fn short_name(id: &str) -> &str {
    let name = id.strip_prefix("anthropic.").unwrap_or(id);
    name.rsplit_once("-v").map_or(name, |(name, _)| name)
}

fn stop(said: &Generation) -> (&'static str, Value) {
    match &said.stop {
        Stop::EndOfTurn => ("end_turn", Value::Null),
        Stop::MaxTokens => ("max_tokens", Value::Null),
        Stop::Sequence(sequence) => ("stop_sequence", sequence.as_str().into()),
    }
}
