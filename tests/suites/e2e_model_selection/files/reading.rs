//! Files are read as a whole, in parts, or not at all where they are known.

use super::*;

const DIGITS: &str = "/files/uploads/content/digits";

#[tokio::test]
async fn a_range_is_that_part_of_the_file() {
    on_each_storage(async |_, app, _| {
        put(app, DIGITS, "0123456789").await;
        for (range, part, content_range) in [
            ("bytes=2-4", "234", "bytes 2-4/10"),
            ("bytes=7-", "789", "bytes 7-9/10"),
            ("bytes=-1", "9", "bytes 9-9/10"),
        ] {
            let answer = app.send(Method::GET, DIGITS, &[("range", range)], "").await;
            assert_eq!((answer.status.as_u16(), answer.text().as_str()), (206, part), "{range}");
            assert_eq!(answer.headers["content-range"], content_range);
            assert_eq!(answer.headers["content-length"], part.len().to_string());
        }
    })
    .await;
}

#[tokio::test]
async fn a_range_behind_the_end_is_refused() {
    on_each_storage(async |_, app, _| {
        put(app, DIGITS, "0123456789").await;
        let answer = app.send(Method::GET, DIGITS, &[("range", "bytes=10-")], "").await;
        let problem = answer.problem(416);
        assert_eq!(problem["code"], "range-not-satisfiable");
        assert_eq!(problem["detail"], "range `bytes=10-` holds no byte of the object");
    })
    .await;
}

#[tokio::test]
async fn the_head_of_a_file_comes_without_the_file() {
    on_each_storage(async |_, app, _| {
        put(app, DIGITS, "0123456789").await;
        let got = app.get(DIGITS).await;
        let head = app.send(Method::HEAD, DIGITS, &[], "").await;
        assert_eq!((head.status.as_u16(), head.text().as_str()), (200, ""));
        for name in ["content-length", "content-type", "etag", "last-modified"] {
            assert_eq!(head.headers[name], got.headers[name], "{name}");
        }
        let missing = app.send(Method::HEAD, "/files/uploads/content/none", &[], "").await;
        assert_eq!((missing.status.as_u16(), missing.text().as_str()), (404, ""));
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_known_is_not_sent_again() {
    on_each_storage(async |_, app, _| {
        let first = put(app, DIGITS, "0123456789").await;
        let known = [("if-none-match", first.headers["etag"].to_str().unwrap())];
        let again = app.send(Method::GET, DIGITS, &known, "").await;
        assert_eq!((again.status.as_u16(), again.text().as_str()), (304, ""));
        put(app, DIGITS, "abc").await;
        let changed = app.send(Method::GET, DIGITS, &known, "").await;
        assert_eq!((changed.status.as_u16(), changed.text().as_str()), (200, "abc"));
    })
    .await;
}
