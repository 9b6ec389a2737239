//! JSON bodies that are not what they should be.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, header};
use tower::ServiceExt;
use tower_http::timeout::RequestBodyTimeoutLayer;

use super::{Answer, TestApp, request};

const PATH: &str = "/users/ada/model";

#[tokio::test]
async fn what_is_no_json_is_told_where_it_breaks() {
    let app = TestApp::new().await;
    let deep = "[".repeat(100_000);
    let deep_object = format!("{{\"model\":{}", "{\"a\":".repeat(100_000));
    for body in [
        "",
        "{",
        "{\"model\":\"plain\"}x",
        "nope",
        "{\"model\":\"\\ud800\"}",
        &deep[..60_000],
        &deep_object[..60_000],
    ] {
        app.send_json(Method::PUT, PATH, body.to_owned()).await.problem(400, "invalid-json");
    }
    app.send_json(Method::PUT, PATH, &b"{\"model\":\"\xff\"}"[..])
        .await
        .problem(400, "invalid-json");
}

#[tokio::test]
async fn what_does_not_fit_is_told_by_name() {
    let app = TestApp::new().await;
    for (body, expected) in [
        ("{}", "missing field `model`"),
        ("[]", ""),
        ("null", ""),
        ("{\"model\":1}", "model: invalid type: integer `1`"),
        ("{\"model\":null}", "model: invalid type: null"),
        ("{\"model\":\"plain\",\"modle\":1}", "unknown field `modle`"),
        ("{\"model\":\"plain\",\"model\":\"other\"}", "duplicate field `model`"),
    ] {
        let answer = app.send_json(Method::PUT, PATH, body).await;
        let problem = answer.problem(422, "invalid-body");
        assert!(problem["detail"].as_str().unwrap().contains(expected), "{problem}");
    }
}

#[tokio::test]
async fn only_declared_json_is_taken() {
    let app = TestApp::new().await;
    let types = [
        (None, false),
        (Some("text/plain"), false),
        (Some("application/jsonp"), false),
        (Some("application/merge-patch+json"), false),
        (Some("application/json; charset=latin1"), false),
        (Some("application/json"), true),
        (Some("Application/JSON; charset=UTF-8"), true),
    ];
    for (content_type, taken) in types {
        let mut request = request(Method::PUT, PATH, "{\"model\":\"plain\"}");
        if let Some(content_type) = content_type {
            let value = HeaderValue::from_str(content_type).unwrap();
            request.headers_mut().insert(header::CONTENT_TYPE, value);
        }
        let answer = app.send(request).await;
        if taken {
            answer.ok();
        } else {
            answer.problem(415, "unsupported-media-type");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_declared_or_not() {
    let app = TestApp::new().await;
    let limit = app.state.max_json_bytes();
    let body = format!("{{\"model\":\"{}\"}}", "x".repeat(limit as usize));
    let problem =
        app.send_json(Method::PUT, PATH, body.clone()).await.problem(413, "body-too-large");
    assert_eq!(problem["limit"], limit);
    let pieces = futures::stream::iter([Ok::<_, std::io::Error>(body)]);
    let answer = app.send_json(Method::PUT, PATH, Body::from_stream(pieces)).await;
    answer.problem(413, "body-too-large");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_incomplete() {
    let app = TestApp::new().await;
    let pieces = [Ok("{\"model\":"), Err(std::io::Error::other("gone"))];
    let body = Body::from_stream(futures::stream::iter(pieces));
    app.send_json(Method::PUT, PATH, body).await.problem(400, "incomplete-body");
}

#[tokio::test]
async fn a_body_that_pauses_for_too_long_is_not_waited_for() {
    let app = TestApp::new().await;
    let body = Body::from_stream(futures::stream::pending::<Result<&str, std::io::Error>>());
    let request = request(Method::PUT, PATH, body);
    let (mut parts, body) = request.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // The same layer as the router's own, with less patience.
    let router = app.router().layer(RequestBodyTimeoutLayer::new(Duration::from_millis(50)));
    let response = router.oneshot(Request::from_parts(parts, body)).await.unwrap();
    Answer::of(response).await.problem(408, "request-timed-out");
}
