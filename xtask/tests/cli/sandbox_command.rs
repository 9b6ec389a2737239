//! `cargo xtask sandbox`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_s3::types::ObjectCannedAcl;

use crate::harness::{REGION, World, client, create_bucket};

/// The command while it runs; its drop ends it.
struct Running {
    child: Child,
    /// What it says to export.
    exports: BTreeMap<String, String>,
}

impl Running {
    fn start(world: &World, args: &[&str]) -> Running {
        let mut command = world.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut running = Running { child, exports: BTreeMap::new() };
        for line in stdout.lines().take(8 + contract::buckets::ALL.len()) {
            let line = line.unwrap();
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            running.exports.insert(name.to_owned(), value.to_owned());
        }
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn its_exports_are_all_that_the_other_commands_need() {
    let mut world = World::new().await;
    let running = Running::start(&world, &["sandbox"]);
    for (name, value) in &running.exports {
        world.set(name, value);
    }
    let setup = world.run(&["setup"]);
    assert!(setup.starts_with("exit code: 0\n"), "{setup}");
    let again = world.run(&["setup"]);
    assert!(again.contains("nothing had to be changed"), "{again}");
    let cleanup = world.run(&["cleanup", "--yes"]);
    assert!(cleanup.starts_with("exit code: 0\n"), "{cleanup}");
}

#[tokio::test]
async fn it_names_the_model_and_the_endpoint_of_the_tests_and_where_the_app_keeps_files() {
    let world = World::new().await;
    let running = Running::start(&world, &["sandbox"]);
    let of = |name: &str| running.exports[name].as_str();
    assert_eq!(of("BEDROCK_TEST_MODEL_ID"), contract::target::SANDBOX_MODEL_ID);
    assert_eq!(of("SAGEMAKER_TEST_ENDPOINT"), contract::target::SANDBOX_ENDPOINT_NAME);
    assert_eq!(of("STORAGE_BACKEND"), "s3");
}

#[tokio::test]
async fn its_document_has_the_same_variables_sorted() {
    let world = World::new().await;
    let mut child = world
        .command(&["sandbox", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut document = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        document.push_str(&line);
        document.push('\n');
        if line == "}" {
            break;
        }
    }
    let running = Running { child, exports: serde_json::from_str(&document).unwrap() };
    let names = document.lines().filter_map(|line| Some(line.split_once("\": ")?.0));
    let names: Vec<_> = names.map(|name| name.trim_start_matches([' ', '"'])).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(names, running.exports.keys().collect::<Vec<_>>());
    let text = Running::start(&world, &["sandbox"]);
    assert_eq!(names, text.exports.keys().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_taken_port_is_an_error_with_a_cure() {
    let world = World::new().await;
    let port = world.sandbox.endpoint().rsplit(':').next().unwrap().to_owned();
    let text = world.run(&["sandbox", "--port", &port]);
    assert!(text.starts_with("exit code: 1\n"), "{text}");
    assert!(text.contains("hint: cargo xtask sandbox --port 0"), "{text}");
}

#[tokio::test]
async fn buckets_of_old_take_acls_and_those_of_today_do_not() {
    let world = World::new().await;
    let today: &[&str] = &["sandbox"];
    let of_old: &[&str] = &["sandbox", "--legacy-bucket-defaults"];
    for (args, takes) in [(today, false), (of_old, true)] {
        let running = Running::start(&world, args);
        let of = |name: &str| running.exports[name].as_str();
        let key = (of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY"));
        let s3 = client(of("AWS_ENDPOINT_URL"), key, REGION);
        create_bucket(&s3, "some-bucket", REGION).await;
        let acl = ObjectCannedAcl::PublicRead;
        let put = s3.put_object().bucket("some-bucket").key("k").acl(acl).send().await;
        assert_eq!(put.is_ok(), takes, "{args:?}");
    }
}

#[tokio::test]
async fn its_answers_are_held_back_on_demand() {
    let world = World::new().await;
    let running = Running::start(&world, &["sandbox", "--latency", "150ms", "--noise", "1ms"]);
    let of = |name: &str| running.exports[name].as_str();
    let key = (of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY"));
    let s3 = client(of("AWS_ENDPOINT_URL"), key, REGION);
    let started = Instant::now();
    s3.list_buckets().send().await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_with_a_cure() {
    let world = World::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let text = world.run(&["sandbox", "--port", &port]);
    assert!(text.starts_with("exit code: 1\n"), "{text}");
    assert!(text.contains("hint: cargo xtask sandbox --port 0\n"), "{text}");
}
