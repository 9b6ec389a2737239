//! InvokeModelWithResponseStream: real frames, the events of each family, and what happens in mid-stream.

use std::time::Duration;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::error::SdkError;
use aws_sdk_bedrockruntime::operation::invoke_model_with_response_stream::{
    InvokeModelWithResponseStreamError, InvokeModelWithResponseStreamOutput,
};
use aws_sdk_bedrockruntime::types::ResponseStream;
use sandbox::staged::{Family, Staged};
use sandbox::{Call, Sandbox};
use serde_json::{Value, json};

use crate::bedrock::{HAIKU, LLAMA, NOVA, blob, client, family, question, say};
use crate::support::{resources, sandbox};

pub(crate) async fn open(
    client: &Client,
    model: &str,
    prompt: &str,
) -> Result<InvokeModelWithResponseStreamOutput, SdkError<InvokeModelWithResponseStreamError>> {
    client
        .invoke_model_with_response_stream()
        .model_id(model)
        .content_type("application/json")
        .body(blob(&question(model, prompt, 100)))
        .send()
        .await
}

/// The next event's JSON.
async fn next(stream: &mut InvokeModelWithResponseStreamOutput) -> Option<Value> {
    match stream.body.recv().await.unwrap()? {
        ResponseStream::Chunk(part) => {
            Some(serde_json::from_slice(part.bytes().unwrap().as_ref()).unwrap())
        }
        other => panic!("{other:?}"),
    }
}

async fn all(mut stream: InvokeModelWithResponseStreamOutput) -> Vec<Value> {
    let mut events = Vec::new();
    while let Some(event) = next(&mut stream).await {
        events.push(event);
    }
    events
}

/// The piece of text in an event.
fn piece(model: &str, event: &Value) -> Option<String> {
    let text = match family(model) {
        Family::Anthropic => &event["delta"]["text"],
        Family::Amazon => &event["contentBlockDelta"]["delta"]["text"],
        Family::Meta => &event["generation"],
    };
    text.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The next piece of text; `None` at the end.
async fn next_piece(
    model: &str,
    stream: &mut InvokeModelWithResponseStreamOutput,
) -> Option<String> {
    while let Some(event) = next(stream).await {
        if let Some(text) = piece(model, &event) {
            return Some(text);
        }
    }
    None
}

fn last_call(sandbox: &Sandbox) -> Call {
    sandbox.calls().pop().unwrap()
}

#[tokio::test]
async fn the_pieces_of_a_stream_are_the_plain_answer() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    for model in [HAIKU, NOVA, LLAMA] {
        let stream = open(&client, model, "tell me about green tea").await.unwrap();
        assert_eq!(stream.content_type(), "application/json");
        let events = all(stream).await;
        let pieces: Vec<String> = events.iter().filter_map(|event| piece(model, event)).collect();
        assert!(pieces.len() > 5, "{model}: {pieces:?}");
        assert_eq!(pieces.concat(), say(&client, model, "tell me about green tea").await);
        let metrics = &events.last().unwrap()["amazon-bedrock-invocationMetrics"];
        assert_eq!(metrics["inputTokenCount"], 5, "{model}");
        assert_eq!(metrics["outputTokenCount"], pieces.len(), "{model}");
        for event in &events[..events.len() - 1] {
            assert_eq!(event.get("amazon-bedrock-invocationMetrics"), None, "{model}");
        }
    }
}

#[tokio::test]
async fn anthropic_streams_the_events_of_a_message() {
    let sandbox = sandbox().await;
    let stream = client(&sandbox)
        .invoke_model_with_response_stream()
        .model_id(HAIKU)
        .content_type("application/json")
        .body(blob(&question(HAIKU, "one", 2)))
        .send()
        .await
        .unwrap();
    let events = all(stream).await;
    let id = &events[0]["message"]["id"];
    let metrics = &events[6]["amazon-bedrock-invocationMetrics"];
    assert_eq!(
        events,
        [
            json!({"type": "message_start", "message": {
                "id": id, "type": "message", "role": "assistant", "model": "claude-3-haiku-20240307",
                "content": [], "stop_reason": null, "stop_sequence": null,
                "usage": {"input_tokens": 1, "output_tokens": 1},
            }}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "You"}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " said:"}}),
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "message_delta", "delta": {"stop_reason": "max_tokens", "stop_sequence": null}, "usage": {"output_tokens": 2}}),
            json!({"type": "message_stop", "amazon-bedrock-invocationMetrics": metrics}),
        ]
    );
}

#[tokio::test]
async fn nova_streams_its_own_events() {
    let sandbox = sandbox().await;
    let events = all(open(&client(&sandbox), NOVA, "one").await.unwrap()).await;
    let end = events.len();
    assert_eq!(events[0], json!({"messageStart": {"role": "assistant"}}));
    assert_eq!(
        events[1],
        json!({"contentBlockDelta": {"delta": {"text": "You"}, "contentBlockIndex": 0}})
    );
    assert_eq!(events[end - 3], json!({"contentBlockStop": {"contentBlockIndex": 0}}));
    assert_eq!(events[end - 2], json!({"messageStop": {"stopReason": "end_turn"}}));
    assert_eq!(
        events[end - 1]["metadata"]["usage"],
        json!({"inputTokens": 1, "outputTokens": 7, "totalTokens": 8})
    );
}

#[tokio::test]
async fn llama_says_why_it_stopped_in_its_last_chunk_alone() {
    let sandbox = sandbox().await;
    let events = all(open(&client(&sandbox), LLAMA, "one two").await.unwrap()).await;
    let (last, others) = events.split_last().unwrap();
    assert_eq!(
        events[0],
        json!({"generation": "You", "prompt_token_count": 2, "generation_token_count": 1, "stop_reason": null})
    );
    assert_eq!(events[1]["prompt_token_count"], Value::Null);
    assert!(others.iter().all(|event| event["stop_reason"].is_null()));
    assert_eq!((&last["stop_reason"], &last["generation"]), (&json!("stop"), &json!("")));
}

