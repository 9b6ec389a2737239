//! What Bedrock itself adds to a model's documents, whatever the family.
//!
//! Source: "Use guardrails with the InvokeModel operations" and the examples of "InvokeModelWithResponseStream", Amazon Bedrock User Guide.

use serde::Deserialize;

use super::super::request::{Generation, StopReason};
use super::document::Piece;

/// Adds to a whole answer what Bedrock says of it.
pub(super) fn complete(mut answer: Generation, document: &[u8]) -> Generation {
    if Additions::read(document).filtered() {
        answer.stop_reason = StopReason::Filtered;
    }
    answer
}

/// Adds to a piece of an answer what Bedrock says of it.
pub(super) fn complete_piece(mut piece: Piece, document: &[u8]) -> Piece {
    let additions = Additions::read(document);
    if additions.filtered() {
        piece.stop_reason = Some(StopReason::Filtered);
    }
    if let Some(metrics) = additions.metrics {
        piece.input_tokens = piece.input_tokens.or(metrics.input_token_count);
        piece.output_tokens = piece.output_tokens.or(metrics.output_token_count);
    }
    piece
}

#[derive(Default, Deserialize)]
struct Additions {
    #[serde(rename = "amazon-bedrock-guardrailAction")]
    guardrail_action: Option<String>,
    #[serde(rename = "amazon-bedrock-invocationMetrics")]
    metrics: Option<Metrics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    input_token_count: Option<u64>,
    output_token_count: Option<u64>,
}

impl Additions {
    /// They only add: an answer that can be read without them is one.
    fn read(document: &[u8]) -> Self {
        serde_json::from_slice(document).unwrap_or_default()
    }

    /// A guardrail put its own words in the place of the model's, which says `end_turn` all the same.
    fn filtered(&self) -> bool {
        self.guardrail_action.as_deref() == Some("INTERVENED")
    }
}
