//! `tests/requirements.toml` knows the suites' tests, and nothing else.

use serde_json::Value;

use super::result;
use crate::harness::World;

const REQUIREMENTS: &str = include_str!("../../../../tests/requirements.toml");

fn is_at(path: &str, test: &str) -> bool {
    test == path || test.starts_with(&format!("{path}::"))
}

#[tokio::test]
async fn each_test_stands_below_a_requirement_or_below_none_for_a_reason() {
    let mut world = World::new().await;
    world.in_the_real_workspace();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        world.unset(name);
    }
    // Without AWS every test is skipped, and named.
    let text = result(&world, &["test", "--aws", "--json"]);
    let (_, document) = text.split_once("----- stdout -----").unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let skipped = document["skipped"].as_array().unwrap();
    let tests: Vec<_> = skipped.iter().map(|test| test["name"].as_str().unwrap()).collect();
    assert!(tests.len() > 50, "{} tests", tests.len());

    let requirements: toml::Table = REQUIREMENTS.parse().unwrap();
    let texts = |table: &str, field: &str| -> Vec<String> {
        let entries = requirements[table].as_array().unwrap().iter();
        let values = entries.flat_map(|entry| match &entry[field] {
            toml::Value::Array(values) => values.clone(),
            value => vec![value.clone()],
        });
        values.map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    let (shown, none) = (texts("requirement", "tests"), texts("none", "module"));
    let mut wrong = Vec::new();
    for path in shown.iter().chain(&none) {
        if !tests.iter().any(|test| is_at(path, test)) {
            wrong.push(format!("`{path}` has no tests"));
        }
    }
    for test in &tests {
        let is_shown = shown.iter().any(|path| is_at(path, test));
        let is_none = none.iter().any(|path| is_at(path, test));
        match (is_shown, is_none) {
            (false, false) => wrong.push(format!("`{test}` is not in it")),
            (true, true) => wrong.push(format!("`{test}` shows a requirement and none")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "tests/requirements.toml:\n{}", wrong.join("\n"));
    let ids = texts("requirement", "id");
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "an id stands twice: {ids:?}");
}
