//! What the families' documents have in common.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::call::Call;
use super::super::error::ModelError;
use super::super::failure::Failure;
use super::super::request::StopReason;

/// What one document of a streamed answer brings.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Piece {
    /// More text.
    pub(super) text: Option<String>,
    /// Why the model stopped.
    pub(super) stop_reason: Option<StopReason>,
    /// Tokens of the prompt.
    pub(super) input_tokens: Option<u64>,
    /// Tokens of the answer up to here.
    pub(super) output_tokens: Option<u64>,
    /// It is the document after which the answer is complete.
    pub(super) ends: bool,
}

impl Piece {
    pub(super) fn text(text: String) -> Self {
        Self { text: Some(text), ..Self::default() }
    }
}

/// A document that is no answer.
#[derive(Debug, PartialEq)]
pub(super) enum Fault {
    /// It has not the form of the family.
    NotUnderstood(String),
    /// It is an error of the model, in its own code and words.
    Said { code: String, message: String },
}

impl Fault {
    pub(super) fn of(self, call: &Call, request_id: Option<&str>) -> ModelError {
        let failure = match self {
            Self::NotUnderstood(reason) => Failure::not_understood(&reason, request_id),
            Self::Said { code, message } => Failure::said(code, message, request_id),
        };
        failure.of(call)
    }
}

/// Reads a document of JSON.
pub(super) fn read<T: DeserializeOwned>(document: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(document).map_err(|error| Fault::NotUnderstood(error.to_string()))
}

/// Writes a document of JSON.
pub(super) fn write(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(document).expect("requests are structs of texts and finite numbers")
}
