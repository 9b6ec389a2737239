//! Object data on its way in: read whole, every digest that the client claims verified.
//!
//! Source: "Checking object integrity for data uploads in Amazon S3", S3 User Guide.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::HeaderMap;
use md5::{Digest, Md5};
use s3s::dto::StreamingBlob;

use super::Cx;
use super::body::verify_md5;
use crate::fault::Fault;
use crate::store::{Algorithm, Checksum, ChecksumKind, Content, Hasher};

/// 5 GiB: the largest body of one PUT.
const MAX_BODY: u64 = 5 * 1024 * 1024 * 1024;

/// A body that arrived whole.
pub(super) struct Received {
    pub(super) content: Content,
    /// Hexadecimal MD5.
    pub(super) md5: String,
    /// The client's checksum, or the one that S3 computes by itself where it gave none.
    pub(super) checksum: Checksum,
    /// The client gave it.
    pub(super) claimed: bool,
}

/// Reads a body and verifies what the headers and trailers claim of it; `default` is the algorithm to compute where they claim nothing.
///
/// # Errors
/// BadDigest, InvalidDigest, InvalidRequest, XAmzContentSHA256Mismatch, IncompleteBody, EntityTooLarge, SignatureDoesNotMatch (of a chunk).
pub(super) async fn receive(
    cx: &Cx,
    body: Option<StreamingBlob>,
    default: Algorithm,
) -> Result<Received, Fault> {
    let claim = Claim::read(&cx.headers)?;
    let length = cx
        .header("x-amz-decoded-content-length")
        .or_else(|| cx.header("content-length"))
        .and_then(|text| text.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_BODY) {
        return Err(Fault::new("EntityTooLarge")
            .field("ProposedSize", length.unwrap_or_default().to_string())
            .field("MaxSizeAllowed", MAX_BODY.to_string()));
    }
    let algorithm = claim.algorithm().unwrap_or(default);
    let mut md5 = Md5::new();
    let mut hasher = Hasher::new(algorithm);
    // A claimed length is no reason to take memory before the bytes are there.
    let mut buffer = BytesMut::with_capacity(length.unwrap_or(0).min(8 * 1024 * 1024) as usize);
    if let Some(mut body) = body {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| read_error(cx, &*error))?;
            md5.update(&chunk);
            hasher.update(&chunk);
            buffer.extend_from_slice(&chunk);
        }
    }
    if length.is_some_and(|length| length != buffer.len() as u64) {
        return Err(Fault::new("IncompleteBody"));
    }
    let md5 = md5.finalize();
    if let Some(claimed) = cx.header("content-md5") {
        verify_md5(claimed, &md5)?;
    }
    let value = hasher.finish();
    if let Some((algorithm, claimed)) = claim.value(cx)?
        && claimed != value
    {
        return Err(mismatch(algorithm));
    }
    Ok(Received {
        content: Content::from(Bytes::from(buffer)),
        md5: hex::encode(md5),
        checksum: Checksum { algorithm, kind: ChecksumKind::FullObject, value },
        claimed: claim.algorithm().is_some(),
    })
}

/// What the request claims about its body.
enum Claim {
    Nothing,
    Header(Algorithm, String),
    Trailer(Algorithm),
}

impl Claim {
    fn read(headers: &HeaderMap) -> Result<Self, Fault> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut claimed = claimed_headers(headers)?;
        if claimed.len() > 1 {
            return Err(Fault::new("InvalidRequest").message("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."));
        }
        let claim = match (claimed.pop(), text("x-amz-trailer")) {
            (Some((algorithm, value)), _) => Self::Header(algorithm, value),
            (None, Some(name)) => {
                let name = name.trim().to_ascii_lowercase();
                let algorithm =
                    Algorithm::ALL.into_iter().find(|algorithm| algorithm.header() == name);
                Self::Trailer(algorithm.ok_or_else(|| {
                    Fault::new("InvalidRequest")
                        .message("The value specified in the x-amz-trailer header is not supported")
                })?)
            }
            (None, None) => Self::Nothing,
        };
        if let Some(named) = text("x-amz-sdk-checksum-algorithm") {
            let algorithm = Algorithm::parse(named).ok_or_else(unknown_algorithm)?;
            if claim.algorithm().is_some_and(|claimed| claimed != algorithm) {
                return Err(Fault::new("InvalidRequest")
                    .message("Value for x-amz-sdk-checksum-algorithm header is invalid."));
            }
            if claim.algorithm().is_none() {
                return Err(Fault::new("InvalidRequest")
                    .message("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."));
            }
        }
        Ok(claim)
    }

    fn algorithm(&self) -> Option<Algorithm> {
        match self {
            Self::Nothing => None,
            Self::Header(algorithm, _) | Self::Trailer(algorithm) => Some(*algorithm),
        }
    }

    /// The claimed value; a trailer's is there only once the body has been read.
    fn value(&self, cx: &Cx) -> Result<Option<(Algorithm, String)>, Fault> {
        match self {
            Self::Nothing => Ok(None),
            Self::Header(algorithm, value) => Ok(Some((*algorithm, value.clone()))),
            Self::Trailer(algorithm) => {
                let trailers = cx
                    .trailers
                    .as_ref()
                    .and_then(|trailers| trailers.read(HeaderMap::clone))
                    .unwrap_or_default();
                let value = trailers
                    .get(algorithm.header())
                    .and_then(|value| value.to_str().ok())
                    .map(str::trim);
                let value = value.ok_or_else(|| Fault::new("MalformedTrailerError"))?;
                check_value(*algorithm, value)?;
                Ok(Some((*algorithm, value.to_owned())))
            }
        }
    }
}

/// The `x-amz-checksum-<algorithm>` headers.
///
/// # Errors
/// InvalidRequest for a value that no such checksum can have.
pub(super) fn claimed_headers(headers: &HeaderMap) -> Result<Vec<(Algorithm, String)>, Fault> {
    let mut claimed = Vec::new();
    for algorithm in Algorithm::ALL {
        if let Some(value) = headers.get(algorithm.header()) {
            let value = value.to_str().unwrap_or_default();
            check_value(algorithm, value)?;
            claimed.push((algorithm, value.to_owned()));
        }
    }
    Ok(claimed)
}

fn check_value(algorithm: Algorithm, value: &str) -> Result<(), Fault> {
    match STANDARD.decode(value) {
        Ok(bytes) if bytes.len() == algorithm.length() => Ok(()),
        _ => Err(Fault::new("InvalidRequest")
            .message(format!("Value for {} header is invalid.", algorithm.header()))),
    }
}

/// A checksum that does not match.
pub(super) fn mismatch(algorithm: Algorithm) -> Fault {
    Fault::new("BadDigest").message(format!(
        "The {} you specified did not match the calculated checksum.",
        algorithm.as_str()
    ))
}

pub(super) fn unknown_algorithm() -> Fault {
    Fault::new("InvalidRequest").message("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
}

/// A failure of s3s's verifying streams, whose types are private: their texts tell them apart.
fn read_error(cx: &Cx, error: &(dyn std::error::Error + Send + Sync)) -> Fault {
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        return Fault::new("XAmzContentSHA256Mismatch").field(
            "ClientComputedContentSHA256",
            cx.header("x-amz-content-sha256").unwrap_or_default(),
        );
    }
    if text.contains("SignatureMismatch") {
        return Fault::new("SignatureDoesNotMatch");
    }
    tracing::debug!(error = %text, "a body was not read");
    Fault::new("IncompleteBody")
}
