//! What is broken as a whole ends the run before anything is built, with a cure.

use std::time::{Duration, Instant};

use super::{QUICK, provisioned, result};
use crate::harness::{REGION, World, create_bucket, settings};

/// Runs `test --aws`, which must end before cargo is started.
fn refused(world: &World) -> String {
    let started = Instant::now();
    let text = world.run(&["test", "--aws", QUICK]);
    assert!(!text.contains("Building"), "{text}");
    // Bounded, however loaded the machine is: a connection that fails is tried three times.
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    text
}

#[tokio::test]
async fn a_missing_bucket() {
    let world = World::new().await;
    settings().bind(|| insta::assert_snapshot!(refused(&world), @""));
}

#[tokio::test]
async fn a_bucket_of_somebody_else() {
    let world = World::new().await;
    create_bucket(&world.other_s3(), "shared", REGION).await;
    settings().bind(|| insta::assert_snapshot!(refused(&world), @""));
}

#[tokio::test]
async fn a_bucket_in_another_region() {
    let world = World::new().await;
    create_bucket(&world.s3_in("us-west-2"), "shared", "us-west-2").await;
    settings().bind(|| insta::assert_snapshot!(refused(&world), @""));
}

#[tokio::test]
async fn a_variable_without_a_bucket() {
    let mut world = World::new().await;
    world.unset("S3_BUCKET_EXPORTS");
    world.set("S3_BUCKET_UPLOADS", "");
    settings().bind(|| insta::assert_snapshot!(refused(&world), @""));
}

#[tokio::test]
async fn an_unknown_key() {
    let mut world = World::new().await;
    world.set("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSTHIS0");
    settings().bind(|| insta::assert_snapshot!(refused(&world), @""));
}

#[tokio::test]
async fn a_wrong_secret() {
    let mut world = World::new().await;
    world.set("AWS_SECRET_ACCESS_KEY", "wrong");
    settings().bind(|| insta::assert_snapshot!(refused(&world), @""));
}

#[tokio::test]
async fn half_a_key_pair() {
    let mut world = World::new().await;
    world.set("AWS_SECRET_ACCESS_KEY", "");
    settings().bind(|| insta::assert_snapshot!(refused(&world), @""));
}

#[tokio::test]
async fn no_region() {
    let mut world = World::new().await;
    world.unset("AWS_REGION");
    settings().bind(|| insta::assert_snapshot!(refused(&world), @""));
}

#[tokio::test]
async fn an_endpoint_that_is_down() {
    let mut world = World::new().await;
    world.set("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    settings().bind(|| insta::assert_snapshot!(refused(&world), @""));
}

#[tokio::test]
async fn an_endpoint_that_is_no_url() {
    let mut world = World::new().await;
    world.set("AWS_ENDPOINT_URL", "localhost:9000");
    settings().bind(|| insta::assert_snapshot!(refused(&world), @""));
}

#[tokio::test]
async fn no_configuration_skips_everything_and_strict_does_not_take_that() {
    let mut world = provisioned().await;
    for name in ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"] {
        world.set(name, "");
    }
    world.unset("AWS_SECRET_ACCESS_KEY");
    let skipped = result(&world, &["test", "--aws", QUICK]);
    settings().bind(|| insta::assert_snapshot!(skipped, @""));
    let strict = result(&world, &["test", "--aws", "--strict", QUICK]);
    assert!(strict.starts_with("exit code: 21\n"), "{strict}");
}
