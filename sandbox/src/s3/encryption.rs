//! Encryption as it shows: a bucket's default, which headers a write may carry, what an answer tells, and the customer's own keys.
//!
//! The sandbox keeps bytes in memory and encrypts nothing; what AWS refuses and answers around encryption, it does.
//! Source: "Protecting data with server-side encryption", S3 User Guide.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use md5::{Digest, Md5};
use s3s::S3Response;
use s3s::dto::*;

use super::Cx;
use crate::access_key::canonical_id;
use crate::fault::Fault;
use crate::store::{Encryption, Metadata};

/// The header names of a customer's key: algorithm, key, MD5 of the key.
pub(super) type CustomerHeaders = [&'static str; 3];

/// For what is written or read.
pub(super) const CUSTOMER: CustomerHeaders = [
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
];

/// For the source of a copy.
pub(super) const COPY_SOURCE_CUSTOMER: CustomerHeaders = [
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5",
];

/// Takes a write's encryption headers, or the bucket's default.
///
/// # Errors
/// InvalidArgument for what does not go together.
pub(super) fn read(metadata: &mut Metadata, cx: &Cx, default: Encryption) -> Result<(), Fault> {
    metadata.encryption = default;
    let encryption = &mut metadata.encryption;
    if encryption.algorithm != "AES256" && encryption.kms_key.is_none() {
        encryption.kms_key = Some(managed_key(cx));
    }
    metadata.customer_key = customer_key(cx, CUSTOMER)?;
    let named = cx.header("x-amz-server-side-encryption");
    let kms_key = cx.header("x-amz-server-side-encryption-aws-kms-key-id");
    if metadata.customer_key.is_some() {
        if named.is_some() {
            return Err(Fault::new("InvalidArgument")
                .message("Server Side Encryption with Customer provided key is incompatible with the encryption method specified")
                .field("ArgumentName", "x-amz-server-side-encryption")
                .field("ArgumentValue", named.unwrap_or_default()));
        }
        return Ok(());
    }
    let wrong = |message: &'static str, value: &str| {
        Fault::new("InvalidArgument")
            .message(message)
            .field("ArgumentName", "x-amz-server-side-encryption")
            .field("ArgumentValue", value)
    };
    match named {
        None if kms_key.is_some() => {
            return Err(wrong(
                "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
                "null",
            ));
        }
        None => {}
        Some("AES256") if kms_key.is_some() => {
            return Err(wrong(
                "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
                "AES256",
            ));
        }
        Some(named @ ("AES256" | "aws:kms" | "aws:kms:dsse")) => {
            encryption.algorithm = named.to_owned();
            encryption.kms_key =
                kms_key.map(str::to_owned).or_else(|| (named != "AES256").then(|| managed_key(cx)));
            // Without the header the bucket's own setting holds.
            encryption.bucket_key = cx
                .header("x-amz-server-side-encryption-bucket-key-enabled")
                .map(|text| text.eq_ignore_ascii_case("true"))
                .or(encryption.bucket_key);
        }
        Some(other) => {
            return Err(wrong("The encryption method specified is not supported", other));
        }
    }
    Ok(())
}

/// The account's own `aws/s3` key, which S3 takes where no key is named.
fn managed_key(cx: &Cx) -> String {
    let account = cx.slot.caller.get().map_or("000000000000", |caller| caller.account.as_str());
    let digest = canonical_id(account);
    let id = format!(
        "{}-{}-{}-{}-{}",
        &digest[..8],
        &digest[8..12],
        &digest[12..16],
        &digest[16..20],
        &digest[20..32]
    );
    format!("arn:aws:kms:{}:{account}:key/{id}", cx.slot.region)
}

/// Reads name no encryption but a customer's.
///
/// # Errors
/// InvalidArgument.
pub(super) fn check_read(cx: &Cx) -> Result<(), Fault> {
    match cx.header("x-amz-server-side-encryption") {
        None => Ok(()),
        Some(value) => Err(Fault::new("InvalidArgument")
            .message("x-amz-server-side-encryption header is not supported for this operation.")
            .field("ArgumentName", "x-amz-server-side-encryption")
            .field("ArgumentValue", value)),
    }
}

/// A part must come with the key that its upload was begun with.
///
/// # Errors
/// InvalidRequest.
pub(super) fn check_part(upload: &Metadata, cx: &Cx) -> Result<(), Fault> {
    match (&upload.customer_key, customer_key(cx, CUSTOMER)?) {
        (None, None) => Ok(()),
        (Some((_, begun)), Some((_, given))) if *begun == given => Ok(()),
        (Some(_), None) => Err(Fault::new("InvalidRequest").message(
            "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.",
        )),
        _ => Err(Fault::new("InvalidRequest").message("The provided encryption parameters did not match the ones used originally.")),
    }
}

