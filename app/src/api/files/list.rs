//! Which files there are, page by page.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::STORAGE;
use crate::api::document::{Problems, problems};
use crate::api::extract::{PathParams, QueryParams};
use crate::api::timestamp::rfc3339;
use crate::api::{ApiError, AppState, Code};
use crate::storage::{ContinuationToken, ListRequest, ObjectEntry, Prefix, Purpose};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct PurposePath {
    /// What the files are for.
    #[param(inline, example = "uploads")]
    purpose: Purpose,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// What the keys start with; it may end in the middle of a segment.
    #[serde(default)]
    #[param(
        max_length = 1024,
        pattern = "^(?!/)(?!(.*/)?\\.\\.?/)[^\\u0000-\\u001f\\u007f-\\u009f\\ufffe\\uffff]*$",
        required = false,
        example = "images/"
    )]
    prefix: String,
    /// How many entries and folders at most.
    #[serde(default)]
    #[param(value_type = u16, minimum = 1, maximum = 1000, default = 1000, required = false)]
    limit: PageLimit,
    /// One level only: what lies deeper is rolled up into folders.
    #[serde(default)]
    #[param(required = false)]
    by_folder: bool,
    /// `next` of the page before; everything else as there.
    #[param(value_type = String, required = false)]
    continuation: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "u16")]
struct PageLimit(u16);

impl Default for PageLimit {
    fn default() -> Self {
        Self(ListRequest::MAX_PAGE_SIZE)
    }
}

impl TryFrom<u16> for PageLimit {
    type Error = String;

    fn try_from(limit: u16) -> Result<Self, String> {
        match limit {
            1..=ListRequest::MAX_PAGE_SIZE => Ok(Self(limit)),
            _ => Err(format!("{limit} is not from 1 to {}", ListRequest::MAX_PAGE_SIZE)),
        }
    }
}

/// A page of files.
#[derive(Serialize, ToSchema)]
pub(super) struct FileList {
    /// Ordered by the UTF-8 bytes of their keys.
    entries: Vec<FileEntry>,
    /// With `by_folder`: prefixes one level deeper, each with a `/` at its end.
    folders: Vec<String>,
    /// Names under the prefix that no key can have, written by somebody else.
    unaddressable: Vec<String>,
    /// `continuation` of the next page; null on the last one.
    next: Option<String>,
}

/// A file in a list.
#[derive(Serialize, ToSchema)]
struct FileEntry {
    /// Its key.
    key: String,
    /// Its length in bytes.
    size_bytes: u64,
    /// As in the header.
    etag: String,
    /// When it was written, in whole seconds.
    #[schema(format = DateTime)]
    last_modified: String,
}

impl FileEntry {
    fn of(entry: ObjectEntry) -> Self {
        let ObjectEntry { key, size_bytes, etag, last_modified } = entry;
        Self { key: key.into(), size_bytes, etag, last_modified: rfc3339(last_modified) }
    }
}

problems!(List: Problems::ALWAYS, Problems::PATH, STORAGE, &[Code::InvalidQuery]);

/// Which files there are
#[utoipa::path(
    get,
    path = "/files/{purpose}",
    operation_id = "list_files",
    tag = "files",
    params(PurposePath, Page),
    responses((status = 200, description = "A page of them", body = FileList), List)
)]
pub(super) async fn list(
    State(state): State<AppState>,
    PathParams(PurposePath { purpose }): PathParams<PurposePath>,
    QueryParams(page): QueryParams<Page>,
) -> Result<Json<FileList>, ApiError> {
    let prefix = Prefix::new(page.prefix).map_err(|error| {
        ApiError::new(Code::InvalidQuery, format!("no key can start with this prefix: {error}"))
    })?;
    let mut request = ListRequest::new(prefix).page_size(page.limit.0);
    if page.by_folder {
        request = request.by_folder();
    }
    if let Some(token) = page.continuation {
        request = request.continue_from(ContinuationToken::new(token));
    }
    let page = state.storage(purpose).list_page(&request).await?;
    Ok(Json(FileList {
        entries: page.entries.into_iter().map(FileEntry::of).collect(),
        folders: page.common_prefixes.iter().map(Prefix::to_string).collect(),
        unaddressable: page.unaddressable,
        next: page.next.map(|token| token.to_string()),
    }))
}
