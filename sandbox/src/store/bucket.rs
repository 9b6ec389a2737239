//! A bucket: who owns it, where it is, what is set on it, what is in it.

use std::collections::BTreeMap;
use std::time::SystemTime;

use s3s::dto;

use super::acl::Grant;
use super::object::Encryption;
use super::policy::Policy;
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

/// The bucket's configuration, each part as it was put; by default there is none.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) versioning: Versioning,
    pub(crate) tags: Option<Vec<(String, String)>>,
    pub(crate) public_access_block: Option<dto::PublicAccessBlockConfiguration>,
    /// `None` after the controls were deleted: as `ObjectWriter`.
    pub(crate) ownership: Option<ObjectOwnership>,
    pub(crate) encryption: Option<dto::ServerSideEncryptionConfiguration>,
    pub(crate) lifecycle: Option<Vec<dto::LifecycleRule>>,
    /// `x-amz-transition-default-minimum-object-size`.
    pub(crate) lifecycle_minimum_size: Option<String>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) policy: Option<Policy>,
    pub(crate) cors: Option<Vec<dto::CORSRule>>,
    /// Object lock is on; it cannot be turned off.
    pub(crate) object_lock: Option<dto::ObjectLockConfiguration>,
    pub(crate) logging: Option<dto::LoggingEnabled>,
    /// Empty where there is none.
    pub(crate) notification: dto::NotificationConfiguration,
    pub(crate) website: Option<dto::WebsiteConfiguration>,
    pub(crate) replication: Option<dto::ReplicationConfiguration>,
    pub(crate) requester_pays: bool,
    pub(crate) acceleration: Option<dto::BucketAccelerateStatus>,
}

/// Whose objects are, and whether ACLs count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectOwnership {
    /// The bucket owner's, and ACLs are disabled: the default since April 2023.
    BucketOwnerEnforced,
    /// The bucket owner's where uploaded with `bucket-owner-full-control`.
    BucketOwnerPreferred,
    /// The uploader's.
    ObjectWriter,
}

impl ObjectOwnership {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::BucketOwnerEnforced => "BucketOwnerEnforced",
            Self::BucketOwnerPreferred => "BucketOwnerPreferred",
            Self::ObjectWriter => "ObjectWriter",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::BucketOwnerEnforced, Self::BucketOwnerPreferred, Self::ObjectWriter]
            .into_iter()
            .find(|ownership| ownership.as_str() == text)
    }
}

impl Settings {
    /// A new bucket's: all public access blocked, ACLs disabled ("Default settings for new S3 buckets FAQ", S3 User Guide).
    fn of_new_bucket() -> Self {
        let block = Some(true);
        Self {
            public_access_block: Some(dto::PublicAccessBlockConfiguration {
                block_public_acls: block,
                block_public_policy: block,
                ignore_public_acls: block,
                restrict_public_buckets: block,
            }),
            ownership: Some(ObjectOwnership::BucketOwnerEnforced),
            ..Self::default()
        }
    }

    /// Whether ACLs count at all.
    pub(crate) fn acls_enabled(&self) -> bool {
        self.ownership != Some(ObjectOwnership::BucketOwnerEnforced)
    }

    /// One of the four switches of the public access block; off where there is none.
    pub(crate) fn blocks(
        &self,
        switch: impl Fn(&dto::PublicAccessBlockConfiguration) -> Option<bool>,
    ) -> bool {
        self.public_access_block.as_ref().and_then(switch).unwrap_or(false)
    }

    /// The encryption of what is written without encryption headers; SSE-S3 where nothing is set.
    pub(crate) fn default_encryption(&self) -> Encryption {
        let rule = self.encryption.as_ref().and_then(|configuration| configuration.rules.first());
        let default = rule.and_then(|rule| rule.apply_server_side_encryption_by_default.as_ref());
        Encryption {
            algorithm: default
                .map_or("AES256", |default| default.sse_algorithm.as_str())
                .to_owned(),
            kms_key: default.and_then(|default| default.kms_master_key_id.clone()),
            bucket_key: default.and(rule).and_then(|rule| rule.bucket_key_enabled),
        }
    }
}

impl Bucket {
    pub(crate) fn new(name: String, region: String, owner: String) -> Self {
        Self {
            name,
            region,
            owner,
            created: SystemTime::now(),
            settings: Settings::of_new_bucket(),
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
