//! What is broken as a whole ends the run before anything is built, with a cure.

use std::time::{Duration, Instant};

use super::{QUICK, provisioned, result};
use crate::harness::{REGION, World, create_bucket, settings};

/// Runs `test --aws`, which must end before cargo is started.
fn refused(world: &World) -> String {
    let started = Instant::now();
    let text = world.run(&["test", "--aws", QUICK]);
    assert!(!text.contains("Building"), "{text}");
    // Bounded, however loaded the machine is: a connection that fails is tried three times.
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    text
}

#[tokio::test]
async fn a_missing_bucket_ends_the_run_before_it_builds() {
    let world = World::new().await;
    settings().bind(|| insta::assert_snapshot!(refused(&world), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
         Testing run [RUN] on [ENDPOINT], region eu-central-1, account 123456789012
    error: the bucket `shared` (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS) does not exist

    hint: cargo xtask setup
    "));
}

#[tokio::test]
async fn a_bucket_of_somebody_else_ends_the_run_before_it_builds() {
    let world = World::new().await;
    create_bucket(&world.other_s3(), "shared", REGION).await;
    settings().bind(|| insta::assert_snapshot!(refused(&world), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
         Testing run [RUN] on [ENDPOINT], region eu-central-1, account 123456789012
    error: the bucket `shared` (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS) does not belong to account 123456789012, or it may not be seen

    hint: where it is yours, a permission is missing: cargo xtask check
    hint: name a bucket of your own in S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS, then: cargo xtask setup
    "));
}

#[tokio::test]
async fn a_bucket_in_another_region_ends_the_run_before_it_builds() {
    let world = World::new().await;
    create_bucket(&world.s3_in("us-west-2"), "shared", "us-west-2").await;
    settings().bind(|| insta::assert_snapshot!(refused(&world), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
         Testing run [RUN] on [ENDPOINT], region eu-central-1, account 123456789012
    error: the bucket `shared` (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS) is in `us-west-2`, not in `eu-central-1`

    hint: export AWS_REGION=us-west-2
    "));
}

#[tokio::test]
async fn a_variable_without_a_bucket_ends_the_run_before_it_builds() {
    let mut world = World::new().await;
    world.unset("S3_BUCKET_EXPORTS");
    world.set("S3_BUCKET_UPLOADS", "");
    settings().bind(|| {
        insta::assert_snapshot!(refused(&world), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
         Testing run [RUN] on [ENDPOINT], region eu-central-1, account 123456789012
    error: no bucket is named by S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS

    hint: cargo xtask setup --write-env
    ")
    });
}

#[tokio::test]
async fn an_unknown_key_ends_the_run_before_it_builds() {
    let mut world = World::new().await;
    world.set("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSTHIS0");
    settings().bind(|| insta::assert_snapshot!(refused(&world), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: the server at [ENDPOINT]
      caused by: `s3:ListAllMyBuckets` failed: InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records (request id [ID])

    hint: check the access key and its secret; `aws sts get-caller-identity` must answer
    "));
}

#[tokio::test]
async fn a_wrong_secret_ends_the_run_before_it_builds() {
    let mut world = World::new().await;
    world.set("AWS_SECRET_ACCESS_KEY", "wrong");
    settings().bind(|| insta::assert_snapshot!(refused(&world), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: the server at [ENDPOINT]
      caused by: `s3:ListAllMyBuckets` failed: SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your key and signing method (request id [ID])

    hint: check the access key and its secret; `aws sts get-caller-identity` must answer
    "));
}

#[tokio::test]
async fn half_a_key_pair_ends_the_run_before_it_builds() {
    let mut world = World::new().await;
    world.set("AWS_SECRET_ACCESS_KEY", "");
    settings().bind(|| {
        insta::assert_snapshot!(refused(&world), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: `AWS_ACCESS_KEY_ID` is set (environment), but `AWS_SECRET_ACCESS_KEY` is not

    hint: set both in the same place, or unset the one
    ")
    });
}

#[tokio::test]
async fn no_region_ends_the_run_before_it_builds() {
    let mut world = World::new().await;
    world.unset("AWS_REGION");
    settings().bind(|| {
        insta::assert_snapshot!(refused(&world), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: no region is configured: `AWS_REGION` is not set

    hint: export AWS_REGION=us-west-2, or add `AWS_REGION=us-west-2` to `app/.env`
    ")
    });
}

#[tokio::test]
async fn an_endpoint_that_is_down_ends_the_run_before_it_builds() {
    let mut world = World::new().await;
    world.set("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    settings().bind(|| insta::assert_snapshot!(refused(&world), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: the server at http://127.0.0.1:1
      caused by: `s3:ListAllMyBuckets` failed: dispatch failure: io error: client error (Connect): tcp connect error: Connection refused (os error 111)

    hint: check the network and, if set, `AWS_ENDPOINT_URL`; is the server running?
    "));
}

#[tokio::test]
async fn an_endpoint_that_is_no_url_ends_the_run_before_it_builds() {
    let mut world = World::new().await;
    world.set("AWS_ENDPOINT_URL", "localhost:9000");
    settings().bind(|| {
        insta::assert_snapshot!(refused(&world), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: `AWS_ENDPOINT_URL` is `localhost:9000`, which is no URL of a server

    hint: export AWS_ENDPOINT_URL=http://127.0.0.1:9000
    ")
    });
}

#[tokio::test]
async fn a_model_that_is_none_ends_the_run_before_it_builds() {
    let mut world = World::new().await;
    world.set("BEDROCK_TEST_MODEL_ID", "https://bedrock-runtime.eu-central-1.amazonaws.com");
    settings().bind(|| insta::assert_snapshot!(refused(&world), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: `BEDROCK_TEST_MODEL_ID` (environment) is a URL, not a name

    hint: set BEDROCK_TEST_MODEL_ID to a model id such as amazon.nova-micro-v1:0, the id of an inference profile, or an ARN of either, or leave it empty to skip the tests that need it
    "));
    assert!(world.sandbox.calls().is_empty());
}

#[tokio::test]
async fn an_endpoint_name_in_the_file_that_is_none_ends_the_run_before_it_builds() {
    let world = World::new().await;
    let path = world.folder().join("app/.env");
    std::fs::write(path, "SAGEMAKER_TEST_ENDPOINT='my endpoint'\n").unwrap();
    settings().bind(|| insta::assert_snapshot!(refused(&world), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: `SAGEMAKER_TEST_ENDPOINT` (app/.env) holds a space

    hint: set SAGEMAKER_TEST_ENDPOINT to the name of an endpoint: 1 to 63 letters, digits and `-`, or leave it empty to skip the tests that need it
    "));
    assert!(world.sandbox.calls().is_empty());
}

#[tokio::test]
async fn no_configuration_skips_everything_and_strict_does_not_take_that() {
    let mut world = provisioned().await;
    for name in ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"] {
        world.set(name, "");
    }
    world.unset("AWS_SECRET_ACCESS_KEY");
    let skipped = result(&world, &["test", "--aws", QUICK]);
    settings().bind(|| insta::assert_snapshot!(skipped, @"
    exit code: 0
    ----- stdout -----

         Summary run [RUN] on AWS, which is not configured
             run 0
          passed 0
          failed 0
         skipped 1
                    aws-not-configured: AWS is not configured: no credentials in the environment, `app/.env`, the AWS profiles, a web identity, a container or instance metadata (1)
                      s3_integration::round_trips::one_kilobyte_comes_back
                    hint: export AWS_PROFILE=...; or leave `--aws` out to run on the embedded AWS
            time [TIME]
           junit target/xtask/runs/[RUN]/junit.xml
          report target/xtask/report/index.html
            next cargo xtask test
    "));
    let strict = result(&world, &["test", "--aws", "--strict", QUICK]);
    assert!(strict.starts_with("exit code: 21\n"), "{strict}");
}
