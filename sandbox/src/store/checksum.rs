//! S3's checksums: computed, combined over parts, written as base64.
//!
//! Source: "Checking object integrity in Amazon S3", S3 User Guide.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc_fast::{CrcAlgorithm, checksum_combine};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The checksum algorithms of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    pub(crate) const ALL: [Algorithm; 5] =
        [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// As in `x-amz-checksum-algorithm`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The header that carries the value.
    pub(crate) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(text))
    }

    /// Length of the raw value in bytes.
    pub(crate) fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// What a multipart upload computes where nobody says.
    pub(crate) fn default_multipart_kind(self) -> ChecksumKind {
        if self == Self::Crc64Nvme { ChecksumKind::FullObject } else { ChecksumKind::Composite }
    }

    /// SHA has no composition over parts, CRC-64/NVME no composite form.
    pub(crate) fn supports(self, kind: ChecksumKind) -> bool {
        match kind {
            ChecksumKind::Composite => self != Self::Crc64Nvme,
            ChecksumKind::FullObject => !matches!(self, Self::Sha1 | Self::Sha256),
        }
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }
}

/// What a multipart object's checksum is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ChecksumKind {
    /// Over the parts' checksums.
    Composite,
    /// Over all the object's bytes.
    FullObject,
}

impl ChecksumKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Composite => "COMPOSITE",
            Self::FullObject => "FULL_OBJECT",
        }
    }
}

/// A checksum as it is stored and shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checksum {
    pub(crate) algorithm: Algorithm,
    pub(crate) kind: ChecksumKind,
    /// Base64; composite ones end in `-<number of parts>`.
    pub(crate) value: String,
}

impl Checksum {
    /// The checksum of the whole, from its parts' checksums and lengths in bytes.
    ///
    /// `None` where a part's value is not base64 of the algorithm's length, or the algorithm does not support the kind.
    pub(crate) fn of_parts<'a>(
        algorithm: Algorithm,
        kind: ChecksumKind,
        parts: impl IntoIterator<Item = (&'a str, u64)>,
    ) -> Option<Self> {
        let mut raw = Vec::new();
        for (value, length) in parts {
            let bytes =
                STANDARD.decode(value).ok().filter(|bytes| bytes.len() == algorithm.length())?;
            raw.push((bytes, length));
        }
        let value = match kind {
            ChecksumKind::Composite => {
                let mut hasher = Hasher::new(algorithm);
                raw.iter().for_each(|(bytes, _)| hasher.update(bytes));
                format!("{}-{}", hasher.finish(), raw.len())
            }
            ChecksumKind::FullObject => {
                let crc = algorithm.crc()?;
                let whole = raw.iter().fold(None, |sum, (bytes, length)| {
                    let value =
                        bytes.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
                    Some(sum.map_or(value, |sum| checksum_combine(crc, sum, value, *length)))
                })?;
                STANDARD.encode(&whole.to_be_bytes()[8 - algorithm.length()..])
            }
        };
        Some(Self { algorithm, kind, value })
    }
}

/// Computes one checksum over bytes as they come.
pub(crate) enum Hasher {
    /// A cyclic redundancy check and its width in bytes.
    Crc(crc_fast::Digest, usize),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match (algorithm.crc(), algorithm) {
            (Some(crc), _) => Self::Crc(crc_fast::Digest::new(crc), algorithm.length()),
            (None, Algorithm::Sha1) => Self::Sha1(Sha1::new()),
            (None, _) => Self::Sha256(Sha256::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc(digest, _) => digest.update(bytes),
            Self::Sha1(digest) => digest.update(bytes),
            Self::Sha256(digest) => digest.update(bytes),
        }
    }

    /// The value in base64.
    pub(crate) fn finish(self) -> String {
        match self {
            Self::Crc(digest, width) => {
                STANDARD.encode(&digest.finalize().to_be_bytes()[8 - width..])
            }
            Self::Sha1(digest) => STANDARD.encode(digest.finalize()),
            Self::Sha256(digest) => STANDARD.encode(digest.finalize()),
        }
    }

    /// The value over whole buffers.
    pub(crate) fn over<'a>(
        algorithm: Algorithm,
        buffers: impl IntoIterator<Item = &'a [u8]>,
    ) -> String {
        let mut hasher = Self::new(algorithm);
        buffers.into_iter().for_each(|buffer| hasher.update(buffer));
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the CRC catalogue and of FIPS 180 for "123456789".
    #[test]
    fn each_algorithm_has_its_documented_check_value() {
        let value = |algorithm| {
            let text = Hasher::over(algorithm, [b"1234".as_slice(), b"56789".as_slice()]);
            hex::encode(STANDARD.decode(text).unwrap())
        };
        assert_eq!(value(Algorithm::Crc32), "cbf43926");
        assert_eq!(value(Algorithm::Crc32c), "e3069283");
        assert_eq!(value(Algorithm::Crc64Nvme), "ae8b14860a799888");
        assert_eq!(value(Algorithm::Sha1), "f7c3bc1d808e04732adf679965ccc34ca7ae3441");
        assert_eq!(
            value(Algorithm::Sha256),
            "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"
        );
    }

    #[test]
    fn full_object_crc_of_parts_is_the_crc_of_the_whole() {
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let parts = ["123", "", "456789"]
                .map(|part| (Hasher::over(algorithm, [part.as_bytes()]), part.len() as u64));
            let combined = Checksum::of_parts(
                algorithm,
                ChecksumKind::FullObject,
                parts.iter().map(|(value, length)| (value.as_str(), *length)),
            )
            .unwrap();
            assert_eq!(combined.value, Hasher::over(algorithm, [b"123456789".as_slice()]));
        }
    }

    #[test]
    fn a_composite_value_ends_in_the_count_of_its_parts() {
        let part = Hasher::over(Algorithm::Sha256, [b"a".as_slice()]);
        let checksum = Checksum::of_parts(
            Algorithm::Sha256,
            ChecksumKind::Composite,
            [(part.as_str(), 1), (part.as_str(), 1)],
        )
        .unwrap();
        assert!(checksum.value.ends_with("=-2"), "{}", checksum.value);
    }

    #[test]
    fn a_value_of_the_wrong_length_is_no_checksum() {
        assert_eq!(
            Checksum::of_parts(Algorithm::Crc32, ChecksumKind::Composite, [("AAAA", 1)]),
            None
        );
    }
}
