//! `cargo xtask ci`: which steps run, with what, in which order, and what it says of the others.

use std::fs;

use serde_json::Value;

use crate::harness::{World, settings};

mod interruption;
mod refusals;

/// Puts a workflow file into the world's workspace.
fn workflow(world: &World, name: &str, text: &str) {
    let folder = world.folder().join(".github/workflows");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), text).unwrap();
}

/// A world with this as its `ci.yml`.
async fn world(text: &str) -> World {
    let world = World::new().await;
    workflow(&world, "ci.yml", text);
    world
}

/// What a run says, and its exit code.
macro_rules! said {
    ($world:expr, $args:expr, @$snapshot:literal) => {
        settings().bind(|| insta::assert_snapshot!($world.run($args), @$snapshot))
    };
}
use said;

/// Two jobs, the first of which needs the second.
const ORDER: &str = r#"
on: push
env:
  A: workflow
  B: workflow
  C: 1.5
defaults:
  run:
    shell: bash
jobs:
  later:
    name: comes later
    needs: earlier
    env:
      A: job
      B: job
    defaults:
      run:
        working-directory: app
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
      - name: shows its variables
        env:
          A: step
        run: |
          echo "$A $B $C ${CI-no} ${CARGO_MANIFEST_DIR-none}"
          basename "$PWD"
      - name: elsewhere
        working-directory: .
        run: test -d app && ! read -r line
  earlier:
    steps:
      - run: echo first
      - name: on hosted machines
        if: runner.environment == 'github-hosted'
        run: exit 1
      - name: never
        if: false
        run: exit 1
      - name: with what GitHub knows
        env:
          GIVEN: ${{ vars.GIVEN }}
        run: echo "given '$GIVEN'"
      - shell: pwsh
        run: exit 1
"#;

