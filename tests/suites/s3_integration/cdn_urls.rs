//! Public addresses behind CloudFront: a matter of settings and spelling, no request is made.

use app::storage::{Purpose, StorageError};

use super::key;
use crate::env::TestEnv;

const DOMAIN: (&str, &str) = ("CLOUDFRONT_DOMAIN", "d1234567890.cloudfront.net");

#[tokio::test]
async fn a_key_is_percent_encoded_below_the_domain() {
    TestEnv::run(async |env| {
        let storage = env.storage_with(Purpose::Creatives, &[DOMAIN, ("S3_KEY_PREFIX", "")]);
        for (text, url) in [
            ("banner.png", "https://d1234567890.cloudfront.net/banner.png"),
            ("a b+c.png", "https://d1234567890.cloudfront.net/a%20b%2Bc.png"),
            ("50%.png", "https://d1234567890.cloudfront.net/50%25.png"),
            ("%2F", "https://d1234567890.cloudfront.net/%252F"),
            ("a?b#c&d", "https://d1234567890.cloudfront.net/a%3Fb%23c%26d"),
            ("\"'<>", "https://d1234567890.cloudfront.net/%22%27%3C%3E"),
            ("größe/\u{1f980}", "https://d1234567890.cloudfront.net/gr%C3%B6%C3%9Fe/%F0%9F%A6%80"),
            ("caf\u{e9}", "https://d1234567890.cloudfront.net/caf%C3%A9"),
            ("cafe\u{301}", "https://d1234567890.cloudfront.net/cafe%CC%81"),
            ("a//b/", "https://d1234567890.cloudfront.net/a//b/"),
        ] {
            let cdn_url = storage.cdn_url(&key(text)).unwrap();
            assert_eq!(cdn_url.unwrap().as_str(), url);
        }
    })
    .await;
}

#[tokio::test]
async fn the_address_is_that_of_the_whole_key() {
    TestEnv::run(async |env| {
        let storage = env.storage_with(Purpose::Creatives, &[DOMAIN]);
        let url = storage.cdn_url(&key("banner.png")).unwrap().unwrap();
        assert_eq!(url.path(), format!("/{}banner.png", env.key_prefix()));
    })
    .await;
}

#[tokio::test]
async fn without_a_domain_there_is_no_address() {
    TestEnv::run(async |env| {
        let storage = env.storage_with(Purpose::Creatives, &[("CLOUDFRONT_DOMAIN", "")]);
        assert_eq!(storage.cdn_url(&key("banner.png")).unwrap(), None);
        let local = env.local_storage(Purpose::Creatives);
        assert_eq!(local.cdn_url(&key("banner.png")).unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_no_object_can_have_has_no_address() {
    TestEnv::run(async |env| {
        let storage = env.storage_with(Purpose::Creatives, &[DOMAIN]);
        let room = 1024 - env.key_prefix().len();
        assert!(storage.cdn_url(&key(&"k".repeat(room))).is_ok());
        let error = storage.cdn_url(&key(&"k".repeat(room + 1))).unwrap_err();
        assert!(matches!(error, StorageError::Key(_)), "{error:?}");
    })
    .await;
}
