//! `cargo xtask cleanup`: what goes, what stays, and what it says.

use std::collections::BTreeMap;
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
use crate::wire::Wire;

macro_rules! shown {
    ($shown:expr, @$snapshot:literal) => {{
        let mut settings = settings();
        settings.add_filter(r"` [\w.-]{32}: ", "` [VERSION]: ");
        settings.bind(|| insta::assert_snapshot!($shown, @$snapshot))
    }};
}

// Below the macro, which they use.
mod buckets;
mod choice;
mod command;
mod removal;

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
#[cfg(target_os = "linux")]
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
