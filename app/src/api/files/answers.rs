//! Headers of a file's answers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

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
    add(header::LAST_MODIFIED, &http_date(metadata.last_modified.into()));
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

/// IMF-fixdate (RFC 9110, section 5.6.7).
fn http_date(time: OffsetDateTime) -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    time.format(FORMAT).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn dates_are_those_of_http() {
        // The example of RFC 9110.
        let time = UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(http_date(time.into()), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
