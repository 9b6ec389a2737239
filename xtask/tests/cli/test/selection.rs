//! Which tests run is the plan's business, and nothing that matches is never green.

use super::result;
use crate::harness::{World, settings};

async fn world() -> World {
    let mut world = World::new().await;
    world.in_the_real_workspace();
    world
}

#[tokio::test]
async fn an_unknown_suite_is_an_error() {
    let text = world().await.run(&["test", "--suite", "s3"]);
    assert!(text.starts_with("exit code: 1\n"), "{text}");
    // Before it stands what cargo has to say about the build.
    let (_, text) = text.split_once("error: ").unwrap();
    settings().bind(|| {
        insta::assert_snapshot!(text, @"
        there is no suite `s3`

        hint: the suites are `e2e_model_selection`, `performance_aws`, `s3_integration`
        ")
    });
}

#[tokio::test]
async fn a_filter_that_matches_nothing_is_not_green() {
    let world = world().await;
    let output = world.command(&["test", "--json", "no_such_test_anywhere"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["exit_code"], 4);
    assert_eq!(document["outcome"], "no test matches");
    assert!(document["left_out"].as_array().unwrap().len() > 50, "{document}");
    let said = String::from_utf8(output.stderr).unwrap();
    let said = said.split_once("      failed ").unwrap().1.to_owned();
    let mut settings = settings();
    settings.add_filter(r"none of the \d+ tests", "none of the [N] tests");
    settings.bind(|| {
        insta::assert_snapshot!(said, @"
    none of the [N] tests matches
           hint: cargo nextest list --package tests

         Summary run [RUN] on the embedded AWS
           ended no test matches
            time [TIME]
           junit target/xtask/runs/[RUN]/junit.xml
          report target/xtask/report/index.html
    ")
    });
}

#[tokio::test]
async fn arguments_for_nextest_cannot_choose_tests() {
    let text = world().await.run(&["test", "--", "-E", "all()"]);
    settings().bind(|| {
        insta::assert_snapshot!(text, @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: `-E` cannot be passed on to nextest: the plan decides what runs

    hint: cargo xtask test --suite NAME FILTER
    ")
    });
}

#[tokio::test]
async fn the_code_of_nextest_is_passed_on() {
    let text = result(&world().await, &["test", super::QUICK, "--", "--profile", "nowhere"]);
    assert!(text.starts_with("exit code: 96\n"), "{text}");
}

#[tokio::test]
async fn other_samples_change_no_test_of_the_rules() {
    let world = world().await;
    // One whose own number of samples is what it is about.
    let rule = "too_few_samples_make_a_budget_inconclusive_and_fail_no_test";
    let text = result(&world, &["test", "--samples", "20", rule]);
    assert!(text.starts_with("exit code: 0\n"), "{text}");
}

#[tokio::test]
async fn a_bad_run_id_is_refused() {
    let text = world().await.run(&["test", "--run-id", "../x"]);
    settings().bind(|| insta::assert_snapshot!(text, @"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value '../x' for '--run-id <ID>': `../x` is not a run id: expected 1 to 40 of `a-z`, `0-9` and `-`, not beginning with `-`

    For more information, try '--help'.
    "));
}

#[tokio::test]
async fn each_module_in_the_table_of_needs_has_tests() {
    let mut world = world().await;
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        world.unset(name);
    }
    // Without AWS every test is skipped, and named.
    let text = result(&world, &["test", "--aws", "--json"]);
    let (_, document) = text.split_once("----- stdout -----").unwrap();
    let document: serde_json::Value = serde_json::from_str(document).unwrap();
    let tests: Vec<_> = document["skipped"].as_array().unwrap().iter().collect();
    assert!(tests.len() > 50, "{} tests", tests.len());
    for need in contract::capability::NEEDS {
        let prefix = format!("{}::", need.module);
        assert!(
            tests.iter().any(|test| test["name"].as_str().unwrap().starts_with(&prefix)),
            "`{}` is in the table, but has no tests",
            need.module
        );
    }
}
