//! Listings and their pages.

use aws_sdk_s3::types::EncodingType;

use crate::support::{put, refusal, with_bucket};

#[tokio::test]
async fn a_page_ends_at_a_thousand_and_the_next_goes_on() {
    let (_sandbox, client) = with_bucket().await;
    for number in 0..1_001 {
        put(&client, &format!("k{number:04}"), "").await;
    }
    let first = client.list_objects_v2().bucket("bucket").max_keys(5_000).send().await.unwrap();
    assert_eq!(
        (first.contents().len(), first.key_count(), first.max_keys(), first.is_truncated()),
        (1_000, Some(1_000), Some(1_000), Some(true))
    );
    let second = client
        .list_objects_v2()
        .bucket("bucket")
        .continuation_token(first.next_continuation_token().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        second.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(),
        ["k1000"]
    );
    assert_eq!((second.is_truncated(), second.next_continuation_token()), (Some(false), None));
    let exactly = client.list_objects_v2().bucket("bucket").prefix("k0").send().await.unwrap();
    assert_eq!((exactly.contents().len(), exactly.is_truncated()), (1_000, Some(false)));
}

#[tokio::test]
async fn keys_are_rolled_up_at_the_delimiter_after_the_prefix() {
    let (_sandbox, client) = with_bucket().await;
    for key in ["a", "b/1", "b/2", "b/c/3", "d/4"] {
        put(&client, key, "").await;
    }
    let top = client.list_objects_v2().bucket("bucket").delimiter("/").send().await.unwrap();
    assert_eq!(top.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(
        top.common_prefixes().iter().filter_map(|prefix| prefix.prefix()).collect::<Vec<_>>(),
        ["b/", "d/"]
    );
    assert_eq!(top.key_count(), Some(3));
    let below =
        client.list_objects_v2().bucket("bucket").prefix("b/").delimiter("/").send().await.unwrap();
    assert_eq!(below.contents().len(), 2);
    assert_eq!(below.common_prefixes()[0].prefix(), Some("b/c/"));
    let after = client.list_objects_v2().bucket("bucket").start_after("b/1").send().await.unwrap();
    assert_eq!(after.contents()[0].key(), Some("b/2"));
    let old =
        client.list_objects().bucket("bucket").delimiter("/").max_keys(2).send().await.unwrap();
    assert_eq!((old.is_truncated(), old.next_marker()), (Some(true), Some("b/")));
    let rest =
        client.list_objects().bucket("bucket").delimiter("/").marker("b/").send().await.unwrap();
    assert_eq!(rest.common_prefixes()[0].prefix(), Some("d/"));
}

#[tokio::test]
async fn names_can_be_encoded() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "a b/c+\u{1}", "").await;
    let listed = client
        .list_objects_v2()
        .bucket("bucket")
        .encoding_type(EncodingType::Url)
        .send()
        .await
        .unwrap();
    assert_eq!(listed.contents()[0].key(), Some("a%20b/c%2B%01"));
}

#[tokio::test]
async fn owners_are_listed_on_demand() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k", "").await;
    let plain = client.list_objects_v2().bucket("bucket").send().await.unwrap();
    assert!(plain.contents()[0].owner().is_none());
    let full = client.list_objects_v2().bucket("bucket").fetch_owner(true).send().await.unwrap();
    assert_eq!(full.contents()[0].owner().unwrap().id().unwrap().len(), 64);
}

#[tokio::test]
async fn nonsense_is_refused() {
    let (_sandbox, client) = with_bucket().await;
    assert_eq!(
        refusal(client.list_objects_v2().bucket("bucket").max_keys(-1).send().await),
        "400 InvalidArgument"
    );
    assert_eq!(
        refusal(client.list_objects_v2().bucket("bucket").continuation_token("%%%").send().await),
        "400 InvalidArgument"
    );
    assert_eq!(
        refusal(client.list_objects_v2().bucket("nobody-made-it").send().await),
        "404 NoSuchBucket"
    );
    assert_eq!(
        refusal(client.list_object_versions().bucket("bucket").version_id_marker("x").send().await),
        "400 InvalidArgument"
    );
}
