//! Who may call the runtimes of Bedrock and SageMaker, and what they do not know.

use aws_sdk_bedrockruntime::Client as Bedrock;
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_sagemakerruntime::Client as SageMaker;
use http::Method;
use sandbox::{AccessKey, Sandbox, Service};
use serde_json::Value;

use crate::bedrock::{LLAMA, question, send as invoke, words};
use crate::support::{ACCOUNT, KEY, SECRET, put, sandbox, sdk_config, send, text, with_bucket};

fn bedrock(sandbox: &Sandbox, id: &str, secret: &str, token: Option<&str>) -> Bedrock {
    Bedrock::new(&sdk_config(sandbox, id, secret, token, "us-east-1"))
}

/// What both services answer to a key.
async fn answers(sandbox: &Sandbox, id: &str, secret: &str, token: Option<&str>) -> [String; 2] {
    let outcome =
        |result: Result<(), String>| result.map_or_else(|error| error, |()| "fine".into());
    let body = question(LLAMA, "x", 9).to_string();
    let first = invoke(&bedrock(sandbox, id, secret, token), LLAMA, body).await;
    let first = outcome(first.map(|_| ()).map_err(|error| words::<(), _>(Err(error))));
    let second = SageMaker::new(&sdk_config(sandbox, id, secret, token, "us-east-1"))
        .invoke_endpoint()
        .endpoint_name("text-generation")
        .content_type("application/json")
        .body(Blob::new(r#"{"inputs": "x"}"#))
        .send()
        .await;
    let second = outcome(second.map(|_| ()).map_err(|error| words::<(), _>(Err(error))));
    [first, second]
}

#[tokio::test]
async fn a_wrong_secret_an_unknown_key_and_a_wrong_token_are_refused() {
    let sandbox = sandbox().await;
    sandbox.add_access_key(AccessKey::assumed_role(
        ACCOUNT, "role", "session", "ASIATEMP", "secret", "token",
    ));
    let fine = ["fine", "fine"];
    let unknown =
        "403 UnrecognizedClientException: The security token included in the request is invalid.";
    let wrong = "403 InvalidSignatureException: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
    assert_eq!(answers(&sandbox, KEY, SECRET, None).await, fine);
    assert_eq!(answers(&sandbox, "ASIATEMP", "secret", Some("token")).await, fine);
    sandbox.take_calls();
    assert_eq!(answers(&sandbox, KEY, "wrong", None).await, [wrong, wrong]);
    assert_eq!(answers(&sandbox, "AKIANOBODY", "x", None).await, [unknown, unknown]);
    assert_eq!(answers(&sandbox, "ASIATEMP", "secret", Some("other")).await, [unknown, unknown]);
    assert_eq!(answers(&sandbox, "ASIATEMP", "secret", None).await, [unknown, unknown]);
    assert_eq!(answers(&sandbox, KEY, SECRET, Some("token")).await, [unknown, unknown]);
    let calls = sandbox.calls();
    assert_eq!(calls.len(), 10);
    assert!(calls.iter().all(|call| call.refused && call.status == 403 && call.needs.is_empty()));
    assert_eq!(calls[0].access_key.as_deref(), Some(KEY));
    assert_eq!(calls[0].action, "bedrock:InvokeModel");
    assert_eq!(calls[1].action, "sagemaker:InvokeEndpoint");
}

#[tokio::test]
async fn a_signature_of_another_day_has_expired() {
    let sandbox = sandbox().await;
    let url = format!("{}/model/{LLAMA}/invoke", sandbox.endpoint());
    for (time, message) in [
        ("20130524T000000Z", "Signature expired: 20130524T000000Z is now earlier than "),
        ("29990524T000000Z", "Signature not yet current: 29990524T000000Z is still later than "),
        ("99991231T235959Z", "Signature not yet current: 99991231T235959Z is still later than "),
    ] {
        let (date, _) = time.split_once('T').unwrap();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={KEY}/{date}/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"
        );
        let headers = [("authorization", authorization.as_str()), ("x-amz-date", time)];
        let (status, headers, body) = send(Method::POST, &url, &headers, "{}").await;
        assert_eq!(status, 403);
        let code = headers["x-amzn-errortype"].to_str().unwrap();
        assert!(code.starts_with("InvalidSignatureException:"), "{code}");
        let body: Value = serde_json::from_str(&body).unwrap();
        let said = body["message"].as_str().unwrap();
        assert!(said.starts_with(message), "{said}");
    }
}

#[tokio::test]
async fn a_body_that_was_changed_on_the_way_is_refused() {
    let sandbox = sandbox().await;
    let client = bedrock(&sandbox, KEY, SECRET, None);
    let change = client
        .invoke_model()
        .model_id(LLAMA)
        .content_type("application/json")
        .body(Blob::new(question(LLAMA, "x", 9).to_string()))
        .customize()
        .interceptor(Swap);
    let refused = words(change.send().await);
    assert!(refused.starts_with("403 InvalidSignatureException"), "{refused}");
}

/// Sends another body than the one that was signed.
#[derive(Debug)]
struct Swap;

impl aws_sdk_bedrockruntime::config::Intercept for Swap {
    fn name(&self) -> &'static str {
        "Swap"
    }

    fn modify_before_transmit(
        &self,
        context: &mut aws_sdk_bedrockruntime::config::interceptors::BeforeTransmitInterceptorContextMut<'_>,
        _: &aws_sdk_bedrockruntime::config::RuntimeComponents,
        _: &mut aws_sdk_bedrockruntime::config::ConfigBag,
    ) -> Result<(), aws_sdk_bedrockruntime::error::BoxError> {
        let body = question(LLAMA, "y", 9).to_string();
        *context.request_mut().body_mut() = body.into_bytes().into();
        Ok(())
    }
}

