//! Errors: the request's ids everywhere, the error's own fields in the body.

use http::Method;

use crate::support::{
    KEY, client_in, client_of, create_in, put, refusal, sandbox, send, with_bucket,
};

#[tokio::test]
async fn every_answer_carries_its_ids() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    for path in ["/", "/bucket", "/bucket/k", "/nobody-made-it"] {
        let (_, headers, body) =
            send(Method::GET, &format!("{}{path}", sandbox.endpoint()), &[], "").await;
        let id = headers["x-amz-request-id"].to_str().unwrap();
        assert_eq!(id.len(), 16);
        assert!(body.contains(&format!("<RequestId>{id}</RequestId>")), "{body}");
        assert!(
            body.contains(&format!("<HostId>{}</HostId>", headers["x-amz-id-2"].to_str().unwrap())),
            "{body}"
        );
    }
}

#[tokio::test]
async fn fields_name_what_the_error_is_about() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k", "0123456789").await;
    let body = |error: &aws_sdk_s3::error::SdkError<_, _>| -> String {
        let raw: &aws_sdk_s3::config::http::HttpResponse = match error {
            aws_sdk_s3::error::SdkError::ServiceError(error) => error.raw(),
            _ => panic!("a service error"),
        };
        let _: &aws_sdk_s3::operation::get_object::GetObjectError =
            error.as_service_error().unwrap();
        String::from_utf8_lossy(raw.body().bytes().unwrap()).into_owned()
    };
    let missing = client.get_object().bucket("bucket").key("missing <&>").send().await.unwrap_err();
    assert!(body(&missing).contains("<Key>missing &lt;&amp;&gt;</Key>"), "{}", body(&missing));
    let version =
        client.get_object().bucket("bucket").key("k").version_id("nope").send().await.unwrap_err();
    assert!(body(&version).contains("<VersionId>nope</VersionId>"), "{}", body(&version));
    let bucket = client.get_object().bucket("nobody-made-it").key("k").send().await.unwrap_err();
    assert!(body(&bucket).contains("<BucketName>nobody-made-it</BucketName>"), "{}", body(&bucket));
    let range =
        client.get_object().bucket("bucket").key("k").range("bytes=10-").send().await.unwrap_err();
    assert!(body(&range).contains("<ActualObjectSize>10</ActualObjectSize>"), "{}", body(&range));
}

#[tokio::test]
async fn what_is_not_played_is_said_so() {
    let (_sandbox, client) = with_bucket().await;
    assert_eq!(
        refusal(client.list_bucket_analytics_configurations().bucket("bucket").send().await),
        "501 NotImplemented"
    );
    assert_eq!(
        refusal(client.list_bucket_inventory_configurations().bucket("bucket").send().await),
        "501 NotImplemented"
    );
}

#[tokio::test]
async fn a_bucket_elsewhere_redirects_and_tells_where() {
    let sandbox = sandbox().await;
    let there = client_in(&sandbox, "eu-west-1");
    create_in(&there, "eu-west-1", "far-away").await;
    let here = client_in(&sandbox, "us-east-1");
    let error = here.list_objects_v2().bucket("far-away").send().await.unwrap_err();
    let raw = error.raw_response().unwrap();
    assert_eq!(raw.status().as_u16(), 301);
    assert_eq!(raw.headers().get("x-amz-bucket-region"), Some("eu-west-1"));
    assert!(raw.headers().get("location").is_none());
    let body = String::from_utf8_lossy(raw.body().bytes().unwrap()).into_owned();
    assert!(
        body.contains("<Code>PermanentRedirect</Code>")
            && body.contains("<Endpoint>far-away.s3.eu-west-1.amazonaws.com</Endpoint>"),
        "{body}"
    );
    let head = here.head_bucket().bucket("far-away").send().await.unwrap_err();
    assert_eq!(
        head.raw_response().unwrap().headers().get("x-amz-bucket-region"),
        Some("eu-west-1")
    );
}

#[tokio::test]
async fn a_signature_that_does_not_match_is_explained() {
    let (sandbox, _) = with_bucket().await;
    let wrong = client_of(&sandbox, KEY, "wrong", None, "us-east-1");
    let error = wrong.list_objects_v2().bucket("bucket").prefix("a b").send().await.unwrap_err();
    let body =
        String::from_utf8_lossy(error.raw_response().unwrap().body().bytes().unwrap()).into_owned();
    assert!(body.contains("<AWSAccessKeyId>AKIASANDBOXMAIN</AWSAccessKeyId>"), "{body}");
    assert!(body.contains("<StringToSign>AWS4-HMAC-SHA256\n"), "{body}");
    assert!(body.contains("<CanonicalRequest>GET\n/bucket"), "{body}");
    assert!(body.contains("list-type=2&amp;prefix=a%20b\n"), "{body}");
}
