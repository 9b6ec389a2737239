//! `cargo xtask setup`, from an empty account to every way in which it may not go on.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, ExpirationStatus, LifecycleExpiration,
    LifecycleRule, LifecycleRuleAndOperator, LifecycleRuleFilter, Tag, Tagging, Transition,
    TransitionStorageClass, VersioningConfiguration,
};

use crate::harness::{self, REGION, World, create_bucket};

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
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
    assert_eq!(everything_in(&world.s3(), "shared").await, [""; 0]);
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let world = World::new().await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup", "--dry-run"]), @""));
    assert!(world.s3().list_buckets().send().await.unwrap().buckets().is_empty());
    world.run(&["setup"]);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup", "--dry-run"]), @""));
}

#[tokio::test]
async fn json_is_one_document_without_secrets() {
    let world = World::new().await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup", "--json"]), @""));
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
        .send()
        .await
        .unwrap();
    let keys = ["a/test/x", "perf-tests/x", "test", "testing/x"];
    for key in keys {
        s3.put_object().bucket("shared").key(key).send().await.unwrap();
    }
    let tags_now = async || s3.get_bucket_tagging().bucket("shared").send().await.unwrap().tag_set;
    let rules_now = async || {
        let get = s3.get_bucket_lifecycle_configuration().bucket("shared");
        get.send().await.unwrap().rules.unwrap()
    };

    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
    assert_eq!(tags_now().await, tags.tag_set);
    assert_eq!(rules_now().await, [rule.clone()]);
    assert!(s3.get_public_access_block().bucket("shared").send().await.is_err());
    assert_eq!(everything_in(&s3, "shared").await, keys);

    let adopt = ["setup", "--adopt", "shared"];
    settings().bind(|| insta::assert_snapshot!(world.run(&adopt), @""));
    assert_eq!(tags_now().await[..1], tags.tag_set);
    assert_eq!(rules_now().await[0], rule);
    assert_eq!(everything_in(&s3, "shared").await, keys);

    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
}

#[tokio::test]
async fn only_a_configured_bucket_can_be_adopted() {
    let world = World::new().await;
    let adopt = ["setup", "--adopt", "shred"];
    settings().bind(|| insta::assert_snapshot!(world.run(&adopt), @""));
    assert!(world.s3().list_buckets().send().await.unwrap().buckets().is_empty());
}

#[tokio::test]
async fn a_name_of_another_account_is_taken_and_the_other_buckets_are_still_made() {
    let mut world = World::new().await;
    world.set_buckets(["shared", "shared", "shared", "mine"]);
    create_bucket(&world.other_s3(), "shared", REGION).await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
    assert_eq!(everything_in(&world.other_s3(), "shared").await, [""; 0]);
}

#[tokio::test]
async fn a_bucket_in_another_region_is_named_with_its_region() {
    let world = World::new().await;
    create_bucket(&world.s3_in("us-west-2"), "shared", "us-west-2").await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
}

#[tokio::test]
async fn what_said_on_the_command_line_stands_in_the_next_command() {
    let world = World::new().await;
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&["setup", "--region", "us-east-1"]), @"");
    });
}

#[tokio::test]
async fn every_missing_variable_is_named() {
    let mut world = World::new().await;
    world.unset("S3_BUCKET_EXPORTS");
    world.set("S3_BUCKET_UPLOADS", "");
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
    for bucket in contract::buckets::ALL {
        world.unset(bucket.variable);
    }
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
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
    settings().bind(|| insta::assert_snapshot!(world.run(&dry), @""));
    assert_eq!(fs::read_to_string(&path).unwrap(), before);

    settings().bind(|| insta::assert_snapshot!(world.run(&["setup", "--write-env"]), @""));
    insta::assert_snapshot!(fs::read_to_string(&path).unwrap(), @"");
    let again = world.run(&["setup", "--write-env"]);
    assert!(again.contains("nothing had to be changed"), "{again}");
}

#[tokio::test]
async fn only_the_missing_names_are_written() {
    let mut world = World::new().await;
    world.unset("S3_BUCKET_EXPORTS");
    world.run(&["setup", "--write-env"]);
    insta::assert_snapshot!(fs::read_to_string(world.folder().join("app/.env")).unwrap(), @"");
}

