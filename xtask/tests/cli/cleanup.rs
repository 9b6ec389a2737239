//! `cargo xtask cleanup`: what goes, what stays, and what it says.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, Delete,
    EncodingType, ObjectIdentifier, ObjectLockLegalHold, ObjectLockLegalHoldStatus, Tag, Tagging,
    VersioningConfiguration,
};
use futures::StreamExt as _;
use sandbox::Call;

use crate::harness::{REGION, World, settings};
use crate::proxy::Proxy;

/// Keys that lie next to the two prefixes, in every way that has cost somebody their data.
const NEIGHBOURS: [&str; 9] = [
    "test",
    "perf-test",
    "testing/x",
    "test-data/x",
    "perf-tests/x",
    "a/test/x",
    "/test/x",
    "TEST/x",
    "x",
];

/// A key as a test writes it.
fn key(run: &str, name: &str) -> String {
    format!("test/{run}/s3_integration.keys.round_trip/n0/{name}")
}

/// A world with the tagged bucket `shared`, and neighbours in it.
async fn world() -> World {
    let world = World::new().await;
    bucket(&world.s3(), "shared", REGION, true).await;
    neighbours(&world.s3(), "shared").await;
    world
}

async fn bucket(s3: &Client, name: &str, region: &str, tagged: bool) {
    let location = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(region))
        .build();
    s3.create_bucket().bucket(name).create_bucket_configuration(location).send().await.unwrap();
    if tagged {
        let tag = Tag::builder().key("cargo-xtask").value("test-bucket").build().unwrap();
        let tagging = Tagging::builder().tag_set(tag).build().unwrap();
        s3.put_bucket_tagging().bucket(name).tagging(tagging).send().await.unwrap();
    }
}

async fn keep_versions(s3: &Client, bucket: &str) {
    let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
    let put = s3.put_bucket_versioning().bucket(bucket);
    put.versioning_configuration(enabled.build()).send().await.unwrap();
}

async fn put(s3: &Client, bucket: &str, key: &str, body: &str) {
    let body = ByteStream::from(body.as_bytes().to_vec());
    s3.put_object().bucket(bucket).key(key).body(body).send().await.unwrap();
}

async fn neighbours(s3: &Client, bucket: &str) {
    for key in NEIGHBOURS {
        put(s3, bucket, key, &format!("the body of {key}")).await;
    }
}

async fn put_many(s3: &Client, bucket: &str, run: &str, count: usize) {
    futures::stream::iter(0..count)
        .for_each_concurrent(32, |number| async move {
            put(s3, bucket, &key(run, &format!("{number:05}")), "x").await;
        })
        .await;
}

/// Delete markers are the fastest leftovers: a thousand by one request, in a bucket that keeps versions.
async fn put_markers(s3: &Client, bucket: &str, run: &str, count: usize) {
    let keys = (0..count).map(|number| key(run, &format!("{number:05}")));
    let objects = keys.map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(objects.collect())).quiet(true);
    let delete = delete.build().unwrap();
    s3.delete_objects().bucket(bucket).delete(delete).send().await.unwrap();
}

async fn begin_upload(s3: &Client, bucket: &str, key: &str) {
    let begun = s3.create_multipart_upload().bucket(bucket).key(key).send().await.unwrap();
    let part = s3.upload_part().bucket(bucket).key(key).part_number(1);
    let part = part.set_upload_id(begun.upload_id).body(ByteStream::from_static(b"part"));
    part.send().await.unwrap();
}

/// Everything in a bucket: key and version id, with the ETag; uploads by key and id.
async fn contents(s3: &Client, bucket: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let (mut key, mut version) = (None, None);
    loop {
        let list = s3.list_object_versions().bucket(bucket).encoding_type(EncodingType::Url);
        let page = list.set_key_marker(key).set_version_id_marker(version).send().await.unwrap();
        for version in page.versions() {
            let (key, id) = (version.key().unwrap(), version.version_id().unwrap());
            found.insert(format!("{key} {id}"), version.e_tag().unwrap().to_owned());
        }
        for marker in page.delete_markers() {
            let (key, id) = (marker.key().unwrap(), marker.version_id().unwrap());
            found.insert(format!("{key} {id}"), "delete marker".to_owned());
        }
        if page.is_truncated() != Some(true) {
            break;
        }
        // Markers are encoded as keys are; those of these tests need none of it.
        (key, version) = (page.next_key_marker, page.next_version_id_marker);
    }
    let uploads = s3.list_multipart_uploads().bucket(bucket).send().await.unwrap();
    for upload in uploads.uploads() {
        let (key, id) = (upload.key().unwrap(), upload.upload_id().unwrap());
        found.insert(format!("{key} {id}"), "upload".to_owned());
    }
    found
}

