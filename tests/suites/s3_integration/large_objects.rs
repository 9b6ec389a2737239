//! Bodies of several parts: streamed up and down, never whole in memory, nothing left when they fail.

use std::io;
use std::time::Duration;

use app::storage::{ByteRange, PartSize, Purpose, StorageError, UploadOptions};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};

use super::{key, plainly};
use crate::env::TestEnv;
use crate::payload::Payload;

const MIB: u64 = 1024 * 1024;
const TWENTY_MB: u64 = 20_000_000;

/// The smallest parts that S3 takes, so that a small body has several.
fn in_small_parts() -> UploadOptions {
    plainly().part_size(PartSize::MIN)
}

fn body(size_bytes: u64) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::iter(Payload::new().chunks(0..size_bytes).map(Ok))
}

#[tokio::test]
async fn twenty_megabytes_stream_up_and_down() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("large.bin");
        let uploaded =
            storage.upload_stream(&key, body(TWENTY_MB), &in_small_parts()).await.unwrap();
        assert_eq!(uploaded.size_bytes, TWENTY_MB);

        let payload = Payload::new();
        let download = storage.download_stream(&key).await.unwrap();
        assert_eq!(download.content_length(), TWENTY_MB);
        assert_eq!(download.metadata.etag, uploaded.etag);
        let (mut offset, mut largest) = (0, 0);
        let mut chunks = download.body;
        while let Some(chunk) = chunks.try_next().await.unwrap() {
            assert!(payload.is_at(offset, &chunk), "wrong bytes after {offset}");
            offset += chunk.len() as u64;
            largest = largest.max(chunk.len() as u64);
        }
        assert_eq!(offset, TWENTY_MB);
        assert!(largest < 4 * MIB, "a chunk of {largest} bytes is no stream");

        // Across the end of the first part.
        let range = ByteRange::closed(5 * MIB - 10, 5 * MIB + 9).unwrap();
        let read = storage.download_range(&key, range).await.unwrap();
        assert_eq!(read.len(), 20);
        assert!(payload.is_at(5 * MIB - 10, &read));
    })
    .await;
}

#[tokio::test]
async fn parts_are_sent_before_the_body_has_ended() {
    TestEnv::run(async |env| {
        let storage = env.storage(Purpose::Exports);
        // The body does not end before a part of it has arrived: who collects it first waits for ever.
        let rest = stream::once(async {
            await_first_part(env).await;
            Ok::<_, io::Error>(Bytes::from_static(b"end"))
        });
        let (key, options) = (key("slow"), in_small_parts());
        let upload = storage.upload_stream(&key, body(6 * MIB).chain(rest), &options);
        let uploaded = tokio::time::timeout(Duration::from_secs(30), upload).await;
        let uploaded = uploaded.expect("the app waits for the end of the body").unwrap();
        assert_eq!(uploaded.size_bytes, 6 * MIB + 3);
        assert_eq!(env.unfinished_uploads(Purpose::Exports).await, []);
    })
    .await;
}

async fn await_first_part(env: &TestEnv) {
    loop {
        for (key, id) in env.unfinished_uploads(Purpose::Exports).await {
            let bucket = env.bucket(Purpose::Exports);
            let list = env.fixture().list_parts().bucket(bucket).key(key).upload_id(id);
            if !list.send().await.unwrap().parts().is_empty() {
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
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
        // Dropped when a part of it has arrived.
        tokio::select! {
            uploaded = upload => panic!("an endless body ended: {uploaded:?}"),
            () = await_first_part(env) => {}
        }
        storage.settle().await;
        assert_eq!(env.unfinished_uploads(Purpose::Exports).await, []);
        assert!(!storage.exists(&key).await.unwrap());
    })
    .await;
}
