//! Clients of Bedrock, requests in each family's shape, and the answers of each family.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::invoke_model::{InvokeModelError, InvokeModelOutput};
use aws_sdk_bedrockruntime::primitives::Blob;
use sandbox::Sandbox;
use sandbox::staged::Family;
use serde_json::{Value, json};

use crate::support::{KEY, SECRET, sandbox, sdk_config};

pub(crate) const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";
pub(crate) const NOVA: &str = "amazon.nova-micro-v1:0";
pub(crate) const LLAMA: &str = "meta.llama3-8b-instruct-v1:0";

pub(crate) fn client(sandbox: &Sandbox) -> Client {
    client_in(sandbox, "us-east-1")
}

pub(crate) fn client_in(sandbox: &Sandbox, region: &str) -> Client {
    Client::new(&sdk_config(sandbox, KEY, SECRET, None, region))
}

/// A client that tries three times, without waiting long in between.
pub(crate) fn patient_client(sandbox: &Sandbox) -> Client {
    let retries = RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(std::time::Duration::from_millis(1));
    let config = sdk_config(sandbox, KEY, SECRET, None, "us-east-1")
        .into_builder()
        .retry_config(retries)
        .sleep_impl(aws_sdk_bedrockruntime::config::SharedAsyncSleep::new(Sleep))
        .build();
    Client::new(&config)
}

#[derive(Debug)]
struct Sleep;

impl aws_sdk_bedrockruntime::config::AsyncSleep for Sleep {
    fn sleep(&self, duration: std::time::Duration) -> aws_sdk_bedrockruntime::config::Sleep {
        aws_sdk_bedrockruntime::config::Sleep::new(tokio::time::sleep(duration))
    }
}

pub(crate) fn family(model: &str) -> Family {
    Family::ALL
        .into_iter()
        .find(|family| model.split(['.', '/']).any(|part| part == family.name()))
        .unwrap()
}

/// The body that asks `prompt` of a model.
pub(crate) fn question(model: &str, prompt: &str, max_tokens: usize) -> Value {
    match family(model) {
        Family::Anthropic => json!({
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": max_tokens,
            "messages": [{"role": "user", "content": prompt}],
        }),
        Family::Amazon => json!({
            "schemaVersion": "messages-v1",
            "messages": [{"role": "user", "content": [{"text": prompt}]}],
            "inferenceConfig": {"maxTokens": max_tokens},
        }),
        Family::Meta => json!({"prompt": prompt, "max_gen_len": max_tokens}),
    }
}

pub(crate) fn blob(body: &Value) -> Blob {
    Blob::new(body.to_string())
}

pub(crate) async fn send(
    client: &Client,
    model: &str,
    body: impl Into<Vec<u8>>,
) -> Result<InvokeModelOutput, SdkError<InvokeModelError>> {
    client
        .invoke_model()
        .model_id(model)
        .content_type("application/json")
        .body(Blob::new(body.into()))
        .send()
        .await
}

/// The answer to `body`.
pub(crate) async fn answer(client: &Client, model: &str, body: &Value) -> Value {
    let output = send(client, model, body.to_string()).await.unwrap();
    assert_eq!(output.content_type(), "application/json");
    serde_json::from_slice(output.body().as_ref()).unwrap()
}

/// What the model says to `prompt`.
pub(crate) async fn say(client: &Client, model: &str, prompt: &str) -> String {
    let answer = answer(client, model, &question(model, prompt, 100)).await;
    let text = match family(model) {
        Family::Anthropic => &answer["content"][0]["text"],
        Family::Amazon => &answer["output"]["message"]["content"][0]["text"],
        Family::Meta => &answer["generation"],
    };
    text.as_str().unwrap().to_owned()
}

