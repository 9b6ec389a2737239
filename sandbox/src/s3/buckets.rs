//! Buckets: create, head, list, delete, location.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use s3s::S3Response;
use s3s::dto::*;

use super::{Cx, acl, convert, tagging};
use crate::access_key::canonical_id;
use crate::fault::Fault;
use crate::store::{Bucket as Stored, Grantee, Missing, ObjectOwnership as Ownership, Versioning};

/// The region whose buckets carry no LocationConstraint.
const HOME: &str = "us-east-1";

pub(super) async fn create(
    cx: Cx,
    input: CreateBucketInput,
) -> Result<S3Response<CreateBucketOutput>, Fault> {
    let caller = cx.caller()?;
    check_name(&input.bucket)?;
    let region = region(&cx, &input)?;
    let mut bucket = Stored::new(input.bucket.clone(), region.clone(), caller.account.clone());
    if cx.store.legacy_bucket_defaults {
        bucket.settings.ownership = Some(Ownership::ObjectWriter);
        bucket.settings.public_access_block = None;
    }
    apply_headers(&cx, &mut bucket, &caller.account)?;
    // s3s does not read them.
    bucket.settings.tags = match &cx.slot.document {
        Some(document) => tagging::of_new_bucket(document)?,
        None => None,
    };
    let grants = bucket.settings.grants.clone();
    cx.store.create(bucket, |existing| {
        if existing.owner != caller.account {
            return Err(Fault::new("BucketAlreadyExists").field("BucketName", &input.bucket));
        }
        if region != HOME || existing.region != HOME {
            return Err(Fault::new("BucketAlreadyOwnedByYou").field("BucketName", &input.bucket));
        }
        // The oldest region answers 200 and resets the bucket's ACL (CreateBucket, S3 API Reference).
        existing.settings.grants = grants;
        Ok(())
    })?;
    let location = if region == HOME {
        format!("/{}", input.bucket)
    } else {
        format!("http://{}.s3.amazonaws.com/", input.bucket)
    };
    Ok(S3Response::new(CreateBucketOutput { location: Some(location) }))
}

/// Object ownership, ACL and object lock, as the request asks for them.
fn apply_headers(cx: &Cx, bucket: &mut Stored, account: &str) -> Result<(), Fault> {
    if let Some(named) = cx.header("x-amz-object-ownership") {
        let ownership = Ownership::parse(named).ok_or_else(|| {
            Fault::new("InvalidArgument")
                .message("Invalid x-amz-object-ownership header")
                .field("ArgumentName", "x-amz-object-ownership")
                .field("ArgumentValue", named)
        })?;
        bucket.settings.ownership = Some(ownership);
    }
    let request = acl::Request::read(cx)?;
    if !request.is_empty() {
        let id = canonical_id(account);
        let grants = request.grants(&id, &id)?;
        let private = grants.iter().all(|grant| grant.grantee == Grantee::Account(id.clone()));
        if !private && !bucket.settings.acls_enabled() {
            return Err(Fault::new("InvalidBucketAclWithObjectOwnership"));
        }
        if bucket.settings.acls_enabled() {
            if acl::check_not_public(
                &grants,
                bucket.settings.blocks(|block| block.block_public_acls),
            )
            .is_err()
            {
                return Err(Fault::new("InvalidBucketAclWithBlockPublicAccessError"));
            }
            bucket.settings.grants = grants;
        }
    }
    if cx
        .header("x-amz-bucket-object-lock-enabled")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        bucket.settings.versioning = Versioning::Enabled;
        bucket.settings.object_lock = Some(ObjectLockConfiguration {
            object_lock_enabled: Some(ObjectLockEnabled::from_static(ObjectLockEnabled::ENABLED)),
            rule: None,
        });
    }
    Ok(())
}

/// The region of the new bucket: the endpoint's, which the constraint must name unless it is us-east-1.
fn region(cx: &Cx, input: &CreateBucketInput) -> Result<String, Fault> {
    let endpoint = if cx.slot.region.is_empty() { HOME } else { &cx.slot.region };
    let constraint = input
        .create_bucket_configuration
        .as_ref()
        .and_then(|configuration| configuration.location_constraint.as_ref());
    let constraint =
        constraint.map(|constraint| constraint.as_str()).filter(|text| !text.is_empty());
    let constraint = constraint.map(|text| if text == "EU" { "eu-west-1" } else { text });
    let incompatible = |text: &str| {
        Fault::new("IllegalLocationConstraintException")
            .message(format!("The {text} location constraint is incompatible for the region specific endpoint this request was sent to."))
    };
    match constraint {
        None if endpoint == HOME => Ok(HOME.to_owned()),
        None => Err(incompatible("unspecified")),
        // us-east-1 itself is not a valid constraint.
        Some(text) if !is_region(text) || text == HOME => {
            Err(Fault::new("InvalidLocationConstraint").field("LocationConstraint", text))
        }
        Some(text) if text == endpoint => Ok(text.to_owned()),
        Some(text) => Err(incompatible(text)),
    }
}

