//! What a listing asks for, and what comes back page by page.

use std::fmt;
use std::time::SystemTime;

use super::key::ObjectKey;
use super::prefix::Prefix;

/// Which keys to list, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequest {
    pub(super) prefix: Prefix,
    pub(super) by_folder: bool,
    pub(super) page_size: u16,
    pub(super) continue_from: Option<ContinuationToken>,
}

impl ListRequest {
    /// Everything under `prefix`, in pages of 1,000.
    pub fn new(prefix: Prefix) -> Self {
        Self { prefix, by_folder: false, page_size: Self::MAX_PAGE_SIZE, continue_from: None }
    }

    /// The most that S3 puts into one page.
    pub const MAX_PAGE_SIZE: u16 = 1_000;

    /// One level only: keys with a `/` behind the prefix are rolled up into common prefixes (delimiter `/`).
    pub fn by_folder(mut self) -> Self {
        self.by_folder = true;
        self
    }

    /// At most so many entries and common prefixes on a page; brought into 1 to 1,000.
    pub fn page_size(mut self, page_size: u16) -> Self {
        self.page_size = page_size.clamp(1, Self::MAX_PAGE_SIZE);
        self
    }

    /// The page behind the one that ended with `token`; everything else must be asked as before.
    pub fn continue_from(mut self, token: ContinuationToken) -> Self {
        self.continue_from = Some(token);
        self
    }
}

/// One page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListPage {
    /// Ordered by the UTF-8 bytes of their keys.
    pub entries: Vec<ObjectEntry>,
    /// With [`ListRequest::by_folder`]: what lies one level deeper; each ends in `/`. Ordered like keys.
    pub common_prefixes: Vec<Prefix>,
    /// What is there under the prefix, but cannot be named by an [`ObjectKey`], written by somebody else
    /// (a `..` segment, a control character, a "folder" object named like the prefix; locally also a symlink).
    pub unaddressable: Vec<String>,
    /// How to ask for the next page; `None` on the last one.
    pub next: Option<ContinuationToken>,
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectEntry {
    /// Its key, relative to `S3_KEY_PREFIX`.
    pub key: ObjectKey,
    /// Length in bytes.
    pub size_bytes: u64,
    /// The `ETag` header, with its quotes.
    pub etag: String,
    /// When it was written, in whole seconds.
    pub last_modified: SystemTime,
}

/// Where a page ended; opaque, and good for the same backend and request only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContinuationToken(pub(super) String);

impl ContinuationToken {
    /// A token that went through somebody else's hands; the backend will refuse a wrong one.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for ContinuationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
