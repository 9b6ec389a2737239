//! Objects: bytes, ranges, metadata, copies, deletion, tags.

use std::collections::HashMap;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    Delete, MetadataDirective, ObjectAttributes, ObjectCannedAcl, ObjectIdentifier, Tag, Tagging,
};
use http::Method;
use sandbox::{AccessKey, Config, Sandbox};

use crate::support::{ACCOUNT, KEY, SECRET, client, put, refusal, send, text, with_bucket};

#[tokio::test]
async fn odd_keys_survive() {
    let (_sandbox, client) = with_bucket().await;
    let longest = "k".repeat(1_024);
    let keys = [
        "a b",
        "a+b",
        "100%",
        "%41",
        "ü/日本",
        "a//b",
        "/leading",
        "trailing/",
        "..",
        "a?b#c&d=e",
        "\u{1F980}",
        longest.as_str(),
    ];
    for key in keys {
        client
            .put_object()
            .bucket("bucket")
            .key(key)
            .body(ByteStream::from(key.as_bytes().to_vec()))
            .send()
            .await
            .unwrap();
    }
    for key in keys {
        let got = client.get_object().bucket("bucket").key(key).send().await.unwrap();
        assert_eq!(text(got.body).await, key);
    }
    let listed = client.list_objects_v2().bucket("bucket").send().await.unwrap();
    let mut listed: Vec<&str> =
        listed.contents().iter().filter_map(|object| object.key()).collect();
    let mut expected = keys.to_vec();
    expected.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, expected);
    assert_eq!(
        refusal(client.put_object().bucket("bucket").key("k".repeat(1_025)).send().await),
        "400 KeyTooLongError"
    );
}

#[tokio::test]
async fn metadata_comes_back_as_it_went() {
    let (_sandbox, client) = with_bucket().await;
    client
        .put_object()
        .bucket("bucket")
        .key("k")
        .content_type("text/x-test; charset=utf-8")
        .content_encoding("aws-chunked,gzip")
        .cache_control("no-cache")
        .content_disposition("attachment")
        .content_language("de")
        .metadata("Name", "value")
        .body(ByteStream::from_static(b"x"))
        .send()
        .await
        .unwrap();
    let head = client.head_object().bucket("bucket").key("k").send().await.unwrap();
    assert_eq!(head.content_type(), Some("text/x-test; charset=utf-8"));
    assert_eq!(head.content_encoding(), Some("gzip"));
    assert_eq!(head.cache_control(), Some("no-cache"));
    assert_eq!(head.content_disposition(), Some("attachment"));
    assert_eq!(head.content_language(), Some("de"));
    assert_eq!(head.metadata().unwrap(), &HashMap::from([("name".to_owned(), "value".to_owned())]));
    assert_eq!(head.content_length(), Some(1));
    assert_eq!(head.server_side_encryption().map(|encryption| encryption.as_str()), Some("AES256"));
    let large =
        client.put_object().bucket("bucket").key("k").metadata("a", "v".repeat(2_048)).send().await;
    assert_eq!(refusal(large), "400 MetadataTooLarge");
}

#[tokio::test]
async fn a_range_is_cut_to_the_object_or_not_satisfiable() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k", "0123456789").await;
    let get = async |range: &str| {
        let got = client.get_object().bucket("bucket").key("k").range(range).send().await.unwrap();
        (got.content_range().unwrap_or_default().to_owned(), text(got.body).await)
    };
    let pair = |range: &str, body: &str| (range.to_owned(), body.to_owned());
    assert_eq!(get("bytes=2-4").await, pair("bytes 2-4/10", "234"));
    assert_eq!(get("bytes=8-").await, pair("bytes 8-9/10", "89"));
    assert_eq!(get("bytes=8-100").await, pair("bytes 8-9/10", "89"));
    assert_eq!(get("bytes=-3").await, pair("bytes 7-9/10", "789"));
    assert_eq!(get("bytes=-30").await, pair("bytes 0-9/10", "0123456789"));
    for range in ["bytes=10-", "bytes=-0"] {
        assert_eq!(
            refusal(client.get_object().bucket("bucket").key("k").range(range).send().await),
            "416 InvalidRange"
        );
    }
}

