//! Each way in which a model fails, with the status, the code and the words that a caller gets.

use std::time::{Duration, Instant};

use super::*;
use crate::api::Answer;

const STREAMED_AND_NOT: [&str; 2] = ["/users/ada/generate", "/users/ada/generate/stream"];

const FAILED: (u16, &str, &str) = (502, "model-failed", "the provider of model {} failed");
const TIMED_OUT: (u16, &str, &str) = (504, "model-timed-out", "model {} did not answer in time");

/// Asks every model of `staged`, whole and in pieces, and expects the same problem each time, with
/// the model's id for `{}` in `detail`.
async fn each_is(
    staged: Staged,
    (status, code, detail): (u16, &str, &str),
    check: impl Fn(&Answer, &Value),
) {
    TestEnv::run(async |env| {
        let app = serve(env, staged, &[]).await;
        let mut models = vec!["anthropic", "amazon", "meta"];
        models.extend(staged.has_endpoint().then_some("sagemaker"));
        for model in models {
            for path in STREAMED_AND_NOT {
                let answer = app.post(path, prompt(model, "hello")).await;
                let problem = answer.problem(status);
                assert_eq!(problem["code"], code, "{model} {path}: {problem}");
                let detail = detail.replace("{}", &format!("`{model}`"));
                assert_eq!(problem["detail"], detail, "{path}");
                // Whose account it is, is nobody's business.
                assert!(!answer.text().contains("123456789012"), "{model}: {problem}");
                check(&answer, &problem);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    TestEnv::run(async |env| {
        let app = serve(env, Staged::Denied, &[]).await;
        for (model, path, action) in [
            ("amazon", STREAMED_AND_NOT[0], "bedrock:InvokeModel"),
            ("amazon", STREAMED_AND_NOT[1], "bedrock:InvokeModelWithResponseStream"),
            ("anthropic", STREAMED_AND_NOT[0], "bedrock:InvokeModel"),
            ("meta", STREAMED_AND_NOT[1], "bedrock:InvokeModelWithResponseStream"),
            ("sagemaker", STREAMED_AND_NOT[0], "sagemaker:InvokeEndpoint"),
            ("sagemaker", STREAMED_AND_NOT[1], "sagemaker:InvokeEndpoint"),
        ] {
            let answer = app.post(path, prompt(model, "hello")).await;
            let problem = answer.problem(502);
            assert_eq!(problem["code"], "model-access-denied");
            assert_eq!(problem["missing_permission"], action, "{problem}");
            let detail = format!("the app's credentials may not call model `{model}`");
            assert_eq!(problem["detail"], detail);
            assert_eq!(problem["hint"], format!("allow `{action}` for the app's credentials"));
            assert!(!answer.text().contains("123456789012"), "{problem}");
        }
    })
    .await;
}

#[tokio::test]
async fn no_access_to_a_model_is_not_taken_for_a_missing_permission() {
    for staged in [Staged::NoAccess, Staged::Marketplace, Staged::UseCase] {
        let expected = (502, "no-model-access", "the app's AWS account has no access to model {}");
        each_is(staged, expected, |_, problem| {
            assert!(problem["hint"].is_string(), "{problem}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_throttled_model_says_so() {
    for staged in [Staged::Throttled, Staged::Quota, Staged::NotReady] {
        let expected = (503, "model-throttled", "model {} is throttled");
        each_is(staged, expected, |answer, problem| {
            // Nobody has said when: it is a guess.
            assert_eq!(problem["retry_after_seconds"], 5);
            assert_eq!(answer.headers["retry-after"], "5");
        })
        .await;
    }
}

#[tokio::test]
async fn when_to_try_again_is_passed_on() {
    TestEnv::run(async |env| {
        let app = serve(env, Staged::ThrottledRetryAfter, &[]).await;
        for model in ["amazon", "sagemaker"] {
            for path in STREAMED_AND_NOT {
                let answer = app.post(path, prompt(model, "hello")).await;
                assert_eq!(answer.problem(503)["retry_after_seconds"], 1, "{model}");
                assert_eq!(answer.headers["retry-after"], "1", "{model}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_model_that_breaks_is_the_providers_failure() {
    for staged in [Staged::Unavailable, Staged::Internal, Staged::ModelError] {
        each_is(staged, FAILED, |_, _| {}).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_the_providers_failure() {
    each_is(Staged::Garbled, FAILED, |_, _| {}).await;
}

#[tokio::test]
async fn the_providers_own_time_out_is_a_time_out() {
    each_is(Staged::ModelTimeout, TIMED_OUT, |_, _| {}).await;
}

#[tokio::test]
async fn a_slow_model_times_out() {
    TestEnv::run(async |env| {
        let app = serve(env, Staged::Slow, &[("MODEL_TIMEOUT_SECONDS", "1")]).await;
        let started = Instant::now();
        let answers = ["anthropic", "amazon", "meta", "sagemaker"].map(async |model| {
            let answer = app.post("/users/ada/generate", prompt(model, "hello")).await;
            let problem = answer.problem(504);
            assert_eq!(problem["code"], "model-timed-out");
            assert_eq!(problem["detail"], format!("model `{model}` did not answer in time"));
            assert!(started.elapsed() >= Duration::from_secs(1), "{model}");
        });
        futures::future::join_all(answers).await;
    })
    .await;
}

#[tokio::test]
async fn an_unknown_model_of_the_provider_is_missing() {
    TestEnv::run(async |env| {
        let entries = [
            Entry::bedrock("bedrock", "amazon.nova-lite-v9:9"),
            Entry::sagemaker("sagemaker", "never-deployed"),
        ];
        let app = catalogue::serve(env, &entries).await;
        for model in ["bedrock", "sagemaker"] {
            for path in STREAMED_AND_NOT {
                let problem = app.post(path, prompt(model, "hello")).await.problem(502);
                assert_eq!(problem["code"], "model-missing", "{model}");
                let detail = format!("the provider has no model behind `{model}`");
                assert_eq!(problem["detail"], detail);
                assert!(problem["hint"].is_string(), "{problem}");
            }
        }
    })
    .await;
}

/// The most frequent stumble on Bedrock: the model's own id where a profile's is wanted.
#[tokio::test]
async fn a_model_that_wants_an_inference_profile_says_so() {
    TestEnv::run(async |env| {
        let id = "anthropic.claude-haiku-4-5-20251001-v1:0";
        let entries = [Entry::bedrock("bare", id), Entry::bedrock("profile", &format!("eu.{id}"))];
        let app = catalogue::serve(env, &entries).await;
        let problem = app.post("/users/ada/generate", prompt("bare", "hello")).await.problem(502);
        assert_eq!(problem["code"], "model-missing");
        assert!(problem["hint"].as_str().unwrap().contains("inference profile"), "{problem}");
        app.post("/users/ada/generate", prompt("profile", "hello")).await.json();
    })
    .await;
}

#[tokio::test]
async fn input_beyond_the_models_limit_is_refused_before_the_call() {
    TestEnv::run(async |env| {
        // Whoever is called at all answers something else.
        let entry = Entry::staged("short", Staged::Internal, Family::Amazon);
        let app = catalogue::serve(env, &[entry.max_input_chars(10)]).await;
        for (text, system) in
            [("12345678901", None), ("äöüäöüäöüäö", None), ("123456", Some("78901"))]
        {
            let body = json!({ "prompt": text, "system": system });
            for path in STREAMED_AND_NOT {
                let problem = app.post(path, body.clone()).await.problem(413);
                assert_eq!(problem["code"], "input-too-long");
                assert_eq!(problem["detail"], "model `short` takes at most 10 characters");
                assert_eq!(problem["limit"], 10, "{problem}");
            }
        }
        // Characters and not bytes.
        let problem = generate(&app, "ada", "äöüäöüäöüä").await.problem(502);
        assert_eq!(problem["code"], "model-failed");
    })
    .await;
}

#[tokio::test]
async fn credentials_that_nobody_knows_are_the_providers_failure() {
    let sandbox = crate::env::OwnSandbox::start().await;
    TestEnv::run_on(&sandbox, async |env| {
        let app = env.serve().await;
        generate(&app, "ada", "hello").await.json();
        sandbox.forget(&TestEnv::access_key());
        let problem = generate(&app, "ada", "hello").await.problem(502);
        assert_eq!(problem["code"], "model-failed");
        assert!(problem["hint"].is_string(), "{problem}");
    })
    .await;
}
