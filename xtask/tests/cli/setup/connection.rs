//! Credentials, region and endpoint: what ends `setup` before it looks at a bucket.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use super::proxy::{self, Answer};
use super::settings;
use crate::harness::World;

/// What the binary is given.
fn variable(world: &World, name: &str) -> String {
    let command = world.command(&[]);
    let (_, value) = command.get_envs().find(|(known, _)| *known == name).unwrap();
    value.unwrap().to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_that_nobody_knows_is_refused() {
    let mut world = World::new().await;
    world.set("AWS_ACCESS_KEY_ID", "AKIANOBODY0000000001");
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: the server at [ENDPOINT]
      caused by: `s3:ListAllMyBuckets` failed: InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records (request id [ID])

    hint: check the access key and its secret; `aws sts get-caller-identity` must answer
    "));
}

#[tokio::test]
async fn a_secret_that_does_not_fit_is_refused_and_not_shown() {
    let mut world = World::new().await;
    world.set("AWS_SECRET_ACCESS_KEY", "s3cr3t/of/nobody");
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: the server at [ENDPOINT]
      caused by: `s3:ListAllMyBuckets` failed: SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your key and signing method (request id [ID])

    hint: check the access key and its secret; `aws sts get-caller-identity` must answer
    "));
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_an_error() {
    let mut world = World::new().await;
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    world.set("AWS_ENDPOINT_URL", &format!("http://{free}"));
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: the server at http://127.0.0.1:[PORT]
      caused by: `s3:ListAllMyBuckets` failed: dispatch failure: io error: client error (Connect): tcp connect error: Connection refused (os error 111)

    hint: check the network and, if set, `AWS_ENDPOINT_URL`; is the server running?
    "));
}

#[tokio::test]
async fn a_server_that_speaks_no_s3_is_an_error() {
    let mut world = World::new().await;
    let endpoint = proxy::start("", |_, _| Some(Answer { status: 200, code: "" }));
    world.set("AWS_ENDPOINT_URL", &endpoint);
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: the server at http://127.0.0.1:[PORT]
      caused by: `s3:ListAllMyBuckets` failed: the answer is none of S3's (HTTP status 200) (request id [ID])

    hint: check `AWS_ENDPOINT_URL`: what answers there does not speak S3
    ")
    });
}

#[tokio::test]
async fn without_sts_nobody_is_known_and_setup_goes_on() {
    let mut world = World::new().await;
    let endpoint = world.sandbox.endpoint().to_owned();
    world.unset("AWS_ENDPOINT_URL");
    world.set("AWS_ENDPOINT_URL_S3", &endpoint);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
    exit code: 0
    ----- stdout -----
         account unknown: the server has no STS, so that nobody can check whose a bucket is
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

         created shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
             set tags: cargo-xtask=test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

            done changed 1 of 1 buckets
            next cargo xtask test --aws
    ----- stderr -----
    "));
    assert!(world.sandbox.calls().iter().all(|call| call.service.as_str() == "s3"));
}

#[tokio::test]
async fn without_credentials_nothing_is_configured() {
    let mut world = World::new().await;
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: AWS is not configured: no credentials in the environment, `app/.env`, the AWS profiles, a web identity, a container or instance metadata

    hint: with a profile: export AWS_PROFILE=your-profile AWS_REGION=us-west-2
    hint: with SSO: aws configure sso, then: aws sso login --profile your-profile
    hint: with keys: put AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION into `app/.env`
    hint: without an account: cargo xtask test runs on the embedded AWS, cargo xtask sandbox starts one to look at
    "));
}

#[tokio::test]
async fn credentials_that_end_soon_are_warned_of() {
    let mut world = World::new().await;
    let ends = SystemTime::now() + Duration::from_secs(10 * 60 + 30);
    let keys = serde_json::json!({
        "Version": 1,
        "AccessKeyId": variable(&world, "AWS_ACCESS_KEY_ID"),
        "SecretAccessKey": variable(&world, "AWS_SECRET_ACCESS_KEY"),
        "Expiration": humantime::format_rfc3339_seconds(ends).to_string(),
    });
    let file = |name: &str| world.folder().join(name).display().to_string();
    fs::write(file("keys.json"), keys.to_string()).unwrap();
    let profile = format!("[profile short]\ncredential_process = cat {}\n", file("keys.json"));
    let config = file("config");
    fs::write(&config, profile).unwrap();
    world.set("AWS_CONFIG_FILE", &config);
    let args = ["setup", "--profile", "short", "--dry-run"];
    settings().bind(|| insta::assert_snapshot!(world.run(&args), @"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials profile `short` (--profile), by credential process; they end in 10 min
          region eu-central-1
        endpoint [ENDPOINT]

    would create shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
       would set tags: cargo-xtask=test-bucket
       would set Block Public Access: all four on
       would set default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
       not tried object actions: they would write to the bucket

         dry run would change 1 of 1 buckets, changed none
            next cargo xtask setup --profile short
    ----- stderr -----
         warning AWS_ACCESS_KEY_ID (environment) is not used: profile `short` (--profile), by credential process wins
         warning the credentials end in 10 min, which may be too soon for a run and its clean-up
           hint: aws configure list --profile short; for an SSO profile: aws sso login --profile short
    "));
}

#[tokio::test]
async fn without_a_region_nothing_is_begun() {
    let mut world = World::new().await;
    world.unset("AWS_REGION");
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: no region is configured: `AWS_REGION` is not set

    hint: export AWS_REGION=us-west-2, or add `AWS_REGION=us-west-2` to `app/.env`
    ")
    });
}
