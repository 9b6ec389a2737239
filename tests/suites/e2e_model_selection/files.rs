//! Files through the API: on S3 and in local files, and never outside the test's own prefix.

use app::storage::Purpose;
use http::Method;
use serde_json::json;

use crate::api::Api;
use crate::env::TestEnv;
use crate::plain_http;

async fn on_each_storage(body: impl AsyncFn(&TestEnv, &Api, &str)) {
    TestEnv::run(async |env| {
        env.bucket(Purpose::Uploads);
        let on_s3 = env.serve_with(&[("STORAGE_BACKEND", "s3")]).await;
        body(env, &on_s3, "s3").await;
        let on_files = env.serve().await;
        body(env, &on_files, "local").await;
    })
    .await;
}

#[tokio::test]
async fn a_file_is_read_back_with_its_type() {
    on_each_storage(async |_, app, _| {
        let path = "/files/uploads/content/reports/first%20quarter.pdf";
        let headers = [("content-type", "application/pdf")];
        let put = app.send(Method::PUT, path, &headers, "%PDF-1.7").await;
        assert!(put.status.is_success(), "{put:?}");
        let got = app.get(path).await;
        assert_eq!(
            (got.text().as_str(), &got.headers["content-type"]),
            ("%PDF-1.7", &"application/pdf".parse().unwrap())
        );
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
        assert!(app.send(Method::PUT, path, &[], "one").await.status.is_success());
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
            let path = format!("/files/uploads/content/{key}");
            assert!(app.send(Method::PUT, &path, &[], key.to_owned()).await.status.is_success());
        }
        let keys = async |query: &str| -> Vec<String> {
            let page = app.get(&format!("/files/uploads{query}")).await.json();
            let entries = page["entries"].as_array().unwrap().iter();
            entries.map(|entry| entry["key"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(keys("").await, ["a", "b/one", "b/two", "c"]);
        assert_eq!(keys("?prefix=b/").await, ["b/one", "b/two"]);
        assert_eq!(keys("?limit=2").await, ["a", "b/one"]);
    })
    .await;
}

#[tokio::test]
async fn a_presigned_url_works_without_the_app() {
    on_each_storage(async |_, app, _| {
        let put = app.post(
            "/files/uploads/presigned-url/by-url",
            json!({ "method": "PUT", "expires_in_seconds": 60 }),
        );
        let put = put.await.json();
        let answer =
            plain_http::send(Method::PUT, put["url"].as_str().unwrap(), &[], "by url").await;
        assert!(answer.status().is_success(), "{answer:?}");
        let get = app.post(
            "/files/uploads/presigned-url/by-url",
            json!({ "method": "GET", "expires_in_seconds": 60 }),
        );
        let url = get.await.json()["url"].as_str().unwrap().to_owned();
        let answer = plain_http::send(Method::GET, &url, &[], "").await;
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
            let answer = app.get(&format!("/files/uploads/content/{key}")).await;
            answer.problem(400);
        }
    })
    .await;
}

#[tokio::test]
async fn where_there_is_no_cdn_the_api_says_so() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let answer = app.get("/files/uploads/cdn-url/a").await;
        assert_eq!(answer.problem(answer.status.as_u16())["code"], "cdn-not-configured");
        assert!(answer.status.is_client_error());
        env.bucket(Purpose::Uploads);
        let changes = [("STORAGE_BACKEND", "s3"), ("CLOUDFRONT_DOMAIN", "d123.cloudfront.net")];
        let app = env.serve_with(&changes).await;
        let answer = app.get("/files/uploads/cdn-url/a%20b").await.json();
        let expected = format!("https://d123.cloudfront.net/{}a%20b", env.key_prefix());
        assert_eq!(answer["url"], expected);
    })
    .await;
}
