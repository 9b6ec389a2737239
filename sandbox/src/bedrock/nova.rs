//! Amazon Nova.
//!
//! Source: "Complete request schema", Amazon Nova User Guide; the words of refusals from AWS's answers quoted in public issues.

use serde_json::{Map, Value, json};

use crate::generation::{Generation, Prompt, Stop, count_tokens};
use crate::rest_json::Refusal;

use super::event::Event;
use super::schema::{Checker, Dialect, invalid};
use super::target::Target;

/// Blocks of content; those without text are taken and not looked at.
const BLOCKS: [&str; 7] =
    ["text", "image", "video", "document", "toolUse", "toolResult", "reasoningContent"];

pub(super) fn read(body: &Map<String, Value>, target: &Target) -> Result<Prompt, Refusal> {
    let mut check = Checker::new(Dialect::JsonSchema);
    if let Some(version) = body.get("schemaVersion") {
        check.choice("/schemaVersion", version, &["messages-v1"]);
    }
    let messages =
        check.required("", body, "messages").and_then(|value| check.array("/messages", value));
    let turns: Vec<Option<(bool, String)>> = messages
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(index, message)| turn(&mut check, &format!("/messages/{index}"), message))
        .collect();
    let system = body.get("system").map(|value| blocks(&mut check, "/system", value));
    let empty = Map::new();
    let config = body
        .get("inferenceConfig")
        .map_or(Some(&empty), |value| check.object("/inferenceConfig", value))
        .unwrap_or(&empty);
    let mut max_tokens = target.max_output;
    // The second spelling is that of the first versions of the documentation.
    for name in ["maxTokens", "max_new_tokens"] {
        if let Some(value) = config.get(name) {
            let at = format!("/inferenceConfig/{name}");
            max_tokens =
                check.integer(&at, value, 1, target.max_output as u64).unwrap_or(max_tokens);
        }
    }
    for (name, max) in [("temperature", 1.0), ("topP", 1.0), ("topK", 128.0)] {
        if let Some(value) = config.get(name) {
            check.number(&format!("/inferenceConfig/{name}"), value, 0.0, max);
        }
    }
    let stop_sequences = config
        .get("stopSequences")
        .map(|value| check.strings("/inferenceConfig/stopSequences", value))
        .unwrap_or_default();
    check.known(
        "/inferenceConfig",
        config,
        &["maxTokens", "max_new_tokens", "stopSequences", "temperature", "topK", "topP"],
    );
    check.known(
        "",
        body,
        &[
            "inferenceConfig",
            "messages",
            "reasoningConfig",
            "schemaVersion",
            "system",
            "toolConfig",
        ],
    );
    if messages.is_some_and(Vec::is_empty) {
        check.violation("/messages", "expected minimum item count: 1, found: 0");
    }
    check.finish()?;

    let turns: Vec<(bool, String)> = turns.into_iter().flatten().collect();
    if turns.first().is_some_and(|(user, _)| !user) {
        return Err(invalid(
            "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
        ));
    }
    if turns.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(invalid(
            "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.",
        ));
    }
    let input_tokens = turns.iter().map(|(_, text)| count_tokens(text)).sum::<usize>()
        + system.as_deref().map_or(0, count_tokens);
    if input_tokens > target.context {
        return Err(invalid(
            "Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.",
        ));
    }
    let text = turns.into_iter().rev().find(|(user, _)| *user).map(|(_, text)| text);
    Ok(Prompt { text: text.unwrap_or_default(), input_tokens, max_tokens, stop_sequences })
}

/// Whether the user speaks, and what is said.
fn turn(check: &mut Checker, at: &str, message: &Value) -> Option<(bool, String)> {
    let message = check.object(at, message)?;
    let role = check
        .required(at, message, "role")
        .and_then(|role| check.choice(&format!("{at}/role"), role, &["user", "assistant"]));
    let content = check.required(at, message, "content");
    let text = content.map(|value| blocks(check, &format!("{at}/content"), value));
    check.known(at, message, &["role", "content"]);
    Some((role? == "user", text?))
}

fn blocks(check: &mut Checker, at: &str, value: &Value) -> String {
    let mut texts = Vec::new();
    let blocks = check.array(at, value).map(Vec::as_slice).unwrap_or_default();
    if blocks.is_empty() && value.is_array() {
        check.violation(at, "expected minimum item count: 1, found: 0");
    }
    for (index, block) in blocks.iter().enumerate() {
        let at = format!("{at}/{index}");
        let Some(block) = check.object(&at, block) else { continue };
        check.known(&at, block, &BLOCKS);
        if let Some(text) = block.get("text")
            && let Some(text) = check.string(&format!("{at}/text"), text)
        {
            if text.is_empty() {
                check.violation(&format!("{at}/text"), "expected minLength: 1, actual: 0");
            }
            texts.push(text);
        }
    }
    texts.join("\n")
}

pub(super) fn answer(said: &Generation) -> Value {
    json!({
        "output": {"message": {"role": "assistant", "content": [{"text": said.text()}]}},
        "stopReason": stop(said),
        "usage": usage(said),
    })
}

pub(super) fn events(said: &Generation) -> Vec<Event> {
    let mut events = vec![Event::other(json!({"messageStart": {"role": "assistant"}}))];
    events.extend(said.tokens.iter().map(|token| {
        Event::text(
            json!({"contentBlockDelta": {"delta": {"text": token}, "contentBlockIndex": 0}}),
        )
    }));
    events.extend([
        Event::other(json!({"contentBlockStop": {"contentBlockIndex": 0}})),
        Event::other(json!({"messageStop": {"stopReason": stop(said)}})),
        Event::other(json!({"metadata": {"usage": usage(said), "metrics": {}, "trace": {}}})),
    ]);
    events
}

fn usage(said: &Generation) -> Value {
    let (input, output) = (said.input_tokens, said.output_tokens());
    json!({"inputTokens": input, "outputTokens": output, "totalTokens": input + output})
}

fn stop(said: &Generation) -> &'static str {
    match said.stop {
        Stop::EndOfTurn => "end_turn",
        Stop::MaxTokens => "max_tokens",
        Stop::Sequence(_) => "stop_sequence",
    }
}
