//! Input that means harm, or looks as if: an answer each time, and nothing that should not be.

use http::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{choose, current, generate, switches};
use crate::api::Api;
use crate::env::TestEnv;

#[tokio::test]
async fn sql_in_a_user_id_is_a_user_id() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        choose(&app, "ada", "nova-micro").await.json();
        for hostile in [
            "'; DROP TABLE preferences; --",
            "ada' OR '1'='1",
            "ada'--",
            "ada\"; DELETE FROM switches",
            "%' UNION SELECT * FROM sqlite_master --",
            "ada/*",
            "$1",
            "?",
        ] {
            let user = encoded(hostile);
            assert_eq!(current(&app, &user).await.1, "default", "{hostile}");
            choose(&app, &user, "llama-3-8b").await.json();
            assert_eq!(current(&app, &user).await.0, "llama-3-8b", "{hostile}");
            app.delete(&format!("/users/{user}/model")).await.json();
            let expected = [(json!("llama-3-8b"), json!(null)), (json!(null), json!("llama-3-8b"))];
            assert_eq!(switches(&app, &user).await, expected, "{hostile}");
        }
        assert_eq!(current(&app, "ada").await.0, "nova-micro");
        assert_eq!(switches(&app, "ada").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn sql_in_a_model_id_is_an_unknown_model() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for hostile in ["nova-micro'; --", "nova-micro' OR '1'='1", "NOVA-MICRO", " nova-micro"] {
            let answer = choose(&app, "ada", hostile).await;
            assert_eq!(answer.problem(404)["code"], "unknown-model", "{hostile}");
        }
        assert_eq!(current(&app, "ada").await.1, "default");
    })
    .await;
}

#[tokio::test]
async fn user_ids_have_a_length() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        choose(&app, &"a".repeat(256), "nova-micro").await.json();
        for bytes in [257, 10_000] {
            let path = format!("/users/{}/model", "a".repeat(bytes));
            let problem = app.get(&path).await.problem(400);
            assert_eq!(problem["code"], "invalid-path");
            assert!(problem.to_string().len() < 1_000, "it repeats the id");
        }
        // Bytes and not characters.
        let path = format!("/users/{}/model", encoded(&"ä".repeat(129)));
        app.get(&path).await.problem(400);
    })
    .await;
}

/// A head of a megabyte is refused by the server itself, and the server lives on.
#[tokio::test]
async fn a_user_id_of_a_megabyte_is_refused() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let head = format!("GET /users/{}/model HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(1 << 20));
        let answer = raw(&app, head.as_bytes()).await;
        let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
        assert!(["414", "431"].contains(&status.as_str()), "{answer:.80}");
        assert_eq!(current(&app, "ada").await.1, "default");
    })
    .await;
}

#[tokio::test]
async fn a_model_id_of_a_megabyte_is_an_unknown_model() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let long = "a".repeat(1 << 20);
        let chosen = choose(&app, "ada", &long).await;
        let asked = app.post("/users/ada/generate", json!({ "prompt": "a", "model": long })).await;
        for answer in [chosen, asked] {
            let problem = answer.problem(404);
            assert_eq!(problem["code"], "unknown-model");
            assert!(problem.to_string().len() < 1_000, "it repeats the id");
        }
        assert_eq!(current(&app, "ada").await.1, "default");
    })
    .await;
}

#[tokio::test]
async fn a_path_that_is_not_utf_8_is_refused() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for path in
            ["/users/%FF/model", "/users/ada%C3/model", "/models/%FF", "/users/%C0%AF/model"]
        {
            assert_eq!(app.get(path).await.problem(400)["code"], "invalid-path", "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn control_characters_in_a_user_id_are_refused() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for user in ["%00", "ada%00", "ada%0A", "%7F", "ada%C2%85", "%1B[2J"] {
            let answer = app.get(&format!("/users/{user}/model")).await;
            assert_eq!(answer.problem(400)["code"], "invalid-path", "{user}");
        }
    })
    .await;
}

#[tokio::test]
async fn deep_json_is_refused() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for (open, close) in [("[", "]"), ("{\"model\":", "}")] {
            let body = format!("{}1{}", open.repeat(5_000), close.repeat(5_000));
            let headers = [("content-type", "application/json")];
            let answer = app.send(Method::PUT, "/users/ada/model", &headers, body).await;
            assert_eq!(answer.problem(400)["code"], "invalid-json");
        }
    })
    .await;
}

