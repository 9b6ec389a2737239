//! `--max-cost` stops a run before its first test, by what earlier runs called.

use super::{QUICK, keys, provisioned, result};
use crate::harness::settings;

#[tokio::test]
async fn a_run_that_would_cost_more_is_not_begun_and_one_that_does_not_is() {
    let world = provisioned().await;
    // What the test calls is learned here.
    assert!(result(&world, &["test", QUICK]).starts_with("exit code: 0\n"));

    let refused = world.run(&["test", "--aws", "--max-cost", "0", QUICK]);
    assert!(!refused.contains("Running cargo nextest run"), "{refused}");
    let (_, error) = refused.split_once("error: ").unwrap();
    settings().bind(|| {
        insta::assert_snapshot!(error, @"
        the run would cost about [COST] in eu-central-1, and `--max-cost` allows [COST]

        hint: choose fewer tests with --suite or a filter, take fewer --samples, or raise --max-cost
        ");
    });
    assert!(refused.starts_with("exit code: 1\n"), "{refused}");
    assert_eq!(keys(&world).await, [""; 0], "the run's mark is left");

    let allowed = world.run(&["test", "--aws", "--max-cost", "1", QUICK]);
    assert!(allowed.starts_with("exit code: 0\n"), "{allowed}");
}
