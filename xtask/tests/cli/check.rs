//! `cargo xtask check`: the verdicts, what they rest on, and what is said about everything else.

use std::process::Command;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use contract::target::{
    BEDROCK_MODEL_VARIABLE, SAGEMAKER_ENDPOINT_VARIABLE, SANDBOX_ENDPOINT_NAME, SANDBOX_MODEL_ID,
};
use sandbox::AccessKey;
use serde_json::Value;

use crate::harness::{self, ACCOUNT, World};

mod credentials;
mod enforcement;
mod simulator;

/// The key of a user who may do what the policies of a test say.
const KEY: (&str, &str) = ("AKIACHECKEDUSER00001", "checked/user/secret/of/the/tests/0000001");

/// The harness's filters, and what differs from probe to probe or grows with the suites.
fn settings() -> insta::Settings {
    let mut settings = harness::settings();
    settings.add_filter(r"check-[0-9a-f]{12}", "[PROBE]");
    settings.add_filter(r"\b\d+ tests? +", "[N] tests ");
    settings
}

/// One bucket for everything, made as `setup` makes it, with a model and an endpoint.
async fn provisioned() -> World {
    let mut world = World::new().await;
    let setup = world.run(&["setup"]);
    assert!(setup.starts_with("exit code: 0\n"), "{setup}");
    world.in_the_real_workspace();
    world.set(BEDROCK_MODEL_VARIABLE, SANDBOX_MODEL_ID);
    world.set(SAGEMAKER_ENDPOINT_VARIABLE, SANDBOX_ENDPOINT_NAME);
    world
}

/// From now on the binary acts for a user with these policies.
fn act_as_user(world: &mut World, policies: &[&str]) {
    let key = AccessKey::user(ACCOUNT, "checked", KEY.0, KEY.1).with_policies(policies).unwrap();
    act_as(world, key);
}

fn act_as(world: &mut World, key: AccessKey) {
    world.set("AWS_ACCESS_KEY_ID", &key.id);
    world.set("AWS_SECRET_ACCESS_KEY", &key.secret);
    if let Some(token) = &key.session_token {
        world.set("AWS_SESSION_TOKEN", token);
    }
    world.sandbox.add_access_key(key);
}