/// What begins with one of the two prefixes.
fn below(contents: &BTreeMap<String, String>) -> Vec<&str> {
    let keys = contents.keys().map(String::as_str);
    keys.filter(|key| key.starts_with("test/") || key.starts_with("perf-test/")).collect()
}

/// A mark's body as a process on this machine writes it.
fn mark_body(host: Option<&str>, pid: u32) -> String {
    let line = |path: &str| std::fs::read_to_string(path).unwrap().trim().to_owned();
    let host = host.map_or_else(|| line("/proc/sys/kernel/hostname"), ToOwned::to_owned);
    let boot = line("/proc/sys/kernel/random/boot_id");
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap();
    let mark = format!(
        r#"{{"format":1,"run":"r","host":"{host}","boot":"{boot}","pid_namespace":"{}","pid":{pid},"process_started":1,"started":"2026-01-01T00:00:00Z"}}"#,
        namespace.display()
    );
    // Of the same size on every machine.
    format!("{mark:<512}")
}

macro_rules! shown {
    ($shown:expr, @$snapshot:literal) => {{
        let mut settings = settings();
        settings.add_filter(r"\b[0-9a-f]{16}[\w-]{16}\b", "[VERSION]");
        settings.bind(|| insta::assert_snapshot!($shown, @$snapshot))
    }};
}