/// The customer's key in a request: its algorithm and MD5, after the key has been checked against them.
fn customer_key(cx: &Cx, headers: CustomerHeaders) -> Result<Option<(String, String)>, Fault> {
    let [algorithm, key, md5] = headers.map(|name| cx.header(name));
    let wrong = |message: &'static str, name: &'static str| {
        Fault::new("InvalidArgument").message(message).field("ArgumentName", name)
    };
    if algorithm.is_none() && key.is_none() && md5.is_none() {
        return Ok(None);
    }
    let algorithm = algorithm.ok_or_else(|| {
        wrong("Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.", headers[0])
    })?;
    if algorithm != "AES256" {
        return Err(Fault::new("InvalidEncryptionAlgorithmError")
            .field("ArgumentName", headers[0])
            .field("ArgumentValue", algorithm));
    }
    let key = key.ok_or_else(|| {
        wrong("Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.", headers[1])
    })?;
    let md5 = md5.ok_or_else(|| {
        wrong("Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated MD5 of the secret key.", headers[2])
    })?;
    let key = STANDARD.decode(key).ok().filter(|key| key.len() == 32).ok_or_else(|| {
        wrong("The secret key was invalid for the specified algorithm.", headers[1])
    })?;
    if STANDARD.encode(Md5::digest(&key)) != md5 {
        return Err(wrong(
            "The calculated MD5 hash of the key did not match the hash that was provided.",
            headers[2],
        ));
    }
    Ok(Some((algorithm.to_owned(), md5.to_owned())))
}

/// A customer's key must come with each use of what it encrypted, and with nothing else.
///
/// # Errors
/// InvalidRequest where it is missing or out of place, AccessDenied where it is another.
pub(super) fn check_customer_key(
    stored: &Metadata,
    cx: &Cx,
    headers: CustomerHeaders,
) -> Result<(), Fault> {
    match (&stored.customer_key, customer_key(cx, headers)?) {
        (None, None) => Ok(()),
        (Some((_, stored)), Some((_, given))) if *stored == given => Ok(()),
        (Some(_), Some(_)) => Err(Fault::new("AccessDenied")),
        (Some(_), None) => Err(Fault::new("InvalidRequest").message(
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
        )),
        (None, Some(_)) => Err(Fault::new("InvalidRequest").message("The encryption parameters are not applicable to this object.")),
    }
}

/// The response headers that tell how an object is encrypted.
pub(super) fn headers(metadata: &Metadata) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut insert = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    if let Some((algorithm, md5)) = &metadata.customer_key {
        insert(CUSTOMER[0], algorithm);
        insert(CUSTOMER[2], md5);
        return headers;
    }
    let encryption = &metadata.encryption;
    insert("x-amz-server-side-encryption", &encryption.algorithm);
    if encryption.algorithm != "AES256" {
        if let Some(key) = &encryption.kms_key {
            insert("x-amz-server-side-encryption-aws-kms-key-id", key);
        }
        if encryption.bucket_key == Some(true) {
            insert("x-amz-server-side-encryption-bucket-key-enabled", "true");
        }
    }
    headers
}

/// What every bucket has since January 2023 unless told otherwise: SSE-S3.
fn default_encryption() -> ServerSideEncryptionConfiguration {
    ServerSideEncryptionConfiguration {
        rules: vec![ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
                kms_master_key_id: None,
                sse_algorithm: ServerSideEncryption::from_static("AES256"),
            }),
            bucket_key_enabled: Some(false),
        }],
    }
}

pub(super) async fn get_bucket(
    cx: Cx,
    input: GetBucketEncryptionInput,
) -> Result<S3Response<GetBucketEncryptionOutput>, Fault> {
    let encryption = cx.settings(&input.bucket, |settings| settings.encryption.clone())?;
    Ok(S3Response::new(GetBucketEncryptionOutput {
        server_side_encryption_configuration: Some(encryption.unwrap_or_else(default_encryption)),
    }))
}

pub(super) async fn put_bucket(
    cx: Cx,
    input: PutBucketEncryptionInput,
) -> Result<S3Response<PutBucketEncryptionOutput>, Fault> {
    let mut configuration = input.server_side_encryption_configuration;
    let [rule] = &mut configuration.rules[..] else { return Err(Fault::new("MalformedXML")) };
    rule.bucket_key_enabled = Some(rule.bucket_key_enabled.unwrap_or(false));
    let default = rule
        .apply_server_side_encryption_by_default
        .as_ref()
        .ok_or_else(|| Fault::new("MalformedXML"))?;
    let algorithm = default.sse_algorithm.as_str();
    if !matches!(algorithm, "AES256" | "aws:kms" | "aws:kms:dsse") {
        return Err(Fault::new("MalformedXML"));
    }
    if algorithm == "AES256" && default.kms_master_key_id.is_some() {
        return Err(Fault::new("InvalidArgument")
            .message("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
            .field("ArgumentName", "ApplyServerSideEncryptionByDefault"));
    }
    cx.settings(&input.bucket, |settings| settings.encryption = Some(configuration))?;
    Ok(S3Response::new(PutBucketEncryptionOutput::default()))
}

pub(super) async fn delete_bucket(
    cx: Cx,
    input: DeleteBucketEncryptionInput,
) -> Result<S3Response<DeleteBucketEncryptionOutput>, Fault> {
    cx.settings(&input.bucket, |settings| settings.encryption = None)?;
    Ok(S3Response::new(DeleteBucketEncryptionOutput::default()))
}
