//! What a test leaves behind is reported by the test's name, and removed.

use super::{QUICK, keys, provisioned, put, result};
use crate::harness::settings;

const RUN: &str = "leaky-1";

/// Where the quick test writes, as the contract spells it.
fn place(world: &crate::harness::World, run: &str) -> String {
    let list = world.run(&["test", "--json", QUICK]);
    let name = list.split("\"name\": \"").nth(1).unwrap().split('"').next().unwrap();
    let segment = contract::TestId::new("tests::suites", name).segment();
    format!("test/{run}/{segment}/n0/left")
}

#[tokio::test]
async fn a_leak_is_named_and_removed() {
    let world = provisioned().await;
    put(&world, &place(&world, RUN)).await;
    // Of the same run, but of a test that this invocation does not plan: another shard's.
    put(&world, &format!("test/{RUN}/some.other.test/n0/mine")).await;
    let result = result(&world, &["test", "--aws", "--run-id", RUN, QUICK]);
    settings().bind(|| {
        insta::assert_snapshot!(result, @"
        exit code: 0
        ----- stdout -----

             Summary run leaky-1 on [ENDPOINT], region eu-central-1, account 123456789012
                 run 1
              passed 1
              failed 0
             skipped 0
              leaked 1
                          s3_integration::round_trips::one_kilobyte_comes_back left 1 object
                            test/leaky-1/s3_integration.round_trips.one_kilobyte_comes_back/n0/left
                cost nothing here; on AWS about [COST] in eu-central-1 (S3 [COST])
                          s3_integration: [COST]
                          xtask: [COST]
                time [TIME]
               junit target/xtask/runs/leaky-1/junit.xml
              report target/xtask/report/index.html
                next cargo xtask test --aws s3_integration::round_trips::one_kilobyte_comes_back
        ")
    });
    assert_eq!(keys(&world).await, [format!("test/{RUN}/some.other.test/n0/mine")]);
}

#[tokio::test]
async fn a_leak_fails_a_strict_run() {
    let world = provisioned().await;
    // Another id: runs of one workspace that share one share their files, too.
    let run = "leaky-2";
    put(&world, &place(&world, run)).await;
    let result = result(&world, &["test", "--aws", "--strict", "--run-id", run, QUICK]);
    assert!(result.starts_with("exit code: 20\n"), "{result}");
}
