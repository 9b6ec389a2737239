//! Parameters of paths and queries.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

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

#[derive(Deserialize)]
struct UserParam {
    user: String,
}

impl FromRequestParts<AppState> for User {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let PathParams(UserParam { user }) = PathParams::from_request_parts(parts, state).await?;
        let id = UserId::new(user).map_err(|why| ApiError::new(Code::InvalidPath, why))?;
        Ok(Self(id))
    }
}
