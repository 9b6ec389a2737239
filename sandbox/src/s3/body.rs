//! The way in for bodies: XML documents are taken whole and their digests verified, object data is left to stream.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderValue, Method, header};
use http_body_util::{BodyExt, Limited};
use md5::{Digest, Md5};
use s3s::Body;
use sha2::Sha256;

use super::checksums::{claimed_headers, mismatch};
use super::form::{self, Form};
use crate::fault::Fault;
use crate::sigv4::{Query, header};
use crate::store::Hasher;

/// The largest XML document; a DeleteObjects of a thousand long keys is near 1.5 MB, a CompleteMultipartUpload of 10,000 parts near 2 MB.
const MAX_DOCUMENT: usize = 20 * 1024 * 1024;

/// Takes a document's body whole; leaves any other as it is.
///
/// A fault found here is answered only after the signature has been verified.
pub(super) async fn receive(parts: &mut Parts, body: Body) -> (Body, Option<Form>, Option<Fault>) {
    if is_streaming(parts) {
        return (body, None, None);
    }
    if let Some(boundary) = form::boundary(parts) {
        return receive_form(parts, body, &boundary).await;
    }
    if !is_document(parts) {
        return (body, None, without_length(parts));
    }
    let bytes = match Limited::new(body, MAX_DOCUMENT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return (Body::empty(), None, Some(Fault::new("MaxMessageLengthExceeded")));
        }
        Err(error) => {
            tracing::debug!(%error, "a body ended early");
            return (Body::empty(), None, Some(Fault::new("IncompleteBody")));
        }
    };
    let fault = verify(parts, &bytes).err();
    // s3s wants the length, which a chunked transfer does not give.
    parts.headers.remove(header::TRANSFER_ENCODING);
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    (Body::from(bytes), None, fault)
}

/// Takes a form whole, with its file: only the file's part tells the name that the key may hold.
async fn receive_form(
    parts: &mut Parts,
    body: Body,
    boundary: &str,
) -> (Body, Option<Form>, Option<Fault>) {
    let bytes = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            tracing::debug!(%error, "a form ended early");
            return (Body::empty(), None, Some(Fault::new("IncompleteBody")));
        }
    };
    let Some(form) = Form::read(&bytes, boundary) else { return (Body::from(bytes), None, None) };
    let bytes = form.with_filename(bytes);
    parts.headers.remove(header::TRANSFER_ENCODING);
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let fault = form.check().err();
    (Body::from(bytes), Some(form), fault)
}

/// Whether the body is an XML (or JSON) document rather than an object's data.
fn is_document(parts: &Parts) -> bool {
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let path = parts.uri.path().trim_start_matches('/');
    let is_bucket = path.split_once('/').is_none_or(|(_, key)| key.is_empty());
    match parts.method {
        Method::POST => ["delete", "uploadId", "uploads", "restore", "select"]
            .iter()
            .any(|name| query.has(name)),
        Method::PUT => {
            is_bucket
                || ["acl", "tagging", "legal-hold", "retention"].iter().any(|name| query.has(name))
        }
        _ => false,
    }
}

/// S3 takes a chunked transfer only as `aws-chunked`, which tells the decoded length.
///
/// # Errors
/// NotImplemented.
pub(super) fn check_transfer(parts: &Parts) -> Result<(), Fault> {
    let chunked =
        parts.method == Method::PUT && parts.headers.contains_key(header::TRANSFER_ENCODING);
    if chunked && !is_streaming(parts) && !is_document(parts) {
        return Err(Fault::new("NotImplemented").field("Header", "Transfer-Encoding"));
    }
    Ok(())
}

/// Whether the body comes in `aws-chunked`, each chunk signed or not.
fn is_streaming(parts: &Parts) -> bool {
    header(parts, "x-amz-content-sha256").is_some_and(|hash| hash.starts_with("STREAMING-"))
}

/// An upload must tell its length, if only that it is empty.
fn without_length(parts: &Parts) -> Option<Fault> {
    let tells = parts.headers.contains_key(header::CONTENT_LENGTH)
        || parts.headers.contains_key("x-amz-copy-source");
    (parts.method == Method::PUT && !tells).then(|| Fault::new("MissingContentLength"))
}

fn verify(parts: &Parts, bytes: &[u8]) -> Result<(), Fault> {
    if let Some(claimed) = header(parts, "x-amz-content-sha256").filter(|hash| hash.len() == 64) {
        let computed = hex::encode(Sha256::digest(bytes));
        if computed != claimed {
            return Err(Fault::new("XAmzContentSHA256Mismatch")
                .field("ClientComputedContentSHA256", claimed)
                .field("S3ComputedContentSHA256", computed));
        }
    }
    if let Some(claimed) = header(parts, "content-md5") {
        verify_md5(claimed, &Md5::digest(bytes))?;
    }
    // A CompleteMultipartUpload carries the checksum of the object, not of its document.
    let is_complete = parts.method == Method::POST
        && Query::parse(parts.uri.query().unwrap_or_default()).has("uploadId");
    if !is_complete {
        for (algorithm, claimed) in claimed_headers(&parts.headers)? {
            if Hasher::over(algorithm, [bytes]) != claimed {
                return Err(mismatch(algorithm));
            }
        }
    }
    Ok(())
}

/// Compares a `Content-MD5` with what arrived.
///
/// # Errors
/// InvalidDigest for a value that is no MD5, BadDigest for a wrong one.
pub(super) fn verify_md5(claimed: &str, computed: &[u8]) -> Result<(), Fault> {
    match STANDARD.decode(claimed) {
        Ok(bytes) if bytes.len() == 16 => {
            if bytes == computed {
                Ok(())
            } else {
                Err(Fault::new("BadDigest")
                    .field("ExpectedDigest", claimed)
                    .field("CalculatedDigest", STANDARD.encode(computed)))
            }
        }
        _ => Err(Fault::new("InvalidDigest").field("Content-MD5", claimed)),
    }
}
