//! Presigned URLs of local files, made and used over HTTP.

use std::time::Duration;

use futures::stream;

use super::files::{s3, with_headers};
use super::*;

impl TestApp {
    /// The path and query of a presigned URL.
    async fn presigned(&self, key: &str, wanted: Value) -> String {
        let path = format!("/files/uploads/presigned-url/{key}");
        let answer = self.send_json(Method::POST, &path, wanted.to_string()).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        let url = url::Url::parse(answer.ok()["url"].as_str().unwrap()).unwrap();
        format!("{}?{}", url.path(), url.query().unwrap())
    }

    async fn ask(&self, method: Method, target: &str, content_type: Option<&str>) -> Answer {
        let headers: Vec<_> =
            content_type.map(|value| ("content-type", value)).into_iter().collect();
        self.send(with_headers(request(method, target, "body"), &headers)).await
    }
}

fn get() -> Value {
    serde_json::json!({"method": "GET", "expires_in_seconds": 60})
}

fn put() -> Value {
    serde_json::json!({"method": "PUT", "expires_in_seconds": 60})
}

#[tokio::test]
async fn a_presigned_url_reads_and_writes_its_file() {
    let app = TestApp::new().await;
    for key in ["a/b.txt", "a%20b%2Fc%2B%25", "%C3%A9//x/"] {
        let target = app.presigned(key, put()).await;
        assert!(target.starts_with("/local-files/uploads/"), "{target}");
        app.ask(Method::PUT, &target, Some("text/plain")).await.ok();
        let target = app.presigned(key, get()).await;
        let read = app.ask(Method::GET, &target, None).await;
        assert_eq!((read.status.as_u16(), &*read.body), (200, &b"body"[..]));
        assert_eq!(read.header("content-type"), "text/plain");
        assert_eq!(read.header("content-disposition"), "attachment");
        let part = with_headers(request(Method::GET, &target, ""), &[("range", "bytes=1-2")]);
        let part = app.send(part).await;
        assert_eq!((part.status.as_u16(), &*part.body), (206, &b"od"[..]));
    }
    let target = app.presigned("missing", get()).await;
    app.ask(Method::GET, &target, None).await.problem(404, "unknown-object");
}

