//! URLs of local files are signed and verified by the app itself.

use std::time::{Duration, SystemTime};

use app::storage::{PresignedUrl, Purpose, UrlRefusal};

use super::odd_keys::ODD_KEYS;
use super::{a_minute, key};
use crate::env::TestEnv;

/// What a server finds in the first line of the request.
fn request_target(url: &PresignedUrl) -> String {
    format!("{}?{}", url.url.path(), url.url.query().unwrap())
}

#[tokio::test]
async fn a_url_opens_its_own_object() {
    TestEnv::run(async |env| {
        let storage = env.local_storage(Purpose::Uploads);
        for text in ODD_KEYS {
            let url = storage.presign_get(&key(text), a_minute()).await.unwrap();
            let target = request_target(&url);
            let opened = storage.verify_presigned("GET", &target, None, SystemTime::now());
            assert_eq!(opened, Ok(key(text)));
        }
    })
    .await;
}

#[tokio::test]
async fn a_url_ends_when_it_says() {
    TestEnv::run(async |env| {
        let storage = env.local_storage(Purpose::Uploads);
        let url = storage.presign_get(&key("object"), a_minute()).await.unwrap();
        let verify = |now| storage.verify_presigned("GET", &request_target(&url), None, now);
        assert!(verify(url.expires_at - Duration::from_secs(1)).is_ok());
        let refusal = verify(url.expires_at).unwrap_err();
        assert!(matches!(refusal, UrlRefusal::Expired { .. }), "{refusal:?}");
    })
    .await;
}

#[tokio::test]
async fn a_url_is_for_one_method_one_object_and_one_type() {
    TestEnv::run(async |env| {
        let storage = env.local_storage(Purpose::Uploads);
        let png = "image/png".parse().unwrap();
        let put = storage.presign_put(&key("object"), a_minute(), Some(&png)).await.unwrap();
        let target = request_target(&put);
        let verify = |method, target: &str, content_type| {
            storage.verify_presigned(method, target, content_type, SystemTime::now())
        };
        assert_eq!(verify("PUT", &target, Some("image/png")), Ok(key("object")));
        let wrong_method = verify("GET", &target, Some("image/png")).unwrap_err();
        assert!(matches!(wrong_method, UrlRefusal::WrongMethod { .. }), "{wrong_method:?}");
        let wrong_type = verify("PUT", &target, Some("text/html")).unwrap_err();
        assert!(matches!(wrong_type, UrlRefusal::WrongContentType { .. }), "{wrong_type:?}");
        let elsewhere = target.replace("object?", "object2?");
        assert_eq!(verify("PUT", &elsewhere, Some("image/png")), Err(UrlRefusal::Tampered));
    })
    .await;
}

#[tokio::test]
async fn a_url_of_one_purpose_does_not_open_another() {
    TestEnv::run(async |env| {
        let uploads = env.local_storage(Purpose::Uploads);
        let exports = env.local_storage(Purpose::Exports);
        let url = uploads.presign_get(&key("object"), a_minute()).await.unwrap();
        for target in [request_target(&url), request_target(&url).replace("uploads", "exports")] {
            let refusal = exports.verify_presigned("GET", &target, None, SystemTime::now());
            assert_eq!(refusal, Err(UrlRefusal::Tampered));
        }
    })
    .await;
}

#[tokio::test]
async fn urls_of_s3_are_not_verified_here() {
    TestEnv::run(async |env| {
        let storage = env.storage(Purpose::Uploads);
        let url = storage.presign_get(&key("object"), a_minute()).await.unwrap();
        let target = request_target(&url);
        let refusal = storage.verify_presigned("GET", &target, None, SystemTime::now());
        assert_eq!(refusal, Err(UrlRefusal::NotLocal));
    })
    .await;
}
