//! A run in shards: together they take each test once and leave nothing, and none gets into another's way.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::{QUICK, keys, provisioned, put, result};
use crate::harness::{World, settings};

/// Two suites: the third measures, and would do so beside itself.
const SUITES: [&str; 4] = ["--suite", "s3_integration", "--suite", "e2e_model_selection"];

/// Runs all shards of one run at once, the numbers in `with_models` with a model and an endpoint, and gives
/// what each says of itself.
async fn at_once(
    world: &mut World,
    run: &str,
    of: usize,
    args: &[&str],
    with_models: &[usize],
) -> Vec<Value> {
    let children: Vec<_> = (1..=of)
        .map(|number| {
            for (name, value) in [
                ("BEDROCK_TEST_MODEL_ID", contract::target::SANDBOX_MODEL_ID),
                ("SAGEMAKER_TEST_ENDPOINT", contract::target::SANDBOX_ENDPOINT_NAME),
            ] {
                world.unset(name);
                if with_models.contains(&number) {
                    world.set(name, value);
                }
            }
            let shard = format!("{number}/{of}");
            let all = [&["test", "--json", "--run-id", run, "--shard", &shard], args].concat();
            let mut command = world.command(&all);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let waiting = tokio::task::spawn_blocking(move || {
        let ended = children.into_iter().map(|child| child.wait_with_output().unwrap());
        ended.collect::<Vec<_>>()
    });
    let ended = waiting.await.unwrap().into_iter().map(|output| {
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        serde_json::from_slice(&output.stdout).unwrap()
    });
    ended.collect()
}

fn names(list: &Value) -> Vec<&str> {
    let name = |test: &'_ Value| test.as_str().is_none();
    let list = list.as_array().unwrap().iter();
    list.map(|test| if name(test) { &test["name"] } else { test }.as_str().unwrap()).collect()
}

/// Each test of `suites` was taken by exactly one shard, and every shard knows of all tests.
fn are_a_partition(shards: &[Value], suites: &[&str]) {
    let mut times = BTreeMap::<&str, usize>::new();
    for shard in shards {
        let taken = [names(&shard["tests"]), names(&shard["skipped"])].concat();
        let all = taken.len() + names(&shard["left_out"]).len();
        assert!(!taken.is_empty());
        for name in names(&shard["left_out"]) {
            times.entry(name).or_default();
        }
        for name in taken {
            *times.entry(name).or_default() += 1;
        }
        assert_eq!(times.len(), all, "{}", shard["shard"]);
        assert_eq!(shard["counts"]["failed"], 0);
        assert_eq!(shard["counts"]["unfinished"], 0);
        assert_eq!(shard["counts"]["leaked"], 0);
    }
    for (name, times) in times {
        let is_asked_for = suites.iter().any(|suite| name.starts_with(suite));
        assert_eq!(times, usize::from(is_asked_for), "{name}");
    }
}

#[tokio::test]
async fn four_shards_at_once_with_different_skips_run_each_test_once_and_leave_nothing() {
    let mut world = provisioned().await;
    put(&world, "test/somebody-elses/t/n/x").await;
    let args = [&["--aws"][..], &SUITES].concat();
    let shards = at_once(&mut world, "four-shards", 4, &args, &[1, 3]).await;
    are_a_partition(&shards, &["s3_integration::", "e2e_model_selection::"]);
    let reasons = |shard: &Value| {
        let mut skipped = shard["skipped"].as_array().unwrap().iter();
        skipped.any(|test| test["reason"]["code"] == "model-not-configured")
    };
    let lack_a_model: Vec<_> = shards.iter().map(reasons).collect();
    assert!(!lack_a_model[0] && !lack_a_model[2], "{lack_a_model:?}");
    assert!(lack_a_model[1] || lack_a_model[3], "{lack_a_model:?}");
    assert_eq!(keys(&world).await, ["test/somebody-elses/t/n/x"]);
}

#[tokio::test]
async fn shards_on_the_embedded_aws_have_one_each_and_run_each_test_once() {
    let mut world = World::new().await;
    world.in_the_real_workspace();
    let args = ["--suite", "e2e_model_selection"];
    let shards = at_once(&mut world, "embedded-shards", 2, &args, &[]).await;
    are_a_partition(&shards, &["e2e_model_selection::"]);
}

#[tokio::test]
async fn a_shard_without_a_test_is_no_error_where_others_have_one() {
    let mut world = World::new().await;
    world.in_the_real_workspace();
    let shard =
        |filter: &'static str| ["test", "--run-id", "empty-shard", "--shard", "500/500", filter];
    let text = world.run(&shard(QUICK));
    assert!(text.starts_with("exit code: 0\n"), "{text}");
    let remark = "shard 500/500 has none of the tests that match; other shards have 1";
    assert!(text.contains(remark), "{text}");
    let text = result(&world, &shard("no_such_test_anywhere"));
    assert!(text.starts_with("exit code: 4\n"), "{text}");
}

#[tokio::test]
async fn a_shard_needs_the_name_of_its_run_and_updates_no_lock() {
    let world = World::new().await;
    for (args, said) in [
        (vec!["--shard", "1/2"], "--run-id <ID>"),
        (vec!["--run-id", "r-1", "--shard", "3/2"], "`3/2` is not a shard"),
        (
            vec!["--run-id", "r-1", "--shard", "1/2", "--update-permissions"],
            "'--shard <K/N>' cannot be used with '--update-permissions'",
        ),
    ] {
        let text = world.run(&[&["test"], &args[..]].concat());
        assert!(text.starts_with("exit code: 2\n") && text.contains(said), "{text}");
    }
}

/// What the run says where the bucket holds this mark of it, fresh and of nobody knows whom.
async fn beside_a_mark(key: &str, args: &[&str]) -> String {
    let world = provisioned().await;
    put(&world, key).await;
    let text = world.run(&[&["test", "--aws", "--run-id", "r-1"], args].concat());
    assert_eq!(keys(&world).await, [key], "nothing of the other is touched");
    text
}

#[tokio::test]
async fn a_run_by_whose_name_another_one_lives_is_refused() {
    let text = beside_a_mark("test/r-1/_run.json", &[QUICK]).await;
    settings().bind(|| insta::assert_snapshot!(text, @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
         Testing run r-1 on [ENDPOINT], region eu-central-1, account 123456789012
    error: run `r-1` is going on already, in another process

    hint: give each run a name of its own with `--run-id ID`, or wait for the end of that one; where it was killed, for a minute
    "));
    for (key, shard) in [
        ("perf-test/r-1/_run-1-of-2.json", "1/2"),
        ("test/r-1/_run-1-of-2.json", "1/3"),
        ("test/r-1/_run.json", "1/2"),
    ] {
        let text = beside_a_mark(key, &["--shard", shard]).await;
        assert!(text.starts_with("exit code: 1\n"), "{text}");
        assert!(text.contains("is going on already"), "{text}");
    }
}

#[tokio::test]
async fn a_shard_runs_beside_another_one_of_its_run() {
    let world = provisioned().await;
    put(&world, "test/r-1/_run-2-of-2.json").await;
    let args = ["test", "--aws", "--run-id", "r-1", "--shard", "1/2", "round_trips"];
    let text = result(&world, &args);
    assert!(text.starts_with("exit code: 0\n"), "{text}");
    assert!(text.contains("Summary run r-1, shard 1/2, on"), "{text}");
    assert_eq!(keys(&world).await, ["test/r-1/_run-2-of-2.json"]);
}

#[tokio::test]
async fn two_processes_of_one_name_do_not_share_a_folder() {
    let mut world = World::new().await;
    world.in_the_real_workspace();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/xtask/runs/one-name");
    fs::create_dir_all(&folder).unwrap();
    let lock = fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let text = world.run(&["test", "--run-id", "one-name", QUICK]);
    settings().bind(|| insta::assert_snapshot!(text, @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: run `one-name` is going on already, in another process

    hint: give each run a name of its own with `--run-id ID`, or wait for the end of that one; where it was killed, for a minute
    "));
    lock.unlock().unwrap();
    let text = result(&world, &["test", "--run-id", "one-name", QUICK]);
    assert!(text.starts_with("exit code: 0\n"), "{text}");
}
