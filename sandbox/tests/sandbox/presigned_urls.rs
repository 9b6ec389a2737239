//! Presigned URLs: they work without credentials, once for what they were made for, and not for ever.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;
use http::{Method, StatusCode};

use crate::support::{client_of, outcome, put, send, with_bucket};

fn lasting(seconds: u64) -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_secs(seconds)).unwrap()
}

#[tokio::test]
async fn a_presigned_put_and_get_need_no_credentials() {
    let (_sandbox, client) = with_bucket().await;
    let url =
        client.put_object().bucket("bucket").key("a b/ü+%").presigned(lasting(60)).await.unwrap();
    let (status, headers, body) = send(Method::PUT, url.uri(), &[], "hello").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(headers.contains_key("etag") && headers.contains_key("x-amz-request-id"));
    let url = client
        .get_object()
        .bucket("bucket")
        .key("a b/ü+%")
        .response_content_type("text/x-test")
        .presigned(lasting(60))
        .await
        .unwrap();
    let (status, headers, body) = send(Method::GET, url.uri(), &[], "").await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "hello"));
    assert_eq!(headers["content-type"], "text/x-test");
}

#[tokio::test]
async fn tampering_is_refused() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    let url = client
        .get_object()
        .bucket("bucket")
        .key("k")
        .presigned(lasting(60))
        .await
        .unwrap()
        .uri()
        .to_owned();
    let refused = async |method: Method, url: &str, headers: &[(&str, &str)]| {
        outcome(&send(method, url, headers, "").await)
    };
    assert_eq!(
        refused(Method::GET, &url.replace("/bucket/k", "/bucket/l"), &[]).await,
        "403 SignatureDoesNotMatch"
    );
    assert_eq!(refused(Method::PUT, &url, &[]).await, "403 SignatureDoesNotMatch");
    assert_eq!(refused(Method::DELETE, &url, &[]).await, "403 SignatureDoesNotMatch");
    assert_eq!(
        refused(Method::GET, &url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"), &[]).await,
        "403 SignatureDoesNotMatch"
    );
    assert_eq!(
        refused(Method::GET, &format!("{url}&versionId=null"), &[]).await,
        "403 SignatureDoesNotMatch"
    );
    assert_eq!(
        refused(Method::GET, &url, &[("x-amz-expected-bucket-owner", "111122223333")]).await,
        "403 AccessDenied"
    );
    assert_eq!(
        refused(Method::GET, &url, &[("authorization", "AWS4-HMAC-SHA256 Credential=x")]).await,
        "400 InvalidArgument"
    );
}

#[tokio::test]
async fn a_bound_header_must_be_sent_as_signed() {
    let (_sandbox, client) = with_bucket().await;
    let request = client
        .put_object()
        .bucket("bucket")
        .key("k")
        .content_type("text/plain")
        .metadata("a", "b")
        .presigned(lasting(60))
        .await
        .unwrap();
    let headers: Vec<(&str, &str)> = request.headers().collect();
    assert_eq!(send(Method::PUT, request.uri(), &headers, "x").await.0, StatusCode::OK);
    assert_eq!(
        send(
            Method::PUT,
            request.uri(),
            &[("content-type", "text/html"), ("x-amz-meta-a", "b")],
            "x"
        )
        .await
        .0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(send(Method::PUT, request.uri(), &[], "x").await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_expired_url_is_refused() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    let past = PresigningConfig::builder()
        .start_time(SystemTime::now() - Duration::from_secs(120))
        .expires_in(Duration::from_secs(60))
        .build()
        .unwrap();
    let url = client.get_object().bucket("bucket").key("k").presigned(past).await.unwrap();
    let (status, _, body) = send(Method::GET, url.uri(), &[], "").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(
        body.contains("<Message>Request has expired</Message>")
            && body.contains("<X-Amz-Expires>60</X-Amz-Expires>"),
        "{body}"
    );
}

#[tokio::test]
async fn seven_days_are_the_limit() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    let url =
        client.get_object().bucket("bucket").key("k").presigned(lasting(604_800)).await.unwrap();
    assert_eq!(send(Method::GET, url.uri(), &[], "").await.0, StatusCode::OK);
    // The SDK itself makes no longer one.
    for wrong in ["604801", "-1", "soon", ""] {
        let (status, _, body) = send(
            Method::GET,
            &url.uri().replace("X-Amz-Expires=604800", &format!("X-Amz-Expires={wrong}")),
            &[],
            "",
        )
        .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(body.contains("<Code>AuthorizationQueryParametersError</Code>"), "{wrong}: {body}");
    }
}

#[tokio::test]
async fn a_stranger_may_not_presign() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    for (id, code) in [("AKIASANDBOXOTHER", "AccessDenied"), ("AKIANOBODY", "InvalidAccessKeyId")] {
        let stranger = client_of(&sandbox, id, "other-secret", None, "us-east-1");
        let url =
            stranger.get_object().bucket("bucket").key("k").presigned(lasting(60)).await.unwrap();
        let (status, _, body) = send(Method::GET, url.uri(), &[], "").await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(body.contains(&format!("<Code>{code}</Code>")), "{body}");
    }
}
