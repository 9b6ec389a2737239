//! Random identifiers in the shapes that AWS uses.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// 16 upper-case letters and digits: `x-amz-request-id`.
pub(crate) fn request_id() -> String {
    hex::encode_upper(random::<8>())
}

/// 76 characters of base64: `x-amz-id-2`.
pub(crate) fn host_id() -> String {
    STANDARD.encode(random::<56>())
}

/// 32 URL-safe characters: the id of an object version.
///
/// Newer ids sort before older ones, as versions are listed, so that a listing can resume at a marker that is gone.
pub(crate) fn version_id() -> String {
    format!("{:016x}{}", u64::MAX - tick(), URL_SAFE_NO_PAD.encode(random::<12>()))
}

/// 128 URL-safe characters: the id of a multipart upload.
///
/// Ids sort by the time of the upload's beginning, as uploads are listed.
pub(crate) fn upload_id() -> String {
    format!("{:016x}{}", tick(), URL_SAFE_NO_PAD.encode(random::<84>()))
}

/// Nanoseconds since 1970, never the same twice.
fn tick() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_nanos() as u64);
    let next = |last: u64| now.max(last + 1);
    LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)))
        .map_or(now, next)
}

/// Random enough to be told apart; nothing is secret here that would be worth a call to the system for each request.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fastrand::fill(&mut bytes);
    bytes
}
