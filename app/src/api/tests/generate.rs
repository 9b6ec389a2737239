//! Prompts, answered by an endpoint of the test's own.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{TestApp, fake_aws};

pub(super) async fn good_answer() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], r#"[{"generated_text":"red\n green"}]"#)
}

const PATH: &str = "/users/ada/generate";
const STREAM: &str = "/users/ada/generate/stream";
const PROMPT: &str = r#"{"prompt":"Name two colours.","model":"other"}"#;

#[tokio::test]
async fn an_answer_comes_as_a_whole_or_as_events() {
    let app = TestApp::with_models_at(&fake_aws(good_answer).await).await;
    let answer = app.send_json(Method::POST, PATH, PROMPT).await.ok();
    assert_eq!((&answer["model"], &answer["text"]), (&json!("other"), &json!("red\n green")));
    assert!(answer["stop_reason"].is_string());

    let answer = app.send_json(Method::POST, STREAM, PROMPT).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header(header::CONTENT_TYPE), "text/event-stream");
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    let events: Vec<_> = body.trim_end().split("\n\n").collect();
    assert_eq!(events[0], "event: text\ndata: {\"text\":\"red\\n green\"}");
    let end = events[1].strip_prefix("event: end\ndata: ").unwrap();
    let end: Value = serde_json::from_str(end).unwrap();
    assert_eq!(end["model"], "other");
    assert_eq!(events.len(), 2);
}

#[tokio::test]
async fn the_users_choice_answers_unless_the_request_names_another_model() {
    let app = TestApp::with_models_at(&fake_aws(good_answer).await).await;
    app.send_json(Method::PUT, "/users/ada/model", r#"{"model":"other"}"#).await.ok();
    let answer = app.send_json(Method::POST, PATH, r#"{"prompt":"a"}"#).await.ok();
    assert_eq!(answer["model"], "other");
    let named = r#"{"prompt":"a","model":"nope"}"#;
    app.send_json(Method::POST, PATH, named).await.problem(404, "unknown-model");
    let named = r#"{"prompt":"a","model":"off"}"#;
    app.send_json(Method::POST, PATH, named).await.problem(409, "disabled-model");
}

#[tokio::test]
async fn what_a_request_may_not_say_is_refused_by_name() {
    let app = TestApp::new().await;
    for (body, expected) in [
        (json!({}), "missing field `prompt`"),
        (json!({"prompt": ""}), "prompt: text is empty"),
        (json!({"prompt": "a\u{0}b"}), "prompt: text has the character `U+0000`"),
        (json!({"prompt": "a", "max_tokens": "1"}), "max_tokens: invalid type"),
        (
            json!({"prompt": "a", "max_tokens": 0}),
            "max_tokens: 0.0 is no whole number from 1 to 1000000",
        ),
        (json!({"prompt": "a", "max_tokens": -1}), "max_tokens: -1.0 is no whole number"),
        (json!({"prompt": "a", "max_tokens": 1.5}), "max_tokens: 1.5 is no whole number"),
        (json!({"prompt": "a", "temperature": 1.1}), "temperature: 1.1 is not from 0 to 1"),
        (json!({"prompt": "a", "temperature": -1e-300}), "is not from 0 to 1"),
        (json!({"prompt": "a", "temperature": "hot"}), "temperature: invalid type"),
        (json!({"prompt": "a", "tokens": 1}), "unknown field `tokens`"),
    ] {
        for path in [PATH, STREAM] {
            let answer = app.send_json(Method::POST, path, body.to_string()).await;
            let problem = answer.problem(422, "invalid-body");
            assert!(problem["detail"].as_str().unwrap().contains(expected), "{problem}");
        }
    }
}

#[tokio::test]
async fn a_prompt_may_be_too_long_for_one_model_and_not_for_another() {
    let app = TestApp::with_models_at(&fake_aws(good_answer).await).await;
    let body = json!({ "prompt": "x".repeat(51), "model": "other" }).to_string();
    for path in [PATH, STREAM] {
        let answer = app.send_json(Method::POST, path, body.clone()).await;
        assert_eq!(answer.problem(413, "input-too-long")["limit"], 50);
    }
    let body = json!({ "prompt": "x".repeat(50), "model": "other", "max_tokens": 5.0 }).to_string();
    app.send_json(Method::POST, PATH, body).await.ok();
}

#[tokio::test]
async fn a_refusal_of_iam_names_the_action_and_keeps_the_account() {
    let refusal = async || {
        let message = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: sagemaker:InvokeEndpoint on resource: arn:aws:sagemaker:us-west-2:123456789012:endpoint/other";
        let headers = [
            (header::CONTENT_TYPE.as_str(), "application/json"),
            ("x-amzn-errortype", "AccessDeniedException"),
        ];
        (StatusCode::FORBIDDEN, headers, json!({ "Message": message }).to_string())
    };
    let app = TestApp::with_models_at(&fake_aws(refusal).await).await;
    for path in [PATH, STREAM] {
        let answer = app.send_json(Method::POST, path, PROMPT).await;
        let problem = answer.problem(502, "model-access-denied");
        assert_eq!(problem["missing_permission"], "sagemaker:InvokeEndpoint");
        assert!(!problem.to_string().contains("123456789012"), "{problem}");
    }
}

#[tokio::test]
async fn a_server_that_stops_waits_for_no_model() {
    let never = || std::future::pending::<StatusCode>();
    let app = TestApp::with_models_at(&fake_aws(never).await).await;
    for path in [PATH, STREAM] {
        let call = app.send_json(Method::POST, path, PROMPT);
        let stop = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            app.state.stopping().cancel();
        };
        let (answer, ()) = tokio::join!(call, stop);
        answer.problem(503, "shutting-down");
    }
}

#[tokio::test]
async fn a_client_that_goes_away_takes_the_models_call_along() {
    struct Gone(Arc<Notify>);
    impl Drop for Gone {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let (called, gone) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (called_there, gone_there) = (called.clone(), gone.clone());
    let endpoint = fake_aws(move || {
        let (called, gone) = (called_there.clone(), Gone(gone_there.clone()));
        async move {
            let _gone = gone;
            called.notify_one();
            std::future::pending::<StatusCode>().await
        }
    })
    .await;
    let app = TestApp::with_models_at(&endpoint).await;
    for path in [PATH, STREAM] {
        let call = app.send_json(Method::POST, path, PROMPT);
        tokio::select! {
            _ = call => panic!("no answer can come"),
            () = called.notified() => {}
        }
        // The call was dropped with its future: the fake's handler is too, as soon as the connection is closed.
        tokio::time::timeout(Duration::from_secs(5), gone.notified()).await.unwrap();
    }
}
