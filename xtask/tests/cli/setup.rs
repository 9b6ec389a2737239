//! `cargo xtask setup`, from an empty account to every way in which it may not go on.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketLocationConstraint, BucketVersioningStatus,
    CreateBucketConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleAndOperator, LifecycleRuleFilter, Tag, Tagging, Transition,
    TransitionDefaultMinimumObjectSize as Minimum, TransitionStorageClass, VersioningConfiguration,
};

use crate::harness::{self, REGION, World};

mod proxy;

use proxy::Answer;

/// The harness's filters, and what differs in the keys of the probe and the ports.
fn settings() -> insta::Settings {
    let mut settings = harness::settings();
    settings
        .add_filter(r"setup-[0-9a-f]{32}/setup\.probe/[0-9a-f]{32}", "[RUN]/setup.probe/[NONCE]");
    settings.add_filter(r"\(version [^)]+\)", "(version [VERSION])");
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]");
    settings
}

async fn create_bucket(client: &aws_sdk_s3::Client, name: &str, region: &str) {
    let location = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(region))
        .build();
    client.create_bucket().bucket(name).create_bucket_configuration(location).send().await.unwrap();
}

/// What the binary is given.
fn variable(world: &World, name: &str) -> String {
    let command = world.command(&[]);
    let (_, value) = command.get_envs().find(|(known, _)| *known == name).unwrap();
    value.unwrap().to_str().unwrap().to_owned()
}

