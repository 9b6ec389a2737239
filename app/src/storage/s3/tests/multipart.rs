//! Multipart uploads, on servers that do them well and on servers that do not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::storage::transfer::PartSize;

/// How a server behaves in multipart uploads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Multipart {
    Good,
    /// Every part takes this long, in milliseconds.
    SlowParts(u64),
    SlowBegin,
    FailsPart(u32),
    FailsCompletion,
    /// Status 200 with an error inside, as S3 does after a long completion.
    FailsCompletionWith200,
    /// The answer has another name, but the object is there (or is another one).
    OddCompletion {
        object_etag: &'static str,
    },
}

struct MultipartServer {
    server: FakeServer,
    most_in_flight: Arc<AtomicUsize>,
    in_flight: Arc<AtomicUsize>,
}

fn multipart(behaviour: Multipart) -> MultipartServer {
    let in_flight = Arc::new(AtomicUsize::new(0));
    let most_in_flight = Arc::new(AtomicUsize::new(0));
    let counters = (in_flight.clone(), most_in_flight.clone());
    let server = FakeServer::new(move |request: Request| {
        let (in_flight, most) = counters.clone();
        async move {
            match request.operation() {
                "CreateMultipartUpload" => {
                    if behaviour == Multipart::SlowBegin {
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                    Answer::new(
                        200,
                        "<InitiateMultipartUploadResult><UploadId>id1</UploadId></InitiateMultipartUploadResult>",
                    )
                }
                "UploadPart" => {
                    most.fetch_max(in_flight.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    if let Multipart::SlowParts(millis) = behaviour {
                        tokio::time::sleep(Duration::from_millis(millis)).await;
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    in_flight.fetch_sub(1, Ordering::SeqCst);
                    let checksum =
                        request.header("x-amz-checksum-crc32").unwrap_or("none").to_owned();
                    let (_, number) = request.uri.split_once("partNumber=").unwrap();
                    let number = number.split('&').next().unwrap().to_owned();
                    if let Multipart::FailsPart(n) = behaviour
                        && number == n.to_string()
                    {
                        return Answer::error(403, "AccessDenied", "no");
                    }
                    Answer::new(200, "")
                        .header("etag", &format!("\"part{number}\""))
                        .header("x-amz-checksum-crc32", &checksum)
                }
                "CompleteMultipartUpload" => match behaviour {
                    Multipart::FailsCompletion => Answer::error(400, "InvalidPart", "no"),
                    Multipart::FailsCompletionWith200 => {
                        Answer::error(200, "InternalError", "We encountered")
                    }
                    Multipart::OddCompletion { .. } => {
                        Answer::new(200, "<Other><ETag>&quot;whole-3&quot;</ETag></Other>")
                    }
                    _ => Answer::new(
                        200,
                        "<CompleteMultipartUploadResult><ETag>\"whole-3\"</ETag></CompleteMultipartUploadResult>",
                    ),
                },
                "AbortMultipartUpload" => Answer::new(204, ""),
                "PutObject" => Answer::new(200, "").header("etag", "\"e\""),
                "HeadObject" => match behaviour {
                    Multipart::OddCompletion { object_etag } => {
                        Answer::new(200, "").header("etag", object_etag)
                    }
                    _ => Answer::new(404, ""),
                },
                other => panic!("unexpected {other}"),
            }
        }
    });
    MultipartServer { server, most_in_flight, in_flight }
}

impl MultipartServer {
    fn count(&self, operation: &str) -> usize {
        self.server.operations().iter().filter(|name| **name == operation).count()
    }
}

const MIB: usize = 1024 * 1024;

/// Parts of the least size, so that few bytes make many of them.
fn small_parts() -> UploadOptions {
    UploadOptions::default().part_size(PartSize::MIN)
}

fn body(mib: usize) -> Bytes {
    Bytes::from(vec![1; mib * MIB])
}

#[tokio::test]
async fn a_body_of_one_part_is_one_request_and_one_byte_more_is_not() {
    for (length, operations) in [
        (5 * MIB, &["PutObject"][..]),
        (
            5 * MIB + 1,
            &["CreateMultipartUpload", "UploadPart", "UploadPart", "CompleteMultipartUpload"],
        ),
    ] {
        let server = multipart(Multipart::Good).server;
        let uploaded =
            server.storage().upload(&key("k"), Bytes::from(vec![1; length]), &small_parts()).await;
        assert_eq!(uploaded.unwrap().size_bytes, length as u64);
        assert_eq!(server.operations(), operations);
    }
}

#[tokio::test]
async fn parts_are_sent_a_few_at_a_time_and_completed_in_order() {
    let test = multipart(Multipart::SlowParts(50));
    let chunks = stream::iter((0..52).map(|_| Ok::<_, std::io::Error>(body(1))));
    let options = small_parts()
        .content_type(ContentType::new("text/plain").unwrap())
        .metadata(UserMetadata::new([("n", "v")]).unwrap());
    let uploaded = test.server.storage().upload_stream(&key("k"), chunks, &options).await.unwrap();
    assert_eq!((uploaded.etag.as_str(), uploaded.size_bytes), ("\"whole-3\"", 52 * MIB as u64));
    let most = test.most_in_flight.load(Ordering::SeqCst);
    assert!((2..=4).contains(&most), "{most} at a time");

    let requests = test.server.requests();
    assert_eq!(requests[0].header("content-type"), Some("text/plain"));
    assert_eq!(requests[0].header("x-amz-meta-n"), Some("v"));
    let sizes: Vec<_> =
        requests.iter().filter(|r| r.operation() == "UploadPart").map(|r| r.body.len()).collect();
    assert_eq!(sizes.len(), 11);
    assert_eq!(sizes.iter().sum::<usize>(), 52 * MIB);
    assert_eq!(sizes.iter().filter(|size| **size == 5 * MIB).count(), 10);
    let completion = requests.last().unwrap().text();
    let numbers: Vec<_> = (1..=11)
        .map(|n| completion.find(&format!("<PartNumber>{n}</PartNumber>")).unwrap())
        .collect();
    assert!(numbers.is_sorted(), "{completion}");
    assert_eq!(completion.matches("<ChecksumCRC32>").count(), 11, "{completion}");
    assert_eq!(test.count("AbortMultipartUpload"), 0);
}

#[tokio::test]
async fn an_upload_that_fails_is_aborted_before_the_error_is_told() {
    for (behaviour, code) in [
        (Multipart::FailsPart(1), "AccessDenied"),
        (Multipart::FailsPart(2), "AccessDenied"),
        (Multipart::FailsPart(3), "AccessDenied"),
        (Multipart::FailsCompletion, "InvalidPart"),
        (Multipart::FailsCompletionWith200, "InternalError"),
    ] {
        let test = multipart(behaviour);
        let error =
            test.server.storage().upload(&key("k"), body(11), &small_parts()).await.unwrap_err();
        assert!(error.to_string().contains(&format!("`{code}`")), "{error}");
        assert_eq!(test.server.operations().last(), Some(&"AbortMultipartUpload"));
        assert_eq!(test.count("AbortMultipartUpload"), 1);
        assert_eq!(test.in_flight.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_aborts_the_upload_when_no_part_is_in_flight() {
    let test = multipart(Multipart::SlowParts(50));
    let chunks = (0..11).map(|_| Ok(body(1))).chain([Err(std::io::Error::other("cut"))]);
    let error =
        test.server.storage().upload_stream(&key("k"), stream::iter(chunks), &small_parts()).await;
    assert!(matches!(error, Err(StorageError::Body { .. })), "{error:?}");
    assert_eq!(
        test.server.operations(),
        ["CreateMultipartUpload", "UploadPart", "UploadPart", "AbortMultipartUpload"]
    );
    // A part that is dropped in the middle is never counted as done.
    assert_eq!(test.in_flight.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_length_that_is_not_kept_aborts_the_upload() {
    for (length, mib) in [(12 * MIB, 11), (10 * MIB, 11)] {
        let test = multipart(Multipart::Good);
        let chunks = stream::iter((0..mib).map(|_| Ok::<_, std::io::Error>(body(1))));
        let options = small_parts().content_length(length as u64);
        let error =
            test.server.storage().upload_stream(&key("k"), chunks, &options).await.unwrap_err();
        assert!(matches!(error, StorageError::LengthMismatch { .. }), "{error}");
        assert_eq!(test.count("CompleteMultipartUpload"), 0);
        assert_eq!(test.count("CreateMultipartUpload"), test.count("AbortMultipartUpload"));
    }
}

#[tokio::test]
async fn a_dropped_upload_is_aborted_in_the_background() {
    for behaviour in [Multipart::SlowParts(60_000), Multipart::SlowBegin] {
        let test = multipart(behaviour);
        let storage = test.server.storage();
        let options = small_parts();
        let key = key("k");
        let upload = storage.upload(&key, body(11), &options);
        assert!(tokio::time::timeout(Duration::from_millis(100), upload).await.is_err());
        storage.settle().await;
        assert_eq!(test.count("CreateMultipartUpload"), 1);
        assert_eq!(test.count("AbortMultipartUpload"), 2, "at once, and again for parts in flight");
        assert_eq!(test.count("CompleteMultipartUpload"), 0);
    }
}

#[tokio::test]
async fn an_oddly_worded_success_is_believed_only_if_the_object_is_there() {
    let upload = |object_etag| {
        let test = multipart(Multipart::OddCompletion { object_etag });
        async move {
            let uploaded = test.server.storage().upload(&key("k"), body(11), &small_parts()).await;
            (uploaded, test.count("AbortMultipartUpload"))
        }
    };
    let (uploaded, aborts) = upload("\"whole-3\"").await;
    assert_eq!((uploaded.unwrap().etag.as_str(), aborts), ("\"whole-3\"", 0));
    let (uploaded, aborts) = upload("\"another\"").await;
    assert_eq!((uploaded.is_err(), aborts), (true, 1));
}

#[tokio::test]
async fn more_than_s3_can_hold_is_refused_before_anything_is_sent() {
    let test = multipart(Multipart::Good);
    let options = UploadOptions::default().content_length(u64::MAX);
    let error = test.server.storage().upload(&key("k"), Bytes::new(), &options).await.unwrap_err();
    assert!(matches!(error, StorageError::TooLarge { .. }), "{error}");
    assert!(test.server.requests().is_empty());
}

#[tokio::test]
async fn only_if_absent_is_asked_where_the_object_comes_into_being() {
    let options = small_parts().only_if_absent();
    for (mib, operation) in [(1, "PutObject"), (6, "CompleteMultipartUpload")] {
        let server = FakeServer::new(|request: Request| async move {
            match request.operation() {
                "CreateMultipartUpload" => Answer::new(
                    200,
                    "<InitiateMultipartUploadResult><UploadId>id1</UploadId></InitiateMultipartUploadResult>",
                ),
                "UploadPart" => Answer::new(200, "").header("etag", "\"e\""),
                "AbortMultipartUpload" => Answer::new(204, ""),
                _ => Answer::error(412, "PreconditionFailed", "At least one"),
            }
        });
        let error = server.storage().upload(&key("k"), body(mib), &options).await.unwrap_err();
        assert!(matches!(error, StorageError::AlreadyExists { .. }), "{error}");
        for request in server.requests() {
            let asked = request.header("if-none-match") == Some("*");
            assert_eq!(asked, request.operation() == operation, "{}", request.operation());
        }
    }
}
