//! Keys in paths: everything that is a key, and nothing that leads elsewhere.

use super::*;

#[tokio::test]
async fn a_slash_may_be_encoded_or_not() {
    let app = TestApp::new().await;
    app.put("/files/uploads/content/a/b%2Fc", "1").await.ok();
    for path in ["a/b/c", "a%2Fb%2Fc", "a%2fb/c", "%61/b/c"] {
        assert_eq!(app.get(&format!("/files/uploads/content/{path}")).await.body, "1", "{path}");
        let metadata = app.get(&format!("/files/uploads/metadata/{path}")).await.ok();
        assert_eq!(metadata["key"], "a/b/c");
    }
}

#[tokio::test]
async fn odd_keys_are_keys_of_their_own() {
    let app = TestApp::new().await;
    let keys = [
        ("a%20b", "a b"),
        ("a+b", "a+b"),
        ("a%252Fb", "a%2Fb"),
        ("a%3Fb%23c", "a?b#c"),
        ("%C3%A9", "é"),
        ("a//b", "a//b"),
        ("a/", "a/"),
        ("...", "..."),
        ("%5C..%5Cx", "\\..\\x"),
        ("C:%5Cx", "C:\\x"),
        ("content/x", "content/x"),
        ("%7Bkey%7D", "{key}"),
    ];
    for (path, key) in keys {
        let path = format!("/files/uploads/content/{path}");
        assert_eq!(app.put(&path, key).await.ok()["key"], key);
    }
    for (path, key) in keys {
        assert_eq!(app.get(&format!("/files/uploads/content/{path}")).await.body, key);
    }
    let list = app.get("/files/uploads").await.ok();
    assert_eq!(list["entries"].as_array().unwrap().len(), keys.len());
}

/// What is refused, with the code and a part of the reason.
const HOSTILE: [(&str, &str, &str); 24] = [
    ("", "invalid-key", "empty"),
    ("..", "invalid-key", "`..`"),
    (".", "invalid-key", "`.`"),
    ("%2e%2e", "invalid-key", "`..`"),
    ("%2e%2e%2f", "invalid-key", "`..`"),
    ("..%2f", "invalid-key", "`..`"),
    ("..%2f..%2f..%2fetc%2fpasswd", "invalid-key", "`..`"),
    ("../../../etc/passwd", "invalid-key", "`..`"),
    ("a/../../b", "invalid-key", "`..`"),
    ("a/%2e%2E/b", "invalid-key", "`..`"),
    ("a%2f..", "invalid-key", "`..`"),
    ("a/./b", "invalid-key", "`.`"),
    ("/", "invalid-key", "starts with `/`"),
    ("/etc/passwd", "invalid-key", "starts with `/`"),
    ("%2Fetc%2Fpasswd", "invalid-key", "starts with `/`"),
    ("//a", "invalid-key", "starts with `/`"),
    ("a%00", "invalid-key", "U+0000"),
    ("..%00/", "invalid-key", "U+0000"),
    ("a%0Ab", "invalid-key", "U+000A"),
    ("%7F", "invalid-key", "U+007F"),
    ("%C2%85", "invalid-key", "U+0085"),
    // An overlong `../`, half a character, and a surrogate.
    ("%c0%ae%c0%ae%c0%af", "invalid-path", "UTF-8"),
    ("a%e2%82", "invalid-path", "UTF-8"),
    ("%ed%a0%80", "invalid-path", "UTF-8"),
];

#[tokio::test]
async fn hostile_keys_are_refused_with_their_reason_and_touch_nothing() {
    let app = TestApp::new().await;
    app.put(FILE, "hello").await.ok();
    let before = app.stored();
    let too_long = "k".repeat(1_025);
    let hostile = HOSTILE.into_iter().chain([(&*too_long, "invalid-key", "1025 bytes")]);
    for (key, code, reason) in hostile {
        for (method, part) in [
            (Method::PUT, "content"),
            (Method::GET, "content"),
            (Method::DELETE, "content"),
            (Method::GET, "metadata"),
            (Method::GET, "cdn-url"),
        ] {
            let path = format!("/files/uploads/{part}/{key}");
            let problem = app.send(request(method.clone(), &path, "x")).await.problem(400, code);
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(reason), "{method} {path}: {detail}");
        }
        let body = r#"{"method":"PUT","expires_in_seconds":60}"#;
        let path = format!("/files/uploads/presigned-url/{key}");
        app.send_json(Method::POST, &path, body).await.problem(400, code);
    }
    assert_eq!(app.stored(), before);
    assert_eq!(app.get(FILE).await.body, "hello");
}

#[tokio::test]
async fn no_key_leaves_the_key_prefix() {
    let app = TestApp::with(&[("S3_KEY_PREFIX", "p")]).await;
    let keys = ["x", "..%5C..%5Cx", "p/x", "%252e%252e/x", "...%2Fx", "~/x", "$HOME"];
    for key in keys {
        app.put(&format!("/files/uploads/content/{key}"), "x").await.ok();
    }
    // The same folder, seen without the prefix.
    let root = app.folder.path().join("files").display().to_string();
    let whole = TestApp::with(&[("LOCAL_STORAGE_ROOT", &root)]).await;
    whole.put("/files/uploads/content/outside", "x").await.ok();
    let list = whole.get("/files/uploads?prefix=p/").await.ok();
    assert_eq!(list["entries"].as_array().unwrap().len(), keys.len());
    let inside = app.get("/files/uploads").await.ok();
    assert_eq!(inside["entries"].as_array().unwrap().len(), keys.len());
    app.get("/files/uploads/content/outside").await.problem(404, "unknown-object");
    // The prefix counts towards the limit.
    let longest = format!("/files/uploads/content/{}", "k".repeat(1_023));
    app.put(&longest, "x").await.problem(400, "invalid-key");
}
