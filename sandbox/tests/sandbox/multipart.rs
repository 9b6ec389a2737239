//! Multipart uploads.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
};

use crate::support::{put, refusal, text, with_bucket};

const MIN_PART: usize = 5 * 1024 * 1024;

async fn create(client: &Client, key: &str) -> String {
    client
        .create_multipart_upload()
        .bucket("bucket")
        .key(key)
        .send()
        .await
        .unwrap()
        .upload_id
        .unwrap()
}

async fn upload(client: &Client, id: &str, number: i32, body: Vec<u8>) -> CompletedPart {
    let part = client
        .upload_part()
        .bucket("bucket")
        .key("k")
        .upload_id(id)
        .part_number(number)
        .body(ByteStream::from(body))
        .send()
        .await
        .unwrap();
    CompletedPart::builder()
        .part_number(number)
        .set_e_tag(part.e_tag)
        .set_checksum_crc32(part.checksum_crc32)
        .set_checksum_sha256(part.checksum_sha256)
        .build()
}

fn parts(parts: Vec<CompletedPart>) -> CompletedMultipartUpload {
    CompletedMultipartUpload::builder().set_parts(Some(parts)).build()
}

fn bare(part: &CompletedPart) -> CompletedPart {
    CompletedPart::builder()
        .set_part_number(part.part_number())
        .set_e_tag(part.e_tag().map(str::to_owned))
        .build()
}

#[tokio::test]
async fn parts_make_an_object_and_completing_twice_is_the_same() {
    let (_sandbox, client) = with_bucket().await;
    let id = create(&client, "k").await;
    let second = upload(&client, &id, 7, b"tail".to_vec()).await;
    upload(&client, &id, 2, vec![b'x'; MIN_PART]).await;
    // A part that is sent again replaces the first.
    let first = upload(&client, &id, 2, vec![b'y'; MIN_PART]).await;
    let complete = || {
        client
            .complete_multipart_upload()
            .bucket("bucket")
            .key("k")
            .upload_id(&id)
            .multipart_upload(parts(vec![bare(&first), bare(&second)]))
    };
    let done = complete().send().await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-2\""));
    let again = complete().send().await.unwrap();
    assert_eq!(again.e_tag(), done.e_tag());

    let got = client
        .get_object()
        .bucket("bucket")
        .key("k")
        .range(format!("bytes={}-", MIN_PART - 1))
        .send()
        .await
        .unwrap();
    assert_eq!(text(got.body).await, "ytail");
    let part = client.get_object().bucket("bucket").key("k").part_number(2).send().await.unwrap();
    assert_eq!(part.parts_count(), Some(2));
    assert_eq!(text(part.body).await, "tail");
    assert_eq!(
        refusal(client.get_object().bucket("bucket").key("k").part_number(3).send().await),
        "416 InvalidPartNumber"
    );
    assert!(
        client.list_multipart_uploads().bucket("bucket").send().await.unwrap().uploads().is_empty()
    );
}

#[tokio::test]
async fn a_wrong_completion_is_refused_and_leaves_the_upload() {
    let (_sandbox, client) = with_bucket().await;
    let id = create(&client, "k").await;
    let one = upload(&client, &id, 1, b"small".to_vec()).await;
    let two = upload(&client, &id, 2, b"small".to_vec()).await;
    let complete = async |list: Vec<CompletedPart>| {
        refusal(
            client
                .complete_multipart_upload()
                .bucket("bucket")
                .key("k")
                .upload_id(&id)
                .multipart_upload(parts(list))
                .send()
                .await,
        )
    };
    assert_eq!(complete(vec![]).await, "400 MalformedXML");
    assert_eq!(complete(vec![bare(&two), bare(&one)]).await, "400 InvalidPartOrder");
    assert_eq!(complete(vec![bare(&one), bare(&two)]).await, "400 EntityTooSmall");
    let wrong = CompletedPart::builder()
        .part_number(1)
        .e_tag("\"d41d8cd98f00b204e9800998ecf8427e\"")
        .build();
    assert_eq!(complete(vec![wrong]).await, "400 InvalidPart");
    let absent = CompletedPart::builder().part_number(9).e_tag(one.e_tag().unwrap()).build();
    assert_eq!(complete(vec![absent]).await, "400 InvalidPart");
    assert_eq!(
        client
            .list_parts()
            .bucket("bucket")
            .key("k")
            .upload_id(&id)
            .send()
            .await
            .unwrap()
            .parts()
            .len(),
        2
    );
    assert_eq!(
        refusal(client.head_object().bucket("bucket").key("k").send().await),
        "404 NotFound"
    );
}

