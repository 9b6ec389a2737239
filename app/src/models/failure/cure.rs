//! What to do about a refusal: one sentence each, or a command to paste.

use super::super::call::Call;
use super::super::model::Provider;

/// Makes a cure of the call and the provider's words.
pub(super) type Cure = fn(&Call, &str) -> Option<String>;

pub(super) fn none(_: &Call, _: &str) -> Option<String> {
    None
}

/// AWS names the action and the resource, mostly.
pub(super) fn allow(call: &Call, message: &str) -> Option<String> {
    let action = word_after(message, "not authorized to perform: ").unwrap_or(call.action());
    let resource = match word_after(message, "on resource: ") {
        Some(resource) => resource.to_owned(),
        None => resource(call),
    };
    if message.contains("explicit deny") {
        return Some(format!(
            "a policy denies `{action}` on `{resource}`: take that statement out"
        ));
    }
    let mut hint = format!("allow `{action}` on `{resource}`");
    if resource.contains("inference-profile/") {
        hint.push_str(", and on the model in every region that the profile sends to");
    }
    Some(hint)
}

pub(super) fn marketplace(_: &Call, _: &str) -> Option<String> {
    said(
        "let somebody with `aws-marketplace:Subscribe` and `aws-marketplace:ViewSubscriptions`, and with a valid means of payment, call the model once; then wait up to 15 minutes",
    )
}

pub(super) fn model_access(call: &Call, _: &str) -> Option<String> {
    Some(format!(
        "see whether the account may use the model in region `{}`: aws bedrock get-foundation-model-availability --region {} --model-id {}",
        call.region,
        call.region,
        foundation_model(call)
    ))
}

pub(super) fn use_case_form(_: &Call, _: &str) -> Option<String> {
    said(
        "fill in Anthropic's use case form once for the account, in the model catalogue of the Bedrock console or by `aws bedrock put-use-case-for-model-access`; then wait up to 15 minutes",
    )
}

pub(super) fn support(_: &Call, _: &str) -> Option<String> {
    said("Bedrock is closed to this account: open a case with AWS Support")
}

pub(super) fn data_retention(_: &Call, _: &str) -> Option<String> {
    said(
        "the model wants another data retention mode of the account: see \"Data retention\" in the Amazon Bedrock User Guide",
    )
}

pub(super) fn retired(_: &Call, _: &str) -> Option<String> {
    said("its provider retires the model: put a newer one into the catalogue")
}

pub(super) fn no_model(call: &Call, _: &str) -> Option<String> {
    let region = &call.region;
    Some(format!(
        "see which models region `{region}` has: aws bedrock list-foundation-models --region {region} --query 'modelSummaries[].modelId'; profiles: aws bedrock list-inference-profiles --region {region}"
    ))
}

pub(super) fn inference_profile(call: &Call, _: &str) -> Option<String> {
    Some(format!(
        "set `model` of `{}` in the catalogue to the id of an inference profile, such as `global.{id}` or `us.{id}`",
        call.model.id,
        id = foundation_model(call)
    ))
}

pub(super) fn no_endpoint(call: &Call, _: &str) -> Option<String> {
    let (Provider::SageMaker { endpoint: name } | Provider::Bedrock { model: name, .. }) =
        &call.model.provider;
    Some(format!(
        "deploy the endpoint, or set `AWS_REGION` to where it is: aws sagemaker describe-endpoint --region {} --endpoint-name {name}",
        call.region
    ))
}

pub(super) fn fewer_tokens(call: &Call, _: &str) -> Option<String> {
    Some(format!(
        "lower `max_output_tokens` of `{}` in the catalogue to what the model takes",
        call.model.id
    ))
}

pub(super) fn no_streaming(call: &Call, _: &str) -> Option<String> {
    Some(format!("set `streaming` of `{}` in the catalogue to false", call.model.id))
}

pub(super) fn no_temperature(_: &Call, _: &str) -> Option<String> {
    said("leave the temperature to the model")
}

pub(super) fn family(call: &Call, _: &str) -> Option<String> {
    let id = &call.model.id;
    match &call.model.provider {
        Provider::Bedrock { family, .. } => Some(format!(
            "see whether `{id}` is a model of family `{}`, as the catalogue has it",
            family.name()
        )),
        Provider::SageMaker { .. } => None,
    }
}

pub(super) fn expired(_: &Call, _: &str) -> Option<String> {
    said("the temporary credentials have expired: get new ones, for instance by `aws sso login`")
}

