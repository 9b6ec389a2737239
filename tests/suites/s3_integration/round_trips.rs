//! What was uploaded is there, what was replaced or deleted is not.

use app::storage::StorageError;
use futures::stream;

use super::{key, plainly};
use crate::env::TestEnv;
use crate::payload::Payload;

async fn comes_back(size_bytes: u64) {
    TestEnv::run_on_each_storage(async |_, storage| {
        let body = Payload::new().bytes(0..size_bytes);
        let key = key("folder/object.bin");
        let uploaded = storage.upload(&key, body.clone(), &plainly()).await.unwrap();
        assert_eq!(uploaded.size_bytes, size_bytes);
        // `assert_eq!` would print a megabyte.
        assert!(storage.download(&key).await.unwrap() == body);
        assert_eq!(storage.metadata(&key).await.unwrap().size_bytes, size_bytes);
    })
    .await;
}

#[tokio::test]
async fn empty_body_comes_back() {
    comes_back(0).await;
}

#[tokio::test]
async fn one_kilobyte_comes_back() {
    comes_back(1024).await;
}

#[tokio::test]
async fn hundred_kilobytes_come_back() {
    comes_back(100 * 1024).await;
}

#[tokio::test]
async fn one_megabyte_comes_back() {
    comes_back(1024 * 1024).await;
}

#[tokio::test]
async fn overwriting_replaces_body_and_metadata() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("object");
        let first = plainly().content_type("text/plain".parse().unwrap());
        let old = storage.upload(&key, "the longer first body".into(), &first).await.unwrap();
        let new = storage.upload(&key, "second".into(), &plainly()).await.unwrap();
        assert_ne!(new.etag, old.etag);
        assert_eq!(storage.download(&key).await.unwrap(), "second");
        let metadata = storage.metadata(&key).await.unwrap();
        assert_eq!((metadata.size_bytes, metadata.etag), (6, new.etag));
        assert_eq!(metadata.content_type.as_str(), "application/octet-stream");
    })
    .await;
}

#[tokio::test]
async fn missing_object_is_a_typed_error() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let missing = key("nobody/wrote/this");
        let is_not_found = |error: StorageError| {
            assert!(error.is_not_found(), "{error:?}");
            assert!(error.to_string().contains("nobody/wrote/this"), "{error}");
        };
        is_not_found(storage.download(&missing).await.unwrap_err());
        is_not_found(storage.metadata(&missing).await.unwrap_err());
        let range = "bytes=0-1".parse().unwrap();
        is_not_found(storage.download_range(&missing, range).await.unwrap_err());
        assert!(!storage.exists(&missing).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_folder_of_an_object_is_not_an_object() {
    TestEnv::run_on_each_storage(async |_, storage| {
        storage.upload(&key("folder/object"), "x".into(), &plainly()).await.unwrap();
        for neighbour in ["folder", "folder/", "folder/obj", "folder/object/"] {
            assert!(!storage.exists(&key(neighbour)).await.unwrap(), "{neighbour}");
        }
        assert!(storage.exists(&key("folder/object")).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn deleting_is_idempotent_and_hits_one_object() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let (deleted, kept) = (key("a"), key("a/b"));
        for key in [&deleted, &kept] {
            storage.upload(key, "x".into(), &plainly()).await.unwrap();
        }
        storage.delete(&deleted).await.unwrap();
        assert!(!storage.exists(&deleted).await.unwrap());
        storage.delete(&deleted).await.unwrap();
        storage.delete(&key("never/written")).await.unwrap();
        assert_eq!(storage.download(&kept).await.unwrap(), "x");
    })
    .await;
}

#[tokio::test]
async fn a_body_of_another_length_than_said_is_not_written() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("object");
        for said in [3, 5] {
            let body = stream::iter([Ok::<_, std::io::Error>("four".into())]);
            let options = plainly().content_length(said);
            let error = storage.upload_stream(&key, body, &options).await.unwrap_err();
            assert!(matches!(error, StorageError::LengthMismatch { .. }), "{error:?}");
            assert!(!storage.exists(&key).await.unwrap(), "{said}");
        }
    })
    .await;
}
