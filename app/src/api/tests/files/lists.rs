//! Lists of files, page by page.

use super::*;

async fn with_files() -> TestApp {
    let app = TestApp::new().await;
    for key in ["a/1", "a/2", "a/b/3", "a b", "c"] {
        app.put(&format!("/files/uploads/content/{}", key.replace(' ', "%20")), key).await.ok();
    }
    app
}

fn keys(list: &Value) -> Vec<&str> {
    list["entries"].as_array().unwrap().iter().map(|e| e["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_list_is_in_order_and_says_what_is_known() {
    let app = with_files().await;
    let list = app.get("/files/uploads").await.ok();
    assert_eq!(keys(&list), ["a b", "a/1", "a/2", "a/b/3", "c"]);
    assert_eq!((&list["next"], &list["folders"]), (&Value::Null, &serde_json::json!([])));
    assert_eq!(list["unaddressable"], serde_json::json!([]));
    let metadata = app.get("/files/uploads/metadata/a/1").await.ok();
    for member in ["key", "size_bytes", "etag", "last_modified"] {
        assert_eq!(list["entries"][1][member], metadata[member], "{member}");
    }
    assert_eq!(keys(&app.get("/files/uploads?prefix=a%2F").await.ok()), ["a/1", "a/2", "a/b/3"]);
    assert_eq!(keys(&app.get("/files/uploads?prefix=a%20").await.ok()), ["a b"]);
    assert!(keys(&app.get("/files/exports").await.ok()).is_empty());
}

#[tokio::test]
async fn folders_are_rolled_up() {
    let app = with_files().await;
    let list = app.get("/files/uploads?by_folder=true").await.ok();
    assert_eq!(keys(&list), ["a b", "c"]);
    assert_eq!(list["folders"], serde_json::json!(["a/"]));
    let list = app.get("/files/uploads?by_folder=true&prefix=a/").await.ok();
    assert_eq!(keys(&list), ["a/1", "a/2"]);
    assert_eq!(list["folders"], serde_json::json!(["a/b/"]));
}

#[tokio::test]
async fn pages_make_up_the_whole() {
    let app = with_files().await;
    for limit in 1..=6 {
        let (mut all, mut path) = (Vec::new(), format!("/files/uploads?limit={limit}"));
        for _ in 0..7 {
            let list = app.get(&path).await.ok();
            assert!(keys(&list).len() <= limit);
            all.extend(keys(&list).into_iter().map(str::to_owned));
            let Some(next) = list["next"].as_str() else { break };
            let next = url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
            path = format!("/files/uploads?limit={limit}&continuation={next}");
        }
        assert_eq!(all, ["a b", "a/1", "a/2", "a/b/3", "c"], "{limit}");
    }
}

#[tokio::test]
async fn what_no_list_has_is_refused() {
    let app = TestApp::new().await;
    for query in [
        "limit=0",
        "limit=1001",
        "limit=x",
        "limit=-1",
        "limit=1&limit=2",
        "by_folder=maybe",
        "folder=a",
        "prefix=/a",
        "prefix=../",
        "prefix=a/../b",
        "prefix=%00",
        "continuation=x%0A",
    ] {
        app.get(&format!("/files/uploads?{query}")).await.problem(400, "invalid-query");
    }
}
