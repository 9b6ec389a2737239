//! What may be uploaded, and where it lies then.

use super::*;
use crate::env::OwnSandbox;
use crate::payload::Payload;

#[tokio::test]
async fn files_of_each_purpose_stay_inside_the_prefix() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        let buckets = Purpose::ALL.map(|purpose| (purpose, env.bucket(purpose)));
        let app = env.serve_with(&[("STORAGE_BACKEND", "s3")]).await;
        for purpose in Purpose::ALL {
            put(&app, &format!("/files/{purpose}/content/for/{purpose}"), "x").await;
        }
        for (purpose, bucket) in buckets {
            // All of the bucket, and not only what lies below the prefix.
            let list = sandbox.harness().list_objects_v2().bucket(bucket).send().await.unwrap();
            let keys: Vec<_> = list.contents().iter().filter_map(|object| object.key()).collect();
            assert_eq!(keys, [format!("{}for/{purpose}", env.key_prefix())]);
        }
    })
    .await;
}

#[tokio::test]
async fn an_upload_over_the_limit_is_refused_and_stores_nothing() {
    on_each_storage_with(&[("MAX_UPLOAD_BYTES", "1000")], async |_, app, _| {
        let payload = Payload::new();
        put(app, "/files/uploads/content/old", payload.bytes(0..1_000)).await;
        for path in ["/files/uploads/content/old", "/files/uploads/content/new"] {
            // The client still sends when the answer to the larger one comes.
            for bytes in [1_001, 4 << 20] {
                let announced = app.send(Method::PUT, path, &[], payload.bytes(0..bytes)).await;
                let in_pieces = app.put_pieces(path, payload.chunks(0..bytes)).await;
                for answer in [announced, in_pieces] {
                    let problem = answer.problem(413);
                    assert_eq!(problem["code"], "body-too-large");
                    assert_eq!(problem["detail"], "the body has more than 1000 bytes");
                    assert_eq!(problem["limit"], 1_000);
                }
            }
        }
        assert_eq!(keys(app, "").await, ["old"]);
        let old = app.get("/files/uploads/content/old").await;
        assert_eq!(old.body, payload.bytes(0..1_000));
    })
    .await;
}

/// What S3 has been sent until then is given up, and nobody pays for it.
#[tokio::test]
async fn an_upload_in_parts_over_the_limit_leaves_no_part_behind() {
    const LIMIT: u64 = 9 << 20;
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        env.bucket(Purpose::Uploads);
        let limit = LIMIT.to_string();
        let changes = [("STORAGE_BACKEND", "s3"), ("MAX_UPLOAD_BYTES", limit.as_str())];
        let app = env.serve_with(&changes).await;
        let pieces = Payload::new().chunks(0..LIMIT + 1);
        let answer = app.put_pieces("/files/uploads/content/large", pieces).await;
        assert_eq!(answer.problem(413)["limit"], LIMIT);
        let parts = sandbox.take_calls().into_iter().filter(|call| call.action == "s3:UploadPart");
        assert!(parts.count() > 0, "it was refused before the first part");
        assert_eq!(env.unfinished_uploads(Purpose::Uploads).await, []);
        assert!(keys(&app, "").await.is_empty());
    })
    .await;
}

/// In local files: not every S3-compatible server can refuse.
#[tokio::test]
async fn an_upload_for_a_new_file_replaces_none() {
    TestEnv::run(async |env| {
        let app = env.serve().await;
        let path = "/files/uploads/content/once";
        let new_only = [("if-none-match", "*")];
        let first = app.send(Method::PUT, path, &new_only, "first").await;
        assert_eq!(first.status.as_u16(), 201);
        let problem = app.send(Method::PUT, path, &new_only, "second").await.problem(412);
        assert_eq!(problem["code"], "object-exists");
        assert_eq!(app.get(path).await.body, "first");
    })
    .await;
}
