//! An object's immutable part: bytes, ETag, checksum, metadata.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::checksum::Checksum;
use super::content::Content;

/// What an upload makes; never changed afterwards, only replaced.
#[derive(Clone, Default)]
pub(crate) struct Object {
    pub(crate) content: Content,
    /// Hexadecimal, without quotes; multipart ones end in `-<number of parts>`.
    pub(crate) etag: String,
    pub(crate) checksum: Option<Checksum>,
    pub(crate) metadata: Metadata,
    /// The parts of a multipart object, in order; empty otherwise.
    pub(crate) parts: Vec<Part>,
    /// The client chose the checksum's algorithm; otherwise it is S3's own CRC-64/NVME.
    pub(crate) explicit_checksum: bool,
}

/// One part of a multipart object or upload.
#[derive(Clone)]
pub(crate) struct Part {
    /// 1 to 10,000.
    pub(crate) number: i32,
    pub(crate) content: Content,
    /// Hexadecimal MD5 without quotes.
    pub(crate) etag: String,
    /// Base64, by the upload's algorithm.
    pub(crate) checksum: Option<String>,
    pub(crate) modified: SystemTime,
}

/// What travels with the bytes.
#[derive(Clone, Default)]
pub(crate) struct Metadata {
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    /// As it was sent.
    pub(crate) expires: Option<String>,
    pub(crate) website_redirect: Option<String>,
    /// `None` is STANDARD.
    pub(crate) storage_class: Option<String>,
    pub(crate) encryption: Encryption,
    /// SSE-C: algorithm and MD5 of the key in base64.
    pub(crate) customer_key: Option<(String, String)>,
    /// User metadata, names without `x-amz-meta-`.
    pub(crate) user: BTreeMap<String, String>,
}

/// Server-side encryption, as it is shown: the bytes are not encrypted.
#[derive(Clone, Default)]
pub(crate) struct Encryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`.
    pub(crate) algorithm: String,
    /// The KMS key, in the form in which it was named.
    pub(crate) kms_key: Option<String>,
    /// Whether a bucket key stands between.
    pub(crate) bucket_key: Option<bool>,
}
