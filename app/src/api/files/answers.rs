//! Headers of a file's answers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::api::timestamp::http_date;
use crate::storage::ObjectMetadata;

/// What names of user metadata start with, as headers of requests and answers.
pub(super) const META: &str = "x-meta-";

/// The headers that describe the whole file, without its length.
pub(super) fn describe(metadata: &ObjectMetadata) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: HeaderName, value: &str| {
        // What others have written may not fit into a header: then it is left out.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    add(header::CONTENT_TYPE, "application/octet-stream");
    add(header::CONTENT_TYPE, metadata.content_type.as_str());
    add(header::ETAG, &metadata.etag);
    add(header::LAST_MODIFIED, &http_date(metadata.last_modified));
    add(header::ACCEPT_RANGES, "bytes");
    for (name, value) in metadata.user.iter() {
        if let Ok(name) = HeaderName::try_from(format!("{META}{name}")) {
            add(name, value);
        }
    }
    headers.extend(FOREIGN.map(|(name, value)| (name, HeaderValue::from_static(value))));
    headers
}

/// Whoever may upload decides what a file holds and which type it has: a page of theirs must not run as one of ours.
///
/// As an attachment a browser stores it and does not show it, while images in pages still work;
/// the sandbox is for what shows attachments all the same; `nosniff` keeps text from becoming a script.
/// Caches ask each time, since a file can be replaced, and are not shared, since a presigned URL is not.
const FOREIGN: [(HeaderName, &str); 4] = [
    (header::CONTENT_DISPOSITION, "attachment"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "private, no-cache"),
];
