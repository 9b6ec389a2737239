//! How long an answer may take, and what is left of one that nobody waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use futures::{StreamExt, stream};

use super::super::*;
use super::fake::{chunk, model, models, refusal, streamed};
use crate::fake_server::FakeServer;

const SHORT: Duration = Duration::from_millis(100);

fn delta(text: &str) -> Bytes {
    chunk(&format!(r#"{{"contentBlockDelta":{{"delta":{{"text":"{text}"}}}}}}"#))
}

fn stop() -> Bytes {
    chunk(r#"{"messageStop":{"stopReason":"end_turn"}}"#)
}

/// A server that sends each frame after its time, and then keeps silent.
fn slow(frames: &[(Duration, Bytes)]) -> FakeServer {
    let frames = frames.to_vec();
    FakeServer::saying(move || {
        let sent = stream::iter(frames.clone()).then(async |(time, bytes)| {
            tokio::time::sleep(time).await;
            Ok(bytes)
        });
        streamed(sent.chain(stream::pending()))
    })
}

#[tokio::test]
async fn an_answer_that_takes_too_long_times_out() {
    let server = FakeServer::new(|_| std::future::pending::<HttpResponse>());
    let models = server.models_within(SHORT);
    for id in ["nova-lite", "text-generation"] {
        let error = models.generate(&model(id), &Prompt::new("Hello")).await.unwrap_err();
        assert_eq!(error.to_string(), format!("model `{id}` did not answer within 100ms"));
        assert!(error.hint().unwrap().contains("`MODEL_TIMEOUT_SECONDS`"));
        let error = models.stream(&model(id), &Prompt::new("Hello")).await.unwrap_err();
        assert_eq!(error.to_string(), format!("model `{id}` did not answer within 100ms"));
    }
}

#[tokio::test]
async fn the_limit_is_for_all_attempts_together() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = attempts.clone();
    let server = FakeServer::new(move |_| {
        let attempt = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            if attempt > 0 {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(SHORT * 6).await;
            refusal(500, "InternalServerException", "No.")
        }
    });
    let models = server.retrying_models_within(SHORT * 10);
    let started = Instant::now();
    let error = models.generate(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap_err();
    assert_eq!(error.code(), "model-timed-out");
    assert_eq!(attempts.load(Ordering::SeqCst), 2);
    assert!(started.elapsed() < SHORT * 15, "{:?}", started.elapsed());
}

#[tokio::test]
async fn trouble_is_tried_three_times_in_all() {
    let server = FakeServer::saying(|| refusal(429, "ThrottlingException", "No."));
    let models = server.retrying_models_within(Duration::from_secs(60));
    let error = models.generate(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap_err();
    assert_eq!(error.code(), "model-throttled");
    assert_eq!(server.requests().len(), 3);
    // Nothing is won by asking again for what is not there.
    let server = FakeServer::saying(|| refusal(404, "ResourceNotFoundException", "No."));
    let models = server.retrying_models_within(Duration::from_secs(60));
    let error = models.generate(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap_err();
    assert_eq!(error.code(), "model-missing");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_limits_of_the_configuration_do_not_hold() {
    let server = FakeServer::new(|_| async {
        tokio::time::sleep(SHORT).await;
        refusal(404, "ResourceNotFoundException", "No.")
    });
    let millisecond = Duration::from_millis(1);
    let timeouts = TimeoutConfig::builder()
        .read_timeout(millisecond)
        .operation_timeout(millisecond)
        .operation_attempt_timeout(millisecond)
        .build();
    let sleep = aws_smithy_async::rt::sleep::TokioSleep::new();
    let aws = server.sdk_config().timeout_config(timeouts).sleep_impl(sleep).build();
    let models = models(&aws, Duration::from_secs(60));
    let error = models.generate(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap_err();
    assert_eq!(error.code(), "model-missing");
}

#[tokio::test]
async fn each_piece_has_its_own_limit() {
    let part = Duration::from_millis(60);
    let server =
        slow(&[(part, delta("a")), (part, delta("b")), (part, delta("c")), (part, stop())]);
    let models = server.models_within(SHORT * 5);
    let stream = models.stream(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap();
    let events: Vec<_> = stream.events.collect().await;
    assert_eq!(events.len(), 4);
    assert!(matches!(events[3], Ok(StreamEvent::End { .. })), "{events:?}");
}

#[tokio::test]
async fn a_stream_that_falls_silent_times_out() {
    let server = slow(&[(Duration::ZERO, delta("a"))]);
    let models = server.models_within(SHORT);
    let started = Instant::now();
    let stream = models.stream(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap();
    let events: Vec<_> = stream.events.collect().await;
    let [Ok(StreamEvent::Text(_)), Err(error)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(error.to_string(), "model `nova-lite` did not answer within 100ms");
    assert!(started.elapsed() < SHORT * 50, "{:?}", started.elapsed());
}

/// The call and the first piece share one limit, and the next piece has one of its own.
#[tokio::test]
async fn the_first_limit_begins_with_the_call() {
    let server = |first: Duration, second: Duration| {
        FakeServer::new(move |_| async move {
            tokio::time::sleep(SHORT * 4).await;
            let frames = stream::iter([(first, delta("a")), (second, stop())]);
            let frames = frames.then(async |(time, bytes)| {
                tokio::time::sleep(time).await;
                Ok(bytes)
            });
            streamed(frames.chain(stream::pending()))
        })
    };
    let events = async |server: FakeServer| {
        let models = server.models_within(SHORT * 6);
        let stream = models.stream(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap();
        stream.events.collect::<Vec<_>>().await
    };
    let late = events(server(SHORT * 4, Duration::ZERO)).await;
    assert!(matches!(&late[..], [Err(ModelError::TimedOut { .. })]), "{late:?}");
    let fine = events(server(Duration::ZERO, SHORT * 4)).await;
    assert!(matches!(&fine[..], [Ok(_), Ok(StreamEvent::End { .. })]), "{fine:?}");
}

#[tokio::test]
async fn what_brings_no_text_does_not_extend_the_limit() {
    let part = Duration::from_millis(30);
    let ping = chunk(r#"{"type":"ping"}"#);
    let server = slow(&vec![(part, ping); 100]);
    let models = server.models_within(SHORT);
    let started = Instant::now();
    let stream = models.stream(&model("claude-haiku-4.5"), &Prompt::new("Hello")).await.unwrap();
    let events: Vec<_> = stream.events.collect().await;
    let [Err(error)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(error.code(), "model-timed-out");
    assert!(started.elapsed() < SHORT * 15, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_slow_reader_is_not_the_models_fault() {
    let server = slow(&[(Duration::ZERO, delta("a")), (Duration::ZERO, stop())]);
    let models = server.models_within(SHORT);
    let stream = models.stream(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap();
    let mut events = stream.events;
    tokio::time::sleep(SHORT * 2).await;
    assert!(matches!(events.next().await, Some(Ok(StreamEvent::Text(_)))));
    tokio::time::sleep(SHORT * 2).await;
    assert!(matches!(events.next().await, Some(Ok(StreamEvent::End { .. }))));
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_complete_answer_does_not_wait_for_the_connection_to_end() {
    let server = slow(&[(Duration::ZERO, delta("a")), (Duration::ZERO, stop())]);
    // Above the time that is given to what may follow.
    let models = server.models_within(Duration::from_secs(30));
    let stream = models.stream(&model("nova-lite"), &Prompt::new("Hello")).await.unwrap();
    let events = tokio::time::timeout(Duration::from_secs(10), stream.events.collect::<Vec<_>>());
    let events = events.await.unwrap();
    assert!(matches!(&events[..], [Ok(_), Ok(StreamEvent::End { .. })]), "{events:?}");
}

#[tokio::test]
async fn dropping_the_future_or_the_stream_drops_the_call() {
    let running = Arc::new(AtomicUsize::new(0));
    let counted = running.clone();
    let server = FakeServer::new(move |request| {
        let guard = Running::new(&counted);
        async move {
            if request.uri.ends_with("/invoke") {
                std::future::pending::<()>().await;
            }
            let first = stream::iter([Ok(delta("a"))]);
            let silent = stream::pending().map(move |bytes| {
                let _ = &guard;
                bytes
            });
            streamed(first.chain(silent))
        }
    });
    let models = server.models();
    let (model, prompt) = (model("nova-lite"), Prompt::new("Hello"));

    let call = tokio::time::timeout(SHORT * 3, models.generate(&model, &prompt));
    assert!(call.await.is_err());
    assert_eq!((server.requests().len(), running.load(Ordering::SeqCst)), (1, 0));

    let mut stream = models.stream(&model, &prompt).await.unwrap();
    assert!(stream.events.next().await.unwrap().is_ok());
    assert_eq!(running.load(Ordering::SeqCst), 1);
    drop(stream);
    assert_eq!(running.load(Ordering::SeqCst), 0);

    // One that has failed does not wait to be dropped.
    let models = server.models_within(SHORT * 3);
    let mut stream = models.stream(&model, &prompt).await.unwrap();
    assert!(stream.events.next().await.unwrap().is_ok());
    assert!(stream.events.next().await.unwrap().is_err());
    assert_eq!(running.load(Ordering::SeqCst), 0);
}

/// Counts itself while it lives.
struct Running(Arc<AtomicUsize>);

impl Running {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
