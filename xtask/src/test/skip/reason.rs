//! The words of each skip: a stable code for machines, a sentence and a cure for people.

use contract::Capability;
use contract::target::{BEDROCK_MODEL_VARIABLE, SAGEMAKER_ENDPOINT_VARIABLE};

use crate::report::SkipReason;

impl SkipReason {
    /// `--aws` was asked for, and there are no credentials anywhere.
    pub(crate) fn aws_not_configured() -> SkipReason {
        SkipReason {
            code: "aws-not-configured".to_owned(),
            text: format!("AWS is not configured: {}", crate::aws::NOWHERE),
            cure: Some(
                "export AWS_PROFILE=...; or leave `--aws` out to run on the embedded AWS"
                    .to_owned(),
            ),
        }
    }

    /// Somebody has marked it.
    pub(crate) fn ignored() -> SkipReason {
        SkipReason {
            code: "ignored".to_owned(),
            text: "it is marked `#[ignore]`".to_owned(),
            cure: Some(
                "remove `#[ignore]`; what a target lacks belongs into the table `NEEDS` of \
                 tests/contract/src/capability.rs"
                    .to_owned(),
            ),
        }
    }

    /// The workspace's own configuration of nextest does not let it run.
    pub(crate) fn filtered_out() -> SkipReason {
        SkipReason {
            code: "filtered-out".to_owned(),
            text: "nextest's configuration leaves it out".to_owned(),
            cure: Some("change the `default-filter` in .config/nextest.toml".to_owned()),
        }
    }

    /// The target provably lacks what the test needs.
    pub(crate) fn lacking(capability: Capability, evidence: &str) -> SkipReason {
        SkipReason {
            code: capability.skip_code().to_owned(),
            text: format!("the target {} ({evidence})", capability.lack()),
            cure: capability.cure(),
        }
    }

    /// IAM refuses something that the test needs; `what` names action, resource and refusal.
    pub(crate) fn permission_denied(what: String) -> SkipReason {
        let cure = "the policy that allows it: cargo xtask policy --for tests";
        SkipReason { code: "permission-denied".to_owned(), text: what, cure: Some(cure.to_owned()) }
    }

    /// Whether IAM allows something that the test needs could not be found out.
    pub(crate) fn permission_unknown(what: String) -> SkipReason {
        let cure = "cargo xtask check says what was tried; allowed to `iam:SimulatePrincipalPolicy`, it \
                    can ask IAM";
        SkipReason {
            code: "permission-unknown".to_owned(),
            text: what,
            cure: Some(cure.to_owned()),
        }
    }

    /// The account has no access to the model, or the region has no such model.
    pub(crate) fn model_access(what: String) -> SkipReason {
        let cure = format!(
            "name a model in {BEDROCK_MODEL_VARIABLE} that this account may use in this region, or ask \
             for access to this one in the console of Amazon Bedrock"
        );
        SkipReason { code: "model-access".to_owned(), text: what, cure: Some(cure) }
    }

    /// There is no such endpoint.
    pub(crate) fn endpoint_missing(what: String) -> SkipReason {
        let cure = format!(
            "name an endpoint of this account and region in {SAGEMAKER_ENDPOINT_VARIABLE} that is in \
             service"
        );
        SkipReason { code: "endpoint-missing".to_owned(), text: what, cure: Some(cure) }
    }

    /// Whether somebody could have the test run here. What the embedded AWS alone can have is no gap in a
    /// run on another target, or `--strict` could never pass there.
    pub(crate) fn is_a_gap(&self) -> bool {
        self.code != Capability::StagedModels.skip_code()
    }
}
