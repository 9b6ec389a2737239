//! A run that is going on: marked as live, and swept when it is stopped or, by `cleanup`, when it was
//! killed.

use std::process::{Child, Stdio};
use std::time::Duration;

use super::{keys, provisioned};
use crate::harness::World;

/// Starts a run of the whole S3 suite and waits until its mark and a test's object are there.
async fn started(world: &World) -> Child {
    let mut command = world.command(&["test", "--aws", "--suite", "s3_integration"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..1200 {
        let keys = keys(world).await;
        if keys.iter().any(|key| key.ends_with("/_run.json")) && keys.len() > 2 {
            return child;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("the run wrote nothing within a minute");
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
}

#[tokio::test]
async fn a_run_that_is_interrupted_sweeps_up() {
    let world = provisioned().await;
    let mut child = started(&world).await;
    signal(&child, "-INT");
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
    assert_eq!(status.code(), Some(130));
    assert_eq!(keys(&world).await, Vec::<String>::new());
}

#[cfg(unix)]
#[tokio::test]
async fn a_run_that_is_stopped_while_it_installs_nextest_has_marked_nothing() {
    use std::os::unix::fs::PermissionsExt as _;

    let mut world = World::new().await;
    assert!(world.run(&["setup"]).starts_with("exit code: 0\n"));
    // A cargo that knows no nextest, and takes its time to install it.
    let bin = world.folder().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let cargo = bin.join("cargo");
    let script =
        "#!/bin/sh\n[ \"$1\" = install ] || exit 101\n: > \"$0.installs\"\nexec sleep 600\n";
    std::fs::write(&cargo, script).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    world.set("PATH", &format!("{}:/usr/bin:/bin", bin.display()));
    let mut command = world.command(&["test", "--aws", "--json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..600 {
        if bin.join("cargo.installs").exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(keys(&world).await, Vec::<String>::new());
    signal(&child, "-TERM");
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let output = tokio::time::timeout(Duration::from_secs(30), ended).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["outcome"], "interrupted");
}

#[tokio::test]
async fn cleanup_leaves_a_live_run_alone_and_takes_a_killed_one() {
    let world = provisioned().await;
    let mut child = started(&world).await;
    let live = world.run(&["cleanup", "--yes"]);
    assert!(live.contains("live"), "{live}");
    assert!(keys(&world).await.iter().any(|key| key.ends_with("/_run.json")));

    signal(&child, "-KILL");
    child.wait().unwrap();
    // On Linux nextest and its tests are told at once; elsewhere they go on for a while, and may write
    // behind the clean-up.
    let tries = if cfg!(target_os = "linux") { 4 } else { 60 };
    for _ in 0..tries {
        let cleaned = world.run(&["cleanup", "--yes"]);
        assert!(cleaned.starts_with("exit code: 0\n"), "{cleaned}");
        tokio::time::sleep(Duration::from_millis(500)).await;
        if keys(&world).await.is_empty() {
            return;
        }
    }
    panic!("still there after {tries} tries: {:?}", keys(&world).await);
}

#[tokio::test]
async fn two_runs_and_a_cleanup_do_not_get_into_each_others_way() {
    let world = provisioned().await;
    let mut first = started(&world).await;
    let mut second = world.command(&["test", "--aws", "--strict", "--suite", "s3_integration"]);
    let mut second = second.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Not once, but all the time that they run: it takes a moment to take what a test still needs.
    let codes = loop {
        let cleaned = world.run(&["cleanup", "--yes"]);
        assert!(cleaned.starts_with("exit code: 0\n"), "{cleaned}");
        let ended = (first.try_wait().unwrap(), second.try_wait().unwrap());
        if let (Some(first), Some(second)) = ended {
            break [first.code(), second.code()];
        }
    };
    assert_eq!(codes, [Some(0), Some(0)]);
    assert_eq!(keys(&world).await, Vec::<String>::new());
}