#[tokio::test]
async fn a_copy_keeps_or_replaces_metadata_and_tags() {
    let (_sandbox, client) = with_bucket().await;
    client
        .put_object()
        .bucket("bucket")
        .key("a b")
        .metadata("m", "1")
        .content_type("text/a")
        .tagging("t=1")
        .body(ByteStream::from_static(b"x"))
        .send()
        .await
        .unwrap();
    client
        .copy_object()
        .bucket("bucket")
        .key("kept")
        .copy_source("bucket/a%20b")
        .send()
        .await
        .unwrap();
    let kept = client.head_object().bucket("bucket").key("kept").send().await.unwrap();
    assert_eq!(
        (kept.content_type(), kept.metadata().unwrap()["m"].as_str()),
        (Some("text/a"), "1")
    );
    assert_eq!(
        client
            .get_object_tagging()
            .bucket("bucket")
            .key("kept")
            .send()
            .await
            .unwrap()
            .tag_set()
            .len(),
        1
    );
    let replaced = client
        .copy_object()
        .bucket("bucket")
        .key("new")
        .copy_source("bucket/a%20b")
        .metadata_directive(MetadataDirective::Replace)
        .content_type("text/b");
    replaced.send().await.unwrap();
    let replaced = client.head_object().bucket("bucket").key("new").send().await.unwrap();
    assert_eq!(
        (replaced.content_type(), replaced.metadata().map(HashMap::len)),
        (Some("text/b"), Some(0))
    );
    let onto_itself =
        client.copy_object().bucket("bucket").key("new").copy_source("bucket/new").send().await;
    assert_eq!(refusal(onto_itself), "400 InvalidRequest");
    assert_eq!(
        refusal(
            client
                .copy_object()
                .bucket("bucket")
                .key("k")
                .copy_source("bucket/missing")
                .send()
                .await
        ),
        "404 NoSuchKey"
    );
    assert_eq!(
        refusal(
            client
                .copy_object()
                .bucket("bucket")
                .key("k")
                .copy_source("nobody-made-it/k")
                .send()
                .await
        ),
        "404 NoSuchBucket"
    );
}

#[tokio::test]
async fn a_stranger_cannot_copy_from_here() {
    let (sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    let other = crate::support::other_client(&sandbox);
    other.create_bucket().bucket("theirs").send().await.unwrap();
    assert_eq!(
        refusal(other.copy_object().bucket("theirs").key("k").copy_source("bucket/k").send().await),
        "403 AccessDenied"
    );
}

fn keys(keys: &[&str], quiet: bool) -> Delete {
    let objects =
        keys.iter().map(|key| ObjectIdentifier::builder().key(*key).build().unwrap()).collect();
    Delete::builder().set_objects(Some(objects)).quiet(quiet).build().unwrap()
}

#[tokio::test]
async fn delete_objects_tells_each_key_and_forgives_missing_ones() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "a", "x").await;
    let answer = client
        .delete_objects()
        .bucket("bucket")
        .delete(keys(&["a", "missing"], false))
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.deleted().iter().filter_map(|deleted| deleted.key()).collect::<Vec<_>>(),
        ["a", "missing"]
    );
    assert!(answer.errors().is_empty());
    let quiet =
        client.delete_objects().bucket("bucket").delete(keys(&["a"], true)).send().await.unwrap();
    assert!(quiet.deleted().is_empty());
    assert_eq!(
        refusal(client.get_object().bucket("bucket").key("a").send().await),
        "404 NoSuchKey"
    );
    client.delete_object().bucket("bucket").key("a").send().await.unwrap();
}

#[tokio::test]
async fn delete_objects_reports_per_key_errors() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "a", "x").await;
    put(&client, "b", "x").await;
    let objects = [("a", "\"wrong\""), ("b", "*")]
        .map(|(key, etag)| ObjectIdentifier::builder().key(key).e_tag(etag).build().unwrap());
    let delete = Delete::builder().set_objects(Some(objects.to_vec())).build().unwrap();
    let answer = client.delete_objects().bucket("bucket").delete(delete).send().await.unwrap();
    assert_eq!(
        answer.deleted().iter().filter_map(|deleted| deleted.key()).collect::<Vec<_>>(),
        ["b"]
    );
    let error = &answer.errors()[0];
    assert_eq!((error.key(), error.code()), (Some("a"), Some("PreconditionFailed")));
}

