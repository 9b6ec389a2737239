//! Which model identifiers there are, and what IAM would be asked about each.

use crate::bedrock::{HAIKU, NOVA, client, client_in, question, say, send, words};
use crate::support::sandbox;

#[tokio::test]
async fn ids_and_arns_of_models_and_profiles_are_invoked() {
    let sandbox = sandbox().await;
    for (region, identifier, resource) in [
        (
            "us-east-1",
            HAIKU,
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (
            "eu-west-1",
            "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-micro-v1:0",
            "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-micro-v1:0",
        ),
        (
            "eu-central-1",
            "eu.amazon.nova-lite-v1:0",
            "arn:aws:bedrock:eu-central-1:111122223333:inference-profile/eu.amazon.nova-lite-v1:0",
        ),
        (
            "us-east-1",
            "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-lite-v1:0",
            "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-lite-v1:0",
        ),
        (
            "ap-southeast-2",
            "global.anthropic.claude-haiku-4-5-20251001-v1:0",
            "arn:aws:bedrock:ap-southeast-2:111122223333:inference-profile/global.anthropic.claude-haiku-4-5-20251001-v1:0",
        ),
        (
            "us-east-1",
            "global.amazon.nova-2-lite-v1:0",
            "arn:aws:bedrock:us-east-1:111122223333:inference-profile/global.amazon.nova-2-lite-v1:0",
        ),
    ] {
        let said = say(&client_in(&sandbox, region), identifier, "one two").await;
        assert!(said.starts_with("You said: one two "), "{identifier}: {said}");
        let call = sandbox.calls().pop().unwrap();
        assert_eq!(call.resources, [resource]);
        assert_eq!(call.action, "bedrock:InvokeModel");
        assert_eq!((call.status, call.refused, call.abandoned), (200, false, false));
    }
}

#[tokio::test]
async fn a_profile_is_the_model_behind_it() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    assert_eq!(
        say(&client, NOVA, "same words").await,
        say(&client, &format!("us.{NOVA}"), "same words").await
    );
}

#[tokio::test]
async fn some_models_want_a_profile() {
    let sandbox = sandbox().await;
    let model = "anthropic.claude-haiku-4-5-20251001-v1:0";
    assert_eq!(
        words(send(&client(&sandbox), model, question(model, "x", 9).to_string()).await),
        "400 ValidationException: Invocation of model ID anthropic.claude-haiku-4-5-20251001-v1:0 with on-demand throughput isn\u{2019}t supported. Retry your request with the ID or ARN of an inference profile that contains this model."
    );
}

#[tokio::test]
async fn an_identifier_that_means_nothing_is_invalid() {
    let sandbox = sandbox().await;
    for identifier in [
        "amazon.nova-nano-v1:0",
        "nonsense",
        // A profile of another geography.
        "eu.amazon.nova-lite-v1:0",
        // Another region's, another account's.
        "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-micro-v1:0",
        "arn:aws:bedrock:us-east-1:444455556666:inference-profile/us.amazon.nova-lite-v1:0",
        "amazon.sandbox-nonsense-v1:0",
    ] {
        assert_eq!(
            words(send(&client(&sandbox), identifier, "{}").await),
            "400 ValidationException: The provided model identifier is invalid.",
            "{identifier}"
        );
    }
    assert!(sandbox.calls().iter().all(|call| call.resources.is_empty() && !call.refused));
}
