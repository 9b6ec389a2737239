//! A write that may not replace anything. Needs a target that knows `If-None-Match: *`.

use app::storage::{PartSize, Purpose, StorageError};
use bytes::Bytes;

use super::{key, plainly};
use crate::env::TestEnv;
use crate::payload::Payload;

#[tokio::test]
async fn nothing_is_replaced() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("object");
        let options = plainly().only_if_absent();
        storage.upload(&key, "first".into(), &options).await.unwrap();
        let error = storage.upload(&key, "second".into(), &options).await.unwrap_err();
        assert!(matches!(error, StorageError::AlreadyExists { .. }), "{error:?}");
        assert_eq!(storage.download(&key).await.unwrap(), "first");
    })
    .await;
}

#[tokio::test]
async fn what_was_deleted_may_be_written_again() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("object");
        let options = plainly().only_if_absent();
        storage.upload(&key, "first".into(), &options).await.unwrap();
        storage.delete(&key).await.unwrap();
        storage.upload(&key, "second".into(), &options).await.unwrap();
        assert_eq!(storage.download(&key).await.unwrap(), "second");
    })
    .await;
}

#[tokio::test]
async fn of_two_writers_one_wins() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("object");
        let options = plainly().only_if_absent();
        let (one, two) = tokio::join!(
            storage.upload(&key, "one".into(), &options),
            storage.upload(&key, "two".into(), &options),
        );
        let (winner, error) = match (one, two) {
            (Ok(_), Err(error)) => ("one", error),
            (Err(error), Ok(_)) => ("two", error),
            both => panic!("both won, or both lost: {both:?}"),
        };
        assert!(matches!(error, StorageError::AlreadyExists { .. }), "{error:?}");
        assert_eq!(storage.download(&key).await.unwrap(), winner);
    })
    .await;
}

#[tokio::test]
async fn an_upload_of_several_parts_replaces_nothing_either() {
    TestEnv::run_on_each_storage(async |env, storage| {
        let key = key("object");
        storage.upload(&key, Bytes::from_static(b"first"), &plainly()).await.unwrap();
        let body = Payload::new().bytes(0..PartSize::MIN.bytes() + 1);
        let options = plainly().only_if_absent().part_size(PartSize::MIN);
        let error = storage.upload(&key, body, &options).await.unwrap_err();
        assert!(matches!(error, StorageError::AlreadyExists { .. }), "{error:?}");
        assert_eq!(storage.download(&key).await.unwrap(), "first");
        assert_eq!(env.unfinished_uploads(Purpose::Uploads).await, []);
    })
    .await;
}
