//! Prompts and their answers, as a whole or piece by piece.

mod request;
mod stream;

pub(super) use stream::schemas;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::choice::model_for;
use super::document::{Problems, problems};
use super::extract::{JsonBody, User, UserPath};
use super::{ApiError, AppState};
use crate::models::{self, Model, Prompt, StopReason};
use crate::preferences::UserId;
use request::GenerateRequest;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(generate)).merge(stream::routes())
}

/// The whole answer of a model.
#[derive(Serialize, ToSchema)]
struct GenerateAnswer {
    /// The model that answered.
    #[schema(example = "nova-lite")]
    model: String,
    /// Its answer.
    text: String,
    /// Why it ended: `end-turn`, `max-tokens`, `filtered`, `unknown`, or another reason in the provider's word.
    #[schema(example = "end-turn")]
    stop_reason: String,
    /// What it took; null where the provider does not say so.
    #[schema(required = true)]
    usage: Option<Usage>,
}

/// What an answer took.
#[derive(Serialize, ToSchema)]
struct Usage {
    /// Tokens of prompt and system text.
    input_tokens: u64,
    /// Tokens of the answer.
    output_tokens: u64,
}

impl From<models::Usage> for Usage {
    fn from(usage: models::Usage) -> Self {
        Self { input_tokens: usage.input_tokens, output_tokens: usage.output_tokens }
    }
}

fn stop_reason(reason: StopReason) -> String {
    match reason {
        StopReason::EndTurn => "end-turn".to_owned(),
        StopReason::MaxTokens => "max-tokens".to_owned(),
        StopReason::Filtered => "filtered".to_owned(),
        StopReason::Unknown => "unknown".to_owned(),
        StopReason::Other(reason) => reason,
    }
}

problems!(
    Generate: Problems::ALWAYS,
    Problems::PATH,
    Problems::JSON,
    Problems::DATABASE,
    Problems::MODEL
);

/// Let a model answer a prompt
///
/// The model is the one of the request, or the user's choice, or the default. If the client goes away, the call is dropped.
#[utoipa::path(
    post,
    path = "/users/{user}/generate",
    operation_id = "generate",
    tag = "generate",
    params(UserPath),
    request_body = GenerateRequest,
    responses((status = 200, description = "The whole answer", body = GenerateAnswer), Generate)
)]
async fn generate(
    State(state): State<AppState>,
    User(user): User,
    JsonBody(request): JsonBody<GenerateRequest>,
) -> Result<Json<GenerateAnswer>, ApiError> {
    let (model, prompt) = resolve(&state, &user, request).await?;
    let generation = state.unless_stopping(state.models().generate(model, &prompt)).await?;
    Ok(Json(GenerateAnswer {
        model: model.id.to_string(),
        text: generation.text,
        stop_reason: stop_reason(generation.stop_reason),
        usage: generation.usage.map(Usage::from),
    }))
}

/// The model that a request means, and what it is asked.
async fn resolve<'a>(
    state: &'a AppState,
    user: &UserId,
    request: GenerateRequest,
) -> Result<(&'a Model, Prompt), ApiError> {
    let model = match &request.model {
        Some(id) => state.catalogue().usable(id)?,
        None => model_for(state, user).await?,
    };
    Ok((model, request.into_prompt(model)))
}
