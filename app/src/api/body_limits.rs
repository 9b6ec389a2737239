//! How much of a request comes in, and how slowly.

use std::time::Duration;

use crate::models::Catalogue;

/// How long a body may pause between two pieces.
pub(super) const PAUSE: Duration = Duration::from_secs(20);

/// How long a JSON body may take as a whole.
pub(super) const JSON_TIME: Duration = Duration::from_secs(30);

/// The largest JSON body in bytes: the longest prompt that some model takes, at four bytes a character, and room for the rest.
///
/// Bounded, since a JSON body is held in memory as a whole: a catalogue with longer prompts has less than four bytes a character.
pub(super) fn json_bytes(catalogue: &Catalogue) -> u64 {
    let limits = catalogue.models().iter().map(|model| model.limits.max_input_chars as u64);
    let longest = limits.max().unwrap_or(0);
    longest.saturating_mul(4).saturating_add(REST_BYTES).min(MAX_JSON_BYTES)
}

const REST_BYTES: u64 = 64 * 1024;
const MAX_JSON_BYTES: u64 = 4 * 1024 * 1024;