#[tokio::test]
async fn a_url_says_what_it_is_for_and_until_when() {
    let app = TestApp::new().await;
    let wanted =
        serde_json::json!({"method": "PUT", "expires_in_seconds": 60, "content_type": "image/png"});
    let path = "/files/uploads/presigned-url/a";
    let answer = app.send_json(Method::POST, path, wanted.to_string()).await.ok();
    assert_eq!(answer["method"], "PUT");
    assert_eq!(answer["headers"], serde_json::json!({"content-type": "image/png"}));
    let expires_at = answer["expires_at"].as_str().unwrap();
    assert!(expires_at.ends_with('Z') && expires_at.starts_with("20"), "{expires_at}");

    for (body, status, code) in [
        (r#"{"method":"GET","expires_in_seconds":0}"#, 422, "invalid-body"),
        (r#"{"method":"GET","expires_in_seconds":604801}"#, 422, "invalid-body"),
        (r#"{"method":"GET","expires_in_seconds":-1}"#, 422, "invalid-body"),
        (r#"{"method":"DELETE","expires_in_seconds":60}"#, 422, "invalid-body"),
        (r#"{"method":"get","expires_in_seconds":60}"#, 422, "invalid-body"),
        (r#"{"method":"GET"}"#, 422, "invalid-body"),
        (r#"{"method":"GET","expires_in_seconds":60,"content_type":"a/b"}"#, 422, "invalid-body"),
        (r#"{"method":"PUT","expires_in_seconds":60,"content_type":"a"}"#, 422, "invalid-body"),
        (r#"{"method":"PUT","expires_in_seconds":60,"key":"b"}"#, 422, "invalid-body"),
        ("{", 400, "invalid-json"),
    ] {
        app.send_json(Method::POST, path, body).await.problem(status, code);
    }
}

#[tokio::test]
async fn a_url_is_refused_for_everything_but_what_it_was_signed_for() {
    let app = TestApp::new().await;
    app.put("/files/uploads/content/a", "old").await.ok();
    let read = app.presigned("a", get()).await;
    let write = app.presigned("a", put()).await;
    let mut typed = put();
    typed["content_type"] = "image/png".into();
    let typed = app.presigned("a", typed).await;

    let other_key = write.replace("/uploads/a?", "/uploads/b?");
    let other_purpose = write.replace("/uploads/a?", "/exports/a?");
    let climbing = write.replace("/uploads/a?", "/uploads/..%2Fa?");
    let unsigned = write.split('?').next().unwrap().to_owned();
    let longer = format!("{write}&x=y");
    let later = write.replace("expires=", "expires=9");
    for (method, target, content_type, code) in [
        (Method::PUT, &read, None, "url-wrong-method"),
        (Method::GET, &write, None, "url-wrong-method"),
        (Method::PUT, &typed, None, "url-wrong-content-type"),
        (Method::PUT, &typed, Some("image/jpeg"), "url-wrong-content-type"),
        (Method::PUT, &other_key, None, "url-tampered"),
        (Method::PUT, &other_purpose, None, "url-tampered"),
        (Method::PUT, &climbing, None, "url-tampered"),
        (Method::PUT, &unsigned, None, "url-tampered"),
        (Method::PUT, &longer, None, "url-tampered"),
        (Method::PUT, &later, None, "url-tampered"),
    ] {
        let answer = app.ask(method.clone(), target, content_type).await;
        answer.problem(403, code);
    }
    assert_eq!(app.ask(Method::HEAD, &read, None).await.status, 403);
    app.ask(Method::DELETE, &write, None).await.problem(405, "method-not-allowed");
    app.ask(Method::GET, "/local-files/other/a", None).await.problem(404, "unknown-route");
    assert_eq!(app.get("/files/uploads/content/a").await.body, "old");
    app.ask(Method::PUT, &typed, Some("image/png")).await.ok();
}

#[tokio::test]
async fn an_expired_url_is_refused() {
    let app = TestApp::new().await;
    let wanted = serde_json::json!({"method": "PUT", "expires_in_seconds": 1});
    let target = app.presigned("a", wanted).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    app.ask(Method::PUT, &target, None).await.problem(403, "url-expired");
    assert!(app.stored().is_empty());
}

#[tokio::test]
async fn nothing_is_read_before_the_signature_was_verified() {
    let app = TestApp::new().await;
    let target = app.presigned("a", put()).await.replace("/uploads/a?", "/uploads/b?");
    let body = stream::poll_fn(|_| -> std::task::Poll<Option<Result<&str, std::io::Error>>> {
        panic!("the body was read")
    });
    let answer = app.send(request(Method::PUT, &target, Body::from_stream(body))).await;
    answer.problem(403, "url-tampered");
    assert!(app.stored().is_empty());
}

#[tokio::test]
async fn the_limit_of_uploads_holds_for_presigned_ones() {
    let app = TestApp::with(&[("MAX_UPLOAD_BYTES", "3")]).await;
    let target = app.presigned("a", put()).await;
    app.ask(Method::PUT, &target, None).await.problem(413, "body-too-large");
    assert!(app.stored().is_empty());
}

#[tokio::test]
async fn the_routes_are_where_the_base_url_leads() {
    for (base, path) in [
        ("https://example.com/some/where/", "/some/where/uploads/a"),
        ("https://example.com", "/uploads/a"),
    ] {
        let app = TestApp::with(&[("LOCAL_STORAGE_BASE_URL", base)]).await;
        let target = app.presigned("a", put()).await;
        assert!(target.starts_with(path), "{target}");
        app.ask(Method::PUT, &target, None).await.ok();
        app.get("/local-files/uploads/a").await.problem(404, "unknown-route");
        app.get("/health/live").await.ok();
        let documented = app.get("/openapi.json").await.ok();
        let path = path.replace("uploads/a", "{purpose}/{key}");
        assert!(documented["paths"][path]["put"].is_object());
    }
}

#[tokio::test]
async fn with_files_on_s3_there_is_no_such_route() {
    let app = TestApp::with(&s3()).await;
    let target = TestApp::new().await.presigned("a", get()).await;
    app.ask(Method::GET, &target, None).await.problem(404, "unknown-route");
    app.ask(Method::PUT, &target, None).await.problem(404, "unknown-route");
    // S3's own URLs need no request.
    let answer = app.send_json(Method::POST, "/files/uploads/presigned-url/a", get().to_string());
    let url = answer.await.ok()["url"].as_str().unwrap().to_owned();
    assert!(url.contains("X-Amz-Signature="), "{url}");
}
