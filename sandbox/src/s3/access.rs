//! The access check of every request: runs after the signature is verified and before the operation's input is read.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};

use super::decision::{permit, permit_missing};
use super::subject::{Stage, Subject};
use super::{Cx, Slot};
use crate::access_key::Keyring;
use crate::fault::Fault;
use crate::iam;
use crate::sigv4::Query;
use crate::store::{Bucket, Store, VersionId};

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
            Some(key) => Ok(SecretKey::from(key.secret.as_str())),
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
        let query = Query::parse(cx.uri().query().unwrap_or_default());
        let version = query.get("versionId").map(|id| VersionId::parse(&id));
        let form_key = slot.form.as_ref().and_then(|form| form.key());
        let subject = Subject {
            operation,
            caller: slot.caller.get().map(Arc::as_ref),
            bucket: cx.s3_path().get_bucket_name().unwrap_or_default(),
            key: cx.s3_path().get_object_key().or(form_key.as_deref()),
            version: version.as_ref(),
            etag: None,
            headers: cx.headers(),
            uri: cx.uri(),
            slot,
        };
        let needs = subject.needs(Stage::Request);
        slot.asked.record(needs.clone());
        let (Some(bucket), false) = (cx.s3_path().get_bucket_name(), operation == "CreateBucket")
        else {
            // Nothing is there yet that could have a policy of its own.
            let caller = subject.caller.ok_or_else(|| Fault::new("AccessDenied"))?;
            return iam::authorize(caller, &needs, &|_, key| subject.context(None, key))
                .map_err(|denial| Fault::new("AccessDenied").message(denial.message("\"")));
        };
        let expected_owner = cx
            .headers()
            .get("x-amz-expected-bucket-owner")
            .map(|value| value.to_str().unwrap_or_default());

        self.store.with(bucket, |bucket| {
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
                .and_then(|()| permit(&subject, bucket, &needs))
                .and_then(|()| permit_missing(&subject, bucket, Stage::Missing))
                // HeadBucket tells the region whatever the permissions.
                .map_err(|fault| {
                    if operation == "HeadBucket" {
                        fault.header("x-amz-bucket-region", &bucket.region)
                    } else {
                        fault
                    }
                })
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
            .field("ArgumentName", name)
            .field("ArgumentValue", expected));
    }
    if expected == owner { Ok(()) } else { Err(Fault::new("AccessDenied")) }
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
    let copy = cx.slot.operation.get().map_or("CopyObject", String::as_str);
    let asks = Subject::of_key(cx, copy, bucket, key, version);
    let needs = asks.needs(Stage::Source);
    cx.slot.asked.record(needs.clone());
    let subject = Subject { operation: "GetObject", ..asks };
    cx.store.with(bucket, |bucket| {
        check_expected_owner("x-amz-source-expected-bucket-owner", expected, &bucket.owner)?;
        permit(&subject, bucket, &needs)?;
        permit_missing(&asks, bucket, Stage::SourceMissing)
    })
}

/// Whether the caller may take the tags of a copy's source to its destination; asked where there are any.
///
/// # Errors
/// AccessDenied.
pub(super) fn check_copied_tags(
    cx: &Cx,
    source: (&str, &str, Option<&VersionId>),
    destination: (&str, &str),
) -> Result<(), Fault> {
    let (bucket, key, version) = source;
    let read = (Subject::of_key(cx, "CopyObject", bucket, key, version), Stage::SourceTags);
    let (bucket, key) = destination;
    let write = (Subject::of_key(cx, "CopyObject", bucket, key, None), Stage::CopiedTags);
    for (subject, stage) in [read, write] {
        let needs = subject.needs(stage);
        cx.slot.asked.record(needs.clone());
        cx.store.with(subject.bucket, |bucket| permit(&subject, bucket, &needs))?;
    }
    Ok(())
}

/// Whether the caller may delete one key of many; what it needs is recorded if so.
///
/// # Errors
/// AccessDenied.
pub(super) fn check_delete(
    cx: &Cx,
    bucket: &Bucket,
    key: &str,
    version: Option<&VersionId>,
    etag: Option<&str>,
) -> Result<(), Fault> {
    let subject = Subject::of_key(cx, "DeleteObjects", &bucket.name, key, version);
    let subject = Subject { etag, ..subject };
    let needs = subject.needs(Stage::Request);
    permit(&subject, bucket, &needs)?;
    cx.slot.asked.record(needs);
    Ok(())
}

/// Every `x-amz-` header must be under the signature, and `host`, too.
fn check_headers_are_signed(cx: &S3AccessContext<'_>, slot: &Slot) -> Result<(), Fault> {
    let signed = |name: &str| slot.evidence.as_ref().is_some_and(|evidence| evidence.covers(name));
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
