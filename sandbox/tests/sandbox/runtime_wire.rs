//! The runtimes of Bedrock and SageMaker byte by byte: paths, headers, frames, the age of signatures.

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::SignableBody;
use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use aws_smithy_types::event_stream::Message;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use sandbox::Sandbox;
use sandbox::staged::{Family, Staged};
use serde_json::{Value, json};

use crate::bedrock::{HAIKU, LLAMA, question};
use crate::support::{Signer, sandbox};

/// One signed POST, signed at `time`.
async fn post_at(
    time: SystemTime,
    sandbox: &Sandbox,
    service: &'static str,
    path: &str,
    body: &Value,
) -> (StatusCode, HeaderMap, Bytes) {
    let body = body.to_string();
    let kind = [("content-type", "application/json")];
    let signed = SignableBody::Bytes(body.as_bytes());
    let signer = Signer { time, ..Signer::of(service) };
    signer.send(sandbox, Method::POST, path, &kind, signed, &body).await
}

async fn post(
    sandbox: &Sandbox,
    service: &'static str,
    path: &str,
    body: &Value,
) -> (StatusCode, HeaderMap, Bytes) {
    post_at(SystemTime::now(), sandbox, service, path, body).await
}

/// The messages of a stream.
fn messages(body: Bytes) -> Vec<Message> {
    let (mut decoder, mut rest) = (MessageFrameDecoder::new(), BytesMut::from(body.as_ref()));
    let mut messages = Vec::new();
    while let DecodedFrame::Complete(message) = decoder.decode_frame(&mut rest).unwrap() {
        messages.push(message);
    }
    assert!(rest.is_empty());
    messages
}

/// Its headers as `name=value`, sorted.
fn headers(message: &Message) -> Vec<String> {
    let mut headers: Vec<String> = message
        .headers()
        .iter()
        .map(|header| {
            format!("{}={}", header.name().as_str(), header.value().as_string().unwrap().as_str())
        })
        .collect();
    headers.sort();
    headers
}

fn payload(message: &Message) -> Value {
    serde_json::from_slice(message.payload()).unwrap()
}

#[tokio::test]
async fn a_models_id_may_be_encoded_or_not() {
    let sandbox = sandbox().await;
    for id in [
        "meta.llama3-8b-instruct-v1:0",
        "meta.llama3-8b-instruct-v1%3A0",
        "meta.llama3-8b-instruct-v1%3a0",
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Fmeta.llama3-8b-instruct-v1%3A0",
    ] {
        let path = format!("/model/{id}/invoke");
        let (status, _, body) = post(&sandbox, "bedrock", &path, &question(LLAMA, "x", 9)).await;
        assert_eq!(status, 200, "{id}: {body:?}");
    }
}

#[tokio::test]
async fn a_plain_answer_counts_its_tokens_in_its_headers() {
    let sandbox = sandbox().await;
    let path = format!("/model/{HAIKU}/invoke");
    let (_, headers, _) = post(&sandbox, "bedrock", &path, &question(HAIKU, "one two", 5)).await;
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["x-amzn-bedrock-input-token-count"], "2");
    assert_eq!(headers["x-amzn-bedrock-output-token-count"], "5");
    assert!(headers.contains_key("x-amzn-bedrock-invocation-latency"));
    assert_eq!(headers["x-amzn-requestid"], sandbox.calls()[0].request_id);
}

#[tokio::test]
async fn a_stream_is_made_of_chunk_events() {
    let sandbox = sandbox().await;
    let path = format!("/model/{LLAMA}/invoke-with-response-stream");
    let (status, head, body) = post(&sandbox, "bedrock", &path, &question(LLAMA, "one", 9)).await;
    assert_eq!(status, 200);
    assert_eq!(head["content-type"], "application/vnd.amazon.eventstream");
    assert_eq!(head["x-amzn-bedrock-content-type"], "application/json");
    assert_eq!(head["transfer-encoding"], "chunked");
    assert_eq!(head["x-amzn-requestid"], sandbox.calls()[0].request_id);
    let messages = messages(body);
    assert!(messages.len() > 3);
    for message in &messages {
        assert_eq!(
            headers(message),
            [":content-type=application/json", ":event-type=chunk", ":message-type=event"]
        );
        let payload = payload(message);
        let bytes = STANDARD.decode(payload["bytes"].as_str().unwrap()).unwrap();
        assert!(serde_json::from_slice::<Value>(&bytes).unwrap()["generation"].is_string());
        assert!(payload["p"].as_str().unwrap().starts_with('a'), "{payload}");
    }
}

