//! What S3 refuses becomes an error with its code and a cure, never an empty answer.
//!
//! Foreign buckets, dead keys and closed ports are made here, on an embedded AWS of the test's own.

use app::storage::{ContinuationToken, ListRequest, Purpose, S3Error, Storage, StorageError};
use aws_config::retry::RetryConfig;
use aws_types::SdkConfig;
use contract::test_id::SandboxKey;
use futures::TryStreamExt as _;

use super::{key, plainly, prefix};
use crate::env::{OwnSandbox, TestEnv, create_bucket};

const OTHER_ACCOUNT: &str = "210987654321";

fn unknown_key() -> SandboxKey {
    SandboxKey { id: "AKIAIOSFODNN7EXAMPLE".to_owned(), secret: "example".to_owned() }
}

/// What each operation says, none of which can succeed.
async fn errors(storage: &Storage) -> Vec<S3Error> {
    let key = key("object");
    let errors = [
        storage.upload(&key, "x".into(), &plainly()).await.unwrap_err(),
        storage.download(&key).await.unwrap_err(),
        storage.metadata(&key).await.unwrap_err(),
        storage.exists(&key).await.unwrap_err(),
        storage.delete(&key).await.unwrap_err(),
        storage.list(&prefix("")).try_collect::<Vec<_>>().await.unwrap_err(),
    ];
    errors
        .into_iter()
        .map(|error| match error {
            StorageError::S3(error) => *error,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Errors of all operations have this code, also where an answer to HEAD has no room for it, and this hint.
async fn all_say(storage: &Storage, status: u16, code: &str, hint: &str) {
    for error in errors(storage).await {
        assert_eq!(error.status, Some(status), "{error}");
        assert_eq!(error.code.as_deref(), Some(code), "{error}");
        assert!(error.request_id.is_some(), "{error}");
        assert!(
            error.hint.as_deref().unwrap_or_default().contains(hint),
            "{error}: {:?}",
            error.hint
        );
    }
}

fn with(env: &TestEnv, changes: &[(&str, &str)], sdk_config: &SdkConfig) -> Storage {
    let settings = env.settings(changes).unwrap();
    Storage::new(&settings, Purpose::Uploads, sdk_config).unwrap()
}

#[tokio::test]
async fn a_missing_bucket_is_not_a_missing_object() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        let storage = with(env, &[("S3_BUCKET_UPLOADS", "nobody-made-this")], env.sdk_config());
        all_say(&storage, 404, "NoSuchBucket", "S3_BUCKET_UPLOADS").await;
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_bucket_is_denied() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        let owner = unknown_key();
        sandbox.admit(OTHER_ACCOUNT, "somebody", &owner);
        let owner = aws_sdk_s3::Client::new(&sandbox.sdk_config(owner));
        create_bucket(&owner, "somebody-elses", "eu-central-1").await;
        let storage = with(env, &[("S3_BUCKET_UPLOADS", "somebody-elses")], env.sdk_config());
        all_say(&storage, 403, "AccessDenied", "somebody-elses").await;
    })
    .await;
}

#[tokio::test]
async fn a_key_that_aws_does_not_know_is_named() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        let storage = with(env, &[], &sandbox.sdk_config(unknown_key()));
        all_say(&storage, 403, "InvalidAccessKeyId", "AWS_ACCESS_KEY_ID").await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_secret_is_named() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        let wrong = SandboxKey { id: SandboxKey::harness().id, secret: "wrong".to_owned() };
        let storage = with(env, &[], &sandbox.sdk_config(wrong));
        all_say(&storage, 403, "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY").await;
    })
    .await;
}

#[tokio::test]
async fn a_bucket_of_another_region_is_named_with_its_region() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        let there = env.sdk_config().to_builder().region(aws_config::Region::new("us-west-2"));
        create_bucket(&aws_sdk_s3::Client::new(&there.build()), "far-away", "us-west-2").await;
        let storage = with(env, &[("S3_BUCKET_UPLOADS", "far-away")], env.sdk_config());
        all_say(&storage, 301, "PermanentRedirect", "AWS_REGION=us-west-2").await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        // A port that was free a moment ago.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let nobody = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let config = env.sdk_config().to_builder().endpoint_url(&nobody);
        let config = config.retry_config(RetryConfig::disabled()).build();
        for error in errors(&with(env, &[], &config)).await {
            assert_eq!((error.status, &error.code), (None, &None), "{error}");
            let hint = error.hint.as_deref().unwrap();
            assert!(hint.contains(&nobody) && hint.contains("AWS_ENDPOINT_URL"), "{error}: {hint}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_made_up_token_of_a_listing_is_a_typed_error() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        let token = ContinuationToken::new("made up");
        let request = ListRequest::new(prefix("")).continue_from(token);
        for storage in [env.storage(Purpose::Uploads), env.local_storage(Purpose::Uploads)] {
            let error = storage.list_page(&request).await.unwrap_err();
            assert!(matches!(error, StorageError::ContinuationToken), "{error:?}");
        }
    })
    .await;
}
