//! The public address of a file.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::{File, FilePath, STORAGE};
use crate::api::document::{Problems, problems};
use crate::api::{ApiError, Code};

/// The public address of a file.
#[derive(Serialize, ToSchema)]
pub(super) struct CdnUrl {
    /// Behind CloudFront.
    #[schema(format = "uri")]
    url: String,
}

problems!(Read: Problems::ALWAYS, Problems::PATH, STORAGE, &[Code::InvalidKey, Code::CdnNotConfigured]);

/// The public address of a file
///
/// Whether there is such a file is not checked.
#[utoipa::path(
    get,
    path = "/files/{purpose}/cdn-url/{key}",
    operation_id = "file_cdn_url",
    tag = "files",
    params(FilePath),
    responses((status = 200, description = "It is public for those who know it", body = CdnUrl), Read)
)]
pub(super) async fn cdn_url(file: File) -> Result<Json<CdnUrl>, ApiError> {
    match file.storage.cdn_url(&file.key)? {
        Some(url) => Ok(Json(CdnUrl { url: url.into() })),
        None => Err(ApiError::new(Code::CdnNotConfigured, "files have no public address here")
            .hint("ask for a presigned URL instead")
            .operator_hint("set `CLOUDFRONT_DOMAIN`, with `STORAGE_BACKEND=s3`")),
    }
}
