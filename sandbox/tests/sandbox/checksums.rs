//! Checksums: verified on the way in, kept, given back.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ChecksumType};
use aws_sigv4::http_request::SignableBody;
use http::Method;

use crate::support::{Signer, outcome, refusal, with_bucket};

#[tokio::test]
async fn each_algorithm_is_verified_and_given_back() {
    let (_sandbox, client) = with_bucket().await;
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        let key = algorithm.as_str().to_owned();
        client
            .put_object()
            .bucket("bucket")
            .key(&key)
            .checksum_algorithm(algorithm)
            .body(ByteStream::from_static(b"123456789"))
            .send()
            .await
            .unwrap();
    }
    let head = async |key: &str| {
        client
            .head_object()
            .bucket("bucket")
            .key(key)
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .unwrap()
    };
    // The catalogue's check values in base64.
    assert_eq!(head("CRC32").await.checksum_crc32(), Some("y/Q5Jg=="));
    assert_eq!(head("CRC32C").await.checksum_crc32_c(), Some("4waSgw=="));
    assert_eq!(head("CRC64NVME").await.checksum_crc64_nvme(), Some("rosUhgp5mIg="));
    assert_eq!(head("SHA1").await.checksum_sha1(), Some("98O8HYCOBHMq32eZZczDTKeuNEE="));
    assert_eq!(
        head("SHA256").await.checksum_sha256(),
        Some("FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=")
    );
    assert_eq!(head("SHA256").await.checksum_type(), Some(&ChecksumType::FullObject));
    let silent = client.head_object().bucket("bucket").key("CRC32").send().await.unwrap();
    assert_eq!(silent.checksum_crc32(), None);
}

#[tokio::test]
async fn a_wrong_checksum_stores_nothing() {
    let (_sandbox, client) = with_bucket().await;
    let put =
        || client.put_object().bucket("bucket").key("k").body(ByteStream::from_static(b"hello"));
    assert_eq!(refusal(put().checksum_crc32("AAAAAA==").send().await), "400 BadDigest");
    assert_eq!(
        refusal(put().checksum_sha256("FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=").send().await),
        "400 BadDigest"
    );
    assert_eq!(refusal(put().checksum_crc32("short").send().await), "400 InvalidRequest");
    assert_eq!(
        refusal(put().content_md5("XrY7u+Ae7tCTyyK7j1rNww==").send().await),
        "400 BadDigest"
    );
    assert_eq!(refusal(put().content_md5("nonsense").send().await), "400 InvalidDigest");
    assert_eq!(
        refusal(client.head_object().bucket("bucket").key("k").send().await),
        "404 NotFound"
    );
    put().content_md5("XUFAKrxLKna5cZ2REBfFkg==").send().await.unwrap();
}

#[tokio::test]
async fn a_trailing_checksum_is_kept_and_given_back() {
    let (_sandbox, client) = with_bucket().await;
    // A body of unknown digest is sent in chunks, its checksum after it.
    let path = std::env::temp_dir().join(format!("sandbox-{}", std::process::id()));
    std::fs::write(&path, vec![7; 300_000]).unwrap();
    let body = ByteStream::from_path(&path).await.unwrap();
    let put = client
        .put_object()
        .bucket("bucket")
        .key("k")
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .body(body)
        .send()
        .await
        .unwrap();
    let head = client
        .head_object()
        .bucket("bucket")
        .key("k")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    std::fs::remove_file(path).unwrap();
    assert_eq!(head.content_length(), Some(300_000));
    assert!(put.checksum_sha256().is_some());
    assert_eq!(head.checksum_sha256(), put.checksum_sha256());
    assert_eq!(head.content_encoding(), None);
}

#[tokio::test]
async fn a_trailing_checksum_of_other_bytes_stores_nothing() {
    let (sandbox, client) = with_bucket().await;
    let headers = [
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "5"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    ];
    for (text, expected) in [("jello", "400 BadDigest"), ("hello", "200")] {
        // The chunks are not signed, so that the trailer alone tells what they should be.
        let signed = SignableBody::StreamingUnsignedPayloadTrailer;
        let body = format!("5\r\n{text}\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n");
        let put = Signer::of("s3");
        let put = put.send(&sandbox, Method::PUT, "/bucket/k", &headers, signed, &body).await;
        assert_eq!(outcome(&put), expected, "{text}");
        let there = client.head_object().bucket("bucket").key("k").send().await;
        assert_eq!(there.is_ok(), text == "hello", "{there:?}");
    }
}
