//! A range is read, and nothing else.

use app::storage::{ByteRange, StorageError};

use super::{key, plainly};
use crate::env::TestEnv;

#[tokio::test]
async fn ranges_are_cut_as_http_has_it() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("digits");
        storage.upload(&key, "0123456789".into(), &plainly()).await.unwrap();
        for (range, expected) in [
            (ByteRange::closed(0, 0).unwrap(), "0"),
            (ByteRange::closed(2, 4).unwrap(), "234"),
            (ByteRange::closed(8, 99).unwrap(), "89"),
            (ByteRange::from(7), "789"),
            (ByteRange::suffix(2), "89"),
            (ByteRange::suffix(99), "0123456789"),
        ] {
            assert_eq!(storage.download_range(&key, range).await.unwrap(), expected, "{range}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_range_tells_the_size_of_the_whole() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let key = key("digits");
        storage.upload(&key, "0123456789".into(), &plainly()).await.unwrap();
        let download = storage.download_range_stream(&key, ByteRange::from(7)).await.unwrap();
        assert_eq!((download.range.clone(), download.metadata.size_bytes), (7..10, 10));
        assert_eq!(download.content_range().as_deref(), Some("bytes 7-9/10"));
        assert_eq!(download.into_bytes().await.unwrap(), "789");
    })
    .await;
}

#[tokio::test]
async fn a_range_without_a_byte_is_a_typed_error() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let (digits, empty) = (key("digits"), key("empty"));
        storage.upload(&digits, "0123456789".into(), &plainly()).await.unwrap();
        storage.upload(&empty, "".into(), &plainly()).await.unwrap();
        for (key, wanted) in [
            (&digits, ByteRange::from(10)),
            (&digits, ByteRange::closed(10, 20).unwrap()),
            (&empty, ByteRange::from(0)),
        ] {
            let error = storage.download_range(key, wanted).await.unwrap_err();
            let StorageError::RangeNotSatisfiable { range, .. } = &error else {
                panic!("{wanted} of {key}: {error:?}");
            };
            assert_eq!(*range, wanted);
        }
    })
    .await;
}
