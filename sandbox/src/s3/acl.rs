//! ACLs: canned, by header or by document; and what is left of them where they are disabled, as on every new bucket.
//!
//! Source: "Access control list (ACL) overview" and "Controlling ownership of objects", S3 User Guide.

use s3s::S3Response;
use s3s::dto;

use super::{Cx, convert};
use crate::access_key::canonical_id;
use crate::fault::Fault;
use crate::store::{Bucket, Grant, Grantee, Missing, Permission, VersionId};

pub(super) const GRANT_HEADERS: [(&str, Permission); 5] = [
    ("x-amz-grant-full-control", Permission::FullControl),
    ("x-amz-grant-read", Permission::Read),
    ("x-amz-grant-write", Permission::Write),
    ("x-amz-grant-read-acp", Permission::ReadAcp),
    ("x-amz-grant-write-acp", Permission::WriteAcp),
];

/// The ACL that a request asks for by its headers.
pub(super) struct Request {
    canned: Option<String>,
    grants: Vec<Grant>,
}

impl Request {
    /// # Errors
    /// InvalidRequest for a canned ACL beside grants, InvalidArgument for what is neither a canned ACL nor a grantee.
    pub(super) fn read(cx: &Cx) -> Result<Self, Fault> {
        let canned = cx.header("x-amz-acl").map(str::to_owned);
        let mut grants = Vec::new();
        for (name, permission) in GRANT_HEADERS {
            for grantee in cx
                .header(name)
                .unwrap_or_default()
                .split(',')
                .map(str::trim)
                .filter(|grantee| !grantee.is_empty())
            {
                grants.push(Grant { grantee: parse_grantee(cx, grantee)?, permission });
            }
        }
        if canned.is_some() && !grants.is_empty() {
            return Err(Fault::new("InvalidRequest")
                .message("Specifying both Canned ACLs and Header Grants is not allowed"));
        }
        Ok(Self { canned, grants })
    }

    pub(super) fn canned(&self) -> Option<&str> {
        self.canned.as_deref()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.canned.is_none() && self.grants.is_empty()
    }

    /// Where ACLs are disabled, only an ACL that gives the bucket's owner full control is taken.
    ///
    /// # Errors
    /// AccessControlListNotSupported.
    pub(super) fn check_disabled(&self) -> Result<(), Fault> {
        if self.grants.is_empty()
            && matches!(self.canned(), None | Some("bucket-owner-full-control"))
        {
            return Ok(());
        }
        Err(Fault::new("AccessControlListNotSupported"))
    }

    /// The grants, for an owner and a bucket owner by their canonical ids.
    pub(super) fn grants(&self, owner: &str, bucket_owner: &str) -> Result<Vec<Grant>, Fault> {
        if !self.grants.is_empty() {
            return Ok(self.grants.clone());
        }
        canned(self.canned().unwrap_or("private"), owner, bucket_owner)
    }
}

fn parse_grantee(cx: &Cx, text: &str) -> Result<Grantee, Fault> {
    let invalid = |message: &'static str| {
        Fault::new("InvalidArgument")
            .message(message)
            .field("ArgumentName", "x-amz-grant")
            .field("ArgumentValue", text)
    };
    let (kind, value) =
        text.split_once('=').ok_or_else(|| invalid("Argument format not recognized"))?;
    let value = value.trim_matches('"');
    match kind.trim() {
        "id" => account(cx, value),
        "uri" => group(value, "uri"),
        "emailAddress" => Err(unknown_email(value)),
        _ => Err(invalid("Argument format not recognized")),
    }
}

/// An account by its canonical user id.
fn account(cx: &Cx, id: &str) -> Result<Grantee, Fault> {
    if cx.keys.knows_canonical_id(id) {
        return Ok(Grantee::Account(id.to_owned()));
    }
    Err(Fault::new("InvalidArgument")
        .message("Invalid id")
        .field("ArgumentName", "CanonicalUser/ID")
        .field("ArgumentValue", id))
}

/// A group by its URI; `argument` is how the refusal calls it.
fn group(uri: &str, argument: &'static str) -> Result<Grantee, Fault> {
    Grantee::group(uri).ok_or_else(|| {
        Fault::new("InvalidArgument")
            .message("Invalid group uri")
            .field("ArgumentName", argument)
            .field("ArgumentValue", uri)
    })
}

