//! `cargo xtask test`, on the embedded AWS and with `--aws` on a server.

use aws_sdk_s3::primitives::ByteStream;

use crate::harness::{World, settings};

mod broken;
mod leaks;
mod least_privilege;
mod live;
mod max_cost;
mod permissions;
mod requirements;
mod selection;
mod shards;

/// A test that needs few calls.
const QUICK: &str = "one_kilobyte_comes_back";

/// What the four bucket variables of a world name by default, made as `setup` makes it.
async fn provisioned() -> World {
    let mut world = World::new().await;
    let setup = world.run(&["setup"]);
    assert!(setup.starts_with("exit code: 0\n"), "{setup}");
    world.in_the_real_workspace();
    world
}

/// stdout and the exit code: nextest's own lines on stderr are its business.
fn result(world: &World, args: &[&str]) -> String {
    let text = world.run(args);
    text.split("----- stderr -----").next().unwrap().to_owned()
}

/// Every key below the two roots and beside them.
async fn keys(world: &World) -> Vec<String> {
    let list = world.s3().list_objects_v2().bucket("shared").send().await.unwrap();
    list.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
}

async fn put(world: &World, key: &str) {
    let body = ByteStream::from_static(b"x");
    world.s3().put_object().bucket("shared").key(key).body(body).send().await.unwrap();
}

#[tokio::test]
async fn a_run_on_the_embedded_aws_ends_with_a_summary() {
    let mut world = World::new().await;
    world.in_the_real_workspace();
    let result = result(&world, &["test", QUICK]);
    settings().bind(|| {
        insta::assert_snapshot!(result, @"
        exit code: 0
        ----- stdout -----

             Summary run [RUN] on the embedded AWS
                 run 1
              passed 1
              failed 0
             skipped 0
              leaked 0
                cost nothing here; on AWS about [COST] in us-east-1 (S3 [COST])
                          s3_integration: [COST]
                          xtask: [COST]
                time [TIME]
               junit target/xtask/runs/[RUN]/junit.xml
              report target/xtask/report/index.html
        ")
    });
}

#[tokio::test]
async fn a_run_on_a_server_ends_with_a_summary_and_leaves_nothing() {
    let world = provisioned().await;
    put(&world, "test/somebody-elses/t/n/x").await;
    let result = result(&world, &["test", "--aws", "--strict", QUICK]);
    settings().bind(|| {
        insta::assert_snapshot!(result, @"
        exit code: 0
        ----- stdout -----

             Summary run [RUN] on [ENDPOINT], region eu-central-1, account 123456789012
                 run 1
              passed 1
              failed 0
             skipped 0
              leaked 0
                cost nothing here; on AWS about [COST] in eu-central-1 (S3 [COST])
                          s3_integration: [COST]
                          xtask: [COST]
                time [TIME]
               junit target/xtask/runs/[RUN]/junit.xml
              report target/xtask/report/index.html
        ")
    });
    assert_eq!(keys(&world).await, ["test/somebody-elses/t/n/x"]);
}

#[tokio::test]
async fn a_sandbox_run_cannot_reach_what_is_configured() {
    let world = provisioned().await;
    let before = world.sandbox.calls().len();
    assert!(world.run(&["test", QUICK]).starts_with("exit code: 0\n"));
    assert_eq!(world.sandbox.calls().len(), before);
}
