//! The engine against servers that fail, differ and lie.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use contract::{Prefix, Root, RunId, Shard};

use super::fake::{Asked, deleted, error, place, uploads, versions};
use super::{
    Engine, Kind, Leftover, Listed, Notice, Owner, Removal, remove, request, sweep, visit,
};

const NOTHING: [(&str, &str); 0] = [];

fn test_root() -> Prefix {
    Prefix::of_root(Root::Test)
}

fn item(key: &str, kind: Kind) -> Leftover {
    Leftover { key: key.to_owned(), kind, id: Some("v1".to_owned()), bytes: 0, modified: None }
}

async fn remove_all(place: &std::sync::Arc<super::Place>) -> Removal {
    remove(&Engine::impatient(), place, async |page| page).await
}

/// A server that keeps a set of keys, removes what it is asked to, and lists `also` for ever.
fn store(keys: &[&str], also: &'static [&'static str]) -> impl Fn(&Asked) -> (u16, String) + use<> {
    let keys: BTreeSet<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let keys = Mutex::new(keys);
    move |asked| {
        let mut keys = keys.lock().unwrap();
        match asked.name() {
            "ListObjectVersions" => {
                let all = keys.iter().map(String::as_str).chain(also.iter().copied());
                (200, versions(all.map(|key| (key, "v1")), ""))
            }
            "ListMultipartUploads" => (200, uploads(NOTHING, "")),
            "DeleteObjects" => {
                let gone = asked.keys();
                keys.retain(|key| !gone.contains(key));
                (200, deleted([]))
            }
            _ => error(500, "InternalError"),
        }
    }
}

#[tokio::test]
async fn keys_outside_the_prefix_are_not_deleted_whatever_the_server_lists() {
    let neighbours = &["test", "testing/x", "test-data/x", "a/test/x", "perf-test/x", ""];
    let (place, log) = place(test_root(), store(&["test/x", "test/y"], neighbours));
    let removal = remove_all(&place).await;
    assert!(removal.is_complete(), "{removal:?}");
    assert_eq!(removal.removed.objects, 2);
    assert_eq!(removal.notices, [Notice::Outside(Listed::Versions)].into());
    let deletes = log.of("DeleteObjects");
    assert_eq!(deletes.iter().flat_map(Asked::keys).collect::<Vec<_>>(), ["test/x", "test/y"]);
    assert!(log.of("DeleteObject").is_empty());
}

#[tokio::test]
async fn no_request_is_built_for_a_key_outside_the_prefix() {
    let run = RunId::parse("r-1").unwrap();
    let (place, log) = place(Prefix::of_run(Root::Test, &run), |_| (200, deleted([])));
    for key in ["test/r-2/t/n/x", "test/r-1", "test/r-11/x", "perf-test/r-1/x", "x", ""] {
        let (object, upload) = (item(key, Kind::Object), item(key, Kind::Upload));
        let answers = [
            request::delete_batch(&place, std::slice::from_ref(&object)).await.unwrap(),
            request::delete_one(&place, &object).await.unwrap(),
            request::abort(&place, &upload).await.unwrap(),
        ];
        for answer in answers {
            assert!(answer.gone.is_empty() && answer.again.is_empty());
            assert_eq!(answer.failed[0].code, "OutsidePrefix", "{key}");
        }
    }
    assert_eq!(log.all().len(), 0);
    // Beside a good one, too.
    let good = item("test/r-1/t/n/x", Kind::Object);
    let answer =
        request::delete_batch(&place, &[item("x", Kind::Object), good.clone()]).await.unwrap();
    assert_eq!((answer.gone, answer.failed.len()), (vec![good], 1));
    assert_eq!(log.all()[0].keys(), ["test/r-1/t/n/x"]);
}

