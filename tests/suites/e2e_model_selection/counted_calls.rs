//! What a test calls is counted on any target as the embedded AWS counts it.
//!
//! The same calls are counted both ways, by the meter and by the log of an embedded AWS of the test's
//! own, and must come to the same.

use app::storage::{PartSize, Purpose, UrlExpiry};
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use contract::calls::{self, CallCount, Calls};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::Method;
use sandbox::Call;
use sandbox::staged::{Family, Staged};
use serde_json::json;

use super::{Entry, catalogue};
use crate::env::{OwnSandbox, TestEnv};
use crate::plain_http;

/// The calls of a log.
fn logged(log: &[Call]) -> Calls {
    let mut sum = Calls::default();
    for call in log {
        let invoked = calls::invokes_a_model(&call.action) && (200..300).contains(&call.status);
        let tokens = call.tokens.filter(|_| invoked);
        sum.add(
            &calls::key(&call.action, call.model.as_deref()),
            CallCount {
                requests: 1,
                received_bytes: call.answer_bytes.unwrap_or_default(),
                input_tokens: tokens.map_or(0, |tokens| tokens.input),
                output_tokens: tokens.map_or(0, |tokens| tokens.output),
                untold: u64::from(invoked && tokens.is_none()),
            },
        );
    }
    sum
}

/// Everything that the app does with files, and what only tests do.
async fn use_s3(env: &TestEnv) {
    let storage = env.storage(Purpose::Uploads);
    let key = |name: &str| app::storage::ObjectKey::new(name).unwrap();
    let (options, minute) = (Default::default(), UrlExpiry::from_secs(60).unwrap());
    storage.upload(&key("a b"), "text".into(), &options).await.unwrap();
    storage.download(&key("a b")).await.unwrap();
    storage.metadata(&key("a b")).await.unwrap();
    storage.download(&key("missing")).await.unwrap_err();
    assert!(!storage.exists(&key("missing")).await.unwrap());
    let all = app::storage::Prefix::new("").unwrap();
    storage.list(&all).try_collect::<Vec<_>>().await.unwrap();

    let large = options.clone().part_size(PartSize::MIN);
    let parts = stream::iter([Ok::<_, std::io::Error>(Bytes::from(vec![7; 6_000_000]))]);
    storage.upload_stream(&key("large"), parts, &large).await.unwrap();
    let broken = stream::iter([
        Ok(Bytes::from(vec![7; 6_000_000])),
        Err(std::io::Error::other("the sender broke off")),
    ]);
    storage.upload_stream(&key("broken"), broken, &large).await.unwrap_err();
    storage.settle().await;

    let get = storage.presign_get(&key("a b"), minute).await.unwrap();
    assert_eq!(plain_http::follow(&get, "").await.body(), "text");
    let put = storage.presign_put(&key("by url"), minute, None).await.unwrap();
    plain_http::follow(&put, "by url").await;
    let anonymous = get.url.as_str().split('?').next().unwrap();
    assert_eq!(plain_http::send(Method::GET, anonymous, &[], "").await.status(), 403);
    storage.delete(&key("a b")).await.unwrap();

    let (s3, bucket) = (env.client(), env.bucket(Purpose::Uploads));
    let name = format!("{}by url", env.key_prefix());
    let put = s3.put_object().bucket(&bucket).key(&name).if_none_match("*");
    put.body(ByteStream::from_static(b"again")).send().await.unwrap_err();
    let copy = s3.copy_object().bucket(&bucket).key(format!("{name} copied"));
    copy.copy_source(format!("{bucket}/{}", name.replace(' ', "%20"))).send().await.unwrap();
    s3.get_object_tagging().bucket(&bucket).key(&name).send().await.unwrap();
    s3.get_bucket_versioning().bucket(&bucket).send().await.unwrap();
    s3.head_bucket().bucket(&bucket).send().await.unwrap();
    s3.list_buckets().send().await.unwrap();
}

/// Models that answer at once and in pieces, refuse, break off, and are tried again.
async fn use_models(env: &TestEnv) {
    let entries = [
        Entry::bedrock("plain", &env.bedrock_model()),
        Entry::staged("denied", Staged::Denied, Family::Meta),
        Entry::staged("flaky", Staged::Flaky, Family::Anthropic),
        Entry::staged("breaks", Staged::Breaks, Family::Amazon),
        Entry::sagemaker("endpoint", &env.sagemaker_endpoint()),
    ];
    let api = catalogue::serve(env, &entries).await;
    for model in ["plain", "denied", "flaky", "breaks", "endpoint"] {
        let body = json!({ "prompt": "one two three", "model": model });
        let answer = api.post("/users/ada/generate", body.clone()).await;
        assert_eq!(answer.status.is_success(), model != "denied", "{model}: {}", answer.text());
        if model != "denied" {
            let path = "/users/ada/generate/stream";
            api.stream(path, body).await.collect::<Vec<_>>().await;
        }
    }
    api.stop().await;
}

#[tokio::test]
async fn the_meter_and_the_log_count_the_same() {
    let sandbox = OwnSandbox::start().await;
    sandbox.take_calls();
    let mut metered = TestEnv::run_counted_on(&sandbox, async |env| {
        use_s3(env).await;
        use_models(env).await;
        // The run's target saw nothing of it.
        assert_eq!(env.calls(), Calls::default());
    })
    .await;
    let log = sandbox.take_calls();

    let logged = logged(&log);
    // The log does not know how long a stream will be when it begins.
    for streaming in ["amazon.nova-micro", "amazon.sandbox-breaks", "anthropic.sandbox-flaky"] {
        let key = format!("bedrock:InvokeModelWithResponseStream {streaming}-v1:0");
        let counted = &mut metered.0.get_mut(&key).unwrap().received_bytes;
        assert!(*counted > 0, "{key}");
        *counted = logged.0[&key].received_bytes;
    }
    assert_eq!(metered, logged);
    assert_eq!(metered.0.values().map(|count| count.requests).sum::<u64>(), log.len() as u64);

    // What the test is about did happen: attempts, tokens by header and by stream, none told.
    let count = |key: &str| metered.0.get(key).copied().unwrap_or_default();
    assert!(count("bedrock:InvokeModel anthropic.sandbox-flaky-v1:0").requests > 1);
    let streamed = count("bedrock:InvokeModelWithResponseStream amazon.nova-micro-v1:0");
    assert_eq!((streamed.input_tokens, streamed.output_tokens, streamed.untold), (3, 9, 0));
    let breaks = "bedrock:InvokeModelWithResponseStream amazon.sandbox-breaks-v1:0";
    assert_eq!(count(breaks).untold, 1);
    for operation in ["UploadPart", "AbortMultipartUpload", "CopyObject", "ListObjectsV2"] {
        assert!(count(&format!("s3:{operation}")).requests > 0, "{operation}");
    }
}
