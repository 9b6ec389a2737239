//! Who may do what: runs after the signature is verified and before the operation's input is read.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};

use super::Slot;
use crate::access_key::Keyring;
use crate::fault::Fault;
use crate::store::{Missing, Store};

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

/// The access check: an account may do everything in its own buckets and nothing in another's.
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
        if slot.caller.get().is_some() {
            check_headers_are_signed(cx, slot)?;
        }
        if let Some(fault) = &slot.body_fault {
            return Err(fault.clone());
        }
        let operation = cx.s3_op().name();
        let bucket = cx.s3_path().get_bucket_name();
        let caller = slot.caller.get();
        let (Some(bucket), false) = (bucket, operation == "CreateBucket") else {
            return caller.map(|_| ()).ok_or_else(|| Fault::new("AccessDenied"));
        };
        let (owner, region) = self
            .store
            .with(bucket, |bucket| Ok::<_, Missing>((bucket.owner.clone(), bucket.region.clone())))
            .map_err(|_| Fault::new("NoSuchBucket").field("BucketName", bucket))?;

        // An anonymous request names no region; the bucket's own answers.
        if !slot.region.is_empty() && slot.region != region && operation != "GetBucketLocation" {
            return Err(Fault::new("PermanentRedirect")
                .field("Endpoint", format!("{bucket}.s3.{region}.amazonaws.com"))
                .field("Bucket", bucket)
                .header("x-amz-bucket-region", &region));
        }
        // HeadBucket tells the region whatever the permissions.
        let denied = || {
            let fault = Fault::new("AccessDenied");
            if operation == "HeadBucket" {
                fault.header("x-amz-bucket-region", &region)
            } else {
                fault
            }
        };
        if let Some(expected) = cx.headers().get("x-amz-expected-bucket-owner") {
            let expected = expected.to_str().unwrap_or_default();
            if expected.len() != 12 || !expected.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Fault::new("InvalidArgument")
                    .message("The value of the expected bucket owner parameter must be an AWS Account ID.")
                    .field("ArgumentName", "x-amz-expected-bucket-owner")
                    .field("ArgumentValue", expected));
            }
            if expected != owner {
                return Err(denied());
            }
        }
        match caller {
            Some(caller) if caller.account == owner => Ok(()),
            _ => Err(denied()),
        }
    }
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