/// Every key and version and marker of a bucket.
async fn everything_in(client: &aws_sdk_s3::Client, bucket: &str) -> Vec<String> {
    let listed = client.list_object_versions().bucket(bucket).send().await.unwrap();
    let versions = listed.versions().iter().filter_map(|version| version.key());
    let markers = listed.delete_markers().iter().filter_map(|marker| marker.key());
    versions.chain(markers).map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn the_first_run_creates_and_protects_and_the_second_changes_nothing() {
    let world = World::new().await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

         created shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
             set tags: managed-by=cargo-xtask-test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

            done changed 1 of 1 buckets
            next cargo xtask test --aws
    ----- stderr -----
    "));
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

          exists shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
       unchanged tags: managed-by=cargo-xtask-test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
       unchanged lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

            done nothing had to be changed
            next cargo xtask test --aws
    ----- stderr -----
    "));
    assert_eq!(everything_in(&world.s3(), "shared").await, [""; 0]);
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let world = World::new().await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup", "--dry-run"]), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

    would create shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
       would set tags: managed-by=cargo-xtask-test-bucket
       would set Block Public Access: all four on
       would set default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
       not tried object actions: they would write to the bucket

         dry run would change 1 of 1 buckets, changed none
            next cargo xtask setup
    ----- stderr -----
    "));
    assert!(world.s3().list_buckets().send().await.unwrap().buckets().is_empty());
    world.run(&["setup"]);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup", "--dry-run"]), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

          exists shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
       unchanged tags: managed-by=cargo-xtask-test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
       unchanged lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
       not tried object actions: they would write to the bucket

         dry run nothing would be changed
            next cargo xtask test --aws
    ----- stderr -----
    "));
}

#[tokio::test]
async fn json_is_one_document_without_secrets() {
    let world = World::new().await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup", "--json"]), @r#"
    exit code: 0
    ----- stdout -----
    {
      "buckets": [
        {
          "detail": null,
          "hints": [],
          "left_behind": [],
          "name": "shared",
          "probes": [
            {
              "action": "s3:PutObject",
              "detail": null,
              "resource": "arn:aws:s3:::shared/test/*",
              "verdict": "allowed"
            },
            {
              "action": "s3:GetObject",
              "detail": null,
              "resource": "arn:aws:s3:::shared/test/*",
              "verdict": "allowed"
            },
            {
              "action": "s3:ListBucket",
              "detail": null,
              "resource": "arn:aws:s3:::shared",
              "verdict": "allowed"
            },
            {
              "action": "s3:DeleteObject",
              "detail": null,
              "resource": "arn:aws:s3:::shared/test/*",
              "verdict": "allowed"
            }
          ],
          "settings": [
            {
              "detail": "managed-by=cargo-xtask-test-bucket",
              "name": "tags",
              "outcome": "set"
            },
            {
              "detail": "all four on",
              "name": "Block Public Access",
              "outcome": "unchanged"
            },
            {
              "detail": "AES256",
              "name": "default encryption",
              "outcome": "unchanged"
            },
            {
              "detail": "`test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1",
              "name": "lifecycle",
              "outcome": "set"
            }
          ],
          "state": "created",
          "variables": [
            "S3_BUCKET_CREATIVES",
            "S3_BUCKET_LANDING_PAGES",
            "S3_BUCKET_EXPORTS",
            "S3_BUCKET_UPLOADS"
          ],
          "would_expire": []
        }
      ],
      "changed": true,
      "dry_run": false,
      "endpoint": "[ENDPOINT]",
      "env": {},
      "identity": {
        "account": "123456789012",
        "arn": "arn:aws:iam::123456789012:user/harness",
        "credentials": "AWS_ACCESS_KEY_ID (environment)",
        "seconds_left": null,
        "shadowed": []
      },
      "ok": true,
      "region": "eu-central-1"
    }
    ----- stderr -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

         created shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
             set tags: managed-by=cargo-xtask-test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

            done changed 1 of 1 buckets
            next cargo xtask test --aws
    "#));
    let again = world.command(&["setup", "--json"]).output().unwrap();
    let again: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&again["changed"], &again["ok"]), (&false.into(), &true.into()));
}

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

      left alone shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS): it existed before and lacks the tag managed-by=cargo-xtask-test-bucket
       would set tags: managed-by=cargo-xtask-test-bucket; tags of others kept: 1
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
    settings().bind(|| insta::assert_snapshot!(world.run(&adopt), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

         adopted shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
             set tags: managed-by=cargo-xtask-test-bucket; tags of others kept: 1
             set Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1; rules of others kept: 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

            done changed 1 of 1 buckets
            next cargo xtask test --aws
    ----- stderr -----
    "));
    assert_eq!(tags_now().await[..1], tags.tag_set);
    assert_eq!(rules_now().await[0], rule);
    assert_eq!(everything_in(&s3, "shared").await, keys);

    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

          exists shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
       unchanged tags: managed-by=cargo-xtask-test-bucket; tags of others: 1
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
       unchanged lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1; rules of others kept: 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

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
async fn a_name_of_another_account_is_taken_and_the_other_buckets_are_still_made() {
    let mut world = World::new().await;
    world.set_buckets(["shared", "shared", "shared", "mine"]);
    create_bucket(&world.other_s3(), "shared", REGION).await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 1
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

           taken shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS): belongs to another account

         created mine (S3_BUCKET_UPLOADS)
             set tags: managed-by=cargo-xtask-test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

    ----- stderr -----
           hint: choose another name in S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS
          failed 1 of 2 buckets are not ready
    "));
    assert_eq!(everything_in(&world.other_s3(), "shared").await, [""; 0]);
}

#[tokio::test]
async fn a_bucket_in_another_region_is_named_with_its_region() {
    let world = World::new().await;
    create_bucket(&world.s3_in("us-west-2"), "shared", "us-west-2").await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 1
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

       elsewhere shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS): it is in us-west-2

    ----- stderr -----
           hint: cargo xtask setup --region us-west-2, or choose another name in S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS
          failed 1 of 1 buckets are not ready
    "));
}

#[tokio::test]
async fn what_was_said_on_the_command_line_stands_in_the_next_command() {
    let world = World::new().await;
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&["setup", "--region", "us-east-1"]), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region us-east-1
        endpoint [ENDPOINT]

         created shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
             set tags: managed-by=cargo-xtask-test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

            done changed 1 of 1 buckets
            next AWS_REGION=us-east-1 cargo xtask test --aws
    ----- stderr -----
    ");
    });
}

#[tokio::test]
async fn every_missing_variable_is_named() {
    let mut world = World::new().await;
    world.unset("S3_BUCKET_EXPORTS");
    world.set("S3_BUCKET_UPLOADS", "");
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 1
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

    ----- stderr -----
    error: `S3_BUCKET_EXPORTS`, `S3_BUCKET_UPLOADS` are not set, though other buckets are configured

    hint: cargo xtask setup --write-env writes these lines to `app/.env`, or choose names of your own:

        S3_BUCKET_EXPORTS=app-test-exports-123456789012-eu-central-1
        S3_BUCKET_UPLOADS=app-test-uploads-123456789012-eu-central-1
    "));
    for bucket in contract::buckets::ALL {
        world.unset(bucket.variable);
    }
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 1
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

    ----- stderr -----
    error: no bucket is configured: `S3_BUCKET_CREATIVES`, `S3_BUCKET_LANDING_PAGES`, `S3_BUCKET_EXPORTS`, `S3_BUCKET_UPLOADS` are not set

    hint: cargo xtask setup --write-env writes these lines to `app/.env`, or choose names of your own:

        S3_BUCKET_CREATIVES=app-test-creatives-123456789012-eu-central-1
        S3_BUCKET_LANDING_PAGES=app-test-landing-pages-123456789012-eu-central-1
        S3_BUCKET_EXPORTS=app-test-exports-123456789012-eu-central-1
        S3_BUCKET_UPLOADS=app-test-uploads-123456789012-eu-central-1
    "));
    assert!(!world.folder().join("app/.env").exists());
    assert!(world.s3().list_buckets().send().await.unwrap().buckets().is_empty());
}

