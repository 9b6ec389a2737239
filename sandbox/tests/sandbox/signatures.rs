//! What a signature must be, and who is refused.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_s3::presigning::PresigningConfig;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{Method, StatusCode};
use sandbox::AccessKey;
use sha1::Sha1;

use crate::support::{
    ACCOUNT, KEY, OTHER_ACCOUNT, client_in, client_of, create_in, other_client, put, refusal,
    sandbox, send, with_bucket,
};

#[tokio::test]
async fn a_wrong_secret_and_an_unknown_key_are_told_apart() {
    let sandbox = sandbox().await;
    assert_eq!(
        refusal(client_of(&sandbox, KEY, "wrong", None, "us-east-1").list_buckets().send().await),
        "403 SignatureDoesNotMatch"
    );
    assert_eq!(
        refusal(
            client_of(&sandbox, "AKIANOBODY", "x", None, "us-east-1").list_buckets().send().await
        ),
        "403 InvalidAccessKeyId"
    );
}

#[tokio::test]
async fn temporary_credentials_need_their_token() {
    let sandbox = sandbox().await;
    sandbox.add_access_key(AccessKey::assumed_role(
        ACCOUNT, "role", "session", "ASIATEMP", "secret", "token",
    ));
    client_of(&sandbox, "ASIATEMP", "secret", Some("token"), "us-east-1")
        .list_buckets()
        .send()
        .await
        .unwrap();
    assert_eq!(
        refusal(
            client_of(&sandbox, "ASIATEMP", "secret", Some("other"), "us-east-1")
                .list_buckets()
                .send()
                .await
        ),
        "400 InvalidToken"
    );
    assert_eq!(
        refusal(
            client_of(&sandbox, "ASIATEMP", "secret", None, "us-east-1")
                .list_buckets()
                .send()
                .await
        ),
        "403 InvalidAccessKeyId"
    );
    assert_eq!(
        refusal(
            client_of(&sandbox, KEY, "main-secret", Some("token"), "us-east-1")
                .list_buckets()
                .send()
                .await
        ),
        "400 InvalidToken"
    );
}

#[tokio::test]
async fn anonymous_callers_learn_only_whether_a_bucket_exists() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    let get = |path: &'static str| {
        let url = format!("{}{path}", sandbox.endpoint());
        async move { send(Method::GET, &url, &[], "").await }
    };
    for (path, status, code) in [
        ("/bucket/k", 403, "AccessDenied"),
        ("/bucket", 403, "AccessDenied"),
        ("/", 403, "AccessDenied"),
        ("/nobody-made-it/k", 404, "NoSuchBucket"),
    ] {
        let (answered, _, body) = get(path).await;
        assert_eq!(answered.as_u16(), status, "{path}: {body}");
        assert!(body.contains(&format!("<Code>{code}</Code>")), "{path}: {body}");
    }
}

#[tokio::test]
async fn another_account_is_denied() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    let other = other_client(&sandbox);
    assert_eq!(
        refusal(other.get_object().bucket("bucket").key("k").send().await),
        "403 AccessDenied"
    );
    assert_eq!(refusal(other.list_objects_v2().bucket("bucket").send().await), "403 AccessDenied");
    assert_eq!(refusal(other.head_bucket().bucket("bucket").send().await), "403");
    assert!(other.list_buckets().send().await.unwrap().buckets().is_empty());
}

/// The query of a URL presigned by version 2 ("Signing and authenticating REST requests", S3 API Reference of 2006-03-01).
fn version_2_query(path: &str, secret: &str) -> String {
    let expires = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 60;
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("GET\n\n\n{expires}\n{path}").as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("?AWSAccessKeyId={KEY}&Expires={expires}&Signature={signature}")
}

#[tokio::test]
async fn signature_version_2_of_a_bucket_may_end_in_a_slash() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    for (signed, secret, status) in [
        ("/bucket", "main-secret", 200),
        ("/bucket/", "main-secret", 200),
        ("/bucket/", "wrong", 403),
        ("/other/", "main-secret", 403),
    ] {
        let url = format!("{}/bucket{}", sandbox.endpoint(), version_2_query(signed, secret));
        let (answered, _, body) = send(Method::GET, &url, &[], "").await;
        assert_eq!(answered.as_u16(), status, "{signed}: {body}");
        assert_eq!(body.contains("<Key>k</Key>"), status == 200, "{signed}: {body}");
    }
}

