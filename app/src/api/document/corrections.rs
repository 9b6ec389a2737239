//! What the derives cannot say of the document.

use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, SchemaType};
use utoipa::openapi::{Object, OpenApi, RefOr};

/// Bytes, of whatever content type.
const BYTES: &str = "application/octet-stream";

/// Mends `document`.
pub(super) fn apply(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let puts = item.put.iter_mut().filter_map(|operation| operation.request_body.as_mut());
        for body in puts {
            if let RefOr::T(body) = body {
                uploads_are_bytes(body);
            }
        }
    }
    let schemas = document.components.iter_mut().flat_map(|parts| parts.schemas.values_mut());
    schemas.for_each(variants_are_closed);
}

/// An upload is bytes and no JSON, so that no schema holds (OpenAPI 3.1, "Considerations for File Uploads"); none at all are an empty file.
fn uploads_are_bytes(body: &mut RequestBody) {
    if let Some(RefOr::T(content)) = body.content.get_mut(BYTES) {
        let anything = ObjectBuilder::new().schema_type(SchemaType::AnyValue).build();
        content.schema = Some(RefOr::T(Schema::Object(anything)));
        body.required = None;
    }
}

/// The variants of an enum refuse unknown members, as structs do.
fn variants_are_closed(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::OneOf(one_of)) = schema {
        for variant in &mut one_of.items {
            if let RefOr::T(Schema::Object(Object { properties, additional_properties, .. })) =
                variant
                && !properties.is_empty()
            {
                *additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
}