#[tokio::test]
async fn steps_run_in_order_with_their_variables_and_the_others_have_a_reason() {
    let world = world(ORDER).await;
    said!(world, &["ci"], @r#"
    exit code: 0
    ----- stdout -----

         Summary .github/workflows/ci.yml
          passed    [TIME]  earlier  echo first
        left out           earlier  on hosted machines: GitHub alone can tell `if: runner.environment == 'github-hosted'`
        left out           earlier  never: `if: false`
        left out           earlier  with what GitHub knows: `GIVEN` is not set, which GitHub works out
        left out           earlier  exit 1: `shell: pwsh` is none of `bash` and `sh`
        left out           later    actions/checkout: `actions/checkout` is an action, which GitHub alone runs
          passed    [TIME]  later    shows its variables
          passed    [TIME]  later    elsewhere
    ----- stderr -----
            Step earlier: echo first
                 echo first
    first
            Step comes later: shows its variables
                 echo "$A $B $C ${CI-no} ${CARGO_MANIFEST_DIR-none}"
                 basename "$PWD"
    step job 1.5 true none
    app
            Step comes later: elsewhere
                 test -d app && ! read -r line
    "#);
}

#[tokio::test]
async fn a_variable_of_githubs_is_taken_from_the_environment_also_where_it_is_empty() {
    let mut world = world(ORDER).await;
    let only = ["ci", "--only", "with what GitHub knows"];
    for (given, said) in [("something", "given 'something'\n"), ("", "given ''\n")] {
        world.set("GIVEN", given);
        let text = world.run(&only);
        assert!(text.starts_with("exit code: 0\n") && text.contains(said), "{text}");
    }
    world.unset("GIVEN");
    fs::write(world.folder().join("app/.env"), "GIVEN=file\n").unwrap();
    let text = world.run(&only);
    assert!(text.contains("given 'file'\n"), "{text}");
}

#[tokio::test]
async fn steps_are_listed_and_none_is_run() {
    let world = world(ORDER).await;
    said!(world, &["ci", "--list"], @"
    exit code: 0
    ----- stdout -----
             run earlier  echo first
        left out           earlier  on hosted machines: GitHub alone can tell `if: runner.environment == 'github-hosted'`
        left out           earlier  never: `if: false`
        left out           earlier  with what GitHub knows: `GIVEN` is not set, which GitHub works out
        left out           earlier  exit 1: `shell: pwsh` is none of `bash` and `sh`
        left out           later    actions/checkout: `actions/checkout` is an action, which GitHub alone runs
             run later    shows its variables
             run later    elsewhere
    ----- stderr -----
    ");
}

const FAILURES: &str = r#"
jobs:
  broken:
    steps:
      - name: before
        run: "true"
      - name: it's broken
        run: |
          echo "half of it is done"
          exit 7
      - name: after
        run: exit 1
      - name: in any case
        if: always()
        run: echo "cleaned up"
      - name: on failure
        if: ${{ failure() }}
        run: echo "told of it"
  beside:
    steps:
      - name: tolerated
        continue-on-error: true
        run: exit 3
      - name: goes on
        run: "true"
      - name: on failure of this job
        if: failure()
        run: exit 1
  dependent:
    needs: [beside, broken]
    steps:
      - name: not without it
        run: exit 1
  dependent-of-dependent:
    needs: dependent
    steps:
      - name: nor this
        run: exit 1
  notice:
    needs: broken
    if: ${{ !cancelled() }}
    steps:
      - name: notice
        run: "true"
"#;

#[tokio::test]
async fn a_failing_step_stops_its_job_and_those_that_need_it_and_no_others() {
    let world = world(FAILURES).await;
    said!(world, &["ci"], @r#"
    exit code: 30
    ----- stdout -----

         Summary .github/workflows/ci.yml
          passed    [TIME]  broken                  before
          failed    [TIME]  broken                  it's broken: exit code 7
         not run           broken                  after: `it's broken` failed
          passed    [TIME]  broken                  in any case
          passed    [TIME]  broken                  on failure
       tolerated    [TIME]  beside                  tolerated: exit code 3
          passed    [TIME]  beside                  goes on
         not run           beside                  on failure of this job: no step failed
         not run           dependent               not without it: the job `broken` failed
         not run           dependent-of-dependent  nor this: the job `dependent` failed
          passed    [TIME]  notice                  notice
    ----- stderr -----
            Step broken: before
                 true
            Step broken: it's broken
                 echo "half of it is done"
                 exit 7
    half of it is done
            Step broken: in any case
                 echo "cleaned up"
    cleaned up
            Step broken: on failure
                 echo "told of it"
    told of it
            Step beside: tolerated
                 exit 3
            Step beside: goes on
                 true
            Step notice: notice
                 true
           hint: cargo xtask ci --only 'it'\''s broken'
    "#);
}

#[tokio::test]
async fn steps_are_chosen_by_their_names_and_those_of_jobs() {
    let world = world(FAILURES).await;
    said!(world, &["ci", "--only", "beside", "--only", "Before", "--skip", "tolerated"], @"
    exit code: 0
    ----- stdout -----

         Summary .github/workflows/ci.yml
          passed    [TIME]  broken  before
        left out           beside  tolerated: --skip tolerated
          passed    [TIME]  beside  goes on
         not run           beside  on failure of this job: no step failed
    ----- stderr -----
            Step broken: before
                 true
            Step beside: goes on
                 true
            note 7 other steps were not asked for
    ");
}

#[tokio::test]
async fn the_document_has_every_step() {
    let world = world(FAILURES).await;
    let output = world.command(&["ci", "--json", "--skip", "notice"]).output().unwrap();
    assert_eq!(output.status.code(), Some(30));
    let mut document: Value = serde_json::from_slice(&output.stdout).unwrap();
    for step in document["steps"].as_array_mut().unwrap() {
        let was_run = ["passed", "failed", "tolerated"].map(Value::from).contains(&step["status"]);
        assert_eq!(step["seconds"].is_number(), was_run, "{step}");
        step.as_object_mut().unwrap().remove("seconds");
    }
    let steps = document["steps"].as_array().unwrap();
    let lines: Vec<_> = steps.iter().map(Value::to_string).collect();
    insta::assert_snapshot!(format!("{} {}\n{}", document["file"], document["exit_code"], lines.join("\n")), @r#"
    ".github/workflows/ci.yml" 30
    {"exit_code":0,"job":"broken","line":5,"reason":null,"status":"passed","step":"before"}
    {"exit_code":7,"job":"broken","line":7,"reason":null,"status":"failed","step":"it's broken"}
    {"exit_code":null,"job":"broken","line":11,"reason":"`it's broken` failed","status":"not-run","step":"after"}
    {"exit_code":0,"job":"broken","line":13,"reason":null,"status":"passed","step":"in any case"}
    {"exit_code":0,"job":"broken","line":16,"reason":null,"status":"passed","step":"on failure"}
    {"exit_code":3,"job":"beside","line":21,"reason":null,"status":"tolerated","step":"tolerated"}
    {"exit_code":0,"job":"beside","line":24,"reason":null,"status":"passed","step":"goes on"}
    {"exit_code":null,"job":"beside","line":26,"reason":"no step failed","status":"not-run","step":"on failure of this job"}
    {"exit_code":null,"job":"dependent","line":32,"reason":"the job `broken` failed","status":"not-run","step":"not without it"}
    {"exit_code":null,"job":"dependent-of-dependent","line":37,"reason":"the job `dependent` failed","status":"not-run","step":"nor this"}
    {"exit_code":null,"job":"notice","line":43,"reason":"--skip notice","status":"left-out","step":"notice"}
    "#);

    let list = world.command(&["ci", "--json", "--list"]).output().unwrap();
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(
        (&list["exit_code"], &list["steps"][0]["status"]),
        (&Value::Null, &"planned".into())
    );
}

#[tokio::test]
async fn a_pipe_fails_with_its_first_command_where_the_shell_is_named() {
    let pipe = "jobs: {a: {steps: [{run: 'false | true'}]}}";
    let world = world(pipe).await;
    assert!(world.run(&["ci"]).starts_with("exit code: 0\n"));
    for shell in ["shell: bash, ", "shell: sh, "] {
        let of_shell = pipe.replace("run:", &format!("{shell}run:"));
        workflow(&world, "ci.yml", &of_shell);
        let expected = if shell.contains("bash") { "exit code: 30\n" } else { "exit code: 0\n" };
        assert!(world.run(&["ci"]).starts_with(expected), "{shell}");
    }
}
