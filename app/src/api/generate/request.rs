//! What a model is asked, checked before anything is called.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::models::{Model, Prompt};

/// What a model is asked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GenerateRequest {
    /// The user's text. With the system text at most `max_input_chars` of the model.
    #[schema(value_type = String, min_length = 1, pattern = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$", example = "Name three colours.")]
    prompt: Text,
    /// What the model is told beforehand.
    #[schema(value_type = Option<String>, pattern = "^[^\\u0000]*$")]
    system: Option<SystemText>,
    /// Tokens of the answer at most; where the model's own limit is lower, that one.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    max_tokens: Option<MaxTokens>,
    /// How much chance there is in the answer; the model's own default where unset.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1)]
    temperature: Option<Temperature>,
    /// Another model than the user's, for this answer alone.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]*$")]
    pub(super) model: Option<String>,
}

impl GenerateRequest {
    /// The request for `model`.
    pub(super) fn into_prompt(self, model: &Model) -> Prompt {
        let limit = model.limits.max_output_tokens;
        Prompt {
            text: self.prompt.0,
            system: self.system.map(|text| text.0),
            max_tokens: self.max_tokens.map(|tokens| tokens.0.min(limit)),
            temperature: self.temperature.map(|temperature| temperature.0),
        }
    }
}

/// A text that says something, without NUL, which providers refuse in ways of their own.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Text(String);

impl TryFrom<String> for Text {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.trim().is_empty() { Err("text is empty") } else { without_nul(text).map(Self) }
    }
}

/// A text without NUL; an empty one is none.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct SystemText(String);

impl TryFrom<String> for SystemText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        without_nul(text).map(Self)
    }
}

fn without_nul(text: String) -> Result<String, &'static str> {
    if text.contains('\0') { Err("text has the character `U+0000`") } else { Ok(text) }
}

/// `5.0` is a whole number too (JSON Schema Validation, section 6.1.1).
#[derive(Deserialize)]
#[serde(try_from = "f64")]
struct MaxTokens(u32);

impl TryFrom<f64> for MaxTokens {
    type Error = String;

    fn try_from(tokens: f64) -> Result<Self, String> {
        if (1.0..=1_000_000.0).contains(&tokens) && tokens.fract() == 0.0 {
            // Within these bounds nothing is cut off.
            Ok(Self(tokens as u32))
        } else {
            Err(format!("{tokens:?} is no whole number from 1 to 1000000"))
        }
    }
}

/// Read as `f64`, since rounding to `f32` would move what lies just outside of the bounds onto them.
#[derive(Deserialize)]
#[serde(try_from = "f64")]
struct Temperature(f32);

impl TryFrom<f64> for Temperature {
    type Error = String;

    fn try_from(temperature: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&temperature) {
            Ok(Self(temperature as f32))
        } else {
            Err(format!("{temperature:?} is not from 0 to 1"))
        }
    }
}
