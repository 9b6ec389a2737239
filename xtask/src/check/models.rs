//! Tries whether models and endpoints may be invoked, without a token of theirs.
//!
//! A model is sent a body that is no JSON. AWS decides about the caller before it reads the body, so
//! that its complaint about the body makes likely that the caller may: nobody documents it, which is why
//! it is a suggestion and no proof. GetFoundationModelAvailability, where it may be called, says in
//! addition whether the account has access and whether the region has the model.
//!
//! An endpoint is asked for a variant that none has, with an empty body: either is refused before a
//! model runs. An own container might see the empty body where SageMaker does not look at the variant
//! first; what it says to it does not matter here. DescribeEndpoint would need a permission that no test
//! needs.

use futures::future::{join, join_all};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::question::{Question, Thing, model_arns};
use super::verdict::{Finding, Verdict, in_words};
use crate::aws::{Aws, AwsError, Request, Service};
use crate::permissions::Places;

/// Not even the beginning of a request.
const NO_REQUEST: &[u8] = b"no JSON";

const NO_VARIANT: &str = "cargo-xtask-check-no-such-variant";

/// What a path takes as it is (RFC 3986, "unreserved").
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What was found out about models and endpoints.
pub(super) async fn look(
    aws: &Aws,
    places: &Places,
    questions: &[&Question],
) -> Vec<(Question, Finding)> {
    let looks = questions.iter().map(|&question| async move {
        let finding = match &question.thing {
            Thing::Model(id) => model(aws, places, &question.action, id).await,
            Thing::Endpoint(name) if question.action == "sagemaker:InvokeEndpoint" => {
                endpoint(aws, name).await
            }
            _ => return None,
        };
        Some((question.clone(), finding))
    });
    join_all(looks).await.into_iter().flatten().collect()
}

async fn model(aws: &Aws, places: &Places, action: &str, id: &str) -> Finding {
    let (action, operation) = match action {
        "bedrock:InvokeModel" => ("bedrock:InvokeModel", "invoke"),
        "bedrock:InvokeModelWithResponseStream" => {
            ("bedrock:InvokeModelWithResponseStream", "invoke-with-response-stream")
        }
        _ => return Finding::unknown("nothing is known that would tell without an effect"),
    };
    let invocation = Request {
        service: Service::BedrockRuntime,
        action,
        subject: id.to_owned(),
        method: "POST",
        path: format!("/model/{}/{operation}", segment(id)),
        headers: vec![("content-type", "application/json".to_owned())],
        body: NO_REQUEST.to_vec(),
    };
    let invocation = async { of_model(aws.signed.send(invocation).await.map(drop)) };
    let (invoked, available) = join(invocation, availability(aws, places, id)).await;
    match available {
        Some(worse) if invoked.verdict == Verdict::Allowed => worse,
        _ => invoked,
    }
}

/// What speaks against a foundation model, where anything does and it may be asked.
async fn availability(aws: &Aws, places: &Places, id: &str) -> Option<Finding> {
    // It knows foundation models, by their ids.
    let [arn] = model_arns(id, places).try_into().ok()?;
    if id.starts_with("arn:") || !arn.contains(":foundation-model/") {
        return None;
    }
    let request = Request {
        service: Service::Bedrock,
        action: "bedrock:GetFoundationModelAvailability",
        subject: id.to_owned(),
        method: "GET",
        path: format!("/foundation-model-availability/{}", segment(id)),
        headers: Vec::new(),
        body: Vec::new(),
    };
    let answer = aws.signed.send(request).await.ok()?;
    of_availability(&serde_json::from_slice(&answer).ok()?)
}

fn of_availability(answer: &Value) -> Option<Finding> {
    let lacks = |name: &str, value: &Value| {
        (value.as_str() == Some("NOT_AVAILABLE"))
            .then(|| format!("GetFoundationModelAvailability: {name} is NOT_AVAILABLE"))
    };
    if let Some(evidence) = lacks("regionAvailability", &answer["regionAvailability"]) {
        return Some(Finding::probed(Verdict::WrongRegion, evidence));
    }
    let entitled = lacks("entitlementAvailability", &answer["entitlementAvailability"])
        .or_else(|| lacks("agreementAvailability", &answer["agreementAvailability"]["status"]));
    entitled.map(|evidence| Finding::probed(Verdict::NotEntitled, evidence))
}

/// Reads Bedrock's answer by code and, where one code stands for several things, by its words, which
/// are those that users report.
fn of_model(sent: Result<(), AwsError>) -> Finding {
    let error = match sent {
        Ok(()) => return Finding::probed(Verdict::Allowed, "the model answered"),
        Err(error) => error,
    };
    let message = error.message().to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let is_refused_by_iam = says(&["not authorized to perform: bedrock:"]);
    let is_not_entitled = !is_refused_by_iam
        && says(&[
            "aws-marketplace",
            "have access to the model",
            "use case",
            "operation not allowed",
            "account is not authorized",
        ]);
    let verdict = match error.code.as_deref() {
        _ if is_not_entitled => Verdict::NotEntitled,
        Some("ValidationException")
            if says(&["model identifier is invalid", "on-demand throughput"]) =>
        {
            Verdict::Missing
        }
        Some("ValidationException") => {
            return Finding::suggested(
                Verdict::Allowed,
                format!(
                    "only the body was refused, which suggests that IAM allows it: {}",
                    in_words(&error)
                ),
            );
        }
        _ => return Finding::of_error(&error),
    };
    Finding::probed(verdict, in_words(&error))
}

