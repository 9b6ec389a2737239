//! The server as a value: start, drop, keys at run time, the call log, parallel clients.

use std::net::TcpStream;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use sandbox::{AccessKey, Config, Sandbox, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{KEY, client_of, put, refusal, sandbox, sdk_config, send, text, with_bucket};

#[tokio::test]
async fn dropping_it_closes_the_port_at_once() {
    let sandbox = sandbox().await;
    let address = sandbox.endpoint().strip_prefix("http://").unwrap().to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    drop(sandbox);
    assert!(TcpStream::connect(&address).is_err());
    // And the port can be taken again.
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    let again = Sandbox::start(Config { port, ..Config::default() }).await.unwrap();
    assert!(again.endpoint().ends_with(&address));
}

#[test]
fn it_can_be_dropped_outside_a_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(sandbox());
    drop(runtime);
    assert!(TcpStream::connect(sandbox.endpoint().strip_prefix("http://").unwrap()).is_ok());
    drop(sandbox);
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let sandbox = sandbox().await;
    let port = sandbox.endpoint().rsplit(':').next().unwrap().parse().unwrap();
    let error = Sandbox::start(Config { port, ..Config::default() }).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn it_serves_while_the_callers_only_thread_blocks() {
    let sandbox = sandbox().await;
    let address = sandbox.endpoint().strip_prefix("http://").unwrap().to_owned();
    // No await: this current-thread runtime does nothing else meanwhile.
    let answer = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream
            .write_all(b"GET /nobody-made-it HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    })
    .join()
    .unwrap();
    assert!(answer.contains("NoSuchBucket"), "{answer}");
}

#[tokio::test]
async fn it_knows_no_key_until_told_and_forgets_it_when_told() {
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let client = client_of(&sandbox, "AKIALATE", "late-secret", None, "us-east-1");
    assert_eq!(refusal(client.list_buckets().send().await), "403 InvalidAccessKeyId");
    sandbox.add_access_key(AccessKey::user("111122223333", "late", "AKIALATE", "late-secret"));
    client.list_buckets().send().await.unwrap();
    sandbox.remove_access_key("AKIALATE");
    assert_eq!(refusal(client.list_buckets().send().await), "403 InvalidAccessKeyId");
}

#[test]
fn a_secret_is_never_shown() {
    let key = AccessKey::assumed_role(
        "111122223333",
        "role",
        "session",
        "ASIAX",
        "the-secret",
        "the-token",
    );
    let shown = format!("{key:?}");
    assert!(
        shown.contains("ASIAX") && !shown.contains("the-secret") && !shown.contains("the-token"),
        "{shown}"
    );
}

#[tokio::test]
async fn the_call_log_tells_who_did_what_to_which_object() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "a/b c", "x").await;
    let _ = client.get_object().bucket("bucket").key("missing").send().await;
    let _ = client_of(&sandbox, KEY, "wrong", None, "us-east-1").list_buckets().send().await;

    let calls = sandbox.calls();
    let lines: Vec<String> = calls
        .iter()
        .map(|call| {
            format!(
                "{} {:?} {:?} {} {:?} refused={}",
                call.action,
                call.bucket.as_deref(),
                call.key.as_deref(),
                call.status,
                call.error.as_deref(),
                call.refused
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            r#"s3:CreateBucket Some("bucket") None 200 None refused=false"#,
            r#"s3:PutObject Some("bucket") Some("a/b c") 200 None refused=false"#,
            r#"s3:GetObject Some("bucket") Some("missing") 404 Some("NoSuchKey") refused=false"#,
            r#"s3:Unknown None None 403 Some("SignatureDoesNotMatch") refused=true"#,
        ]
    );
    assert!(calls.iter().all(|call| call.access_key.as_deref() == Some(KEY)
        && call.service == Service::S3
        && !call.request_id.is_empty()));
    assert_eq!(sandbox.take_calls().len(), 4);
    assert!(sandbox.calls().is_empty());
}

#[tokio::test]
async fn the_call_log_tells_how_much_was_answered() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "five!").await;
    sandbox.take_calls();
    let get = || client.get_object().bucket("bucket");
    text(get().key("k").send().await.unwrap().body).await;
    text(get().key("k").range("bytes=1-2").send().await.unwrap().body).await;
    client.head_object().bucket("bucket").key("k").send().await.unwrap();
    client.delete_object().bucket("bucket").key("k").send().await.unwrap();
    let (missing, _, body) = send(
        http::Method::GET,
        &format!("{}/nobody-made-it", sandbox.endpoint()),
        &[],
        bytes::Bytes::new(),
    )
    .await;
    assert_eq!(missing, 404);
    let answered: Vec<_> = sandbox.calls().iter().map(|call| call.answer_bytes).collect();
    let of_error = Some(body.len() as u64);
    assert_eq!(answered, [Some(5), Some(2), Some(0), Some(0), of_error]);
}

