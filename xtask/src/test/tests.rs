//! What a run says about models and endpoints that the tests may not invoke, short of nextest.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::capability::{self, Capability};
use contract::test_id::SandboxKey;
use contract::{RunId, Target};

use super::junit::Outcome;
use super::plan::{ListedTest, Plan, Selection};
use super::skip::SkipRule;
use super::summary::Summary;
use super::target::RunTarget;
use super::timings::Timings;
use super::{Exit, capabilities, junit};
use crate::aws::connect_to_sandbox;
use crate::config::Config;
use crate::context::Context;
use crate::models::Models;
use crate::report::{Status, Sweep};
use crate::setup;
use crate::ui::Ui;

fn plan(models: &Models) -> Plan {
    let mut tests = vec![ListedTest::new("tests::suites", "suite::works")];
    let needs = [Capability::BedrockModel, Capability::SageMakerEndpoint, Capability::StagedModels];
    for need in capability::NEEDS.iter().filter(|need| needs.contains(&need.capability)) {
        tests.push(ListedTest::new("tests::suites", &format!("{}::works", need.module)));
    }
    let rule = SkipRule { models: models.clone(), ..SkipRule::default() };
    Plan::new(tests, &Selection::default(), &rule).unwrap()
}

fn configured(pairs: &[(&str, &str)]) -> Models {
    Models::configured(&Config::of(pairs, &[])).unwrap()
}

fn context() -> Context {
    Context { ui: Ui::new(false), config: Config::of(&[], &[]) }
}

/// A run whose planned tests all ended with `status`.
fn summary(plan: Plan, status: Status) -> Summary {
    let outcome = Outcome { status, flaky: false, time: Duration::ZERO, message: None };
    Summary {
        outcomes: plan.run.iter().map(|test| (test.id.clone(), outcome.clone())).collect(),
        plan,
        ..Summary::new(RunId::parse("r-1").unwrap(), Target::Aws, Timings::start())
    }
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.skip.iter().map(|(_, reason)| reason.code.as_str()).collect()
}

