//! Who may do what: runs after the signature is verified and before the operation's input is read.
//!
//! An account may do everything with what it owns; anybody else what the bucket's policy or an ACL grants, where ACLs are enabled.
//! What the policy denies is denied to all.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};

use super::{Cx, Slot, policy};
use crate::access_key::{Keyring, canonical_id};
use crate::fault::Fault;
use crate::sigv4::Query;
use crate::store::policy::Verdict;
use crate::store::{self, Bucket, Permission, Store, VersionId};

/// The regions that take Signature Version 2: those opened before 2014; botocore still presigns with it there.
const VERSION_2_REGIONS: [&str; 8] = [
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "sa-east-1",
];

/// The secrets, for s3s's verification of signatures.
pub(super) struct Secrets(pub(super) Arc<Keyring>);

#[async_trait::async_trait]
impl S3Auth for Secrets {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match self.0.get(access_key) {
            Some(key) => Ok(SecretKey::from(key.secret)),
            None => Err(s3_error!(InvalidAccessKeyId)),
        }
    }
}

/// The access check.
pub(super) struct Access {
    pub(super) store: Arc<Store>,
    pub(super) keys: Arc<Keyring>,
}

#[async_trait::async_trait]
impl S3Access for Access {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(slot) = cx.extensions_mut().get::<Arc<Slot>>().cloned() else {
            return Err(s3_error!(InternalError));
        };
        // Each is set once per request, here.
        let _ = slot.operation.set(cx.s3_op().name().to_owned());
        if let Some(key) =
            cx.credentials().and_then(|credentials| self.keys.get(&credentials.access_key))
        {
            let _ = slot.caller.set(key);
        }
        self.decide(cx, &slot).map_err(|fault| slot.refuse(fault))
    }
}

impl Access {
    fn decide(&self, cx: &S3AccessContext<'_>, slot: &Slot) -> Result<(), Fault> {
        // Version 2 signs every `x-amz-` header by its construction, a form its policy.
        let signs_headers = !slot.version_2 && cx.s3_op().name() != "PostObject";
        if slot.caller.get().is_some() && signs_headers {
            check_headers_are_signed(cx, slot)?;
        }
        if let Some(fault) = &slot.body_fault {
            return Err(fault.clone());
        }
        let operation = cx.s3_op().name();
        let caller = slot.caller.get();
        let (Some(bucket), false) = (cx.s3_path().get_bucket_name(), operation == "CreateBucket")
        else {
            return caller.map(|_| ()).ok_or_else(|| Fault::new("AccessDenied"));
        };
        let expected_owner = cx
            .headers()
            .get("x-amz-expected-bucket-owner")
            .map(|value| value.to_str().unwrap_or_default());
        let query = Query::parse(cx.uri().query().unwrap_or_default());
        let version = query.get("versionId").map(|id| VersionId::parse(&id));
        let subject = Subject {
            operation,
            caller,
            key: cx.s3_path().get_object_key(),
            version: version.as_ref(),
            headers: cx.headers(),
            uri: cx.uri(),
        };

        let decision = self.store.with(bucket, |bucket| {
            // An anonymous request names no region; the bucket's own answers. The location is told everywhere.
            if !slot.region.is_empty()
                && slot.region != bucket.region
                && operation != "GetBucketLocation"
            {
                return Err(redirect(bucket));
            }
            if slot.version_2 && !VERSION_2_REGIONS.contains(&bucket.region.as_str()) {
                return Err(Fault::new("InvalidRequest").message("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."));
            }
            check_expected_owner("x-amz-expected-bucket-owner", expected_owner, &bucket.owner)
                .and_then(|()| {
                    if subject.may(bucket) { Ok(()) } else { Err(Fault::new("AccessDenied")) }
                })
                // HeadBucket tells the region whatever the permissions.
                .map_err(|fault| {
                    if operation == "HeadBucket" {
                        fault.header("x-amz-bucket-region", &bucket.region)
                    } else {
                        fault
                    }
                })
        });
        decision.map_err(|fault| {
            if fault.code == "NoSuchBucket" { fault.field("BucketName", bucket) } else { fault }
        })
    }
}

fn redirect(bucket: &Bucket) -> Fault {
    Fault::new("PermanentRedirect")
        .field("Endpoint", format!("{}.s3.{}.amazonaws.com", bucket.name, bucket.region))
        .field("Bucket", &bucket.name)
        .header("x-amz-bucket-region", &bucket.region)
}

/// # Errors
/// AccessDenied where the bucket belongs to another account, InvalidArgument for what is no account id.
fn check_expected_owner(
    name: &'static str,
    expected: Option<&str>,
    owner: &str,
) -> Result<(), Fault> {
    let Some(expected) = expected else { return Ok(()) };
    if expected.len() != 12 || !expected.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::new("InvalidBucketOwnerAWSAccountID")
            .message("The value of the expected bucket owner parameter must be an AWS Account ID.")
            .field("ArgumentName", name)
            .field("ArgumentValue", expected));
    }
    if expected == owner { Ok(()) } else { Err(Fault::new("AccessDenied")) }
}

/// One call, as far as permissions are concerned.
type Subject<'a> = policy::Request<'a>;

/// What an operation needs.
enum Need {
    /// To be the bucket's owner.
    Ownership,
    Bucket(Permission),
    Object(Permission),
}

