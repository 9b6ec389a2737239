//! Parameters of paths and queries.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::super::{ApiError, AppState, Code};
use crate::preferences::UserId;

/// The parameters of a path.
pub(in super::super) struct PathParams<T>(pub(in super::super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for PathParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(params)) => Ok(Self(params)),
            Err(rejection) => Err(ApiError::new(Code::InvalidPath, rejection.body_text())),
        }
    }
}

/// The parameters of a query. A type that denies unknown fields refuses unknown parameters by name.
pub(in super::super) struct QueryParams<T>(pub(in super::super) T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for QueryParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Self(params)),
            Err(rejection) => Err(ApiError::new(Code::InvalidQuery, rejection.body_text())),
        }
    }
}

/// The part `{user}` of a path.
pub(in super::super) struct User(pub(in super::super) UserId);

/// The same for the document.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(in super::super) struct UserPath {
    /// Who chooses: 1 to 256 bytes of UTF-8 without control characters, compared byte by byte.
    #[param(
        min_length = 1,
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$",
        example = "ada"
    )]
    user: String,
}

impl FromRequestParts<AppState> for User {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let PathParams(UserPath { user }) = PathParams::from_request_parts(parts, state).await?;
        let id = UserId::new(user).map_err(|why| ApiError::new(Code::InvalidPath, why))?;
        Ok(Self(id))
    }
}