#[tokio::test]
async fn every_request_checks_the_owner_and_none_bypasses_retention() {
    let aborted = AtomicUsize::new(0);
    let (place, log) = place(test_root(), move |asked| match asked.name() {
        "ListObjectVersions" if aborted.load(Ordering::Relaxed) == 0 => (
            200,
            versions([("test/x", "v1"), ("test/%01", "v2")], "<EncodingType>url</EncodingType>"),
        ),
        "ListObjectVersions" => (200, versions(NOTHING, "")),
        "ListMultipartUploads" if aborted.load(Ordering::Relaxed) == 0 => {
            (200, uploads([("test/u", "u1")], ""))
        }
        "ListMultipartUploads" => (200, uploads(NOTHING, "")),
        "AbortMultipartUpload" => {
            aborted.fetch_add(1, Ordering::Relaxed);
            (204, String::new())
        }
        "ListParts" => error(404, "NoSuchUpload"),
        "DeleteObjects" => (200, deleted([])),
        _ => (204, String::new()),
    });
    let removal = remove_all(&place).await;
    assert!(removal.is_complete(), "{removal:?}");
    assert_eq!((removal.removed.objects, removal.removed.uploads), (2, 1));
    for asked in log.all() {
        let header = |name: &str| {
            asked.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        assert_eq!(header("x-amz-expected-bucket-owner"), Some("123456789012"), "{asked:?}");
        assert_eq!(header("x-amz-bypass-governance-retention"), None, "{asked:?}");
    }
    // What XML cannot carry goes by itself, and by version.
    let single = log.of("DeleteObject");
    assert_eq!(single.len(), 1);
    assert!(single[0].target.starts_with("/bucket/test/%01?"), "{single:?}");
    assert!(single[0].target.contains("versionId=v2"), "{single:?}");
}

#[tokio::test]
async fn passing_errors_of_a_key_are_retried_and_lasting_ones_reported() {
    let tries = AtomicUsize::new(0);
    let (place, log) = place(test_root(), move |asked| match asked.name() {
        "ListObjectVersions" if tries.load(Ordering::Relaxed) == 0 => {
            (200, versions([("test/good", "v1"), ("test/slow", "v1"), ("test/held", "v1")], ""))
        }
        "ListObjectVersions" => (200, versions([("test/held", "v1")], "")),
        "ListMultipartUploads" => (200, uploads(NOTHING, "")),
        "DeleteObjects" => match tries.fetch_add(1, Ordering::Relaxed) {
            0 => (
                200,
                deleted([("test/slow", "v1", "SlowDown"), ("test/held", "v1", "AccessDenied")]),
            ),
            1 => (200, deleted([("test/slow", "v1", "InternalError")])),
            _ => (200, deleted([])),
        },
        _ => error(500, "InternalError"),
    });
    let removal = remove_all(&place).await;
    let asked: Vec<_> = log.of("DeleteObjects").iter().map(Asked::keys).collect();
    assert_eq!(asked[1..], [["test/slow"], ["test/slow"]]);
    assert_eq!(removal.removed.objects, 2);
    assert!(!removal.is_complete());
    let [left] = removal.failures.shown() else { panic!("{removal:?}") };
    assert_eq!((left.key.as_str(), left.code.as_str()), ("test/held", "AccessDenied"));
    assert_eq!((left.id.as_deref(), left.message.as_str()), (Some("v1"), "as told"));
}

#[tokio::test]
async fn a_key_that_always_fails_in_passing_is_given_up_and_reported() {
    let (place, _) = place(test_root(), |asked| match asked.name() {
        "ListObjectVersions" => (200, versions([("test/x", "v1")], "")),
        "ListMultipartUploads" => (200, uploads(NOTHING, "")),
        _ => (200, deleted([("test/x", "v1", "SlowDown")])),
    });
    let removal = remove_all(&place).await;
    assert_eq!(removal.failures.total(), 1);
    assert_eq!(removal.failures.shown()[0].code, "SlowDown");
}

#[tokio::test]
async fn a_server_that_says_deleted_and_keeps_listing_is_not_believed() {
    let (place, log) = place(test_root(), store(&[], &["test/ghost"]));
    let removal = remove_all(&place).await;
    assert_eq!(removal.failures.total(), 1);
    assert_eq!(removal.failures.shown()[0].code, "StillListed");
    assert!(!removal.is_complete());
    assert_eq!((log.of("DeleteObjects").len(), removal.removed.things()), (4, 0));
}

/// A server that lists more than a batch of things, however often it says that it deleted them.
#[tokio::test]
async fn a_server_that_says_deleted_a_thousand_times_and_deletes_nothing_is_not_asked_for_ever() {
    let names: Vec<String> = (0..2_500).map(|number| format!("test/{number:04}")).collect();
    let (place, log) = place(test_root(), move |asked| match asked.name() {
        "ListObjectVersions" => (200, versions(names.iter().map(|name| (name.as_str(), "v1")), "")),
        "ListMultipartUploads" => (200, uploads(NOTHING, "")),
        _ => (200, deleted([])),
    });
    let removal = remove_all(&place).await;
    assert!(!removal.is_complete());
    assert_eq!((removal.removed.things(), removal.failures.total()), (0, 2_500));
    assert_eq!(removal.failures.shown()[0].code, "StillListed");
    let returning: Vec<_> = removal.returning.iter().map(ToString::to_string).collect();
    assert_eq!(
        returning,
        ["2500 things below `test/` in `bucket` are listed again each time after the server said \
          that it had deleted them"]
    );
    // Once since they are there, and four times since they are there again.
    assert_eq!(log.of("DeleteObjects").len(), 5 * 3);
}

#[tokio::test]
async fn a_listing_that_ends_early_is_begun_again_as_often_as_something_new_is_found() {
    let keys: BTreeSet<String> = (0..6_500).map(|number| format!("test/{number:04}")).collect();
    let keys = Mutex::new(keys);
    let (place, log) = place(test_root(), move |asked| {
        let mut keys = keys.lock().unwrap();
        match asked.name() {
            "ListObjectVersions" => {
                // The ghost is no reason to give up while the rest goes.
                let ghost = std::iter::once("test/-ghost");
                let page = ghost.chain(keys.iter().map(String::as_str)).take(1_001);
                (200, versions(page.map(|key| (key, "v1")), ""))
            }
            "ListMultipartUploads" => (200, uploads(NOTHING, "")),
            _ => {
                let gone = asked.keys();
                keys.retain(|key| !gone.contains(key));
                (200, deleted([]))
            }
        }
    });
    let removal = remove_all(&place).await;
    assert_eq!((removal.removed.things(), removal.failures.total()), (6_500, 1));
    assert_eq!(removal.failures.shown()[0].key, "test/-ghost");
    assert!(log.of("ListObjectVersions").len() > 7);
}

#[tokio::test]
async fn a_writer_that_goes_on_writing_is_not_called_a_server_that_lies() {
    let written = AtomicUsize::new(0);
    let (place, _) = place(test_root(), move |asked| match asked.name() {
        "ListObjectVersions" => {
            let key = format!("test/{}", written.fetch_add(1, Ordering::Relaxed));
            (200, versions([(key.as_str(), "v1")], ""))
        }
        "ListMultipartUploads" => (200, uploads(NOTHING, "")),
        _ => (200, deleted([])),
    });
    let removal = remove_all(&place).await;
    assert!(!removal.is_complete());
    assert_eq!((removal.removed.things(), removal.failures.total()), (4, 1));
    assert_eq!(removal.failures.shown()[0].code, "JustWritten");
    assert!(removal.returning.is_empty());
}

#[tokio::test]
async fn batches_have_at_most_a_thousand_keys() {
    let keys: Vec<String> = (0..2_500).map(|number| format!("test/{number:04}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let (place, log) = place(test_root(), store(&keys, &[]));
    let removal = remove_all(&place).await;
    assert!(removal.is_complete(), "{removal:?}");
    let mut sizes: Vec<usize> =
        log.of("DeleteObjects").iter().map(|asked| asked.keys().len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [500, 1_000, 1_000]);
}

#[tokio::test]
async fn listings_that_the_server_lacks_are_said_and_done_without() {
    let deletes = AtomicUsize::new(0);
    let (place, log) = place(test_root(), move |asked| {
        match asked.name() {
        "ListObjectsV2" if deletes.load(Ordering::Relaxed) == 0 => (
            200,
            "<ListBucketResult><Contents><Key>test/x</Key><Size>3</Size></Contents></ListBucketResult>"
                .to_owned(),
        ),
        "ListObjectsV2" => (200, "<ListBucketResult></ListBucketResult>".to_owned()),
        "DeleteObjects" => error(501, "NotImplemented"),
        "DeleteObject" => {
            deletes.fetch_add(1, Ordering::Relaxed);
            (204, String::new())
        }
        _ => error(501, "NotImplemented"),
    }
    });
    let removal = remove_all(&place).await;
    assert!(removal.is_complete(), "{removal:?}");
    assert_eq!(removal.removed.objects, 1);
    let lacking = [Notice::NotSupported(Listed::Versions), Notice::NotSupported(Listed::Uploads)];
    assert_eq!(removal.notices, lacking.into());
    assert!(!log.of("DeleteObject")[0].has("versionId"));
}

#[tokio::test]
async fn a_listing_in_a_circle_ends_and_is_not_taken_for_complete() {
    let tail = "<IsTruncated>true</IsTruncated><NextKeyMarker>test/x</NextKeyMarker>";
    let (place, log) = place(test_root(), move |asked| match asked.name() {
        "ListObjectVersions" => (200, versions([("test/x", "v1")], tail)),
        _ => (200, uploads(NOTHING, "<IsTruncated>true</IsTruncated>")),
    });
    let notices = visit(&place, |_| {}).await.unwrap();
    assert_eq!(
        notices,
        [Notice::Endless(Listed::Versions), Notice::Endless(Listed::Uploads)].into()
    );
    assert!(notices.iter().all(|notice| notice.hides_leftovers()));
    assert!(log.all().len() <= 4, "{}", log.all().len());
}

#[tokio::test]
async fn an_upload_with_a_part_on_its_way_is_aborted_until_it_is_gone() {
    let aborts = AtomicUsize::new(0);
    let (place, log) = place(test_root(), move |asked| {
        let aborted = aborts.load(Ordering::Relaxed);
        match asked.name() {
            "ListObjectVersions" => (200, versions(NOTHING, "")),
            "ListMultipartUploads" if aborted < 3 => (200, uploads([("test/u", "u1")], "")),
            "ListMultipartUploads" => (200, uploads(NOTHING, "")),
            "AbortMultipartUpload" => {
                aborts.fetch_add(1, Ordering::Relaxed);
                (204, String::new())
            }
            "ListParts" if aborted < 3 => (200, "<ListPartsResult></ListPartsResult>".to_owned()),
            _ => error(404, "NoSuchUpload"),
        }
    });
    let removal = remove_all(&place).await;
    assert!(removal.is_complete(), "{removal:?}");
    assert_eq!((removal.removed.uploads, log.of("AbortMultipartUpload").len()), (1, 3));
}

#[tokio::test]
async fn a_refusal_of_the_whole_request_ends_the_removal_with_its_error() {
    let (place, log) = place(test_root(), |asked| match asked.name() {
        "ListObjectVersions" => (200, versions([("test/x", "v1")], "")),
        "ListMultipartUploads" => (200, uploads(NOTHING, "")),
        _ => error(403, "ExpiredToken"),
    });
    let removal = remove_all(&place).await;
    assert!(!removal.is_complete());
    assert_eq!(removal.error.unwrap().code.as_deref(), Some("ExpiredToken"));
    assert_eq!(log.of("DeleteObjects").len(), 1);
}

#[tokio::test]
async fn a_stopped_engine_begins_no_new_request() {
    let (place, log) = place(test_root(), store(&["test/x"], &[]));
    let engine = Engine::impatient();
    engine.stop();
    let removal = remove(&engine, &place, async |page| page).await;
    assert!(removal.stopped && !removal.is_complete());
    assert_eq!(log.all().len(), 0);
}

#[tokio::test]
async fn a_sweep_takes_what_it_wants_of_its_own_run_and_says_whose_it_was() {
    let run = RunId::parse("r-1").unwrap();
    let mine = "test/r-1/suite.planned/n0/x";
    let others = [
        "test/r-1/suite.of_another_shard/n0/x",
        "test/r-1/_run.json",
        "test/r-1/_run-2-of-4.json",
        "test/r-1/loose",
        "test/r-2/suite.planned/n0/x",
        "test/r-11/suite.planned/n0/x",
    ];
    let keys: Vec<&str> = others.into_iter().chain([mine, "test/r-1/_run-1-of-4.json"]).collect();
    let (place, log) = place(Prefix::of_run(Root::Test, &run), store(&keys, &[]));
    let first = Shard::parse("1/4").ok();
    let wanted = |owner: &Owner| match owner {
        Owner::Test(segment) => segment == "suite.planned",
        Owner::Mark(shard) => *shard == first,
        Owner::Stray => false,
    };
    let engine = Engine::impatient();
    let swept = sweep(&engine, &place.aws, "bucket", Root::Test, &run, wanted).await.unwrap();
    assert!(swept.removal.is_complete(), "{swept:?}");
    let found: Vec<_> = swept.found.iter().map(|(owner, tally)| (owner, tally.objects)).collect();
    assert_eq!(found, [(&Owner::Test("suite.planned".to_owned()), 1), (&Owner::Mark(first), 1)]);
    assert_eq!(swept.found[&Owner::Test("suite.planned".to_owned())].examples, [mine]);
    let mut deleted: Vec<_> = log.of("DeleteObjects").iter().flat_map(Asked::keys).collect();
    deleted.sort_unstable();
    assert_eq!(deleted, ["test/r-1/_run-1-of-4.json", mine]);
}

#[tokio::test]
async fn a_sweep_that_finds_nothing_asks_for_two_listings_and_no_more() {
    let run = RunId::parse("r-1").unwrap();
    let (place, log) = place(Prefix::of_run(Root::Test, &run), store(&[], &[]));
    let engine = Engine::impatient();
    let swept = sweep(&engine, &place.aws, "bucket", Root::Test, &run, |_| true).await.unwrap();
    assert!(swept.found.is_empty() && swept.removal.is_complete());
    assert_eq!(log.all().len(), 2);
}
