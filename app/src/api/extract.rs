//! Parts of requests, parsed into precise types; what does not fit is a problem document.

mod json;
mod params;

pub(super) use json::JsonBody;
pub(super) use params::{PathParams, QueryParams, User, UserPath};
