//! What is tried in a bucket, and what is said where it is refused.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};

use super::proxy::{self, Answer};
use super::{everything_in, settings};
use crate::harness::World;
use crate::wire::Wire;

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
        "PUT" | "GET" if target.contains("/test/check-") => denied(),
        _ => None,
    });
    world.set("AWS_ENDPOINT_URL", &endpoint);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
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
         allowed s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket
          denied s3:PutObject on arn:aws:s3:::shared/test/*: AccessDenied: said the proxy
         unknown s3:GetObject on arn:aws:s3:::shared/test/*: there is no object to read, and who may not list a bucket is refused for that too

    ----- stderr -----
           hint: allow `s3:GetEncryptionConfiguration` on `shared` for the caller that `aws sts get-caller-identity` names
           hint: allow `s3:PutLifecycleConfiguration` on `shared` for the caller that `aws sts get-caller-identity` names
           hint: the policy that allows it: cargo xtask policy --for tests
          failed 1 of 1 buckets are not ready
    "));
}

#[tokio::test]
async fn what_may_not_be_deleted_is_reported_with_its_key() {
    let mut world = World::new().await;
    // Not the first, which asks whether what will be written could be removed again.
    let asked = AtomicBool::new(false);
    let endpoint = proxy::start(world.sandbox.endpoint(), move |method, _| {
        let is_denied = method == "DELETE" && asked.swap(true, Ordering::Relaxed);
        is_denied.then_some(Answer { status: 403, code: "AccessDenied" })
    });
    world.set("AWS_ENDPOINT_URL", &endpoint);
    let text = world.run(&["setup"]);
    assert!(text.starts_with("exit code: 1\n"), "{text}");
    let left = everything_in(&world.s3(), "shared").await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(text.contains(&format!(" left behind shared/{}\n", left[0])), "{text}");
    assert!(text.contains("hint: once it may be deleted: cargo xtask cleanup\n"), "{text}");
}

#[tokio::test]
async fn what_could_not_be_removed_again_is_not_written() {
    let mut world = World::new().await;
    let endpoint = proxy::start(world.sandbox.endpoint(), |method, _| {
        (method == "DELETE").then_some(Answer { status: 403, code: "AccessDenied" })
    });
    world.set("AWS_ENDPOINT_URL", &endpoint);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
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
         allowed s3:GetObject, s3:ListBucket
         unknown s3:PutObject on arn:aws:s3:::shared/test/*: not tried: what it leaves could not be removed again
         unknown s3:DeleteObject on arn:aws:s3:::shared/test/*: not tried: what it leaves could not be removed again
          denied s3:DeleteObjectVersion on arn:aws:s3:::shared/test/*: AccessDenied: said the proxy

    ----- stderr -----
           hint: the policy that allows it: cargo xtask policy --for tests
          failed 1 of 1 buckets are not ready
    "));
}

#[tokio::test]
async fn reading_is_not_known_where_nothing_can_be_written_or_listed() {
    let mut world = World::new().await;
    let endpoint = proxy::start(world.sandbox.endpoint(), |_, target| {
        let is_object_action = target.contains("check-");
        is_object_action.then_some(Answer { status: 403, code: "AccessDenied" })
    });
    world.set("AWS_ENDPOINT_URL", &endpoint);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
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
         unknown s3:PutObject on arn:aws:s3:::shared/test/*: not tried: what it leaves could not be removed again
         unknown s3:GetObject on arn:aws:s3:::shared/test/*: there is no object to read, and who may not list a bucket is refused for that too
         unknown s3:DeleteObject on arn:aws:s3:::shared/test/*: not tried: what it leaves could not be removed again
          denied s3:DeleteObjectVersion on arn:aws:s3:::shared/test/*: AccessDenied: said the proxy
          denied s3:ListBucket on arn:aws:s3:::shared: AccessDenied: said the proxy

    ----- stderr -----
           hint: the policy that allows it: cargo xtask policy --for tests
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
        assert!(
            shown.contains("s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket\n"),
            "{shown}"
        );
        assert_eq!(everything_in(&world.s3(), "shared").await, [""; 0]);
    }
}

#[tokio::test]
async fn other_bytes_than_were_written_are_no_read() {
    let mut world = World::new().await;
    let endpoint = proxy::start(world.sandbox.endpoint(), |method, target| {
        let is_read = method == "GET" && target.contains("/test/check-");
        is_read.then_some(Answer { status: 200, code: "" })
    });
    world.set("AWS_ENDPOINT_URL", &endpoint);
    let text = world.run(&["setup"]);
    assert!(text.starts_with("exit code: 1\n"), "{text}");
    let row = "unknown s3:GetObject on arn:aws:s3:::shared/test/*: the server gave back other bytes than were written\n";
    assert!(text.contains(row), "{text}");
}

#[tokio::test]
async fn a_clean_up_that_comes_along_takes_the_probe_for_the_live_run_that_it_is() {
    let mut world = World::new().await;
    world.run(&["setup"]);
    let mut cleanup = world.command(&["cleanup", "--yes"]);
    let mut cleaned = None;
    let wire = Wire::start(world.sandbox.endpoint(), move |request| {
        if request.starts_with("GET /shared/test/check-") && cleaned.is_none() {
            let output = cleanup.output().unwrap();
            cleaned = Some(output.status.code());
            assert_eq!(cleaned, Some(Some(0)));
        }
    });
    world.set("AWS_ENDPOINT_URL", wire.endpoint());
    let text = world.run(&["setup"]);
    assert!(text.starts_with("exit code: 0\n"), "{text}");
    assert_eq!(everything_in(&world.s3(), "shared").await, [""; 0]);
}