#[tokio::test]
async fn a_key_that_nobody_knows_is_refused() {
    let mut world = World::new().await;
    world.set("AWS_ACCESS_KEY_ID", "AKIANOBODY0000000001");
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
}

#[tokio::test]
async fn a_secret_that_does_not_fit_is_refused_and_not_shown() {
    let mut world = World::new().await;
    world.set("AWS_SECRET_ACCESS_KEY", "s3cr3t/of/nobody");
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
}

#[tokio::test]
async fn an_endpoint_that_is_down_is_an_error() {
    let mut world = World::new().await;
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    world.set("AWS_ENDPOINT_URL", &format!("http://{free}"));
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
}

#[tokio::test]
async fn a_server_that_speaks_no_s3_is_an_error() {
    let mut world = World::new().await;
    let endpoint = proxy::start("", |_, _| Some(Answer { status: 200, code: "" }));
    world.set("AWS_ENDPOINT_URL", &endpoint);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
}

#[tokio::test]
async fn without_sts_nobody_is_known_and_setup_goes_on() {
    let mut world = World::new().await;
    let endpoint = world.sandbox.endpoint().to_owned();
    world.unset("AWS_ENDPOINT_URL");
    world.set("AWS_ENDPOINT_URL_S3", &endpoint);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
    assert!(world.sandbox.calls().iter().all(|call| call.service.as_str() == "s3"));
}

#[tokio::test]
async fn without_credentials_nothing_is_configured() {
    let mut world = World::new().await;
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
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
    settings().bind(|| insta::assert_snapshot!(world.run(&args), @""));
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
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
}

#[tokio::test]
async fn a_setting_that_is_taken_but_not_kept_is_not_called_set() {
    let mut world = World::new().await;
    let endpoint = proxy::start(world.sandbox.endpoint(), |method, target| {
        let is_lost = method == "PUT" && target.contains("?lifecycle");
        is_lost.then_some(Answer { status: 200, code: "" })
    });
    world.set("AWS_ENDPOINT_URL", &endpoint);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
}

#[tokio::test]
async fn each_denied_action_is_named_with_its_cure_and_the_rest_is_done() {
    let mut world = World::new().await;
    let denied = || Some(Answer { status: 403, code: "AccessDenied" });
    let endpoint = proxy::start(world.sandbox.endpoint(), move |method, target| match method {
        "PUT" if target.contains("?publicAccessBlock") => denied(),
        "GET" if target.contains("?encryption") => denied(),
        "PUT" | "GET" if target.contains("/setup.probe/") && !target.contains("prefix=") => {
            denied()
        }
        _ => None,
    });
    world.set("AWS_ENDPOINT_URL", &endpoint);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
}

#[tokio::test]
async fn what_may_not_be_deleted_is_reported_with_its_key() {
    let mut world = World::new().await;
    let endpoint = proxy::start(world.sandbox.endpoint(), |method, _| {
        (method == "DELETE").then_some(Answer { status: 403, code: "AccessDenied" })
    });
    world.set("AWS_ENDPOINT_URL", &endpoint);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
}

#[tokio::test]
async fn reading_is_not_known_where_nothing_can_be_written_or_listed() {
    let mut world = World::new().await;
    let endpoint = proxy::start(world.sandbox.endpoint(), |_, target| {
        let is_object_action = target.contains("setup.probe");
        is_object_action.then_some(Answer { status: 403, code: "AccessDenied" })
    });
    world.set("AWS_ENDPOINT_URL", &endpoint);
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
}

#[tokio::test]
async fn nothing_is_left_in_a_bucket_that_keeps_versions() {
    let world = World::new().await;
    world.run(&["setup"]);
    for status in [BucketVersioningStatus::Enabled, BucketVersioningStatus::Suspended] {
        let versioning = VersioningConfiguration::builder().status(status).build();
        let put = world.s3().put_bucket_versioning().bucket("shared");
        put.versioning_configuration(versioning).send().await.unwrap();
        settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @""));
        assert_eq!(everything_in(&world.s3(), "shared").await, [""; 0]);
    }
}
