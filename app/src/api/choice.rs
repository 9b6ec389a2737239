//! Which model a user has chosen; never another one in its place.

use std::time::SystemTime;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::document::{Problems, problems};
use super::extract::{JsonBody, User, UserPath};
use super::timestamp::rfc3339;
use super::{ApiError, AppState, Code};
use crate::models::{Catalogue, Model};
use crate::preferences::UserId;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(current, choose, reset))
}

/// The model that answers a user.
///
/// # Errors
/// Where the user's choice was disabled, or taken from the catalogue, since: another model would be a surprise.
pub(super) async fn model_for<'a>(
    state: &'a AppState,
    user: &UserId,
) -> Result<&'a Model, ApiError> {
    let catalogue = state.catalogue();
    match state.preferences().current(user).await? {
        None => Ok(catalogue.default_model()),
        Some(choice) => catalogue.usable(&choice.model).map_err(|error| {
            ApiError::from(error)
                .hint("this user has chosen the model while it could be used: choose another one")
        }),
    }
}

/// The model that answers a user.
#[derive(Serialize, ToSchema)]
struct CurrentModel {
    /// The model's id.
    #[schema(example = "nova-lite")]
    model: String,
    /// Why this one.
    source: Source,
    /// When the user chose it; null where it is the default.
    #[schema(format = DateTime, required = true)]
    chosen_at: Option<String>,
    /// Whether it can answer. If not, the user has to choose another one: none is taken silently.
    usable: bool,
    /// Why it cannot answer; null where it can.
    #[schema(required = true)]
    reason: Option<Reason>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Source {
    Chosen,
    Default,
}

/// Why a model cannot answer.
#[derive(Serialize, ToSchema)]
struct Reason {
    /// As in the problem that a prompt would be answered with.
    code: Code,
    /// For people.
    detail: String,
}

impl CurrentModel {
    fn default_of(catalogue: &Catalogue) -> Self {
        Self {
            model: catalogue.default_model().id.to_string(),
            source: Source::Default,
            chosen_at: None,
            usable: true,
            reason: None,
        }
    }

    fn chosen(catalogue: &Catalogue, model: String, chosen_at: SystemTime) -> Self {
        let reason = catalogue.usable(&model).err().map(|error| {
            let detail = error.to_string();
            Reason { code: ApiError::from(error).code(), detail }
        });
        Self {
            model,
            source: Source::Chosen,
            chosen_at: Some(rfc3339(chosen_at)),
            usable: reason.is_none(),
            reason,
        }
    }
}

problems!(Current: Problems::ALWAYS, Problems::PATH, Problems::DATABASE);

/// The model that answers a user
#[utoipa::path(
    get,
    path = "/users/{user}/model",
    operation_id = "current_choice",
    tag = "choice",
    params(UserPath),
    responses(
        (status = 200, description = "What the user has chosen, or the default", body = CurrentModel),
        Current
    )
)]
async fn current(
    State(state): State<AppState>,
    User(user): User,
) -> Result<Json<CurrentModel>, ApiError> {
    let catalogue = state.catalogue();
    Ok(Json(match state.preferences().current(&user).await? {
        Some(choice) => CurrentModel::chosen(catalogue, choice.model, choice.chosen_at),
        None => CurrentModel::default_of(catalogue),
    }))
}

/// What a user chooses.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewChoice {
    /// The model's id, as in `/models`.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[a-z0-9][a-z0-9._-]*$",
        example = "nova-lite"
    )]
    model: String,
}

problems!(
    Choose: Problems::ALWAYS,
    Problems::PATH,
    Problems::JSON,
    Problems::DATABASE,
    &[Code::UnknownModel, Code::DisabledModel]
);

/// Choose a model for a user
#[utoipa::path(
    put,
    path = "/users/{user}/model",
    operation_id = "choose",
    tag = "choice",
    params(UserPath),
    request_body = NewChoice,
    responses((status = 200, description = "It is chosen", body = CurrentModel), Choose)
)]
async fn choose(
    State(state): State<AppState>,
    User(user): User,
    JsonBody(NewChoice { model }): JsonBody<NewChoice>,
) -> Result<Json<CurrentModel>, ApiError> {
    let catalogue = state.catalogue();
    let model = &catalogue.usable(&model)?.id;
    let switch = state.preferences().choose(&user, model).await?;
    Ok(Json(CurrentModel::chosen(catalogue, model.to_string(), switch.switched_at)))
}

problems!(Reset: Problems::ALWAYS, Problems::PATH, Problems::DATABASE);

/// Go back to the default model for a user
#[utoipa::path(
    delete,
    path = "/users/{user}/model",
    operation_id = "reset_choice",
    tag = "choice",
    params(UserPath),
    responses(
        (status = 200, description = "The default, also where nothing was chosen", body = CurrentModel),
        Reset
    )
)]
async fn reset(
    State(state): State<AppState>,
    User(user): User,
) -> Result<Json<CurrentModel>, ApiError> {
    state.preferences().reset(&user).await?;
    Ok(Json(CurrentModel::default_of(state.catalogue())))
}
