//! Bodies that Bedrock refuses, in its words.

use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::bedrock::{HAIKU, LLAMA, NOVA, client, family, question, send, words};
use crate::support::sandbox;

/// The message of a ValidationException.
async fn refusal(sandbox: &Sandbox, model: &str, body: impl ToString) -> String {
    let words = words(send(&client(sandbox), model, body.to_string()).await);
    words.strip_prefix("400 ValidationException: ").expect(&words).to_owned()
}

/// The question with one member set, or taken away.
fn with(model: &str, pointer: &str, value: Option<Value>) -> Value {
    let mut body = question(model, "x", 9);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
    body
}

#[tokio::test]
async fn what_is_no_json_object_is_malformed() {
    let sandbox = sandbox().await;
    for model in [HAIKU, NOVA, LLAMA] {
        for body in ["", "{", "not json", "{\"a\": 1,}"] {
            assert_eq!(
                refusal(&sandbox, model, body).await,
                "Malformed input request, please reformat your input and try again.",
                "{:?}: {body}",
                family(model)
            );
        }
        assert_eq!(
            refusal(&sandbox, model, "[]").await,
            "Malformed input request: #: expected type: JSONObject, found: JSONArray, please reformat your input and try again."
        );
    }
}

#[tokio::test]
async fn a_body_must_not_be_declared_as_anything_else() {
    let sandbox = sandbox().await;
    let body = question(LLAMA, "x", 9);
    let call = client(&sandbox).invoke_model().model_id(LLAMA).body(crate::bedrock::blob(&body));
    // Told nothing, the SDK declares bytes.
    for call in [call.clone(), call.clone().content_type("text/plain")] {
        assert_eq!(
            words(call.send().await),
            "400 ValidationException: The provided Content Type is invalid or not supported for this model"
        );
    }
    call.content_type("application/json; charset=utf-8").send().await.unwrap();
}

#[tokio::test]
async fn anthropic_says_what_is_missing_unknown_or_wrong() {
    let sandbox = sandbox().await;
    for (pointer, value, expected) in [
        ("/anthropic_version", None, "anthropic_version: Field required"),
        (
            "/anthropic_version",
            Some(json!("2023-06-01")),
            "anthropic_version: Input should be 'bedrock-2023-05-31'",
        ),
        ("/max_tokens", None, "max_tokens: Field required"),
        ("/max_tokens", Some(json!(0)), "max_tokens: Input should be greater than or equal to 1"),
        ("/max_tokens", Some(json!("9")), "max_tokens: Input should be a valid integer"),
        (
            "/max_tokens",
            Some(json!(5000)),
            "The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.",
        ),
        ("/messages", None, "messages: Field required"),
        ("/messages", Some(json!("x")), "messages: Input should be a valid list"),
        ("/messages", Some(json!([])), "messages: at least one message is required"),
        ("/temperature", Some(json!(1.5)), "temperature: Input should be less than or equal to 1"),
        ("/temperature", Some(json!("hot")), "temperature: Input should be a valid number"),
        ("/top_p", Some(json!(-1)), "top_p: Input should be greater than or equal to 0"),
        ("/stop_sequences", Some(json!([1])), "stop_sequences.0: Input should be a valid string"),
        (
            "/max_tokens_to_sample",
            Some(json!(9)),
            "max_tokens_to_sample: Extra inputs are not permitted",
        ),
        (
            "/messages/0/role",
            Some(json!("system")),
            "messages.0.role: Input should be 'user' or 'assistant'",
        ),
        (
            "/messages/0/role",
            Some(json!("assistant")),
            "messages: first message must use the \"user\" role",
        ),
        ("/messages/0/content", None, "messages.0.content: Field required"),
        ("/messages/0/content", Some(json!(7)), "messages.0.content: Input should be a valid list"),
        (
            "/messages/0/content",
            Some(json!("")),
            "messages.0: all messages must have non-empty content except for the optional final assistant message",
        ),
        ("/messages/0/name", Some(json!("x")), "messages.0.name: Extra inputs are not permitted"),
        (
            "/messages",
            Some(json!([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}])),
            "messages: roles must alternate between \"user\" and \"assistant\", but found multiple \"user\" roles in a row",
        ),
    ] {
        assert_eq!(refusal(&sandbox, HAIKU, with(HAIKU, pointer, value)).await, expected);
    }
}

