//! A body that does not fit its checksum is not stored. Needs a target that verifies checksums.

use app::storage::Purpose;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ChecksumType};

use super::{key, plainly};
use crate::env::TestEnv;

/// The body whose checksums are in every catalogue of them.
const BODY: &str = "123456789";
/// Of [`BODY`], 0xCBF43926 (Catalogue of parametrised CRC algorithms, "CRC-32/ISO-HDLC").
const CRC32: &str = "y/Q5Jg==";
/// Of other bytes.
const OTHER_CRC32: &str = "AAAAAA==";

/// Sends [`BODY`] with what must be refused, and looks for what is there afterwards.
async fn refused(
    change: impl FnOnce(PutObjectFluentBuilder) -> PutObjectFluentBuilder,
    codes: &[&str],
) {
    TestEnv::run(async |env| {
        let (bucket, name) = (env.bucket(Purpose::Uploads), format!("{}object", env.key_prefix()));
        let request = env.client().put_object().bucket(&bucket).key(&name);
        let request = request.body(ByteStream::from_static(BODY.as_bytes()));
        let error = change(request).send().await.unwrap_err();
        let code = error.code().unwrap_or_default();
        assert!(codes.contains(&code), "{error:?}");
        assert_eq!(env.keys_in(&bucket).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn wrong_crc32_is_refused() {
    refused(|put| put.checksum_crc32(OTHER_CRC32), &["BadDigest"]).await;
}

#[tokio::test]
async fn wrong_crc32c_is_refused() {
    refused(|put| put.checksum_crc32_c(OTHER_CRC32), &["BadDigest"]).await;
}

#[tokio::test]
async fn wrong_crc64nvme_is_refused() {
    refused(|put| put.checksum_crc64_nvme("AAAAAAAAAAA="), &["BadDigest"]).await;
}

#[tokio::test]
async fn wrong_sha1_is_refused() {
    refused(|put| put.checksum_sha1("AAAAAAAAAAAAAAAAAAAAAAAAAAA="), &["BadDigest"]).await;
}

#[tokio::test]
async fn wrong_sha256_is_refused() {
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    refused(|put| put.checksum_sha256(zeros), &["BadDigest"]).await;
}

#[tokio::test]
async fn a_checksum_that_is_none_is_refused() {
    refused(|put| put.checksum_crc32("not base64"), &["InvalidRequest"]).await;
}

#[tokio::test]
async fn a_part_with_a_wrong_checksum_is_refused() {
    TestEnv::run(async |env| {
        let (bucket, name) = (env.bucket(Purpose::Uploads), format!("{}object", env.key_prefix()));
        let s3 = env.client();
        let create = s3.create_multipart_upload().bucket(&bucket).key(&name);
        let create = create.checksum_algorithm(ChecksumAlgorithm::Crc32).send().await.unwrap();
        let part = s3.upload_part().bucket(&bucket).key(&name).part_number(1);
        let part = part.upload_id(create.upload_id().unwrap()).checksum_crc32(OTHER_CRC32);
        let part = part.body(ByteStream::from_static(BODY.as_bytes()));
        let error = part.send().await.unwrap_err();
        assert_eq!(error.code(), Some("BadDigest"), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn what_the_app_uploads_carries_its_crc32() {
    TestEnv::run(async |env| {
        let storage = env.storage(Purpose::Uploads);
        storage.upload(&key("object"), BODY.into(), &plainly()).await.unwrap();
        let name = format!("{}object", env.key_prefix());
        let head = env.client().head_object().bucket(env.bucket(Purpose::Uploads)).key(name);
        let head = head.checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
        assert_eq!(head.checksum_crc32(), Some(CRC32));
        assert_eq!(head.checksum_type(), Some(&ChecksumType::FullObject));
    })
    .await;
}
