//! The server on a real socket: its last answers, and its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::files::s3;
use super::generate::good_answer;
use super::{TestApp, fake_aws};
use crate::api::serve;

struct Served {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

async fn start(app: &TestApp) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async { drop(stopped.await) };
    let done = tokio::spawn(serve(app.state.clone(), listener, shutdown));
    Served { address, stop, done }
}

async fn read_all(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn requests_on_their_way_are_answered_before_the_end() {
    let slow = async || {
        sleep(Duration::from_millis(300)).await;
        good_answer().await
    };
    let app = TestApp::with_models_at(&fake_aws(slow).await).await;
    let served = start(&app).await;
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    let mut busy = TcpStream::connect(served.address).await.unwrap();
    let body = r#"{"prompt":"a","model":"other"}"#;
    let head = format!(
        "POST /users/ada/generate HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    busy.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;

    served.stop.send(()).unwrap();
    let answer = read_all(busy).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("green"), "{answer}");
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0);
    timeout(Duration::from_secs(5), served.done).await.unwrap().unwrap();
    assert!(TcpStream::connect(served.address).await.is_err());
    assert!(app.state.preferences().ping().await.is_err());
}

#[tokio::test]
async fn a_client_that_still_sends_can_read_why_it_is_refused() {
    let app = TestApp::new().await;
    let served = start(&app).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let length = 20 * 1024 * 1024;
    let head = format!(
        "PUT /users/ada/model HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // As many clients do: everything is sent before anything is read.
    stream.write_all(&vec![b' '; length]).await.unwrap();
    let answer = read_all(stream).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("body-too-large"), "{answer}");
}

#[tokio::test]
async fn a_path_of_a_megabyte_is_answered() {
    let app = TestApp::new().await;
    let served = start(&app).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let head = format!("GET /users/{}/model HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(1024 * 1024));
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read_all(stream).await;
    let status = answer.split(' ').nth(1).unwrap();
    assert!(["414", "431"].contains(&status), "{answer}");
}

#[tokio::test]
async fn a_connection_that_does_not_end_is_cut() {
    let app = TestApp::with(&[("SHUTDOWN_GRACE_SECONDS", "0")]).await;
    let served = start(&app).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let head =
        "PUT /files/uploads/content/a HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf";
    stream.write_all(head.as_bytes()).await.unwrap();
    let incoming = app.folder.path().join("files/uploads/incoming");
    let files = || std::fs::read_dir(&incoming).unwrap().count();
    let begun = async {
        while files() == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(5), begun).await.unwrap();

    served.stop.send(()).unwrap();
    timeout(Duration::from_secs(10), served.done).await.unwrap().unwrap();
    // The server has ended, and with it the upload and its connection.
    assert_eq!(files(), 0);
    let mut rest = Vec::new();
    let read = timeout(Duration::from_secs(1), stream.read_to_end(&mut rest)).await;
    assert!(read.is_ok(), "the connection is still open");
}

/// An S3 that takes uploads in parts.
struct FakeS3 {
    endpoint: String,
    parts: Arc<AtomicUsize>,
    aborts: Arc<AtomicUsize>,
}

impl FakeS3 {
    /// `answers_aborts`: whether it says anything when an upload is aborted.
    async fn start(answers_aborts: bool) -> Self {
        let (parts, aborts) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counters = (parts.clone(), aborts.clone());
        let answer = async move |method: Method| -> Response {
            let (parts, aborts) = &counters;
            if method == Method::POST {
                "<InitiateMultipartUploadResult><UploadId>id1</UploadId></InitiateMultipartUploadResult>"
                    .into_response()
            } else if method == Method::PUT {
                parts.fetch_add(1, Ordering::SeqCst);
                [("etag", "\"part\"")].into_response()
            } else {
                aborts.fetch_add(1, Ordering::SeqCst);
                if !answers_aborts {
                    std::future::pending::<()>().await;
                }
                StatusCode::NO_CONTENT.into_response()
            }
        };
        Self { endpoint: fake_aws(answer).await, parts, aborts }
    }

    /// An app on it that is stopped in the middle of an upload, of which a part has arrived.
    async fn stop_in_the_middle_of_an_upload(&self) {
        let changes = [("SHUTDOWN_GRACE_SECONDS", "0"), ("AWS_ENDPOINT_URL", &self.endpoint)];
        let app = TestApp::with(&[&s3()[..], &changes].concat()).await;
        let served = start(&app).await;
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        let length = 30 * 1024 * 1024;
        let head = format!(
            "PUT /files/uploads/content/a HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![b' '; length / 2]).await.unwrap();
        let arrived = async {
            while self.parts.load(Ordering::SeqCst) == 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), arrived).await.unwrap();
        served.stop.send(()).unwrap();
        timeout(Duration::from_secs(15), served.done).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn an_upload_that_is_cut_leaves_no_part_on_s3() {
    let s3 = FakeS3::start(true).await;
    s3.stop_in_the_middle_of_an_upload().await;
    // At once, and again for a part that was on its way.
    assert_eq!(s3.aborts.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_s3_that_does_not_answer_keeps_no_server_from_its_end() {
    let s3 = FakeS3::start(false).await;
    s3.stop_in_the_middle_of_an_upload().await;
    assert_eq!(s3.aborts.load(Ordering::SeqCst), 1);
}
