//! One model of the catalogue.

use std::fmt;

use serde::Serialize;

/// The name of a model in the catalogue: 1 to 64 of `a` to `z`, `0` to `9`, `-`, `.` and `_`, the first a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ModelId(String);

impl ModelId {
    /// Reads an id.
    ///
    /// # Errors
    /// Says what of the form is hurt.
    pub fn new(text: impl Into<String>) -> Result<Self, String> {
        Ok(Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A model that users may choose.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Model {
    /// What users call it by.
    pub id: ModelId,
    /// What people read.
    pub display_name: String,
    /// Who runs it.
    pub provider: Provider,
    /// Whether it can answer piece by piece.
    pub streaming: bool,
    /// What it takes and gives at most.
    pub limits: Limits,
    /// Whether it may be chosen and called.
    pub enabled: bool,
}

/// Who runs a model, and under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Amazon Bedrock.
    Bedrock {
        /// A model id, an inference profile's id, or the ARN of either.
        model: String,
        /// The shape of its requests and answers.
        family: Family,
    },
    /// Amazon SageMaker.
    SageMaker {
        /// The endpoint's name.
        endpoint: String,
    },
}

/// The shape of a Bedrock model's requests and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Anthropic's Messages API.
    Anthropic,
    /// Amazon Nova, `messages-v1`.
    Nova,
    /// Meta Llama, one prompt in the model's own chat format.
    Llama,
}

/// What a model takes and gives at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Characters (Unicode scalar values) of a prompt, system text included.
    pub max_input_chars: usize,
    /// Tokens of an answer; also what is asked for where the caller says nothing.
    pub max_output_tokens: u32,
}
