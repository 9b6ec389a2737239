//! Ctrl-C while permissions are tried: what was written for it is taken back.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::harness::World;
use crate::wire::Wire;

/// What a command says, and with which code, that is sent SIGINT between the write of a probe and what
/// comes next.
async fn interrupted(world: &mut World, args: &[&str]) -> String {
    let (seen, writing) = mpsc::channel::<()>();
    let (release, held) = mpsc::channel::<()>();
    let (mut seen, mut held) = (Some(seen), Some(held));
    let mut is_written = false;
    let wire = Wire::start(world.sandbox.endpoint(), move |request| {
        // A probe's object lies below a prefix; a bucket's settings do not.
        if request.starts_with("PUT /shared/test/") {
            is_written = true;
        } else if is_written
            && ["GET /shared/test/", "DELETE /shared/test/"]
                .iter()
                .any(|it| request.starts_with(it))
            && let (Some(seen), Some(held)) = (seen.take(), held.take())
        {
            seen.send(()).unwrap();
            held.recv().unwrap();
        }
    });
    world.set("AWS_ENDPOINT_URL", wire.endpoint());
    let mut command = world.command(args);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    writing.recv_timeout(Duration::from_secs(60)).unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(300));
    release.send(()).unwrap();
    let output = child.wait_with_output().unwrap();
    wire.hidden(world.shown(&output))
}

#[tokio::test]
async fn no_probe_is_left_in_the_buckets_and_the_code_is_that_of_an_interrupt() {
    for args in [&["check"][..], &["setup"], &["test", "--aws"]] {
        let mut world = World::new().await;
        let setup = world.run(&["setup"]);
        assert!(setup.starts_with("exit code: 0\n"), "{setup}");
        world.in_the_real_workspace();
        let text = interrupted(&mut world, args).await;
        assert!(text.starts_with("exit code: 130\n"), "{args:?}: {text}");
        let note = "note taking back what was tried; Ctrl-C again does not wait\n";
        assert!(text.contains(note), "{args:?}: {text}");
        let listed = world.s3().list_object_versions().bucket("shared").send().await.unwrap();
        assert!(listed.versions().is_empty(), "{args:?}: {listed:?}");
    }
}
