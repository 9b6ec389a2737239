//! Parts of files.

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
