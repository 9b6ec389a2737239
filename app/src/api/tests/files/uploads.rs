//! Uploads that are refused, and change nothing.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::HttpBody;
use bytes::Bytes;
use futures::stream;
use hyper::body::Frame;

use super::*;

/// Pieces without a length that is known beforehand.
fn pieces(pieces: Vec<Result<&'static str, std::io::Error>>) -> Body {
    Body::from_stream(stream::iter(pieces))
}

#[tokio::test]
async fn a_body_may_have_the_limit_and_no_byte_more() {
    let app = TestApp::with(&[("MAX_UPLOAD_BYTES", "10")]).await;
    app.put(FILE, "0123456789").await.ok();
    app.put(FILE, pieces(vec![Ok("01234"), Ok("56789")])).await.ok();
    let before = app.stored();
    for path in [FILE, "/files/uploads/content/new"] {
        let bodies = [Body::from("0123456789a"), pieces(vec![Ok("0123456789"), Ok("a")])];
        for body in bodies {
            let problem = app.put(path, body).await.problem(413, "body-too-large");
            assert_eq!(problem["limit"], 10);
        }
    }
    assert_eq!(app.stored(), before);
    assert_eq!(app.get(FILE).await.body, "0123456789");
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_not_read() {
    let app = TestApp::with(&[("MAX_UPLOAD_BYTES", "10")]).await;
    let polled = Arc::new(AtomicUsize::new(0));
    let body = Counted { polled: polled.clone() };
    let answer = app.put_with(FILE, &[("content-length", "11")], Body::new(body)).await;
    answer.problem(413, "body-too-large");
    assert_eq!(polled.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_body_that_breaks_off_changes_nothing() {
    let app = TestApp::new().await;
    app.put(FILE, "old").await.ok();
    let before = app.stored();
    for path in [FILE, "/files/uploads/content/new"] {
        let broken = pieces(vec![Ok("new"), Err(std::io::Error::other("gone"))]);
        app.put(path, broken).await.problem(400, "incomplete-body");
    }
    // Less than was said.
    let answer = app.put_with(FILE, &[("content-length", "11")], "0123456789").await;
    answer.problem(400, "incomplete-body");
    assert_eq!(app.stored(), before);
    assert_eq!(app.get(FILE).await.body, "old");
}

#[tokio::test]
async fn an_upload_may_be_for_a_new_file_only() {
    let app = TestApp::new().await;
    let new_only = [("if-none-match", "*")];
    assert_eq!(app.put_with(FILE, &new_only, "first").await.status, 201);
    app.put_with(FILE, &new_only, "second").await.problem(412, "object-exists");
    assert_eq!(app.get(FILE).await.body, "first");
    assert_eq!(app.put(FILE, "third").await.status, 200);
}

#[tokio::test]
async fn headers_that_cannot_be_kept_are_refused() {
    let app = TestApp::new().await;
    let long = "v".repeat(2_100);
    for headers in [
        &[("if-none-match", "\"x\"")][..],
        &[("if-match", "*")],
        &[("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT")],
        &[("content-range", "bytes 0-1/2")],
        &[("content-type", "text")],
        &[("content-length", "+1")],
        &[("content-length", "x")],
        &[("content-type", "text/plain"), ("content-type", "text/html")],
        &[("content-type", "text/plain; x=\u{e9}")],
        &[("x-meta-", "v")],
        &[("x-meta-a_b", "v")],
        &[("x-meta-a", "v"), ("x-meta-a", "w")],
        &[("x-meta-a", "\u{e9}")],
        &[("x-meta-a", &long)],
    ] {
        app.put_with(FILE, headers, "x").await.problem(400, "invalid-header");
    }
    let encoded = app.put_with(FILE, &[("content-encoding", "gzip")], "x").await;
    encoded.problem(415, "unsupported-media-type");
    assert!(app.stored().is_empty());
}

/// A body that counts how often it is asked.
struct Counted {
    polled: Arc<AtomicUsize>,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.polled.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(None)
    }
}
