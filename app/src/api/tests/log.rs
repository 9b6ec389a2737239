//! What the log has of a request, and what it must not have.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use tokio::time::timeout;
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

/// A log of this thread, on which a whole test runs.
///
/// Other tests run on other threads and log to nobody; who of them comes first to a line of code that logs must not decide
/// that nobody listens there: hence `warm_up`, which has been through all of them.
async fn listen(warm_up: impl Future) -> (Log, tracing::subscriber::DefaultGuard) {
    warm_up.await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    (log, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn a_request_is_one_line_without_anything_that_the_caller_said() {
    let app = TestApp::new().await;
    let misspelt = async || {
        let path = "/users/secret/model/history?limit=7&signature=secret";
        let mut get = request(Method::GET, path, Body::empty());
        get.headers_mut().insert(REQUEST_ID, HeaderValue::from_static("id-1"));
        app.send(get).await.problem(400, "invalid-query");
    };
    // Nobody listens where the models should be.
    let failing = async || {
        let prompt = r#"{"prompt":"secret","model":"other"}"#;
        let answer = app.send_json(Method::POST, "/users/secret/generate", prompt).await;
        answer.problem(502, "model-failed");
    };
    let (log, _guard) = listen(async {
        misspelt().await;
        failing().await;
    })
    .await;

    misspelt().await;
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

    failing().await;
    let lines = log.lines();
    let of_failure: Vec<_> =
        lines.iter().filter(|line| line.contains("app::api")).skip(1).collect();
    assert_eq!(of_failure.len(), 2, "{lines:?}");
    assert!(of_failure[0].contains("ERROR") && of_failure[0].contains("cause="), "{lines:?}");
    assert!(!lines.concat().contains("secret"), "{lines:?}");
}

#[tokio::test]
async fn a_request_that_its_client_gives_up_is_told_too() {
    let app = TestApp::new().await;
    let given_up = async || {
        let body = Body::from_stream(futures::stream::pending::<Result<&str, io::Error>>());
        let call = app.send_json(Method::PUT, "/users/ada/model", body);
        assert!(timeout(Duration::from_millis(50), call).await.is_err());
    };
    let (log, _guard) = listen(given_up()).await;
    given_up().await;
    let lines = log.lines();
    assert!(lines[0].contains("given up by the client"), "{lines:?}");
}
