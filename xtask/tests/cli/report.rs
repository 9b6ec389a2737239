//! `cargo xtask report`: the page of a run that is kept, and clear words where there is none.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::harness::{World, settings};

const SAMPLE: &str = include_str!("../../src/report/sample.json");

/// Keeps a run as `cargo xtask test` does, changed as a test wants it, as old as it says.
fn keep(world: &World, run: &str, minutes_ago: u64, change: impl FnOnce(&mut Value)) -> PathBuf {
    let folder = world.folder().join("target/xtask/runs").join(run);
    fs::create_dir_all(&folder).unwrap();
    let mut document: Value = serde_json::from_str(SAMPLE).unwrap();
    document["run"] = run.into();
    change(&mut document);
    let summary = folder.join("summary.json");
    fs::write(&summary, document.to_string()).unwrap();
    let time = SystemTime::now() - Duration::from_secs(60 * minutes_ago);
    fs::File::options().write(true).open(&summary).unwrap().set_modified(time).unwrap();
    folder
}

fn page(world: &World) -> String {
    fs::read_to_string(world.folder().join("target/xtask/report/index.html")).unwrap()
}

#[tokio::test]
async fn without_a_run_it_says_what_makes_one() {
    let world = World::new().await;
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&["report"]), @"
        exit code: 1
        ----- stdout -----
        ----- stderr -----
        error: no run has ended yet: `[WORKSPACE]/target/xtask/runs` has no summary.json

        hint: cargo xtask test
        ")
    });
}

#[tokio::test]
async fn the_last_run_is_drawn_with_its_data_beside_it() {
    let world = World::new().await;
    // By its name it would be the last.
    keep(&world, "z-older", 9, |_| {});
    let newer = keep(&world, "a-newer", 1, |_| {});
    fs::write(newer.join("junit.xml"), "<testsuites/>").unwrap();
    // It is going on, or was stopped early.
    fs::create_dir(world.folder().join("target/xtask/runs/unfinished")).unwrap();
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&["report"]), @"
        exit code: 0
        ----- stdout -----
        [WORKSPACE]/target/xtask/report/index.html
        ----- stderr -----
        ")
    });
    let report = world.folder().join("target/xtask/report");
    assert!(page(&world).contains("<title>Failed \u{b7} run a-newer</title>"));
    assert_eq!(fs::read_to_string(report.join("junit.xml")).unwrap(), "<testsuites/>");
    let summary: Value =
        serde_json::from_slice(&fs::read(report.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["run"], "a-newer");

    // Another run's JUnit file would be taken for this one's.
    assert!(world.run(&["report", "--run", "z-older"]).starts_with("exit code: 0\n"));
    assert!(page(&world).contains("run z-older</title>"));
    assert!(!report.join("junit.xml").exists());
}

#[tokio::test]
async fn json_is_the_document_and_nothing_else() {
    let world = World::new().await;
    keep(&world, "r-1", 1, |_| {});
    let output = world.command(&["report", "--json"]).output().unwrap();
    let mut printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    printed["run"] = "20261125-101530-3fa9c1".into();
    assert_eq!(printed, serde_json::from_str::<Value>(SAMPLE).unwrap());
}

#[tokio::test]
async fn a_run_that_is_not_there_is_an_error_that_names_those_that_are() {
    let world = World::new().await;
    keep(&world, "r-1", 2, |_| {});
    keep(&world, "r-2", 1, |_| {});
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&["report", "--run", "r-3"]), @"
        exit code: 1
        ----- stdout -----
        ----- stderr -----
        error: there is no run `r-3`: no file `[WORKSPACE]/target/xtask/runs/r-3/summary.json`

        hint: the last runs are `r-2`, `r-1`
        ")
    });
}

