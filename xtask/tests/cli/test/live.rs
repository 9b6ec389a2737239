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