/// The sandbox's accounts have no e-mail address.
fn unknown_email(address: &str) -> Fault {
    Fault::new("UnresolvableGrantByEmailAddress")
        .message("The e-mail address you provided does not match any account on record.")
        .field("EmailAddress", address)
}

fn canned(name: &str, owner: &str, bucket_owner: &str) -> Result<Vec<Grant>, Fault> {
    let account =
        |id: &str, permission| Grant { grantee: Grantee::Account(id.to_owned()), permission };
    let mut grants = vec![account(owner, Permission::FullControl)];
    let mut group = |grantee: Grantee, permission| grants.push(Grant { grantee, permission });
    match name {
        "private" | "aws-exec-read" => {}
        "public-read" => group(Grantee::AllUsers, Permission::Read),
        "public-read-write" => {
            group(Grantee::AllUsers, Permission::Read);
            group(Grantee::AllUsers, Permission::Write);
        }
        "authenticated-read" => group(Grantee::AuthenticatedUsers, Permission::Read),
        "log-delivery-write" => {
            group(Grantee::LogDelivery, Permission::Write);
            group(Grantee::LogDelivery, Permission::ReadAcp);
        }
        "bucket-owner-read" if owner != bucket_owner => {
            grants.push(account(bucket_owner, Permission::Read))
        }
        "bucket-owner-full-control" if owner != bucket_owner => {
            grants.push(account(bucket_owner, Permission::FullControl))
        }
        "bucket-owner-read" | "bucket-owner-full-control" => {}
        other => {
            return Err(Fault::new("InvalidArgument")
                .field("ArgumentName", "x-amz-acl")
                .field("ArgumentValue", other));
        }
    }
    Ok(grants)
}

/// # Errors
/// AccessDenied for public grants where the bucket blocks them.
pub(super) fn check_not_public(grants: &[Grant], blocked: bool) -> Result<(), Fault> {
    if blocked && grants.iter().any(|grant| grant.grantee.is_public()) {
        return Err(Fault::new("AccessDenied"));
    }
    Ok(())
}

/// The document of an ACL.
fn from_document(
    cx: &Cx,
    policy: dto::AccessControlPolicy,
    owner: &str,
) -> Result<Vec<Grant>, Fault> {
    if policy.owner.as_ref().and_then(|owner| owner.id.as_deref()) != Some(owner) {
        // Ownership cannot be given away, and an ACL without owner is not one.
        return Err(if policy.owner.is_some() {
            Fault::new("AccessDenied")
        } else {
            Fault::new("MalformedACLError")
        });
    }
    let mut grants = Vec::new();
    for grant in policy.grants.unwrap_or_default() {
        let grantee = grant.grantee.ok_or_else(|| Fault::new("MalformedACLError"))?;
        let permission = grant
            .permission
            .as_ref()
            .and_then(|permission| Permission::parse(permission.as_str()))
            .ok_or_else(|| Fault::new("MalformedACLError"))?;
        let grantee = match (grantee.id, grantee.uri, grantee.email_address) {
            (Some(id), _, _) => account(cx, &id)?,
            (None, Some(uri), _) => group(&uri, "Group/URI")?,
            (None, None, Some(address)) => return Err(unknown_email(&address)),
            (None, None, None) => return Err(Fault::new("MalformedACLError")),
        };
        grants.push(Grant { grantee, permission });
    }
    Ok(grants)
}

fn to_document(grants: &[Grant], owner: &str) -> (Vec<dto::Grant>, dto::Owner) {
    let owner_only = [Grant {
        grantee: Grantee::Account(canonical_id(owner)),
        permission: Permission::FullControl,
    }];
    // A disabled ACL reads as the owner's full control.
    let grants = if grants.is_empty() { &owner_only } else { grants };
    let grants = grants.iter().map(|grant| {
        let (kind, id) = match &grant.grantee {
            Grantee::Account(id) => ("CanonicalUser", Some(id.clone())),
            _ => ("Group", None),
        };
        dto::Grant {
            grantee: Some(dto::Grantee {
                display_name: None,
                email_address: None,
                id,
                type_: dto::Type::from_static(kind),
                uri: grant.grantee.uri().map(str::to_owned),
            }),
            permission: Some(dto::Permission::from_static(grant.permission.as_str())),
        }
    });
    (grants.collect(), convert::owner(owner))
}

