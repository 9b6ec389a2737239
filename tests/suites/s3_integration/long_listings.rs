//! Listings around the 1,000 keys that S3 puts into one page.

use std::ops::Range;

use app::storage::{ListRequest, Prefix, Purpose, Storage};
use bytes::Bytes;
use futures::TryStreamExt as _;

use super::{for_all, key, plainly};
use crate::env::TestEnv;

/// In the order of their bytes.
fn keys(numbers: Range<usize>) -> impl Iterator<Item = String> {
    numbers.map(|number| format!("{number:04}"))
}

async fn write(storage: &Storage, numbers: Range<usize>) {
    for_all(keys(numbers), async |text| {
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
    assert!(found.into_iter().eq(keys(0..count)), "keys are missing, repeated or out of order");
    lengths
}

#[tokio::test]
async fn a_page_ends_after_1000_keys_and_the_next_one_goes_on() {
    TestEnv::run(async |env| {
        let storage = env.storage(Purpose::Exports);
        write(&storage, 0..1_000).await;
        assert_eq!(page_lengths(&storage, 1_000).await, [1_000]);
        write(&storage, 1_000..2_001).await;
        assert_eq!(page_lengths(&storage, 2_001).await, [1_000, 1_000, 1]);
        let streamed: Vec<_> = storage.list(&Prefix::all()).try_collect().await.unwrap();
        assert!(streamed.into_iter().map(|entry| String::from(entry.key)).eq(keys(0..2_001)));
    })
    .await;
}