#[tokio::test]
async fn sts_tells_the_caller_and_refuses_a_wrong_secret() {
    let sandbox = sandbox().await;
    let sts = |secret: &str| {
        aws_sdk_sts::Client::new(&sdk_config(&sandbox, KEY, secret, None, "eu-west-1"))
    };
    let identity = sts("main-secret").get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some("111122223333"));
    assert_eq!(identity.arn(), Some("arn:aws:iam::111122223333:user/main"));
    assert!(identity.user_id().unwrap().starts_with("AIDA"));
    assert_eq!(
        refusal(sts("wrong").get_caller_identity().send().await),
        "403 SignatureDoesNotMatch"
    );
    let unknown =
        aws_sdk_sts::Client::new(&sdk_config(&sandbox, "AKIANOBODY", "x", None, "us-east-1"));
    assert_eq!(refusal(unknown.get_caller_identity().send().await), "403 InvalidClientTokenId");
    assert_eq!(sandbox.calls()[0].action, "sts:GetCallerIdentity");
}

#[tokio::test]
async fn a_slow_upload_holds_nobody_up() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "fast", "x").await;
    let address = sandbox.endpoint().strip_prefix("http://").unwrap();
    // Head and half a body, then silence: an anonymous request is refused at the end only if its body is waited for.
    let mut slow = tokio::net::TcpStream::connect(address).await.unwrap();
    slow.write_all(
        b"PUT /bucket/slow?tagging HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n<half",
    )
    .await
    .unwrap();
    tokio::time::timeout(Duration::from_secs(5), async {
        for _ in 0..20 {
            put(&client, "fast", "y").await;
            client.get_object().bucket("bucket").key("fast").send().await.unwrap();
        }
    })
    .await
    .unwrap();
    drop(slow);
}

#[tokio::test]
async fn a_refused_upload_reads_its_refusal_and_not_a_broken_pipe() {
    let (sandbox, _) = with_bucket().await;
    let address = sandbox.endpoint().strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"PUT /bucket/big HTTP/1.1\r\nhost: x\r\ncontent-length: 8388608\r\nconnection: close\r\n\r\n").await.unwrap();
    let chunk = vec![0; 1024 * 1024];
    for _ in 0..8 {
        stream.write_all(&chunk).await.unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 403") && answer.contains("<Code>AccessDenied</Code>"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_writers_leave_one_whole_object() {
    let (sandbox, client) = with_bucket().await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..16u8 {
        let client = client.clone();
        writers.spawn(async move {
            for _ in 0..10 {
                client
                    .put_object()
                    .bucket("bucket")
                    .key("k")
                    .body(ByteStream::from(vec![b'a' + writer; 10_000]))
                    .send()
                    .await
                    .unwrap();
                let body = client
                    .get_object()
                    .bucket("bucket")
                    .key("k")
                    .send()
                    .await
                    .unwrap()
                    .body
                    .collect()
                    .await
                    .unwrap()
                    .to_vec();
                assert_eq!(body.len(), 10_000);
                assert!(body.iter().all(|byte| *byte == body[0]));
            }
        });
    }
    writers.join_all().await;
    assert_eq!(sandbox.calls().len(), 1 + 16 * 20);
}

#[tokio::test]
async fn two_sandboxes_share_nothing() {
    let (_first, client) = with_bucket().await;
    put(&client, "k", "x").await;
    let second = sandbox().await;
    let other = crate::support::client(&second);
    assert!(other.list_buckets().send().await.unwrap().buckets().is_empty());
    assert_eq!(
        text(client.get_object().bucket("bucket").key("k").send().await.unwrap().body).await,
        "x"
    );
}
