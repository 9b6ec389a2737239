//! Whatever goes wrong is a problem document with a request id, and gives nothing away.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, header};
use axum::routing::get;
use tower::ServiceExt;

use super::{Answer, TestApp, request};
use crate::api::{ApiError, Code, REQUEST_ID, with_layers};
use crate::storage::{ByteRange, ObjectKey, StorageError};

#[tokio::test]
async fn unknown_routes_are_problems() {
    let app = TestApp::new().await;
    for path in ["/", "/nope", "/users/a/b/c", "/health", "/users/a/model/"] {
        app.get(path).await.problem(404, "unknown-route");
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_told_which_it_takes() {
    let app = TestApp::new().await;
    for (method, path, allow) in [
        (Method::POST, "/models", "GET,HEAD"),
        (Method::PATCH, "/users/a/model", "DELETE,GET,HEAD,PUT"),
        (Method::GET, "/users/a/generate", "POST"),
        (Method::TRACE, "/health/live", "GET,HEAD"),
    ] {
        let answer = app.send(request(method, path, Body::empty())).await;
        answer.problem(405, "method-not-allowed");
        let mut allowed: Vec<_> = answer.header(header::ALLOW).split(',').collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), allow, "{path}");
    }
}

#[tokio::test]
async fn head_works_where_get_does() {
    let app = TestApp::new().await;
    for path in ["/health/live", "/health/ready", "/openapi.json", "/models", "/users/a/model"] {
        let answer = app.send(request(Method::HEAD, path, Body::empty())).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.body.is_empty());
    }
    let answer = app.send(request(Method::HEAD, "/nope", Body::empty())).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn parts_of_paths_are_checked() {
    let app = TestApp::new().await;
    let long = format!("/users/{}/model", "a".repeat(60_000));
    for path in
        ["/users//model", "/users/%ff/model", "/users/%00/model", "/users/a%0Ab/model", &long]
    {
        let problem = app.get(path).await.problem(400, "invalid-path");
        assert!(problem["detail"].as_str().unwrap().len() < 300);
    }
    for path in ["/users/a%2Fb/model", "/users/'%20OR%201=1;--/model", "/users/%F0%9F%A6%80/model"]
    {
        app.get(path).await.ok();
    }
    app.get("/models/%ff").await.problem(400, "invalid-path");
}

#[tokio::test]
async fn a_request_id_is_taken_over_if_it_is_well_formed() {
    let app = TestApp::new().await;
    for (given, taken) in [("abc-1_Z", true), ("a b", false), ("", false), (&"x".repeat(65), false)]
    {
        let mut request = request(Method::GET, "/nope", Body::empty());
        request.headers_mut().insert(REQUEST_ID, HeaderValue::from_str(given).unwrap());
        let answer = app.send(request).await;
        answer.problem(404, "unknown-route");
        assert_eq!(answer.header(REQUEST_ID) == given, taken, "{given}");
    }
    let first = app.get("/health/live").await;
    let second = app.get("/health/live").await;
    assert_ne!(first.header(REQUEST_ID), second.header(REQUEST_ID));
}

#[tokio::test]
async fn headers_that_belong_to_an_error_are_sent() {
    let throttled = || async {
        Err::<(), _>(
            ApiError::new(Code::ModelThrottled, "a").retry_after(Duration::from_millis(1_001)),
        )
    };
    let range = || async {
        let key = ObjectKey::new("a").unwrap();
        let range = ByteRange::from(7);
        let error = StorageError::RangeNotSatisfiable { key, range, size_bytes: Some(5) };
        Err::<(), _>(ApiError::from(error))
    };
    let router =
        with_layers(Router::new().route("/throttled", get(throttled)).route("/range", get(range)));
    let send = async |path| {
        let request = request(Method::GET, path, Body::empty());
        Answer::of(router.clone().oneshot(request).await.unwrap()).await
    };
    let answer = send("/throttled").await;
    assert_eq!(answer.problem(503, "model-throttled")["retry_after_seconds"], 2);
    assert_eq!(answer.header(header::RETRY_AFTER), "2");
    let answer = send("/range").await;
    answer.problem(416, "range-not-satisfiable");
    assert_eq!(answer.header(header::CONTENT_RANGE), "bytes */5");
}

#[tokio::test]
async fn what_is_a_secret_stays_in_the_log() {
    let fail = || async {
        Err::<(), _>(
            ApiError::new(Code::S3Failed, "failed")
                .cause("hunter2 arn:aws:iam::123456789012:user/x")
                .operator_hint("hunter2"),
        )
    };
    let panic = || async {
        if true {
            panic!("hunter2");
        }
    };
    let bare = || async { axum::http::StatusCode::BAD_GATEWAY };
    let routes = Router::new()
        .route("/fail", get(fail))
        .route("/panic", get(panic))
        .route("/bare", get(bare));
    let router = with_layers(routes);
    for (path, status, code) in
        [("/fail", 502, "s3-failed"), ("/panic", 500, "internal"), ("/bare", 500, "internal")]
    {
        let request = request(Method::GET, path, Body::empty());
        let answer = Answer::of(router.clone().oneshot(request).await.unwrap()).await;
        let problem = answer.problem(status, code).to_string();
        assert!(!problem.contains("hunter2") && !problem.contains("123456789012"), "{problem}");
    }
}
