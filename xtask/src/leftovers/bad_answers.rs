//! The engine against answers that are not as the protocol has them: what is not there must not be
//! guessed, and what is not seen must not pass for nothing.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use contract::{Prefix, Root};

use super::fake::{Asked, Log, deleted, error, place, uploads, versions};
use super::{Engine, Listed, Notice, Place, Removal, remove, visit};

const NOTHING: [(&str, &str); 0] = [];

fn server(
    answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static,
) -> (std::sync::Arc<Place>, Log) {
    place(Prefix::of_root(Root::Test), answer)
}

async fn remove_all(place: &std::sync::Arc<Place>) -> Removal {
    remove(&Engine::impatient(), place, async |page| page).await
}

/// A page of ListObjectsV2.
fn objects<'a>(keys: impl IntoIterator<Item = &'a str>, tail: &str) -> String {
    let contents: String = keys
        .into_iter()
        .map(|key| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>"))
        .collect();
    format!("<ListBucketResult>{contents}{tail}</ListBucketResult>")
}

/// The three listings; a server that has the third lacks the first.
const LISTINGS: [&str; 3] = ["ListObjectVersions", "ListMultipartUploads", "ListObjectsV2"];

/// A server whose `listing` gives one thing named `key` and `tail` on each page, and that deletes
/// nothing. The other listings are empty, or not there.
fn listing(
    listing: &'static str,
    key: impl Fn(usize) -> Option<String> + Send + Sync + 'static,
    tail: impl Fn(usize) -> String + Send + Sync + 'static,
) -> (std::sync::Arc<Place>, Log) {
    let pages = AtomicUsize::new(0);
    server(move |asked| {
        let (key, tail) = if asked.name() == listing {
            let page = pages.fetch_add(1, Ordering::Relaxed);
            (key(page), tail(page))
        } else {
            (None, String::new())
        };
        let item = key.as_deref().map(|key| (key, "v1"));
        match asked.name() {
            "ListObjectVersions" if listing == "ListObjectsV2" => error(501, "NotImplemented"),
            "ListObjectVersions" => (200, versions(item, &tail)),
            "ListMultipartUploads" => (200, uploads(item, &tail)),
            "ListObjectsV2" => (200, objects(key.as_deref(), &tail)),
            _ => error(403, "AccessDenied"),
        }
    })
}

fn is_endless(notices: &BTreeSet<Notice>) -> bool {
    notices.iter().any(|notice| matches!(notice, Notice::Endless(_)))
}

/// Neither a listing nor a removal goes on for ever, and neither passes for complete.
async fn ends_unfinished(
    name: &'static str,
    key: impl Fn(usize) -> Option<String> + Clone + Send + Sync + 'static,
    tail: impl Fn(usize) -> String + Clone + Send + Sync + 'static,
) {
    let (place, log) = listing(name, key.clone(), tail.clone());
    // A server that is asked for ever would hang the test.
    let patience = std::time::Duration::from_secs(20);
    let visited = tokio::time::timeout(patience, visit(&place, |_| {})).await;
    assert!(is_endless(&visited.expect(name).unwrap()), "{name}");
    assert!(log.of(name).len() <= 110, "{name}: {}", log.of(name).len());
    let (place, _) = listing(name, key, tail);
    let removed = tokio::time::timeout(patience, remove_all(&place)).await.expect(name);
    assert!(is_endless(&removed.notices) && !removed.is_complete(), "{name}: {removed:?}");
}

fn token(name: &str, token: &str) -> String {
    let element = if name == "ListObjectsV2" { "NextContinuationToken" } else { "NextKeyMarker" };
    format!("<IsTruncated>true</IsTruncated><{element}>{token}</{element}>")
}

#[tokio::test]
async fn a_page_that_is_not_the_last_and_does_not_say_where_to_go_on_ends_the_listing_as_unfinished()
 {
    for name in LISTINGS {
        let tail = |_| "<IsTruncated>true</IsTruncated>".to_owned();
        ends_unfinished(name, |_| Some("test/x".to_owned()), tail).await;
    }
}

#[tokio::test]
async fn the_same_token_again_ends_the_listing_as_unfinished() {
    for name in LISTINGS {
        ends_unfinished(name, |page| Some(format!("test/{page}")), move |_| token(name, "t")).await;
    }
}

#[tokio::test]
async fn ever_new_tokens_for_the_same_page_end_the_listing_as_unfinished() {
    for name in LISTINGS {
        let tail = move |page| token(name, &format!("t{page}"));
        ends_unfinished(name, |_| Some("test/x".to_owned()), tail).await;
    }
}

#[tokio::test]
async fn ever_new_tokens_for_pages_without_anything_end_the_listing_as_unfinished() {
    for name in LISTINGS {
        ends_unfinished(name, |_| None, move |page| token(name, &format!("t{page}"))).await;
    }
}

#[tokio::test]
async fn ever_new_tokens_for_pages_of_somebody_elses_end_the_listing_as_unfinished() {
    for name in LISTINGS {
        let tail = move |page| token(name, &format!("t{page}"));
        ends_unfinished(name, |_| Some("testing/x".to_owned()), tail).await;
    }
}

#[tokio::test]
async fn a_few_pages_without_anything_are_no_reason_to_stop() {
    for name in LISTINGS {
        let key = |page| (page == 9).then(|| "test/x".to_owned());
        let tail = move |page| match page {
            0..9 => token(name, &format!("t{page}")),
            _ => String::new(),
        };
        let (place, _) = listing(name, key, tail);
        let mut found = Vec::new();
        let notices = visit(&place, |item| found.push(item.key.clone())).await.unwrap();
        assert_eq!(found, ["test/x"], "{name}");
        assert!(!is_endless(&notices), "{name}");
    }
}

#[tokio::test]
async fn a_page_that_says_where_to_go_on_is_followed_and_the_last_one_is_not() {
    for name in LISTINGS {
        let tail = move |page| match page {
            0 => token(name, "t").replace("<IsTruncated>true</IsTruncated>", ""),
            _ => String::new(),
        };
        let (place, _) = listing(name, |page| Some(format!("test/{page}")), tail);
        let mut found = Vec::new();
        visit(&place, |item| found.push(item.key.clone())).await.unwrap();
        assert_eq!(found, ["test/0", "test/1"], "{name}");
    }
    // What stands there on the last page is no invitation.
    let last = "<IsTruncated>false</IsTruncated><NextKeyMarker>test/x</NextKeyMarker>";
    let (place, log) =
        listing("ListMultipartUploads", |_| Some("test/x".to_owned()), move |_| last.to_owned());
    assert!(visit(&place, |_| {}).await.unwrap().is_empty());
    assert_eq!(log.of("ListMultipartUploads").len(), 1);
}

#[tokio::test]
async fn keys_outside_the_prefix_in_any_listing_are_left_alone() {
    for name in LISTINGS {
        for key in ["test", "testing/x", "a/test/x", "perf-test/x", ""] {
            let (place, log) = listing(name, move |_| Some(key.to_owned()), |_| String::new());
            let removal = remove_all(&place).await;
            let outside = matches!(name, "ListMultipartUploads")
                .then_some(Listed::Uploads)
                .unwrap_or(Listed::Versions);
            assert!(removal.notices.contains(&Notice::Outside(outside)), "{name} {key}");
            assert!(log.all().iter().all(|asked| asked.method == "GET"), "{name} {key}");
        }
    }
}

#[tokio::test]
async fn a_listing_that_fails_on_its_second_page_is_an_error_and_not_the_end() {
    for (status, code) in [(403, "AccessDenied"), (501, "NotImplemented"), (200, "no listing")] {
        for name in LISTINGS {
            let pages = AtomicUsize::new(0);
            let (place, _) = server(move |asked| match asked.name() {
                "ListObjectVersions" if name == "ListObjectsV2" => error(501, "NotImplemented"),
                asked if asked == name && pages.fetch_add(1, Ordering::Relaxed) > 0 => {
                    error(status, code)
                }
                "ListObjectVersions" if name == "ListObjectVersions" => {
                    (200, versions([("test/x", "v1")], &token(name, "t")))
                }
                "ListMultipartUploads" if name == "ListMultipartUploads" => {
                    (200, uploads([("test/x", "u1")], &token(name, "t")))
                }
                "ListObjectsV2" => (200, objects(["test/x"], &token(name, "t"))),
                "ListObjectVersions" => (200, versions(NOTHING, "")),
                "ListMultipartUploads" => (200, uploads(NOTHING, "")),
                "ListParts" => error(404, "NoSuchUpload"),
                "AbortMultipartUpload" => (204, String::new()),
                _ => (200, deleted([])),
            });
            let removal = remove_all(&place).await;
            assert!(!removal.is_complete(), "{name} {status} {removal:?}");
            assert!(removal.error.is_some(), "{name} {status} {removal:?}");
        }
    }
}

#[tokio::test]
async fn sizes_that_no_bucket_can_hold_do_not_stop_the_removal() {
    let gone = std::sync::atomic::AtomicBool::new(false);
    let (place, _) = server(move |asked| match asked.name() {
        "ListObjectVersions" if gone.load(Ordering::Relaxed) => (200, versions(NOTHING, "")),
        "ListObjectVersions" => {
            let items = [("test/a", "v1"), ("test/b", "v1"), ("test/c", "v1")];
            let largest = format!("<Size>{}</Size>", i64::MAX);
            (200, versions(items, "").replace("<Size>1</Size>", &largest))
        }
        "ListMultipartUploads" => (200, uploads(NOTHING, "")),
        _ => {
            gone.store(true, Ordering::Relaxed);
            (200, deleted([]))
        }
    });
    let mut seen = 0;
    visit(&place, |_| seen += 1).await.unwrap();
    let removal = remove_all(&place).await;
    assert!(removal.is_complete(), "{removal:?}");
    assert_eq!((seen, removal.removed.things(), removal.removed.bytes), (3, 3, u64::MAX));
}

#[tokio::test]
async fn a_version_without_an_id_is_deleted_by_its_key_and_not_for_ever() {
    for id in ["", "<VersionId></VersionId>", "<VersionId/>"] {
        let (place, log) = server(move |asked| match asked.name() {
            "ListObjectVersions" => {
                let page = versions([("test/x", "v1")], "");
                (200, page.replace("<VersionId>v1</VersionId>", id))
            }
            "ListMultipartUploads" => (200, uploads(NOTHING, "")),
            _ => (200, deleted([])),
        });
        let removal = remove_all(&place).await;
        assert_eq!(removal.failures.total(), 1);
        let asked = &log.of("DeleteObjects")[0];
        assert_eq!(asked.keys(), ["test/x"]);
        assert!(!asked.body.contains("VersionId"), "{id}: {}", asked.body);
    }
}

#[tokio::test]
async fn an_upload_without_an_id_is_reported_and_its_key_is_not_deleted() {
    for id in ["", "<UploadId></UploadId>", "<UploadId/>"] {
        let (place, log) = server(move |asked| match asked.name() {
            "ListObjectVersions" => (200, versions(NOTHING, "")),
            "ListMultipartUploads" => {
                let page = uploads([("test/broken", "u1")], "");
                (200, page.replace("<UploadId>u1</UploadId>", id))
            }
            _ => (204, String::new()),
        });
        let removal = remove_all(&place).await;
        assert!(!removal.is_complete(), "{removal:?}");
        let [left] = removal.failures.shown() else { panic!("{id}: {removal:?}") };
        assert_eq!((left.key.as_str(), left.code.as_str()), ("test/broken", "NoUploadId"));
        assert!(log.all().iter().all(|asked| asked.method == "GET"), "{id}");
    }
}

#[tokio::test]
async fn an_error_of_a_batch_that_names_no_key_does_not_pass_for_success() {
    let (place, _) = server(|asked| match asked.name() {
        "ListObjectVersions" => (200, versions([("test/x", "v1")], "")),
        "ListMultipartUploads" => (200, uploads(NOTHING, "")),
        _ => (200, "<DeleteResult><Error><Code>AccessDenied</Code></Error></DeleteResult>".into()),
    });
    let removal = remove_all(&place).await;
    assert!(!removal.is_complete());
    assert_eq!(removal.removed.things(), 0);
}

#[tokio::test]
async fn a_key_whose_path_would_lead_outside_goes_into_no_path() {
    let escaping = ["test/../x", "test/a/../../x", "test/./../testing/x", "test/.."];
    let (place, log) = server(move |asked| match asked.name() {
        "ListObjectVersions" => (200, versions(escaping.iter().map(|key| (*key, "v1")), "")),
        "ListMultipartUploads" => (200, uploads([("test/../u", "u1")], "")),
        // So that it is tried one by one.
        "DeleteObjects" => error(501, "NotImplemented"),
        _ => (204, String::new()),
    });
    let removal = remove_all(&place).await;
    assert_eq!(removal.failures.total(), 5, "{removal:?}");
    assert!(removal.failures.shown().iter().all(|left| left.code == "OutsidePrefix"));
    let paths = log.all().into_iter().filter(|asked| asked.method == "DELETE");
    assert_eq!(paths.map(|asked| asked.target).collect::<Vec<_>>(), Vec::<String>::new());
}
