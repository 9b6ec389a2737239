//! What a run on the embedded AWS needs, held against the lock, and taken over into it.

use std::fs;
use std::path::{Path, PathBuf};

use super::{QUICK, result};
use crate::harness::{World, settings};

const REAL_LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/permissions.lock");
const ENTRY: &str = "\
[tests::suites s3_integration::round_trips::one_kilobyte_comes_back]
s3:GetObject arn:aws:s3:::{uploads}/test/*
s3:PutObject arn:aws:s3:::{uploads}/test/*
";
const OTHER: &str = "[tests::suites s3_integration::round_trips::one_megabyte_comes_back]\n";

/// A world whose runs are held against a lock of the test's own: the real one, changed.
async fn world(change: impl FnOnce(&str) -> String) -> (World, PathBuf) {
    let mut world = World::new().await;
    world.in_the_real_workspace();
    let path = world.folder().join("permissions.lock");
    let real = fs::read_to_string(REAL_LOCK).unwrap();
    assert!(real.contains(ENTRY) && real.contains(OTHER), "the test's anchors are gone");
    fs::write(&path, change(&real)).unwrap();
    (world, path)
}

fn with_a_wrong_entry(real: &str) -> String {
    let wrong = ENTRY
        .replace("s3:PutObject", "s3:DeleteObject")
        .replace("{uploads}/test/*\ns3:G", "{exports}/test/*\ns3:G");
    real.replace(ENTRY, &format!("[tests::suites s3_integration::gone]\nnothing\n\n{wrong}"))
}

fn run(world: &World, lock: &Path, args: &[&str]) -> String {
    let lock = lock.to_str().unwrap();
    result(world, &[&["test", "--permissions-lock", lock], args].concat())
}

#[tokio::test]
async fn a_difference_is_shown_and_fails_in_ci_and_strictly() {
    let (mut world, lock) = world(with_a_wrong_entry).await;
    let before = fs::read_to_string(&lock).unwrap();
    let shown = run(&world, &lock, &[QUICK]);
    let shown = shown.replace(&world.folder().display().to_string(), "[WORKSPACE]");
    settings().bind(|| {
        insta::assert_snapshot!(shown, @"
        exit code: 0
        ----- stdout -----

             Summary run [RUN] on the embedded AWS
                 run 1
              passed 1
              failed 0
             skipped 0
              leaked 0
         permissions 2 entries not as in `[WORKSPACE]/permissions.lock`
                          tests::suites s3_integration::gone (no such test any more)
                          tests::suites s3_integration::round_trips::one_kilobyte_comes_back
                            + s3:PutObject arn:aws:s3:::{uploads}/test/*
                            - s3:DeleteObject arn:aws:s3:::{uploads}/test/*
                        hint: cargo xtask test --update-permissions --permissions-lock [WORKSPACE]/permissions.lock
                cost nothing here; on AWS about [COST] in us-east-1 (S3 [COST])
                          s3_integration: [COST]
                          xtask: [COST]
                time [TIME]
               junit target/xtask/runs/[RUN]/junit.xml
              report target/xtask/report/index.html
        ")
    });
    let json = run(&world, &lock, &["--strict", "--json", QUICK]);
    let json: serde_json::Value =
        serde_json::from_str(json.split_once("----- stdout -----\n").unwrap().1).unwrap();
    assert_eq!(json["exit_code"], 24);
    let differences = json["lock"]["differences"].as_array().unwrap();
    assert_eq!(differences.len(), 2, "{differences:?}");
    assert_eq!(differences[0]["change"], "gone");
    assert_eq!(differences[1]["added"][0], "s3:PutObject arn:aws:s3:::{uploads}/test/*");
    world.set("CI", "true");
    assert!(run(&world, &lock, &[QUICK]).starts_with("exit code: 24\n"));
    assert_eq!(fs::read_to_string(&lock).unwrap(), before, "only asked for is it written");
}

#[tokio::test]
async fn an_update_takes_over_what_ran_and_lets_the_rest_stand() {
    let kept = format!("{OTHER}s3:RestoreObject arn:aws:s3:::{{uploads}}/test/*\n");
    let (world, lock) = world(|real| with_a_wrong_entry(real).replace(OTHER, &kept)).await;
    let shown = run(&world, &lock, &["--update-permissions", QUICK]);
    assert!(shown.starts_with("exit code: 0\n"), "{shown}");
    assert!(shown.contains("permissions 2 entries updated in"), "{shown}");
    let updated = fs::read_to_string(&lock).unwrap();
    assert!(updated.contains(ENTRY) && !updated.contains("::gone]"), "{updated}");
    assert!(updated.contains("s3:RestoreObject"), "{updated}");
    assert!(run(&world, &lock, &["--strict", QUICK]).starts_with("exit code: 0\n"));
}

#[tokio::test]
async fn a_missing_or_broken_lock_ends_the_run_before_anything_is_built() {
    let conflict = |real: &str| format!("<<<<<<< HEAD\n{real}");
    let (world, lock) = world(conflict).await;
    let path = lock.to_str().unwrap();
    let broken = world.run(&["test", "--permissions-lock", path, QUICK]);
    settings().bind(|| insta::assert_snapshot!(broken, @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: line 1 of `[WORKSPACE]/permissions.lock` is broken: is a mark of a merge conflict

    hint: take either side, then the tests' word: git checkout --ours [WORKSPACE]/permissions.lock && cargo xtask test --update-permissions --permissions-lock [WORKSPACE]/permissions.lock
    "));
    fs::remove_file(&lock).unwrap();
    let missing = world.run(&["test", "--permissions-lock", path, QUICK]);
    settings().bind(|| {
        insta::assert_snapshot!(missing, @"
        exit code: 1
        ----- stdout -----
        ----- stderr -----
        error: there is no `[WORKSPACE]/permissions.lock`

        hint: cargo xtask test --update-permissions --permissions-lock [WORKSPACE]/permissions.lock
        ")
    });
}

#[tokio::test]
async fn a_lock_that_cannot_be_written_loses_nothing_else_of_the_run() {
    let mut world = World::new().await;
    world.in_the_real_workspace();
    let lock = world.folder().join("nowhere/permissions.lock");
    let lock = lock.to_str().unwrap();
    let args = ["test", "--json", "--update-permissions", "--permissions-lock", lock, QUICK];
    let output = world.command(&args).output().unwrap();
    let said = world.shown(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("what the tests need is not written: writing `"), "{said}");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["counts"]["passed"], 1);
    assert_eq!(document["exit_code"], 1);
    assert_eq!(document["outcome"], "a part of the result could not be kept");
}

#[tokio::test]
async fn aws_does_not_tell_what_it_has_checked() {
    let world = World::new().await;
    let refused = world.run(&["test", "--aws", "--update-permissions"]);
    settings().bind(|| insta::assert_snapshot!(refused, @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: `--update-permissions` and `--aws` exclude each other: AWS does not tell what it has checked, the embedded AWS does

    hint: cargo xtask test --update-permissions
    "));
}
