//! What the fixture promises every test: a place of its own, and nothing left in it.
//!
//! Looked at from outside, on an embedded AWS that outlives the environments.

use std::panic::AssertUnwindSafe;

use app::storage::Purpose;
use aws_sdk_s3::primitives::ByteStream;
use contract::test_id::SandboxKey;
use futures::{FutureExt as _, TryStreamExt as _};

use super::{key, plainly, prefix};
use crate::env::{OwnSandbox, TestEnv, goes_without_tls};
use crate::payload::Payload;

/// The bucket of uploads in an embedded AWS of the test's own.
const BUCKET: &str = "sandbox-uploads";

/// How many versions with delete markers, and how many unfinished uploads are in [`BUCKET`].
async fn left_in(sandbox: &OwnSandbox) -> (usize, usize) {
    let s3 = sandbox.harness();
    let versions = s3.list_object_versions().bucket(BUCKET).send().await.unwrap();
    let uploads = s3.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
    let kept = versions.versions().len() + versions.delete_markers().len();
    (kept, uploads.uploads().len())
}

/// Leaves an object, a deleted one and an unfinished upload.
async fn litter(env: &TestEnv) {
    let storage = env.storage(Purpose::Uploads);
    for name in ["kept", "deleted"] {
        storage.upload(&key(name), "one".into(), &plainly()).await.unwrap();
        storage.upload(&key(name), "two".into(), &plainly()).await.unwrap();
    }
    storage.delete(&key("deleted")).await.unwrap();
    let (s3, name) = (env.fixture(), format!("{}unfinished", env.key_prefix()));
    let create = s3.create_multipart_upload().bucket(BUCKET).key(&name).send().await.unwrap();
    let part = s3.upload_part().bucket(BUCKET).key(&name).upload_id(create.upload_id().unwrap());
    part.part_number(1).body(ByteStream::from_static(b"part")).send().await.unwrap();
}

#[tokio::test]
async fn a_test_leaves_nothing_behind() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        litter(env).await;
        assert_eq!(left_in(&sandbox).await, (1, 1));
    })
    .await;
    assert_eq!(left_in(&sandbox).await, (0, 0));
}

#[tokio::test]
async fn a_test_leaves_no_versions_behind() {
    let sandbox = OwnSandbox::start().await;
    sandbox.enable_versioning(BUCKET).await;
    TestEnv::run_on(&sandbox, async |env| {
        litter(env).await;
        // Two of each key, and a marker that one is deleted.
        assert_eq!(left_in(&sandbox).await, (5, 1));
    })
    .await;
    assert_eq!(left_in(&sandbox).await, (0, 0));
}

#[tokio::test]
async fn a_panicking_test_leaves_nothing_behind_and_still_fails() {
    let sandbox = OwnSandbox::start().await;
    let run = TestEnv::run_on(&sandbox, async |env| {
        litter(env).await;
        assert!(env.key_prefix().is_empty(), "the reason of the failure");
    });
    let panic = AssertUnwindSafe(run).catch_unwind().await.unwrap_err();
    let reason = panic.downcast_ref::<String>().map(String::as_str);
    let reason = reason.or(panic.downcast_ref::<&str>().copied()).unwrap();
    assert!(reason.contains("the reason of the failure"), "{reason}");
    assert_eq!(left_in(&sandbox).await, (0, 0));
}

#[tokio::test]
async fn a_place_that_cannot_be_emptied_fails_the_test() {
    let sandbox = OwnSandbox::start().await;
    let run = TestEnv::run_on(&sandbox, async |env| {
        litter(env).await;
        sandbox.forget(&SandboxKey::harness());
    });
    let panic = AssertUnwindSafe(run).catch_unwind().await.unwrap_err();
    let reason = panic.downcast_ref::<String>().unwrap();
    assert!(reason.contains("could not be emptied"), "{reason}");
    assert!(reason.contains(BUCKET), "{reason}");
}

#[tokio::test]
async fn what_others_wrote_is_not_touched() {
    let sandbox = OwnSandbox::start().await;
    let others = ["test", "test/other-run/a/b/c", "tests/x", "x"];
    for name in others {
        let put = sandbox.harness().put_object().bucket(BUCKET).key(name);
        put.body(ByteStream::from_static(b"x")).send().await.unwrap();
    }
    TestEnv::run_on(&sandbox, litter).await;
    assert_eq!(left_in(&sandbox).await, (others.len(), 0));
}

#[tokio::test]
async fn two_tests_do_not_see_each_other() {
    let sandbox = OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |one| {
        let of_one = one.storage(Purpose::Uploads);
        of_one.upload(&key("object"), "of one".into(), &plainly()).await.unwrap();
        TestEnv::run_on(&sandbox, async |two| {
            assert_ne!(one.key_prefix(), two.key_prefix());
            let of_two = two.storage(Purpose::Uploads);
            assert_eq!(of_two.list(&prefix("")).try_collect::<Vec<_>>().await.unwrap(), []);
            of_two.upload(&key("object"), "of two".into(), &plainly()).await.unwrap();
        })
        .await;
        // Neither written over nor swept away.
        assert_eq!(of_one.download(&key("object")).await.unwrap(), "of one");
    })
    .await;
    assert_eq!(left_in(&sandbox).await, (0, 0));
}

#[test]
fn a_target_that_wants_tls_for_one_service_gets_it() {
    let (plain, encrypted) = ("http://server.example", "https://server.example");
    for (set, expected) in [
        (&[("AWS_ENDPOINT_URL", plain)][..], true),
        (&[("AWS_ENDPOINT_URL", plain), ("AWS_ENDPOINT_URL_S3", plain)], true),
        (&[("AWS_ENDPOINT_URL", plain), ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", encrypted)], false),
        (&[("AWS_ENDPOINT_URL", encrypted), ("AWS_ENDPOINT_URL_S3", plain)], false),
        // The others are AWS's own.
        (&[("AWS_ENDPOINT_URL_S3", plain)], false),
        (&[], false),
    ] {
        let variable = |name: &str| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, url)| (*url).to_owned())
        };
        assert_eq!(goes_without_tls(variable), expected, "{set:?}");
    }
}

#[test]
fn a_chunk_is_known_at_its_own_place_only() {
    let payload = Payload::new();
    for range in [0..1, 5..200_000, 65_530..65_540] {
        let chunk = payload.bytes(range.clone());
        assert_eq!(chunk.len() as u64, range.end - range.start);
        assert!(payload.is_at(range.start, &chunk));
    }
    let chunk = payload.bytes(0..100_000);
    for elsewhere in [1, 1024, 5 * 1024 * 1024, 8 * 1024 * 1024] {
        assert!(!payload.is_at(elsewhere, &chunk));
    }
    let mut changed = chunk.to_vec();
    changed[99_999] ^= 1;
    assert!(!payload.is_at(0, &changed));
}