impl Need {
    /// Which ACL permission stands for an operation ("Mapping of ACL permissions and access policy permissions", S3 User Guide).
    fn of(operation: &str) -> Self {
        match operation {
            "HeadBucket"
            | "ListObjects"
            | "ListObjectsV2"
            | "ListObjectVersions"
            | "ListMultipartUploads" => Self::Bucket(Permission::Read),
            "PutObject"
            | "PostObject"
            | "CopyObject"
            | "CreateMultipartUpload"
            | "UploadPart"
            | "UploadPartCopy"
            | "CompleteMultipartUpload"
            | "DeleteObject"
            | "DeleteObjects"
            | "AbortMultipartUpload"
            | "ListParts" => Self::Bucket(Permission::Write),
            "GetBucketAcl" => Self::Bucket(Permission::ReadAcp),
            "PutBucketAcl" => Self::Bucket(Permission::WriteAcp),
            "GetObject" | "HeadObject" | "GetObjectAttributes" => Self::Object(Permission::Read),
            "GetObjectAcl" => Self::Object(Permission::ReadAcp),
            "PutObjectAcl" => Self::Object(Permission::WriteAcp),
            _ => Self::Ownership,
        }
    }
}

impl Subject<'_> {
    /// An explicit deny of the bucket's policy stops everybody but the account's root.
    fn may(&self, bucket: &Bucket) -> bool {
        // The keys of a DeleteObjects are in its body: each is decided by itself, later.
        let by_key = self.operation == "DeleteObjects" && self.key.is_none();
        let is_root = self.caller.is_some_and(|caller| caller.principal_arn.ends_with(":root"));
        match self.verdict(bucket) {
            _ if by_key => true,
            Verdict::Deny if !is_root => false,
            Verdict::Allow => true,
            _ => self.may_without_policy(bucket),
        }
    }

    fn may_without_policy(&self, bucket: &Bucket) -> bool {
        let owns_bucket = self.caller.is_some_and(|caller| caller.account == bucket.owner);
        match Need::of(self.operation) {
            Need::Ownership => owns_bucket,
            Need::Bucket(permission) => {
                owns_bucket || self.granted(bucket, &bucket.settings.grants, permission)
            }
            Need::Object(permission) => self.may_on_object(bucket, permission, owns_bucket),
        }
    }

    fn may_on_object(&self, bucket: &Bucket, permission: Permission, owns_bucket: bool) -> bool {
        match self.key.map(|key| bucket.version(key, self.version)) {
            Some(Ok(version)) if !version.is_marker() => {
                let owns_object =
                    self.caller.is_some_and(|caller| caller.account == version.properties.owner);
                let enforced = owns_bucket && !bucket.settings.acls_enabled();
                owns_object
                    || enforced
                    || self.granted(bucket, &version.properties.grants, permission)
            }
            // What is not there is told to those who may list.
            _ => {
                let list =
                    Subject { operation: "ListObjectsV2", key: None, version: None, ..*self };
                list.may(bucket)
            }
        }
    }

    fn granted(&self, bucket: &Bucket, grants: &[store::Grant], permission: Permission) -> bool {
        let ignore_public = bucket.settings.blocks(|block| block.ignore_public_acls);
        let id = self.caller.map(|caller| canonical_id(&caller.account));
        bucket.settings.acls_enabled()
            && store::allows(grants, permission, id.as_deref(), ignore_public)
    }
}

/// Whether the caller may read the source of a copy.
///
/// # Errors
/// AccessDenied; NoSuchBucket.
pub(super) fn check_source(
    cx: &Cx,
    bucket: &str,
    key: &str,
    version: Option<&VersionId>,
) -> Result<(), Fault> {
    let expected = cx.header("x-amz-source-expected-bucket-owner");
    cx.store
        .with(bucket, |bucket| {
            check_expected_owner("x-amz-source-expected-bucket-owner", expected, &bucket.owner)?;
            check(cx, bucket, "GetObject", key, version)
        })
        .map_err(|fault| {
            if fault.code == "NoSuchBucket" { fault.field("BucketName", bucket) } else { fault }
        })
}

/// Whether the caller may do `operation` to one key.
///
/// # Errors
/// AccessDenied.
pub(super) fn check(
    cx: &Cx,
    bucket: &Bucket,
    operation: &str,
    key: &str,
    version: Option<&VersionId>,
) -> Result<(), Fault> {
    let subject = Subject {
        operation,
        caller: cx.slot.caller.get(),
        key: Some(key),
        version,
        headers: &cx.headers,
        uri: &cx.uri,
    };
    if subject.may(bucket) { Ok(()) } else { Err(Fault::new("AccessDenied")) }
}

/// Every `x-amz-` header must be under the signature, and `host`, too.
fn check_headers_are_signed(cx: &S3AccessContext<'_>, slot: &Slot) -> Result<(), Fault> {
    let signed = |name: &str| slot.signed_headers.iter().any(|signed| signed == name);
    let mut unsigned: Vec<&str> = cx
        .headers()
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| {
            (name.starts_with("x-amz-") && *name != "x-amz-date" && *name != "x-amz-content-sha256")
                || *name == "host"
        })
        .filter(|name| !signed(name))
        .collect();
    unsigned.sort_unstable();
    if unsigned.is_empty() {
        return Ok(());
    }
    Err(Fault::new("AccessDenied")
        .message("There were headers present in the request which were not signed")
        .field("HeadersNotSigned", unsigned.join(", ")))
}
