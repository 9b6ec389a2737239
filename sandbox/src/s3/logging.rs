//! Server access logging of a bucket: stored and told; the sandbox delivers no log objects.
//!
//! Source: PutBucketLogging, S3 API Reference; "Logging requests with server access logging", S3 User Guide.

use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use crate::fault::Fault;
use crate::store::Missing;

pub(super) async fn get(
    cx: Cx,
    input: GetBucketLoggingInput,
) -> Result<S3Response<GetBucketLoggingOutput>, Fault> {
    let logging_enabled = cx.settings(&input.bucket, |settings| settings.logging.clone())?;
    Ok(S3Response::new(GetBucketLoggingOutput { logging_enabled }))
}

/// An empty status turns logging off.
pub(super) async fn put(
    cx: Cx,
    input: PutBucketLoggingInput,
) -> Result<S3Response<PutBucketLoggingOutput>, Fault> {
    let logging = input.bucket_logging_status.logging_enabled;
    if let Some(logging) = &logging {
        check(logging)?;
        let (owner, region) = cx.store.with(&input.bucket, |bucket| {
            Ok::<_, Missing>((bucket.owner.clone(), bucket.region.clone()))
        })?;
        check_target(&cx, logging, &owner, &region)?;
    }
    cx.settings(&input.bucket, |settings| settings.logging = logging)?;
    Ok(S3Response::new(PutBucketLoggingOutput::default()))
}

fn check(logging: &LoggingEnabled) -> Result<(), Fault> {
    for grant in logging.target_grants.iter().flatten() {
        let permission = grant.permission.as_ref().map(BucketLogsPermission::as_str);
        if !matches!(permission, Some("FULL_CONTROL" | "READ" | "WRITE")) {
            return Err(Fault::new("MalformedXML"));
        }
    }
    let Some(format) = &logging.target_object_key_format else { return Ok(()) };
    let source = format
        .partitioned_prefix
        .as_ref()
        .and_then(|prefix| prefix.partition_date_source.as_ref())
        .map(PartitionDateSource::as_str);
    let both = format.partitioned_prefix.is_some() && format.simple_prefix.is_some();
    if both || !matches!(source, None | Some("EventTime" | "DeliveryTime")) {
        return Err(Fault::new("MalformedXML"));
    }
    Ok(())
}

/// The target must be the same account's, and in the same region.
fn check_target(cx: &Cx, logging: &LoggingEnabled, owner: &str, region: &str) -> Result<(), Fault> {
    let unfit = || {
        Fault::new("InvalidTargetBucketForLogging").field("TargetBucket", &logging.target_bucket)
    };
    let target = cx.store.with(&logging.target_bucket, |target| {
        if target.owner != owner {
            return Err(unfit());
        }
        if target.region != region {
            return Err(Fault::new("CrossLocationLoggingProhibited")
                .field("TargetBucketLocation", &target.region));
        }
        // Without ACLs nobody can be granted anything but by the target's policy.
        if logging.target_grants.as_ref().is_some_and(|grants| !grants.is_empty())
            && !target.settings.acls_enabled()
        {
            return Err(Fault::new("AccessControlListNotSupported"));
        }
        Ok(())
    });
    target.map_err(|fault| if fault.code == "NoSuchBucket" { unfit() } else { fault })
}
