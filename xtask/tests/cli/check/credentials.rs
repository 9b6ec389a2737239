//! What is said where credentials, account or region are not as they should be.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::provisioned;
use crate::harness::{World, settings};

async fn without_anything() -> World {
    let mut world = World::new().await;
    for name in ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        world.unset(name);
    }
    world
}

#[tokio::test]
async fn without_any_configuration_it_says_where_it_looked_and_what_to_do() {
    let world = without_anything().await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["check"]), @"
    exit code: 1
    ----- stdout -----
       not found AWS is not configured: no credentials in the environment, `app/.env`, the AWS profiles, a web identity, a container or instance metadata
                    environment: neither AWS_ACCESS_KEY_ID nor AWS_PROFILE nor AWS_WEB_IDENTITY_TOKEN_FILE nor AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set
                    app/.env: there is no such file; `app/.env.example` shows one
                    [WORKSPACE]/no-config: there is no such file
                    [WORKSPACE]/no-credentials: there is no such file
                    instance metadata: not asked: AWS_EC2_METADATA_DISABLED is set
                    region: AWS_REGION is not set
    ----- stderr -----
           hint: with a profile: export AWS_PROFILE=your-profile AWS_REGION=us-west-2
           hint: with SSO: aws configure sso, then: aws sso login --profile your-profile
           hint: with keys: put AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION into `app/.env`
           hint: without an account: cargo xtask test runs on the embedded AWS, cargo xtask sandbox starts one to look at
    "));
}

#[tokio::test]
async fn without_any_configuration_it_answers_within_three_seconds() {
    let mut world = without_anything().await;
    world.set("AWS_EC2_METADATA_DISABLED", "false");
    // Whoever listens there takes the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    world.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &endpoint);
    let started = Instant::now();
    let text = world.run(&["check"]);
    let took = started.elapsed();
    assert!(text.starts_with("exit code: 1\n"), "{text}");
    assert!(text.contains("AWS is not configured"), "{text}");
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn an_sso_session_that_has_ended_comes_with_the_command_that_renews_it() {
    let mut world = without_anything().await;
    let config = world.folder().join("config");
    let profile = "[profile work]\nsso_session = corp\nsso_account_id = 123456789012\n\
        sso_role_name = dev\nregion = eu-central-1\n\
        [sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-central-1\n";
    fs::write(&config, profile).unwrap();
    world.set("AWS_CONFIG_FILE", config.to_str().unwrap());
    let home = world.folder().display().to_string();
    world.set("HOME", &home);
    world.set("AWS_PROFILE", "work");
    world.set("AWS_REGION", "eu-central-1");
    settings().bind(|| insta::assert_snapshot!(world.run(&["check"]), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: the credentials of profile `work` (AWS_PROFILE) could not be loaded: an error occurred while loading credentials: an error occurred while loading an access token: failed to load the cached SSO token

    hint: aws sso login --profile work
    "));
}

#[tokio::test]
async fn an_account_that_the_workspace_does_not_allow_ends_every_command_before_it_changes_anything()
 {
    let world = World::new().await;
    fs::write(
        world.folder().join("Cargo.toml"),
        "[workspace.metadata.xtask]\naccounts = [\"999999999999\", \"111122223333\"]\n",
    )
    .unwrap();
    settings().bind(|| insta::assert_snapshot!(world.run(&["setup"]), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: account 123456789012 is not one that this workspace allows (999999999999, 111122223333); the credentials are those of AWS_ACCESS_KEY_ID (environment)

    hint: export AWS_PROFILE=... of one of them, or add it to `accounts` in `[workspace.metadata.xtask]` of `Cargo.toml`
    "));
    for args in [&["check"][..], &["test", "--aws"], &["cleanup", "--yes"]] {
        let text = world.run(args);
        assert!(
            text.contains("error: account 123456789012 is not one that this workspace allows"),
            "{text}"
        );
    }
    let calls = world.sandbox.take_calls();
    assert!(
        calls
            .iter()
            .all(|call| ["s3:ListBuckets", "sts:GetCallerIdentity"].contains(&&*call.action))
    );

    let allowed = "[workspace.metadata.xtask]\naccounts = [\"123456789012\"]\n";
    fs::write(world.folder().join("Cargo.toml"), allowed).unwrap();
    assert!(world.run(&["setup"]).starts_with("exit code: 0\n"));
    fs::write(world.folder().join("Cargo.toml"), "[workspace.metadata.xtask]\naccounts = [1]\n")
        .unwrap();
    let text = world.run(&["setup"]);
    assert!(text.starts_with("exit code: 1\n") && text.contains("accounts"), "{text}");
}

#[tokio::test]
async fn a_bucket_in_another_region_is_told_with_its_region() {
    let mut world = provisioned().await;
    world.set("AWS_REGION", "us-west-2");
    let text = world.run(&["check"]);
    assert!(text.starts_with("exit code: 1\n"), "{text}");
    let line = text.lines().find(|line| line.starts_with(" wrong region")).unwrap();
    assert!(
        line.contains("arn:aws:s3:::shared") && line.contains("the bucket is in eu-central-1"),
        "{line}"
    );
}

#[tokio::test]
async fn no_output_holds_a_secret() {
    let mut world = provisioned().await;
    let id = super::KEY.0;
    let secret = super::KEY.1;
    super::act_as_user(&mut world, &[r#"{"Version":"2012-10-17","Statement":[]}"#]);
    for args in [
        &["check"][..],
        &["check", "--json"],
        &["check", "--for", "setup"],
        &["setup"],
        &["cleanup", "--yes"],
        &["policy"],
        &["test", "--aws", "--json"],
    ] {
        let text = world.run(args);
        assert!(!text.contains(secret), "{args:?}: {text}");
        // The id is no secret, and nobody's business in a log.
        assert!(!text.contains(id), "{args:?}: {text}");
    }
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/permissions.lock");
    let lock = fs::read_to_string(lock).unwrap();
    assert!(!lock.contains(secret) && !lock.contains("AKIA"));
}