#[tokio::test]
async fn a_stream_that_was_read_to_its_end_is_in_the_log() {
    let sandbox = sandbox().await;
    let mut stream = open(&client(&sandbox), NOVA, "one").await.unwrap();
    while let Some(event) = next(&mut stream).await {
        if event.get("metadata").is_some() {
            // Even before the end of the body is seen.
            break;
        }
    }
    let call = last_call(&sandbox);
    assert_eq!(call.action, "bedrock:InvokeModelWithResponseStream");
    assert_eq!(
        resources(&call),
        ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"]
    );
    assert_eq!((call.status, call.error.as_deref(), call.abandoned), (200, None, false));
}

#[tokio::test]
async fn a_stream_that_breaks_ends_in_an_exception_after_two_pieces() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    for family in Family::ALL {
        let model = Staged::Breaks.model_id(family);
        let mut stream = open(&client, &model, "one two").await.unwrap();
        let mut pieces = Vec::new();
        let error = loop {
            match stream.body.recv().await {
                Ok(Some(ResponseStream::Chunk(part))) => {
                    let event = serde_json::from_slice(part.bytes().unwrap().as_ref()).unwrap();
                    pieces.extend(piece(&model, &event));
                }
                Ok(other) => panic!("{other:?}"),
                Err(error) => break error.into_service_error(),
            }
        };
        assert_eq!(pieces, ["You", " said:"], "{model}");
        assert!(error.is_model_stream_error_exception(), "{error:?}");
        let call = last_call(&sandbox);
        assert_eq!((call.status, call.error.as_deref()), (200, Some("modelStreamErrorException")));
        // A plain call of the same model is answered.
        assert!(say(&client, &model, "one two").await.starts_with("You said: one two "));
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_ends_without_its_end() {
    let sandbox = sandbox().await;
    for family in Family::ALL {
        let model = Staged::Cut.model_id(family);
        let mut stream = open(&client(&sandbox), &model, "one two").await.unwrap();
        assert_eq!(next_piece(&model, &mut stream).await.as_deref(), Some("You"));
        assert_eq!(next_piece(&model, &mut stream).await.as_deref(), Some(" said:"));
        let error = stream.body.recv().await.unwrap_err();
        assert!(!matches!(error, SdkError::ServiceError(_)), "{error:?}");
    }
}

#[tokio::test]
async fn the_chunks_of_a_garbled_stream_are_no_json() {
    let sandbox = sandbox().await;
    let model = Staged::Garbled.model_id(Family::Meta);
    let mut stream = open(&client(&sandbox), &model, "one").await.unwrap();
    let Some(ResponseStream::Chunk(part)) = stream.body.recv().await.unwrap() else {
        panic!("a chunk")
    };
    let bytes = part.bytes().unwrap().as_ref();
    assert!(serde_json::from_slice::<Value>(bytes).is_err(), "{bytes:?}");
}

#[tokio::test]
async fn a_held_stream_waits_for_a_plain_call_of_the_same_prompt() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    for family in Family::ALL {
        let model = Staged::Held.model_id(family);
        let mut stream = open(&client, &model, "go on").await.unwrap();
        assert_eq!(next_piece(&model, &mut stream).await.as_deref(), Some("You"));
        // Another prompt is not the one.
        say(&client, &model, "something else").await;
        let soon = Duration::from_millis(100);
        assert!(tokio::time::timeout(soon, next_piece(&model, &mut stream)).await.is_err());
        say(&client, &model, "go on").await;
        assert_eq!(next_piece(&model, &mut stream).await.as_deref(), Some(" said:"));
        while next(&mut stream).await.is_some() {}
        assert_eq!((last_call(&sandbox).status, last_call(&sandbox).abandoned), (200, false));
    }
}

#[tokio::test]
async fn a_slow_stream_sends_its_first_piece_and_sees_its_client_leave() {
    let sandbox = sandbox().await;
    let model = Staged::Slow.model_id(Family::Amazon);
    let mut stream = open(&client(&sandbox), &model, "one").await.unwrap();
    assert_eq!(next_piece(&model, &mut stream).await.as_deref(), Some("You"));
    let soon = Duration::from_millis(100);
    assert!(tokio::time::timeout(soon, next_piece(&model, &mut stream)).await.is_err());
    assert!(sandbox.calls().is_empty());
    drop(stream);
    let call = eventually_logged(&sandbox).await;
    assert!(call.abandoned, "{call:?}");
    assert_eq!((call.status, call.error.as_deref()), (200, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_streams_do_not_mix() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let mut readers = tokio::task::JoinSet::new();
    for reader in 0..16 {
        let client = client.clone();
        readers.spawn(async move {
            let model = [HAIKU, NOVA, LLAMA][reader % 3];
            for turn in 0..5 {
                let prompt = format!("reader {reader} turn {turn}");
                let events = all(open(&client, model, &prompt).await.unwrap()).await;
                let said: String = events.iter().filter_map(|event| piece(model, event)).collect();
                assert!(said.starts_with(&format!("You said: {prompt} ")), "{said}");
            }
        });
    }
    readers.join_all().await;
    let calls = sandbox.calls();
    assert_eq!(calls.len(), 80);
    assert!(calls.iter().all(|call| !call.abandoned));
}

/// The only call of the log, as soon as it is there.
pub(crate) async fn eventually_logged(sandbox: &Sandbox) -> Call {
    for _ in 0..500 {
        if let Some(call) = sandbox.calls().pop() {
            return call;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nothing was logged in five seconds")
}
