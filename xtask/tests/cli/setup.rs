//! `cargo xtask setup`, from an empty account to every way in which it may not go on.

use crate::harness::{self, REGION, World, create_bucket};

mod adoption;
mod connection;
mod env_file;
mod permissions;
mod proxy;

use proxy::Answer;

/// The harness's filters, and what differs in the keys of probes and the ports.
fn settings() -> insta::Settings {
    let mut settings = harness::settings();
    settings.add_filter(r"check-[0-9a-f]{12}", "[PROBE]");
    settings.add_filter(r"\(version [^)]+\)", "(version [VERSION])");
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]");
    settings
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
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
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
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
    exit code: 0
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

          exists shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
       unchanged tags: cargo-xtask=test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
       unchanged lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

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
       would set tags: cargo-xtask=test-bucket
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
       unchanged tags: cargo-xtask=test-bucket
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
              "action": "s3:DeleteObject",
              "detail": null,
              "resource": "arn:aws:s3:::shared/test/*",
              "verdict": "allowed"
            },
            {
              "action": "s3:DeleteObjectVersion",
              "detail": null,
              "resource": "arn:aws:s3:::shared/test/*",
              "verdict": "allowed"
            },
            {
              "action": "s3:ListBucket",
              "detail": null,
              "resource": "arn:aws:s3:::shared",
              "verdict": "allowed"
            }
          ],
          "settings": [
            {
              "detail": "cargo-xtask=test-bucket",
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
             set tags: cargo-xtask=test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

            done changed 1 of 1 buckets
            next cargo xtask test --aws
    "#));
    let again = world.command(&["setup", "--json"]).output().unwrap();
    let again: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&again["changed"], &again["ok"]), (&false.into(), &true.into()));
}

#[tokio::test]
async fn a_name_of_another_account_is_taken_and_the_other_buckets_are_still_made() {
    let mut world = World::new().await;
    world.set_buckets(["shared", "shared", "shared", "mine"]);
    create_bucket(&world.other_s3(), "shared", REGION).await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
    exit code: 1
    ----- stdout -----
         account 123456789012
          caller arn:aws:iam::123456789012:user/harness
     credentials AWS_ACCESS_KEY_ID (environment); no end is known
          region eu-central-1
        endpoint [ENDPOINT]

           taken shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS): belongs to another account

         created mine (S3_BUCKET_UPLOADS)
             set tags: cargo-xtask=test-bucket
       unchanged Block Public Access: all four on
       unchanged default encryption: AES256
             set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

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
        insta::assert_snapshot!(world.run(&["setup", "--region", "us-east-1"]), @"
        exit code: 0
        ----- stdout -----
             account 123456789012
              caller arn:aws:iam::123456789012:user/harness
         credentials AWS_ACCESS_KEY_ID (environment); no end is known
              region us-east-1
            endpoint [ENDPOINT]

             created shared (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS)
                 set tags: cargo-xtask=test-bucket
           unchanged Block Public Access: all four on
           unchanged default encryption: AES256
                 set lifecycle: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
             allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

                done changed 1 of 1 buckets
                next AWS_REGION=us-east-1 cargo xtask test --aws
        ----- stderr -----
        ");
    });
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
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
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
         allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

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
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
    exit code: 0
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
     unsupported lifecycle: the server took it, and does not give it back: `test/` and `perf-test/` expire after 3 days, unfinished uploads there after 1
         allowed s3:PutObject, s3:GetObject, s3:DeleteObject, s3:DeleteObjectVersion, s3:ListBucket

            done changed 1 of 1 buckets
            next cargo xtask test --aws
    ----- stderr -----
    "));
}
