//! What is missing, too much, mistaken or broken, in words that AWS has said.

use super::*;

#[test]
fn what_is_missing_is_named_with_its_cure() {
    check(&[
        (
            CLAUDE,
            "ValidationException",
            "Invocation of model ID anthropic.claude-haiku-4-5-20251001-v1:0 with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.",
            "model-missing",
            "`global.anthropic.claude-haiku-4-5-20251001-v1:0` or `us.anthropic.claude-haiku-4-5-20251001-v1:0`",
        ),
        (
            LLAMA,
            "ValidationException",
            "Invocation of model ID meta.llama3-8b-instruct-v1:0 with on-demand throughput isn't supported.",
            "model-missing",
            "set `model` of `llama-3-8b` in the catalogue to the id of an inference profile",
        ),
        (
            LLAMA,
            "ValidationException",
            "The provided model identifier is invalid.",
            "model-missing",
            "aws bedrock list-foundation-models --region eu-west-1",
        ),
        (
            LLAMA,
            "ResourceNotFoundException",
            "Could not resolve the foundation model from the provided model identifier.",
            "model-missing",
            "aws bedrock list-inference-profiles --region eu-west-1",
        ),
        (
            LLAMA,
            "ResourceNotFoundException",
            "Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 15 days. Please upgrade to an active model on Amazon Bedrock",
            "model-missing",
            "retires the model",
        ),
        (
            LLAMA,
            "ValidationException",
            "This model version has reached the end of its life. Please refer to the AWS documentation for more details.",
            "model-missing",
            "retires the model",
        ),
        (
            ENDPOINT,
            "ValidationError",
            "Endpoint text-generation of account 111122223333 not found.",
            "model-missing",
            "aws sagemaker describe-endpoint --region eu-west-1 --endpoint-name text-generation",
        ),
    ]);
}

#[test]
fn too_much_text_is_told_in_many_words() {
    let shorten = "shorten the prompt";
    check(&[
        (
            CLAUDE,
            "ValidationException",
            "Input is too long for requested model.",
            "input-too-long",
            shorten,
        ),
        (
            CLAUDE,
            "ValidationException",
            "The model returned the following errors: prompt is too long: 200049 tokens > 200000 maximum",
            "input-too-long",
            shorten,
        ),
        (
            CLAUDE,
            "ValidationException",
            "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease input length or `max_tokens` and try again",
            "input-too-long",
            shorten,
        ),
        (
            CLAUDE,
            "ValidationException",
            "Too many input tokens. Max input tokens: 8192, request input token count: 9000",
            "input-too-long",
            shorten,
        ),
        (
            NOVA,
            "ValidationException",
            "Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.",
            "input-too-long",
            shorten,
        ),
        (
            NOVA,
            "ModelErrorException",
            "Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.",
            "input-too-long",
            shorten,
        ),
        (
            LLAMA,
            "ValidationException",
            "This model's maximum context length is 8192 tokens. Please reduce the length of the prompt",
            "input-too-long",
            shorten,
        ),
        (
            LLAMA,
            "ValidationException",
            "Malformed input request: #/prompt: expected maxLength: 50000, actual: 60000, please reformat your input and try again.",
            "input-too-long",
            shorten,
        ),
        (
            ENDPOINT,
            "ModelError",
            "Received client error (422) from primary with message \"{\"error\":\"Input validation error: `inputs` must have less than 4096 tokens. Given: 4545\",\"error_type\":\"validation\"}\".",
            "input-too-long",
            shorten,
        ),
        (
            ENDPOINT,
            "ModelError",
            "Received client error (422) from primary with message \"{\"error\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 2000 `inputs` tokens and 100 `max_new_tokens`\"}\".",
            "input-too-long",
            shorten,
        ),
    ]);
}

