//! POST Object: an upload by an HTML form, whose fields stand in for headers.
//!
//! Source: "Browser-based uploads using POST", S3 API Reference; s3s verifies the form's policy and signature.

use http::header::LOCATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::S3Response;
use s3s::dto::*;
use url::Url;

use super::{Cx, objects, screen, tagging};
use crate::fault::Fault;

pub(super) async fn post(
    mut cx: Cx,
    input: PostObjectInput,
) -> Result<S3Response<PostObjectOutput>, Fault> {
    let field = |name: &str| cx.slot.form.as_ref().and_then(|form| form.get(name));
    // A form signed by a temporary key carries its token, and only such a form.
    if let Some(caller) = cx.slot.caller.get() {
        screen::check_token(caller, field("x-amz-security-token"))?;
    }
    // s3s has read it as a date.
    let expires = field("expires");
    let tags = field("tagging");
    cx.headers = headers(&input, expires);
    if let Some(tags) = tags.map(tagging::from_form).transpose()? {
        let value = HeaderValue::from_str(&tags).map_err(|_| Fault::new("MalformedXML"))?;
        cx.headers.insert("x-amz-tagging", value);
    }
    let target =
        input.success_action_redirect.as_deref().and_then(|target| Url::parse(target).ok());
    let (bucket, key) = (input.bucket.clone(), input.key.clone());
    let put = PutObjectInput {
        body: input.body,
        bucket: input.bucket,
        key: input.key,
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        metadata: input.metadata,
        ..Default::default()
    };
    let response = objects::put(cx, put).await?;
    let output = PostObjectOutput {
        e_tag: response.output.e_tag,
        version_id: response.output.version_id.clone(),
        ..Default::default()
    };
    let mut headers = response.headers;
    if let (Some(mut target), Some(etag)) = (target, &output.e_tag) {
        // With the ETag in quotes, which s3s leaves out.
        target
            .query_pairs_mut()
            .append_pair("bucket", &bucket)
            .append_pair("key", &key)
            .append_pair("etag", &format!("\"{}\"", etag.value()));
        if let Ok(location) = HeaderValue::from_str(target.as_str()) {
            headers.insert(LOCATION, location);
        }
    }
    if let Some(id) = response.output.version_id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        headers.insert("x-amz-version-id", id);
    }
    Ok(S3Response::with_headers(output, headers))
}

/// The form's fields as the headers of a PutObject.
fn headers(input: &PostObjectInput, expires: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut insert = |name: &'static str, value: Option<&str>| {
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok())
        {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    insert("content-type", input.content_type.as_deref());
    insert("cache-control", input.cache_control.as_deref());
    insert("content-disposition", input.content_disposition.as_deref());
    insert("content-encoding", input.content_encoding.as_deref());
    insert("content-language", input.content_language.as_deref());
    insert("content-md5", input.content_md5.as_deref());
    insert("expires", expires);
    insert("x-amz-acl", input.acl.as_ref().map(ObjectCannedACL::as_str));
    insert("x-amz-grant-full-control", input.grant_full_control.as_deref());
    insert("x-amz-grant-read", input.grant_read.as_deref());
    insert("x-amz-grant-read-acp", input.grant_read_acp.as_deref());
    insert("x-amz-grant-write-acp", input.grant_write_acp.as_deref());
    insert("x-amz-checksum-crc32", input.checksum_crc32.as_deref());
    insert("x-amz-checksum-crc32c", input.checksum_crc32c.as_deref());
    insert("x-amz-checksum-crc64nvme", input.checksum_crc64nvme.as_deref());
    insert("x-amz-checksum-sha1", input.checksum_sha1.as_deref());
    insert("x-amz-checksum-sha256", input.checksum_sha256.as_deref());
    insert("x-amz-storage-class", input.storage_class.as_ref().map(StorageClass::as_str));
    insert("x-amz-tagging", input.tagging.as_deref());
    insert("x-amz-website-redirect-location", input.website_redirect_location.as_deref());
    insert(
        "x-amz-server-side-encryption",
        input.server_side_encryption.as_ref().map(ServerSideEncryption::as_str),
    );
    insert("x-amz-server-side-encryption-aws-kms-key-id", input.ssekms_key_id.as_deref());
    insert(
        "x-amz-server-side-encryption-customer-algorithm",
        input.sse_customer_algorithm.as_deref(),
    );
    insert("x-amz-server-side-encryption-customer-key", input.sse_customer_key.as_deref());
    insert("x-amz-server-side-encryption-customer-key-md5", input.sse_customer_key_md5.as_deref());
    headers
}
