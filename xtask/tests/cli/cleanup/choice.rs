//! What is chosen: runs by name, by age and by life.

use super::*;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_live_run_is_left_alone_until_it_is_included() {
    let world = world().await;
    let s3 = world.s3();
    // One that says who it is, one whose mark cannot be read.
    put(&s3, "shared", "test/live-1/_run.json", &mark_body(Some("another-host"), 7)).await;
    put(&s3, "shared", &key("live-1", "x"), "x").await;
    begin_upload(&s3, "shared", &key("live-1", "upload")).await;
    put(&s3, "shared", "test/live-1/loose", "x").await;
    put(&s3, "shared", "perf-test/live-1/performance_aws.upload/n0/x", "x").await;
    put(&s3, "shared", "perf-test/live-2/_run.json", "no mark").await;
    put(&s3, "shared", &key("live-2", "x"), "x").await;
    let before = contents(&s3, "shared").await;
    put(&s3, "shared", &key("dead", "x"), "x").await;
    shown!(world.run(&["cleanup", "--yes"]), @"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN           OBJECTS  VERSIONS  MARKERS  UPLOADS   SIZE  OLDEST  NEWEST
     shared  dead                1         0        0        0    1 B     <1m  <1m     remove
     shared  live-1              3         0        0        1  514 B     <1m  <1m     live (process 7 on another-host), left alone
     shared  live-2              2         0        0        0    8 B     <1m  <1m     live, left alone
     shared  (stray keys)        1         0        0        0    1 B     <1m  <1m     live, left alone
       to remove 1 object from 1 bucket (1 B)
         removed `shared`: 1 object (1 B)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    ");
    assert_eq!(contents(&s3, "shared").await, before);
    shown!(world.run(&["cleanup", "--yes", "--include-live"]), @"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN           OBJECTS  VERSIONS  MARKERS  UPLOADS   SIZE  OLDEST  NEWEST
     shared  live-1              3         0        0        1  514 B     <1m  <1m     remove, though live
     shared  live-2              2         0        0        0    8 B     <1m  <1m     remove, though live
     shared  (stray keys)        1         0        0        0    1 B     <1m  <1m     remove
       to remove 6 objects, 1 unfinished upload from 1 bucket (523 B)
         removed `shared`: 6 objects, 1 unfinished upload (523 B)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    ");
    assert_eq!(below(&contents(&s3, "shared").await), [""; 0]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_run_whose_process_is_gone_from_this_host_is_not_live() {
    let world = world().await;
    let s3 = world.s3();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    put(&s3, "shared", "test/killed/_run.json", &mark_body(None, pid)).await;
    put(&s3, "shared", &key("killed", "x"), "x").await;
    shown!(world.run(&["cleanup", "--yes"]), @"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN     OBJECTS  VERSIONS  MARKERS  UPLOADS   SIZE  OLDEST  NEWEST
     shared  killed        2         0        0        0  513 B     <1m  <1m     remove
       to remove 2 objects from 1 bucket (513 B)
         removed `shared`: 2 objects (513 B)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    ");
    assert_eq!(below(&contents(&s3, "shared").await), [""; 0]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_run_lives_while_one_of_its_shards_does() {
    let world = world().await;
    let s3 = world.s3();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let gone = mark_body(None, child.id());
    child.wait().unwrap();
    for (shard, mark) in [("1-of-3", &gone), ("2-of-3", &mark_body(Some("another-host"), 7))] {
        put(&s3, "shared", &format!("test/shards/_run-{shard}.json"), mark).await;
    }
    put(&s3, "shared", "perf-test/shards/_run-1-of-3.json", &gone).await;
    put(&s3, "shared", &key("shards", "x"), "x").await;
    let before = contents(&s3, "shared").await;
    let text = world.run(&["cleanup", "--yes"]);
    assert!(text.contains("live (process 7 on another-host), left alone"), "{text}");
    assert_eq!(contents(&s3, "shared").await, before);

    s3.delete_object().bucket("shared").key("test/shards/_run-2-of-3.json").send().await.unwrap();
    let text = world.run(&["cleanup", "--yes"]);
    assert!(text.starts_with("exit code: 0\n"), "{text}");
    assert_eq!(below(&contents(&s3, "shared").await), [""; 0]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_run_that_becomes_live_after_the_plan_is_left_alone() {
    let mut world = world().await;
    let s3 = world.s3();
    put(&s3, "shared", &key("late", "x"), "x").await;
    put(&s3, "shared", &key("dead", "x"), "x").await;
    let (endpoint, client) = (world.sandbox.endpoint().to_owned(), s3.clone());
    let mut listings = 0;
    let wire = Wire::start(&endpoint, move |request| {
        // The plan lists each root once; then the removal does.
        if request.starts_with("GET /shared/?versions") {
            listings += 1;
        }
        if listings == 3 {
            listings += 1;
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let mark = mark_body(Some("another-host"), 7);
            runtime.block_on(put(&client, "shared", "test/late/_run.json", &mark));
        }
    });
    world.set("AWS_ENDPOINT_URL", wire.endpoint());
    shown!(wire.hidden(world.run(&["cleanup", "--yes"])), @"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN   OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  dead        1         0        0        0   1 B     <1m  <1m     remove
     shared  late        1         0        0        0   1 B     <1m  <1m     remove
       to remove 2 objects from 1 bucket (2 B)
         removed `shared`: 1 object (1 B)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
            note run `late` is live by now: what it has in `shared` is left alone
    ");
    let left = contents(&s3, "shared").await;
    let keys: Vec<&str> =
        below(&left).into_iter().filter_map(|key| key.split(' ').next()).collect();
    assert_eq!(keys, ["test/late/_run.json", &key("late", "x")]);
}

#[tokio::test]
async fn what_is_too_new_is_left_alone_and_a_run_is_never_cut_in_half() {
    let world = world().await;
    let s3 = world.s3();
    put(&s3, "shared", &key("old", "x"), "x").await;
    put(&s3, "shared", &key("going-on", "1"), "x").await;
    put(&s3, "shared", "test/old-stray", "x").await;
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    put(&s3, "shared", "perf-test/going-on/performance_aws.upload/n0/2", "x").await;
    put(&s3, "shared", "test/new-stray", "x").await;
    let before = contents(&s3, "shared").await;
    shown!(world.run(&["cleanup", "--yes", "--older-than", "1h"]), @"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN           OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  going-on            2         0        0        0   2 B     <1m  <1m     too new, left alone
     shared  old                 1         0        0        0   1 B     <1m  <1m     too new, left alone
     shared  (stray keys)        2         0        0        0   2 B     <1m  <1m     too new, left alone
       to remove nothing
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    ");
    assert_eq!(contents(&s3, "shared").await, before);
    shown!(world.run(&["cleanup", "--yes", "--older-than", "2s"]), @"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN           OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  going-on            2         0        0        0   2 B     <1m  <1m     too new, left alone
     shared  old                 1         0        0        0   1 B     <1m  <1m     remove
     shared  (stray keys)        1         0        0        0   1 B     <1m  <1m     remove
     shared  (stray keys)        1         0        0        0   1 B     <1m  <1m     too new, left alone
       to remove 2 objects from 1 bucket (2 B)
         removed `shared`: 2 objects (2 B)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    ");
    let left = contents(&s3, "shared").await;
    let mut keys: Vec<&str> =
        below(&left).into_iter().filter_map(|key| key.split(' ').next()).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        ["perf-test/going-on/performance_aws.upload/n0/2", &key("going-on", "1"), "test/new-stray"]
    );
}

#[tokio::test]
async fn one_run_can_be_chosen() {
    let world = world().await;
    let s3 = world.s3();
    for run in ["r-1", "r-11", "r"] {
        put(&s3, "shared", &key(run, "x"), "x").await;
    }
    put(&s3, "shared", "test/r-1/loose", "x").await;
    put(&s3, "shared", "test/loose", "x").await;
    put(&s3, "shared", "perf-test/r-1/performance_aws.upload/n0/x", "x").await;
    shown!(world.run(&["cleanup", "--yes", "--run", "r-1"]), @"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN           OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-1                 2         0        0        0   2 B     <1m  <1m     remove
     shared  (stray keys)        1         0        0        0   1 B     <1m  <1m     not the run's by name, left alone
       to remove 2 objects from 1 bucket (2 B)
         removed `shared`: 2 objects (2 B)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    ");
    let left = contents(&s3, "shared").await;
    let keys: Vec<&str> =
        below(&left).into_iter().filter_map(|key| key.split(' ').next()).collect();
    assert_eq!(keys, ["test/loose", "test/r-1/loose", &key("r-11", "x"), &key("r", "x")]);
    shown!(world.run(&["cleanup", "--yes", "--run", "r-1"]), @"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN           OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  (stray keys)        1         0        0        0   1 B     <1m  <1m     not the run's by name, left alone
       to remove nothing
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    ");
}
