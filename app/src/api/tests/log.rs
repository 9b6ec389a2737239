//! What the log has of a request, and what it must not have.

use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use tracing_subscriber::fmt::MakeWriter;

use super::{TestApp, request};
use crate::api::REQUEST_ID;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_request_is_one_line_without_anything_that_the_caller_said() {
    let app = TestApp::new().await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    // For this thread, on which the whole test runs.
    let _guard = tracing::subscriber::set_default(subscriber);

    let mut get =
        request(Method::GET, "/users/secret/model/history?limit=7&signature=secret", Body::empty());
    get.headers_mut().insert(REQUEST_ID, HeaderValue::from_static("id-1"));
    app.send(get).await.problem(400, "invalid-query");
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in [
        "INFO",
        "request_id=id-1",
        "method=GET",
        "route=\"/users/{user}/model/history\"",
        "status=400",
        "latency_ms=",
    ] {
        assert!(lines[0].contains(part), "{part} is not in {lines:?}");
    }

    // Nobody listens where the models should be.
    let prompt = r#"{"prompt":"secret","model":"other"}"#;
    app.send_json(Method::POST, "/users/secret/generate", prompt)
        .await
        .problem(502, "model-failed");
    let lines = log.lines();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[1].contains("ERROR") && lines[1].contains("cause="), "{lines:?}");
    assert!(!lines.concat().contains("secret"), "{lines:?}");
}

#[tokio::test]
async fn a_request_that_its_client_gives_up_is_told_too() {
    let app = TestApp::new().await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let body = Body::from_stream(futures::stream::pending::<Result<&str, io::Error>>());
    let call = app.send_json(Method::PUT, "/users/ada/model", body);
    let pause = std::time::Duration::from_millis(50);
    assert!(tokio::time::timeout(pause, call).await.is_err());
    let lines = log.lines();
    assert!(lines[0].contains("given up by the client"), "{lines:?}");
}
