//! Deleting a file.

use axum::http::StatusCode;

use super::{File, FilePath, STORAGE};
use crate::api::document::{Problems, problems};
use crate::api::{ApiError, Code};

problems!(Delete: Problems::ALWAYS, Problems::PATH, STORAGE, &[Code::InvalidKey]);

/// Delete a file
#[utoipa::path(
    delete,
    path = "/files/{purpose}/content/{key}",
    operation_id = "delete_file",
    tag = "files",
    params(FilePath),
    responses((status = 204, description = "It is gone, also where it was not there"), Delete)
)]
pub(super) async fn delete(file: File) -> Result<StatusCode, ApiError> {
    file.storage.delete(&file.key).await?;
    Ok(StatusCode::NO_CONTENT)
}
