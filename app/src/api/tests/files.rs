//! Files written and read over HTTP.

mod keys;
mod lists;
mod ranges;
mod streams;
mod uploads;

use std::path::{Path, PathBuf};

use super::*;
use crate::storage::Purpose;

/// Where the test's file is.
const FILE: &str = "/files/uploads/content/a/b.txt";

impl TestApp {
    pub(super) async fn put(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.put_with(path, &[], body).await
    }

    pub(super) async fn put_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        self.send(with_headers(request(Method::PUT, path, body), headers)).await
    }

    pub(super) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(with_headers(request(Method::GET, path, Body::empty()), headers)).await
    }

    /// Every file below the folder of local files, without folders.
    pub(super) fn stored(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(&self.folder.path().join("files"), &mut files);
        files.sort();
        files
    }
}

pub(super) fn with_headers(mut request: Request<Body>, headers: &[(&str, &str)]) -> Request<Body> {
    for (name, value) in headers {
        let name = header::HeaderName::try_from(*name).unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => collect(&entry.path(), files),
            false => files.push(entry.path()),
        }
    }
}

#[tokio::test]
async fn a_file_comes_back_as_it_was_written() {
    let app = TestApp::new().await;
    let headers = [("content-type", "text/plain; charset=utf-8"), ("x-meta-origin", "a test")];
    let written = app.put_with(FILE, &headers, "hello").await;
    let json = written.ok();
    assert_eq!((&json["key"], &json["size_bytes"]), (&"a/b.txt".into(), &5.into()));
    assert_eq!(json["etag"], written.header("etag"));

    let read = app.get(FILE).await;
    assert_eq!((read.status.as_u16(), &*read.body), (200, &b"hello"[..]));
    for (name, value) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-length", "5"),
        ("x-meta-origin", "a test"),
        ("accept-ranges", "bytes"),
        ("etag", written.header("etag")),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "attachment"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "private, no-cache"),
    ] {
        assert_eq!(read.header(name), value, "{name}");
    }
    assert!(read.header("last-modified").ends_with(" GMT"));

    let head = app.send(request(Method::HEAD, FILE, Body::empty())).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    for name in ["content-type", "content-length", "etag", "last-modified", "x-meta-origin"] {
        assert_eq!(head.header(name), read.header(name), "{name}");
    }

    let metadata = app.get("/files/uploads/metadata/a/b.txt").await.ok();
    assert_eq!(metadata["key"], "a/b.txt");
    assert_eq!(metadata["size_bytes"], 5);
    assert_eq!(metadata["content_type"], "text/plain; charset=utf-8");
    assert_eq!(metadata["etag"], written.header("etag"));
    assert_eq!(metadata["metadata"], serde_json::json!({"origin": "a test"}));
    assert!(metadata["last_modified"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn a_deleted_file_is_gone_and_may_be_deleted_again() {
    let app = TestApp::new().await;
    app.put(FILE, "hello").await.ok();
    for _ in 0..2 {
        let answer = app.send(request(Method::DELETE, FILE, Body::empty())).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
    }
    app.get(FILE).await.problem(404, "unknown-object");
    app.get("/files/uploads/metadata/a/b.txt").await.problem(404, "unknown-object");
    let head = app.send(request(Method::HEAD, FILE, Body::empty())).await;
    assert_eq!(head.status, 404);
}

#[tokio::test]
async fn purposes_are_apart_and_no_other_is_one() {
    let app = TestApp::new().await;
    for purpose in Purpose::ALL {
        app.get(&format!("/files/{purpose}/content/x")).await.problem(404, "unknown-object");
        app.put(&format!("/files/{purpose}/content/x"), purpose.as_str()).await.ok();
    }
    for purpose in Purpose::ALL {
        assert_eq!(app.get(&format!("/files/{purpose}/content/x")).await.body, purpose.as_str());
    }
    for unknown in ["Uploads", "other", "..", "%2e%2e"] {
        app.get(&format!("/files/{unknown}/content/x")).await.problem(400, "invalid-path");
        app.get(&format!("/files/{unknown}")).await.problem(400, "invalid-path");
    }
}

#[tokio::test]
async fn what_is_known_already_does_not_come_again() {
    let app = TestApp::new().await;
    let etag = app.put(FILE, "hello").await.header("etag").to_owned();
    for known in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
        for method in [Method::GET, Method::HEAD] {
            let asked =
                with_headers(request(method, FILE, Body::empty()), &[("if-none-match", &known)]);
            let answer = app.send(asked).await;
            assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0), "{known}");
            assert_eq!(answer.header("etag"), etag);
            assert_eq!(answer.header("content-length"), "5");
        }
    }
    for other in ["\"x\"", "", "hello"] {
        assert_eq!(app.get_with(FILE, &[("if-none-match", other)]).await.status, 200, "{other}");
    }
}

#[tokio::test]
async fn without_a_cdn_there_is_no_public_address() {
    let path = "/files/uploads/cdn-url/a/b%20c.txt";
    TestApp::new().await.get(path).await.problem(404, "cdn-not-configured");
    let app = TestApp::with(&[s3(), vec![("CLOUDFRONT_DOMAIN", "cdn.example.com")]].concat()).await;
    assert_eq!(app.get(path).await.ok()["url"], "https://cdn.example.com/a/b%20c.txt");
}

/// Files on S3; nobody answers there.
pub(super) fn s3() -> Vec<(&'static str, &'static str)> {
    let buckets = Purpose::ALL.map(|purpose| (purpose.bucket_variable(), purpose.as_str()));
    [&[("STORAGE_BACKEND", "s3")][..], &buckets].concat()
}
