//! What cannot be tried, asked of IAM's simulator.

use serde_json::Value;

use super::{KEY, act_as, act_as_user, document, provisioned};
use crate::harness::{ACCOUNT, World};
use sandbox::AccessKey;

const ALL_OF_S3: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
const MAY_ASK: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["iam:SimulatePrincipalPolicy","iam:GetRole"],"Resource":"*"}]}"#;
const NO_TAGS: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Deny","Action":"s3:PutBucketTagging","Resource":"*"}]}"#;

/// The writes of `setup`, which are never tried: `ACTION VERDICT BASIS`.
fn writes(world: &World) -> Vec<String> {
    let document = document(world, &["--for", "setup"]);
    let rows = document["permissions"].as_array().unwrap().iter();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let mut writes: Vec<_> = rows
        .filter(|row| text(row, "action").starts_with("s3:PutBucket"))
        .map(|row| ["action", "verdict", "basis"].map(|name| text(row, name)).join(" "))
        .collect();
    writes.sort();
    writes
}

#[tokio::test]
async fn who_may_not_ask_knows_nothing_and_that_fails_strictly() {
    let mut world = provisioned().await;
    act_as_user(&mut world, &[ALL_OF_S3]);
    assert_eq!(
        writes(&world),
        ["s3:PutBucketPublicAccessBlock unknown none", "s3:PutBucketTagging unknown none"]
    );
    let relaxed = world.run(&["check", "--for", "setup"]);
    assert!(relaxed.starts_with("exit code: 0\n"), "{relaxed}");
    assert!(relaxed.contains("IAM's simulator was no help"), "{relaxed}");
    let strict = world.run(&["check", "--for", "setup", "--strict"]);
    assert!(strict.starts_with("exit code: 1\n"), "{strict}");
}

#[tokio::test]
async fn who_may_ask_is_told_and_a_read_says_nothing_about_a_write() {
    let mut world = provisioned().await;
    act_as_user(&mut world, &[ALL_OF_S3, MAY_ASK, NO_TAGS]);
    assert_eq!(
        writes(&world),
        ["s3:PutBucketPublicAccessBlock allowed simulator", "s3:PutBucketTagging denied simulator"]
    );
}

#[tokio::test]
async fn a_session_is_asked_about_as_its_role_whose_path_iam_knows() {
    for path in ["/", "/teams/tests/"] {
        let mut world = provisioned().await;
        let key = AccessKey::assumed_role(ACCOUNT, "tester", "somebody", KEY.0, KEY.1, "token")
            .with_role_path(path)
            .with_policies([ALL_OF_S3, MAY_ASK])
            .unwrap();
        act_as(&mut world, key);
        assert_eq!(
            writes(&world),
            [
                "s3:PutBucketPublicAccessBlock allowed simulator",
                "s3:PutBucketTagging allowed simulator"
            ]
        );
    }
}

#[tokio::test]
async fn what_was_tried_counts_and_the_simulators_other_word_is_shown() {
    let mut world = provisioned().await;
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:user/checked"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::shared/*"}}]}}"#
    );
    world.s3().put_bucket_policy().bucket("shared").policy(policy).send().await.unwrap();
    let but_reading = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","NotAction":"s3:GetObject","Resource":"*"}]}"#;
    act_as_user(&mut world, &[but_reading]);
    let document = document(&world, &[]);
    let rows = document["permissions"].as_array().unwrap();
    let row = rows.iter().find(|row| row["action"] == "s3:GetObject").unwrap();
    assert_eq!(row["verdict"], "allowed", "{row:#}");
    assert_eq!(row["basis"], "probe", "{row:#}");
    assert_eq!(row["simulator_disagrees"], "implicitDeny", "{row:#}");
}

#[tokio::test]
async fn setup_says_before_it_changes_anything_what_will_be_refused() {
    let mut world = provisioned().await;
    act_as_user(&mut world, &[ALL_OF_S3, MAY_ASK, NO_TAGS]);
    let text = world.run(&["setup", "--dry-run"]);
    let warning = "warning IAM's simulator says that this will be refused: `s3:PutBucketTagging` on \
                   `arn:aws:s3:::shared` (explicitDeny)";
    assert!(text.contains(warning), "{text}");
    assert!(
        text.contains("hint: the policy that allows it: cargo xtask policy --for setup"),
        "{text}"
    );
}