#[tokio::test]
async fn an_aborted_upload_is_gone() {
    let (_sandbox, client) = with_bucket().await;
    let id = create(&client, "k").await;
    upload(&client, &id, 1, b"x".to_vec()).await;
    client.abort_multipart_upload().bucket("bucket").key("k").upload_id(&id).send().await.unwrap();
    let abort =
        client.abort_multipart_upload().bucket("bucket").key("k").upload_id(&id).send().await;
    assert_eq!(refusal(abort), "404 NoSuchUpload");
    let late =
        client.upload_part().bucket("bucket").key("k").upload_id(&id).part_number(1).send().await;
    assert_eq!(refusal(late), "404 NoSuchUpload");
    let outside = create(&client, "k").await;
    let part = client
        .upload_part()
        .bucket("bucket")
        .key("k")
        .upload_id(&outside)
        .part_number(10_001)
        .send()
        .await;
    assert_eq!(refusal(part), "400 InvalidArgument");
}

#[tokio::test]
async fn uploads_are_listed_in_pages_of_two_markers() {
    let (_sandbox, client) = with_bucket().await;
    let mut expected = Vec::new();
    for key in ["a", "b", "b", "b", "c/1"] {
        expected.push((key.to_owned(), create(&client, key).await));
    }
    let (mut key, mut id, mut seen) = (None, None, Vec::new());
    loop {
        let page = client
            .list_multipart_uploads()
            .bucket("bucket")
            .max_uploads(2)
            .set_key_marker(key)
            .set_upload_id_marker(id)
            .send()
            .await
            .unwrap();
        seen.extend(page.uploads().iter().map(|upload| {
            (upload.key().unwrap().to_owned(), upload.upload_id().unwrap().to_owned())
        }));
        if page.is_truncated() != Some(true) {
            break;
        }
        (key, id) = (page.next_key_marker, page.next_upload_id_marker);
    }
    assert_eq!(seen, expected);
    // The key marker alone skips the key's other uploads.
    let after =
        client.list_multipart_uploads().bucket("bucket").key_marker("b").send().await.unwrap();
    assert_eq!(after.uploads().len(), 1);
    let rolled = client
        .list_multipart_uploads()
        .bucket("bucket")
        .delimiter("/")
        .prefix("c")
        .send()
        .await
        .unwrap();
    assert_eq!(rolled.common_prefixes()[0].prefix(), Some("c/"));
}

#[tokio::test]
async fn a_part_can_be_copied() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "source", "0123456789").await;
    let id = create(&client, "k").await;
    let copy = || {
        client
            .upload_part_copy()
            .bucket("bucket")
            .key("k")
            .upload_id(&id)
            .part_number(1)
            .copy_source("bucket/source")
    };
    assert_eq!(refusal(copy().copy_source_range("bytes=5-10").send().await), "400 InvalidArgument");
    assert_eq!(
        refusal(copy().copy_source_if_match("\"other\"").send().await),
        "412 PreconditionFailed"
    );
    let part =
        copy().copy_source_range("bytes=2-4").send().await.unwrap().copy_part_result.unwrap();
    let part = CompletedPart::builder().part_number(1).set_e_tag(part.e_tag).build();
    client
        .complete_multipart_upload()
        .bucket("bucket")
        .key("k")
        .upload_id(&id)
        .multipart_upload(parts(vec![part]))
        .send()
        .await
        .unwrap();
    assert_eq!(
        text(client.get_object().bucket("bucket").key("k").send().await.unwrap().body).await,
        "234"
    );
}

