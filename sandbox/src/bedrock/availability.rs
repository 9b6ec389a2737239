//! GetFoundationModelAvailability, of Bedrock's control plane: whether a model could be invoked, told without invoking it.
//!
//! Source: "GetFoundationModelAvailability", Amazon Bedrock API Reference.
//! Every model is in every region, entitled and agreed to, but for those that are staged to be refused so.

use http::request::Parts;
use serde_json::json;

use super::destinations;
use super::target::Target;
use crate::access_key::AccessKey;
use crate::calls::Entry;
use crate::iam::{self, Global};
use crate::rest_json::{Answer, Refusal};
use crate::staged::Staged;

/// Answers for a model's id; an inference profile is none.
pub(super) fn answer(
    caller: &AccessKey,
    model: &str,
    region: &str,
    parts: &Parts,
    entry: &mut Entry,
) -> Result<Answer, Refusal> {
    let Some(target) = Target::of_model(model, region) else {
        return Err(Refusal::new(
            404,
            "ResourceNotFoundException",
            "Could not resolve the foundation model from the provided model identifier.",
        ));
    };
    let may = |operation: &str| {
        let needs = destinations::needed(operation, &target, region);
        let authorized = iam::authorize(caller, &needs, &|need, key| {
            destinations::context(&target, need, key)
                .or_else(|| Global::of(caller, region, parts).get(key))
        });
        (needs, authorized)
    };
    let (needs, authorized) = may("GetFoundationModelAvailability");
    entry.needs(&needs);
    authorized?;

    let invocable = may("InvokeModel").1.is_ok() && target.staged != Some(Staged::Denied);
    let available = |refused_by: &[Staged]| match target.staged {
        Some(staged) if refused_by.contains(&staged) => "NOT_AVAILABLE",
        _ => "AVAILABLE",
    };
    let body = json!({
        "modelId": model,
        "agreementAvailability": {"status": available(&[Staged::Marketplace, Staged::UseCase])},
        "authorizationStatus": if invocable { "AUTHORIZED" } else { "NOT_AUTHORIZED" },
        "entitlementAvailability": available(&[Staged::NoAccess]),
        "regionAvailability": "AVAILABLE",
    });
    Ok(Answer::whole(body.to_string().into(), None))
}
