//! `cargo xtask sandbox`.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::harness::World;

#[tokio::test]
async fn its_exports_are_all_that_the_other_commands_need() {
    let mut world = World::new().await;
    let mut command = world.command(&["sandbox"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    for line in stdout.lines().take(8) {
        let line = line.unwrap();
        let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
        world.set(name, value);
    }
    let setup = world.run(&["setup"]);
    let again = world.run(&["setup"]);
    let cleanup = world.run(&["cleanup", "--yes"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(setup.starts_with("exit code: 0\n"), "{setup}");
    assert!(again.contains("nothing had to be changed"), "{again}");
    assert!(cleanup.starts_with("exit code: 0\n"), "{cleanup}");
}

#[tokio::test]
async fn a_taken_port_is_an_error_with_a_cure() {
    let world = World::new().await;
    let port = world.sandbox.endpoint().rsplit(':').next().unwrap().to_owned();
    let text = world.run(&["sandbox", "--port", &port]);
    assert!(text.starts_with("exit code: 1\n"), "{text}");
    assert!(text.contains("hint: cargo xtask sandbox --port 0"), "{text}");
}
