//! What browsers do: uploads by a form, cross-origin requests.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use sandbox::AccessKey;
use sha1::Sha1;

use crate::support::{ACCOUNT, KEY, outcome, refusal, send, text, with_bucket};

/// A form whose policy allows keys under `user/` and plain text up to 10 bytes.
fn form(key: &str, body: &str, secret: &str) -> (String, String) {
    form_with(key, body, KEY, secret, &[])
}

/// The same with more fields, which the policy allows, too.
fn form_with(
    key: &str,
    body: &str,
    id: &str,
    secret: &str,
    more: &[(&str, &str)],
) -> (String, String) {
    let conditions: String =
        more.iter().map(|(name, _)| format!(r#",["starts-with","${name}",""]"#)).collect();
    let until = time::OffsetDateTime::from(SystemTime::now() + Duration::from_secs(60));
    let until = until.format(&time::format_description::well_known::Rfc3339).unwrap();
    let policy = format!(
        r#"{{"expiration":"{until}","conditions":[{{"bucket":"bucket"}},["starts-with","$key","user/"],["starts-with","$Content-Type","text/"],["eq","$x-amz-meta-a","b"],["content-length-range",0,10]{conditions}]}}"#
    );
    let policy = STANDARD.encode(policy);
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(policy.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let fields = [
        ("key", key),
        ("AWSAccessKeyId", id),
        ("Content-Type", "text/plain"),
        ("x-amz-meta-a", "b"),
        ("policy", &policy),
        ("signature", &signature),
    ];
    let parts: String = fields
        .iter()
        .chain(more)
        .chain(&[("file", body)])
        .map(|(name, value)| {
            format!(
                "--xx\r\nContent-Disposition: form-data; name=\"{name}\"{}\r\n\r\n{value}\r\n",
                if *name == "file" { "; filename=\"f\"" } else { "" }
            )
        })
        .collect();
    ("multipart/form-data; boundary=xx".into(), format!("{parts}--xx--\r\n"))
}

#[tokio::test]
async fn a_form_uploads_what_its_policy_allows() {
    let (sandbox, client) = with_bucket().await;
    let url = format!("{}/bucket", sandbox.endpoint());
    let post = async |(kind, body): (String, String)| {
        outcome(&send(Method::POST, &url, &[("content-type", &kind)], body).await)
    };
    assert_eq!(post(form("user/k", "hello", "main-secret")).await, "204");
    let got = client.get_object().bucket("bucket").key("user/k").send().await.unwrap();
    assert_eq!(
        (got.content_type(), got.metadata().unwrap()["a"].as_str()),
        (Some("text/plain"), "b")
    );
    assert_eq!(text(got.body).await, "hello");
    assert_eq!(post(form("other/k", "hello", "main-secret")).await, "403 AccessDenied");
    assert_eq!(post(form("user/k", "more than ten", "main-secret")).await, "400 EntityTooLarge");
    assert_eq!(post(form("user/k", "hello", "wrong")).await, "403 SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_form_may_take_the_files_name_tags_and_a_token() {
    let (sandbox, client) = with_bucket().await;
    let url = format!("{}/bucket", sandbox.endpoint());
    let post = async |(kind, body): (String, String)| {
        let (status, _, body) = send(Method::POST, &url, &[("content-type", &kind)], body).await;
        (status.as_u16(), body)
    };
    let tags = "<Tagging><TagSet><Tag><Key>a b</Key><Value>c+d</Value></Tag></TagSet></Tagging>";
    let tagged = form_with("user/${filename}", "hello", KEY, "main-secret", &[("tagging", tags)]);
    let (status, body) = post(tagged).await;
    assert_eq!(status, 204, "{body}");
    let told = client.get_object_tagging().bucket("bucket").key("user/f").send().await.unwrap();
    let told: Vec<_> = told.tag_set().iter().map(|tag| (tag.key(), tag.value())).collect();
    assert_eq!(told, [("a b", "c+d")]);
    // The policy is held against the key that comes out.
    assert_eq!(post(form("${filename}", "hello", "main-secret")).await.0, 403);

    sandbox.add_access_key(AccessKey::assumed_role(
        ACCOUNT, "role", "session", "ASIATEMP", "secret", "token",
    ));
    let with_token = |more: &[(&str, &str)]| form_with("user/k", "x", "ASIATEMP", "secret", more);
    for (more, status, code) in [
        (&[("x-amz-security-token", "token")][..], 204, ""),
        (&[("x-amz-security-token", "other")], 400, "InvalidToken"),
        (&[], 403, "InvalidAccessKeyId"),
    ] {
        let (answered, body) = post(with_token(more)).await;
        assert_eq!(answered, status, "{body}");
        assert!(body.contains(code), "{code}: {body}");
    }
}

#[tokio::test]
async fn a_forms_expires_is_kept_as_it_was_sent() {
    let (sandbox, client) = with_bucket().await;
    let url = format!("{}/bucket", sandbox.endpoint());
    for sent in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1960 08:49:37 GMT"] {
        let (kind, body) = form_with("user/k", "x", KEY, "main-secret", &[("Expires", sent)]);
        let (status, _, body) = send(Method::POST, &url, &[("content-type", &kind)], body).await;
        assert_eq!(status, 204, "{body}");
        let head = client.head_object().bucket("bucket").key("user/k").send().await.unwrap();
        assert_eq!(head.expires_string(), Some(sent));
    }
}

#[tokio::test]
async fn a_form_with_a_policy_is_signed() {
    let (sandbox, _client) = with_bucket().await;
    let url = format!("{}/bucket", sandbox.endpoint());
    let (kind, body) = form("user/k", "x", "main-secret");
    let headers = [("content-type", kind.as_str())];
    let unsigned = body.replace("name=\"signature\"", "name=\"x-ignore-signature\"");
    let (status, _, body) = send(Method::POST, &url, &headers, unsigned).await;
    assert!(status == 400 && body.contains("<Code>InvalidArgument</Code>"), "{body}");
}

#[tokio::test]
async fn cross_origin_requests_are_answered_by_the_buckets_rules() {
    let (sandbox, client) = with_bucket().await;
    assert_eq!(
        refusal(client.get_bucket_cors().bucket("bucket").send().await),
        "404 NoSuchCORSConfiguration"
    );
    let rule = CorsRule::builder()
        .allowed_methods("GET")
        .allowed_origins("https://*.example.com")
        .allowed_headers("x-*")
        .expose_headers("etag")
        .max_age_seconds(60)
        .build()
        .unwrap();
    let configuration = CorsConfiguration::builder().cors_rules(rule.clone()).build().unwrap();
    client
        .put_bucket_cors()
        .bucket("bucket")
        .cors_configuration(configuration)
        .send()
        .await
        .unwrap();
    assert_eq!(
        client.get_bucket_cors().bucket("bucket").send().await.unwrap().cors_rules(),
        [rule]
    );

    let url = format!("{}/bucket/k", sandbox.endpoint());
    let origin = ("origin", "https://a.example.com");
    let (status, headers, _) = send(
        Method::OPTIONS,
        &url,
        &[
            origin,
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "x-a"),
        ],
        "",
    )
    .await;
    assert_eq!(
        (
            status.as_u16(),
            headers["access-control-allow-origin"].to_str().unwrap(),
            headers["access-control-max-age"].to_str().unwrap()
        ),
        (200, "https://a.example.com", "60")
    );
    for refused in [
        &[origin, ("access-control-request-method", "PUT")],
        &[("origin", "https://example.org"), ("access-control-request-method", "GET")],
    ] {
        assert_eq!(send(Method::OPTIONS, &url, refused, "").await.0.as_u16(), 403);
    }
    assert_eq!(send(Method::OPTIONS, &url, &[origin], "").await.0.as_u16(), 400);
    let (status, headers, _) = send(Method::GET, &url, &[origin], "").await;
    assert_eq!(
        (status.as_u16(), headers["access-control-expose-headers"].to_str().unwrap()),
        (403, "etag")
    );
}
