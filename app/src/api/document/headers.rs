//! Headers that every answer has, in the OpenAPI document.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{Header, OpenApi, RefOr, Response, Type};

use super::super::REQUEST_ID;

/// Adds `x-request-id` to every answer, and `Retry-After` to those that may ask for patience.
pub(super) fn add(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.head,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        for operation in operations.into_iter().flatten() {
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response {
                    add_to(status, response);
                }
            }
        }
    }
}

fn add_to(status: &str, response: &mut Response) {
    response.headers.insert(REQUEST_ID.to_string(), RefOr::T(request_id()));
    if status == "503" {
        response.headers.insert("retry-after".to_owned(), RefOr::T(retry_after()));
    }
}

fn request_id() -> Header {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(64))
        .pattern(Some("^[A-Za-z0-9_-]+$"));
    HeaderBuilder::new()
        .schema(Some(schema))
        .description(Some(
            "The request's id in the log: the one that came along, if it is of this form",
        ))
        .build()
}

fn retry_after() -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    HeaderBuilder::new()
        .schema(Some(schema))
        .description(Some("When to try again, in seconds, if that is known"))
        .build()
}