#[tokio::test]
async fn without_a_signature_the_paths_of_the_runtimes_are_theirs() {
    let sandbox = sandbox().await;
    for (path, service, action) in [
        ("/model/x/invoke", Service::Bedrock, "bedrock:InvokeModel"),
        ("/model/x/converse", Service::Bedrock, "bedrock:Converse"),
        ("/endpoints/x/invocations", Service::SageMaker, "sagemaker:InvokeEndpoint"),
    ] {
        let url = format!("{}{path}", sandbox.endpoint());
        let (status, headers, body) = send(Method::POST, &url, &[], "{}").await;
        assert_eq!(status, 403);
        assert!(
            headers["x-amzn-errortype"]
                .to_str()
                .unwrap()
                .starts_with("MissingAuthenticationTokenException:")
        );
        assert_eq!(body, r#"{"message":"Missing Authentication Token"}"#);
        let bearer = [("authorization", "Bearer key")];
        let (status, headers, body) = send(Method::POST, &url, &bearer, "{}").await;
        assert_eq!(status, 403);
        assert!(
            headers["x-amzn-errortype"].to_str().unwrap().starts_with("AccessDeniedException:")
        );
        assert!(body.contains("bearer"), "{body}");
        let nonsense = [("authorization", "AWS4-HMAC-SHA256 nonsense")];
        let (status, headers, _) = send(Method::POST, &url, &nonsense, "{}").await;
        assert_eq!(status, 400);
        assert!(
            headers["x-amzn-errortype"]
                .to_str()
                .unwrap()
                .starts_with("IncompleteSignatureException:")
        );
        for call in sandbox.take_calls() {
            assert_eq!((call.service, call.action.as_str()), (service, action));
            assert_eq!(call.access_key, None);
        }
    }
}

#[tokio::test]
async fn a_bucket_may_be_named_like_a_path_of_the_runtimes() {
    let (sandbox, client) = with_bucket().await;
    for bucket in ["model", "endpoints"] {
        client.create_bucket().bucket(bucket).send().await.unwrap();
        for key in ["x/invoke", "x/invocations"] {
            put_in(&client, bucket, key).await;
            let got = client.get_object().bucket(bucket).key(key).send().await.unwrap();
            assert_eq!(text(got.body).await, "kept");
            let upload =
                client.create_multipart_upload().bucket(bucket).key(key).send().await.unwrap();
            let upload = upload.upload_id().unwrap();
            client
                .abort_multipart_upload()
                .bucket(bucket)
                .key(key)
                .upload_id(upload)
                .send()
                .await
                .unwrap();
            // Anonymous, but with a query: S3's.
            let url = format!("{}/{bucket}/{key}?uploads", sandbox.endpoint());
            let (status, _, body) = send(Method::POST, &url, &[], "").await;
            assert_eq!(status, 403);
            assert!(body.contains("<Code>AccessDenied</Code>"), "{body}");
            let url = format!("{}/{bucket}/{key}", sandbox.endpoint());
            let (_, _, body) = send(Method::GET, &url, &[], "").await;
            assert!(body.contains("<Code>AccessDenied</Code>"), "{body}");
        }
    }
    put(&client, "k", "x").await;
    assert!(sandbox.calls().iter().all(|call| call.service == Service::S3));
}

async fn put_in(client: &aws_sdk_s3::Client, bucket: &str, key: &str) {
    let body = aws_sdk_s3::primitives::ByteStream::from_static(b"kept");
    client.put_object().bucket(bucket).key(key).body(body).send().await.unwrap();
}

#[tokio::test]
async fn operations_that_are_not_played_are_unknown() {
    let sandbox = sandbox().await;
    let config = sdk_config(&sandbox, KEY, SECRET, None, "us-east-1");
    assert_eq!(
        words(Bedrock::new(&config).converse().model_id(LLAMA).send().await),
        "404 UnknownOperationException: the sandbox does not play the Bedrock operation Converse"
    );
    assert_eq!(
        words(Bedrock::new(&config).list_async_invokes().send().await),
        "404 UnknownOperationException: the sandbox does not play the Bedrock operation ListAsyncInvokes"
    );
    assert_eq!(
        words(
            SageMaker::new(&config)
                .invoke_endpoint_with_response_stream()
                .endpoint_name("text-generation")
                .body(Blob::new("{}"))
                .send()
                .await
        ),
        "404 UnknownOperationException: the sandbox does not play the SageMaker operation InvokeEndpointWithResponseStream"
    );
    let actions: Vec<String> = sandbox.calls().into_iter().map(|call| call.action).collect();
    assert_eq!(
        actions,
        [
            "bedrock:Converse",
            "bedrock:ListAsyncInvokes",
            "sagemaker:InvokeEndpointWithResponseStream"
        ]
    );
}

#[tokio::test]
async fn every_answer_has_its_request_id_in_the_log() {
    let sandbox = sandbox().await;
    use aws_sdk_bedrockruntime::operation::RequestId;
    let client = bedrock(&sandbox, KEY, SECRET, None);
    let good = invoke(&client, LLAMA, question(LLAMA, "x", 9).to_string()).await.unwrap();
    let bad = invoke(&client, LLAMA, "{").await.unwrap_err();
    let calls = sandbox.calls();
    assert_eq!(good.request_id(), Some(calls[0].request_id.as_str()));
    assert_eq!(bad.request_id(), Some(calls[1].request_id.as_str()));
    assert_eq!(calls[1].error.as_deref(), Some("ValidationException"));
}