#[tokio::test]
async fn another_version_and_a_broken_file_are_said_to_be() {
    let world = World::new().await;
    keep(&world, "r-1", 1, |document| document["version"] = 1.into());
    keep(&world, "r-2", 1, |document| document["version"] = 3.into());
    let folder = keep(&world, "r-3", 1, |_| {});
    fs::write(folder.join("summary.json"), "{\"version\": 2, \"run\": ").unwrap();
    keep(&world, "r-4", 1, |document| document["tests"][0]["status"] = "odd".into());
    let said = ["r-1", "r-2", "r-3", "r-4"].map(|run| {
        let text = world.run(&["report", "--run", run]);
        text.split_once("----- stderr -----\n").unwrap().1.to_owned()
    });
    settings().bind(|| {
        insta::assert_snapshot!(said.join("\n"), @"
        error: reading `[WORKSPACE]/target/xtask/runs/r-1/summary.json` as a run
          caused by: it is of version 1, written by an older `cargo xtask`; this one reads version 2

        hint: cargo xtask test

        error: reading `[WORKSPACE]/target/xtask/runs/r-2/summary.json` as a run
          caused by: it is of version 3, written by a newer `cargo xtask`; this one reads version 2

        hint: cargo xtask test

        error: reading `[WORKSPACE]/target/xtask/runs/r-3/summary.json` as a run
          caused by: EOF while parsing a value at line 1 column [N]

        hint: cargo xtask test

        error: reading `[WORKSPACE]/target/xtask/runs/r-4/summary.json` as a run
          caused by: unknown variant `odd`, expected one of `failed`, `inconclusive`, `passed` at line 1 column [N]

        hint: cargo xtask test
        ")
    });
}

#[tokio::test]
async fn broken_requirements_are_said_to_be_and_missing_ones_are_none() {
    let world = World::new().await;
    keep(&world, "r-1", 1, |_| {});
    assert!(world.run(&["report"]).starts_with("exit code: 0\n"));
    assert!(!page(&world).contains("id=\"requirements\""));
    fs::create_dir(world.folder().join("tests")).unwrap();
    let file = world.folder().join("tests/requirements.toml");
    fs::write(&file, "[[requirement]]\nid = \"1\"\ntests = [\"a\"]\n").unwrap();
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&["report"]), @"
        exit code: 1
        ----- stdout -----
        ----- stderr -----
        error: reading `tests/requirements.toml` as requirements
          caused by: TOML parse error at line 1, column 1
          |
        1 | [[requirement]]
          | ^^^^^^^^^^^^^^^
        missing field `title`

        hint: each `[[requirement]]` has `id`, `title`, `text` and `tests`, each `[[none]]` has `module` and `reason`
        ")
    });
}

#[cfg(unix)]
#[tokio::test]
async fn open_shows_it_in_the_browser_or_says_that_there_is_none() {
    use std::os::unix::fs::PermissionsExt as _;

    let mut world = World::new().await;
    keep(&world, "r-1", 1, |_| {});
    let programs = world.folder().join("programs");
    fs::create_dir(&programs).unwrap();
    world.set("PATH", programs.to_str().unwrap());
    let none = world.run(&["report", "--open"]);
    let (said, cure) = none.split_once("\nhint: ").unwrap();
    assert!(said.starts_with("exit code: 1\n"), "{none}");
    assert!(said.contains("error: opening the report in a browser"), "{none}");
    assert_eq!(cure, "open `[WORKSPACE]/target/xtask/report/index.html` by hand\n");

    let browser = programs.join("xdg-open");
    fs::write(&browser, "#!/bin/sh\nprintf '%s' \"$1\" > opened\n").unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let text = world.run(&["report", "--open"]);
    assert!(text.starts_with("exit code: 0\n"), "{text}");
    // The browser is not waited for.
    let opened = world.folder().join("opened");
    for _ in 0..500 {
        if fs::read(&opened).is_ok_and(|path| !path.is_empty()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let page = world.folder().join("target/xtask/report/index.html");
    assert_eq!(fs::read_to_string(opened).unwrap(), page.to_str().unwrap());
}

#[tokio::test]
async fn a_shard_of_a_run_is_drawn_by_its_number() {
    let world = World::new().await;
    keep(&world, "r-1.2-of-4", 1, |document| {
        document["run"] = "r-1".into();
        document["shard"] = "2/4".into();
    });
    settings().bind(|| {
        insta::assert_snapshot!(world.run(&["report", "--run", "r-1"]), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: of run `r-1` there are the shards `2/4`

    hint: cargo xtask report --run r-1 --shard 2/4
    ")
    });
    let text = world.run(&["report", "--run", "r-1", "--shard", "2/4"]);
    assert!(text.starts_with("exit code: 0\n"), "{text}");
    assert!(page(&world).contains("run r-1, shard 2/4</title>"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_a_browser_json_is_one_document_too() {
    let mut world = World::new().await;
    keep(&world, "r-1", 1, |_| {});
    // Where no program is found, no browser is.
    world.set("PATH", "");
    let output = world.command(&["report", "--json", "--open"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["error"][0], "opening the report in a browser");
}

#[tokio::test]
async fn on_github_secrets_are_masked_and_nowhere_else_shown() {
    const TOKEN: &str = "a-session/token==";
    let mut world = World::new().await;
    world.set("AWS_SESSION_TOKEN", TOKEN);
    assert!(!world.run(&["report"]).contains("::"));
    world.set("GITHUB_ACTIONS", "true");
    let shown = world.run(&["report"]);
    let (_, said) = shown.split_once("----- stderr -----\n").unwrap();
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].starts_with("::add-mask::") && lines[0].len() > 30, "{said}");
    assert_eq!(lines[1], format!("::add-mask::{TOKEN}"));
    assert_eq!(shown.matches("::add-mask::").count(), 2, "{shown}");

    // A file that nobody reads for commands.
    let path = world.folder().join("stderr");
    let file = fs::File::create(&path).unwrap();
    world.command(&["report"]).stderr(file).output().unwrap();
    let said = fs::read_to_string(&path).unwrap();
    assert!(said.starts_with("error: ") && !said.contains(TOKEN), "{said}");
}
