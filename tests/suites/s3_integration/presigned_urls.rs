//! Presigned URLs let somebody without credentials do one thing with one object.

use std::time::{Duration, SystemTime};

use app::storage::{Purpose, StorageError, UrlExpiry};
use http::StatusCode;

use super::odd_keys::ODD_KEYS;
use super::{a_minute, for_all, key, plainly};
use crate::env::TestEnv;
use crate::payload::Payload;
use crate::plain_http;

#[tokio::test]
async fn an_object_is_read_without_credentials() {
    TestEnv::run(async |env| {
        let (storage, key) = (env.storage(Purpose::Exports), key("report.csv"));
        let options = plainly().content_type("text/csv".parse().unwrap());
        storage.upload(&key, "a,b\n1,2\n".into(), &options).await.unwrap();
        let url = storage.presign_get(&key, a_minute()).await.unwrap();
        assert_eq!(url.headers, []);
        let answer = plain_http::follow(&url, "").await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/csv");
        assert_eq!(answer.body(), "a,b\n1,2\n");
    })
    .await;
}

#[tokio::test]
async fn an_object_is_written_without_credentials() {
    TestEnv::run(async |env| {
        let (storage, key) = (env.storage(Purpose::Uploads), key("photo.jpg"));
        let url = storage.presign_put(&key, a_minute(), None).await.unwrap();
        let body = Payload::new().bytes(0..100_000);
        let answer = plain_http::follow(&url, body.clone()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
        assert!(storage.download(&key).await.unwrap() == body);
    })
    .await;
}

#[tokio::test]
async fn a_bound_content_type_is_stored() {
    TestEnv::run(async |env| {
        let (storage, key) = (env.storage(Purpose::Uploads), key("photo.png"));
        let content_type = "image/png".parse().unwrap();
        let url = storage.presign_put(&key, a_minute(), Some(&content_type)).await.unwrap();
        assert!(url.headers.contains(&("content-type".to_owned(), "image/png".to_owned())));
        assert_eq!(plain_http::follow(&url, "png").await.status(), StatusCode::OK);
        assert_eq!(storage.metadata(&key).await.unwrap().content_type, content_type);
    })
    .await;
}

#[tokio::test]
async fn odd_keys_are_written_and_read() {
    TestEnv::run(async |env| {
        let storage = env.storage(Purpose::Uploads);
        for_all(ODD_KEYS, async |text| {
            let key = key(text);
            let put = storage.presign_put(&key, a_minute(), None).await.unwrap();
            let answer = plain_http::follow(&put, text).await;
            assert_eq!(answer.status(), StatusCode::OK, "PUT of {text:?}: {answer:?}");
            // By the app, so that two wrong URLs do not agree with each other.
            assert_eq!(storage.download(&key).await.unwrap(), text);
            let get = storage.presign_get(&key, a_minute()).await.unwrap();
            let answer = plain_http::follow(&get, "").await;
            assert_eq!(answer.status(), StatusCode::OK, "GET of {text:?}: {answer:?}");
            assert_eq!(answer.body(), text);
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_longest_key_is_read() {
    TestEnv::run(async |env| {
        let storage = env.storage(Purpose::Exports);
        let room = 1024 - env.key_prefix().len();
        // Each of its bytes takes three in a URL.
        let longest = key(&"+".repeat(room));
        storage.upload(&longest, "long".into(), &plainly()).await.unwrap();
        let url = storage.presign_get(&longest, a_minute()).await.unwrap();
        assert_eq!(plain_http::follow(&url, "").await.body(), "long");
        let too_long = key(&"+".repeat(room + 1));
        let error = storage.presign_get(&too_long, a_minute()).await.unwrap_err();
        assert!(matches!(error, StorageError::Key(_)), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_url_of_a_missing_object_is_not_found() {
    TestEnv::run(async |env| {
        let storage = env.storage(Purpose::Exports);
        let url = storage.presign_get(&key("nobody/wrote/this"), a_minute()).await.unwrap();
        let answer = plain_http::follow(&url, "").await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let text = String::from_utf8_lossy(answer.body());
        assert!(text.contains("<Code>NoSuchKey</Code>"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn a_url_says_when_it_expires() {
    TestEnv::run_on_each_storage(async |_, storage| {
        for (expiry, seconds) in [(UrlExpiry::MIN, 1), (a_minute(), 60), (UrlExpiry::MAX, 604_800)]
        {
            let url = storage.presign_get(&key("object"), expiry).await.unwrap();
            let left = url.expires_at.duration_since(SystemTime::now()).unwrap_or_default();
            let asked = Duration::from_secs(seconds);
            assert!(
                left <= asked && left + Duration::from_secs(10) > asked,
                "{left:?} of {asked:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn seven_days_are_signed_and_taken() {
    TestEnv::run(async |env| {
        let (storage, key) = (env.storage(Purpose::Exports), key("object"));
        storage.upload(&key, "x".into(), &plainly()).await.unwrap();
        let url = storage.presign_get(&key, UrlExpiry::MAX).await.unwrap();
        assert!(url.url.query().unwrap().contains("X-Amz-Expires=604800"));
        assert_eq!(plain_http::follow(&url, "").await.status(), StatusCode::OK);
    })
    .await;
}

#[test]
fn lifetimes_that_s3_would_refuse_have_no_type() {
    for refused in [Duration::ZERO, Duration::from_millis(999), Duration::from_secs(604_801)] {
        assert!(UrlExpiry::new(refused).is_err(), "{refused:?}");
    }
}
