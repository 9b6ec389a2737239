//! What a model is asked, and what it answers.

use std::fmt;

use futures::stream::{self, BoxStream, StreamExt};

use super::error::ModelError;
use super::model::Model;

/// What a model is asked.
///
/// It is checked when it is sent, since limits are the model's:
/// a text without a visible character, `max_tokens` of 0 or above the model's limit, and a temperature outside of 0.0 to 1.0
/// are [`ModelError::InvalidPrompt`]. A limit that were silently lowered would cut answers that somebody relied on.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Prompt {
    /// The user's text.
    pub text: String,
    /// What the model is told beforehand; a blank one counts as none.
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

/// A prompt that a model can be asked: every limit is kept, every option decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) text: &'a str,
    pub(super) system: Option<&'a str>,
    pub(super) max_tokens: u32,
    pub(super) temperature: Option<f32>,
}

impl Prompt {
    /// Holds the prompt against the model's limits.
    pub(super) fn for_model(&self, model: &Model) -> Result<Question<'_>, ModelError> {
        let invalid = |field: &'static str, message: String| {
            Err(ModelError::InvalidPrompt { id: model.id.clone(), field, message })
        };
        // Bedrock refuses a text of spaces like an empty one, and an empty system text too.
        if self.text.trim().is_empty() {
            return invalid("text", "`text` is empty".to_owned());
        }
        let system = self.system.as_deref().filter(|system| !system.trim().is_empty());
        let limit_chars = model.limits.max_input_chars;
        let chars = self.text.chars().count() + system.map_or(0, |system| system.chars().count());
        if chars > limit_chars {
            return Err(ModelError::InputTooLong {
                id: model.id.clone(),
                chars: Some(chars),
                limit_chars: Some(limit_chars),
                message: None,
            });
        }
        let limit = model.limits.max_output_tokens;
        let max_tokens = self.max_tokens.unwrap_or(limit);
        if !(1..=limit).contains(&max_tokens) {
            let message = format!("`max_tokens` is {max_tokens}, expected 1 to {limit}");
            return invalid("max_tokens", message);
        }
        // A range holds no NaN.
        match self.temperature {
            Some(temperature) if !(0.0..=1.0).contains(&temperature) => {
                invalid("temperature", format!("`temperature` is {temperature}, expected 0 to 1"))
            }
            temperature => Ok(Question { text: &self.text, system, max_tokens, temperature }),
        }
    }
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Generation {
    /// The text; empty where the model had nothing to say, or was stopped before.
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
    /// The provider does not say, as most containers of SageMaker do not.
    Unknown,
}

impl StopReason {
    /// From the word of any provider: those of Anthropic, Nova, Llama, and of Hugging Face's containers.
    pub(super) fn from_provider(word: &str) -> Self {
        match word {
            "end_turn" | "stop_sequence" | "stop" | "eos_token" => Self::EndTurn,
            "max_tokens" | "length" | "model_context_window_exceeded" => Self::MaxTokens,
            "content_filtered" | "guardrail" | "guardrail_intervened" | "refusal" => Self::Filtered,
            other => Self::Other(other.chars().take(MAX_WORD_CHARS).collect()),
        }
    }
}

/// Longer than any word for a reason.
const MAX_WORD_CHARS: usize = 64;

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

impl GenerationStream {
    /// A whole answer, as a stream of at most one piece.
    pub(super) fn of(answer: Generation) -> Self {
        let Generation { text, stop_reason, usage } = answer;
        let text = Some(text).filter(|text| !text.is_empty()).map(StreamEvent::Text);
        let events = text.into_iter().chain([StreamEvent::End { stop_reason, usage }]);
        Self { events: stream::iter(events.map(Ok)).boxed() }
    }
}

impl fmt::Debug for GenerationStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerationStream").finish_non_exhaustive()
    }
}