#[tokio::test]
async fn nova_names_every_violation_of_its_schema() {
    let sandbox = sandbox().await;
    for (pointer, value, expected) in [
        ("/messages", None, "#: required key [messages] not found"),
        ("/messages", Some(json!([])), "#/messages: expected minimum item count: 1, found: 0"),
        (
            "/schemaVersion",
            Some(json!("messages-v2")),
            "#/schemaVersion: messages-v2 is not a valid enum value",
        ),
        (
            "/messages/0/role",
            Some(json!("system")),
            "#/messages/0/role: system is not a valid enum value",
        ),
        (
            "/messages/0/content",
            Some(json!("x")),
            "#/messages/0/content: expected type: JSONArray, found: String",
        ),
        (
            "/messages/0/content/0/type",
            Some(json!("text")),
            "#/messages/0/content/0: extraneous key [type] is not permitted",
        ),
        (
            "/messages/0/content/0/text",
            Some(json!("")),
            "#/messages/0/content/0/text: expected minLength: 1, actual: 0",
        ),
        ("/max_tokens", Some(json!(9)), "#: extraneous key [max_tokens] is not permitted"),
        (
            "/inferenceConfig/maxTokens",
            Some(json!(20000)),
            "#/inferenceConfig/maxTokens: 20000 is not less or equal to 10000",
        ),
        (
            "/inferenceConfig/maxTokens",
            Some(json!("9")),
            "#/inferenceConfig/maxTokens: expected type: Integer, found: String",
        ),
        (
            "/inferenceConfig/temperature",
            Some(json!(2)),
            "#/inferenceConfig/temperature: 2 is not less or equal to 1",
        ),
        (
            "/inferenceConfig/topP",
            Some(json!(-0.5)),
            "#/inferenceConfig/topP: -0.5 is not greater or equal to 0",
        ),
        (
            "/inferenceConfig/stopSequences",
            Some(json!("x")),
            "#/inferenceConfig/stopSequences: expected type: JSONArray, found: String",
        ),
    ] {
        assert_eq!(
            refusal(&sandbox, NOVA, with(NOVA, pointer, value)).await,
            format!(
                "Malformed input request: {expected}, please reformat your input and try again."
            )
        );
    }
    let body = json!({"prompt": "x", "max_tokens": 9});
    assert_eq!(
        refusal(&sandbox, NOVA, body).await,
        "Malformed input request: #: required key [messages] not found, #: extraneous key [max_tokens] is not permitted, #: extraneous key [prompt] is not permitted, please reformat your input and try again."
    );
}

#[tokio::test]
async fn nova_wants_a_conversation() {
    let sandbox = sandbox().await;
    let turn = |role: &str| json!({"role": role, "content": [{"text": "x"}]});
    assert_eq!(
        refusal(&sandbox, NOVA, json!({"messages": [turn("assistant")]})).await,
        "A conversation must start with a user message. Try again with a conversation that starts with a user message."
    );
    assert_eq!(
        refusal(&sandbox, NOVA, json!({"messages": [turn("user"), turn("user")]})).await,
        "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again."
    );
}

#[tokio::test]
async fn llama_wants_a_prompt_and_little_else() {
    let sandbox = sandbox().await;
    for (pointer, value, expected) in [
        ("/prompt", None, "#: required key [prompt] not found"),
        ("/prompt", Some(json!(["x"])), "#/prompt: expected type: String, found: JSONArray"),
        ("/prompt", Some(json!("")), "#/prompt: expected minLength: 1, actual: 0"),
        ("/max_gen_len", Some(json!(4096)), "#/max_gen_len: 4096 is not less or equal to 2048"),
        ("/max_gen_len", Some(json!(0)), "#/max_gen_len: 0 is not greater or equal to 1"),
        ("/temperature", Some(json!(1.5)), "#/temperature: 1.5 is not less or equal to 1"),
        (
            "/repetition_penalty",
            Some(json!(0)),
            "#: extraneous key [repetition_penalty] is not permitted",
        ),
    ] {
        assert_eq!(
            refusal(&sandbox, LLAMA, with(LLAMA, pointer, value)).await,
            format!(
                "Malformed input request: {expected}, please reformat your input and try again."
            )
        );
    }
}

#[tokio::test]
async fn a_prompt_beyond_the_models_context_is_too_long() {
    let sandbox = sandbox().await;
    for (model, context, expected) in [
        (HAIKU, 200_000, "Input is too long for requested model."),
        (
            NOVA,
            128_000,
            "Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.",
        ),
        (
            LLAMA,
            8_192,
            "This model's maximum context length is 8192 tokens. Please reduce the length of the prompt",
        ),
    ] {
        let just = "w ".repeat(context);
        send(&client(&sandbox), model, question(model, &just, 9).to_string()).await.unwrap();
        let long = format!("{just}w");
        assert_eq!(refusal(&sandbox, model, question(model, &long, 9)).await, expected);
    }
}

#[tokio::test]
async fn a_body_above_25_megabytes_is_refused() {
    let sandbox = sandbox().await;
    let mut body = question(LLAMA, "x", 9).to_string();
    body.push_str(&" ".repeat(25_000_000 - body.len()));
    send(&client(&sandbox), LLAMA, body.clone()).await.unwrap();
    body.push(' ');
    assert_eq!(
        refusal(&sandbox, LLAMA, body).await,
        "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to 25000000"
    );
}

#[tokio::test]
async fn what_is_said_back_stays_short() {
    let sandbox = sandbox().await;
    // One word of 17 MB: more than a frame of an event stream holds.
    let word = "w".repeat(17_000_000);
    let said = crate::bedrock::say(&client(&sandbox), LLAMA, &word).await;
    assert!(said.len() < 200, "{}", said.len());
}
