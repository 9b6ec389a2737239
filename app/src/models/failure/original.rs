//! The status that a model's own container gave, behind AWS.

use aws_sdk_bedrockruntime::operation::invoke_model::InvokeModelError;
use aws_sdk_bedrockruntime::operation::invoke_model_with_response_stream::InvokeModelWithResponseStreamError;
use aws_sdk_bedrockruntime::types::error::ResponseStreamError;
use aws_sdk_sagemakerruntime::operation::invoke_endpoint::InvokeEndpointError;

/// An error of an operation that calls a model.
pub(in super::super) trait OriginalStatus {
    /// The container's status, where it is the container that failed.
    fn original_status(&self) -> Option<i32>;
}

impl OriginalStatus for InvokeModelError {
    fn original_status(&self) -> Option<i32> {
        match self {
            Self::ModelErrorException(error) => error.original_status_code(),
            _ => None,
        }
    }
}

impl OriginalStatus for InvokeModelWithResponseStreamError {
    fn original_status(&self) -> Option<i32> {
        match self {
            Self::ModelErrorException(error) => error.original_status_code(),
            Self::ModelStreamErrorException(error) => error.original_status_code(),
            _ => None,
        }
    }
}

impl OriginalStatus for ResponseStreamError {
    fn original_status(&self) -> Option<i32> {
        match self {
            Self::ModelStreamErrorException(error) => error.original_status_code(),
            _ => None,
        }
    }
}

impl OriginalStatus for InvokeEndpointError {
    fn original_status(&self) -> Option<i32> {
        match self {
            Self::ModelError(error) => error.original_status_code(),
            _ => None,
        }
    }
}
