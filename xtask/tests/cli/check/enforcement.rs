//! Proof by enforcement: each action of the policy for tests, taken away alone, is what `check` reports
//! and what stops exactly the tests that fail without it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{KEY, act_as_user, document, everything, provisioned, stdout};
use crate::harness::{ACCOUNT, World};

/// A world whose caller has the generated policy and nothing else, and that policy.
async fn least_privileged() -> (World, Value) {
    let mut world = provisioned().await;
    world.set("AWS_ACCOUNT_ID", ACCOUNT);
    let policy = stdout(world.command(&["policy", "--for", "tests"]));
    act_as_user(&mut world, &[&policy]);
    (world, serde_json::from_str(&policy).unwrap())
}

/// Every action of a policy.
fn actions(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().unwrap();
    statements.iter().flat_map(|statement| one_or_many(&statement["Action"])).collect()
}

fn one_or_many(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => {
            values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
        }
        value => vec![value.as_str().unwrap().to_owned()],
    }
}

/// The policy without one action.
fn without(policy: &Value, action: &str) -> String {
    let mut policy = policy.clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    for statement in statements.iter_mut() {
        let mut actions = one_or_many(&statement["Action"]);
        actions.retain(|known| known != action);
        statement["Action"] = json!(actions);
    }
    statements.retain(|statement| statement["Action"] != json!([]));
    policy.to_string()
}

/// The actions with a verdict.
fn with_verdict(document: &Value, verdict: &str) -> BTreeSet<String> {
    let rows = document["permissions"].as_array().unwrap();
    let rows = rows.iter().filter(|row| row["verdict"] == verdict);
    rows.map(|row| row["action"].as_str().unwrap().to_owned()).collect()
}

/// Somebody who may check, and nothing else, is told everything.
#[tokio::test]
async fn the_policy_for_check_lets_check_find_out_everything() {
    let mut world = provisioned().await;
    world.set("AWS_ACCOUNT_ID", ACCOUNT);
    let policy = stdout(world.command(&["policy", "--for", "check"]));
    act_as_user(&mut world, &[&policy]);
    let document = document(&world, &["--strict"]);
    assert_eq!(document["ok"], true, "{document:#}");
    // Nothing stands in the way of IAM's simulator.
    assert_eq!(document["simulator"], Value::Null);
}

#[tokio::test]
async fn the_generated_policy_is_enough_and_none_of_it_too_much() {
    let (world, policy) = least_privileged().await;
    let whole = document(&world, &["--strict"]);
    assert_eq!(whole["ok"], true, "{whole:#}");
    let all = actions(&policy);
    assert_eq!(with_verdict(&whole, "allowed"), all);
    for action in &all {
        world.sandbox.set_policies(KEY.0, [without(&policy, action)]).unwrap();
        let document = document(&world, &[]);
        assert_eq!(with_verdict(&document, "denied"), BTreeSet::from([action.clone()]));
        // What is written could not be removed without it, so that it is not written.
        let untried: BTreeSet<String> = match action.as_str() {
            "s3:DeleteObjectVersion" => {
                ["s3:PutObject", "s3:DeleteObject"].map(ToOwned::to_owned).into()
            }
            _ => BTreeSet::new(),
        };
        assert_eq!(with_verdict(&document, "unknown"), untried, "without {action}");
        assert_eq!(document["ok"], false);
        assert_eq!(everything(&world).await, [""; 0], "without {action}");

        let regained = stdout(world.command(&["policy", "--for", "tests"]));
        world.sandbox.set_policies(KEY.0, [regained]).unwrap();
    }
    assert_eq!(with_verdict(&super::document(&world, &[]), "allowed"), all);
}

/// `test --aws --json`. What is denied fails each time; what a busy machine makes fail does not.
fn run(world: &World, args: &[&str]) -> Value {
    let retries = ["--", "--retries", "2"];
    let text = stdout(world.command(&[&["test", "--aws", "--json"], args, &retries[..]].concat()));
    serde_json::from_str(&text).unwrap()
}

fn names(tests: &Value, wanted: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let tests = tests.as_array().unwrap().iter().filter(|test| wanted(test));
    tests.map(|test| test["name"].as_str().unwrap().to_owned()).collect()
}

/// What is skipped without an action, and what fails without it when it is run all the same: a lock
/// that knows no test lets everything run.
fn skipped_and_failing(
    world: &World,
    policy: &Value,
    action: &str,
) -> (BTreeSet<String>, BTreeSet<String>) {
    world.sandbox.set_policies(KEY.0, [without(policy, action)]).unwrap();
    let planned = run(world, &[]);
    assert_eq!(planned["exit_code"], 0, "without {action}: {planned:#}");
    let is_ours = |test: &Value| test["reason"]["code"] == "permission-denied";
    let skipped = names(&planned["skipped"], is_ours);

    let empty = world.folder().join("empty.lock");
    fs::write(&empty, "").unwrap();
    let anyway = run(world, &["--permissions-lock", empty.to_str().unwrap()]);
    let failing = names(&anyway["tests"], |test| test["status"] == "failed");
    (skipped, failing)
}

