//! What the API answers to requests that are none of its own: always a problem document.

use http::Method;

use crate::env::TestEnv;

#[tokio::test]
async fn an_unknown_path_is_a_problem() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for path in ["/", "/user/ada/model", "/users/ada", "/models/nova-lite/more", "/%2e%2e/etc"]
        {
            assert_eq!(app.get(path).await.problem(404)["code"], "unknown-route", "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_method_names_the_right_ones() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let answer = app.send(Method::POST, "/users/ada/model", &[], "").await;
        assert_eq!(answer.problem(405)["code"], "method-not-allowed");
        let allowed = answer.headers["allow"].to_str().unwrap();
        for method in ["GET", "PUT", "DELETE"] {
            assert!(allowed.contains(method), "{allowed}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_id_is_kept_if_it_is_one() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let kept = app.send(Method::GET, "/models", &[("x-request-id", "abc-123")], "").await;
        assert_eq!(kept.headers["x-request-id"], "abc-123");
        let long = "a".repeat(65);
        for hostile in ["a b", "<script>", long.as_str()] {
            let answer = app.send(Method::GET, "/models", &[("x-request-id", hostile)], "").await;
            assert_ne!(answer.headers["x-request-id"], hostile);
        }
    })
    .await;
}

#[tokio::test]
async fn health_is_told_without_credentials() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        assert!(app.get("/health/live").await.status.is_success());
        assert!(app.get("/health/ready").await.status.is_success());
    })
    .await;
}

#[tokio::test]
async fn the_openapi_document_is_served() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let document = app.get("/openapi.json").await.json();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        for path in ["/users/{user}/model", "/users/{user}/generate/stream", "/files/{purpose}"] {
            assert!(document["paths"][path].is_object(), "{path}");
        }
    })
    .await;
}