/// stdout of a command that says something.
fn stdout(mut command: Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn document(world: &World, args: &[&str]) -> Value {
    let args = [&["check", "--json"], args].concat();
    serde_json::from_str(&stdout(world.command(&args))).unwrap()
}

/// What is in a bucket: every version and every marker.
async fn everything(world: &World) -> Vec<String> {
    let listed = world.s3().list_object_versions().bucket("shared").send().await.unwrap();
    let versions = listed.versions().iter().filter_map(|version| version.key());
    let markers = listed.delete_markers().iter().filter_map(|marker| marker.key());
    versions.chain(markers).map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn everything_is_allowed_where_everything_is() {
    let world = provisioned().await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["check", "--strict"]), @"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

     verdict  action                                 resource                                                               needed by   evidence
     allowed  bedrock:InvokeModel                    arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-micro-v1:0  [N] tests only the body was refused, which suggests that IAM allows it: ValidationException: Malformed input request, please reformat your input and try again
     allowed  bedrock:InvokeModelWithResponseStream  arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-micro-v1:0  [N] tests only the body was refused, which suggests that IAM allows it: ValidationException: Malformed input request, please reformat your input and try again
     allowed  s3:AbortMultipartUpload                arn:aws:s3:::shared/test/*                                             every test  NoSuchUpload for an upload that never was
     allowed  s3:AbortMultipartUpload                arn:aws:s3:::shared/perf-test/*                                        every test  NoSuchUpload for an upload that never was
     allowed  s3:DeleteObject                        arn:aws:s3:::shared/test/*                                             [N] tests an object was deleted
     allowed  s3:DeleteObjectVersion                 arn:aws:s3:::shared/test/*                                             every test  deleting a version was taken
     allowed  s3:DeleteObjectVersion                 arn:aws:s3:::shared/perf-test/*                                        every test  deleting a version was taken
     allowed  s3:GetObject                           arn:aws:s3:::shared/test/*                                             [N] tests an object was read
     allowed  s3:GetObject                           arn:aws:s3:::shared/perf-test/*                                        [N] tests an object was read
     allowed  s3:ListBucket                          arn:aws:s3:::shared                                                    every test  HeadBucket found the bucket
     allowed  s3:ListBucket                          arn:aws:s3:::shared prefix=test/*                                      every test  it was listed
     allowed  s3:ListBucket                          arn:aws:s3:::shared prefix=perf-test/*                                 every test  it was listed
     allowed  s3:ListBucketMultipartUploads          arn:aws:s3:::shared                                                    every test  it was listed
     allowed  s3:ListBucketVersions                  arn:aws:s3:::shared prefix=test/*                                      every test  it was listed
     allowed  s3:ListBucketVersions                  arn:aws:s3:::shared prefix=perf-test/*                                 every test  it was listed
     allowed  s3:ListMultipartUploadParts            arn:aws:s3:::shared/test/*                                             every test  NoSuchUpload for an upload that never was
     allowed  s3:ListMultipartUploadParts            arn:aws:s3:::shared/perf-test/*                                        every test  NoSuchUpload for an upload that never was
     allowed  s3:PutObject                           arn:aws:s3:::shared/test/*                                             every test  an object was written, and removed again
     allowed  s3:PutObject                           arn:aws:s3:::shared/perf-test/*                                        every test  an object was written, and removed again
     allowed  sagemaker:InvokeEndpoint               arn:aws:sagemaker:eu-central-1:123456789012:endpoint/text-generation   [N] tests the endpoint's container refused an empty body

         checked 20 allowed
            next cargo xtask test --aws
    ----- stderr -----
    "));
    assert_eq!(everything(&world).await, [""; 0]);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_missing() {
    let mut world = World::new().await;
    world.in_the_real_workspace();
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&["check"]), @"
        exit code: 1
        ----- stdout -----
             account 123456789012
              caller arn:aws:iam::123456789012:user/harness
         credentials AWS_ACCESS_KEY_ID (environment); no end is known
              region eu-central-1
            endpoint [ENDPOINT]

         verdict  action  resource             needed by   evidence
         missing  s3:*    arn:aws:s3:::shared  every test  there is no such bucket

             checked 17 missing; [N] tests would be skipped
                next cargo xtask setup
        ----- stderr -----
                note the tests that need it will be skipped: `BEDROCK_TEST_MODEL_ID` is not set
                note the tests that need it will be skipped: `SAGEMAKER_TEST_ENDPOINT` is not set
               hint: the buckets: cargo xtask setup
        ")
    });
}

#[tokio::test]
async fn what_is_denied_is_said_in_the_words_of_aws_with_what_falls_with_it() {
    let mut world = provisioned().await;
    let denied = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"*","Resource":"*"},
        {"Effect":"Deny","Action":["s3:DeleteObject","sagemaker:*","iam:*"],"Resource":"*"}]}"#;
    act_as_user(&mut world, &[denied]);
    let text = world.run(&["check"]);
    let worst: Vec<_> = text.lines().filter(|line| !line.starts_with(" allowed")).collect();
    settings().bind(|| insta::assert_snapshot!(worst.join("\n"), @r#"
    exit code: 1
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/checked
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

     verdict  action                                 resource                                                               needed by   evidence
     denied   s3:DeleteObject                        arn:aws:s3:::shared/test/*                                             [N] tests AccessDenied: User: arn:aws:iam::123456789012:user/checked is not authorized to perform: s3:DeleteObject on resource: "arn:aws:s3:::shared/test/[PROBE]/_run.json" with an explicit deny in an identity-based policy
     denied   sagemaker:InvokeEndpoint               arn:aws:sagemaker:eu-central-1:123456789012:endpoint/text-generation   [N] tests AccessDeniedException: User: arn:aws:iam::123456789012:user/checked is not authorized to perform: sagemaker:InvokeEndpoint on resource: arn:aws:sagemaker:eu-central-1:123456789012:endpoint/text-generation with an explicit deny in an identity-based policy

         checked 2 denied, 18 allowed; [N] tests would be skipped
            next cargo xtask policy --for tests
    ----- stderr -----
           hint: the policy that allows it: cargo xtask policy --for tests
    "#));
}

#[tokio::test]
async fn nothing_is_left_in_a_bucket_that_keeps_versions() {
    let world = provisioned().await;
    for status in [BucketVersioningStatus::Enabled, BucketVersioningStatus::Suspended] {
        let versioning = VersioningConfiguration::builder().status(status).build();
        let put = world.s3().put_bucket_versioning().bucket("shared");
        put.versioning_configuration(versioning).send().await.unwrap();
        for purpose in ["tests", "setup", "cleanup", "app"] {
            let text = world.run(&["check", "--for", purpose]);
            assert!(text.starts_with("exit code: 0\n"), "{text}");
            assert_eq!(everything(&world).await, [""; 0], "--for {purpose}");
        }
    }
}

#[tokio::test]
async fn what_the_lock_does_not_know_is_not_called_checked() {
    let world = World::new().await;
    let setup = world.run(&["setup"]);
    assert!(setup.starts_with("exit code: 0\n"), "{setup}");
    std::fs::create_dir(world.folder().join("tests")).unwrap();
    let lock = world.folder().join("tests/permissions.lock");
    let catalogue = world.folder().join("app/src/models/catalogue.toml");
    std::fs::create_dir_all(catalogue.parent().unwrap()).unwrap();
    std::fs::write(catalogue, "models = []\n").unwrap();
    for (purpose, subject) in [
        ("tests", "fixtures"),
        ("setup", "cargo xtask setup"),
        ("cleanup", "cargo xtask cleanup"),
        ("app", "app"),
    ] {
        std::fs::write(&lock, "").unwrap();
        let text = world.run(&["check", "--for", purpose]);
        assert!(text.starts_with("exit code: 1\n"), "{purpose}: {text}");
        let error = format!(
            "error: `tests/permissions.lock` does not say what `{subject}` needs\n\nhint: cargo xtask test --update-permissions\n"
        );
        assert!(text.contains(&error), "{purpose}: {text}");
    }
    // That nothing is needed is known, and another thing.
    std::fs::write(&lock, "[app]\nnothing\n").unwrap();
    let text = world.run(&["check", "--for", "app"]);
    assert!(text.starts_with("exit code: 0\n"), "{text}");
}

#[tokio::test]
async fn what_dead_runs_left_is_found_with_the_command_that_removes_it() {
    let world = provisioned().await;
    for key in ["test/r-dead/suite.test/n/x", "test/r-other/_run.json", "test/stray"] {
        let put = world.s3().put_object().bucket("shared").key(key);
        put.body(ByteStream::from_static(b"x")).send().await.unwrap();
    }
    let text = world.run(&["check"]);
    // The mark of `r-other` is as young as a live run's.
    assert!(text.contains("warning `shared` holds what 1 run left\n"), "{text}");
    assert!(text.contains("hint: what is left: cargo xtask cleanup\n"), "{text}");
    assert_eq!(document(&world, &[])["leftovers"]["runs"]["shared"], 1);
}

#[tokio::test]
async fn models_and_endpoints_that_cannot_be_invoked_are_told_apart() {
    let mut world = provisioned().await;
    let verdicts = |world: &World| {
        let document = document(world, &[]);
        let permissions = document["permissions"].as_array().unwrap();
        let mut verdicts: Vec<_> = permissions
            .iter()
            .filter(|row| !row["action"].as_str().unwrap().starts_with("s3:"))
            .map(|row| {
                format!("{} {}", row["action"].as_str().unwrap(), row["verdict"].as_str().unwrap())
            })
            .collect();
        verdicts.sort();
        verdicts
    };
    world.set(SAGEMAKER_ENDPOINT_VARIABLE, "never-deployed");
    for (model, verdict) in [
        ("amazon.sandbox-no-access-v1:0", "not-entitled"),
        ("meta.sandbox-use-case-v1:0", "not-entitled"),
        ("amazon.no-such-model-v1:0", "missing"),
        ("eu.amazon.nova-micro-v1:0", "allowed"),
    ] {
        world.set(BEDROCK_MODEL_VARIABLE, model);
        assert_eq!(
            verdicts(&world),
            [
                format!("bedrock:InvokeModel {verdict}"),
                format!("bedrock:InvokeModelWithResponseStream {verdict}"),
                "sagemaker:InvokeEndpoint missing".to_owned(),
            ],
            "{model}"
        );
    }
}

#[tokio::test]
async fn models_are_asked_nothing_that_costs() {
    let world = provisioned().await;
    world.sandbox.take_calls();
    document(&world, &[]);
    for call in world.sandbox.take_calls() {
        if ["bedrock", "sagemaker"].contains(&call.service.as_str()) {
            let is_free = call.status >= 400 || call.action.contains("Availability");
            assert!(is_free, "{call:?}");
        }
    }
}
