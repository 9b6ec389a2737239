//! `cargo xtask policy`: JSON that IAM takes, from a lock of the test's own.

use std::fs;

use sandbox::AccessKey;
use serde_json::Value;

use crate::harness::{ACCOUNT, World, settings};

const KEY: (&str, &str) = ("AKIALEASTPRIVILEGE02", "least/privilege/secret/of/the/tests/0002");

const LOCK: &str = "\
[app]
bedrock:InvokeModel {catalogue-models}
s3:GetObject arn:aws:s3:::{bucket}/{key-prefix}*
s3:ListBucket arn:aws:s3:::{bucket} prefix={key-prefix}*
sagemaker:InvokeEndpoint {catalogue-endpoints}

[cargo xtask test --aws]
s3:ListBucketVersions arn:aws:s3:::{bucket} prefix=test/*
s3:PutObject arn:aws:s3:::{bucket}/test/*

[fixtures]
s3:ListBucketVersions arn:aws:s3:::{bucket} prefix=test/*

[tests::suites e2e_model_selection::bedrock_model::answers]
bedrock:InvokeModel {bedrock-model}

[tests::suites e2e_model_selection::sagemaker_endpoint::answers]
sagemaker:InvokeEndpoint {sagemaker-endpoint}

[tests::suites e2e_model_selection::staged_models::fails]
bedrock:InvokeModel arn:aws:bedrock:{region}::foundation-model/amazon.sandbox-slow-v1:0

[tests::suites s3_integration::reads]
s3:GetObject arn:aws:s3:::{uploads}/beside/the%20roots%2A
s3:GetObject arn:aws:s3:::{uploads}/test/*
";

const CATALOGUE: &str = r#"
[[models]]
model = "global.amazon.nova-2-lite-v1:0"
[[models]]
model = "amazon.nova-pro-v1:0"
enabled = false
[[models]]
endpoint = "Own-Endpoint"
"#;

/// A world without AWS.
async fn world() -> World {
    let mut world = World::new().await;
    for name in ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        world.unset(name);
    }
    fs::create_dir(world.folder().join("tests")).unwrap();
    fs::write(world.folder().join("tests/permissions.lock"), LOCK).unwrap();
    world.set_buckets(["creatives", "shared", "shared", "uploads"]);
    world
}

fn stdout(world: &World, args: &[&str]) -> String {
    let output = world.command(args).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[tokio::test]
async fn without_models_it_allows_what_can_run() {
    let world = world().await;
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&["policy"]), @r#"
    exit code: 0
    ----- stdout -----
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "s3:GetObject",
          "Resource": [
            "arn:aws:s3:::uploads/beside/the roots${*}",
            "arn:aws:s3:::uploads/test/*"
          ]
        },
        {
          "Effect": "Allow",
          "Action": "s3:ListBucketVersions",
          "Resource": [
            "arn:aws:s3:::creatives",
            "arn:aws:s3:::shared",
            "arn:aws:s3:::uploads"
          ],
          "Condition": {
            "StringLike": {
              "s3:prefix": [
                "test/*"
              ]
            }
          }
        },
        {
          "Effect": "Allow",
          "Action": "s3:PutObject",
          "Resource": [
            "arn:aws:s3:::creatives/test/*",
            "arn:aws:s3:::shared/test/*",
            "arn:aws:s3:::uploads/test/*"
          ]
        }
      ]
    }
    ----- stderr -----
            note tests are left out: `BEDROCK_TEST_MODEL_ID` is not set
            note tests are left out: `SAGEMAKER_TEST_ENDPOINT` is not set
            note tests are left out: the embedded AWS alone stages them
    "#)
    });
}

#[tokio::test]
async fn a_model_by_its_profile_needs_every_region_that_it_may_use() {
    let mut world = world().await;
    world.set("BEDROCK_TEST_MODEL_ID", "us.amazon.nova-micro-v1:0");
    world.set("SAGEMAKER_TEST_ENDPOINT", "small");
    world.set("AWS_REGION", "us-west-2");
    let policy: Value = serde_json::from_str(&stdout(&world, &["policy"])).unwrap();
    insta::assert_snapshot!(format!("{:#}", policy["Statement"][0]), @r#"
    {
      "Action": "bedrock:InvokeModel",
      "Effect": "Allow",
      "Resource": [
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0",
        "arn:aws:bedrock:us-east-2::foundation-model/amazon.nova-micro-v1:0",
        "arn:aws:bedrock:us-west-2:*:inference-profile/us.amazon.nova-micro-v1:0",
        "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-micro-v1:0"
      ]
    }
    "#);
    insta::assert_snapshot!(format!("{:#}", policy["Statement"][4]), @r#"
    {
      "Action": "sagemaker:InvokeEndpoint",
      "Effect": "Allow",
      "Resource": "arn:aws:sagemaker:us-west-2:*:endpoint/small"
    }
    "#);
    world.set("AWS_ACCOUNT_ID", ACCOUNT);
    assert!(!stdout(&world, &["policy"]).contains(":*:"));
}

#[tokio::test]
async fn the_app_may_call_its_catalogue_and_use_its_prefix() {
    let mut world = world().await;
    fs::write(world.folder().join("models.toml"), CATALOGUE).unwrap();
    world.set("MODEL_CATALOGUE", "models.toml");
    world.set("S3_KEY_PREFIX", "staging");
    world.set("AWS_ACCOUNT_ID", ACCOUNT);
    settings().bind(|| {
        insta::assert_snapshot!(stdout(&world, &["policy", "--for", "app"]), @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Action": "bedrock:InvokeModel",
              "Resource": [
                "arn:aws:bedrock:::foundation-model/amazon.nova-2-lite-v1:0",
                "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/global.amazon.nova-2-lite-v1:0",
                "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-2-lite-v1:0"
              ]
            },
            {
              "Effect": "Allow",
              "Action": "s3:GetObject",
              "Resource": [
                "arn:aws:s3:::creatives/staging/*",
                "arn:aws:s3:::shared/staging/*",
                "arn:aws:s3:::uploads/staging/*"
              ]
            },
            {
              "Effect": "Allow",
              "Action": "s3:ListBucket",
              "Resource": [
                "arn:aws:s3:::creatives",
                "arn:aws:s3:::shared",
                "arn:aws:s3:::uploads"
              ],
              "Condition": {
                "StringLike": {
                  "s3:prefix": [
                    "staging/*"
                  ]
                }
              }
            },
            {
              "Effect": "Allow",
              "Action": "sagemaker:InvokeEndpoint",
              "Resource": "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/own-endpoint"
            }
          ]
        }
        "#);
    });
}

#[tokio::test]
async fn a_trust_policy_stands_beside_it() {
    let mut world = world().await;
    let role = ["policy", "--github", "org/repo"];
    let refused = world.run(&role);
    assert!(
        refused.starts_with("exit code: 1\n") && refused.contains("AWS_ACCOUNT_ID="),
        "{refused}"
    );
    world.set("AWS_ACCOUNT_ID", ACCOUNT);
    world.set("AWS_REGION", "us-gov-west-1");
    let role: Value = serde_json::from_str(&stdout(&world, &role)).unwrap();
    insta::assert_snapshot!(format!("{:#}", role["trust"]), @r#"
    {
      "Statement": [
        {
          "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": {
            "StringEquals": {
              "token.actions.githubusercontent.com:aud": "sts.amazonaws.com"
            },
            "StringLike": {
              "token.actions.githubusercontent.com:sub": [
                "repo:org/repo:ref:refs/heads/main",
                "repo:org@*/repo@*:ref:refs/heads/main"
              ]
            }
          },
          "Effect": "Allow",
          "Principal": {
            "Federated": "arn:aws-us-gov:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
          }
        }
      ],
      "Version": "2012-10-17"
    }
    "#);
    assert!(role["permissions"]["Statement"].is_array());
}

