//! `cargo xtask new-test`, in a workspace folder with small files of the suites. That what it writes is
//! found and passes is for `.ci/new_test.py` to show, which takes a build.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::harness::{World, settings};

const SUITE: &str = "//! The suite.\n\nuse futures::stream;\n\nmod listing;\nmod test_env;\n";

const REQUIREMENTS: &str = "\
[[requirement]]
id = \"1.1\"
title = \"Upload and download\"
text = \"A file is read back.\"
tests = [
    \"s3_integration::listing\", # and more
]

[[none]]
module = \"s3_integration::test_env\"
reason = \"It tests the fixture.\"
";

/// A world with one suite of each kind.
async fn world() -> World {
    let world = World::new().await;
    let suites = world.folder().join("tests/suites");
    fs::create_dir_all(suites.join("s3_integration")).unwrap();
    fs::write(suites.join("s3_integration/listing.rs"), "").unwrap();
    for name in ["s3_integration", "e2e_model_selection", "performance_aws"] {
        fs::write(suites.join(name).with_extension("rs"), SUITE).unwrap();
    }
    fs::write(world.folder().join("tests/requirements.toml"), REQUIREMENTS).unwrap();
    world
}

/// Every file below `tests/`, by its path.
fn files(world: &World) -> BTreeMap<String, String> {
    fn collect(folder: &Path, files: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                collect(&entry, files);
            } else {
                files.insert(entry.display().to_string(), fs::read_to_string(&entry).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    collect(&world.folder().join("tests"), &mut files);
    files
}

fn read(world: &World, path: &str) -> String {
    fs::read_to_string(world.folder().join(path)).unwrap()
}

#[tokio::test]
async fn a_module_is_written_declared_and_listed() {
    let world = world().await;
    settings().bind(|| insta::assert_snapshot!(world.run(&["new-test", "odd_keys"]), @"
    exit code: 0
    ----- stdout -----
           wrote tests/suites/s3_integration/odd_keys.rs
         changed tests/suites/s3_integration.rs
         changed tests/requirements.toml
            next cargo xtask test odd_keys
            then cargo xtask test --update-permissions odd_keys  # what it needs of IAM
    ----- stderr -----
            note in tests/requirements.toml, `s3_integration::odd_keys` stands as a module that shows no requirement yet
    "));
    assert_eq!(
        read(&world, "tests/suites/s3_integration.rs"),
        SUITE.replace("mod test_env", "mod odd_keys;\nmod test_env")
    );
    let listed = "[[none]]\nmodule = \"s3_integration::odd_keys\"\n";
    assert!(read(&world, "tests/requirements.toml").contains(listed));
    insta::assert_snapshot!(read(&world, "tests/suites/s3_integration/odd_keys.rs"), @r#"
    //! Odd keys: what these tests show, in one line.

    use app::storage::Purpose;

    use super::{key, plainly};
    use crate::env::TestEnv;

    #[tokio::test]
    async fn what_was_uploaded_is_read_back() {
        TestEnv::run(async |env| {
            // The app's own storage, on the run's target: the embedded AWS, AWS or a server like it.
            // All keys lie below a prefix that only this test has: no other test is in the way.
            let storage = env.storage(Purpose::Uploads);
            let key = key("folder/greeting.txt");

            let uploaded = storage.upload(&key, "hello".into(), &plainly()).await.unwrap();
            assert_eq!(uploaded.size_bytes, 5);
            assert_eq!(storage.download(&key).await.unwrap(), "hello");

            // Nothing is deleted here: when the body ends, also by a panic, the prefix is emptied of
            // objects, their versions and unfinished uploads.
        })
        .await;
    }
    "#);
}

#[tokio::test]
async fn below_a_requirement_it_shows_that() {
    let world = world().await;
    let text = world.run(&["new-test", "streaming", "--requirement", "1.1"]);
    settings().bind(|| {
        insta::assert_snapshot!(text, @"
    exit code: 0
    ----- stdout -----
           wrote tests/suites/s3_integration/streaming.rs
         changed tests/suites/s3_integration.rs
         changed tests/requirements.toml
            next cargo xtask test streaming
            then cargo xtask test --update-permissions streaming  # what it needs of IAM
    ----- stderr -----
    ")
    });
    let added = "\n    \"s3_integration::streaming\",";
    let comment = " # and more";
    assert_eq!(
        read(&world, "tests/requirements.toml"),
        REQUIREMENTS.replace(comment, &format!("{comment}{added}"))
    );
}

#[tokio::test]
async fn each_suite_has_tests_of_its_own_kind() {
    for (suite, shows) in [
        ("s3_integration", "env.storage(Purpose::Uploads)"),
        ("e2e_model_selection", "env.serve()"),
        ("performance_aws", "Scenario::of("),
    ] {
        let world = world().await;
        let text = world.run(&["new-test", "--suite", suite, "thumbnails"]);
        assert!(text.starts_with("exit code: 0\n"), "{text}");
        assert!(read(&world, &format!("tests/suites/{suite}.rs")).contains("\nmod thumbnails;\n"));
        let module = read(&world, &format!("tests/suites/{suite}/thumbnails.rs"));
        assert!(module.starts_with("//! Thumbnails: ") && module.contains(shows), "{module}");
    }
}

#[tokio::test]
async fn as_json_it_says_what_to_type_next() {
    let world = world().await;
    let output = world.command(&["new-test", "odd_keys", "--json"]).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["module"], "s3_integration::odd_keys");
    assert_eq!(document["files"][0], "tests/suites/s3_integration/odd_keys.rs");
    assert_eq!(document["next"][0], "cargo xtask test odd_keys");
}

#[tokio::test]
async fn a_team_without_requirements_needs_none() {
    let world = world().await;
    fs::remove_file(world.folder().join("tests/requirements.toml")).unwrap();
    let text = world.run(&["new-test", "odd_keys", "--requirement", "1.1"]);
    assert!(text.contains("error: there is no `tests/requirements.toml`"), "{text}");
    let text = world.run(&["new-test", "odd_keys"]);
    assert!(text.starts_with("exit code: 0\n"), "{text}");
    assert!(!world.folder().join("tests/requirements.toml").exists());
}

/// Everything that is in the way is found before anything is written.
#[tokio::test]
async fn what_is_in_the_way_is_named_and_nothing_is_written() {
    let world = world().await;
    let before = files(&world);
    let refused = |args: &[&str]| {
        let text = world.run(&[&["new-test"], args].concat());
        assert_eq!(files(&world), before, "{args:?} wrote something");
        text.replace("----- stdout -----\n----- stderr -----\n", "")
    };
    let mut settings = settings();
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!(refused(&["listing"]), @"
        exit code: 1
        error: there is already a module `s3_integration::listing`: `tests/suites/s3_integration/listing.rs`

        hint: add the test to it, or take another name
        ");
        insta::assert_snapshot!(refused(&["test_env"]), @"
        exit code: 1
        error: `tests/suites/s3_integration.rs` declares a module `test_env` already

        hint: add the test to it, or take another name
        ");
        insta::assert_snapshot!(refused(&["stream"]), @"
        exit code: 1
        error: `stream` is the name of another thing in line 3 of `tests/suites/s3_integration.rs`

        hint: take another name
        ");
        insta::assert_snapshot!(refused(&["Odd-Keys"]), @"
        exit code: 2
        error: invalid value 'Odd-Keys' for '<NAME>': expected words of `a-z` and `0-9`, joined by `_`, such as `odd_keys`

        For more information, try '--help'.
        ");
        insta::assert_snapshot!(refused(&["self"]), @"
        exit code: 2
        error: invalid value 'self' for '<NAME>': `self` is a keyword of Rust: name the module after its subject

        For more information, try '--help'.
        ");
        insta::assert_snapshot!(refused(&["x", "--suite", "s4"]), @"
        exit code: 2
        error: invalid value 's4' for '--suite <SUITE>'
          [possible values: s3_integration, e2e_model_selection, performance_aws]

        For more information, try '--help'.
        ");
        insta::assert_snapshot!(refused(&["x", "--requirement", "9.9"]), @"
        exit code: 1
        error: editing `tests/requirements.toml`
          caused by: there is no requirement `9.9`

        hint: the requirements are 1.1
        ");
    });
    assert!(refused(&["1x"]).starts_with("exit code: 2\n"));
    assert!(refused(&["fn"]).starts_with("exit code: 2\n"));
}

#[tokio::test]
async fn files_that_are_missing_or_look_otherwise_are_named() {
    let world = world().await;
    let path = |path: &str| world.folder().join("tests").join(path);
    fs::remove_file(path("suites/performance_aws.rs")).unwrap();
    fs::write(path("suites/s3_integration.rs"), "mod b;\nmod a;\n").unwrap();
    fs::write(path("requirements.toml"), "[[requirement]\n").unwrap();
    let before = files(&world);
    settings().bind(|| {
        let text = world.run(&["new-test", "x", "--suite", "performance_aws"]);
        insta::assert_snapshot!(text, @"
        exit code: 1
        ----- stdout -----
        ----- stderr -----
        error: there is no suite `performance_aws`: `tests/suites/performance_aws.rs` is missing

        hint: cargo xtask new-test --help names the suites that it knows
        ");
        insta::assert_snapshot!(world.run(&["new-test", "x"]), @"
        exit code: 1
        ----- stdout -----
        ----- stderr -----
        error: the `mod` lines of `tests/suites/s3_integration.rs` are not one block in the order of the alphabet, so that the new one has no place

        hint: sort them; or write the module by hand: mod x;
        ");
        let text = world.run(&["new-test", "x", "--suite", "e2e_model_selection"]);
        insta::assert_snapshot!(text, @"
        exit code: 1
        ----- stdout -----
        ----- stderr -----
        error: editing `tests/requirements.toml`
          caused by: TOML parse error at line 1, column 15
          |
        1 | [[requirement]
          |               ^
        unclosed array table, expected `]`
        ");
    });
    assert_eq!(files(&world), before);
}

/// The test file is written first: what comes after it must not fail in silence.
#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_written_is_no_half_of_it() {
    use std::os::unix::fs::symlink;

    let world = world().await;
    // Read through the link, it is there; a file cannot be put beside what it leads to.
    let suites = world.folder().join("tests/suites");
    fs::rename(suites.join("s3_integration"), suites.join("elsewhere")).unwrap();
    symlink("/proc/self", suites.join("s3_integration")).unwrap();
    let before = read(&world, "tests/suites/s3_integration.rs");
    let text = world.run(&["new-test", "x"]);
    assert!(text.starts_with("exit code: 1\n"), "{text}");
    assert!(text.contains("error: nothing was written\n  caused by: writing `"), "{text}");
    assert_eq!(read(&world, "tests/suites/s3_integration.rs"), before);
    assert_eq!(read(&world, "tests/requirements.toml"), REQUIREMENTS);
}
