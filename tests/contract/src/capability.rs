//! What only some targets can do, and which test modules need it.
//!
//! S3-compatible servers differ from AWS; a test of a thing that the target provably cannot do would
//! only say what is known. `xtask` probes the target, skips the modules below whose capability is
//! missing, and says so. The embedded AWS and AWS itself have them all.

/// Something that AWS does and a target may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// A request whose signature does not fit, or whose presigned URL expired, is refused.
    SignatureVerification,
    /// An upload whose checksum does not fit is refused.
    ChecksumVerification,
    /// `If-None-Match: *` refuses to overwrite.
    ConditionalWrites,
    /// Unfinished multipart uploads can be listed.
    UploadListing,
}

impl Capability {
    /// All of them, in the order in which they are probed.
    pub const ALL: [Capability; 4] = [
        Capability::SignatureVerification,
        Capability::ChecksumVerification,
        Capability::ConditionalWrites,
        Capability::UploadListing,
    ];

    /// The stable code of the skip reason.
    pub fn skip_code(self) -> &'static str {
        match self {
            Capability::SignatureVerification => "target-lacks-signature-verification",
            Capability::ChecksumVerification => "target-lacks-checksum-verification",
            Capability::ConditionalWrites => "target-lacks-conditional-writes",
            Capability::UploadListing => "target-lacks-upload-listing",
        }
    }

    /// What the target lacks, as the rest of the sentence "the target ...".
    pub fn lack(self) -> &'static str {
        match self {
            Capability::SignatureVerification => "accepts requests whose signature does not fit",
            Capability::ChecksumVerification => "writes uploads whose checksum does not fit",
            Capability::ConditionalWrites => "overwrites in spite of `If-None-Match: *`",
            Capability::UploadListing => "does not list unfinished multipart uploads",
        }
    }
}

/// One row of the table: every test below `module` needs `capability`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The path of a module of tests, without a closing `::`.
    pub module: &'static str,
    /// What its tests need.
    pub capability: Capability,
}

/// Which modules need what. A test of the suites holds it against the real list of tests.
pub const NEEDS: &[Need] = &[
    Need { module: "s3_integration::broken_uploads", capability: Capability::UploadListing },
    Need {
        module: "s3_integration::presigned_url_refusals",
        capability: Capability::SignatureVerification,
    },
    Need { module: "s3_integration::checksums", capability: Capability::ChecksumVerification },
    Need {
        module: "s3_integration::conditional_writes",
        capability: Capability::ConditionalWrites,
    },
];

/// What the test with this name needs, by [`NEEDS`].
pub fn needed_by(test_name: &str) -> impl Iterator<Item = Capability> + '_ {
    NEEDS
        .iter()
        .filter(move |need| {
            test_name.strip_prefix(need.module).is_some_and(|rest| rest.starts_with("::"))
        })
        .map(|need| need.capability)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_matched_whole() {
        let needs = |name| needed_by(name).collect::<Vec<_>>();
        assert_eq!(
            needs("s3_integration::checksums::wrong_crc32_is_refused"),
            [Capability::ChecksumVerification]
        );
        assert_eq!(needs("s3_integration::checksums_of_other_things::x"), []);
        assert_eq!(needs("other::s3_integration::checksums::x"), []);
    }
}
