//! Models that answer, fail or dawdle on purpose, as the embedded AWS stages them.

use app::models::{Catalogue, Provider};
use futures::StreamExt as _;
use sandbox::staged::{Family, Staged};
use serde_json::{Value, json};

use super::{Entry, catalogue, choose, generate};
use crate::api::{Api, Event};
use crate::env::{Server, TestEnv};

mod answers;
mod clients_that_leave;
mod failures;
mod pieces;

/// Serves the app with one model of each family, and one of SageMaker, that behave so.
async fn serve(env: &TestEnv, staged: Staged, changes: &[(&str, &str)]) -> Server {
    let mut entries: Vec<_> =
        Family::ALL.map(|family| Entry::staged(family.name(), staged, family)).into();
    if staged.has_endpoint() {
        entries.push(Entry::sagemaker("sagemaker", &staged.endpoint_name()));
    }
    let file = catalogue::write(env, &format!("{}.toml", staged.name()), &entries);
    let mut changes = changes.to_vec();
    changes.push(("MODEL_CATALOGUE", &file));
    env.serve_with(&changes).await
}

/// Shipped models: of each family of Bedrock one, and the endpoint of SageMaker.
const ONE_OF_EACH: [&str; 4] = ["claude-haiku-4.5", "nova-lite", "llama-3-8b", "text-generation"];

/// The events of a streamed answer, which are all there.
async fn stream(api: &Api, user: &str, body: Value) -> Vec<Event> {
    api.stream(&format!("/users/{user}/generate/stream"), body).await.collect().await
}

/// What a streamed answer says.
fn text_of(events: &[Event]) -> String {
    let texts = events.iter().filter(|(name, _)| name == "text");
    texts.map(|(_, data)| data["text"].as_str().unwrap()).collect()
}

/// A prompt for one of the models of [`serve`].
fn prompt(model: &str, text: &str) -> Value {
    json!({ "prompt": text, "model": model })
}