#[tokio::test]
async fn checksums_are_composite_or_of_the_full_object() {
    let (_sandbox, client) = with_bucket().await;
    let begin = async |algorithm: ChecksumAlgorithm, kind: ChecksumType| {
        client
            .create_multipart_upload()
            .bucket("bucket")
            .key("k")
            .checksum_algorithm(algorithm)
            .checksum_type(kind)
            .send()
            .await
    };
    assert_eq!(
        refusal(begin(ChecksumAlgorithm::Sha256, ChecksumType::FullObject).await),
        "400 InvalidRequest"
    );
    assert_eq!(
        refusal(begin(ChecksumAlgorithm::Crc64Nvme, ChecksumType::Composite).await),
        "400 InvalidRequest"
    );

    let id =
        begin(ChecksumAlgorithm::Crc32, ChecksumType::FullObject).await.unwrap().upload_id.unwrap();
    let one = upload(&client, &id, 1, vec![b'x'; MIN_PART]).await;
    let two = upload(&client, &id, 2, b"tail".to_vec()).await;
    let complete = |id: &str| {
        client
            .complete_multipart_upload()
            .bucket("bucket")
            .key("k")
            .upload_id(id)
            .multipart_upload(parts(vec![one.clone(), two.clone()]))
    };
    assert_eq!(refusal(complete(&id).checksum_crc32("AAAAAA==").send().await), "400 BadDigest");
    complete(&id).send().await.unwrap();
    let whole: Vec<u8> = [vec![b'x'; MIN_PART], b"tail".to_vec()].concat();
    let single = client
        .put_object()
        .bucket("bucket")
        .key("single")
        .checksum_algorithm(ChecksumAlgorithm::Crc32)
        .body(ByteStream::from(whole))
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
    assert_eq!(head.checksum_crc32(), single.checksum_crc32());
    assert_eq!(head.checksum_type(), Some(&ChecksumType::FullObject));

    let id =
        begin(ChecksumAlgorithm::Crc32, ChecksumType::Composite).await.unwrap().upload_id.unwrap();
    let one = upload(&client, &id, 1, vec![b'x'; MIN_PART]).await;
    let two = upload(&client, &id, 2, b"tail".to_vec()).await;
    let without = client
        .complete_multipart_upload()
        .bucket("bucket")
        .key("k")
        .upload_id(&id)
        .multipart_upload(parts(vec![bare(&one), bare(&two)]))
        .send()
        .await;
    assert_eq!(refusal(without), "400 InvalidRequest");
    let done = client
        .complete_multipart_upload()
        .bucket("bucket")
        .key("k")
        .upload_id(&id)
        .multipart_upload(parts(vec![one, two]))
        .send()
        .await
        .unwrap();
    assert!(done.checksum_crc32().unwrap().ends_with("-2"));
    assert_eq!(done.checksum_type(), Some(&ChecksumType::Composite));
}

#[tokio::test]
async fn only_the_first_completion_creates() {
    let (_sandbox, client) = with_bucket().await;
    let id = create(&client, "k").await;
    let part = upload(&client, &id, 1, b"x".to_vec()).await;
    put(&client, "k", "already").await;
    let complete = client
        .complete_multipart_upload()
        .bucket("bucket")
        .key("k")
        .upload_id(&id)
        .if_none_match("*")
        .multipart_upload(parts(vec![bare(&part)]));
    assert_eq!(refusal(complete.send().await), "412 PreconditionFailed");
    assert_eq!(
        text(client.get_object().bucket("bucket").key("k").send().await.unwrap().body).await,
        "already"
    );
}
