//! Lifecycle rules: validated, kept, and told to whoever writes what they cover.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, CompletedMultipartUpload,
    CompletedPart, ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
    NoncurrentVersionExpiration,
};

use crate::support::{put, refusal, with_bucket};

fn rule(id: &str) -> aws_sdk_s3::types::builders::LifecycleRuleBuilder {
    LifecycleRule::builder()
        .id(id)
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("test/").build())
}

#[tokio::test]
async fn lifecycle_rules_are_validated_and_kept() {
    let (_sandbox, client) = with_bucket().await;
    let set = async |rules: Vec<LifecycleRule>| {
        let configuration =
            BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().unwrap();
        client
            .put_bucket_lifecycle_configuration()
            .bucket("bucket")
            .lifecycle_configuration(configuration)
            .send()
            .await
    };
    let days = |days| LifecycleExpiration::builder().days(days).build();
    let good = rule("a")
        .expiration(days(1))
        .abort_incomplete_multipart_upload(
            AbortIncompleteMultipartUpload::builder().days_after_initiation(1).build(),
        )
        .noncurrent_version_expiration(
            NoncurrentVersionExpiration::builder().noncurrent_days(1).build(),
        )
        .build()
        .unwrap();
    set(vec![good.clone()]).await.unwrap();
    let kept = client.get_bucket_lifecycle_configuration().bucket("bucket").send().await.unwrap();
    assert_eq!(kept.rules(), [good]);

    assert_eq!(refusal(set(vec![rule("a").build().unwrap()]).await), "400 InvalidRequest");
    assert_eq!(
        refusal(set(vec![rule("a").expiration(days(0)).build().unwrap()]).await),
        "400 InvalidArgument"
    );
    let twice = rule("a").expiration(days(1)).build().unwrap();
    assert_eq!(refusal(set(vec![twice.clone(), twice]).await), "400 InvalidArgument");
    let both = LifecycleExpiration::builder().days(1).expired_object_delete_marker(true).build();
    assert_eq!(
        refusal(set(vec![rule("a").expiration(both).build().unwrap()]).await),
        "400 MalformedXML"
    );
    let no_filter = LifecycleRule::builder()
        .id("a")
        .status(ExpirationStatus::Enabled)
        .expiration(days(1))
        .build()
        .unwrap();
    assert_eq!(refusal(set(vec![no_filter]).await), "400 MalformedXML");
    assert_eq!(
        refusal(set(vec![rule(&"i".repeat(256)).expiration(days(1)).build().unwrap()]).await),
        "400 InvalidArgument"
    );
    // What was refused changed nothing.
    assert_eq!(
        client
            .get_bucket_lifecycle_configuration()
            .bucket("bucket")
            .send()
            .await
            .unwrap()
            .rules()
            .len(),
        1
    );
    client.delete_bucket_lifecycle().bucket("bucket").send().await.unwrap();
    assert_eq!(
        refusal(client.get_bucket_lifecycle_configuration().bucket("bucket").send().await),
        "404 NoSuchLifecycleConfiguration"
    );
}

#[tokio::test]
async fn every_way_to_write_tells_when_the_object_will_go() {
    let (_sandbox, client) = with_bucket().await;
    set_rule(&client, LifecycleExpiration::builder().days(1).build()).await;
    let told = put(&client, "test/k", "x").await.expiration.unwrap();
    assert!(told.ends_with("00:00:00 GMT\", rule-id=\"a\""), "{told}");
    assert_eq!(put(&client, "tests", "x").await.expiration(), None);

    let copy = client.copy_object().bucket("bucket").key("test/c").copy_source("bucket/test/k");
    assert_eq!(copy.send().await.unwrap().expiration(), Some(&*told));
    let upload =
        client.create_multipart_upload().bucket("bucket").key("test/m").send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let part = client.upload_part().bucket("bucket").key("test/m").upload_id(id).part_number(1);
    let part = part.body(ByteStream::from_static(b"x")).send().await.unwrap();
    let part = CompletedPart::builder().part_number(1).set_e_tag(part.e_tag).build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = client.complete_multipart_upload().bucket("bucket").key("test/m").upload_id(id);
    let complete = || complete.clone().multipart_upload(parts.clone()).send();
    for done in [complete().await.unwrap(), complete().await.unwrap()] {
        assert_eq!(done.expiration(), Some(&*told));
    }
    for key in ["test/c", "test/m"] {
        let head = client.head_object().bucket("bucket").key(key).send().await.unwrap();
        assert_eq!(head.expiration(), Some(&*told), "{key}");
    }
}

#[tokio::test]
async fn a_rule_may_reach_beyond_the_dates_that_headers_have() {
    let (_sandbox, client) = with_bucket().await;
    // 1960-01-01, at midnight.
    let early = LifecycleExpiration::builder().date(DateTime::from_secs(-315_619_200)).build();
    for expiration in [LifecycleExpiration::builder().days(i32::MAX).build(), early] {
        set_rule(&client, expiration).await;
        assert_eq!(put(&client, "test/k", "x").await.expiration(), None);
    }
}

/// The only rule, named `a`, for what is under `test/`.
async fn set_rule(client: &Client, expiration: LifecycleExpiration) {
    let rule = rule("a").expiration(expiration).build().unwrap();
    let configuration = BucketLifecycleConfiguration::builder().rules(rule).build().unwrap();
    client
        .put_bucket_lifecycle_configuration()
        .bucket("bucket")
        .lifecycle_configuration(configuration)
        .send()
        .await
        .unwrap();
}
