//! Policies on models and endpoints, and what their calls need.

use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_sagemakerruntime::primitives::Blob as EndpointBlob;
use sandbox::{AccessKey, Sandbox};

use crate::bedrock::{NOVA, question, words};
use crate::iam_policies::{policy, with_condition};
use crate::support::{ACCOUNT, KEY, SECRET, resources, sandbox, sdk_config};

const PROFILE: &str =
    "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-micro-v1:0";

fn model(region: &str) -> String {
    format!("arn:aws:bedrock:{region}::foundation-model/{NOVA}")
}

/// What an invocation by a key comes to: `fine`, or the refusal.
async fn invoke(
    sandbox: &Sandbox,
    (id, secret): (&str, &str),
    region: &str,
    model: &str,
) -> String {
    let config = sdk_config(sandbox, id, secret, None, region);
    let client = aws_sdk_bedrockruntime::Client::new(&config);
    let body = Blob::new(question(NOVA, "one", 9).to_string());
    match client
        .invoke_model()
        .model_id(model)
        .content_type("application/json")
        .body(body)
        .send()
        .await
    {
        Ok(_) => "fine".to_owned(),
        refused => words(refused),
    }
}

async fn peter(policies: &[String]) -> Sandbox {
    let sandbox = sandbox().await;
    let key = AccessKey::user(ACCOUNT, "peter", "AKIAPETER", "peter-secret");
    sandbox.add_access_key(key.with_policies(policies).unwrap());
    sandbox
}

const PETER: (&str, &str) = ("AKIAPETER", "peter-secret");

#[tokio::test]
async fn a_profile_needs_its_model_in_every_destination() {
    let sandbox = sandbox().await;
    let haiku = "anthropic.claude-haiku-4-5-20251001-v1:0";
    for (region, id, expected) in [
        ("us-east-1", NOVA.to_owned(), vec![model("us-east-1")]),
        (
            "us-east-1",
            format!("us.{NOVA}"),
            vec![PROFILE.to_owned(), model("us-east-1"), model("us-east-2"), model("us-west-2")],
        ),
        (
            "ap-northeast-1",
            format!("jp.{haiku}"),
            vec![
                format!("arn:aws:bedrock:ap-northeast-1:{ACCOUNT}:inference-profile/jp.{haiku}"),
                format!("arn:aws:bedrock:ap-northeast-1::foundation-model/{haiku}"),
                format!("arn:aws:bedrock:ap-northeast-3::foundation-model/{haiku}"),
            ],
        ),
        (
            "eu-west-1",
            format!("global.{haiku}"),
            vec![
                format!("arn:aws:bedrock:eu-west-1:{ACCOUNT}:inference-profile/global.{haiku}"),
                format!("arn:aws:bedrock:eu-west-1::foundation-model/{haiku}"),
                format!("arn:aws:bedrock:::foundation-model/{haiku}"),
            ],
        ),
    ] {
        // An answer that refuses the body has the same needs.
        invoke(&sandbox, (KEY, SECRET), region, &id).await;
        let call = sandbox.calls().pop().unwrap();
        assert_eq!(resources(&call), expected);
        assert!(call.needs.iter().all(|need| need.action == "bedrock:InvokeModel"));
    }
    let config = sdk_config(&sandbox, KEY, SECRET, None, "us-east-1");
    let stream = aws_sdk_bedrockruntime::Client::new(&config)
        .invoke_model_with_response_stream()
        .content_type("application/json");
    let body = Blob::new(question(NOVA, "one", 9).to_string());
    let mut stream = stream.model_id(NOVA).body(body).send().await.unwrap().body;
    while stream.recv().await.unwrap().is_some() {}
    let call = sandbox.calls().pop().unwrap();
    assert_eq!(call.needs.len(), 1);
    assert_eq!(call.needs[0].action, "bedrock:InvokeModelWithResponseStream");
}

