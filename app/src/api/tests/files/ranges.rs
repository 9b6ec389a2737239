//! Parts of files.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[tokio::test]
async fn a_range_is_that_part_of_the_file() {
    let app = TestApp::new().await;
    app.put(FILE, "0123456789").await.ok();
    for (range, part, content_range) in [
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
        ("bytes=5-", "56789", "bytes 5-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=0-", "0123456789", "bytes 0-9/10"),
    ] {
        let answer = app.get_with(FILE, &[("range", range)]).await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (206, part.as_bytes()), "{range}");
        assert_eq!(answer.header("content-range"), content_range);
        assert_eq!(answer.header("content-length"), part.len().to_string());
    }
    let whole = app.get(FILE).await;
    assert_eq!((whole.status.as_u16(), whole.header("content-range")), (200, ""));
}

#[tokio::test]
async fn a_range_that_holds_nothing_is_416_and_a_malformed_one_is_ignored() {
    let app = TestApp::new().await;
    app.put(FILE, "0123456789").await.ok();
    for range in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
        let answer = app.get_with(FILE, &[("range", range)]).await;
        answer.problem(416, "range-not-satisfiable");
        assert_eq!(answer.header("content-range"), "bytes */10");
    }
    for range in ["bytes=3-1", "bytes=0-1,3-4", "items=0-1", "bytes=", "bytes=a-b"] {
        let answer = app.get_with(FILE, &[("range", range)]).await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (200, &b"0123456789"[..]), "{range}");
    }
    let twice = [("range", "bytes=0-1"), ("range", "bytes=3-4")];
    assert_eq!(app.get_with(FILE, &twice).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_range_of_another_file_than_is_known_is_the_whole_file() {
    let app = TestApp::new().await;
    let old = app.put(FILE, "0123456789").await.header("etag").to_owned();
    let ask = async |tag: &str| {
        let answer = app.get_with(FILE, &[("range", "bytes=5-"), ("if-range", tag)]).await;
        (answer.status.as_u16(), answer.body)
    };
    assert_eq!(ask(&old).await, (206, "56789".into()));
    let modified = app.get(FILE).await.header("last-modified").to_owned();
    app.put(FILE, "abc").await.ok();
    for tag in [&*old, &format!("W/{old}"), &modified] {
        assert_eq!(ask(tag).await, (200, "abc".into()), "{tag}");
    }
}

#[tokio::test]
async fn a_file_that_is_known_needs_no_range_of_it() {
    let app = TestApp::new().await;
    let etag = app.put(FILE, "0123456789").await.header("etag").to_owned();
    for range in ["bytes=0-3", "bytes=10-"] {
        let asked = [("range", range), ("if-none-match", &*etag)];
        assert_eq!(app.get_with(FILE, &asked).await.status, 304, "{range}");
        let asked = [("range", range), ("if-none-match", "\"another\"")];
        let expected = if range == "bytes=10-" { 416 } else { 206 };
        assert_eq!(app.get_with(FILE, &asked).await.status, expected, "{range}");
    }
}

#[tokio::test]
async fn a_range_that_nothing_of_the_known_file_is_in_is_refused() {
    let app = TestApp::new().await;
    let etag = app.put(FILE, "0123456789").await.header("etag").to_owned();
    let answer = app.get_with(FILE, &[("range", "bytes=10-"), ("if-range", &etag)]).await;
    answer.problem(416, "range-not-satisfiable");
}

/// Who goes on with a file would otherwise put the end of the new one behind the beginning of the old one.
#[tokio::test]
async fn a_range_is_of_the_file_that_was_asked_for_also_while_it_is_replaced() {
    let requests = Arc::new(AtomicUsize::new(0));
    let endpoint = fake_aws(move || {
        let replaced = requests.fetch_add(1, Ordering::SeqCst) > 0;
        let (etag, body) = if replaced { ("\"new\"", "new!!") } else { ("\"old\"", "old!!") };
        let headers = [("etag", etag), ("content-range", "bytes 5-9/10")];
        std::future::ready((StatusCode::PARTIAL_CONTENT, headers, body))
    });
    let endpoint = endpoint.await;
    let app = TestApp::with(&[&s3()[..], &[("AWS_ENDPOINT_URL", &endpoint)]].concat()).await;
    let answer = app.get_with(FILE, &[("range", "bytes=5-"), ("if-range", "\"old\"")]).await;
    assert_eq!((answer.status.as_u16(), &*answer.body), (206, &b"old!!"[..]));
    assert_eq!(answer.header("etag"), "\"old\"");
}