#[test]
fn mistakes_in_the_catalogue_are_invalid_requests() {
    check(&[
        (
            LLAMA,
            "ValidationException",
            "The maximum tokens you requested exceeds the model limit of 2048. Try again with a maximum tokens value that is lower than 2048.",
            "model-request-invalid",
            "lower `max_output_tokens` of `llama-3-8b`",
        ),
        (
            LLAMA,
            "ValidationException",
            "Malformed input request: #/max_gen_len: 4096 is not less or equal to 2048, please reformat your input and try again.",
            "model-request-invalid",
            "lower `max_output_tokens`",
        ),
        (
            NOVA,
            "ValidationException",
            "Malformed input request: #/inferenceConfig/maxTokens: 20000 is not less or equal to 10000, please reformat your input and try again.",
            "model-request-invalid",
            "lower `max_output_tokens`",
        ),
        (
            NOVA,
            "ValidationException",
            "Malformed input request: #: required key [messages] not found, please reformat your input and try again.",
            "model-request-invalid",
            "a model of family `nova`",
        ),
        (
            CLAUDE,
            "ValidationException",
            "messages: Field required",
            "model-request-invalid",
            "a model of family `anthropic`",
        ),
        (
            CLAUDE,
            "ValidationException",
            "The model returned the following errors: `temperature` is deprecated for this model.",
            "model-request-invalid",
            "leave the temperature to the model",
        ),
        (
            CLAUDE,
            "ValidationException",
            "The model is unsupported for streaming",
            "model-request-invalid",
            "set `streaming` of `claude-haiku-4.5`",
        ),
        (ENDPOINT, "ValidationError", "1 validation error detected", "model-request-invalid", ""),
    ]);
}

#[test]
fn time_and_load_are_told_apart() {
    check(&[
        (
            NOVA,
            "ThrottlingException",
            "Too many requests, please wait before trying again.",
            "model-throttled",
            "try again",
        ),
        (
            NOVA,
            "ThrottlingException",
            "Too many tokens, please wait before trying again.",
            "model-throttled",
            "Service Quotas",
        ),
        (
            NOVA,
            "ServiceQuotaExceededException",
            "Too many tokens per day, please wait before trying again.",
            "model-throttled",
            "Service Quotas",
        ),
        (
            NOVA,
            "ModelNotReadyException",
            "Model is not ready for inference. Wait and try your request again.",
            "model-throttled",
            "try again",
        ),
        (
            ENDPOINT,
            "ModelNotReadyException",
            "Either a serverless endpoint variant's resources are still being provisioned, or a multi-model endpoint is still downloading or loading the target model.",
            "model-throttled",
            "try again",
        ),
        (
            NOVA,
            "ModelTimeoutException",
            "The request took too long to process. Processing time exceeded the model timeout length.",
            "model-timed-out",
            "try again later",
        ),
    ]);
}

#[test]
fn everything_else_is_a_failure() {
    check(&[
        (
            NOVA,
            "ModelErrorException",
            "The system encountered an unexpected error during processing. Try your request again.",
            "model-failed",
            "",
        ),
        (
            NOVA,
            "InternalServerException",
            "The system encountered an unexpected error during processing. Try your request again.",
            "model-failed",
            "try again later",
        ),
        (
            NOVA,
            "ServiceUnavailableException",
            "Bedrock is unable to process your request.",
            "model-failed",
            "try again later",
        ),
        (
            ENDPOINT,
            "ModelError",
            "Received server error (500) from primary with message \"oops\".",
            "model-failed",
            "aws logs tail /aws/sagemaker/Endpoints/text-generation --region eu-west-1",
        ),
        (ENDPOINT, "InternalFailure", "", "model-failed", "try again later"),
        (
            NOVA,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            "model-failed",
            "aws configure list",
        ),
        (
            NOVA,
            "ExpiredTokenException",
            "The security token included in the request is expired",
            "model-failed",
            "aws sso login",
        ),
        (
            NOVA,
            "InvalidSignatureException",
            "Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z (20260101T001000Z - 5 min.)",
            "model-failed",
            "clock",
        ),
        (
            NOVA,
            "InvalidSignatureException",
            "Signature not yet current: 20260101T001000Z is still later than 20260101T000500Z",
            "model-failed",
            "clock",
        ),
        (
            NOVA,
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided.",
            "model-failed",
            "`AWS_SECRET_ACCESS_KEY`",
        ),
        (
            NOVA,
            "UnknownOperationException",
            "",
            "model-failed",
            "`AWS_ENDPOINT_URL_BEDROCK_RUNTIME` is no Amazon Bedrock",
        ),
        (NOVA, "ANewException", "News", "model-failed", ""),
    ]);
}