#[tokio::test]
async fn each_resource_of_a_profile_must_be_allowed() {
    let all = [PROFILE.to_owned(), model("us-east-1"), model("us-east-2"), model("us-west-2")];
    let sandbox = peter(&[]).await;
    let id = format!("us.{NOVA}");
    for (missing, resource) in all.iter().enumerate() {
        let kept: Vec<&str> =
            all.iter().map(String::as_str).filter(|kept| *kept != all[missing]).collect();
        let allow = policy("Allow", &["bedrock:InvokeModel"], &kept);
        sandbox.set_policies(PETER.0, [allow]).unwrap();
        assert_eq!(
            invoke(&sandbox, PETER, "us-east-1", &id).await,
            format!(
                "403 AccessDeniedException: User: arn:aws:iam::111122223333:user/peter is not authorized to perform: bedrock:InvokeModel on resource: {resource} because no identity-based policy allows the bedrock:InvokeModel action"
            )
        );
        let call = sandbox.calls().pop().unwrap();
        assert!(call.refused && call.needs.is_empty());
    }
    let kept: Vec<&str> = all.iter().map(String::as_str).collect();
    sandbox.set_policies(PETER.0, [policy("Allow", &["bedrock:Invoke*"], &kept)]).unwrap();
    assert_eq!(invoke(&sandbox, PETER, "us-east-1", &id).await, "fine");
    // The profile does not open the model by itself.
    let through = with_condition(
        "Allow",
        &["bedrock:InvokeModel"],
        &["arn:aws:bedrock:*::foundation-model/*"],
        &format!(r#"{{"StringEquals":{{"bedrock:InferenceProfileArn":"{PROFILE}"}}}}"#),
    );
    let profile = policy("Allow", &["bedrock:InvokeModel"], &[PROFILE]);
    sandbox.set_policies(PETER.0, [through, profile]).unwrap();
    assert_eq!(invoke(&sandbox, PETER, "us-east-1", &id).await, "fine");
    assert!(invoke(&sandbox, PETER, "us-east-1", NOVA).await.starts_with("403"));
}

#[tokio::test]
async fn regions_can_be_denied() {
    let allow = policy("Allow", &["bedrock:*"], &["*"]);
    let deny = with_condition(
        "Deny",
        &["bedrock:*"],
        &["*"],
        r#"{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}"#,
    );
    let sandbox = peter(&[allow, deny]).await;
    assert_eq!(invoke(&sandbox, PETER, "eu-west-1", NOVA).await, "fine");
    assert!(
        invoke(&sandbox, PETER, "eu-central-1", NOVA)
            .await
            .ends_with("with an explicit deny in an identity-based policy")
    );
    // A destination counts, too.
    let denied = invoke(&sandbox, PETER, "us-east-1", &format!("us.{NOVA}")).await;
    assert!(denied.contains(&model("us-east-2")), "{denied}");
}

#[tokio::test]
async fn an_endpoint_is_allowed_by_its_lower_case_name() {
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/text-generation";
    let sandbox = peter(&[]).await;
    let invoke = async || {
        let config = sdk_config(&sandbox, PETER.0, PETER.1, None, "eu-west-1");
        let client = aws_sdk_sagemakerruntime::Client::new(&config);
        let call = client.invoke_endpoint().endpoint_name("Text-Generation");
        let body = EndpointBlob::new(r#"{"inputs": "one two"}"#);
        match call.content_type("application/json").body(body).send().await {
            Ok(_) => "fine".to_owned(),
            refused => words(refused),
        }
    };
    assert_eq!(
        invoke().await,
        format!(
            "403 AccessDeniedException: User: arn:aws:iam::111122223333:user/peter is not authorized to perform: sagemaker:InvokeEndpoint on resource: {arn} because no identity-based policy allows the sagemaker:InvokeEndpoint action"
        )
    );
    sandbox
        .set_policies(PETER.0, [policy("Allow", &["sagemaker:InvokeEndpoint"], &[arn])])
        .unwrap();
    assert_eq!(invoke().await, "fine");
    let call = sandbox.calls().pop().unwrap();
    assert_eq!(resources(&call), [arn]);
    assert_eq!(call.needs[0].action, "sagemaker:InvokeEndpoint");
}
