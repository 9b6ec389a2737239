//! A large body is sent while it still comes, and not collected first.
//!
//! On an embedded AWS of the test's own: not every server shows the parts of an unfinished upload.

use std::io;
use std::time::Duration;

use app::storage::{PartSize, Purpose};
use bytes::Bytes;
use futures::{StreamExt as _, stream};

use super::{key, plainly};
use crate::env::{OwnSandbox, TestEnv};
use crate::payload::Payload;

#[tokio::test]
async fn parts_are_sent_before_the_body_has_ended() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        let storage = env.storage(Purpose::Exports);
        let (key, part) = (key("slow"), PartSize::MIN.bytes());
        let start = stream::iter(Payload::new().chunks(0..part + 1).map(Ok::<_, io::Error>));
        // The body does not end before a part of it has arrived: who collects it waits for ever.
        let end = stream::once(async {
            first_part_has_arrived(env).await;
            Ok(Bytes::from_static(b"end"))
        });
        let options = plainly().part_size(PartSize::MIN);
        let upload = storage.upload_stream(&key, start.chain(end), &options);
        let uploaded = tokio::time::timeout(Duration::from_secs(30), upload).await;
        let uploaded = uploaded.expect("nothing is sent before the body has ended").unwrap();
        assert_eq!(uploaded.size_bytes, part + 4);
    })
    .await;
}

async fn first_part_has_arrived(env: &TestEnv) {
    loop {
        for (key, id) in env.unfinished_uploads(Purpose::Exports).await {
            let bucket = env.bucket(Purpose::Exports);
            let list = env.fixture().list_parts().bucket(bucket).key(key).upload_id(id);
            if !list.send().await.unwrap().parts().is_empty() {
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
