//! How often a service was called, and how much went over the wire: what a bill is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Calls by service and operation, as [`key`] writes them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Calls(pub BTreeMap<String, CallCount>);

/// How often one operation was called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCount {
    /// Requests on the wire: each attempt counts, and so does one that failed.
    pub requests: u64,
    /// Bytes of the answers' bodies.
    pub received_bytes: u64,
    /// Tokens that a model read, by its own word.
    #[serde(default)]
    pub input_tokens: u64,
    /// Tokens that a model wrote, by its own word.
    #[serde(default)]
    pub output_tokens: u64,
    /// Requests to a model that may have cost tokens, and nobody knows how many: no answer came, or
    /// it ended before the model told. Where there are any, the two sums are too small.
    #[serde(default)]
    pub untold: u64,
}

/// The key of an operation in [`Calls`]: `s3:PutObject`; where a model is invoked, with the model as
/// the request names it: `bedrock:InvokeModel eu.amazon.nova-micro-v1:0`.
pub fn key(operation: &str, model: Option<&str>) -> String {
    match model.filter(|_| invokes_a_model(operation)) {
        Some(model) => format!("{operation} {model}"),
        None => operation.to_owned(),
    }
}

/// Operation and model of a [`key`].
pub fn parts(key: &str) -> (&str, Option<&str>) {
    match key.split_once(' ') {
        Some((operation, model)) => (operation, Some(model)),
        None => (key, None),
    }
}

/// Whether an operation costs tokens.
pub fn invokes_a_model(operation: &str) -> bool {
    let name = operation.strip_prefix("bedrock:").unwrap_or_default();
    name.starts_with("InvokeModel") || name.starts_with("Converse")
}

impl Calls {
    /// Adds some.
    pub fn add(&mut self, key: &str, count: CallCount) {
        let sum = self.0.entry(key.to_owned()).or_default();
        sum.requests += count.requests;
        sum.received_bytes += count.received_bytes;
        sum.input_tokens += count.input_tokens;
        sum.output_tokens += count.output_tokens;
        sum.untold += count.untold;
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Calls) {
        for (key, count) in &other.0 {
            self.add(key, *count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_the_model_where_one_is_invoked() {
        let model = Some("m v1:0");
        for (operation, model, expected) in [
            ("bedrock:InvokeModel", Some("m-v1:0"), "bedrock:InvokeModel m-v1:0"),
            ("bedrock:ConverseStream", Some("m"), "bedrock:ConverseStream m"),
            (
                "bedrock:GetFoundationModelAvailability",
                model,
                "bedrock:GetFoundationModelAvailability",
            ),
            ("s3:PutObject", None, "s3:PutObject"),
        ] {
            assert_eq!(key(operation, model), expected);
            assert_eq!(parts(expected).0, operation);
        }
        assert_eq!(parts("bedrock:InvokeModel m-v1:0"), ("bedrock:InvokeModel", Some("m-v1:0")));
    }

    #[test]
    fn what_is_added_is_summed() {
        let count = |requests| CallCount { requests, untold: 1, ..CallCount::default() };
        let mut calls = Calls::default();
        calls.add("s3:PutObject", count(1));
        let mut other = Calls::default();
        other.add("s3:PutObject", count(2));
        other.add("s3:GetObject", CallCount { received_bytes: 5, ..count(3) });
        calls.merge(&other);
        assert_eq!(calls.0["s3:PutObject"], CallCount { untold: 2, ..count(3) });
        assert_eq!(calls.0["s3:GetObject"], CallCount { received_bytes: 5, ..count(3) });
    }
}
