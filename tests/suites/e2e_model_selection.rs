//! Users choose the model that answers them, over real HTTP (requirements 2.5 and 7.4).
//!
//! What a model answers on the embedded AWS is a fixed function of its id and the prompt, which
//! begins with `You said:` and the first words of the prompt.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::api::{Answer, Api};

mod bedrock_model;
mod catalogue;
mod choosing;
mod concurrent_switches;
mod counted_calls;
mod files;
mod history;
mod hostile_input;
mod persistence;
mod problems;
mod sagemaker_endpoint;
mod staged_models;

use catalogue::Entry;

/// Chooses a model for a user.
async fn choose(api: &Api, user: &str, model: &str) -> Answer {
    api.put(&format!("/users/{user}/model"), json!({ "model": model })).await
}

/// The model that answers a user, and why this one.
async fn current(api: &Api, user: &str) -> (String, String) {
    let answer = api.get(&format!("/users/{user}/model")).await.json();
    let text = |member: &str| answer[member].as_str().unwrap().to_owned();
    (text("model"), text("source"))
}

/// A user's switches, the latest first, as `(from, to)`; at most 100.
async fn switches(api: &Api, user: &str) -> Vec<(Value, Value)> {
    let answer = api.get(&format!("/users/{user}/model/history?limit=100")).await.json();
    let switches = answer["switches"].as_array().unwrap();
    switches.iter().map(|switch| (switch["from"].clone(), switch["to"].clone())).collect()
}

/// A point in time; as a text it has as many digits as it needs, and is not ordered.
fn time_of(value: &Value) -> SystemTime {
    let format = aws_smithy_types::date_time::Format::DateTime;
    let time = aws_smithy_types::DateTime::from_str(value.as_str().unwrap(), format);
    time.unwrap().try_into().unwrap()
}

/// Lets a user's model answer.
async fn generate(api: &Api, user: &str, prompt: &str) -> Answer {
    api.post(&format!("/users/{user}/generate"), json!({ "prompt": prompt })).await
}
