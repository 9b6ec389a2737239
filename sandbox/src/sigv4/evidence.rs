//! What a signature was made over; one that does not match, explained.

use http::request::Parts;

use super::{V4Claim, header};
use crate::fault::Fault;

/// A claim and the request that it stands on.
pub(crate) struct Evidence {
    claim: Box<V4Claim>,
    parts: Parts,
}

impl Evidence {
    pub(crate) fn new(claim: Box<V4Claim>, parts: Parts) -> Self {
        Self { claim, parts }
    }

    /// Whether a header, in lower case, is under the signature.
    pub(crate) fn covers(&self, header: &str) -> bool {
        self.claim.signed_headers.iter().any(|signed| signed == header)
    }

    /// What S3 answers to a signature that does not match: with all that the client needs to find out why.
    pub(crate) fn mismatch(&self) -> Fault {
        let payload = match header(&self.parts, "x-amz-content-sha256") {
            Some(hash) if !self.claim.is_presigned() => hash,
            _ => "UNSIGNED-PAYLOAD",
        };
        let canonical_request = self.claim.canonical_request(&self.parts, payload, false);
        let string_to_sign = self.claim.string_to_sign(&canonical_request);
        let bytes = |text: &str| {
            text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
        };
        Fault::new("SignatureDoesNotMatch")
            .field("AWSAccessKeyId", &self.claim.access_key)
            .field("StringToSign", &string_to_sign)
            .field("SignatureProvided", &self.claim.signature)
            .field("StringToSignBytes", bytes(&string_to_sign))
            .field("CanonicalRequest", &canonical_request)
            .field("CanonicalRequestBytes", bytes(&canonical_request))
    }
}
