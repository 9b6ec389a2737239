//! The command itself: what it asks, refuses and reports.

use super::*;

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let world = world().await;
    let s3 = world.s3();
    keep_versions(&s3, "shared").await;
    put(&s3, "shared", &key("r-1", "x"), "old").await;
    put(&s3, "shared", &key("r-1", "x"), "new").await;
    begin_upload(&s3, "shared", &key("r-1", "upload")).await;
    let before = contents(&s3, "shared").await;
    world.sandbox.take_calls();
    shown!(world.run(&["cleanup", "--dry-run", "--yes"]), @"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-1        1         1        0        1   6 B     <1m  <1m     remove
       to remove 1 object, 1 older version, 1 unfinished upload from 1 bucket (6 B)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
           hint: cargo xtask cleanup --yes
    ");
    assert_eq!(contents(&s3, "shared").await, before);
    let calls = world.sandbox.take_calls();
    assert!(calls.iter().any(|call| call.action == "s3:ListObjectVersions"), "{calls:?}");
    let changes = |call: &&Call| {
        ["Put", "Delete", "Abort", "Create"].iter().any(|verb| call.action.contains(verb))
    };
    assert_eq!(calls.iter().filter(changes).count(), 0, "{calls:?}");
}

#[tokio::test]
async fn without_a_terminal_and_without_yes_nothing_is_removed() {
    let world = world().await;
    put(&world.s3(), "shared", &key("r-1", "x"), "x").await;
    let before = contents(&world.s3(), "shared").await;
    shown!(world.run(&["cleanup", "--older-than", "0s"]), @"
    exit code: 1
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-1        1         0        0        0   1 B     <1m  <1m     remove
       to remove 1 object from 1 bucket (1 B)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    error: nothing was removed: there is no terminal to ask on

    hint: cargo xtask cleanup --older-than [TIME] --yes
    ");
    assert_eq!(contents(&world.s3(), "shared").await, before);
}

#[tokio::test]
async fn aws_that_is_not_configured_is_an_error_with_a_cure() {
    let mut world = World::new().await;
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    shown!(world.run(&["cleanup"]), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: AWS is not configured: no credentials in the environment, `app/.env`, the AWS profiles, a web identity, a container or instance metadata

    hint: with a profile: export AWS_PROFILE=your-profile AWS_REGION=us-west-2
    hint: with SSO: aws configure sso, then: aws sso login --profile your-profile
    hint: with keys: put AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION into `app/.env`
    hint: without an account: cargo xtask test runs on the embedded AWS, cargo xtask sandbox starts one to look at
    ");
}

#[tokio::test]
async fn a_key_that_nobody_knows_is_an_error_with_a_cure() {
    let mut world = world().await;
    world.set("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSIT001");
    shown!(world.run(&["cleanup"]), @r#"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: the server at [ENDPOINT]
      caused by: `s3:ListAllMyBuckets` failed: InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records (request id [ID])

    hint: check the access key and its secret; `aws sts get-caller-identity` must answer
    "#);
}

#[tokio::test]
async fn the_result_is_one_json_document() {
    let mut world = world().await;
    world.set_buckets(["shared", "missing", "", ""]);
    let s3 = world.s3();
    put(&s3, "shared", &key("r-1", "x"), "x").await;
    put(&s3, "shared", "test/loose", "x").await;
    let output = world.command(&["cleanup", "--yes", "--json"]).output().unwrap();
    let mut document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for row in document["buckets"][0]["plan"].as_array_mut().unwrap() {
        for time in ["oldest", "newest"] {
            let text = row[time].as_str().unwrap();
            assert_eq!((text.len(), &text[19..]), (20, "Z"), "{text}");
            row[time] = "[TIME]".into();
        }
    }
    document["endpoint"] = "[ENDPOINT]".into();
    shown!(serde_json::to_string_pretty(&document).unwrap(), @r#"
    {
      "account": "123456789012",
      "buckets": [
        {
          "became_live": [],
          "error": null,
          "hint": null,
          "left": [],
          "left_total": 0,
          "name": "shared",
          "notices": [],
          "plan": [
            {
              "action": "remove",
              "bytes": 1,
              "delete_markers": 0,
              "examples": [
                "test/r-1/s3_integration.keys.round_trip/n0/x"
              ],
              "live": false,
              "newest": "[TIME]",
              "objects": 1,
              "oldest": "[TIME]",
              "process": null,
              "run": "r-1",
              "uploads": 0,
              "versions": 0
            },
            {
              "action": "remove",
              "bytes": 1,
              "delete_markers": 0,
              "examples": [
                "test/loose"
              ],
              "live": false,
              "newest": "[TIME]",
              "objects": 1,
              "oldest": "[TIME]",
              "process": null,
              "run": null,
              "uploads": 0,
              "versions": 0
            }
          ],
          "reason": null,
          "removed": {
            "bytes": 2,
            "delete_markers": 0,
            "objects": 2,
            "uploads": 0,
            "versions": 0
          },
          "standing": "managed",
          "variables": [
            "S3_BUCKET_CREATIVES"
          ]
        },
        {
          "became_live": [],
          "error": null,
          "hint": null,
          "left": [],
          "left_total": 0,
          "name": "missing",
          "notices": [],
          "plan": [],
          "reason": null,
          "removed": null,
          "standing": "missing",
          "variables": [
            "S3_BUCKET_LANDING_PAGES"
          ]
        }
      ],
      "dry_run": false,
      "endpoint": "[ENDPOINT]",
      "exit_code": 0,
      "region": "eu-central-1"
    }
    "#);
}
