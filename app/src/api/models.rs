//! The models that users may choose from.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::document::{Problems, problems};
use super::extract::PathParams;
use super::{ApiError, AppState, Code};
use crate::models::{Catalogue, Model, Provider};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one))
}

/// The models that users may choose from.
#[derive(Serialize, ToSchema)]
struct ModelList {
    /// The model for users who have chosen none.
    #[schema(example = "nova-lite")]
    default: String,
    /// Every model, disabled ones too, in the order of the catalogue.
    models: Vec<ModelDescription>,
}

/// A model that users may choose.
#[derive(Serialize, ToSchema)]
struct ModelDescription {
    /// What users call it by.
    #[schema(example = "nova-lite")]
    id: String,
    /// What people read.
    #[schema(example = "Amazon Nova Lite")]
    display_name: String,
    /// Who runs it.
    provider: ProviderName,
    /// Whether it answers piece by piece; otherwise a stream is one piece.
    streaming: bool,
    /// Whether it may be chosen and called.
    enabled: bool,
    /// Whether it is the model for users who have chosen none.
    default: bool,
    /// Characters (Unicode scalar values) of prompt and system text at most.
    max_input_chars: usize,
    /// Tokens of an answer at most.
    max_output_tokens: u32,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum ProviderName {
    Bedrock,
    Sagemaker,
}

impl ModelDescription {
    /// The provider's own name of the model stays here: it may be an ARN with an account in it.
    fn of(model: &Model, catalogue: &Catalogue) -> Self {
        Self {
            id: model.id.to_string(),
            display_name: model.display_name.clone(),
            provider: match model.provider {
                Provider::Bedrock { .. } => ProviderName::Bedrock,
                Provider::SageMaker { .. } => ProviderName::Sagemaker,
            },
            streaming: model.streaming,
            enabled: model.enabled,
            default: model.id == catalogue.default_model().id,
            max_input_chars: model.limits.max_input_chars,
            max_output_tokens: model.limits.max_output_tokens,
        }
    }
}

problems!(List: Problems::ALWAYS);

/// Every model
#[utoipa::path(
    get,
    path = "/models",
    operation_id = "list_models",
    tag = "models",
    responses((status = 200, description = "Disabled ones too", body = ModelList), List)
)]
async fn list(State(state): State<AppState>) -> Json<ModelList> {
    let catalogue = state.catalogue();
    let models = catalogue.models().iter();
    Json(ModelList {
        default: catalogue.default_model().id.to_string(),
        models: models.map(|model| ModelDescription::of(model, catalogue)).collect(),
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ModelPath {
    /// The model's id.
    #[param(
        min_length = 1,
        max_length = 64,
        pattern = "^[a-z0-9][a-z0-9._-]*$",
        example = "nova-lite"
    )]
    model: String,
}

problems!(One: Problems::ALWAYS, Problems::PATH, &[Code::UnknownModel]);

/// One model
#[utoipa::path(
    get,
    path = "/models/{model}",
    operation_id = "model",
    tag = "models",
    params(ModelPath),
    responses((status = 200, description = "Also where it is disabled", body = ModelDescription), One)
)]
async fn one(
    State(state): State<AppState>,
    PathParams(ModelPath { model: id }): PathParams<ModelPath>,
) -> Result<Json<ModelDescription>, ApiError> {
    let catalogue = state.catalogue();
    let mut models = catalogue.models().iter();
    let model = match models.find(|model| model.id.as_str() == id) {
        Some(model) => model,
        // For the error's suggestions.
        None => catalogue.usable(&id)?,
    };
    Ok(Json(ModelDescription::of(model, catalogue)))
}
