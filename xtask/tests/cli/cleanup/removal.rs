//! What goes, and what stays.

use super::*;

#[tokio::test]
async fn everything_under_the_two_prefixes_goes_and_every_neighbour_stays() {
    let world = world().await;
    let s3 = world.s3();
    keep_versions(&s3, "shared").await;
    neighbours(&s3, "shared").await;
    begin_upload(&s3, "shared", "testing/upload").await;
    let before = contents(&s3, "shared").await;

    put(&s3, "shared", &key("r-1", "one"), "old").await;
    put(&s3, "shared", &key("r-1", "one"), "new").await;
    put(&s3, "shared", &key("r-1", "two"), "deleted").await;
    s3.delete_object().bucket("shared").key(key("r-1", "two")).send().await.unwrap();
    put(&s3, "shared", "perf-test/r-2/performance_aws.upload/n0/x", "xxx").await;
    begin_upload(&s3, "shared", &key("r-2", "upload")).await;
    put(&s3, "shared", "test/loose", "stray").await;
    begin_upload(&s3, "shared", "perf-test/loose").await;

    shown!(world.run(&["cleanup", "--yes"]), @"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN           OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-1                 1         2        1        0  13 B     <1m  <1m     remove
     shared  r-2                 1         0        0        1   3 B     <1m  <1m     remove
     shared  (stray keys)        1         0        0        1   5 B     <1m  <1m     remove
       to remove 3 objects, 2 older versions, 1 delete marker, 2 unfinished uploads from 1 bucket (21 B)
         removed `shared`: 3 objects, 2 older versions, 1 delete marker, 2 unfinished uploads (21 B)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    ");
    assert_eq!(contents(&s3, "shared").await, before);
    shown!(world.run(&["cleanup", "--yes"]), @"
    exit code: 0
    ----- stdout -----
           clean nothing lies under `test/` and `perf-test/`
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    ");
    assert_eq!(contents(&s3, "shared").await, before);
}

#[tokio::test]
async fn more_keys_than_fit_on_a_page_or_into_a_request() {
    let world = world().await;
    let s3 = world.s3();
    keep_versions(&s3, "shared").await;
    let before = contents(&s3, "shared").await;
    put_many(&s3, "shared", "r-1", 2_501).await;
    world.sandbox.take_calls();
    shown!(world.run(&["cleanup", "--yes"]), @"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS      SIZE  OLDEST  NEWEST
     shared  r-1     2501         0        0        0  2.44 KiB     <1m  <1m     remove
       to remove 2501 objects from 1 bucket (2.44 KiB)
         removed `shared`: 2501 objects (2.44 KiB)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    ");
    assert_eq!(contents(&s3, "shared").await, before);
    let calls = world.sandbox.take_calls();
    let deletes = calls.iter().filter(|call| call.action == "s3:DeleteObjects").count();
    assert_eq!(deletes, 3);
}

#[tokio::test]
async fn odd_keys_go_too() {
    let world = world().await;
    let s3 = world.s3();
    let before = contents(&s3, "shared").await;
    let long = "l".repeat(1_024 - key("r-1", "").len());
    let odd = [
        "with space",
        "a+b",
        "100%",
        "%2B",
        "%41",
        "ü/日本/😀",
        "<&>\"'",
        "back\\slash",
        "a//b",
        "a/../b",
        ".",
        "..",
        "trailing/",
        "?query=1",
        "#hash",
        "\u{1}",
        "line\nfeed",
        "return\r",
        "tab\t",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{fffe}",
        &long,
    ];
    for name in odd {
        put(&s3, "shared", &key("r-1", name), name).await;
    }
    assert_eq!(below(&contents(&s3, "shared").await).len(), odd.len());
    shown!(world.run(&["cleanup", "--yes"]), @"
    exit code: 0
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS      SIZE  OLDEST  NEWEST
     shared  r-1       24         0        0        0  1.07 KiB     <1m  <1m     remove
       to remove 24 objects from 1 bucket (1.07 KiB)
         removed `shared`: 24 objects (1.07 KiB)
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
    ");
    assert_eq!(contents(&s3, "shared").await, before);
}

#[tokio::test]
async fn what_cannot_be_removed_is_listed_and_the_rest_goes() {
    let world = World::new().await;
    let s3 = world.s3();
    let create = s3.create_bucket().bucket("shared").object_lock_enabled_for_bucket(true);
    let location = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(REGION));
    create.create_bucket_configuration(location.build()).send().await.unwrap();
    for name in ["held", "free"] {
        put(&s3, "shared", &key("r-1", name), name).await;
    }
    let hold = ObjectLockLegalHold::builder().status(ObjectLockLegalHoldStatus::On).build();
    let put_hold = s3.put_object_legal_hold().bucket("shared").key(key("r-1", "held"));
    put_hold.legal_hold(hold).send().await.unwrap();
    shown!(world.run(&["cleanup", "--yes", "--bucket", "shared"]), @"
    exit code: 23
    ----- stdout -----
     BUCKET  RUN  OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
     shared  r-1        2         0        0        0   8 B     <1m  <1m     remove
       to remove 2 objects from 1 bucket (8 B)
         removed `shared`: 1 object (4 B)
            left `shared`: object `test/r-1/s3_integration.keys.round_trip/n0/held` [VERSION]: AccessDenied: Access Denied because object protected by object lock
    ----- stderr -----
         Account 123456789012
          Caller arn:aws:iam::123456789012:user/harness
     Credentials AWS_ACCESS_KEY_ID (environment); no end is known
          Region eu-central-1
        Endpoint [ENDPOINT]
           hint: cargo xtask cleanup --bucket shared --dry-run
    ");
    let left = contents(&s3, "shared").await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left.keys().all(|left| left.starts_with(&key("r-1", "held"))), "{left:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_stops_after_the_requests_on_their_way_and_says_what_is_done() {
    let mut world = world().await;
    let s3 = world.s3();
    // More than may be in flight at once.
    keep_versions(&s3, "shared").await;
    for batch in 0..12 {
        put_markers(&s3, "shared", &format!("r-{batch}"), 1_000).await;
    }
    let (seen, deleting) = std::sync::mpsc::channel::<()>();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (mut seen, mut held) = (Some(seen), Some(held));
    let wire = Wire::start(world.sandbox.endpoint(), move |request| {
        if request.starts_with("POST /shared/?delete")
            && let (Some(seen), Some(held)) = (seen.take(), held.take())
        {
            seen.send(()).unwrap();
            held.recv().unwrap();
        }
    });
    world.set("AWS_ENDPOINT_URL", wire.endpoint());
    let mut command = world.command(&["cleanup", "--yes"]);
    let child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    deleting.recv_timeout(Duration::from_secs(60)).unwrap();
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(300));
    release.send(()).unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = wire.hidden(world.shown(&output));
    let mut settings = settings();
    settings.add_filter(r"\d+000 delete markers", "[SOME] delete markers");
    settings.bind(|| {
        insta::assert_snapshot!(shown, @"
        exit code: 130
        ----- stdout -----
         BUCKET  RUN   OBJECTS  VERSIONS  MARKERS  UPLOADS  SIZE  OLDEST  NEWEST
         shared  r-0         0         0     1000        0   0 B     <1m  <1m     remove
         shared  r-1         0         0     1000        0   0 B     <1m  <1m     remove
         shared  r-10        0         0     1000        0   0 B     <1m  <1m     remove
         shared  r-11        0         0     1000        0   0 B     <1m  <1m     remove
         shared  r-2         0         0     1000        0   0 B     <1m  <1m     remove
         shared  r-3         0         0     1000        0   0 B     <1m  <1m     remove
         shared  r-4         0         0     1000        0   0 B     <1m  <1m     remove
         shared  r-5         0         0     1000        0   0 B     <1m  <1m     remove
         shared  r-6         0         0     1000        0   0 B     <1m  <1m     remove
         shared  r-7         0         0     1000        0   0 B     <1m  <1m     remove
         shared  r-8         0         0     1000        0   0 B     <1m  <1m     remove
         shared  r-9         0         0     1000        0   0 B     <1m  <1m     remove
           to remove [SOME] delete markers from 1 bucket (0 B)
             removed `shared`: [SOME] delete markers (0 B)
         interrupted what is left can be removed later
        ----- stderr -----
             Account 123456789012
              Caller arn:aws:iam::123456789012:user/harness
         Credentials AWS_ACCESS_KEY_ID (environment); no end is known
              Region eu-central-1
            Endpoint [ENDPOINT]
                note stopping after the requests that are on their way; Ctrl-C again does not wait
               hint: cargo xtask cleanup
        ")
    });
    let left = contents(&s3, "shared").await;
    assert!((1_000..12_000).contains(&below(&left).len()), "{}", below(&left).len());
    let run = world.run(&["cleanup", "--yes"]);
    assert!(run.starts_with("exit code: 0"), "{run}");
}