/// `400 ValidationException: message` of a refused call.
pub(crate) fn words<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E>>,
) -> String {
    match result.unwrap_err() {
        SdkError::ServiceError(error) => format!(
            "{} {}: {}",
            error.raw().status().as_u16(),
            error.err().code().unwrap_or("-"),
            error.err().message().unwrap_or("-")
        ),
        error => panic!("not refused by the service: {error:?}"),
    }
}

#[tokio::test]
async fn every_family_says_back_how_the_prompt_begins() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    for model in [HAIKU, NOVA, LLAMA] {
        let said = say(&client, model, "tell me about green tea").await;
        assert!(said.starts_with("You said: tell me about green tea "), "{model}: {said}");
        assert_eq!(said, say(&client, model, "tell me about green tea").await);
        assert_ne!(said, say(&client, model, "tell me about black tea").await);
    }
}

#[tokio::test]
async fn anthropic_answers_with_a_message() {
    let sandbox = sandbox().await;
    let mut body = question(HAIKU, "one two", 5);
    body["system"] = "be brief".into();
    let answered = answer(&client(&sandbox), HAIKU, &body).await;
    let id = answered["id"].as_str().unwrap();
    assert!(id.starts_with("msg_bdrk_"), "{id}");
    let text = answered["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("You said: one two "), "{text}");
    assert_eq!(
        answered,
        json!({
            "id": id,
            "type": "message",
            "role": "assistant",
            "model": "claude-3-haiku-20240307",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "max_tokens",
            "stop_sequence": null,
            "usage": {"input_tokens": 4, "output_tokens": 5},
        })
    );
    body["stop_sequences"] = json!(["one"]);
    let answered = answer(&client(&sandbox), HAIKU, &body).await;
    assert_eq!(answered["stop_reason"], "stop_sequence");
    assert_eq!(answered["stop_sequence"], "one");
    assert_eq!(answered["content"][0]["text"], "You said: ");
}

#[tokio::test]
async fn anthropic_hears_the_last_thing_that_the_user_said() {
    let sandbox = sandbox().await;
    let body = json!({
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 100,
        "messages": [
            {"role": "user", "content": "first"},
            {"role": "assistant", "content": "answer"},
            {"role": "user", "content": [{"type": "text", "text": "second"}, {"type": "text", "text": "part"}]},
        ],
    });
    let answered = answer(&client(&sandbox), HAIKU, &body).await;
    let text = answered["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("You said: second part "), "{text}");
    assert_eq!(answered["usage"]["input_tokens"], 4);
}

#[tokio::test]
async fn nova_answers_with_output_and_usage() {
    let sandbox = sandbox().await;
    let body = json!({
        "system": [{"text": "be brief"}],
        "messages": [{"role": "user", "content": [{"text": "one two"}]}],
        "inferenceConfig": {"maxTokens": 3, "temperature": 0.5, "topP": 0.9},
    });
    assert_eq!(
        answer(&client(&sandbox), NOVA, &body).await,
        json!({
            "output": {"message": {"role": "assistant", "content": [{"text": "You said: one"}]}},
            "stopReason": "max_tokens",
            "usage": {"inputTokens": 4, "outputTokens": 3, "totalTokens": 7},
        })
    );
    let mut body = question(NOVA, "one two", 100);
    assert_eq!(answer(&client(&sandbox), NOVA, &body).await["stopReason"], "end_turn");
    body["inferenceConfig"]["stopSequences"] = json!(["two"]);
    assert_eq!(answer(&client(&sandbox), NOVA, &body).await["stopReason"], "stop_sequence");
}

#[tokio::test]
async fn llama_answers_with_a_generation() {
    let sandbox = sandbox().await;
    assert_eq!(
        answer(&client(&sandbox), LLAMA, &question(LLAMA, "one two", 4)).await,
        json!({
            "generation": "You said: one two",
            "prompt_token_count": 2,
            "generation_token_count": 4,
            "stop_reason": "length",
        })
    );
    let body = json!({"prompt": "one two"});
    assert_eq!(answer(&client(&sandbox), LLAMA, &body).await["stop_reason"], "stop");
}
