//! `--region` and `--profile`, which choose the account: what is given to paste leads to the same one.

use std::fs;

use aws_sdk_s3::primitives::ByteStream;
use serde_json::Value;

use crate::harness::{REGION, World, create_bucket};

/// A world whose account is reached by `--profile work` alone: the keys in the environment are another's.
async fn world() -> World {
    let mut world = World::new().await;
    world.move_keys_to_profile("work");
    world
}

/// Runs the binary in the real workspace, by the profile.
fn run(world: &World, args: &[&str]) -> String {
    world.run(&[args, &["--profile", "work"]].concat())
}

async fn put(world: &World, key: &str) {
    let put = world.s3().put_object().bucket("shared").key(key);
    put.body(ByteStream::from_static(b"x")).send().await.unwrap();
}

const TEST: &str = "next env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY AWS_PROFILE=work cargo xtask test --aws\n";

#[tokio::test]
async fn the_next_command_uses_the_profile_and_not_the_keys_in_the_environment() {
    let mut world = world().await;
    let text = run(&world, &["setup"]);
    assert!(text.starts_with("exit code: 0\n") && text.contains(TEST), "{text}");
    world.in_the_real_workspace();
    let text = run(&world, &["check"]);
    assert!(text.starts_with("exit code: 0\n") && text.contains(TEST), "{text}");
    // What is said twice need not be repeated.
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    world.set("AWS_PROFILE", "work");
    let text = run(&world, &["check", "--region", REGION]);
    assert!(text.contains("next cargo xtask test --aws\n"), "{text}");
}

#[tokio::test]
async fn the_hints_of_check_keep_the_profile_and_the_region() {
    let mut world = world().await;
    world.in_the_real_workspace();
    let text = run(&world, &["check"]);
    assert!(text.contains("hint: the buckets: cargo xtask setup --profile work\n"), "{text}");
    assert!(text.contains("next cargo xtask setup --profile work\n"), "{text}");
    let setup = run(&world, &["setup"]);
    assert!(setup.starts_with("exit code: 0\n"), "{setup}");
    put(&world, "test/r-dead/suite.test/n/x").await;
    world.set("AWS_REGION", "us-east-1");
    let text = run(&world, &["check", "--region", REGION]);
    let hint =
        format!("hint: what is left: cargo xtask cleanup --region {REGION} --profile work\n");
    assert!(text.contains(&hint), "{text}");
}

#[tokio::test]
async fn the_hints_of_setup_keep_the_profile_and_never_answer_for_the_reader() {
    let world = world().await;
    create_bucket(&world.s3(), "shared", REGION).await;
    let text = run(&world, &["setup"]);
    let hint = "cargo xtask setup --profile work --adopt shared\n";
    assert!(text.contains(hint), "{text}");
    let document = run(&world, &["setup", "--json"]);
    assert!(document.contains(hint.trim_end()), "{document}");
    assert!(!text.contains("cleanup --yes"), "{text}");
}

#[tokio::test]
async fn the_document_of_cleanup_has_the_hint_of_the_text() {
    let world = world().await;
    create_bucket(&world.s3(), "shared", REGION).await;
    put(&world, "test/r-1/suite.test/n/x").await;
    let args = ["cleanup", "--dry-run", "--run", "r-1", "--json", "--profile", "work"];
    let output = world.command(&args).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let hint = "cargo xtask cleanup --run r-1 --profile work --bucket shared";
    assert_eq!(document["buckets"][0]["hint"], hint, "{document:#}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(&format!("hint: {hint}\n")), "{text}");
}

#[tokio::test]
async fn the_hints_of_policy_keep_what_was_asked_for() {
    let mut world = World::new().await;
    fs::create_dir(world.folder().join("tests")).unwrap();
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/permissions.lock");
    fs::copy(lock, world.folder().join("tests/permissions.lock")).unwrap();
    world.unset("AWS_REGION");
    let asked = "cargo xtask policy --for setup --for cleanup --github org/repo";
    let args: Vec<_> = asked.split(' ').skip(2).collect();
    let text = world.run(&args);
    assert!(text.contains(&format!("AWS_REGION=us-west-2 {asked}\n")), "{text}");
    assert!(text.contains(&format!("AWS_ACCOUNT_ID=123456789012 {asked}\n")), "{text}");
    world.set_buckets([""; 4]);
    let text = world.run(&args);
    let hint = format!("AWS_ACCOUNT_ID=123456789012 AWS_REGION=us-west-2 {asked}\n");
    assert!(text.contains(&hint), "{text}");
}