#[tokio::test]
async fn signature_version_2_is_taken_in_old_regions_alone() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    create_in(&client_in(&sandbox, "eu-central-1"), "eu-central-1", "new-region").await;
    let get = async |path: &str, secret: &str| {
        let (status, _, body) = send(
            Method::GET,
            &format!("{}{path}{}", sandbox.endpoint(), version_2_query(path, secret)),
            &[],
            "",
        )
        .await;
        (status.as_u16(), body)
    };
    assert_eq!(get("/bucket/k", "main-secret").await, (200, "x".to_owned()));
    let (status, body) = get("/bucket/k", "wrong").await;
    assert!(status == 403 && body.contains("<Code>SignatureDoesNotMatch</Code>"), "{body}");
    let (status, body) = get("/new-region/k", "main-secret").await;
    assert!(status == 400 && body.contains("Please use AWS4-HMAC-SHA256."), "{body}");
    let old_date = [
        ("authorization", "AWS AKIASANDBOXMAIN:c2ln"),
        ("date", "Tue, 27 Mar 2007 19:36:42 +0000"),
    ];
    let (status, _, body) = send(Method::GET, sandbox.endpoint(), &old_date, "").await;
    assert!(status == StatusCode::FORBIDDEN, "{body}");
}

#[tokio::test]
async fn a_request_from_another_day_is_too_skewed() {
    let sandbox = sandbox().await;
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIASANDBOXMAIN/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    let headers = [
        ("authorization", authorization),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
    ];
    let (status, _, body) = send(Method::GET, sandbox.endpoint(), &headers, "").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(
        body.contains("<Code>RequestTimeTooSkewed</Code>")
            && body.contains("<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>"),
        "{body}"
    );
}

#[tokio::test]
async fn a_url_from_the_end_of_time_is_not_valid_yet() {
    let (sandbox, _client) = with_bucket().await;
    let url = format!(
        "{}/bucket/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={KEY}%2F99991231%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=99991231T235959Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature=00",
        sandbox.endpoint()
    );
    let (status, _, body) = send(Method::GET, &url, &[], "").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body.contains("<Message>Request is not valid yet</Message>"), "{body}");
}

#[tokio::test]
async fn a_scope_of_another_service_or_shape_is_refused() {
    let sandbox = sandbox().await;
    let now = "20130524T000000Z";
    for (credential, code) in [
        ("AKIASANDBOXMAIN/20130524/us-east-1/ec2/aws4_request", "AuthorizationHeaderMalformed"),
        ("AKIASANDBOXMAIN/20130524/us-east-1/s3", "AuthorizationHeaderMalformed"),
        ("AKIASANDBOXMAIN/20130525/us-east-1/s3/aws4_request", "AuthorizationHeaderMalformed"),
    ] {
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00");
        let (status, _, body) = send(
            Method::GET,
            sandbox.endpoint(),
            &[("authorization", &authorization), ("x-amz-date", now)],
            "",
        )
        .await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(body.contains(&format!("<Code>{code}</Code>")), "{credential}: {body}");
    }
}

#[tokio::test]
async fn the_owner_that_the_client_expects_is_checked_on_every_call() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    client
        .get_object()
        .bucket("bucket")
        .key("k")
        .expected_bucket_owner(ACCOUNT)
        .send()
        .await
        .unwrap();
    let stranger = OTHER_ACCOUNT;
    assert_eq!(
        refusal(
            client
                .get_object()
                .bucket("bucket")
                .key("k")
                .expected_bucket_owner(stranger)
                .send()
                .await
        ),
        "403 AccessDenied"
    );
    assert_eq!(
        refusal(
            client
                .delete_object()
                .bucket("bucket")
                .key("k")
                .expected_bucket_owner(stranger)
                .send()
                .await
        ),
        "403 AccessDenied"
    );
    assert_eq!(
        refusal(
            client.list_objects_v2().bucket("bucket").expected_bucket_owner(stranger).send().await
        ),
        "403 AccessDenied"
    );
    assert_eq!(
        refusal(
            client
                .get_bucket_location()
                .bucket("bucket")
                .expected_bucket_owner("nonsense")
                .send()
                .await
        ),
        "400 InvalidBucketOwnerAWSAccountID"
    );
}

#[tokio::test]
async fn a_body_that_was_changed_on_the_way_is_refused() {
    let (_sandbox, client) = with_bucket().await;
    let lasting = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let url = client.put_object().bucket("bucket").key("k").presigned(lasting).await.unwrap();
    // The SHA-256 of "original".
    let hash = "0682c5f2076f099c34cfdd15a9e063849ed437a49677e6fcc5b4198c76575be5";
    let put = async |body: &'static str| {
        send(Method::PUT, url.uri(), &[("x-amz-content-sha256", hash)], body).await
    };
    let (status, _, body) = put("changed!").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("<Code>XAmzContentSHA256Mismatch</Code>"), "{body}");
    assert_eq!(put("original").await.0, StatusCode::OK);
}
