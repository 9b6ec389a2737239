//! The endpoint of SageMaker that the run is given: on AWS a real one.

use futures::StreamExt as _;
use serde_json::json;

use super::{Entry, catalogue, choose};
use crate::env::{Server, TestEnv};

async fn serve(env: &TestEnv) -> Server {
    let entries = [
        Entry::bedrock("other", "amazon.nova-lite-v1:0"),
        Entry::sagemaker("target", &env.sagemaker_endpoint()),
    ];
    let app = catalogue::serve(env, &entries).await;
    choose(&app, "ada", "target").await.json();
    app
}

#[tokio::test]
async fn the_chosen_endpoint_answers() {
    TestEnv::run(async |env| {
        let app = serve(env).await;
        let body = json!({ "prompt": "Say hello.", "max_tokens": 16 });
        let answer = app.post("/users/ada/generate", body).await.json();
        assert_eq!(answer["model"], "target");
        assert!(!answer["text"].as_str().unwrap().is_empty());
    })
    .await;
}

/// Its container does not stream: the answer comes as a stream of one piece.
#[tokio::test]
async fn the_chosen_endpoint_answers_in_one_piece() {
    TestEnv::run(async |env| {
        let app = serve(env).await;
        let body = json!({ "prompt": "Say hello.", "max_tokens": 16 });
        let events: Vec<_> = app.stream("/users/ada/generate/stream", body).await.collect().await;
        let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["text", "end"], "{events:?}");
    })
    .await;
}
