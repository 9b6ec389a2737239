//! What the fixture promises every test.

use aws_sdk_s3::primitives::ByteStream;

use crate::env::TestEnv;

#[tokio::test]
async fn a_written_object_is_read_back() {
    TestEnv::run(async |env| {
        let s3 = env.fixture();
        let (bucket, key) = (env.bucket("uploads"), format!("{}hello", env.key_prefix()));
        let body = ByteStream::from_static(b"hello");
        s3.put_object().bucket(&bucket).key(&key).body(body).send().await.unwrap();
        let got = s3.get_object().bucket(&bucket).key(&key).send().await.unwrap();
        assert_eq!(got.body.collect().await.unwrap().into_bytes(), "hello");
    })
    .await;
}
