//! What cannot be run, and the words for it.

use super::{said, workflow, world};
use crate::harness::{World, settings};

#[tokio::test]
async fn an_expression_in_a_script_is_refused() {
    let world = world(
        "jobs:\n  a:\n    steps:\n      - name: greets\n        run: |\n          echo hello\n          echo ${{ github.event.issue.title }}\n",
    )
    .await;
    said!(world, &["ci"], @r#"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: reading `.github/workflows/ci.yml`
      caused by: line 4: an expression in `run:` is put into the script before bash reads it, so that whoever decides its value can run anything

    hint: give the value to the step by `env:`, and write "$NAME" in the script
    "#);
}

#[tokio::test]
async fn what_is_no_workflow_is_said_to_be_none_with_the_line() {
    let world = World::new().await;
    let slips = [
        "",
        "jobs: [",
        "jobs:\n  a:\n    steps: []\n  a:\n    steps: []\n",
        "on: push\n",
        "jobs: {}\n",
        "jobs:\n  - a\n",
        "jobs:\n  a:\n    runs-on: x\n",
        "jobs:\n  a:\n    steps:\n      run: x\n",
        "jobs:\n  a:\n    steps:\n      - name: x\n",
        "jobs:\n  a:\n    steps:\n      - run: x\n        uses: y\n",
        "jobs:\n  a:\n    steps:\n      - run: [x]\n",
        "jobs:\n  a:\n    env: x\n    steps: []\n",
        "jobs:\n  a:\n    needs: b\n    steps: []\n",
        "jobs:\n  a:\n    needs: b\n    steps: []\n  b:\n    needs: [a]\n    steps: []\n",
        "jobs: {}\n---\njobs: {}\n",
    ];
    let said = slips.map(|text| {
        workflow(&world, "ci.yml", text);
        let said = world.run(&["ci"]);
        let (code, said) = said.split_once("\n----- stdout -----\n----- stderr -----\n").unwrap();
        assert_eq!(code, "exit code: 1", "{text}");
        said.replace("error: reading `.github/workflows/ci.yml`\n", "").trim().to_owned()
    });
    insta::assert_snapshot!(said.join("\n"), @"
    caused by: it is empty
    caused by: line 2: while parsing a node, did not find expected node content
    caused by: line 4: duplicated key in mapping
    caused by: line 1: `the document` has no `jobs`
    caused by: it has no jobs
    caused by: line 2: `jobs` is a list, expected a mapping
    caused by: line 3: `a` has no `steps`
    caused by: line 4: `steps` is a mapping, expected a list
    caused by: line 4: a step has neither `run` nor `uses`
    caused by: line 4: a step has both `run` and `uses`
    caused by: line 4: `run` is a list, expected text
    caused by: line 3: `env` is a value, expected a mapping
    caused by: the job `a` needs `b`, which is no job
    caused by: the jobs `a`, `b` need each other
    caused by: it holds 2 documents, expected one
    ");
}

#[tokio::test]
async fn unknown_names_are_answered_with_the_known_ones() {
    let world = world("jobs:\n  a:\n    steps:\n      - run: echo one\n").await;
    workflow(&world, "other.yaml", "jobs:\n  b:\n    steps:\n      - run: 'true'\n");
    let said = [
        world.run(&["ci", "nightly"]),
        world.run(&["ci", "--only", "b"]),
        world.run(&["ci", "--skip", "echo"]),
        world.run(&["ci", "other"]),
    ];
    settings().bind(|| {
        insta::assert_snapshot!(said.join("\n"), @"
        exit code: 1
        ----- stdout -----
        ----- stderr -----
        error: there is no workflow `nightly`: no file `.github/workflows/nightly.yml`

        hint: cargo xtask ci ci, cargo xtask ci other

        exit code: 1
        ----- stdout -----
        ----- stderr -----
        error: no step or job is called `b`

        hint: the jobs are a
        hint: the steps are 'echo one'

        exit code: 1
        ----- stdout -----
        ----- stderr -----
        error: no step or job is called `echo`

        hint: the jobs are a
        hint: the steps are 'echo one'

        exit code: 0
        ----- stdout -----

             Summary .github/workflows/other.yaml
              passed    [TIME]  b  true
        ----- stderr -----
                Step b: true
                     true
        ")
    });
    let nothing = World::new().await;
    said!(nothing, &["ci"], @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: there is no workflow `ci`: no file `.github/workflows/ci.yml`

    hint: `.github/workflows` is where GitHub looks for workflows
    ");
}

#[tokio::test]
async fn where_nothing_can_be_run_nothing_is_green() {
    let world = world(
        "jobs:\n  a:\n    env: {REGION: '${{ vars.REGION }}', BUCKET: 'b-${{ vars.B }}', PLAIN: x}\n    steps:\n      - {name: tests, run: 'true'}\n      - uses: x/y@z\n  b:\n    services: {db: {image: x}}\n    steps: [{run: 'true'}]\n  c:\n    if: github.ref == 'refs/heads/main'\n    steps: [{run: 'true'}]\n",
    )
    .await;
    said!(world, &["ci"], @"
    exit code: 1
    ----- stdout -----
        left out           a  tests: `BUCKET`, `REGION` are not set, which GitHub works out
        left out           a  x/y: `x/y` is an action, which GitHub alone runs
        left out           b  true: the job needs `services`, which GitHub alone has
        left out           c  true: GitHub alone can tell `if: github.ref == 'refs/heads/main'`
    ----- stderr -----
    error: no step of `.github/workflows/ci.yml` was run

    hint: set the variables that are named, or choose steps that can be run here
    ");
}

#[tokio::test]
async fn a_folder_that_is_not_there_fails_the_step() {
    let world =
        world("jobs: {a: {steps: [{name: nowhere, working-directory: gone, run: 'true'}]}}").await;
    said!(world, &["ci"], @"
    exit code: 30
    ----- stdout -----

         Summary .github/workflows/ci.yml
          failed    [TIME]  a  nowhere: exit code 1
    ----- stderr -----
            Step a: nowhere
                 true
          failed the step cannot be started: there is no folder `[WORKSPACE]/gone`
           hint: cargo xtask ci --only nowhere
    ");
}
