//! What a model is asked, and what it answers.

use std::fmt;

use futures::stream::BoxStream;

use super::error::ModelError;

/// What a model is asked.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Prompt {
    /// The user's text; never empty.
    pub text: String,
    /// What the model is told beforehand.
    pub system: Option<String>,
    /// Tokens of the answer at most; the model's own limit where unset.
    pub max_tokens: Option<u32>,
    /// 0.0 to 1.0; the model's own default where unset.
    pub temperature: Option<f32>,
}

impl Prompt {
    /// A prompt with every option left to the model.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), system: None, max_tokens: None, temperature: None }
    }
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Generation {
    /// The text.
    pub text: String,
    /// Why it ended.
    pub stop_reason: StopReason,
    /// What it took, where the provider says so.
    pub usage: Option<Usage>,
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The model was done.
    EndTurn,
    /// It ran into the limit of tokens.
    MaxTokens,
    /// The provider stopped it, as a guardrail or content filter does.
    Filtered,
    /// Another reason, in the provider's word.
    Other(String),
}

/// What an answer took, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u64,
    /// Tokens of the answer.
    pub output_tokens: u64,
}

/// An answer on its way.
pub struct GenerationStream {
    /// The pieces; after an error, or after [`StreamEvent::End`], there is nothing more.
    pub events: BoxStream<'static, Result<StreamEvent, ModelError>>,
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamEvent {
    /// More text; never empty.
    Text(String),
    /// The answer is complete.
    End {
        /// Why it ended.
        stop_reason: StopReason,
        /// What it took, where the provider says so.
        usage: Option<Usage>,
    },
}

impl fmt::Debug for GenerationStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerationStream").finish_non_exhaustive()
    }
}
