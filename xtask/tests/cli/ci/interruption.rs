//! A run that is stopped: nothing that it has started is left.

use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::world;
use crate::harness::{World, settings};

/// A script with a process in front and one behind, which writes their ids when both run.
const LASTING: &str = r#"
jobs:
  a:
    steps:
      - name: lasts
        run: |
          sleep 120 & echo $! > behind
          sh -c 'echo $$ > front.new; mv front.new front; exec sleep 120'
          touch survived
      - name: after
        run: touch survived
      - name: in any case
        if: always()
        run: touch survived
"#;

/// Starts `cargo xtask ci`, and waits until its step runs.
fn started(world: &World) -> (Child, [Pid; 2]) {
    let mut command = world.command(&["ci"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let front = world.folder().join("front");
    let begun = Instant::now();
    while !front.exists() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the step does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    let pid = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        Pid::from_raw(text.trim().parse().unwrap()).unwrap()
    };
    (child, [pid(&world.folder().join("behind")), pid(&front)])
}

/// The end of the run, at which nothing of its step may be left. Only then what it has said is read, which
/// whatever were left could add to.
#[track_caller]
fn ended(world: &World, mut child: Child, pids: [Pid; 2]) -> Output {
    child.wait().unwrap();
    assert!(!pids.into_iter().any(runs), "something of the step still runs");
    assert!(!world.folder().join("survived").exists());
    child.wait_with_output().unwrap()
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), signal).unwrap();
}

/// Whether a process runs; one that has ended and is waited for by nobody does not.
fn runs(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    let is_dead = stat.is_ok_and(|stat| stat.contains(") Z "));
    !is_dead && test_kill_process(pid).is_ok()
}

#[tokio::test]
async fn an_interrupted_run_ends_with_what_it_started_and_says_so() {
    let mut said = Vec::new();
    for signal in [Signal::INT, Signal::TERM] {
        let world = world(LASTING).await;
        let (child, pids) = started(&world);
        send(&child, signal);
        let output = ended(&world, child, pids);
        assert_eq!(output.status.code(), Some(130), "{signal:?}");
        said.push(world.shown(&output));
    }
    settings().bind(|| {
        insta::assert_snapshot!(said[0], @"
        exit code: 130
        ----- stdout -----

             Summary .github/workflows/ci.yml
         interrupted    [TIME]  a  lasts
             not run           a  after: interrupted
             not run           a  in any case: interrupted
        ----- stderr -----
                Step a: lasts
                     sleep 120 & echo $! > behind
                     sh -c 'echo $$ > front.new; mv front.new front; exec sleep 120'
                     touch survived
             warning interrupted: waiting for the step to stop
        ")
    });
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_killed_run_leaves_nothing_running() {
    let world = world(LASTING).await;
    let (mut child, pids) = started(&world);
    assert!(pids.into_iter().all(runs));
    send(&child, Signal::KILL);
    child.wait().unwrap();
    // Nobody waits for them any more.
    let begun = Instant::now();
    while pids.into_iter().any(runs) {
        assert!(begun.elapsed() < Duration::from_secs(20), "something of the step still runs");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!world.folder().join("survived").exists());
}

#[tokio::test]
async fn a_killed_step_interrupts_the_run() {
    let world = world(LASTING).await;
    let (child, pids) = started(&world);
    kill_process(pids[1], Signal::KILL).unwrap();
    let output = ended(&world, child, pids);
    assert_eq!(output.status.code(), Some(130), "{}", world.shown(&output));
}

#[tokio::test]
async fn what_a_step_leaves_running_ends_with_it() {
    let world = world(
        "jobs: {a: {steps: [{run: 'sleep 120 & echo $! > behind; cp behind front'}, {run: 'true'}]}}",
    )
    .await;
    let (child, pids) = started(&world);
    let output = ended(&world, child, pids);
    assert_eq!(output.status.code(), Some(0), "{}", world.shown(&output));
}