/// The grants that a PutBucketAcl or PutObjectAcl asks for; `None` where ACLs are disabled and nothing changes.
fn asked(
    cx: &Cx,
    policy: Option<dto::AccessControlPolicy>,
    owner: &str,
    bucket: &Bucket,
) -> Result<Option<Vec<Grant>>, Fault> {
    let request = Request::read(cx)?;
    let id = canonical_id(owner);
    if !bucket.settings.acls_enabled() {
        if let Some(policy) = policy.filter(|_| request.is_empty()) {
            let grants = from_document(cx, policy, &id)?;
            let owner_only = grants.len() == 1
                && grants[0]
                    == Grant { grantee: Grantee::Account(id), permission: Permission::FullControl };
            return if owner_only {
                Ok(None)
            } else {
                Err(Fault::new("AccessControlListNotSupported"))
            };
        }
        return match request.canned() {
            Some("bucket-owner-full-control") => Ok(None),
            _ => Err(Fault::new("AccessControlListNotSupported")),
        };
    }
    let grants = match policy {
        Some(_) if !request.is_empty() => {
            return Err(
                Fault::new("UnexpectedContent").message("This request does not support content")
            );
        }
        Some(policy) => from_document(cx, policy, &id)?,
        None if request.is_empty() => {
            return Err(Fault::new("MissingSecurityHeader")
                .message("Your request was missing a required header")
                .field("MissingHeaderName", "x-amz-acl"));
        }
        None => request.grants(&id, &canonical_id(&bucket.owner))?,
    };
    check_not_public(&grants, bucket.settings.blocks(|block| block.block_public_acls))?;
    Ok(Some(grants))
}

pub(super) async fn get_bucket(
    cx: Cx,
    input: dto::GetBucketAclInput,
) -> Result<S3Response<dto::GetBucketAclOutput>, Fault> {
    let (grants, owner) = cx.store.with(&input.bucket, |bucket| {
        Ok::<_, Missing>(to_document(&bucket.settings.grants, &bucket.owner))
    })?;
    Ok(S3Response::new(dto::GetBucketAclOutput { grants: Some(grants), owner: Some(owner) }))
}

pub(super) async fn put_bucket(
    cx: Cx,
    input: dto::PutBucketAclInput,
) -> Result<S3Response<dto::PutBucketAclOutput>, Fault> {
    cx.store.with(&input.bucket, |bucket| {
        let owner = bucket.owner.clone();
        if let Some(grants) = asked(&cx, input.access_control_policy, &owner, bucket)? {
            bucket.settings.grants = grants;
        }
        Ok::<_, Fault>(())
    })?;
    Ok(S3Response::new(dto::PutBucketAclOutput::default()))
}

pub(super) async fn get_object(
    cx: Cx,
    input: dto::GetObjectAclInput,
) -> Result<S3Response<dto::GetObjectAclOutput>, Fault> {
    let id = input.version_id.as_deref().map(VersionId::parse);
    let (grants, owner) = cx.store.with(&input.bucket, |bucket| {
        let version = bucket
            .version(&input.key, id.as_ref())
            .map_err(|missing| convert::missing_version(missing, &input.key, id.as_ref()))?;
        if version.is_marker() {
            return Err(convert::delete_marker(&cx));
        }
        Ok(to_document(&version.properties.grants, &version.properties.owner))
    })?;
    Ok(S3Response::new(dto::GetObjectAclOutput {
        grants: Some(grants),
        owner: Some(owner),
        ..Default::default()
    }))
}

pub(super) async fn put_object(
    cx: Cx,
    input: dto::PutObjectAclInput,
) -> Result<S3Response<dto::PutObjectAclOutput>, Fault> {
    let id = input.version_id.as_deref().map(VersionId::parse);
    cx.store.with(&input.bucket, |bucket| {
        let version = bucket
            .version(&input.key, id.as_ref())
            .map_err(|missing| convert::missing_version(missing, &input.key, id.as_ref()))?;
        if version.is_marker() {
            return Err(convert::delete_marker(&cx));
        }
        let owner = version.properties.owner.clone();
        if let Some(grants) = asked(&cx, input.access_control_policy, &owner, bucket)? {
            bucket.version_mut(&input.key, id.as_ref())?.properties.grants = grants;
        }
        Ok::<_, Fault>(())
    })?;
    Ok(S3Response::new(dto::PutObjectAclOutput::default()))
}
