//! Listings around the 1,000 keys that S3 puts into one page.

use app::storage::{ListRequest, Prefix, Purpose, Storage};
use bytes::Bytes;
use futures::TryStreamExt as _;

use super::{for_all, key, plainly};
use crate::env::TestEnv;

/// In the order of their bytes.
fn keys(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("{number:04}"))
}

async fn write(storage: &Storage, count: usize) {
    for_all(keys(count), async |text| {
        storage.upload(&key(&text), Bytes::new(), &plainly()).await.unwrap();
    })
    .await;
}

/// How many keys are on each page, after checking that they are all there and in order.
async fn page_lengths(storage: &Storage, count: usize) -> Vec<usize> {
    let (mut lengths, mut found) = (Vec::new(), Vec::new());
    let mut request = ListRequest::new(Prefix::all());
    loop {
        let page = storage.list_page(&request).await.unwrap();
        lengths.push(page.entries.len());
        found.extend(page.entries.into_iter().map(|entry| String::from(entry.key)));
        let Some(next) = page.next else { break };
        request = request.continue_from(next);
    }
    assert!(found.into_iter().eq(keys(count)), "keys are missing, repeated or out of order");
    lengths
}

#[tokio::test]
async fn exactly_1000_keys_are_one_page() {
    TestEnv::run(async |env| {
        let storage = env.storage(Purpose::Exports);
        write(&storage, 1_000).await;
        assert_eq!(page_lengths(&storage, 1_000).await, [1_000]);
    })
    .await;
}

#[tokio::test]
async fn pages_of_2500_keys_follow_each_other() {
    TestEnv::run(async |env| {
        let storage = env.storage(Purpose::Exports);
        write(&storage, 2_500).await;
        assert_eq!(page_lengths(&storage, 2_500).await, [1_000, 1_000, 500]);
        let streamed: Vec<_> = storage.list(&Prefix::all()).try_collect().await.unwrap();
        assert!(streamed.into_iter().map(|entry| String::from(entry.key)).eq(keys(2_500)));
    })
    .await;
}

#[tokio::test]
async fn local_files_have_the_same_pages() {
    TestEnv::run(async |env| {
        let storage = env.local_storage(Purpose::Exports);
        write(&storage, 1_000).await;
        assert_eq!(page_lengths(&storage, 1_000).await, [1_000]);
        storage.upload(&key("1000"), Bytes::new(), &plainly()).await.unwrap();
        assert_eq!(page_lengths(&storage, 1_001).await, [1_000, 1]);
    })
    .await;
}