#[tokio::test]
async fn more_than_a_thousand_keys_delete_nothing() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k0", "x").await;
    let many: Vec<String> = (0..1_001).map(|number| format!("k{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(
        refusal(client.delete_objects().bucket("bucket").delete(keys(&many, true)).send().await),
        "400 MalformedXML"
    );
    client.head_object().bucket("bucket").key("k0").send().await.unwrap();
    client
        .delete_objects()
        .bucket("bucket")
        .delete(keys(&many[..1_000], true))
        .send()
        .await
        .unwrap();
    assert_eq!(
        refusal(client.head_object().bucket("bucket").key("k0").send().await),
        "404 NotFound"
    );
}

#[tokio::test]
async fn tags_are_counted_and_checked() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    let tagging = |keys: Vec<String>| {
        Tagging::builder()
            .set_tag_set(Some(
                keys.into_iter()
                    .map(|key| Tag::builder().key(key).value("v").build().unwrap())
                    .collect(),
            ))
            .build()
            .unwrap()
    };
    let put_tags = async |keys: Vec<String>| {
        client.put_object_tagging().bucket("bucket").key("k").tagging(tagging(keys)).send().await
    };
    put_tags((0..10).map(|number| format!("k{number}")).collect()).await.unwrap();
    assert_eq!(
        client.head_object().bucket("bucket").key("k").send().await.unwrap().tag_count(),
        Some(10)
    );
    assert_eq!(
        refusal(put_tags((0..11).map(|number| format!("k{number}")).collect()).await),
        "400 BadRequest"
    );
    assert_eq!(refusal(put_tags(vec!["a".into(), "a".into()]).await), "400 InvalidTag");
    assert_eq!(refusal(put_tags(vec!["aws:a".into()]).await), "400 InvalidTag");
    client.delete_object_tagging().bucket("bucket").key("k").send().await.unwrap();
    assert!(
        client
            .get_object_tagging()
            .bucket("bucket")
            .key("k")
            .send()
            .await
            .unwrap()
            .tag_set()
            .is_empty()
    );
}

#[tokio::test]
async fn only_the_attributes_asked_for_are_told() {
    let (_sandbox, client) = with_bucket().await;
    let etag = put(&client, "k", "hello").await.e_tag.unwrap();
    let attributes = client
        .get_object_attributes()
        .bucket("bucket")
        .key("k")
        .object_attributes(ObjectAttributes::Etag)
        .object_attributes(ObjectAttributes::ObjectSize)
        .object_attributes(ObjectAttributes::Checksum)
        .send()
        .await
        .unwrap();
    assert_eq!(attributes.e_tag(), Some(etag.trim_matches('"')));
    assert_eq!(attributes.object_size(), Some(5));
    assert!(attributes.checksum().unwrap().checksum_crc32().is_some());
    assert!(attributes.storage_class().is_none());
}

#[tokio::test]
async fn only_a_signed_request_replaces_headers_of_the_answer() {
    let config = Config { legacy_bucket_defaults: true, ..Config::default() };
    let sandbox = Sandbox::start(config).await.unwrap();
    sandbox.add_access_key(AccessKey::user(ACCOUNT, "main", KEY, SECRET));
    let client = client(&sandbox);
    client.create_bucket().bucket("bucket").send().await.unwrap();
    let public = client.put_object().bucket("bucket").key("k").acl(ObjectCannedAcl::PublicRead);
    public.send().await.unwrap();
    let get = client.get_object().bucket("bucket").key("k").response_content_type("text/x-test");
    assert_eq!(get.send().await.unwrap().content_type(), Some("text/x-test"));

    let url = format!("{}/bucket/k", sandbox.endpoint());
    assert_eq!(send(Method::GET, &url, &[], "").await.0, 200);
    let url = format!("{url}?response-content-type=text/x-test");
    let (status, _, body) = send(Method::GET, &url, &[], "").await;
    assert_eq!(status, 400, "{body}");
    assert!(body.contains("<Code>InvalidRequest</Code>"), "{body}");
}

#[tokio::test]
async fn a_large_body_is_one_object() {
    let (sandbox, _) = with_bucket().await;
    let client = client(&sandbox);
    let body: Vec<u8> = (0..20_000_000u32).map(|number| (number % 251) as u8).collect();
    client
        .put_object()
        .bucket("bucket")
        .key("k")
        .body(ByteStream::from(body.clone()))
        .send()
        .await
        .unwrap();
    let got = client.get_object().bucket("bucket").key("k").send().await.unwrap();
    assert!(got.body.collect().await.unwrap().to_vec() == body);
}
