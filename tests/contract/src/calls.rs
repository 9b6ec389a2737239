//! How often a service was called, and how much went over the wire: what a bill is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Calls by service and operation: `s3:PutObject`, `bedrock:InvokeModel`.
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
}

impl Calls {
    /// Adds some.
    pub fn add(&mut self, operation: &str, count: CallCount) {
        let sum = self.0.entry(operation.to_owned()).or_default();
        sum.requests += count.requests;
        sum.received_bytes += count.received_bytes;
        sum.input_tokens += count.input_tokens;
        sum.output_tokens += count.output_tokens;
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Calls) {
        for (operation, count) in &other.0 {
            self.add(operation, *count);
        }
    }
}