#[tokio::test]
async fn broken_bodies_are_refused_by_what_is_wrong() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let json = ("content-type", "application/json");
        for (header, body, status, code) in [
            (json, &b"{\"model\": \"nova-micro\""[..], 400, "invalid-json"),
            (json, b"", 400, "invalid-json"),
            (json, b"\xff\xfe", 400, "invalid-json"),
            (json, b"{\"model\": \"\xff\"}", 400, "invalid-json"),
            (json, b"{\"model\": 7}", 422, "invalid-body"),
            (json, b"{\"model\": null}", 422, "invalid-body"),
            (json, b"{}", 422, "invalid-body"),
            (json, b"[]", 422, "invalid-body"),
            (json, b"{\"model\": \"nova-micro\", \"more\": 1}", 422, "invalid-body"),
            (json, b"{\"model\": \"nova-micro\", \"model\": \"nova-lite\"}", 422, "invalid-body"),
            (
                ("content-type", "text/plain"),
                b"{\"model\": \"nova-micro\"}",
                415,
                "unsupported-media-type",
            ),
            (("x-other", "1"), b"{\"model\": \"nova-micro\"}", 415, "unsupported-media-type"),
        ] {
            let answer = app.send(Method::PUT, "/users/ada/model", &[header], body).await;
            let shown = String::from_utf8_lossy(body).into_owned();
            assert_eq!(answer.problem(status)["code"], code, "{shown}");
        }
        assert_eq!(current(&app, "ada").await.1, "default");
    })
    .await;
}

#[tokio::test]
async fn a_prompt_that_is_not_utf_8_is_refused() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let headers = [("content-type", "application/json")];
        for path in ["/users/ada/generate", "/users/ada/generate/stream"] {
            for body in [&b"{\"prompt\": \"caf\xe9\"}"[..], b"{\"prompt\": \"\xed\xa0\x80\"}"] {
                let answer = app.send(Method::POST, path, &headers, body).await;
                assert_eq!(answer.problem(400)["code"], "invalid-json", "{path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn prompts_are_checked_before_any_model_is_called() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        for body in [
            json!({}),
            json!({ "prompt": "" }),
            json!({ "prompt": 1 }),
            json!({ "prompt": "a\u{0}b" }),
            json!({ "prompt": "a", "max_tokens": 0 }),
            json!({ "prompt": "a", "max_tokens": -1 }),
            json!({ "prompt": "a", "max_tokens": "9" }),
            json!({ "prompt": "a", "max_tokens": 1.5 }),
            json!({ "prompt": "a", "temperature": 1.1 }),
            json!({ "prompt": "a", "temperature": "hot" }),
            json!({ "prompt": "a", "anthropic_version": "x" }),
        ] {
            for path in ["/users/ada/generate", "/users/ada/generate/stream"] {
                let answer = app.post(path, body.clone()).await;
                assert_eq!(answer.problem(422)["code"], "invalid-body", "{body}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_prompt_beyond_every_limit_is_refused() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        // More than any model of the catalogue takes, but not more than the API reads.
        let problem = generate(&app, "ada", &"x".repeat(900_000)).await.problem(413);
        assert_eq!(problem["code"], "input-too-long");
        assert!(problem["limit"].as_u64().is_some_and(|limit| limit < 900_000), "{problem}");
        let problem = generate(&app, "ada", &"x".repeat(8 << 20)).await.problem(413);
        assert_eq!(problem["code"], "body-too-large");
    })
    .await;
}

#[tokio::test]
async fn half_a_request_disturbs_nobody() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let mut half = connect(&app).await;
        let head = "PUT /users/ada/model HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"model\"";
        half.write_all(head.as_bytes()).await.unwrap();
        drop(half);
        for garbage in ["\0\0\0\0", "GET\r\n\r\n", "BREW /pot HTCPCP/1.0\r\n\r\n"] {
            let mut stream = connect(&app).await;
            stream.write_all(garbage.as_bytes()).await.unwrap();
        }
        choose(&app, "ada", "nova-micro").await.json();
    })
    .await;
}

async fn connect(api: &Api) -> TcpStream {
    let url = api.url("");
    TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Sends bytes and reads until the server closes, or for as much as a head of an answer.
async fn raw(api: &Api, bytes: &[u8]) -> String {
    let mut stream = connect(api).await;
    // The server may answer and close before it has read all.
    let _ = stream.write_all(bytes).await;
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).await.unwrap_or_default();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

/// As one segment of a path.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