async fn endpoint(aws: &Aws, name: &str) -> Finding {
    let request = Request {
        service: Service::SageMakerRuntime,
        action: "sagemaker:InvokeEndpoint",
        subject: name.to_owned(),
        method: "POST",
        path: format!("/endpoints/{}/invocations", segment(name)),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("x-amzn-sagemaker-target-variant", NO_VARIANT.to_owned()),
        ],
        body: Vec::new(),
    };
    of_endpoint(aws.signed.send(request).await.map(drop), name)
}

fn of_endpoint(sent: Result<(), AwsError>, name: &str) -> Finding {
    let error = match sent {
        Ok(()) => return Finding::probed(Verdict::Allowed, "the endpoint answered"),
        Err(error) => error,
    };
    match error.code.as_deref() {
        Some("ModelError") => {
            Finding::probed(Verdict::Allowed, "the endpoint's container refused an empty body")
        }
        Some("ValidationError" | "ValidationException")
            if error
                .message()
                .to_lowercase()
                .contains(&format!("endpoint {} of account", name.to_lowercase())) =>
        {
            Finding::probed(Verdict::Missing, in_words(&error))
        }
        Some("ValidationError" | "ValidationException") => Finding::suggested(
            Verdict::Allowed,
            format!(
                "only the variant was refused, which suggests that IAM allows it: {}",
                in_words(&error)
            ),
        ),
        _ => Finding::of_error(&error),
    }
}

fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Answers of AWS as users have quoted them.
    #[test]
    fn each_answer_of_bedrock_is_told_from_the_others() {
        let table = [
            (
                403,
                "AccessDeniedException",
                "User: arn:aws:iam::1:user/x is not authorized to perform: bedrock:InvokeModel on resource: arn",
                Verdict::Denied,
            ),
            (
                403,
                "AccessDeniedException",
                "You don't have access to the model with the specified model ID.",
                Verdict::NotEntitled,
            ),
            (
                403,
                "AccessDeniedException",
                "Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe)",
                Verdict::NotEntitled,
            ),
            (
                404,
                "ResourceNotFoundException",
                "Model use case details have not been submitted for this account.",
                Verdict::NotEntitled,
            ),
            (
                404,
                "ResourceNotFoundException",
                "Could not resolve the foundation model from the provided model identifier.",
                Verdict::Missing,
            ),
            (
                400,
                "ValidationException",
                "The provided model identifier is invalid.",
                Verdict::Missing,
            ),
            (
                400,
                "ValidationException",
                "Invocation of model ID x with on-demand throughput isn't supported.",
                Verdict::Missing,
            ),
            (400, "ValidationException", "Operation not allowed", Verdict::NotEntitled),
            (
                400,
                "ValidationException",
                "Malformed input request, please reformat your input and try again.",
                Verdict::Allowed,
            ),
            (429, "ThrottlingException", "Too many requests", Verdict::Throttled),
            (404, "UnknownOperationException", "", Verdict::NotSupported),
            (
                403,
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
                Verdict::Unknown,
            ),
        ];
        for (status, code, message, verdict) in table {
            let error = AwsError::of_answer("bedrock:InvokeModel", "x", status, code, message);
            assert_eq!(of_model(Err(error)).verdict, verdict, "{code}: {message}");
        }
    }

    #[test]
    fn each_answer_of_sagemaker_is_told_from_the_others() {
        let table = [
            (
                403,
                "AccessDeniedException",
                "User: x is not authorized to perform: sagemaker:InvokeEndpoint on resource: arn",
                Verdict::Denied,
            ),
            (
                400,
                "ValidationError",
                "Endpoint Text of account 123456789012 not found.",
                Verdict::Missing,
            ),
            (400, "ValidationError", "Could not find variant.", Verdict::Allowed),
            (424, "ModelError", "Received client error (415) from primary", Verdict::Allowed),
            (503, "ServiceUnavailable", "", Verdict::Throttled),
        ];
        for (status, code, message, verdict) in table {
            let error =
                AwsError::of_answer("sagemaker:InvokeEndpoint", "text", status, code, message);
            assert_eq!(of_endpoint(Err(error), "text").verdict, verdict, "{code}: {message}");
        }
    }

    #[test]
    fn what_is_not_available_is_told_by_why() {
        let verdict = |answer: Value| of_availability(&answer).map(|finding| finding.verdict);
        let good = json!({"regionAvailability": "AVAILABLE", "entitlementAvailability": "AVAILABLE", "agreementAvailability": {"status": "AVAILABLE"}});
        let with = |name: &str, value: Value| {
            let mut answer = good.clone();
            answer[name] = value;
            verdict(answer)
        };
        assert_eq!(verdict(good.clone()), None);
        assert_eq!(with("regionAvailability", json!("NOT_AVAILABLE")), Some(Verdict::WrongRegion));
        assert_eq!(
            with("entitlementAvailability", json!("NOT_AVAILABLE")),
            Some(Verdict::NotEntitled)
        );
        let agreement = json!({"status": "NOT_AVAILABLE"});
        assert_eq!(with("agreementAvailability", agreement), Some(Verdict::NotEntitled));
    }
}
