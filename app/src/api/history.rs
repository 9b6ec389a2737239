//! When a user has switched from which model to which.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::document::{Problems, problems};
use super::extract::{QueryParams, User, UserPath};
use super::timestamp::rfc3339;
use super::{ApiError, AppState, Code};
use crate::preferences::Switch;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(history))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Page {
    /// How many switches at most.
    #[serde(default)]
    #[param(value_type = u32, minimum = 1, maximum = 100, default = 20, required = false)]
    limit: PageLimit,
    /// Only switches with a smaller `sequence`: `next_before` of the page before.
    #[param(value_type = i64, minimum = 1, required = false)]
    before: Option<Sequence>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "u32")]
struct PageLimit(u32);

impl Default for PageLimit {
    fn default() -> Self {
        Self(20)
    }
}

impl TryFrom<u32> for PageLimit {
    type Error = String;

    fn try_from(limit: u32) -> Result<Self, String> {
        match limit {
            1..=100 => Ok(Self(limit)),
            _ => Err(format!("{limit} is not from 1 to 100")),
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
struct Sequence(i64);

impl TryFrom<i64> for Sequence {
    type Error = String;

    fn try_from(sequence: i64) -> Result<Self, String> {
        match sequence {
            1.. => Ok(Self(sequence)),
            _ => Err(format!("{sequence} is less than 1")),
        }
    }
}

/// A page of a user's switches.
#[derive(Serialize, ToSchema)]
struct History {
    /// The latest first.
    switches: Vec<SwitchDescription>,
    /// `before` of the next page; null where there is none.
    #[schema(required = true)]
    next_before: Option<i64>,
}

/// One change of a user's choice.
#[derive(Serialize, ToSchema)]
struct SwitchDescription {
    /// Grows with every switch of any user.
    #[schema(minimum = 1)]
    sequence: i64,
    /// The choice before; null where it was the default.
    #[schema(required = true)]
    from: Option<String>,
    /// The choice after; null where it is the default.
    #[schema(required = true)]
    to: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    switched_at: String,
}

impl SwitchDescription {
    fn of(switch: Switch) -> Self {
        let Switch { sequence, from, to, switched_at } = switch;
        Self { sequence, from, to, switched_at: rfc3339(switched_at) }
    }
}

problems!(Read: Problems::ALWAYS, Problems::PATH, Problems::DATABASE, &[Code::InvalidQuery]);

/// When a user has switched from which model to which
#[utoipa::path(
    get,
    path = "/users/{user}/model/history",
    operation_id = "history_of_choices",
    tag = "choice",
    params(UserPath, Page),
    responses((status = 200, description = "The latest first", body = History), Read)
)]
async fn history(
    State(state): State<AppState>,
    User(user): User,
    QueryParams(page): QueryParams<Page>,
) -> Result<Json<History>, ApiError> {
    let limit = page.limit.0;
    let before = page.before.map(|sequence| sequence.0);
    // One more than was asked for tells whether there is a next page.
    let mut switches = state.preferences().history(&user, limit + 1, before).await?;
    let more = switches.len() > limit as usize;
    switches.truncate(limit as usize);
    let next_before = switches.last().filter(|_| more).map(|switch| switch.sequence);
    let switches = switches.into_iter().map(SwitchDescription::of).collect();
    Ok(Json(History { switches, next_before }))
}
