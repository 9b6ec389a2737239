//! The model of Bedrock that the run is given: on AWS a real one.

use futures::StreamExt as _;
use serde_json::json;

use super::{Entry, catalogue, choose};
use crate::env::{Server, TestEnv};

/// Few tokens: on AWS each of them costs.
const BRIEFLY: u32 = 16;

async fn serve(env: &TestEnv) -> Server {
    let entries =
        [Entry::sagemaker("other", "not-called"), Entry::bedrock("target", &env.bedrock_model())];
    let app = catalogue::serve(env, &entries).await;
    choose(&app, "ada", "target").await.json();
    app
}

#[tokio::test]
async fn the_chosen_model_answers() {
    TestEnv::run(async |env| {
        let app = serve(env).await;
        let body = json!({ "prompt": "Say hello.", "max_tokens": BRIEFLY });
        let answer = app.post("/users/ada/generate", body).await.json();
        assert_eq!(answer["model"], "target");
        assert!(!answer["text"].as_str().unwrap().is_empty());
        assert!(answer["usage"]["input_tokens"].as_u64() > Some(0), "{answer}");
        let output = answer["usage"]["output_tokens"].as_u64().unwrap();
        assert!((1..=u64::from(BRIEFLY)).contains(&output), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn the_chosen_model_answers_in_pieces() {
    TestEnv::run(async |env| {
        let app = serve(env).await;
        let body = json!({ "prompt": "Count from one to five.", "max_tokens": BRIEFLY });
        let events: Vec<_> = app.stream("/users/ada/generate/stream", body).await.collect().await;
        let (last, pieces) = events.split_last().unwrap();
        assert_eq!(last.0, "end", "{events:?}");
        assert_eq!(last.1["model"], "target");
        assert!(pieces.iter().all(|(name, _)| name == "text"), "{events:?}");
        assert!(!pieces.is_empty());
    })
    .await;
}
