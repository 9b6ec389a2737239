//! Listings: what lies below a prefix, in the order of the keys' bytes, page by page.

use app::storage::{ListPage, ListRequest, Prefix, Storage};
use futures::TryStreamExt as _;

use super::{for_all, key, plainly, prefix};
use crate::env::TestEnv;

async fn write(storage: &Storage, keys: &[&str]) {
    for_all(keys, async |text| {
        storage.upload(&key(text), text.to_string().into(), &plainly()).await.unwrap();
    })
    .await;
}

async fn listed(storage: &Storage, below: &str) -> Vec<String> {
    let entries: Vec<_> = storage.list(&prefix(below)).try_collect().await.unwrap();
    entries.into_iter().map(|entry| entry.key.into()).collect()
}

/// Keys, and behind them the common prefixes.
fn names(page: &ListPage) -> Vec<&str> {
    let keys = page.entries.iter().map(|entry| entry.key.as_str());
    keys.chain(page.common_prefixes.iter().map(Prefix::as_str)).collect()
}

#[tokio::test]
async fn an_empty_place_lists_nothing() {
    TestEnv::run_on_each_storage(async |_, storage| {
        assert!(listed(storage, "").await.is_empty());
        write(storage, &["a/1"]).await;
        assert!(listed(storage, "b/").await.is_empty());
        let page = storage.list_page(&ListRequest::new(prefix("b/"))).await.unwrap();
        assert_eq!(page, ListPage::default());
    })
    .await;
}

#[tokio::test]
async fn a_single_object_is_listed_with_its_size() {
    TestEnv::run_on_each_storage(async |_, storage| {
        write(storage, &["only"]).await;
        let page = storage.list_page(&ListRequest::new(Prefix::all())).await.unwrap();
        assert_eq!(names(&page), ["only"]);
        assert_eq!(page.entries[0].size_bytes, 4);
        assert_eq!(page.next, None);
    })
    .await;
}

#[tokio::test]
async fn a_prefix_is_a_beginning_and_not_a_folder() {
    TestEnv::run_on_each_storage(async |_, storage| {
        write(storage, &["a/1", "a/2/3", "ab", "b/a/1"]).await;
        assert_eq!(listed(storage, "a").await, ["a/1", "a/2/3", "ab"]);
        assert_eq!(listed(storage, "a/").await, ["a/1", "a/2/3"]);
        assert_eq!(listed(storage, "a/2").await, ["a/2/3"]);
        assert_eq!(listed(storage, "a/1").await, ["a/1"]);
        assert!(listed(storage, "A").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_odd_prefix_is_taken_literally() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let keys = ["50% off+more/\u{1f980} a", "50%25 off/b", "é?&#/c"];
        write(storage, &keys).await;
        assert_eq!(listed(storage, "50% off+more/\u{1f980} ").await, [keys[0]]);
        assert_eq!(listed(storage, "50%25").await, [keys[1]]);
        assert_eq!(listed(storage, "é?&#/").await, [keys[2]]);
    })
    .await;
}

#[tokio::test]
async fn keys_come_in_the_order_of_their_bytes() {
    TestEnv::run_on_each_storage(async |_, storage| {
        let ordered = ["B", "a", "a!", "a-b", "a/b", "a0", "ab", "z", "é", "語", "\u{1f980}"];
        let mut shuffled = ordered;
        shuffled.reverse();
        write(storage, &shuffled).await;
        assert_eq!(listed(storage, "").await, ordered);
    })
    .await;
}

#[tokio::test]
async fn by_folder_deeper_keys_are_rolled_up() {
    TestEnv::run_on_each_storage(async |_, storage| {
        write(storage, &["top", "a/1", "a/2", "a/b/3", "c d/4", "top/5"]).await;
        let list = async |below| {
            let request = ListRequest::new(prefix(below)).by_folder();
            storage.list_page(&request).await.unwrap()
        };
        assert_eq!(names(&list("").await), ["top", "a/", "c d/", "top/"]);
        assert_eq!(names(&list("a/").await), ["a/1", "a/2", "a/b/"]);
        assert_eq!(names(&list("a").await), ["a/"]);
        assert_eq!(names(&list("a/b/3").await), ["a/b/3"]);
    })
    .await;
}

#[tokio::test]
async fn small_pages_hold_everything_once() {
    TestEnv::run_on_each_storage(async |_, storage| {
        write(storage, &["1", "2", "a/1", "a/2", "b/1"]).await;
        let pages = async |request: ListRequest| {
            let (mut pages, mut request) = (Vec::new(), request.page_size(2));
            loop {
                let page = storage.list_page(&request).await.unwrap();
                pages.push(names(&page).join(" "));
                let Some(next) = page.next else { return pages };
                request = request.continue_from(next);
            }
        };
        let flat = pages(ListRequest::new(Prefix::all())).await;
        assert_eq!(flat, ["1 2", "a/1 a/2", "b/1"]);
        // A folder counts as one, however much is in it.
        let by_folder = pages(ListRequest::new(Prefix::all()).by_folder()).await;
        assert_eq!(by_folder, ["1 2", "a/ b/"]);
    })
    .await;
}