#[tokio::test]
async fn buckets_without_a_name_are_taken_by_the_names_that_setup_will_propose() {
    let mut world = world().await;
    world.set_buckets([""; 4]);
    settings().bind(|| insta::assert_snapshot!(world.run(&["policy"]), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
            note tests are left out: `BEDROCK_TEST_MODEL_ID` is not set
            note tests are left out: `SAGEMAKER_TEST_ENDPOINT` is not set
            note tests are left out: the embedded AWS alone stages them
    error: no bucket is named by S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS

    hint: cargo xtask setup --write-env; or, before there is any access, for the names that it will propose: AWS_ACCOUNT_ID=123456789012 AWS_REGION=us-west-2 cargo xtask policy
    "));
    world.set("AWS_ACCOUNT_ID", ACCOUNT);
    let policy = stdout(&world, &["policy"]);
    assert!(policy.contains("app-test-uploads-123456789012-eu-central-1-an/test/*"), "{policy}");
    let said = world.run(&["policy"]);
    assert!(said.contains("S3_BUCKET_UPLOADS, which are not set"), "{said}");
}

#[tokio::test]
async fn what_is_not_known_is_any_and_said_to_be() {
    let mut world = world().await;
    world.unset("AWS_REGION");
    world.set("SAGEMAKER_TEST_ENDPOINT", "Small");
    let application = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1";
    world.set("BEDROCK_TEST_MODEL_ID", application);
    let shown = world.run(&["policy"]);
    assert!(shown.contains("\"arn:aws:sagemaker:*:*:endpoint/small\""), "{shown}");
    assert!(shown.contains(&format!("\"{application}\"")), "{shown}");
    let (_, said) = shown.split_once("----- stderr -----\n").unwrap();
    settings().bind(|| insta::assert_snapshot!(said, @"
       note tests are left out: the embedded AWS alone stages them
       note the region is not configured, so that the ARNs are those of the partition `aws` and of any region: AWS_REGION=us-west-2 cargo xtask policy
       note the account is not configured, so that some ARNs are those of any: AWS_ACCOUNT_ID=123456789012 cargo xtask policy
    warning `arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1` does not tell its models: allow `bedrock:InvokeModel` and `bedrock:InvokeModelWithResponseStream` on them, too
    "));
}

#[tokio::test]
async fn a_policy_that_is_too_long_is_said_to_be() {
    let mut world = world().await;
    let names = ["c", "l", "e", "u"].map(|letter| letter.repeat(63));
    world.set_buckets([&names[0], &names[1], &names[2], &names[3]]);
    let actions = (0..80).map(|i| format!("s3:Action{i} arn:aws:s3:::{{bucket}}/{i}/some/key\n"));
    let lock = format!("[app]\n{}", actions.collect::<String>());
    fs::write(world.folder().join("tests/permissions.lock"), lock).unwrap();
    let shown = world.run(&["policy", "--for", "app"]);
    assert!(shown.contains("a managed policy 6144 at most"), "{shown}");
}

#[tokio::test]
async fn setup_and_cleanup_need_no_more_than_their_policies() {
    let mut world = World::new().await;
    world.set_buckets(["least-creatives", "least-pages", "least-exports", "least-uploads"]);
    fs::create_dir(world.folder().join("tests")).unwrap();
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/permissions.lock");
    fs::copy(lock, world.folder().join("tests/permissions.lock")).unwrap();
    for (index, command) in [&["setup"][..], &["cleanup", "--yes"]].into_iter().enumerate() {
        let policy = stdout(&world, &["policy", "--for", command[0]]);
        let (id, secret) = (format!("{}{index}", &KEY.0[..19]), KEY.1);
        let key = AccessKey::user(ACCOUNT, command[0], &id, secret);
        world.sandbox.add_access_key(key.with_policies([policy]).unwrap());
        world.set("AWS_ACCESS_KEY_ID", &id);
        world.set("AWS_SECRET_ACCESS_KEY", secret);
        let done = world.run(command);
        assert!(done.starts_with("exit code: 0\n"), "{done}");
        // What was left is there for the next to remove.
        let put = world.s3().put_object().bucket("least-uploads").key("test/r-1/suite.test/n/x");
        put.send().await.unwrap();
    }
}

/// Half a policy must not pass for a whole one.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_policy_that_cannot_be_written_is_an_error() {
    let world = world().await;
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = world.command(&["policy", "--for", "tests"]).stdout(full).output().unwrap();
    insta::assert_snapshot!(world.shown(&output), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
            note tests are left out: `BEDROCK_TEST_MODEL_ID` is not set
            note tests are left out: `SAGEMAKER_TEST_ENDPOINT` is not set
            note tests are left out: the embedded AWS alone stages them
    error: writing to stdout
      caused by: No space left on device (os error 28)
    ");
}
