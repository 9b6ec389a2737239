//! Buckets: names, regions, owners, tags from the beginning, deletion.

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Tag};

use crate::support::{
    client, client_in, create_in, other_client, put, refusal, sandbox, with_bucket,
};

fn located(region: &str) -> CreateBucketConfiguration {
    CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(region))
        .build()
}

#[tokio::test]
async fn the_constraint_is_the_endpoints_region() {
    let sandbox = sandbox().await;
    let east = client_in(&sandbox, "us-east-1");
    let west = client_in(&sandbox, "eu-west-1");
    create_in(&west, "eu-west-1", "west").await;
    east.create_bucket().bucket("east").send().await.unwrap();
    assert_eq!(
        refusal(west.create_bucket().bucket("plain").send().await),
        "400 IllegalLocationConstraintException"
    );
    assert_eq!(
        refusal(
            west.create_bucket()
                .bucket("plain")
                .create_bucket_configuration(located("us-west-2"))
                .send()
                .await
        ),
        "400 IllegalLocationConstraintException"
    );
    assert_eq!(
        refusal(
            east.create_bucket()
                .bucket("plain")
                .create_bucket_configuration(located("us-east-1"))
                .send()
                .await
        ),
        "400 InvalidLocationConstraint"
    );
    assert_eq!(
        refusal(
            east.create_bucket()
                .bucket("plain")
                .create_bucket_configuration(located("mars"))
                .send()
                .await
        ),
        "400 InvalidLocationConstraint"
    );
    let location = |client: aws_sdk_s3::Client, bucket: &'static str| async move {
        client
            .get_bucket_location()
            .bucket(bucket)
            .send()
            .await
            .unwrap()
            .location_constraint
            .map(|region| region.as_str().to_owned())
    };
    assert_eq!(location(west.clone(), "west").await.as_deref(), Some("eu-west-1"));
    assert!(location(east, "east").await.is_none_or(|region| region.is_empty()));
    assert_eq!(
        west.head_bucket().bucket("west").send().await.unwrap().bucket_region(),
        Some("eu-west-1")
    );
}

#[tokio::test]
async fn a_name_is_taken_by_oneself_or_by_somebody() {
    let sandbox = sandbox().await;
    let east = client(&sandbox);
    east.create_bucket().bucket("taken").send().await.unwrap();
    east.create_bucket().bucket("taken").send().await.unwrap();
    assert_eq!(
        refusal(other_client(&sandbox).create_bucket().bucket("taken").send().await),
        "409 BucketAlreadyExists"
    );
    let west = client_in(&sandbox, "eu-west-1");
    create_in(&west, "eu-west-1", "west").await;
    assert_eq!(
        refusal(
            west.create_bucket()
                .bucket("west")
                .create_bucket_configuration(located("eu-west-1"))
                .send()
                .await
        ),
        "409 BucketAlreadyOwnedByYou"
    );
}

#[tokio::test]
async fn names_follow_the_rules() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let long = "a".repeat(64);
    for name in [
        "ab",
        "Upper",
        "under_score",
        "-dash",
        "dash-",
        "two..dots",
        "192.168.0.1",
        "xn--x",
        "sthree-x",
        "x-s3alias",
        "x--ol-s3",
        "dot.-dash",
        long.as_str(),
    ] {
        assert_eq!(
            refusal(client.create_bucket().bucket(name).send().await),
            "400 InvalidBucketName",
            "{name}"
        );
    }
    for name in ["abc", "a.b-c", "1bucket", &long[..63]] {
        client.create_bucket().bucket(name).send().await.unwrap();
    }
}

#[tokio::test]
async fn only_an_empty_bucket_can_be_deleted() {
    let (_sandbox, client) = with_bucket().await;
    put(&client, "k", "x").await;
    assert_eq!(refusal(client.delete_bucket().bucket("bucket").send().await), "409 BucketNotEmpty");
    client.delete_object().bucket("bucket").key("k").send().await.unwrap();
    client.delete_bucket().bucket("bucket").send().await.unwrap();
    assert_eq!(refusal(client.delete_bucket().bucket("bucket").send().await), "404 NoSuchBucket");
    assert_eq!(refusal(client.head_bucket().bucket("bucket").send().await), "404 NotFound");
}

#[tokio::test]
async fn buckets_are_listed_in_pages() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    for name in ["one", "two", "three"] {
        client.create_bucket().bucket(name).send().await.unwrap();
    }
    let first = client.list_buckets().max_buckets(2).send().await.unwrap();
    assert_eq!(
        first.buckets().iter().filter_map(|bucket| bucket.name()).collect::<Vec<_>>(),
        ["one", "three"]
    );
    let second = client
        .list_buckets()
        .max_buckets(2)
        .continuation_token(first.continuation_token().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        second.buckets().iter().filter_map(|bucket| bucket.name()).collect::<Vec<_>>(),
        ["two"]
    );
    assert_eq!(second.continuation_token(), None);
    assert_eq!(client.list_buckets().prefix("t").send().await.unwrap().buckets().len(), 2);
}

#[tokio::test]
async fn a_bucket_may_be_tagged_when_it_is_created() {
    let (_sandbox, client) = with_bucket().await;
    let create = |name: &str, tags: &[(&str, &str)]| {
        let tags = tags
            .iter()
            .map(|(key, value)| Tag::builder().key(*key).value(*value).build().unwrap())
            .collect();
        let configuration = CreateBucketConfiguration::builder().set_tags(Some(tags)).build();
        client.create_bucket().bucket(name).create_bucket_configuration(configuration).send()
    };
    create("tagged", &[("team", "a + b"), ("empty", "")]).await.unwrap();
    let told = client.get_bucket_tagging().bucket("tagged").send().await.unwrap();
    let told: Vec<_> = told.tag_set().iter().map(|tag| (tag.key(), tag.value())).collect();
    assert_eq!(told, [("team", "a + b"), ("empty", "")]);
    assert_eq!(refusal(create("twice", &[("a", "1"), ("a", "2")]).await), "400 InvalidTag");
    // An entity is decoded before it is judged.
    assert_eq!(refusal(create("wrong", &[("team", "a & b")]).await), "400 InvalidTag");
    assert_eq!(refusal(client.head_bucket().bucket("wrong").send().await), "404 NotFound");
}
