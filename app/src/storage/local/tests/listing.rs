//! Listings of local files, and what keeps them apart.

use std::collections::BTreeSet;

use super::*;

#[tokio::test]
async fn listings_are_cut_to_the_prefix() {
    let test = TestFolder::new();
    for name in ["a", "a/1", "a/2", "a-b", "ab/1", "b", "x/y/z", "x/y", &"l".repeat(200)] {
        test.put(name, "").await;
    }
    for (prefix, expected) in [
        ("a", &["a", "a-b", "a/1", "a/2", "ab/1"][..]),
        ("a/", &["a/1", "a/2"]),
        ("a/1", &["a/1"]),
        ("a/1/", &[]),
        ("A", &[]),
        ("x/y", &["x/y", "x/y/z"]),
        ("x/y/", &["x/y/z"]),
        ("nothing/", &[]),
    ] {
        assert_eq!(test.list(prefix).await, expected, "{prefix}");
    }
    let long = "l".repeat(200);
    for length in [1, 63, 64, 65, 128, 150, 200] {
        assert_eq!(test.list(&long[..length]).await, [long.as_str()], "{length}");
    }
}

#[tokio::test]
async fn pages_of_any_size_add_up_in_both_kinds_of_listing() {
    let test = TestFolder::new();
    for name in odd_keys() {
        test.put(&name, "").await;
    }
    let all: Vec<_> = odd_keys().into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    for prefix in ["", "a", "a/", "x", "y/y/"] {
        let below: Vec<_> = all.iter().filter(|k| k.starts_with(prefix)).cloned().collect();
        let rolled_up: BTreeSet<_> = below
            .iter()
            .map(|k| match k[prefix.len()..].find('/') {
                Some(end) => k[..=prefix.len() + end].to_owned(),
                None => k.clone(),
            })
            .collect();
        for page_size in [1, 2, 3, 7, 1_000] {
            for by_folder in [false, true] {
                let mut request =
                    ListRequest::new(Prefix::new(prefix).unwrap()).page_size(page_size);
                if by_folder {
                    request = request.by_folder();
                }
                let mut names = Vec::new();
                loop {
                    let page = test.storage.list_page(&request).await.unwrap();
                    let keys = page.entries.iter().map(|entry| entry.key.to_string());
                    let prefixes = page.common_prefixes.iter().map(ToString::to_string);
                    let mut on_page: Vec<_> = keys.chain(prefixes).collect();
                    assert!(on_page.len() <= usize::from(page_size));
                    on_page.sort();
                    names.extend(on_page);
                    match page.next {
                        Some(token) => request = request.continue_from(token),
                        None => break,
                    }
                }
                let expected =
                    if by_folder { rolled_up.iter().cloned().collect() } else { below.clone() };
                assert_eq!(names, expected, "{prefix:?} by {page_size}, by folder: {by_folder}");
            }
        }
    }
}

#[tokio::test]
async fn a_full_last_page_promises_no_further_one() {
    let test = TestFolder::new();
    for name in ["a", "b", "c/1", "c/2"] {
        test.put(name, "").await;
    }
    let all = ListRequest::new(Prefix::all());
    for (request, full) in [(all.clone(), 4), (all.by_folder(), 3)] {
        let page = |size| {
            let (storage, request) = (test.storage.clone(), request.clone().page_size(size));
            async move { storage.list_page(&request).await.unwrap() }
        };
        assert!(page(full).await.next.is_none());
        assert!(page(full - 1).await.next.is_some());
    }
}

#[tokio::test]
async fn a_made_up_continuation_token_is_refused() {
    let test = TestFolder::new();
    let request = ListRequest::new(Prefix::all()).continue_from(ContinuationToken::new("../x"));
    let error = test.storage.list_page(&request).await.unwrap_err();
    assert!(matches!(error, StorageError::ContinuationToken), "{error}");
}

#[tokio::test]
async fn the_key_prefix_and_the_purpose_keep_objects_apart() {
    let folder = tempfile::tempdir().unwrap();
    let open = |purpose, prefix| open(folder.path(), purpose, prefix).unwrap();
    let inside = open(Purpose::Uploads, "test/a");
    let beside = open(Purpose::Uploads, "test/a-b");
    let whole = open(Purpose::Uploads, "");
    let other = open(Purpose::Exports, "");
    let options = UploadOptions::default();
    inside.upload(&key("k/1"), "inside".into(), &options).await.unwrap();
    beside.upload(&key("k/1"), "beside".into(), &options).await.unwrap();
    assert_eq!(inside.download(&key("k/1")).await.unwrap(), "inside");
    assert_eq!(whole.download(&key("test/a/k/1")).await.unwrap(), "inside");
    assert!(!other.exists(&key("test/a/k/1")).await.unwrap());
    let keys = |storage: &Storage| {
        let keys = storage.list(&Prefix::all()).map_ok(|entry| entry.key.to_string());
        keys.try_collect::<Vec<_>>()
    };
    assert_eq!(keys(&inside).await.unwrap(), ["k/1"]);
    assert_eq!(keys(&whole).await.unwrap(), ["test/a-b/k/1", "test/a/k/1"]);
    assert!(keys(&other).await.unwrap().is_empty());
    let page = inside.list_page(&ListRequest::new(Prefix::all()).by_folder()).await.unwrap();
    assert_eq!(page.common_prefixes, [Prefix::new("k/").unwrap()]);

    let too_long =
        inside.upload(&key(&"k".repeat(1_020)), Bytes::new(), &options).await.unwrap_err();
    assert!(
        matches!(too_long, StorageError::Key(KeyError::TooLongWithPrefix { .. })),
        "{too_long}"
    );
}
