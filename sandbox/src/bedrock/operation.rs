//! Which operation of Bedrock a request asks for.

use http::Method;
use http::request::Parts;
use percent_encoding::percent_decode_str;

/// An operation, told by method and path.
pub(crate) enum Operation {
    InvokeModel {
        model: String,
    },
    InvokeModelWithResponseStream {
        model: String,
    },
    /// Of the control plane, which signs for the same service.
    GetFoundationModelAvailability {
        model: String,
    },
    /// One that AWS has and the sandbox has not.
    NotPlayed(&'static str),
    Unknown,
}

impl Operation {
    /// Reads method and path; a model's identifier is one segment, its own slashes and colons percent-encoded or not (a slash always is).
    pub(crate) fn read(parts: &Parts) -> Self {
        let segments: Vec<&str> = parts.uri.path().trim_start_matches('/').split('/').collect();
        let model = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
        match (&parts.method, segments.as_slice()) {
            (&Method::POST, ["model", id, "invoke"]) => Self::InvokeModel { model: model(id) },
            (&Method::POST, ["model", id, "invoke-with-response-stream"]) => {
                Self::InvokeModelWithResponseStream { model: model(id) }
            }
            (&Method::GET, ["foundation-model-availability", id]) => {
                Self::GetFoundationModelAvailability { model: model(id) }
            }
            (&Method::POST, ["model", _, "invoke-with-bidirectional-stream"]) => {
                Self::NotPlayed("InvokeModelWithBidirectionalStream")
            }
            (&Method::POST, ["model", _, "converse"]) => Self::NotPlayed("Converse"),
            (&Method::POST, ["model", _, "converse-stream"]) => Self::NotPlayed("ConverseStream"),
            (&Method::POST, ["model", _, "count-tokens"]) => Self::NotPlayed("CountTokens"),
            (&Method::POST, ["guardrail", _, "version", _, "apply"]) => {
                Self::NotPlayed("ApplyGuardrail")
            }
            (&Method::POST, ["async-invoke"]) => Self::NotPlayed("StartAsyncInvoke"),
            (&Method::GET, ["async-invoke"]) => Self::NotPlayed("ListAsyncInvokes"),
            (&Method::GET, ["async-invoke", _]) => Self::NotPlayed("GetAsyncInvoke"),
            _ => Self::Unknown,
        }
    }

    /// The model that it is about, where the sandbox plays it.
    pub(crate) fn model(&self) -> Option<&str> {
        match self {
            Self::InvokeModel { model }
            | Self::InvokeModelWithResponseStream { model }
            | Self::GetFoundationModelAvailability { model } => Some(model),
            Self::NotPlayed(_) | Self::Unknown => None,
        }
    }

    /// Its name, as AWS and IAM have it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::InvokeModel { .. } => "InvokeModel",
            Self::InvokeModelWithResponseStream { .. } => "InvokeModelWithResponseStream",
            Self::GetFoundationModelAvailability { .. } => "GetFoundationModelAvailability",
            Self::NotPlayed(name) => name,
            Self::Unknown => "Unknown",
        }
    }
}
