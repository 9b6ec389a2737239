//! Models that answer, fail or dawdle on purpose, as the embedded AWS stages them.

use app::models::{Catalogue, Provider};
use sandbox::staged::{Family, Staged};
use serde_json::{Value, json};

use super::{Entry, catalogue, choose, generate};
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

/// A prompt for one of the models of [`serve`].
fn prompt(model: &str, text: &str) -> Value {
    json!({ "prompt": text, "model": model })
}