#[tokio::test]
async fn names_are_written_into_the_file_and_used_at_once() {
    let mut world = World::new().await;
    for bucket in contract::buckets::ALL {
        world.unset(bucket.variable);
    }
    let path = world.folder().join("app/.env");
    let before = "# ours\n\nSTORAGE_BACKEND='s3' # not local\nS3_BUCKET_EXPORTS= # here\n#S3_BUCKET_UPLOADS=x";
    fs::write(&path, before).unwrap();
    let dry = ["setup", "--write-env", "--dry-run"];
    settings().bind(|| insta::assert_snapshot!(world.run(&dry), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

     would write S3_BUCKET_CREATIVES=app-test-creatives-123456789012-eu-central-1 to `app/.env`
     would write S3_BUCKET_LANDING_PAGES=app-test-landing-pages-123456789012-eu-central-1 to `app/.env`
     would write S3_BUCKET_EXPORTS=app-test-exports-123456789012-eu-central-1 to `app/.env`
     would write S3_BUCKET_UPLOADS=app-test-uploads-123456789012-eu-central-1 to `app/.env`

    would create app-test-creatives-123456789012-eu-central-1 (S3_BUCKET_CREATIVES)
       would set tags: managed-by=cargo-xtask-test-bucket
       would set Block Public Access: all four on
       would set default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
       not tried object actions: they would write to the bucket

    would create app-test-landing-pages-123456789012-eu-central-1 (S3_BUCKET_LANDING_PAGES)
       would set tags: managed-by=cargo-xtask-test-bucket
       would set Block Public Access: all four on
       would set default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
       not tried object actions: they would write to the bucket

    would create app-test-exports-123456789012-eu-central-1 (S3_BUCKET_EXPORTS)
       would set tags: managed-by=cargo-xtask-test-bucket
       would set Block Public Access: all four on
       would set default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
       not tried object actions: they would write to the bucket

    would create app-test-uploads-123456789012-eu-central-1 (S3_BUCKET_UPLOADS)
       would set tags: managed-by=cargo-xtask-test-bucket
       would set Block Public Access: all four on
       would set default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
       not tried object actions: they would write to the bucket

         dry run would change 4 of 4 buckets, changed none
            next cargo xtask setup --write-env
    ----- stderr -----
    "));
    assert_eq!(fs::read_to_string(&path).unwrap(), before);

    settings().bind(|| insta::assert_snapshot!(world.run(&["setup", "--write-env"]), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

           wrote S3_BUCKET_CREATIVES=app-test-creatives-123456789012-eu-central-1 to `app/.env`
           wrote S3_BUCKET_LANDING_PAGES=app-test-landing-pages-123456789012-eu-central-1 to `app/.env`
           wrote S3_BUCKET_EXPORTS=app-test-exports-123456789012-eu-central-1 to `app/.env`
           wrote S3_BUCKET_UPLOADS=app-test-uploads-123456789012-eu-central-1 to `app/.env`

         created app-test-creatives-123456789012-eu-central-1 (S3_BUCKET_CREATIVES)
             set tags: managed-by=cargo-xtask-test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

         created app-test-landing-pages-123456789012-eu-central-1 (S3_BUCKET_LANDING_PAGES)
             set tags: managed-by=cargo-xtask-test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

         created app-test-exports-123456789012-eu-central-1 (S3_BUCKET_EXPORTS)
             set tags: managed-by=cargo-xtask-test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

         created app-test-uploads-123456789012-eu-central-1 (S3_BUCKET_UPLOADS)
             set tags: managed-by=cargo-xtask-test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

            done changed 4 of 4 buckets
            next cargo xtask test --aws
    ----- stderr -----
    "));
    insta::assert_snapshot!(fs::read_to_string(&path).unwrap(), @r"
    # ours

    STORAGE_BACKEND='s3' # not local
    S3_BUCKET_EXPORTS=app-test-exports-123456789012-eu-central-1 # here
    #S3_BUCKET_UPLOADS=x
    S3_BUCKET_CREATIVES=app-test-creatives-123456789012-eu-central-1
    S3_BUCKET_LANDING_PAGES=app-test-landing-pages-123456789012-eu-central-1
    S3_BUCKET_UPLOADS=app-test-uploads-123456789012-eu-central-1
    ");
    let again = world.run(&["setup", "--write-env"]);
    assert!(again.contains("nothing had to be changed"), "{again}");
}

#[tokio::test]
async fn only_the_missing_names_are_written() {
    let mut world = World::new().await;
    world.unset("S3_BUCKET_EXPORTS");
    world.run(&["setup", "--write-env"]);
    insta::assert_snapshot!(fs::read_to_string(world.folder().join("app/.env")).unwrap(), @r"
    S3_BUCKET_EXPORTS=app-test-exports-123456789012-eu-central-1
    ");
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
      caused by: `s3:ListAllMyBuckets` failed: HTTP status 200 (request id [ID])

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
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 0
    ----- stdout -----
         account unknown: the server has no STS, so that nobody can check whose a bucket is
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

         created shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
             set tags: managed-by=cargo-xtask-test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

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
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: AWS is not configured: no credentials in the environment, `app/.env`, the AWS profiles, a web identity, a container or instance metadata

    hint: export AWS_PROFILE=..., or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put them into `app/.env`; without an account: cargo xtask sandbox
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
    settings().bind(|| insta::assert_snapshot!(world.run(&args), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials profile `short` (--profile), by credential process; they end in 10 min
          region eu-central-1
        endpoint [ENDPOINT]

    would create shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
       would set tags: managed-by=cargo-xtask-test-bucket
       would set Block Public Access: all four on
       would set default encryption: AES256
       would set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
       not tried object actions: they would write to the bucket

         dry run would change 1 of 1 buckets, changed none
            next cargo xtask setup --profile short
    ----- stderr -----
         warning AWS_ACCESS_KEY_ID (environment) is not used: profile `short` (--profile), by credential process wins
         warning the credentials end in 10 min, which may be too soon for a run and its clean-up
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
       would set tags: managed-by=cargo-xtask-test-bucket
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
async fn what_a_server_does_not_have_is_said_and_setup_goes_on() {
    let mut world = World::new().await;
    let endpoint = proxy::start(world.sandbox.endpoint(), |method, target| {
        let is = |setting| target.contains(setting);
        match method {
            _ if is("?tagging") => Some(Answer { status: 501, code: "NotImplemented" }),
            _ if is("?publicAccessBlock") => Some(Answer { status: 405, code: "MethodNotAllowed" }),
            "PUT" if is("?encryption") => Some(Answer { status: 501, code: "" }),
            "PUT" if is("?lifecycle") => Some(Answer { status: 400, code: "MalformedXML" }),
            _ => None,
        }
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
     unsupported tags: not supported by this server
     unsupported Block Public Access: not supported by this server
       unchanged default encryption: AES256
         not set lifecycle: `s3:PutLifecycleConfiguration` on `shared` failed: MalformedXML: said the proxy (request id [ID])
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

    ----- stderr -----
          failed 1 of 1 buckets are not ready
    "));
}

#[tokio::test]
async fn a_setting_that_is_taken_but_not_kept_is_not_called_set() {
    let mut world = World::new().await;
    let endpoint = proxy::start(world.sandbox.endpoint(), |method, target| {
        let is_lost = method == "PUT" && target.contains("?lifecycle");
        is_lost.then_some(Answer { status: 200, code: "" })
    });
    world.set("AWS_ENDPOINT_URL", &endpoint);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @r"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint http://127.0.0.1:[PORT]

         created shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
             set tags: managed-by=cargo-xtask-test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
     unsupported lifecycle: the server took it, and does not give it back: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:ListBucket, s3:DeleteObject

            done changed 1 of 1 buckets
            next cargo xtask test --aws
    ----- stderr -----
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
             set tags: managed-by=cargo-xtask-test-bucket
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
             set tags: managed-by=cargo-xtask-test-bucket
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
             set tags: managed-by=cargo-xtask-test-bucket
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
