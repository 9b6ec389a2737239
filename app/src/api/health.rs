//! Whether the process lives, and whether it can work.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::document::{Problems, problems};
use super::{ApiError, AppState, Code};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready))
}

#[derive(Serialize, ToSchema)]
struct Health {
    status: HealthStatus,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum HealthStatus {
    Live,
    Ready,
}

problems!(Live: Problems::ALWAYS);
problems!(Ready: Problems::ALWAYS, &[Code::NotReady]);

/// Whether the process lives
#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "live",
    tag = "health",
    responses((status = 200, description = "It does", body = Health), Live)
)]
async fn live() -> Json<Health> {
    Json(Health { status: HealthStatus::Live })
}

/// Whether the app can work: its database answers
///
/// Models and S3 are not asked: they cost money, and each request says what is the matter with them.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "ready",
    tag = "health",
    responses((status = 200, description = "It can", body = Health), Ready)
)]
async fn ready(State(state): State<AppState>) -> Result<Json<Health>, ApiError> {
    match state.preferences().ping().await {
        Ok(()) => Ok(Json(Health { status: HealthStatus::Ready })),
        Err(error) => {
            Err(ApiError::new(Code::NotReady, "the database does not answer").cause(error))
        }
    }
}
