//! Which problems a route may answer, as responses of the OpenAPI document.

use std::collections::BTreeMap;

use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::super::{Code, PROBLEM_JSON};

/// Groups of codes that routes have in common.
pub(in super::super) struct Problems;

impl Problems {
    /// Of every route.
    pub(in super::super) const ALWAYS: &[Code] = &[Code::Internal];
    /// Of routes with `{user}` or another parameter in the path.
    pub(in super::super) const PATH: &[Code] = &[Code::InvalidPath];
    /// Of routes that read or write users' choices.
    pub(in super::super) const DATABASE: &[Code] = &[Code::DatabaseUnavailable];
    /// Of routes that call a model.
    pub(in super::super) const MODEL: &[Code] = &[
        Code::UnknownModel,
        Code::DisabledModel,
        Code::InvalidPrompt,
        Code::InputTooLong,
        Code::ModelAccessDenied,
        Code::NoModelAccess,
        Code::ModelMissing,
        Code::ModelRequestInvalid,
        Code::ModelFailed,
        Code::ModelThrottled,
        Code::ModelTimedOut,
        Code::ShuttingDown,
    ];
    /// Of routes with a JSON body.
    pub(in super::super) const JSON: &[Code] = &[
        Code::InvalidJson,
        Code::IncompleteBody,
        Code::RequestTimedOut,
        Code::BodyTooLarge,
        Code::UnsupportedMediaType,
        Code::InvalidBody,
    ];
}

/// One response for each status of `groups`, which lists its codes.
pub(in super::super) fn responses(groups: &[&[Code]]) -> BTreeMap<String, RefOr<Response>> {
    let mut codes: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in groups.iter().flat_map(|group| group.iter()) {
        codes.entry(code.status().as_u16()).or_default().push(*code);
    }
    codes.into_iter().map(|(status, codes)| (status.to_string(), response(&codes))).collect()
}

fn response(codes: &[Code]) -> RefOr<Response> {
    let names: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response =
        ResponseBuilder::new().description(names.join(", ")).content(PROBLEM_JSON, content);
    RefOr::T(response.build())
}

/// Declares a type that `responses(...)` of a route takes: the problems that the route may answer.
macro_rules! problems {
    ($name:ident: $($codes:expr),+) => {
        struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::Response>,
            > {
                $crate::api::document::responses(&[$($codes),+])
            }
        }
    };
}

pub(in super::super) use problems;
