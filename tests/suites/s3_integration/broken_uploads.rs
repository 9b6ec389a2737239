//! Uploads that do not come to their end leave nothing: no object, no part of one.

use std::io;
use std::time::Duration;

use app::storage::{PartSize, Purpose, StorageError, UploadOptions};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};

use super::{key, plainly};
use crate::env::TestEnv;
use crate::payload::Payload;

const MIB: u64 = 1024 * 1024;

/// The smallest parts that S3 takes, so that a small body has several.
fn in_small_parts() -> UploadOptions {
    plainly().part_size(PartSize::MIN)
}

fn body(size_bytes: u64) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::iter(Payload::new().chunks(0..size_bytes).map(Ok))
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_nothing() {
    TestEnv::run_on_each_storage(async |env, storage| {
        let (key, options) = (key("broken"), in_small_parts());
        // Within the first part, within the second, and exactly between two.
        for arrived in [1000, 7 * MIB, 10 * MIB] {
            let broken = stream::iter([Err(io::Error::other("the client went away"))]);
            let upload = storage.upload_stream(&key, body(arrived).chain(broken), &options);
            let error = upload.await.unwrap_err();
            let StorageError::Body { read_bytes, source, .. } = &error else { panic!("{error:?}") };
            assert_eq!(*read_bytes, arrived);
            assert_eq!(source.to_string(), "the client went away");
            assert!(!storage.exists(&key).await.unwrap());
            assert_eq!(env.unfinished_uploads(Purpose::Uploads).await, []);
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_the_old_object() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let (key, options) = (key("replaced"), in_small_parts());
        storage.upload(&key, "old".into(), &plainly()).await.unwrap();
        let broken = stream::iter([Err(io::Error::other("the client went away"))]);
        let upload = storage.upload_stream(&key, body(6 * MIB).chain(broken), &options);
        upload.await.unwrap_err();
        assert_eq!(storage.download(&key).await.unwrap(), "old");
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_nobody_waits_for_is_aborted() {
    TestEnv::run(async |env| {
        let storage = env.storage(Purpose::Exports);
        let endless = body(6 * MIB).chain(stream::pending());
        let (key, options) = (key("dropped"), in_small_parts());
        let upload = storage.upload_stream(&key, endless, &options);
        let begun = async {
            while env.unfinished_uploads(Purpose::Exports).await.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            uploaded = upload => panic!("an endless body ended: {uploaded:?}"),
            begun = tokio::time::timeout(Duration::from_secs(30), begun) => begun.unwrap(),
        }
        storage.settle().await;
        assert_eq!(env.unfinished_uploads(Purpose::Exports).await, []);
        assert!(!storage.exists(&key).await.unwrap());
    })
    .await;
}