pub(super) fn clock(_: &Call, _: &str) -> Option<String> {
    said("set this machine's clock")
}

pub(super) fn secret(_: &Call, _: &str) -> Option<String> {
    said("check `AWS_SECRET_ACCESS_KEY`, and `AWS_SESSION_TOKEN` where there is one")
}

pub(super) fn credentials(_: &Call, _: &str) -> Option<String> {
    said(
        "AWS does not know these credentials: see where they come from by `aws configure list`, and whether they are complete",
    )
}

/// An answer without sense.
pub(super) fn form(call: &Call, message: &str) -> Option<String> {
    match &call.model.provider {
        Provider::Bedrock { .. } => family(call, message),
        Provider::SageMaker { endpoint } => Some(format!(
            "see whether the container of endpoint `{endpoint}` is one of Hugging Face for text generation"
        )),
    }
}

pub(super) fn later(_: &Call, _: &str) -> Option<String> {
    said("the provider is in trouble: try again later")
}

pub(super) fn container(call: &Call, _: &str) -> Option<String> {
    match &call.model.provider {
        Provider::SageMaker { endpoint } => Some(format!(
            "the endpoint's own log says why: aws logs tail /aws/sagemaker/Endpoints/{endpoint} --region {}",
            call.region
        )),
        Provider::Bedrock { .. } => None,
    }
}

pub(super) fn other_server(call: &Call, _: &str) -> Option<String> {
    Some(format!("the server behind `{}` is no {}", endpoint_variable(call), service(call)))
}

/// What to do where there was no answer at all.
pub(super) fn unanswered(call: &Call, message: &str) -> Option<String> {
    let message = message.to_lowercase();
    if message.contains("sso") && message.contains("token") {
        return said("sign in again: aws sso login");
    }
    // "no credentials in the credential chain", "no auth scheme", "the identity could not be resolved"
    if ["credential", "auth scheme", "identity"].iter().any(|word| message.contains(word)) {
        return said("set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`");
    }
    if message.contains("http client") || message.contains("http connector") {
        return said(
            "the SDK configuration has no HTTP client: give the loader one by `http_client`",
        );
    }
    Some(format!(
        "check the network, whether region `{}` has {}, and `AWS_ENDPOINT_URL` or `{}` where one is set",
        call.region,
        service(call),
        endpoint_variable(call)
    ))
}

fn service(call: &Call) -> &'static str {
    match &call.model.provider {
        Provider::Bedrock { .. } => "Amazon Bedrock",
        Provider::SageMaker { .. } => "Amazon SageMaker",
    }
}

fn endpoint_variable(call: &Call) -> &'static str {
    match &call.model.provider {
        Provider::Bedrock { .. } => "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
        Provider::SageMaker { .. } => "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME",
    }
}

/// The resource in IAM's eyes, as far as we know it: the account is AWS's to know.
fn resource(call: &Call) -> String {
    let region = &call.region;
    match &call.model.provider {
        Provider::Bedrock { model, .. } if model.starts_with("arn:") => model.clone(),
        // A profile's id has its geography in front.
        Provider::Bedrock { model, .. } if foundation_model(call) != model => {
            format!("arn:aws:bedrock:{region}:*:inference-profile/{model}")
        }
        Provider::Bedrock { model, .. } => {
            format!("arn:aws:bedrock:{region}::foundation-model/{model}")
        }
        Provider::SageMaker { endpoint } => {
            format!("arn:aws:sagemaker:{region}:*:endpoint/{endpoint}")
        }
    }
}

/// The model without the geography of its profile.
fn foundation_model(call: &Call) -> &str {
    let (Provider::SageMaker { endpoint: name } | Provider::Bedrock { model: name, .. }) =
        &call.model.provider;
    let id = name.rsplit('/').next().unwrap_or(name);
    match id.split_once('.') {
        Some((geography, rest)) if GEOGRAPHIES.contains(&geography) => rest,
        _ => id,
    }
}

/// Amazon Bedrock User Guide, "Supported Regions and models for inference profiles".
const GEOGRAPHIES: [&str; 8] = ["global", "us", "us-gov", "eu", "apac", "jp", "au", "ca"];

fn word_after<'m>(message: &'m str, words: &str) -> Option<&'m str> {
    let (_, behind) = message.split_once(words)?;
    let word = behind.split_whitespace().next()?.trim_end_matches(['.', ',', ';']);
    (!word.is_empty()).then_some(word)
}

fn said(hint: &str) -> Option<String> {
    Some(hint.to_owned())
}
