//! From settings and a purpose to a place where files are stored.

use app::storage::{Purpose, Storage, StorageError};
use aws_types::SdkConfig;
use futures::TryStreamExt as _;

use super::{key, plainly, prefix};
use crate::env::TestEnv;

#[tokio::test]
async fn each_purpose_has_its_own_bucket() {
    TestEnv::run(async |env| {
        // Several purposes may share a bucket.
        let mut buckets = Purpose::ALL.map(|purpose| env.bucket(purpose)).to_vec();
        buckets.sort();
        buckets.dedup();
        for purpose in Purpose::ALL {
            let storage = env.storage(purpose);
            assert_eq!(storage.purpose(), purpose);
            storage.upload(&key(purpose.as_str()), "x".into(), &plainly()).await.unwrap();
            let whole_key = format!("{}{purpose}", env.key_prefix());
            let mut holders = Vec::new();
            for bucket in &buckets {
                if env.keys_in(bucket).await.contains(&whole_key) {
                    holders.push(bucket);
                }
            }
            assert_eq!(holders, [&env.bucket(purpose)]);
        }
    })
    .await;
}

#[tokio::test]
async fn each_purpose_has_its_own_folder() {
    TestEnv::run(async |env| {
        for purpose in Purpose::ALL {
            let storage = env.local_storage(purpose);
            assert_eq!(storage.purpose(), purpose);
            storage.upload(&key(purpose.as_str()), "x".into(), &plainly()).await.unwrap();
        }
        for purpose in Purpose::ALL {
            let list = env.local_storage(purpose).list(&prefix(""));
            let keys: Vec<_> = list.map_ok(|entry| entry.key).try_collect().await.unwrap();
            assert_eq!(keys, [key(purpose.as_str())]);
        }
    })
    .await;
}

#[tokio::test]
async fn s3_and_local_files_do_not_mix() {
    TestEnv::run(async |env| {
        let (s3, local) = (env.storage(Purpose::Exports), env.local_storage(Purpose::Exports));
        s3.upload(&key("on-s3"), "x".into(), &plainly()).await.unwrap();
        local.upload(&key("local"), "x".into(), &plainly()).await.unwrap();
        assert!(!local.exists(&key("on-s3")).await.unwrap());
        assert!(!s3.exists(&key("local")).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn keys_are_relative_to_the_configured_prefix() {
    TestEnv::run(async |env| {
        let below = |folder: &str| {
            let prefix = format!("{}{folder}", env.key_prefix());
            env.storage_with(Purpose::Exports, &[("S3_KEY_PREFIX", &prefix)])
        };
        // Without its `/`, the first would begin the second.
        let (a, ab) = (below("a"), below("ab"));
        a.upload(&key("object"), "of a".into(), &plainly()).await.unwrap();
        ab.upload(&key("object"), "of ab".into(), &plainly()).await.unwrap();
        assert_eq!(a.download(&key("object")).await.unwrap(), "of a");
        let listed: Vec<_> = a.list(&prefix("")).try_collect().await.unwrap();
        assert_eq!(listed.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["object"]);
        let mut keys = env.keys_in(&env.bucket(Purpose::Exports)).await;
        keys.sort();
        let expected = ["a/object", "ab/object"].map(|key| format!("{}{key}", env.key_prefix()));
        assert_eq!(keys, expected);
    })
    .await;
}

#[tokio::test]
async fn s3_without_credentials_is_an_error_and_not_local_files() {
    TestEnv::run(async |env| {
        let settings = env.settings(&[]).unwrap();
        let anonymous = SdkConfig::builder().build();
        let error = Storage::new(&settings, Purpose::Uploads, &anonymous).unwrap_err();
        assert!(matches!(error, StorageError::NotConfigured { .. }), "{error:?}");
        let message = error.to_string();
        for name in ["STORAGE_BACKEND", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"] {
            assert!(message.contains(name), "{name} is not in: {message}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_local_root_that_is_no_folder_is_an_error() {
    TestEnv::run(async |env| {
        let file = tempfile::NamedTempFile::new().unwrap();
        let root = file.path().to_str().unwrap();
        let changes = [("STORAGE_BACKEND", "local"), ("LOCAL_STORAGE_ROOT", root)];
        let settings = env.settings(&changes).unwrap();
        let error = Storage::new(&settings, Purpose::Uploads, env.sdk_config()).unwrap_err();
        assert!(error.hint().unwrap().contains("LOCAL_STORAGE_ROOT"), "{error:?}");
    })
    .await;
}
