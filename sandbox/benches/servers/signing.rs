//! Requests, signed.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use sha2::{Digest as _, Sha256};

use crate::Result;

pub(crate) const KEY: &str = "AKIASERVERSBENCH";
pub(crate) const SECRET: &str = "a-secret-of-all-the-servers";

/// One name for all of them, so that each request is signed once.
const HOST: &str = "127.0.0.1";

pub(crate) type Signed = Request<Full<Bytes>>;

/// What is sent, and its digests, which are as good for the next request.
#[derive(Clone)]
pub(crate) struct Payload {
    bytes: Bytes,
    sha256: String,
    crc32: String,
}

impl Payload {
    pub(crate) fn of_length(length: usize) -> Self {
        let bytes: Vec<u8> = (0..length).map(|index| (index * 31 % 251) as u8).collect();
        let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, &bytes) as u32;
        Self {
            sha256: hex::encode(Sha256::digest(&bytes)),
            crc32: STANDARD.encode(crc.to_be_bytes()),
            bytes: bytes.into(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

pub(crate) fn list_buckets() -> Result<Signed> {
    signed(Method::GET, "/", None)
}

/// A request as the SDKs send it over plain HTTP: the payload under the signature, with a checksum.
pub(crate) fn signed(method: Method, path: &str, payload: Option<&Payload>) -> Result<Signed> {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let identity = Credentials::new(KEY, SECRET, None, None, "bench").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("s3")
        .time(SystemTime::now())
        .settings(settings)
        .build()?
        .into();
    let mut headers = vec![("host", HOST)];
    let body = match payload {
        Some(payload) => {
            headers.push(("content-type", "application/octet-stream"));
            headers.push(("x-amz-checksum-crc32", &payload.crc32));
            SignableBody::Precomputed(payload.sha256.clone())
        }
        None => SignableBody::Bytes(&[]),
    };
    let url = format!("http://{HOST}{path}");
    let signable = SignableRequest::new(method.as_str(), &url, headers.iter().copied(), body)?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers.into_iter().chain(instructions.headers()) {
        request = request.header(name, value);
    }
    Ok(request.body(payload.map(|payload| payload.bytes.clone()).unwrap_or_default().into())?)
}