#[tokio::test]
async fn everything_under_the_two_prefixes_goes_and_every_neighbour_stays() {
    let world = world().await;
    let s3 = world.s3();
    keep_versions(&s3, "shared").await;
    neighbours(&s3, "shared").await;
    begin_upload(&s3, "shared", "testing/upload").await;
    let before = contents(&s3, "shared").await;

    put(&s3, "shared", &key("r-1", "one"), "old").await;
    put(&s3, "shared", &key("r-1", "one"), "new").await;
    put(&s3, "shared", &key("r-1", "two"), "deleted").await;
    s3.delete_object().bucket("shared").key(key("r-1", "two")).send().await.unwrap();
    put(&s3, "shared", "perf-test/r-2/performance_aws.upload/n0/x", "xxx").await;
    begin_upload(&s3, "shared", &key("r-2", "upload")).await;
    put(&s3, "shared", "test/loose", "stray").await;
    begin_upload(&s3, "shared", "perf-test/loose").await;

    shown!(world.run(&["cleanup", "--yes"]), @r#"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN           OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-1                 1         2        1        0  13 B     <1m  <1m     remove
     shared  r-2                 1         0        0        1   3 B     <1m  <1m     remove
     shared  (stray keys)        1         0        0        1   5 B     <1m  <1m     remove
       to remove 3 objects, 2 older versions, 1 delete marker, 2 unfinished uploads from 1 bucket (21 B)
         removed `shared`: 3 objects, 2 older versions, 1 delete marker, 2 unfinished uploads (21 B)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
    "#);
    assert_eq!(contents(&s3, "shared").await, before);
    shown!(world.run(&["cleanup", "--yes"]), @r#"
    exit code: 0
    ----- stdout -----
           clean nothing lies under `test/` and `perf-test/`
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
    "#);
    assert_eq!(contents(&s3, "shared").await, before);
}

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
    shown!(world.run(&["cleanup", "--dry-run", "--yes"]), @r#"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-1        1         1        0        1   6 B     <1m  <1m     remove
       to remove 1 object, 1 older version, 1 unfinished upload from 1 bucket (6 B)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
           hint: cargo xtask cleanup --yes
    "#);
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
    shown!(world.run(&["cleanup", "--older-than", "0s"]), @r#"
    exit code: 1
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-1        1         0        0        0   1 B     <1m  <1m     remove
       to remove 1 object from 1 bucket (1 B)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
    error: nothing was removed: there is no terminal to ask on

    hint: cargo xtask cleanup --older-than [TIME] --yes
    "#);
    assert_eq!(contents(&world.s3(), "shared").await, before);
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_a_remark() {
    let world = World::new().await;
    shown!(world.run(&["cleanup", "--yes"]), @r#"
    exit code: 0
    ----- stdout -----
           clean nothing lies under `test/` and `perf-test/`
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
            note `shared` (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS) does not exist; `cargo xtask setup` would create it
    "#);
}

#[tokio::test]
async fn aws_that_is_not_configured_is_an_error_with_a_cure() {
    let mut world = World::new().await;
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    shown!(world.run(&["cleanup"]), @r#"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: AWS is not configured: no credentials in the environment, `app/.env`, the AWS profiles, a web identity, a container or instance metadata

    hint: the embedded AWS of `cargo xtask test` keeps nothing: only a real server needs cleaning
    hint: export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=..., or AWS_PROFILE=...
    "#);
}

#[tokio::test]
async fn buckets_that_are_not_configured_are_an_error_with_a_cure() {
    let mut world = World::new().await;
    world.set_buckets([""; 4]);
    shown!(world.run(&["cleanup"]), @r#"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: no bucket is configured: none of the `S3_BUCKET_*` variables is set

    hint: cargo xtask setup --write-env
    "#);
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
async fn only_configured_buckets_can_be_named() {
    let mut world = world().await;
    world.set_buckets(["shared", "shared", "exports", ""]);
    bucket(&world.s3(), "other", REGION, false).await;
    put(&world.s3(), "other", &key("r-1", "x"), "x").await;
    let before = contents(&world.s3(), "other").await;
    shown!(world.run(&["cleanup", "--yes", "--bucket", "other"]), @r#"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: `other` is not one of the app's buckets: `shared` (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES), `exports` (S3_BUCKET_EXPORTS)

    hint: export S3_BUCKET_CREATIVES=other
    "#);
    assert_eq!(contents(&world.s3(), "other").await, before);
}

#[tokio::test]
async fn an_untagged_bucket_is_left_alone_until_it_is_named() {
    let mut world = world().await;
    world.set_buckets(["shared", "somebodys", "", ""]);
    let s3 = world.s3();
    bucket(&s3, "somebodys", REGION, false).await;
    neighbours(&s3, "somebodys").await;
    let neighbours = contents(&s3, "somebodys").await;
    shown!(world.run(&["cleanup", "--yes"]), @r#"
    exit code: 0
    ----- stdout -----
           clean nothing lies under `test/` and `perf-test/`
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
            note `somebodys` (S3_BUCKET_LANDING_PAGES) would be left alone: it was not tagged by `cargo xtask setup`
    "#);

    put(&s3, "somebodys", &key("r-1", "x"), "x").await;
    put(&s3, "shared", &key("r-1", "x"), "x").await;
    let before = contents(&s3, "somebodys").await;
    // Success would hide that something is left.
    shown!(world.run(&["cleanup", "--yes"]), @r#"
    exit code: 23
    ----- stdout -----
     BUCKET     RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared     r-1        1         0        0        0   1 B     <1m  <1m     remove
     somebodys  r-1        1         0        0        0   1 B     <1m  <1m     untagged bucket, left alone
       to remove 1 object from 1 bucket (1 B)
         removed `shared`: 1 object (1 B)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
         warning `somebodys` (S3_BUCKET_LANDING_PAGES) is left alone: it was not tagged by `cargo xtask setup`
           hint: cargo xtask cleanup --bucket somebodys
    "#);
    assert_eq!(contents(&s3, "somebodys").await, before);
    assert_eq!(below(&contents(&s3, "shared").await), [""; 0]);

    shown!(world.run(&["cleanup", "--yes", "--bucket", "somebodys"]), @r#"
    exit code: 0
    ----- stdout -----
     BUCKET     RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     somebodys  r-1        1         0        0        0   1 B     <1m  <1m     remove
       to remove 1 object from 1 bucket (1 B)
         removed `somebodys`: 1 object (1 B)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
    "#);
    assert_eq!(contents(&s3, "somebodys").await, neighbours);
}

#[tokio::test]
async fn a_foreign_bucket_is_an_error_and_the_others_are_cleaned_all_the_same() {
    let mut world = world().await;
    world.set_buckets(["shared", "foreign", "", ""]);
    bucket(&world.other_s3(), "foreign", REGION, true).await;
    put(&world.other_s3(), "foreign", &key("r-1", "x"), "x").await;
    let before = contents(&world.other_s3(), "foreign").await;
    put(&world.s3(), "shared", &key("r-1", "x"), "x").await;
    shown!(world.run(&["cleanup", "--yes"]), @r#"
    exit code: 1
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-1        1         0        0        0   1 B     <1m  <1m     remove
         foreign `foreign` (S3_BUCKET_LANDING_PAGES): it belongs to another account, or we may not see it
       to remove 1 object from 1 bucket (1 B)
         removed `shared`: 1 object (1 B)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
           hint: set S3_BUCKET_LANDING_PAGES to a bucket of this account, or allow `s3:ListBucket` on `foreign`
    "#);
    assert_eq!(contents(&world.other_s3(), "foreign").await, before);
    assert_eq!(below(&contents(&world.s3(), "shared").await), [""; 0]);
    shown!(world.run(&["cleanup", "--yes", "--bucket", "foreign"]), @r#"
    exit code: 1
    ----- stdout -----
         foreign `foreign` (S3_BUCKET_LANDING_PAGES): it belongs to another account, or we may not see it
       to remove nothing
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
           hint: set S3_BUCKET_LANDING_PAGES to a bucket of this account, or allow `s3:ListBucket` on `foreign`
    "#);
    assert_eq!(contents(&world.other_s3(), "foreign").await, before);
}

#[tokio::test]
async fn a_bucket_in_another_region_is_an_error_that_names_it() {
    let world = World::new().await;
    bucket(&world.s3_in("eu-west-3"), "shared", "eu-west-3", true).await;
    shown!(world.run(&["cleanup", "--yes"]), @r#"
    exit code: 1
    ----- stdout -----
       elsewhere `shared` (S3_BUCKET_CREATIVES, S3_BUCKET_LANDING_PAGES, S3_BUCKET_EXPORTS, S3_BUCKET_UPLOADS): it is in region `eu-west-3`, requests go to `eu-central-1`
       to remove nothing
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
           hint: export AWS_REGION=eu-west-3
    "#);
    shown!(world.run(&["cleanup", "--yes", "--region", "eu-west-3"]), @r#"
    exit code: 0
    ----- stdout -----
           clean nothing lies under `test/` and `perf-test/`
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-west-3
        Endpoint [ENDPOINT]
    "#);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_live_run_is_left_alone_until_it_is_included() {
    let world = world().await;
    let s3 = world.s3();
    // One that says who it is, one whose mark cannot be read.
    put(&s3, "shared", "test/live-1/_run.json", &mark_body(Some("another-host"), 7)).await;
    put(&s3, "shared", &key("live-1", "x"), "x").await;
    begin_upload(&s3, "shared", &key("live-1", "upload")).await;
    put(&s3, "shared", "test/live-1/loose", "x").await;
    put(&s3, "shared", "perf-test/live-1/performance_aws.upload/n0/x", "x").await;
    put(&s3, "shared", "perf-test/live-2/_run.json", "no mark").await;
    put(&s3, "shared", &key("live-2", "x"), "x").await;
    let before = contents(&s3, "shared").await;
    put(&s3, "shared", &key("dead", "x"), "x").await;
    shown!(world.run(&["cleanup", "--yes"]), @r#"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN           OBJECTS  VERSIONS  MARKERS  UPLOADS   SIZE  OLDEST  NEWEST
     shared  dead                1         0        0        0    1 B     <1m  <1m     remove
     shared  live-1              3         0        0        1  514 B     <1m  <1m     live (process 7 on another-host), left alone
     shared  live-2              2         0        0        0    8 B     <1m  <1m     live, left alone
     shared  (stray keys)        1         0        0        0    1 B     <1m  <1m     live, left alone
       to remove 1 object from 1 bucket (1 B)
         removed `shared`: 1 object (1 B)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
    "#);
    assert_eq!(contents(&s3, "shared").await, before);
    shown!(world.run(&["cleanup", "--yes", "--include-live"]), @r#"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN           OBJECTS  VERSIONS  MARKERS  UPLOADS   SIZE  OLDEST  NEWEST
     shared  live-1              3         0        0        1  514 B     <1m  <1m     remove, though live
     shared  live-2              2         0        0        0    8 B     <1m  <1m     remove, though live
     shared  (stray keys)        1         0        0        0    1 B     <1m  <1m     remove
       to remove 6 objects, 1 unfinished upload from 1 bucket (523 B)
         removed `shared`: 6 objects, 1 unfinished upload (523 B)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
    "#);
    assert_eq!(below(&contents(&s3, "shared").await), [""; 0]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_run_whose_process_is_gone_from_this_host_is_not_live() {
    let world = world().await;
    let s3 = world.s3();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    put(&s3, "shared", "test/killed/_run.json", &mark_body(None, pid)).await;
    put(&s3, "shared", &key("killed", "x"), "x").await;
    shown!(world.run(&["cleanup", "--yes"]), @r#"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN     OBJECTS  VERSIONS  MARKERS  UPLOADS   SIZE  OLDEST  NEWEST
     shared  killed        2         0        0        0  513 B     <1m  <1m     remove
       to remove 2 objects from 1 bucket (513 B)
         removed `shared`: 2 objects (513 B)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
    "#);
    assert_eq!(below(&contents(&s3, "shared").await), [""; 0]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_run_that_becomes_live_after_the_plan_is_left_alone() {
    let mut world = world().await;
    let s3 = world.s3();
    put(&s3, "shared", &key("late", "x"), "x").await;
    put(&s3, "shared", &key("dead", "x"), "x").await;
    let (endpoint, client) = (world.sandbox.endpoint().to_owned(), s3.clone());
    let mut listings = 0;
    let proxy = Proxy::start(&endpoint, move |request| {
        // The plan lists each root once; then the removal does.
        if request.starts_with("GET /shared/?versions") {
            listings += 1;
        }
        if listings == 3 {
            listings += 1;
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let mark = mark_body(Some("another-host"), 7);
            runtime.block_on(put(&client, "shared", "test/late/_run.json", &mark));
        }
    });
    world.set("AWS_ENDPOINT_URL", proxy.endpoint());
    shown!(proxy.hidden(world.run(&["cleanup", "--yes"])), @r#"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN   OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  dead        1         0        0        0   1 B     <1m  <1m     remove
     shared  late        1         0        0        0   1 B     <1m  <1m     remove
       to remove 2 objects from 1 bucket (2 B)
         removed `shared`: 1 object (1 B)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
            note run `late` is live by now: what it has in `shared` is left alone
    "#);
    let left = contents(&s3, "shared").await;
    let keys: Vec<&str> =
        below(&left).into_iter().filter_map(|key| key.split(' ').next()).collect();
    assert_eq!(keys, ["test/late/_run.json", &key("late", "x")]);
}

#[tokio::test]
async fn what_is_too_new_is_left_alone_and_a_run_is_never_cut_in_half() {
    let world = world().await;
    let s3 = world.s3();
    put(&s3, "shared", &key("old", "x"), "x").await;
    put(&s3, "shared", &key("going-on", "1"), "x").await;
    put(&s3, "shared", "test/old-stray", "x").await;
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    put(&s3, "shared", "perf-test/going-on/performance_aws.upload/n0/2", "x").await;
    put(&s3, "shared", "test/new-stray", "x").await;
    let before = contents(&s3, "shared").await;
    shown!(world.run(&["cleanup", "--yes", "--older-than", "1h"]), @r#"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN           OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  going-on            2         0        0        0   2 B     <1m  <1m     too new, left alone
     shared  old                 1         0        0        0   1 B     <1m  <1m     too new, left alone
     shared  (stray keys)        2         0        0        0   2 B     <1m  <1m     too new, left alone
       to remove nothing
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
    "#);
    assert_eq!(contents(&s3, "shared").await, before);
    shown!(world.run(&["cleanup", "--yes", "--older-than", "2s"]), @r#"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN           OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  going-on            2         0        0        0   2 B     <1m  <1m     too new, left alone
     shared  old                 1         0        0        0   1 B     <1m  <1m     remove
     shared  (stray keys)        1         0        0        0   1 B     <1m  <1m     remove
     shared  (stray keys)        1         0        0        0   1 B     <1m  <1m     too new, left alone
       to remove 2 objects from 1 bucket (2 B)
         removed `shared`: 2 objects (2 B)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
    "#);
    let left = contents(&s3, "shared").await;
    let mut keys: Vec<&str> =
        below(&left).into_iter().filter_map(|key| key.split(' ').next()).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        ["perf-test/going-on/performance_aws.upload/n0/2", &key("going-on", "1"), "test/new-stray"]
    );
}

#[tokio::test]
async fn one_run_can_be_chosen() {
    let world = world().await;
    let s3 = world.s3();
    for run in ["r-1", "r-11", "r"] {
        put(&s3, "shared", &key(run, "x"), "x").await;
    }
    put(&s3, "shared", "test/r-1/loose", "x").await;
    put(&s3, "shared", "test/loose", "x").await;
    put(&s3, "shared", "perf-test/r-1/performance_aws.upload/n0/x", "x").await;
    shown!(world.run(&["cleanup", "--yes", "--run", "r-1"]), @r#"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-1        2         0        0        0   2 B     <1m  <1m     remove
       to remove 2 objects from 1 bucket (2 B)
         removed `shared`: 2 objects (2 B)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
    "#);
    let left = contents(&s3, "shared").await;
    let keys: Vec<&str> =
        below(&left).into_iter().filter_map(|key| key.split(' ').next()).collect();
    assert_eq!(keys, ["test/loose", "test/r-1/loose", &key("r-11", "x"), &key("r", "x")]);
}

#[tokio::test]
async fn more_keys_than_fit_on_a_page_or_into_a_request() {
    let world = world().await;
    let s3 = world.s3();
    keep_versions(&s3, "shared").await;
    let before = contents(&s3, "shared").await;
    put_many(&s3, "shared", "r-1", 2_501).await;
    world.sandbox.take_calls();
    shown!(world.run(&["cleanup", "--yes"]), @r#"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS      SIZE  OLDEST  NEWEST
     shared  r-1     2501         0        0        0  2.44 KiB     <1m  <1m     remove
       to remove 2501 objects from 1 bucket (2.44 KiB)
         removed `shared`: 2501 objects (2.44 KiB)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
    "#);
    assert_eq!(contents(&s3, "shared").await, before);
    let calls = world.sandbox.take_calls();
    let deletes = calls.iter().filter(|call| call.action == "s3:DeleteObjects").count();
    assert_eq!(deletes, 3);
}

#[tokio::test]
async fn odd_keys_go_too() {
    let world = world().await;
    let s3 = world.s3();
    let before = contents(&s3, "shared").await;
    let long = "l".repeat(1_024 - key("r-1", "").len());
    let odd = [
        "with space",
        "a+b",
        "100%",
        "%2B",
        "%41",
        "ü/日本/😀",
        "<&>\"'",
        "back\\slash",
        "a//b",
        "a/../b",
        ".",
        "..",
        "trailing/",
        "?query=1",
        "#hash",
        "\u{1}",
        "line\nfeed",
        "return\r",
        "tab\t",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{fffe}",
        &long,
    ];
    for name in odd {
        put(&s3, "shared", &key("r-1", name), name).await;
    }
    assert_eq!(below(&contents(&s3, "shared").await).len(), odd.len());
    shown!(world.run(&["cleanup", "--yes"]), @r#"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS      SIZE  OLDEST  NEWEST
     shared  r-1       24         0        0        0  1.07 KiB     <1m  <1m     remove
       to remove 24 objects from 1 bucket (1.07 KiB)
         removed `shared`: 24 objects (1.07 KiB)
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
    "#);
    assert_eq!(contents(&s3, "shared").await, before);
}

#[tokio::test]
async fn what_cannot_be_removed_is_listed_and_the_rest_goes() {
    let world = World::new().await;
    let s3 = world.s3();
    let create = s3.create_bucket().bucket("shared").object_lock_enabled_for_bucket(true);
    let location = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(REGION));
    create.create_bucket_configuration(location.build()).send().await.unwrap();
    for name in ["held", "free"] {
        put(&s3, "shared", &key("r-1", name), name).await;
    }
    let hold = ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::On).build();
    let put_hold = s3.put_object_legal_hold().bucket("shared").key(key("r-1", "held"));
    put_hold.legal_hold(hold).send().await.unwrap();
    shown!(world.run(&["cleanup", "--yes", "--bucket", "shared"]), @r#"
    exit code: 23
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-1        2         0        0        0   8 B     <1m  <1m     remove
       to remove 2 objects from 1 bucket (8 B)
         removed `shared`: 1 object (4 B)
            left `shared`: object `test/r-1/s3_integration.keys.round_trip/n0/held` [VERSION]: AccessDenied: Access Denied because object protected by object lock
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
           hint: cargo xtask cleanup --bucket shared --dry-run
    "#);
    let left = contents(&s3, "shared").await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left.keys().all(|left| left.starts_with(&key("r-1", "held"))), "{left:?}");
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

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_stops_after_the_requests_on_their_way_and_says_what_is_done() {
    let mut world = world().await;
    let s3 = world.s3();
    // More than may be in flight at once.
    keep_versions(&s3, "shared").await;
    for batch in 0..12 {
        put_markers(&s3, "shared", &format!("r-{batch}"), 1_000).await;
    }
    let (seen, deleting) = std::sync::mpsc::channel::<()>();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (mut seen, mut held) = (Some(seen), Some(held));
    let proxy = Proxy::start(world.sandbox.endpoint(), move |request| {
        if request.starts_with("POST /shared/?delete")
            && let (Some(seen), Some(held)) = (seen.take(), held.take())
        {
            seen.send(()).unwrap();
            held.recv().unwrap();
        }
    });
    world.set("AWS_ENDPOINT_URL", proxy.endpoint());
    let mut command = world.command(&["cleanup", "--yes"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    deleting.recv_timeout(Duration::from_secs(60)).unwrap();
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(300));
    release.send(()).unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = proxy.hidden(world.shown(&output));
    let mut settings = settings();
    settings.add_filter(r"\d+000 delete markers", "[SOME] delete markers");
    settings.bind(|| {
        insta::assert_snapshot!(shown, @r#"
    exit code: 130
    ----- stdout -----
     BUCKET  RUN   OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-0         0         0     1000        0   0 B     <1m  <1m     remove
     shared  r-1         0         0     1000        0   0 B     <1m  <1m     remove
     shared  r-10        0         0     1000        0   0 B     <1m  <1m     remove
     shared  r-11        0         0     1000        0   0 B     <1m  <1m     remove
     shared  r-2         0         0     1000        0   0 B     <1m  <1m     remove
     shared  r-3         0         0     1000        0   0 B     <1m  <1m     remove
     shared  r-4         0         0     1000        0   0 B     <1m  <1m     remove
     shared  r-5         0         0     1000        0   0 B     <1m  <1m     remove
     shared  r-6         0         0     1000        0   0 B     <1m  <1m     remove
     shared  r-7         0         0     1000        0   0 B     <1m  <1m     remove
     shared  r-8         0         0     1000        0   0 B     <1m  <1m     remove
     shared  r-9         0         0     1000        0   0 B     <1m  <1m     remove
       to remove [SOME] delete markers from 1 bucket (0 B)
         removed `shared`: [SOME] delete markers (0 B)
     interrupted what is left can be removed later
    ----- stderr -----
         Account 123456789012 (arn:aws:iam::123456789012:user/harness)
          Region eu-central-1
        Endpoint [ENDPOINT]
            note stopping after the requests that are on their way; Ctrl-C again does not wait
           hint: cargo xtask cleanup
    "#)
    });
    let left = contents(&s3, "shared").await;
    assert!((1_000..12_000).contains(&below(&left).len()), "{}", below(&left).len());
    let run = world.run(&["cleanup", "--yes"]);
    assert!(run.starts_with("exit code: 0"), "{run}");
}
