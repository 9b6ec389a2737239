//! A bucket: who owns it, where it is, what is set on it, what is in it.

use std::collections::BTreeMap;
use std::time::SystemTime;

use s3s::dto;

use super::uploads::Uploads;
use super::versions::{Versioning, Versions};

/// One bucket with everything in it.
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) region: String,
    /// The owning account, 12 digits.
    pub(crate) owner: String,
    pub(crate) created: SystemTime,
    pub(crate) settings: Settings,
    /// Invariant: no entry without a version.
    pub(crate) objects: BTreeMap<String, Versions>,
    pub(crate) uploads: Uploads,
}

/// The bucket's configuration, each part as it was put.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) versioning: Versioning,
    pub(crate) tags: Option<Vec<(String, String)>>,
    pub(crate) public_access_block: Option<dto::PublicAccessBlockConfiguration>,
    pub(crate) ownership: Option<String>,
    pub(crate) encryption: Option<dto::ServerSideEncryptionConfiguration>,
    pub(crate) lifecycle: Option<Vec<dto::LifecycleRule>>,
    pub(crate) lifecycle_default_size: Option<String>,
    /// Canned ACL, where ACLs are enabled.
    pub(crate) acl: Option<String>,
    pub(crate) object_lock: Option<dto::ObjectLockConfiguration>,
}

impl Settings {
    /// Algorithm, KMS key and bucket key of what is written without encryption headers; SSE-S3 where nothing is set.
    pub(crate) fn default_encryption(&self) -> (String, Option<String>, Option<bool>) {
        let rule = self.encryption.as_ref().and_then(|configuration| configuration.rules.first());
        let default = rule.and_then(|rule| rule.apply_server_side_encryption_by_default.as_ref());
        default.map_or_else(
            || ("AES256".to_owned(), None, None),
            |default| {
                let bucket_key = rule.and_then(|rule| rule.bucket_key_enabled);
                (
                    default.sse_algorithm.as_str().to_owned(),
                    default.kms_master_key_id.clone(),
                    bucket_key,
                )
            },
        )
    }
}

impl Bucket {
    pub(crate) fn new(name: String, region: String, owner: String) -> Self {
        Self {
            name,
            region,
            owner,
            created: SystemTime::now(),
            settings: Settings::default(),
            objects: BTreeMap::new(),
            uploads: Uploads::default(),
        }
    }

    /// Whether it may be deleted: no object, no older version, no delete marker.
    ///
    /// Multipart uploads in progress do not count, as on AWS.
    pub(crate) fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}
