//! Objects of several parts, up and down as streams.

use app::storage::{ByteRange, PartSize};
use futures::{TryStreamExt as _, stream};

use super::{key, plainly};
use crate::env::TestEnv;
use crate::payload::Payload;

const MIB: u64 = 1024 * 1024;
const TWENTY_MB: u64 = 20_000_000;

#[tokio::test]
async fn twenty_megabytes_stream_up_and_down() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let (key, payload) = (key("large.bin"), Payload::new());
        let body = stream::iter(payload.chunks(0..TWENTY_MB).map(Ok::<_, std::io::Error>));
        // Four parts.
        let options = plainly().part_size(PartSize::MIN);
        let uploaded = storage.upload_stream(&key, body, &options).await.unwrap();
        assert_eq!(uploaded.size_bytes, TWENTY_MB);
        assert_eq!(storage.metadata(&key).await.unwrap().etag, uploaded.etag);

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
async fn an_object_of_several_parts_keeps_its_metadata_and_can_be_replaced() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("video.mp4");
        storage.upload(&key, "old".into(), &plainly()).await.unwrap();
        let size_bytes = PartSize::MIN.bytes() + 1;
        let body = Payload::new().bytes(0..size_bytes);
        let options = plainly().part_size(PartSize::MIN).content_length(size_bytes);
        let options = options.content_type("video/mp4".parse().unwrap());
        storage.upload(&key, body, &options).await.unwrap();
        let known = storage.metadata(&key).await.unwrap();
        assert_eq!((known.size_bytes, known.content_type.as_str()), (size_bytes, "video/mp4"));
    })
    .await;
}
