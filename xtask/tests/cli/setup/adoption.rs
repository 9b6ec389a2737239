//! Buckets that somebody else made: left alone until they are named, and merged then.

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleAndOperator, LifecycleRuleFilter, Tag, Tagging, Transition,
    TransitionDefaultMinimumObjectSize as Minimum, TransitionStorageClass,
};

use super::proxy::{self, Answer};
use super::{everything_in, settings};
use crate::harness::{REGION, World, create_bucket};

#[tokio::test]
async fn a_bucket_made_by_hand_is_left_alone_until_it_is_adopted() {
    let world = World::new().await;
    let s3 = world.s3();
    create_bucket(&s3, "shared", REGION).await;
    let tags = Tagging::builder()
        .tag_set(Tag::builder().key("team").value("a").build().unwrap())
        .build()
        .unwrap();
    s3.put_bucket_tagging().bucket("shared").tagging(tags.clone()).send().await.unwrap();
    let and = LifecycleRuleAndOperator::builder()
        .prefix("logs/")
        .tags(Tag::builder().key("k").value("v").build().unwrap())
        .build();
    let rule = LifecycleRule::builder()
        .id("logs")
        .status(ExpirationStatus::Disabled)
        .filter(LifecycleRuleFilter::builder().and(and).build())
        .expiration(LifecycleExpiration::builder().days(90).build())
        .transitions(
            Transition::builder().days(30).storage_class(TransitionStorageClass::Glacier).build(),
        )
        .build()
        .unwrap();
    let rules = BucketLifecycleConfiguration::builder().rules(rule.clone()).build().unwrap();
    s3.put_bucket_lifecycle_configuration()
        .bucket("shared")
        .lifecycle_configuration(rules)
        .transition_default_minimum_object_size(Minimum::VariesByStorageClass)
        .send()
        .await
        .unwrap();
    s3.delete_public_access_block().bucket("shared").send().await.unwrap();
    let keys = ["a/test/x", "perf-tests/x", "test", "testing/x"];
    for key in keys {
        s3.put_object().bucket("shared").key(key).send().await.unwrap();
    }
    let tags_now = async || s3.get_bucket_tagging().bucket("shared").send().await.unwrap().tag_set;
    let rules_now = async || {
        let get = s3.get_bucket_lifecycle_configuration().bucket("shared");
        let output = get.send().await.unwrap();
        assert_eq!(
            output.transition_default_minimum_object_size,
            Some(Minimum::VariesByStorageClass)
        );
        output.rules.unwrap()
    };

    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

      left alone shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS): it existed before and lacks the tag cargo-xtask=test-bucket
       would set tags: cargo-xtask=test-bucket; tags of others kept: 1
       would set Block Public Access: all four on
       unchanged default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1; rules of others kept: 1
       not tried object actions: they would write to the bucket

            done nothing was changed; left alone: 1 of 1
            next cargo xtask test --aws
    ----- stderr -----
           hint: to take it over with the changes above: cargo xtask setup --adopt shared
    "));
    assert_eq!(tags_now().await, tags.tag_set);
    assert_eq!(rules_now().await, std::slice::from_ref(&rule));
    assert!(s3.get_public_access_block().bucket("shared").send().await.is_err());
    assert_eq!(everything_in(&s3, "shared").await, keys);

    let adopt = ["setup", "--adopt", "shared"];
    settings().bind(|| insta::assert_snapshot!(world.run(&adopt), @"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

         adopted shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
             set tags: cargo-xtask=test-bucket; tags of others kept: 1
             set Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1; rules of others kept: 1
         allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

            done changed 1 of 1 buckets
            next cargo xtask test --aws
    ----- stderr -----
    "));
    assert_eq!(tags_now().await[..1], tags.tag_set);
    assert_eq!(rules_now().await[0], rule);
    assert_eq!(everything_in(&s3, "shared").await, keys);

    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

          exists shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
       unchanged tags: cargo-xtask=test-bucket; tags of others: 1
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
       unchanged lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1; rules of others kept: 1
         allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

            done nothing had to be changed
            next cargo xtask test --aws
    ----- stderr -----
    "));
}

#[tokio::test]
async fn only_a_configured_bucket_can_be_adopted() {
    let world = World::new().await;
    let adopt = ["setup", "--adopt", "shred"];
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&adopt), @r"
    exit code: 1
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

    ----- stderr -----
    error: `--adopt shred`: no variable names this bucket

    hint: the configured buckets are: shared
    ")
    });
    assert!(world.s3().list_buckets().send().await.unwrap().buckets().is_empty());
}

#[tokio::test]
async fn objects_that_an_adoption_would_expire_are_pointed_at() {
    let world = World::new().await;
    create_bucket(&world.s3(), "shared", REGION).await;
    world.s3().put_object().bucket("shared").key("test/mine").send().await.unwrap();
    let dry = ["setup", "--dry-run", "--adopt", "shared"];
    settings().bind(|| insta::assert_snapshot!(world.run(&dry), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

     would adopt shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
       would set tags: cargo-xtask=test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
    would expire whatever is below `test/` already
       not tried object actions: they would write to the bucket

         dry run would change 1 of 1 buckets, changed none
            next cargo xtask setup --adopt shared
    ----- stderr -----
    "));
}

#[tokio::test]
async fn a_bucket_whose_tags_may_not_be_read_is_left_alone() {
    let mut world = World::new().await;
    world.run(&["setup"]);
    let endpoint = proxy::start(world.sandbox.endpoint(), |method, target| {
        let is_denied = method == "GET" && target.contains("?tagging");
        let is_denied = is_denied || (method == "GET" && target.contains("?lifecycle"));
        is_denied.then_some(Answer { status: 403, code: "AccessDenied" })
    });
    world.set("AWS_ENDPOINT_URL", &endpoint);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 1
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint http://127.0.0.1:[PORT]

      left alone shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS): it existed before, and its tags may not be read
        not read tags: `s3:GetBucketTagging` on `shared` failed: AccessDenied: said the proxy (request id [ID])
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
        not read lifecycle: `s3:GetLifecycleConfiguration` on `shared` failed: AccessDenied: said the proxy (request id [ID])
       not tried object actions: they would write to the bucket

    ----- stderr -----
           hint: allow `s3:GetBucketTagging` on `shared` for the caller that `aws sts get-caller-identity` names
           hint: allow `s3:GetLifecycleConfiguration` on `shared` for the caller that `aws sts get-caller-identity` names
          failed 1 of 1 buckets are not ready
    "));
}
