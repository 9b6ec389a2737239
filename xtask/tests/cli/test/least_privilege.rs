//! Whoever holds the generated policy, and nothing else, gets through the whole run.

use std::process::Command;

use contract::target::{
    BEDROCK_MODEL_VARIABLE, SAGEMAKER_ENDPOINT_VARIABLE, SANDBOX_ENDPOINT_NAME, SANDBOX_MODEL_ID,
};
use sandbox::AccessKey;
use serde_json::Value;

use crate::harness::{ACCOUNT, World};

const KEY: (&str, &str) = ("AKIALEASTPRIVILEGE01", "least/privilege/secret/of/the/tests/0001");

#[tokio::test]
async fn all_tests_pass_with_the_policy_for_tests_alone() {
    let mut world = World::new().await;
    world.set_buckets(["least-creatives", "least-pages", "least-exports", "least-uploads"]);
    world.set(BEDROCK_MODEL_VARIABLE, SANDBOX_MODEL_ID);
    world.set(SAGEMAKER_ENDPOINT_VARIABLE, SANDBOX_ENDPOINT_NAME);
    world.set("AWS_ACCOUNT_ID", ACCOUNT);
    let setup = world.run(&["setup"]);
    assert!(setup.starts_with("exit code: 0\n"), "{setup}");

    world.in_the_real_workspace();
    let policy = stdout(world.command(&["policy", "--for", "tests"]));
    let key = AccessKey::user(ACCOUNT, "tests", KEY.0, KEY.1).with_policies([&policy]).unwrap();
    world.sandbox.add_access_key(key);
    world.set("AWS_ACCESS_KEY_ID", KEY.0);
    world.set("AWS_SECRET_ACCESS_KEY", KEY.1);
    let run: Value =
        serde_json::from_str(&stdout(world.command(&["test", "--aws", "--json"]))).unwrap();
    assert_eq!(run["exit_code"], 0, "{run:#}");
    for reason in run["skipped"].as_array().unwrap() {
        assert_eq!(reason["reason"]["code"], "target-lacks-staged-models", "{reason:#}");
    }
    let passed = run["counts"]["passed"].as_u64().unwrap();
    assert!(passed > 100, "{passed}");
}

fn stdout(mut command: Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    text
}
