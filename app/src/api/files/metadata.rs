//! What is known about a file, as JSON.

use std::collections::BTreeMap;

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::{File, FilePath, STORAGE};
use crate::api::document::{Problems, problems};
use crate::api::timestamp::rfc3339;
use crate::api::{ApiError, Code};

/// What is known about a file.
#[derive(Serialize, ToSchema)]
pub(super) struct FileMetadata {
    /// Its key.
    key: String,
    /// Its length in bytes.
    size_bytes: u64,
    /// Its content type.
    content_type: String,
    /// As in the header: other bytes, other tag.
    etag: String,
    /// When it was written, in whole seconds.
    #[schema(format = DateTime)]
    last_modified: String,
    /// What was uploaded as `x-meta-NAME`, by name.
    metadata: BTreeMap<String, String>,
}

problems!(Read: Problems::ALWAYS, Problems::PATH, STORAGE, &[Code::InvalidKey, Code::UnknownObject]);

/// What is known about a file
#[utoipa::path(
    get,
    path = "/files/{purpose}/metadata/{key}",
    operation_id = "file_metadata",
    tag = "files",
    params(FilePath),
    responses((status = 200, description = "It is there", body = FileMetadata), Read)
)]
pub(super) async fn metadata(file: File) -> Result<Json<FileMetadata>, ApiError> {
    let metadata = file.storage.metadata(&file.key).await?;
    Ok(Json(FileMetadata {
        key: file.key.to_string(),
        size_bytes: metadata.size_bytes,
        content_type: metadata.content_type.to_string(),
        etag: metadata.etag,
        last_modified: rfc3339(metadata.last_modified),
        metadata: metadata.user.into(),
    }))
}
