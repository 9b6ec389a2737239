//! What a write says about the object beside its bytes: headers, user metadata, tags, ACL, lock.

use std::collections::HashMap;

use super::{Cx, acl, encryption, lock, tagging};
use crate::access_key::canonical_id;
use crate::fault::Fault;
use crate::store::{Encryption, Metadata, Missing, ObjectOwnership, Properties, Retention};

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
pub(super) struct Draft {
    pub(super) metadata: Metadata,
    pub(super) properties: Properties,
}

impl Draft {
    /// Reads them from the headers of PutObject, CreateMultipartUpload or CopyObject; `user` is the decoded user metadata.
    ///
    /// # Errors
    /// MetadataTooLarge, InvalidStorageClass, and whatever else a header can be wrong about.
    pub(super) fn read(
        cx: &Cx,
        bucket: &str,
        key: &str,
        user: Option<HashMap<String, String>>,
    ) -> Result<Self, Fault> {
        if key.len() > 1_024 {
            return Err(Fault::new("KeyTooLongError")
                .field("Size", key.len().to_string())
                .field("MaxSizeAllowed", "1024"));
        }
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
            let value =
                cx.headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
            value.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let mut metadata = Metadata {
            content_type: text("content-type"),
            cache_control: text("cache-control"),
            content_disposition: text("content-disposition"),
            content_encoding: text("content-encoding")
                .and_then(|encoding| without_aws_chunked(&encoding)),
            content_language: text("content-language"),
            expires: cx
                .slot
                .expires
                .as_ref()
                .and_then(|value| String::from_utf8(value.as_bytes().to_vec()).ok())
                .or_else(|| text("expires")),
            website_redirect: text("x-amz-website-redirect-location"),
            storage_class: storage_class.filter(|class| class != "STANDARD"),
            user: user
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            ..Metadata::default()
        };
        if let Some(target) = metadata.website_redirect.as_deref().filter(|target| {
            !["/", "http://", "https://"].iter().any(|start| target.starts_with(start))
        }) {
            return Err(Fault::new("InvalidRedirectLocation")
                .message("The website redirect location must have a prefix of 'http://' or 'https://' or '/'.")
                .field("WebsiteRedirectLocation", target));
        }
        let context = cx.store.with(bucket, |bucket| {
            Ok::<_, Missing>(Context {
                owner: bucket.owner.clone(),
                encryption: bucket.settings.default_encryption(),
                ownership: bucket.settings.ownership,
                block_public_acls: bucket.settings.blocks(|block| block.block_public_acls),
                default_retention: lock::default_retention(bucket),
                has_lock: bucket.settings.object_lock.is_some(),
            })
        })?;
        encryption::read(&mut metadata, cx, context.encryption.clone())?;
        let properties = Properties {
            tags: cx
                .header("x-amz-tagging")
                .map(tagging::parse_header)
                .transpose()?
                .unwrap_or_default(),
            ..context.properties(cx)?
        };
        Ok(Self { metadata, properties })
    }
}

/// What the bucket adds.
struct Context {
    owner: String,
    encryption: Encryption,
    ownership: Option<ObjectOwnership>,
    block_public_acls: bool,
    default_retention: Option<Retention>,
    has_lock: bool,
}

impl Context {
    fn properties(&self, cx: &Cx) -> Result<Properties, Fault> {
        let request = acl::Request::read(cx)?;
        let writer = cx
            .slot
            .caller
            .get()
            .map(|caller| caller.account.clone())
            .unwrap_or_else(|| self.owner.clone());
        let mut properties = Properties::default();
        if self.ownership == Some(ObjectOwnership::BucketOwnerEnforced) {
            request.check_disabled()?;
            properties.owner = self.owner.clone();
        } else {
            let given_away = request.canned() == Some("bucket-owner-full-control")
                && self.ownership == Some(ObjectOwnership::BucketOwnerPreferred);
            properties.owner = if given_away { self.owner.clone() } else { writer };
            properties.grants =
                request.grants(&canonical_id(&properties.owner), &canonical_id(&self.owner))?;
            acl::check_not_public(&properties.grants, self.block_public_acls)?;
        }
        let (retention, legal_hold) = lock::read_headers(cx, self.has_lock)?;
        properties.retention = retention.or_else(|| self.default_retention.clone());
        properties.legal_hold = legal_hold;
        Ok(properties)
    }
}

/// `aws-chunked` describes the transfer, not the object.
fn without_aws_chunked(encoding: &str) -> Option<String> {
    let rest: Vec<&str> = encoding
        .split(',')
        .map(str::trim)
        .filter(|coding| !coding.eq_ignore_ascii_case("aws-chunked") && !coding.is_empty())
        .collect();
    (!rest.is_empty()).then(|| rest.join(", "))
}

impl Metadata {
    /// Takes over what a copy keeps of its source: everything that describes the bytes.
    ///
    /// Storage class, encryption and the website redirect are the copy's own.
    pub(super) fn keep_descriptive(&mut self, source: &Metadata) {
        self.content_type.clone_from(&source.content_type);
        self.cache_control.clone_from(&source.cache_control);
        self.content_disposition.clone_from(&source.content_disposition);
        self.content_encoding.clone_from(&source.content_encoding);
        self.content_language.clone_from(&source.content_language);
        self.expires.clone_from(&source.expires);
        self.user.clone_from(&source.user);
    }
}