/// Whether a text has the shape of a region's name.
fn is_region(text: &str) -> bool {
    let fields: Vec<&str> = text.split('-').collect();
    let shaped = matches!(fields.len(), 3 | 4) && fields.iter().all(|field| !field.is_empty());
    shaped
        && fields.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The rules for general purpose buckets ("Bucket naming rules", S3 User Guide) beyond those that s3s applies to every request.
fn check_name(name: &str) -> Result<(), Fault> {
    let reserved =
        ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| name.starts_with(prefix))
            || ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]
                .iter()
                .any(|suffix| name.ends_with(suffix));
    if reserved || name.contains("..") || name.contains(".-") || name.contains("-.") {
        return Err(Fault::new("InvalidBucketName").field("BucketName", name));
    }
    Ok(())
}

pub(super) async fn head(
    cx: Cx,
    input: HeadBucketInput,
) -> Result<S3Response<HeadBucketOutput>, Fault> {
    let region = cx.store.with(&input.bucket, |bucket| Ok::<_, Missing>(bucket.region.clone()))?;
    Ok(S3Response::new(HeadBucketOutput {
        bucket_region: Some(region),
        access_point_alias: Some(false),
        ..Default::default()
    }))
}

pub(super) async fn delete(
    cx: Cx,
    input: DeleteBucketInput,
) -> Result<S3Response<DeleteBucketOutput>, Fault> {
    if cx.store.remove(&input.bucket)? {
        Ok(S3Response::new(DeleteBucketOutput::default()))
    } else {
        Err(Fault::new("BucketNotEmpty").field("BucketName", &input.bucket))
    }
}

pub(super) async fn location(
    cx: Cx,
    input: GetBucketLocationInput,
) -> Result<S3Response<GetBucketLocationOutput>, Fault> {
    let region = cx.store.with(&input.bucket, |bucket| Ok::<_, Missing>(bucket.region.clone()))?;
    let location_constraint = (region != HOME).then(|| BucketLocationConstraint::from(region));
    Ok(S3Response::new(GetBucketLocationOutput { location_constraint }))
}

pub(super) async fn list(
    cx: Cx,
    input: ListBucketsInput,
) -> Result<S3Response<ListBucketsOutput>, Fault> {
    let caller = cx.caller()?;
    let limit = input.max_buckets.map_or(10_000, i64::from);
    if !(1..=10_000).contains(&limit) {
        return Err(Fault::new("InvalidArgument")
            .message("Argument max-buckets must be an integer between 1 and 10000")
            .field("ArgumentName", "max-buckets")
            .field("ArgumentValue", limit.to_string()));
    }
    let after =
        input.continuation_token.as_deref().map(decode_token).transpose()?.unwrap_or_default();
    let prefix = input.prefix.clone().unwrap_or_default();
    let mut buckets = cx.store.owned_by(&caller.account, |bucket| Bucket {
        bucket_region: Some(bucket.region.clone()),
        creation_date: Some(bucket.created.into()),
        name: Some(bucket.name.clone()),
    });
    buckets.retain(|bucket| {
        let name = bucket.name.as_deref().unwrap_or_default();
        let in_region =
            input.bucket_region.is_none() || bucket.bucket_region == input.bucket_region;
        in_region && name.starts_with(&prefix) && name > after.as_str()
    });
    let truncated = buckets.len() > limit as usize;
    buckets.truncate(limit as usize);
    let last = buckets.last().and_then(|bucket| bucket.name.as_deref());
    Ok(S3Response::new(ListBucketsOutput {
        continuation_token: last.filter(|_| truncated).map(|name| STANDARD.encode(name)),
        buckets: Some(buckets),
        owner: Some(convert::owner(&caller.account)),
        prefix: input.prefix,
    }))
}

fn decode_token(token: &str) -> Result<String, Fault> {
    STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        Fault::new("InvalidArgument")
            .message("The continuation token provided is incorrect")
            .field("ArgumentName", "continuation-token")
    })
}
