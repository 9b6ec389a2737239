//! SageMaker's InvokeEndpoint, and the endpoints that misbehave.

use std::time::Duration;

use aws_sdk_sagemakerruntime::Client;
use aws_sdk_sagemakerruntime::error::SdkError;
use aws_sdk_sagemakerruntime::operation::invoke_endpoint::{
    InvokeEndpointError, InvokeEndpointOutput,
};
use aws_sdk_sagemakerruntime::primitives::Blob;
use sandbox::staged::Staged;
use sandbox::{Sandbox, Service};
use serde_json::{Value, json};

use crate::bedrock::words;
use crate::bedrock_streams::eventually_logged;
use crate::support::{KEY, SECRET, sandbox, sdk_config};

fn client(sandbox: &Sandbox) -> Client {
    Client::new(&sdk_config(sandbox, KEY, SECRET, None, "eu-west-1"))
}

async fn invoke(
    sandbox: &Sandbox,
    endpoint: &str,
    body: impl ToString,
) -> Result<InvokeEndpointOutput, SdkError<InvokeEndpointError>> {
    client(sandbox)
        .invoke_endpoint()
        .endpoint_name(endpoint)
        .content_type("application/json")
        .body(Blob::new(body.to_string()))
        .send()
        .await
}

async fn text(sandbox: &Sandbox, endpoint: &str, body: Value) -> String {
    let output = invoke(sandbox, endpoint, body).await.unwrap();
    let answer: Value = serde_json::from_slice(output.body().unwrap().as_ref()).unwrap();
    assert_eq!(answer.as_array().unwrap().len(), 1);
    answer[0]["generated_text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_text_generation_endpoint_generates_text() {
    let sandbox = sandbox().await;
    let inputs = json!({"inputs": "one two"});
    let output = invoke(&sandbox, "text-generation", &inputs).await.unwrap();
    assert_eq!(output.content_type(), Some("application/json"));
    assert_eq!(output.invoked_production_variant(), Some("AllTraffic"));

    let said = text(&sandbox, "text-generation", inputs.clone()).await;
    assert!(said.starts_with("You said: one two "), "{said}");
    // Endpoints' names do not differ by case.
    assert_eq!(text(&sandbox, "Text-Generation", inputs).await, said);
    let cut = json!({"inputs": "one two", "parameters": {"max_new_tokens": 3, "temperature": 0.7}});
    assert_eq!(text(&sandbox, "text-generation", cut).await, "You said: one");
    let full =
        json!({"inputs": "one two", "parameters": {"max_new_tokens": 2, "return_full_text": true}});
    assert_eq!(text(&sandbox, "text-generation", full).await, "one two You said:");
    let stopped = json!({"inputs": "one two", "parameters": {"stop": ["two"]}});
    assert_eq!(text(&sandbox, "text-generation", stopped).await, "You said: one ");

    let call = sandbox.calls().pop().unwrap();
    assert_eq!(
        (call.service, call.action.as_str()),
        (Service::SageMaker, "sagemaker:InvokeEndpoint")
    );
    assert_eq!(
        call.resources,
        ["arn:aws:sagemaker:eu-west-1:111122223333:endpoint/text-generation"]
    );
    assert_eq!((call.status, call.refused, call.abandoned), (200, false, false));
}

#[tokio::test]
async fn custom_attributes_come_back() {
    let sandbox = sandbox().await;
    let output = client(&sandbox)
        .invoke_endpoint()
        .endpoint_name("text-generation")
        .content_type("application/json")
        .custom_attributes("trace=7")
        .body(Blob::new(r#"{"inputs": "x"}"#))
        .send()
        .await
        .unwrap();
    assert_eq!(output.custom_attributes(), Some("trace=7"));
}

#[tokio::test]
async fn a_missing_endpoint_is_not_found() {
    let sandbox = sandbox().await;
    for endpoint in ["Nobody-Made-It", "sandbox-nonsense", "sandbox-held"] {
        assert_eq!(
            words(invoke(&sandbox, endpoint, "{}").await),
            format!("400 ValidationError: Endpoint {endpoint} of account 111122223333 not found.")
        );
    }
    let call = &sandbox.calls()[0];
    assert_eq!(
        call.resources,
        ["arn:aws:sagemaker:eu-west-1:111122223333:endpoint/nobody-made-it"]
    );
    assert!(!call.refused);
    assert_eq!(
        words(invoke(&sandbox, "under_score", "{}").await),
        "400 ValidationError: 1 validation error detected: Value 'under_score' at 'endpointName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9])*"
    );
}

#[tokio::test]
async fn what_the_container_refuses_is_a_model_error() {
    let sandbox = sandbox().await;
    for (body, status, original) in [
        (
            "{",
            400,
            "Failed to parse the request body as JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            "{}",
            422,
            "Failed to deserialize the JSON body into the target type: missing field `inputs`",
        ),
        (
            r#"{"inputs": ""}"#,
            422,
            r#"{"error":"Input validation error: `inputs` cannot be empty","error_type":"validation"}"#,
        ),
        (
            r#"{"inputs": "x", "parameters": {"temperature": 0}}"#,
            422,
            r#"{"error":"Input validation error: `temperature` must be strictly positive","error_type":"validation"}"#,
        ),
        (
            r#"{"inputs": "x", "parameters": {"max_new_tokens": 4096}}"#,
            422,
            r#"{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 1 `inputs` tokens and 4096 `max_new_tokens`","error_type":"validation"}"#,
        ),
    ] {
        let error = invoke(&sandbox, "text-generation", body).await.unwrap_err();
        let error = error.into_service_error();
        let InvokeEndpointError::ModelError(error) = error else { panic!("{error:?}") };
        assert_eq!(error.original_status_code(), Some(status), "{body}");
        assert_eq!(error.original_message(), Some(original));
        assert_eq!(
            error.message(),
            Some(format!("Received client error ({status}) from primary with message \"{original}\". See https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logEventViewer:group=/aws/sagemaker/Endpoints/text-generation in account 111122223333 for more information.").as_str())
        );
        assert_eq!(
            error.log_stream_arn(),
            Some(
                "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/Endpoints/text-generation"
            )
        );
    }
    let untyped =
        client(&sandbox).invoke_endpoint().endpoint_name("text-generation").body(Blob::new("{}"));
    let error = untyped.send().await.unwrap_err().into_service_error();
    let InvokeEndpointError::ModelError(error) = error else { panic!("{error:?}") };
    assert_eq!(error.original_status_code(), Some(415));
}

#[tokio::test]
async fn a_body_above_6_megabytes_is_refused_without_a_type() {
    let sandbox = sandbox().await;
    let mut body = r#"{"inputs": "x"}"#.to_owned();
    body.push_str(&" ".repeat(6_291_456 - body.len()));
    invoke(&sandbox, "text-generation", &body).await.unwrap();
    body.push(' ');
    let error = invoke(&sandbox, "text-generation", &body).await.unwrap_err();
    let SdkError::ServiceError(error) = error else { panic!("{error:?}") };
    assert_eq!(error.raw().status().as_u16(), 413);
    assert_eq!(error.raw().headers().get("x-amzn-errortype"), None);
    assert_eq!(
        error.raw().body().bytes().unwrap(),
        br#"{"message":"HTTP content length exceeded 6291456 bytes."}"#
    );
    assert_eq!(sandbox.calls()[1].error.as_deref(), Some("413"));
}

#[tokio::test]
async fn each_staged_refusal_has_its_status_and_type() {
    let sandbox = sandbox().await;
    let mut refused = 0;
    for staged in Staged::ALL {
        let Some((status, code)) = staged.error(Service::SageMaker) else { continue };
        refused += 1;
        let answer = invoke(&sandbox, &staged.endpoint_name(), json!({"inputs": "x"})).await;
        let words = words(answer);
        assert!(words.starts_with(&format!("{status} {code}: ")), "{staged}: {words}");
        assert!(words.len() > format!("{status} {code}: ").len(), "{staged}: {words}");
        assert!(!words.contains('{') || staged == Staged::ModelError, "{staged}: {words}");
    }
    assert_eq!(refused, 8);
}

#[tokio::test]
async fn a_denial_names_the_caller_the_action_and_the_endpoint() {
    let sandbox = sandbox().await;
    assert_eq!(
        words(invoke(&sandbox, &Staged::Denied.endpoint_name(), "{}").await),
        "403 AccessDeniedException: User: arn:aws:iam::111122223333:user/main is not authorized to perform: sagemaker:InvokeEndpoint on resource: arn:aws:sagemaker:eu-west-1:111122223333:endpoint/sandbox-denied because no identity-based policy allows the sagemaker:InvokeEndpoint action"
    );
    assert!(sandbox.calls()[0].refused);
}

#[tokio::test]
async fn an_endpoint_breaks_garbles_hangs_or_is_cut_off() {
    let sandbox = sandbox().await;
    let inputs = json!({"inputs": "x"});
    let error = invoke(&sandbox, &Staged::ModelError.endpoint_name(), &inputs).await.unwrap_err();
    let InvokeEndpointError::ModelError(error) = error.into_service_error() else { panic!() };
    assert_eq!(error.original_status_code(), Some(500));

    let garbled = invoke(&sandbox, &Staged::Garbled.endpoint_name(), &inputs).await.unwrap();
    assert!(serde_json::from_slice::<Value>(garbled.body().unwrap().as_ref()).is_err());

    let cut = invoke(&sandbox, &Staged::Cut.endpoint_name(), &inputs).await.unwrap_err();
    assert!(!matches!(cut, SdkError::ServiceError(_)), "{cut:?}");

    let flaky = invoke(&sandbox, &Staged::Flaky.endpoint_name(), &inputs).await;
    assert_eq!(words(flaky), "400 ThrottlingException: Rate exceeded");

    sandbox.take_calls();
    let slow = Staged::Slow.endpoint_name();
    let slow = invoke(&sandbox, &slow, &inputs);
    assert!(tokio::time::timeout(Duration::from_millis(200), slow).await.is_err());
    let call = eventually_logged(&sandbox).await;
    assert!(call.abandoned && call.status == 499, "{call:?}");
}
