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
    /// Says what of the form is hurt, as the rest of a sentence about the id.
    pub fn new(text: impl Into<String>) -> Result<Self, String> {
        let text = text.into();
        let length = text.chars().count();
        let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let inner = |c: char| edge(c) || matches!(c, '-' | '.' | '_');
        match text.chars().next() {
            None => Err("is empty".to_owned()),
            Some(_) if length > MAX_ID_CHARS => {
                Err(format!("has {length} characters, the most is {MAX_ID_CHARS}"))
            }
            Some(first) if inner(first) && !edge(first) => {
                Err(format!("starts with {first:?}, expected a lower-case letter or a digit"))
            }
            Some(_) => match text.chars().find(|c| !inner(*c)) {
                Some(other) => Err(format!(
                    "has {other:?}, expected only `a` to `z`, `0` to `9`, `-`, `.` and `_`"
                )),
                None => Ok(Self(text)),
            },
        }
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

/// Also the length to which a wrong id is cut where it is told.
pub(super) const MAX_ID_CHARS: usize = 64;

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
    /// Whether it answers piece by piece; no endpoint of SageMaker does here.
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
    /// Meta Llama 3, one prompt in the model's own chat format.
    Llama,
}

impl Family {
    /// The name in a catalogue.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::Nova => "nova",
            Self::Llama => "llama",
        }
    }

    /// Every family.
    pub const ALL: [Self; 3] = [Self::Anthropic, Self::Nova, Self::Llama];
}

/// What a model takes and gives at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Characters (Unicode scalar values) of a prompt, system text included; models count tokens, of which this is an estimate on the safe side.
    pub max_input_chars: usize,
    /// Tokens of an answer; also what is asked for where the caller says nothing.
    pub max_output_tokens: u32,
}
