//! The app's storage on S3 and on local files (requirements 1.1 to 1.5).

use app::storage::{ObjectKey, Prefix, UploadOptions, UrlExpiry};
use futures::{StreamExt as _, stream};

mod broken_uploads;
mod cdn_urls;
mod checksums;
mod conditional_writes;
mod factory;
mod large_objects;
mod listing;
mod local_presigned_urls;
mod long_listings;
mod metadata;
mod odd_keys;
mod presigned_url_refusals;
mod presigned_urls;
mod ranged_reads;
mod refused_requests;
mod round_trips;
mod settings;
mod streaming;
mod test_env;

/// A key that is known to be one.
fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).unwrap()
}

/// A prefix that is known to be one.
fn prefix(text: &str) -> Prefix {
    Prefix::new(text).unwrap()
}

/// An upload of which nothing particular is asked.
fn plainly() -> UploadOptions {
    UploadOptions::default()
}

/// How long a presigned URL lives that is used at once.
fn a_minute() -> UrlExpiry {
    UrlExpiry::from_secs(60).unwrap()
}

/// Does the same with each of many, so many at once that a far region is no matter of minutes.
async fn for_all<T>(items: impl IntoIterator<Item = T>, work: impl AsyncFn(T)) {
    stream::iter(items).for_each_concurrent(32, |item| work(item)).await;
}
