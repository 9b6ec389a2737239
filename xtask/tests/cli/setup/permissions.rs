//! What is tried in a bucket, and what is said where it is refused.

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};

use super::proxy::{self, Answer};
use super::{everything_in, settings};
use crate::harness::World;

#[tokio::test]
async fn a_bucket_of_ours_that_may_not_be_used_is_told_from_a_foreign_one() {
    let mut world = World::new().await;
    world.run(&["setup"]);
    let endpoint = proxy::start(world.sandbox.endpoint(), |method, _| {
        (method == "HEAD").then_some(Answer { status: 403, code: "" })
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

           taken shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS): is this account's, but it may not be used

    ----- stderr -----
           hint: allow `s3:ListBucket` on `shared` for the caller named above
          failed 1 of 1 buckets are not ready
    "));
}

#[tokio::test]
async fn each_denied_action_is_named_with_its_cure_and_the_rest_is_done() {
    let mut world = World::new().await;
    let denied = || Some(Answer { status: 403, code: "AccessDenied" });
    let endpoint = proxy::start(world.sandbox.endpoint(), move |method, target| match method {
        "PUT" if target.contains("?lifecycle") => denied(),
        "GET" if target.contains("?encryption") => denied(),
        "PUT" | "GET" if target.contains("/setup.probe/") && !target.contains("prefix=") => {
            denied()
        }
        _ => None,
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

         created shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
             set tags: cargo-xtask=test-bucket
       unchanged Block Public Access: all four on
        not read default encryption: `s3:GetEncryptionConfiguration` on `shared` failed: AccessDenied: said the proxy (request id [ID])
         not set lifecycle: `s3:PutLifecycleConfiguration` on `shared` failed: AccessDenied: said the proxy (request id [ID])
         allowed s3:ListBucket, s3:DeleteObject
          denied `s3:PutObject` on `arn:aws:s3:::shared/test/*` failed: AccessDenied: said the proxy (request id [ID])
          denied `s3:GetObject` on `arn:aws:s3:::shared/test/*` failed: AccessDenied: said the proxy (request id [ID])

    ----- stderr -----
           hint: allow `s3:GetEncryptionConfiguration` on `shared` for the caller that `aws sts get-caller-identity` names
           hint: allow `s3:PutLifecycleConfiguration` on `shared` for the caller that `aws sts get-caller-identity` names
           hint: allow `s3:PutObject` on `arn:aws:s3:::shared/test/*` for the caller that `aws sts get-caller-identity` names
           hint: allow `s3:GetObject` on `arn:aws:s3:::shared/test/*` for the caller that `aws sts get-caller-identity` names
          failed 1 of 1 buckets are not ready
    "));
}

#[tokio::test]
async fn what_may_not_be_deleted_is_reported_with_its_key() {
    let mut world = World::new().await;
    let endpoint = proxy::start(world.sandbox.endpoint(), |method, _| {
        (method == "DELETE").then_some(Answer { status: 403, code: "AccessDenied" })
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

         created shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
             set tags: cargo-xtask=test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket
          denied `s3:DeleteObject` on `arn:aws:s3:::shared/test/*` failed: AccessDenied: said the proxy (request id [ID])
     left behind test/[RUN]/setup.probe/[NONCE]/probe

    ----- stderr -----
           hint: allow `s3:DeleteObject` on `arn:aws:s3:::shared/test/*` for the caller that `aws sts get-caller-identity` names
           hint: once it may be deleted: cargo xtask cleanup --yes
          failed 1 of 1 buckets are not ready
    "));
}

#[tokio::test]
async fn reading_is_not_known_where_nothing_can_be_written_or_listed() {
    let mut world = World::new().await;
    let endpoint = proxy::start(world.sandbox.endpoint(), |_, target| {
        let is_object_action = target.contains("setup.probe");
        is_object_action.then_some(Answer { status: 403, code: "AccessDenied" })
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

         created shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
             set tags: cargo-xtask=test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
          denied `s3:PutObject` on `arn:aws:s3:::shared/test/*` failed: AccessDenied: said the proxy (request id [ID])
         unknown s3:GetObject on arn:aws:s3:::shared/test/*: there is no object to read, and who may not list a bucket is refused for that too
          denied `s3:ListBucket` on `arn:aws:s3:::shared` failed: AccessDenied: said the proxy (request id [ID])
          denied `s3:DeleteObject` on `arn:aws:s3:::shared/test/*` failed: AccessDenied: said the proxy (request id [ID])

    ----- stderr -----
           hint: allow `s3:PutObject` on `arn:aws:s3:::shared/test/*` for the caller that `aws sts get-caller-identity` names
           hint: allow `s3:ListBucket` on `arn:aws:s3:::shared` for the caller that `aws sts get-caller-identity` names
           hint: allow `s3:DeleteObject` on `arn:aws:s3:::shared/test/*` for the caller that `aws sts get-caller-identity` names
          failed 1 of 1 buckets are not ready
    "));
}

#[tokio::test]
async fn nothing_is_left_in_a_bucket_that_keeps_versions() {
    let world = World::new().await;
    world.run(&["setup"]);
    for status in [BucketVersioningStatus::Enabled, BucketVersioningStatus::Suspended] {
        let versioning = VersioningConfiguration::builder().status(status).build();
        let put = world.s3().put_bucket_versioning().bucket("shared");
        put.versioning_configuration(versioning).send().await.unwrap();
        let shown = world.run(&["setup"]);
        assert!(shown.contains("s3:DeleteObject, s3:DeleteObjectVersion\n"), "{shown}");
        assert_eq!(everything_in(&world.s3(), "shared").await, [""; 0]);
    }
}
