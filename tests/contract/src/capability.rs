//! What only some targets have, and which test modules need it.
//!
//! S3-compatible servers differ from AWS; a test of a thing that the target provably cannot do would
//! only say what is known. A model and an endpoint that may be invoked cost money, so that the tests
//! take those that somebody named for them. `xtask` finds out what is missing (`test/capabilities.rs` by
//! trying, `test/models.rs` by configuration), skips the modules below that need it, and says so. The embedded AWS has it all; AWS itself has all but staged models, the
//! named model and the named endpoint as far as they are configured.

use crate::target::{BEDROCK_MODEL_VARIABLE, SAGEMAKER_ENDPOINT_VARIABLE};

/// Something that a test needs and a target may lack.
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
    /// [`BEDROCK_MODEL_VARIABLE`] names a model.
    BedrockModel,
    /// [`SAGEMAKER_ENDPOINT_VARIABLE`] names an endpoint.
    SageMakerEndpoint,
    /// Models that fail on demand, which the embedded AWS alone stages.
    StagedModels,
}

impl Capability {
    /// All of them, in the order in which they are looked for.
    pub const ALL: [Capability; 7] = [
        Capability::SignatureVerification,
        Capability::ChecksumVerification,
        Capability::ConditionalWrites,
        Capability::UploadListing,
        Capability::BedrockModel,
        Capability::SageMakerEndpoint,
        Capability::StagedModels,
    ];

    /// The stable code of the skip reason.
    pub fn skip_code(self) -> &'static str {
        self.words().skip_code
    }

    /// What the target lacks, as the rest of the sentence "the target ...".
    pub fn lack(self) -> &'static str {
        self.words().lack
    }

    /// What the user can do about it; `None` where the target is as it is.
    pub fn cure(self) -> Option<String> {
        self.words().cure
    }

    fn words(self) -> Words {
        match self {
            Capability::SignatureVerification => Words {
                skip_code: "target-lacks-signature-verification",
                lack: "accepts requests whose signature does not fit",
                cure: None,
            },
            Capability::ChecksumVerification => Words {
                skip_code: "target-lacks-checksum-verification",
                lack: "writes uploads whose checksum does not fit",
                cure: None,
            },
            Capability::ConditionalWrites => Words {
                skip_code: "target-lacks-conditional-writes",
                lack: "overwrites in spite of `If-None-Match: *`",
                cure: None,
            },
            Capability::UploadListing => Words {
                skip_code: "target-lacks-upload-listing",
                lack: "does not list unfinished multipart uploads",
                cure: None,
            },
            Capability::BedrockModel => Words {
                skip_code: "model-not-configured",
                lack: "has no model that the tests may invoke",
                cure: Some(format!(
                    "set {BEDROCK_MODEL_VARIABLE} to a model that this account may invoke, such as amazon.nova-micro-v1:0"
                )),
            },
            Capability::SageMakerEndpoint => Words {
                skip_code: "endpoint-not-configured",
                lack: "has no endpoint that the tests may invoke",
                cure: Some(format!(
                    "set {SAGEMAKER_ENDPOINT_VARIABLE} to an endpoint of this account and region that is in service"
                )),
            },
            Capability::StagedModels => Words {
                skip_code: "target-lacks-staged-models",
                lack: "has no models that fail on demand",
                cure: Some("leave `--aws` out to run them on the embedded AWS".to_owned()),
            },
        }
    }
}

/// What is said where a capability is missing.
struct Words {
    skip_code: &'static str,
    lack: &'static str,
    cure: Option<String>,
}

/// One row of the table: every test below `module` needs `capability`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The path of a module of tests, without a closing `::`.
    pub module: &'static str,
    /// What its tests need.
    pub capability: Capability,
}

/// Which modules need what. A test of `xtask` holds it against the real list of tests.
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
    Need { module: "e2e_model_selection::bedrock_model", capability: Capability::BedrockModel },
    Need {
        module: "e2e_model_selection::sagemaker_endpoint",
        capability: Capability::SageMakerEndpoint,
    },
    Need { module: "e2e_model_selection::staged_models", capability: Capability::StagedModels },
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
    fn each_capability_is_listed_once_and_has_a_code_of_its_own() {
        let mut codes: Vec<_> = Capability::ALL.into_iter().map(Capability::skip_code).collect();
        assert!(Capability::ALL.is_sorted(), "the order of the table is the enum's");
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Capability::ALL.len());
    }

    #[test]
    fn each_capability_is_looked_for_and_needed() {
        let mut needed: Vec<_> = NEEDS.iter().map(|need| need.capability).collect();
        needed.sort_unstable();
        needed.dedup();
        assert_eq!(needed, Capability::ALL);
    }

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
