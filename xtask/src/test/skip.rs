//! Why a test is skipped: a stable code for machines, a sentence and a cure for people.

use contract::Capability;
use serde::Serialize;

/// Why a test is skipped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct SkipReason {
    code: &'static str,
    text: String,
    cure: Option<String>,
}

impl SkipReason {
    /// `--aws` was asked for, and there are no credentials anywhere.
    pub(crate) fn aws_not_configured() -> SkipReason {
        SkipReason {
            code: "aws-not-configured",
            text: format!("AWS is not configured: {}", crate::aws::NOWHERE),
            cure: Some(
                "export AWS_PROFILE=...; or leave `--aws` out to run on the embedded AWS"
                    .to_owned(),
            ),
        }
    }

    /// The target provably lacks what the test needs.
    pub(crate) fn lacking(capability: Capability, evidence: &str) -> SkipReason {
        SkipReason {
            code: capability.skip_code(),
            text: format!("the target {} ({evidence})", capability.lack()),
            cure: capability.cure(),
        }
    }

    /// The stable code, `aws-not-configured`.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// What is the matter.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What to do about it.
    pub(crate) fn cure(&self) -> Option<&str> {
        self.cure.as_deref()
    }
}