#[tokio::test]
async fn the_tests_that_are_skipped_are_those_that_would_fail() {
    let (world, policy) = least_privileged().await;
    for action in on_demand(&["s3:DeleteObject"], &SINGLE_TESTS) {
        let (skipped, failing) = skipped_and_failing(&world, &policy, action);
        assert!(!failing.is_empty(), "nothing fails without {action}");
        assert_eq!(skipped, failing, "without {action}");
    }
}

#[tokio::test]
async fn without_what_every_test_needs_nothing_is_begun() {
    let (world, policy) = least_privileged().await;
    for action in actions(&policy) {
        if SINGLE_TESTS.contains(&action.as_str()) {
            continue;
        }
        world.sandbox.set_policies(KEY.0, [without(&policy, &action)]).unwrap();
        let text = world.run(&["test", "--aws"]);
        assert!(text.starts_with("exit code: 1\n"), "without {action}: {text}");
        assert!(!text.contains("Building"), "without {action}: {text}");
        let is_told = text.contains(&format!("`{action}` on `arn:aws:s3:::shared"));
        // HeadBucket has no words: whose the bucket is cannot be told without it.
        assert!(is_told || action == "s3:ListBucket", "without {action}: {text}");
        assert_eq!(everything(&world).await, [""; 0], "without {action}");
    }
}

/// The code of a reason, the policy, more variables, and the module that is skipped.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

/// Each reason to skip, and how it comes about.
#[tokio::test]
async fn each_reason_is_on_the_console_in_junit_and_in_the_document_and_counts_strictly() {
    let (mut world, policy) = least_privileged().await;
    let no_endpoint = without(&policy, "sagemaker:InvokeEndpoint");
    let whole = policy.to_string();
    let broad =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let table: [Case<'_>; 4] = [
        ("permission-denied", &no_endpoint, &[], "sagemaker_endpoint::"),
        (
            "permission-unknown",
            &whole,
            &[("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "http://127.0.0.1:1")],
            "sagemaker_endpoint::",
        ),
        ("endpoint-missing", broad, &[("SAGEMAKER_TEST_ENDPOINT", "gone")], "sagemaker_endpoint::"),
        (
            "model-access",
            broad,
            &[("BEDROCK_TEST_MODEL_ID", "amazon.sandbox-no-access-v1:0")],
            "bedrock_model::",
        ),
    ];
    for (code, policy, variables, module) in table {
        for (name, value) in variables {
            world.set(name, value);
        }
        world.sandbox.set_policies(KEY.0, [policy]).unwrap();
        let output =
            world.command(&["test", "--aws", "--strict", "--json", module]).output().unwrap();
        let console = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(21), "{code}: {console}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let skipped = document["skipped"].as_array().unwrap();
        assert_eq!(skipped.len(), 2, "{code}: {document:#}");
        let reason = &skipped[0]["reason"];
        let (text, cure) = (reason["text"].as_str().unwrap(), reason["cure"].as_str().unwrap());
        assert_eq!(reason["code"], code, "{reason:#}");
        assert!(console.contains(&format!("{code}: {text} (")), "{code}: {console}");
        assert!(console.contains(&format!("hint: {cure}")), "{code}: {console}");

        let workspace = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let junit = workspace.join(document["junit"].as_str().unwrap());
        let junit = fs::read_to_string(junit).unwrap();
        let message = format!("<skipped message=\"{code}: `");
        assert_eq!(junit.matches(&message).count(), 2, "{code}: {junit}");
        for text in [&console, &junit, &document.to_string()] {
            assert!(!text.contains(KEY.1) && !text.contains(KEY.0), "{code}: {text}");
        }
        for (name, _) in variables {
            world.unset(name);
        }
    }
}

#[tokio::test]
async fn a_test_that_the_lock_does_not_know_runs_and_is_said_to() {
    let (world, _) = least_privileged().await;
    let empty = world.folder().join("empty.lock");
    fs::write(&empty, "").unwrap();
    let lock = empty.to_str().unwrap();
    let text = world.run(&["test", "--aws", "--permissions-lock", lock, "one_kilobyte_comes_back"]);
    assert!(text.starts_with("exit code: 0\n"), "{text}");
    let warning = format!(
        "warning tests that are not in `{lock}` run without their permissions being checked: 1\n"
    )
    .replace(&world.folder().display().to_string(), "[WORKSPACE]");
    assert!(text.contains(&warning), "{text}");
}

/// The actions that single tests need and nothing around them.
const SINGLE_TESTS: [&str; 5] = [
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithResponseStream",
    "s3:DeleteObject",
    "s3:GetObject",
    "sagemaker:InvokeEndpoint",
];

/// With `ENFORCEMENT=all` everything; each takes two whole runs.
#[expect(clippy::disallowed_methods, reason = "for whoever runs this test, not for the binary")]
fn on_demand<'a>(bounded: &'a [&'a str], all: &'a [&'a str]) -> &'a [&'a str] {
    match std::env::var_os("ENFORCEMENT").is_some_and(|value| value == "all") {
        true => all,
        false => bounded,
    }
}