#[tokio::test]
async fn a_stream_that_breaks_ends_in_an_exception_message() {
    let sandbox = sandbox().await;
    let model = Staged::Breaks.model_id(Family::Meta);
    let path = format!("/model/{model}/invoke-with-response-stream");
    let (status, _, body) = post(&sandbox, "bedrock", &path, &question(&model, "one", 9)).await;
    assert_eq!(status, 200);
    let messages = messages(body);
    assert_eq!(messages.len(), 3);
    assert_eq!(
        headers(&messages[2]),
        [
            ":content-type=application/json",
            ":exception-type=modelStreamErrorException",
            ":message-type=exception"
        ]
    );
    let payload = payload(&messages[2]);
    assert_eq!(
        payload["message"],
        "The system encountered an unexpected error during processing. Try your request again."
    );
    assert_eq!(payload["originalStatusCode"], 500);
}

#[tokio::test]
async fn errors_name_their_type_in_a_header_and_spell_message_as_aws_does() {
    let sandbox = sandbox().await;
    let nowhere = json!({});
    for (service, path, kind, spelling) in [
        ("bedrock", "/model/nonsense/invoke".to_owned(), "ValidationException", "message"),
        (
            "bedrock",
            format!("/model/{}/invoke", Staged::Denied.model_id(Family::Amazon)),
            "AccessDeniedException",
            "Message",
        ),
        (
            "sagemaker",
            format!("/endpoints/{}/invocations", Staged::Unavailable.endpoint_name()),
            "ServiceUnavailable",
            "Message",
        ),
        ("sagemaker", "/nowhere".to_owned(), "UnknownOperationException", "message"),
    ] {
        let (_, headers, body) = post(&sandbox, service, &path, &nowhere).await;
        let named = headers["x-amzn-errortype"].to_str().unwrap();
        assert_eq!(named.split(':').next(), Some(kind));
        assert_eq!(headers["content-type"], "application/json");
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert!(body[spelling].is_string(), "{body}");
    }
    assert_eq!(sandbox.calls()[3].action, "sagemaker:Unknown");
}

#[tokio::test]
async fn a_signature_lives_for_a_quarter_of_an_hour() {
    let sandbox = sandbox().await;
    let path = format!("/model/{LLAMA}/invoke");
    let minutes = |count: u64| Duration::from_secs(60 * count);
    let now = SystemTime::now();
    for (time, status, message) in [
        (now - minutes(14), 200, ""),
        (now + minutes(14), 200, ""),
        (now - minutes(16), 403, "Signature expired: "),
        (now + minutes(16), 403, "Signature not yet current: "),
    ] {
        let body = question(LLAMA, "x", 9);
        let (answered, headers, body) = post_at(time, &sandbox, "bedrock", &path, &body).await;
        assert_eq!(answered.as_u16(), status, "{body:?}");
        if status == 403 {
            let kind = headers["x-amzn-errortype"].to_str().unwrap();
            assert!(kind.starts_with("InvalidSignatureException:"), "{kind}");
            let body: Value = serde_json::from_slice(&body).unwrap();
            let said = body["message"].as_str().unwrap();
            assert!(said.starts_with(message) && said.ends_with("15 min.)"), "{said}");
        }
    }
}

#[tokio::test]
async fn a_plain_answer_takes_the_server_a_few_milliseconds_at_most() {
    let sandbox = sandbox().await;
    let path = format!("/model/{HAIKU}/invoke");
    for _ in 0..20 {
        post(&sandbox, "bedrock", &path, &question(HAIKU, "one two", 50)).await;
    }
    let mut durations: Vec<Duration> =
        sandbox.calls().into_iter().map(|call| call.duration).collect();
    durations.sort();
    // The median, and ten times the aim: other tests share the machine.
    assert!(durations[10] < Duration::from_millis(10), "{durations:?}");
}
