//! Answers that come piece by piece, and those that break off.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};

use super::super::*;
use super::fake::{answer, chunk, exception, frame, frames, model, refusal, streamed};
use crate::fake_server::FakeServer;

fn nova(text: &str) -> Bytes {
    chunk(&format!(
        r#"{{"contentBlockDelta":{{"delta":{{"text":"{text}"}},"contentBlockIndex":0}}}}"#
    ))
}

fn nova_stop() -> Bytes {
    chunk(r#"{"messageStop":{"stopReason":"end_turn"}}"#)
}

fn text(text: &str) -> StreamEvent {
    StreamEvent::Text(text.to_owned())
}

/// All that a stream of these frames gives, errors as text.
async fn read(id: &str, sent: Vec<Bytes>) -> Vec<Result<StreamEvent, String>> {
    let server = FakeServer::saying(move || frames(&sent));
    let stream = server.models().stream(&model(id), &Prompt::new("Hello")).await.unwrap();
    stream.events.map_err(|error| error.to_string()).collect().await
}

#[tokio::test]
async fn each_family_streams() {
    let anthropic = [
        r#"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","content":[],"stop_reason":null,"usage":{"input_tokens":9,"output_tokens":1}}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        r#"{"type":"ping"}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"He"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"y"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"a_new_event","message":1}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"output_tokens":4}}"#,
        r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":9,"outputTokenCount":4,"invocationLatency":1,"firstByteLatency":1}}"#,
    ];
    let nova = [
        r#"{"messageStart":{"role":"assistant"}}"#,
        r#"{"contentBlockDelta":{"delta":{"text":"He"},"contentBlockIndex":0}}"#,
        r#"{"contentBlockDelta":{"delta":{"reasoningContent":{"text":"hm"}},"contentBlockIndex":0}}"#,
        r#"{"contentBlockDelta":{"delta":{"text":"y"},"contentBlockIndex":0}}"#,
        r#"{"contentBlockStop":{"contentBlockIndex":0}}"#,
        r#"{"aNewEvent":{}}"#,
        r#"{"messageStop":{"stopReason":"max_tokens"}}"#,
        r#"{"metadata":{"usage":{"inputTokens":9,"outputTokens":4,"totalTokens":13},"metrics":{},"trace":{}}}"#,
    ];
    let llama = [
        r#"{"generation":"He","prompt_token_count":9,"generation_token_count":1,"stop_reason":null}"#,
        r#"{"generation":"y","prompt_token_count":null,"generation_token_count":2,"stop_reason":null}"#,
        r#"{"generation":"","prompt_token_count":null,"generation_token_count":4,"stop_reason":"length"}"#,
    ];
    for (id, documents) in
        [("claude-haiku-4.5", &anthropic[..]), ("nova-lite", &nova), ("llama-3-8b", &llama)]
    {
        let chunks = documents.iter().map(|document| chunk(document)).collect();
        let end = StreamEvent::End {
            stop_reason: StopReason::MaxTokens,
            usage: Some(Usage { input_tokens: 9, output_tokens: 4 }),
        };
        assert_eq!(read(id, chunks).await, [Ok(text("He")), Ok(text("y")), Ok(end)], "{id}");
    }
}

#[tokio::test]
async fn a_stream_is_asked_for_by_its_own_operation() {
    let server = FakeServer::saying(|| frames(&[nova_stop()]));
    let stream = server.models().stream(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap();
    assert_eq!(stream.events.count().await, 1);
    assert_eq!(
        server.requests()[0].uri,
        "https://bedrock-runtime.us-west-2.amazonaws.com/model/amazon.nova-lite-v1%3A0/invoke-with-response-stream"
    );
}

#[tokio::test]
async fn models_that_do_not_stream_answer_in_one_piece() {
    let server = FakeServer::saying(|| answer(200, &[], r#"{"generated_text":"Hey"}"#));
    let stream = server.models().stream(&model("text-generation"), &Prompt::new("Hello")).await;
    let events: Vec<_> = stream.unwrap().events.try_collect().await.unwrap();
    let end = StreamEvent::End { stop_reason: StopReason::Unknown, usage: None };
    assert_eq!(events, [text("Hey"), end.clone()]);

    let server = FakeServer::saying(|| answer(200, &[], r#"{"generated_text":""}"#));
    let stream = server.models().stream(&model("text-generation"), &Prompt::new("Hello")).await;
    let events: Vec<_> = stream.unwrap().events.try_collect().await.unwrap();
    assert_eq!(events, [end]);

    let mut whole = model("llama-3-8b");
    whole.streaming = false;
    let document = r#"{"generation":"Hey","prompt_token_count":1,"generation_token_count":1,"stop_reason":"stop"}"#;
    let server = FakeServer::saying(move || answer(200, &[], document));
    let stream = server.models().stream(&whole, &Prompt::new("Hello")).await.unwrap();
    assert_eq!(stream.events.count().await, 2);
    assert!(server.requests()[0].uri.ends_with("/invoke"));
}

#[tokio::test]
async fn a_stream_without_its_end_is_a_failure() {
    let broken = "model `nova-lite` failed: the answer broke off: there is nothing that says that it is complete (request id `REQUEST1`)";
    assert_eq!(read("nova-lite", vec![]).await, [Err(broken.to_owned())]);
    assert_eq!(read("nova-lite", vec![nova("He")]).await, [Ok(text("He")), Err(broken.to_owned())]);
    // Anthropic's end is `message_stop`, not the reason before it.
    let delta = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#;
    let events = read("claude-haiku-4.5", vec![chunk(delta)]).await;
    assert!(matches!(&events[..], [Err(error)] if error.contains("broke off")), "{events:?}");
    // In the middle of a frame.
    let half = nova("He").slice(..20);
    let events = read("nova-lite", vec![nova("He"), half]).await;
    assert!(matches!(&events[..], [Ok(_), Err(_)]), "{events:?}");
}

#[tokio::test]
async fn what_is_no_frame_or_no_document_ends_the_stream() {
    let noise = Bytes::from_static(&[0x55; 64]);
    let mut flipped = nova("He").to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    for bad in [
        noise,
        Bytes::from(flipped),
        chunk("not json"),
        chunk("[]"),
        chunk(r#"{"contentBlockDelta":{"delta":{"text":1}}}"#),
        frame(&[(":message-type", "event"), (":event-type", "chunk")], r#"{"bytes":"%%%"}"#),
    ] {
        let events = read("nova-lite", vec![nova("He"), bad.clone(), nova_stop()]).await;
        let [Ok(_), Err(error)] = &events[..] else { panic!("{bad:?}: {events:?}") };
        assert!(
            error.starts_with("model `nova-lite` failed: the answer was not understood: ")
                || error.starts_with("model `nova-lite` failed: the answer broke off: "),
            "{error}"
        );
        assert!(error.ends_with(" (request id `REQUEST1`)"), "{error}");
    }
}

#[tokio::test]
async fn unknown_events_are_passed_over() {
    let new = frame(&[(":message-type", "event"), (":event-type", "news")], "{}");
    let blank = frame(&[(":message-type", "event"), (":event-type", "chunk")], "{}");
    let events = read("nova-lite", vec![new, blank, nova(""), nova("He"), nova_stop()]).await;
    let end = StreamEvent::End { stop_reason: StopReason::EndTurn, usage: None };
    assert_eq!(events, [Ok(text("He")), Ok(end)]);
}

#[tokio::test]
async fn exceptions_end_the_stream_with_their_meaning() {
    for (bad, code, expected) in [
        (
            exception("throttlingException", r#"{"message":"Too many tokens"}"#),
            "model-throttled",
            "model `nova-lite` is throttled: `ThrottlingException`: Too many tokens (request id `REQUEST1`)",
        ),
        (
            exception(
                "validationException",
                r#"{"message":"Input is too long for requested model."}"#,
            ),
            "input-too-long",
            "input for model `nova-lite` is too long: `ValidationException`: Input is too long for requested model. (request id `REQUEST1`)",
        ),
        (
            exception("modelTimeoutException", r#"{"message":"Model timed out"}"#),
            "model-timed-out",
            "model `nova-lite` did not answer in time: `ModelTimeoutException`: Model timed out (request id `REQUEST1`)",
        ),
        (
            exception(
                "modelStreamErrorException",
                r#"{"message":"The model broke","originalStatusCode":424,"originalMessage":"oops"}"#,
            ),
            "model-failed",
            "model `nova-lite` failed: `ModelStreamErrorException`: The model broke (the model's status 424, request id `REQUEST1`)",
        ),
        (
            exception("internalServerException", "{}"),
            "model-failed",
            "model `nova-lite` failed: `InternalServerException`: there is no reason given that can be read (request id `REQUEST1`)",
        ),
        (
            exception("aNewException", r#"{"message":"News"}"#),
            "model-failed",
            "model `nova-lite` failed: `ANewException`: News (request id `REQUEST1`)",
        ),
        (
            frame(
                &[
                    (":message-type", "error"),
                    (":error-code", "InternalFailure"),
                    (":error-message", "Something broke"),
                ],
                "",
            ),
            "model-failed",
            "model `nova-lite` failed: `InternalFailure`: Something broke (request id `REQUEST1`)",
        ),
    ] {
        let server = FakeServer::saying(move || frames(&[nova("He"), bad.clone(), nova_stop()]));
        let stream = server.models().stream(&model("nova-lite"), &Prompt::new("Hello")).await;
        let events: Vec<_> = stream.unwrap().events.collect().await;
        let [Ok(_), Err(error)] = &events[..] else { panic!("{events:?}") };
        assert_eq!((error.code(), error.to_string().as_str()), (code, expected));
    }
}

#[tokio::test]
async fn an_error_event_of_anthropic_keeps_its_meaning() {
    for (kind, code) in [
        ("overloaded_error", "model-throttled"),
        ("rate_limit_error", "model-throttled"),
        ("api_error", "model-failed"),
        ("a_new_error", "model-failed"),
    ] {
        let document =
            format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"Words"}}}}"#);
        let server = FakeServer::saying(move || frames(&[chunk(&document)]));
        let stream = server.models().stream(&model("claude-haiku-4.5"), &Prompt::new("x")).await;
        let events: Vec<_> = stream.unwrap().events.collect().await;
        let [Err(error)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(&format!("`{kind}`: Words")), "{error}");
    }
}

#[tokio::test]
async fn a_guardrail_makes_it_filtered() {
    let intervened = r#"{"contentBlockDelta":{"delta":{"text":"No."}},"amazon-bedrock-guardrailAction":"INTERVENED"}"#;
    let events = read("nova-lite", vec![chunk(intervened), nova_stop()]).await;
    let end = StreamEvent::End { stop_reason: StopReason::Filtered, usage: None };
    assert_eq!(events, [Ok(text("No.")), Ok(end)]);
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_with_its_cause() {
    let server = FakeServer::saying(|| {
        let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        streamed(futures::stream::iter([Ok(nova("He")), Err(reset)]))
    });
    let stream = server.models().stream(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap();
    let events: Vec<_> = stream.events.collect().await;
    let [Ok(_), Err(error)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(error.code(), "model-failed");
    assert!(error.to_string().contains("connection reset"), "{error}");
}

#[tokio::test]
async fn a_refusal_comes_before_the_stream() {
    let server = FakeServer::saying(|| refusal(403, "AccessDeniedException", "No."));
    let error =
        server.models().stream(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap_err();
    assert_eq!(error.code(), "model-access-denied");
    assert_eq!(
        error.hint().unwrap(),
        "allow `bedrock:InvokeModelWithResponseStream` on `arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0`"
    );
}
