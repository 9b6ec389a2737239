//! A presigned URL allows what was signed, and nothing else. Needs a target that verifies signatures.

use std::time::Duration;

use app::storage::{ObjectKey, PresignedUrl, Purpose, Storage, UrlExpiry};
use http::{Method, StatusCode};
use url::Url;

use super::{a_minute, key, plainly};
use crate::env::TestEnv;
use crate::plain_http;

/// An object that says "old", and URLs that read and replace it.
async fn signed(
    env: &TestEnv,
    expiry: UrlExpiry,
) -> (Storage, ObjectKey, PresignedUrl, PresignedUrl) {
    let (storage, key) = (env.storage(Purpose::Uploads), key("object"));
    storage.upload(&key, "old".into(), &plainly()).await.unwrap();
    let get = storage.presign_get(&key, expiry).await.unwrap();
    let put = storage.presign_put(&key, expiry, None).await.unwrap();
    (storage, key, get, put)
}

/// Sends a request that must be refused with this error code.
async fn refused(method: Method, url: &str, headers: &[(&str, &str)], code: &str) {
    let body = if method == Method::PUT { "new" } else { "" };
    let answer = plain_http::send(method.clone(), url, headers, body).await;
    let text = String::from_utf8_lossy(answer.body());
    assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {url}: {text}");
    // Answers to HEAD have no body.
    if method != Method::HEAD {
        assert!(text.contains(&format!("<Code>{code}</Code>")), "{method} {url}: {text}");
    }
}

/// The URL with one parameter of its query changed.
fn with_parameter(url: &Url, name: &str, change: impl Fn(&str) -> String) -> Url {
    let old: Vec<_> = url.query_pairs().into_owned().collect();
    assert!(old.iter().any(|(known, _)| known == name), "{name} is not in {url}");
    let new = old.iter().map(|(known, value)| {
        (known.clone(), if known == name { change(value) } else { value.clone() })
    });
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(new);
    changed
}

#[tokio::test]
async fn expired_url_is_refused() {
    TestEnv::run(async |env| {
        let (storage, key, get, put) = signed(env, UrlExpiry::MIN).await;
        // Not followed before: the signed time has whole seconds, so that a life of one second may be
        // over at once. That such a URL works at all is shown by those that live longer.
        tokio::time::sleep(Duration::from_secs(2)).await;
        refused(Method::GET, get.url.as_str(), &[], "AccessDenied").await;
        refused(Method::PUT, put.url.as_str(), &[], "AccessDenied").await;
        assert_eq!(storage.download(&key).await.unwrap(), "old");
    })
    .await;
}

#[tokio::test]
async fn a_longer_life_than_signed_is_refused() {
    TestEnv::run(async |env| {
        let (_, _, get, _) = signed(env, a_minute()).await;
        let longer = with_parameter(&get.url, "X-Amz-Expires", |_| "3600".to_owned());
        refused(Method::GET, longer.as_str(), &[], "SignatureDoesNotMatch").await;
    })
    .await;
}

#[tokio::test]
async fn another_key_than_signed_is_refused() {
    TestEnv::run(async |env| {
        let (storage, _, get, put) = signed(env, a_minute()).await;
        let other = key("object2");
        storage.upload(&other, "other".into(), &plainly()).await.unwrap();
        for (method, url) in [(Method::GET, &get), (Method::PUT, &put)] {
            let url = url.url.as_str().replacen("/object?", "/object2?", 1);
            refused(method, &url, &[], "SignatureDoesNotMatch").await;
        }
        assert_eq!(storage.download(&other).await.unwrap(), "other");
    })
    .await;
}

#[tokio::test]
async fn a_changed_signature_is_refused() {
    TestEnv::run(async |env| {
        let (storage, key, get, put) = signed(env, a_minute()).await;
        // One digit of it, and all of them.
        let first_digit = |old: &str| {
            let digit = if old.starts_with('0') { '1' } else { '0' };
            format!("{digit}{}", &old[1..])
        };
        let none_is_right = |old: &str| "0".repeat(old.len());
        for (method, url) in [(Method::GET, &get), (Method::PUT, &put)] {
            let one = with_parameter(&url.url, "X-Amz-Signature", first_digit);
            refused(method.clone(), one.as_str(), &[], "SignatureDoesNotMatch").await;
            let all = with_parameter(&url.url, "X-Amz-Signature", none_is_right);
            refused(method, all.as_str(), &[], "SignatureDoesNotMatch").await;
        }
        assert_eq!(storage.download(&key).await.unwrap(), "old");
    })
    .await;
}

#[tokio::test]
async fn an_additional_parameter_is_refused() {
    TestEnv::run(async |env| {
        let (_, _, get, _) = signed(env, a_minute()).await;
        let download = format!("{}&response-content-type=text%2Fhtml", get.url);
        refused(Method::GET, &download, &[], "SignatureDoesNotMatch").await;
    })
    .await;
}

#[tokio::test]
async fn an_unknown_access_key_is_refused() {
    TestEnv::run(async |env| {
        let (_, _, get, _) = signed(env, a_minute()).await;
        // The token of temporary credentials would be refused before the key is.
        let mut without_token = get.url.clone();
        let kept = get.url.query_pairs().filter(|(name, _)| name != "X-Amz-Security-Token");
        without_token.query_pairs_mut().clear().extend_pairs(kept);
        // A key id of AWS's documentation, which nobody has.
        let other = with_parameter(&without_token, "X-Amz-Credential", |old| {
            let (_, scope) = old.split_once('/').unwrap();
            format!("AKIAIOSFODNN7EXAMPLE/{scope}")
        });
        refused(Method::GET, other.as_str(), &[], "InvalidAccessKeyId").await;
    })
    .await;
}

#[tokio::test]
async fn a_url_without_its_query_is_refused() {
    TestEnv::run(async |env| {
        let (storage, key, get, put) = signed(env, a_minute()).await;
        for (method, mut url) in [(Method::GET, get.url), (Method::PUT, put.url)] {
            url.set_query(None);
            refused(method, url.as_str(), &[], "AccessDenied").await;
        }
        assert_eq!(storage.download(&key).await.unwrap(), "old");
    })
    .await;
}

#[tokio::test]
async fn another_method_than_signed_is_refused() {
    TestEnv::run(async |env| {
        let (storage, key, get, put) = signed(env, a_minute()).await;
        let (get, put) = (get.url.as_str(), put.url.as_str());
        for (method, url) in [
            (Method::PUT, get),
            (Method::DELETE, get),
            (Method::HEAD, get),
            (Method::GET, put),
            (Method::DELETE, put),
        ] {
            refused(method, url, &[], "SignatureDoesNotMatch").await;
        }
        assert_eq!(storage.download(&key).await.unwrap(), "old");
    })
    .await;
}

#[tokio::test]
async fn a_bound_header_that_is_changed_or_missing_is_refused() {
    TestEnv::run(async |env| {
        let (storage, key, ..) = signed(env, a_minute()).await;
        let content_type = "image/png".parse().unwrap();
        let put = storage.presign_put(&key, a_minute(), Some(&content_type)).await.unwrap();
        let url = put.url.as_str();
        let headers: [&[(&str, &str)]; 2] = [&[("content-type", "text/html")], &[]];
        for headers in headers {
            refused(Method::PUT, url, headers, "SignatureDoesNotMatch").await;
        }
        assert_eq!(storage.download(&key).await.unwrap(), "old");
    })
    .await;
}
