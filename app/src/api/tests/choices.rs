//! Choices of models over HTTP.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use super::{TestApp, request};
use crate::models::ModelId;
use crate::preferences::UserId;

impl TestApp {
    async fn choose(&self, user: &str, model: &str) -> super::Answer {
        let body = json!({ "model": model }).to_string();
        self.send_json(Method::PUT, &format!("/users/{user}/model"), body).await
    }

    async fn reset(&self, user: &str) -> Value {
        self.send(request(Method::DELETE, &format!("/users/{user}/model"), Body::empty()))
            .await
            .ok()
    }
}

#[tokio::test]
async fn every_model_is_listed_without_its_providers_name() {
    let app = TestApp::new().await;
    let list = app.get("/models").await.ok();
    assert_eq!(list["default"], "plain");
    let ids: Vec<_> = list["models"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
    assert_eq!(ids, ["plain", "other", "off"]);
    assert!(!list.to_string().contains("amazon."), "{list}");
    let off = app.get("/models/off").await.ok();
    assert_eq!(off["enabled"], false);
    assert_eq!(off, list["models"][2]);
    let problem = app.get("/models/plian").await.problem(404, "unknown-model");
    assert_eq!(problem["valid_models"], json!(["plain", "other"]));
}

#[tokio::test]
async fn a_choice_stays_until_it_is_reset() {
    let app = TestApp::new().await;
    let current = app.get("/users/ada/model").await.ok();
    let default = json!({
        "model": "plain", "source": "default", "chosen_at": null, "usable": true, "reason": null
    });
    assert_eq!(current, default);

    let chosen = app.choose("ada", "other").await.ok();
    assert_eq!((&chosen["model"], &chosen["source"]), (&json!("other"), &json!("chosen")));
    assert_eq!(app.get("/users/ada/model").await.ok(), chosen);
    assert_eq!(app.get("/users/Ada/model").await.ok()["source"], "default");

    assert_eq!(app.reset("ada").await, default);
    assert_eq!(app.reset("ada").await, default);
    assert_eq!(app.get("/users/ada/model").await.ok(), default);
}

#[tokio::test]
async fn what_cannot_be_used_cannot_be_chosen() {
    let app = TestApp::new().await;
    let problem = app.choose("ada", "nope").await.problem(404, "unknown-model");
    assert_eq!(problem["valid_models"].as_array().unwrap().len(), 2);
    app.choose("ada", "off").await.problem(409, "disabled-model");
    assert_eq!(app.get("/users/ada/model").await.ok()["source"], "default");
    let history = app.get("/users/ada/model/history").await.ok();
    assert_eq!(history, json!({ "switches": [], "next_before": null }));
}

#[tokio::test]
async fn a_choice_that_cannot_be_used_any_more_is_told_and_not_replaced() {
    let app = TestApp::new().await;
    for (user, model, code, status) in
        [("ada", "off", "disabled-model", 409), ("bob", "gone", "unknown-model", 404)]
    {
        let id = UserId::new(user).unwrap();
        app.state.preferences().choose(&id, &ModelId::new(model).unwrap()).await.unwrap();
        let current = app.get(&format!("/users/{user}/model")).await.ok();
        assert_eq!(current["model"], model);
        assert_eq!((&current["usable"], &current["source"]), (&json!(false), &json!("chosen")));
        assert_eq!(current["reason"]["code"], code);
        let path = format!("/users/{user}/generate");
        for path in [path.clone(), format!("{path}/stream")] {
            let answer = app.send_json(Method::POST, &path, "{\"prompt\":\"hello\"}").await;
            answer.problem(status, code);
        }
    }
}

#[tokio::test]
async fn the_history_is_paged_from_the_latest_on() {
    let app = TestApp::new().await;
    for _ in 0..2 {
        app.choose("ada", "other").await.ok();
        app.choose("ada", "plain").await.ok();
    }
    app.reset("ada").await;
    let path = "/users/ada/model/history";
    let page = app.get(&format!("{path}?limit=3")).await.ok();
    let to: Vec<_> = page["switches"].as_array().unwrap().iter().map(|s| s["to"].clone()).collect();
    assert_eq!(to, [Value::Null, json!("plain"), json!("other")]);
    let before = page["next_before"].as_i64().unwrap();
    assert_eq!(page["switches"][2]["sequence"], before);
    let rest = app.get(&format!("{path}?before={before}&limit=2")).await.ok();
    assert_eq!(rest["switches"].as_array().unwrap().len(), 2);
    assert_eq!(rest["next_before"], Value::Null);
    assert_eq!(rest["switches"][1]["from"], Value::Null);
}

#[tokio::test]
async fn a_query_that_does_not_fit_is_refused_by_name() {
    let app = TestApp::new().await;
    for (query, expected) in [
        ("limit=0", "0 is not from 1 to 100"),
        ("limit=101", "101 is not from 1 to 100"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "duplicate field `limit`"),
        ("before=0", "0 is less than 1"),
        ("before=9223372036854775808", "before"),
        ("limt=1", "unknown field `limt`"),
    ] {
        let answer = app.get(&format!("/users/ada/model/history?{query}")).await;
        let problem = answer.problem(400, "invalid-query");
        assert!(problem["detail"].as_str().unwrap().contains(expected), "{query}: {problem}");
    }
}