#[test]
fn each_need_that_is_not_met_skips_its_module_with_a_code_a_text_and_a_cure() {
    let nothing = plan(&configured(&[]));
    assert_eq!(nothing.run.len(), 1);
    let reasons: Vec<_> = nothing
        .skip
        .iter()
        .map(|(_, reason)| {
            [reason.code.as_str(), &reason.text, reason.cure.as_deref().unwrap()].join("\n")
        })
        .collect();
    insta::assert_snapshot!(reasons.join("\n\n"), @"
    model-not-configured
    the target has no model that the tests may invoke (`BEDROCK_TEST_MODEL_ID` is not set)
    set BEDROCK_TEST_MODEL_ID to a model that this account may invoke, such as amazon.nova-micro-v1:0

    endpoint-not-configured
    the target has no endpoint that the tests may invoke (`SAGEMAKER_TEST_ENDPOINT` is not set)
    set SAGEMAKER_TEST_ENDPOINT to an endpoint of this account and region that is in service

    target-lacks-staged-models
    the target has no models that fail on demand (the embedded AWS alone stages them)
    leave `--aws` out to run them on the embedded AWS
    ");
    let model = ("BEDROCK_TEST_MODEL_ID", "amazon.nova-micro-v1:0");
    let endpoint = ("SAGEMAKER_TEST_ENDPOINT", "text-generation");
    assert_eq!(
        codes(&plan(&configured(&[model]))),
        ["endpoint-not-configured", "target-lacks-staged-models"]
    );
    assert_eq!(codes(&plan(&configured(&[model, endpoint]))), ["target-lacks-staged-models"]);
    assert!(codes(&plan(&Models::of_sandbox())).is_empty());
}

#[tokio::test]
async fn a_server_is_tried_and_aws_itself_is_not() {
    let run = RunId::parse("r-1").unwrap();
    let mut target = RunTarget::sandbox().await.unwrap();
    setup::provision(&target.aws, &target.bucket_names()).await.unwrap();
    target.target = Target::Aws;
    assert!(capabilities::lacking(&target, &run, None).await.unwrap().is_empty());
    let list = target.aws.s3.list_objects_v2().bucket("sandbox-creatives").send().await.unwrap();
    assert!(!list.contents().is_empty(), "nothing was tried");

    // As AWS is: nobody answers here, so that a try would be an error.
    target.aws =
        connect_to_sandbox("http://127.0.0.1:1", "eu-central-1", &SandboxKey::harness(), "1");
    target.aws.endpoint = None;
    assert!(capabilities::lacking(&target, &run, None).await.unwrap().is_empty());
}

#[test]
fn the_skips_are_in_the_junit_file_in_the_document_and_count_under_strict() {
    let plan = plan(&configured(&[]));
    let folder = tempfile::tempdir().unwrap();
    let junit = folder.path().join("junit.xml");
    junit::complete(&junit, &plan.skip, &BTreeMap::new()).unwrap();
    let text = std::fs::read_to_string(&junit).unwrap();
    for code in codes(&plan) {
        assert!(text.contains(&format!(r#"<skipped message="{code}: the target "#)), "{text}");
    }
    assert!(text.contains("set BEDROCK_TEST_MODEL_ID to a model"), "{text}");

    let expected = codes(&plan).into_iter().map(ToOwned::to_owned).collect::<Vec<_>>();
    let mut summary = summary(plan, Status::Passed);
    assert_eq!(summary.exit().code(), 0);
    summary.strict = true;
    assert_eq!(summary.exit().code(), 21);
    let document = serde_json::to_value(summary.document(&context())).unwrap();
    assert_eq!(document["counts"]["skipped"], 3);
    assert_eq!(document["counts"]["passed"], 1);
    let skipped = document["skipped"].as_array().unwrap();
    let reasons: Vec<_> =
        skipped.iter().map(|test| test["reason"]["code"].as_str().unwrap()).collect();
    assert_eq!(reasons, expected);
}

#[test]
fn what_the_embedded_aws_alone_can_run_is_no_gap_elsewhere() {
    let named = [
        ("BEDROCK_TEST_MODEL_ID", "amazon.nova-micro-v1:0"),
        ("SAGEMAKER_TEST_ENDPOINT", "endpoint"),
    ];
    for (configured, expected) in [(&named[..], 0), (&named[..1], 21)] {
        let plan = plan(&Models::configured(&Config::of(configured, &[])).unwrap());
        assert!(codes(&plan).contains(&"target-lacks-staged-models"), "{:?}", codes(&plan));
        let summary = Summary { strict: true, ..summary(plan, Status::Passed) };
        assert_eq!(summary.exit().code(), expected);
    }
}

#[test]
fn a_test_that_tells_nothing_has_not_passed() {
    let mut summary = summary(plan(&Models::of_sandbox()), Status::Inconclusive);
    let counts = summary.document(&context()).counts;
    assert_eq!((counts.passed, counts.inconclusive, counts.run), (0, 4, 4));
    assert_eq!(summary.exit().code(), 0);
    summary.strict = true;
    assert_eq!(summary.exit().code(), 25);
}

#[test]
fn what_the_tests_say_outweighs_what_was_lost_and_that_outweighs_the_sweep() {
    let mut summary = summary(plan(&Models::of_sandbox()), Status::Passed);
    assert_eq!(summary.exit(), Exit::Success);
    summary.swept = Some(Sweep::interrupted());
    assert_eq!(summary.exit(), Exit::SweepFailed);
    summary.interrupted = true;
    assert_eq!(summary.exit(), Exit::Interrupted);
    assert_eq!(summary.outcome(), "interrupted");

    let full = || Err::<(), _>(anyhow::anyhow!("no space left on device"));
    assert_eq!(summary.unless_lost(&context(), "the JUnit file", full()), None);
    assert_eq!(summary.exit(), Exit::Failure);
    assert_eq!(summary.document(&context()).outcome, "a part of the result could not be kept");
    summary.tests = Exit::Nextest(100);
    assert_eq!(summary.exit(), Exit::Nextest(100));
}

#[test]
fn a_run_without_tests_is_a_document_with_its_code() {
    for (exit, code, outcome) in [
        (Exit::Nextest(101), 101, "the build failed"),
        (Exit::Nextest(4), 4, "no test matches"),
        (Exit::Interrupted, 130, "interrupted"),
    ] {
        let mut summary = summary(Plan::default(), Status::Passed);
        assert!(!summary.ended_early(), "a shard may have nothing to do");
        summary.tests = exit;
        assert!(summary.ended_early());
        let document = summary.document(&context());
        assert_eq!((document.exit_code, document.outcome.as_str()), (code, outcome));
    }
}
