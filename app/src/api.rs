//! The app over HTTP: routes, their OpenAPI document, and the server.
//!
//! Every error is a problem document (RFC 9457); the table of codes and statuses is in [`Code`]'s file.
//! Every answer has an `x-request-id`, which the log and the problem documents repeat.

mod body_limits;
mod choice;
mod document;
mod error;
mod extract;
mod files;
mod generate;
mod health;
mod history;
mod local_files;
mod models;
mod panic;
mod request_id;
mod request_log;
mod server;
mod state;
mod timestamp;

pub use error::{ApiError, Code, PROBLEM_JSON, Problem};
pub use request_id::{REQUEST_ID, RequestId};
pub use server::serve;
pub use state::{AppState, StartError};

use axum::middleware::from_fn;
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

/// Every route of the app, as [`serve`] serves them.
pub fn router(state: AppState) -> Router {
    let (routes, document) = routes(&state).split_for_parts();
    let document = document::of(document);
    with_layers(routes.layer(Extension(document)).with_state(state))
}

/// What every answer goes through, from the innermost layer outwards.
fn with_layers(routes: Router) -> Router {
    routes
        .layer(RequestBodyTimeoutLayer::new(body_limits::PAUSE))
        .layer(CatchPanicLayer::custom(panic::answer))
        .layer(from_fn(error::complete))
        .layer(from_fn(request_log::write))
        .layer(from_fn(request_id::assign))
}

/// The routes with their documentation; each group is one file.
fn routes(state: &AppState) -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(health::routes())
        .merge(document::routes())
        .merge(models::routes())
        .merge(choice::routes())
        .merge(history::routes())
        .merge(generate::routes())
        .merge(files::routes())
        .merge(local_files::routes(state.local_files_path()))
}

#[cfg(test)]
mod tests;
