//! What a run says about models and endpoints that the tests may not invoke, short of nextest.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::capability::{Capability, Need};
use contract::test_id::SandboxKey;
use contract::{RunId, Target};

use super::junit::Outcome;
use super::models::Models;
use super::plan::{ListedTest, Plan, Selection, Verdicts};
use super::records::Records;
use super::skip::SkipReason;
use super::summary::Summary;
use super::target::RunTarget;
use super::timings::Timings;
use super::{Exit, capabilities, junit};
use crate::aws::connect_to_sandbox;
use crate::config::Config;
use crate::context::Context;
use crate::report::{Environment, Status};
use crate::setup;
use crate::ui::Ui;

/// A table of the test's own, so that it does not hang on the suites'.
const NEEDS: &[Need] = &[
    Need { module: "suite::bedrock_model", capability: Capability::BedrockModel },
    Need { module: "suite::sagemaker_endpoint", capability: Capability::SageMakerEndpoint },
    Need { module: "suite::staged_models", capability: Capability::StagedModels },
];

fn plan(models: &Models) -> Plan {
    let tests = ["bedrock_model", "catalogue", "sagemaker_endpoint", "staged_models"]
        .map(|module| ListedTest::new("tests::suites", &format!("suite::{module}::works")));
    let lacking = Capability::ALL.into_iter().filter_map(|capability| {
        Some((capability, SkipReason::lacking(capability, &models.lacks(capability)?)))
    });
    let verdicts = Verdicts { lacking: lacking.collect(), needs: NEEDS, ..Verdicts::default() };
    Plan::new(tests.into(), &Selection::default(), &verdicts).unwrap()
}

fn configured(pairs: &[(&str, &str)]) -> Models {
    Models::configured(&Config::of(pairs, &[])).unwrap()
}

fn context() -> Context {
    Context { ui: Ui::new(false), config: Config::of(&[], &[]) }
}

/// A run whose planned tests all ended with `status`.
fn summary<'a>(run: &'a RunId, plan: &'a Plan, status: Status, strict: bool) -> Summary<'a> {
    let outcome = Outcome { status, flaky: false, time: Duration::ZERO, message: None };
    Summary {
        run,
        shard: None,
        command: "cargo xtask test".to_owned(),
        target: "a server".to_owned(),
        plan,
        outcomes: plan.run.iter().map(|test| (test.id.clone(), outcome.clone())).collect(),
        records: Records::default(),
        swept: None,
        lock: None,
        permissions: &[],
        cost: None,
        tests: Exit::Success,
        strict,
        leaks_fail: false,
        timings: Timings::start(),
        environment: Environment::default(),
        junit: "junit.xml".into(),
    }
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.skip.iter().map(|(_, reason)| reason.code()).collect()
}

#[test]
fn each_need_that_is_not_met_skips_its_module_with_a_code_a_text_and_a_cure() {
    let nothing = plan(&configured(&[]));
    assert_eq!(nothing.run.len(), 1);
    let reasons: Vec<_> = nothing
        .skip
        .iter()
        .map(|(_, reason)| [reason.code(), reason.text(), reason.cure().unwrap()].join("\n"))
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
async fn off_the_sandbox_they_are_lacking_whether_s3_is_tried_or_not() {
    let run = RunId::parse("r-1").unwrap();
    let mut target = RunTarget::sandbox().await.unwrap();
    setup::provision(&target.aws, &target.bucket_names()).await.unwrap();
    let lacking = async |target: &RunTarget| {
        let lacking = capabilities::lacking(target, &run, None).await.unwrap();
        lacking.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(lacking(&target).await, []);

    let all = [Capability::BedrockModel, Capability::SageMakerEndpoint, Capability::StagedModels];
    target.target = Target::Aws;
    target.models = configured(&[]);
    assert_eq!(lacking(&target).await, all);
    let list = target.aws.s3.list_objects_v2().bucket("sandbox-creatives").send().await.unwrap();
    assert!(!list.contents().is_empty(), "nothing was tried");

    // As AWS is: nobody answers here, so that a try would be an error.
    target.aws =
        connect_to_sandbox("http://127.0.0.1:1", "eu-central-1", &SandboxKey::harness(), "1");
    target.aws.endpoint = None;
    assert_eq!(lacking(&target).await, all);
    target.models = configured(&[("BEDROCK_TEST_MODEL_ID", "amazon.nova-micro-v1:0")]);
    assert_eq!(lacking(&target).await, all[1..]);
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

    let run = RunId::parse("r-1").unwrap();
    let summary = |strict| summary(&run, &plan, Status::Passed, strict);
    let code = |strict| summary(strict).exit().code();
    assert_eq!((code(false), code(true)), (0, 21));
    let document = serde_json::to_value(summary(true).document(&context())).unwrap();
    assert_eq!(document["counts"]["skipped"], 3);
    assert_eq!(document["counts"]["passed"], 1);
    let skipped = document["skipped"].as_array().unwrap();
    let reasons: Vec<_> =
        skipped.iter().map(|test| test["reason"]["code"].as_str().unwrap()).collect();
    assert_eq!(reasons, codes(&plan));
}

#[test]
fn what_the_embedded_aws_alone_can_run_is_no_gap_elsewhere() {
    let named = [
        ("BEDROCK_TEST_MODEL_ID", "amazon.nova-micro-v1:0"),
        ("SAGEMAKER_TEST_ENDPOINT", "endpoint"),
    ];
    let run = RunId::parse("r-1").unwrap();
    for (configured, expected) in [(&named[..], 0), (&named[..1], 21)] {
        let plan = plan(&Models::configured(&Config::of(configured, &[])).unwrap());
        assert!(codes(&plan).contains(&"target-lacks-staged-models"), "{:?}", codes(&plan));
        assert_eq!(summary(&run, &plan, Status::Passed, true).exit().code(), expected);
    }
}

#[test]
fn a_test_that_tells_nothing_has_not_passed() {
    let run = RunId::parse("r-1").unwrap();
    let plan = Plan { skip: Vec::new(), ..plan(&Models::of_sandbox()) };
    let exit = |strict| {
        let summary = summary(&run, &plan, Status::Inconclusive, strict);
        let counts = summary.document(&context()).counts;
        assert_eq!((counts.passed, counts.inconclusive, counts.run), (0, 4, 4));
        summary.exit().code()
    };
    assert_eq!((exit(false), exit(true)), (0, 25));
}
