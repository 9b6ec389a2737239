//! Files through the API: on S3 and in local files, and never outside the test's own prefix.

use app::storage::Purpose;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::env::TestEnv;
use crate::plain_http;

mod local_urls;
mod reading;
mod uploads;

async fn on_each_storage(body: impl AsyncFn(&TestEnv, &Api, &str)) {
    on_each_storage_with(&[], body).await;
}

async fn on_each_storage_with(changes: &[(&str, &str)], body: impl AsyncFn(&TestEnv, &Api, &str)) {
    TestEnv::run(async |env| {
        env.bucket(Purpose::Uploads);
        for backend in ["s3", "local"] {
            let mut changes = changes.to_vec();
            changes.push(("STORAGE_BACKEND", backend));
            body(env, &*env.serve_with(&changes).await, backend).await;
        }
    })
    .await;
}

/// Uploads what there is to be read, listed or replaced.
async fn put(app: &Api, path: &str, body: impl Into<Bytes>) -> Answer {
    let answer = app.send(Method::PUT, path, &[], body).await;
    assert!(answer.status.is_success(), "{path}: {answer:?}");
    answer
}

/// The keys of a list of uploads.
async fn keys(app: &Api, query: &str) -> Vec<String> {
    let page = app.get(&format!("/files/uploads{query}")).await.json();
    let entries = page["entries"].as_array().unwrap().iter();
    entries.map(|entry| entry["key"].as_str().unwrap().to_owned()).collect()
}

/// The URL that the app signs for a key of the uploads.
async fn presigned(app: &Api, key: &str, request: Value) -> String {
    let path = format!("/files/uploads/presigned-url/{key}");
    let answer = app.post(&path, request).await.json();
    answer["url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_is_read_back_with_its_type_and_metadata() {
    on_each_storage(async |_, app, _| {
        let path = "/files/uploads/content/reports/first%20quarter.pdf";
        let headers = [("content-type", "application/pdf"), ("x-meta-author", "ada")];
        let put = app.send(Method::PUT, path, &headers, "%PDF-1.7").await;
        assert!(put.status.is_success(), "{put:?}");
        let got = app.get(path).await;
        assert_eq!(got.body, "%PDF-1.7");
        assert_eq!(got.headers["content-type"], "application/pdf");
        assert_eq!(got.headers["x-meta-author"], "ada");
        let metadata = app.get("/files/uploads/metadata/reports/first%20quarter.pdf").await.json();
        assert_eq!(metadata["size_bytes"], 8);
        assert_eq!(metadata["content_type"], "application/pdf");
    })
    .await;
}

#[tokio::test]
async fn a_deleted_file_is_gone() {
    on_each_storage(async |_, app, _| {
        let path = "/files/uploads/content/a";
        put(app, path, "one").await;
        for _ in 0..2 {
            assert_eq!(app.delete(path).await.status.as_u16(), 204);
            assert_eq!(app.get(path).await.problem(404)["code"], "unknown-object");
        }
    })
    .await;
}

#[tokio::test]
async fn a_listing_shows_what_is_there() {
    on_each_storage(async |_, app, _| {
        for key in ["a", "b/one", "b/two", "c"] {
            put(app, &format!("/files/uploads/content/{key}"), key).await;
        }
        assert_eq!(keys(app, "").await, ["a", "b/one", "b/two", "c"]);
        assert_eq!(keys(app, "?prefix=b/").await, ["b/one", "b/two"]);
        assert_eq!(keys(app, "?limit=2").await, ["a", "b/one"]);
    })
    .await;
}

#[tokio::test]
async fn a_presigned_url_works_without_the_app() {
    on_each_storage(async |_, app, _| {
        let url = presigned(app, "by-url", json!({ "method": "PUT", "expires_in_seconds": 60 }));
        let answer = plain_http::send(Method::PUT, &url.await, &[], "by url").await;
        assert!(answer.status().is_success(), "{answer:?}");
        let url = presigned(app, "by-url", json!({ "method": "GET", "expires_in_seconds": 60 }));
        let answer = plain_http::send(Method::GET, &url.await, &[], "").await;
        assert_eq!(answer.body(), "by url");
    })
    .await;
}

#[tokio::test]
async fn files_stay_inside_the_prefix() {
    TestEnv::run(async |env| {
        let bucket = env.bucket(Purpose::Uploads);
        let app = env.serve_with(&[("STORAGE_BACKEND", "s3")]).await;
        for key in ["plain", "deep/er", "..%2Fout", "%2e%2e/%2e%2e/out", "a/../../out", "%2Fout"] {
            // Whatever it answers: what it has written lies below.
            app.send(Method::PUT, &format!("/files/uploads/content/{key}"), &[], "x").await;
        }
        let mut keys = env.keys_in(&bucket).await;
        keys.sort();
        let expected = ["deep/er", "plain"].map(|key| format!("{}{key}", env.key_prefix()));
        assert_eq!(keys, expected);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_climbs_out_is_refused() {
    on_each_storage(async |_, app, _| {
        for key in ["..%2F..%2Fout", "a%2F..%2F..%2Fout", "%2Fout", "a%00b", "%FF"] {
            let path = format!("/files/uploads/content/{key}");
            let code = if key == "%FF" { "invalid-path" } else { "invalid-key" };
            for method in [Method::GET, Method::PUT, Method::DELETE] {
                let problem = app.send(method, &path, &[], "").await.problem(400);
                assert_eq!(problem["code"], code, "{key}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn where_there_is_no_cdn_the_api_says_so() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let answer = app.get("/files/uploads/cdn-url/a").await;
        assert_eq!(answer.problem(404)["code"], "cdn-not-configured");
        env.bucket(Purpose::Uploads);
        let changes = [("STORAGE_BACKEND", "s3"), ("CLOUDFRONT_DOMAIN", "d123.cloudfront.net")];
        let app = env.serve_with(&changes).await;
        let answer = app.get("/files/uploads/cdn-url/a%20b").await.json();
        let expected = format!("https://d123.cloudfront.net/{}a%20b", env.key_prefix());
        assert_eq!(answer["url"], expected);
    })
    .await;
}
