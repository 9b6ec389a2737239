//! Presigned URLs of local files, which the app itself has to refuse where they do not fit.

use std::time::Duration;

use super::*;
use crate::env::Server;

/// Serves a file that the app's URLs lead to.
async fn serve(env: &TestEnv) -> Server {
    let app = env.serve().await;
    put(&app, "/files/uploads/content/mine", "mine").await;
    put(&app, "/files/uploads/content/theirs", "theirs").await;
    put(&app, "/files/exports/content/mine", "exported").await;
    app
}

/// Follows a URL of `app`, with a body where the method has one.
async fn follow(app: &Api, method: Method, url: &str, headers: &[(&str, &str)]) -> Answer {
    let body = if method == Method::PUT { "overwritten" } else { "" };
    app.send(method, url.strip_prefix(&app.url("")).unwrap(), headers, body).await
}

#[tokio::test]
async fn a_url_that_was_changed_is_refused() {
    TestEnv::run(async |env| {
        let app = serve(env).await;
        let request = json!({ "method": "GET", "expires_in_seconds": 60 });
        let url = presigned(&app, "mine", request).await;
        assert_eq!(follow(&app, Method::GET, &url, &[]).await.body, "mine");

        let (unsigned, signature) = url.split_once("&signature=").unwrap();
        let reversed: String = signature.chars().rev().collect();
        for changed in [
            url.replace("/mine?", "/theirs?"),
            url.replace("/uploads/", "/exports/"),
            url.replace("method=GET", "method=PUT"),
            url.replace("expires=", "expires=9"),
            format!("{unsigned}&signature={reversed}"),
            format!("{unsigned}&signature="),
            format!("{url}&more=1"),
            unsigned.to_owned(),
            unsigned.split_once('?').unwrap().0.to_owned(),
        ] {
            for method in [Method::GET, Method::PUT] {
                let problem = follow(&app, method, &changed, &[]).await.problem(403);
                assert_eq!(problem["code"], "url-tampered", "{changed}");
                let detail = "presigned URL was not signed by this app, or was changed";
                assert_eq!(problem["detail"], detail);
            }
        }
        assert_eq!(app.get("/files/uploads/content/mine").await.body, "mine");
    })
    .await;
}

#[tokio::test]
async fn a_url_that_has_expired_is_refused() {
    TestEnv::run(async |env| {
        let app = serve(env).await;
        let request = json!({ "method": "GET", "expires_in_seconds": 1 });
        let url = presigned(&app, "mine", request).await;
        // It ends with the second after this one: the shortest life that there is.
        let mut answer = follow(&app, Method::GET, &url, &[]).await;
        for _ in 0..100 {
            if !answer.status.is_success() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            answer = follow(&app, Method::GET, &url, &[]).await;
        }
        let problem = answer.problem(403);
        assert_eq!(problem["code"], "url-expired");
        assert!(problem["detail"].as_str().unwrap().starts_with("presigned URL expired "));
    })
    .await;
}

#[tokio::test]
async fn a_url_is_for_one_method_and_one_type() {
    TestEnv::run(async |env| {
        let app = serve(env).await;
        let get = json!({ "method": "GET", "expires_in_seconds": 60 });
        let get = presigned(&app, "mine", get).await;
        let put = json!({ "method": "PUT", "expires_in_seconds": 60, "content_type": "image/png" });
        let put = presigned(&app, "mine", put).await;
        let (png, html) = ([("content-type", "image/png")], [("content-type", "text/html")]);
        for (method, url, headers, code) in [
            (Method::PUT, &get, &png[..], "url-wrong-method"),
            (Method::GET, &put, &png, "url-wrong-method"),
            (Method::PUT, &put, &html, "url-wrong-content-type"),
            (Method::PUT, &put, &[], "url-wrong-content-type"),
        ] {
            let problem = follow(&app, method, url, headers).await.problem(403);
            assert_eq!(problem["code"], code);
        }
        assert_eq!(app.get("/files/uploads/content/mine").await.body, "mine");
        assert!(follow(&app, Method::PUT, &put, &png).await.status.is_success());
        let overwritten = app.get("/files/uploads/content/mine").await;
        assert_eq!(overwritten.body, "overwritten");
        assert_eq!(overwritten.headers["content-type"], "image/png");
    })
    .await;
}

/// Each server has a signing key of its own where none is set.
#[tokio::test]
async fn a_url_of_another_server_is_refused() {
    TestEnv::run(async |env| {
        let (app, other) = (serve(env).await, env.serve().await);
        let request = json!({ "method": "GET", "expires_in_seconds": 60 });
        let url = presigned(&other, "mine", request).await;
        assert_eq!(follow(&other, Method::GET, &url, &[]).await.body, "mine");
        let url = url.replace(&other.url(""), &app.url(""));
        let problem = follow(&app, Method::GET, &url, &[]).await.problem(403);
        assert_eq!(problem["code"], "url-tampered");
    })
    .await;
}
