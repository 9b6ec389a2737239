//! The OpenAPI document, written by the routes themselves.

use axum::Extension;
use axum::http::header;
use axum::response::IntoResponse;
use bytes::Bytes;
use utoipa::openapi::{Components, InfoBuilder, OpenApi, Server};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AppState, Problem, generate};

mod corrections;
mod headers;
mod problems;

pub(super) use problems::{Problems, problems, responses};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(answer))
}

/// The document as it is sent.
#[derive(Clone)]
pub(super) struct Document(Bytes);

/// Completes what the routes have written.
pub(super) fn of(mut document: OpenApi) -> Document {
    document.info = InfoBuilder::new()
        .title("App")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(env!("CARGO_PKG_DESCRIPTION")))
        .build();
    document.servers = Some(vec![Server::new("/")]);
    let components = document.components.get_or_insert_with(Components::new);
    // No route names them: problems stand in responses by reference.
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.schemas.extend(generate::schemas());
    headers::add(&mut document);
    corrections::apply(&mut document);
    // It is made of strings, numbers and maps with string keys: there is nothing that JSON cannot hold.
    Document(serde_json::to_vec(&document).unwrap_or_default().into())
}

problems!(Answer: Problems::ALWAYS);

/// This document
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "document",
    tag = "document",
    responses(
        (status = 200, description = "OpenAPI 3.1", body = Object, content_type = "application/json"),
        Answer
    )
)]
async fn answer(Extension(document): Extension<Document>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document.0)
}
